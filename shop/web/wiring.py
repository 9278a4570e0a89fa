"""How a door reaches the settings and the gateways that `app.create_app` wired in."""

from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar, cast

from flask import current_app
from msgspec import Struct

from shop.exports.ways import Ways
from shop.settings import Settings

if TYPE_CHECKING:  # a gateway brings libraries along that most first pages do without
    from shop.gateways.official_account import OfficialAccount, PushReader
    from shop.gateways.pay import WeChatPay
    from shop.gateways.reference_rates import ReferenceRates

T = TypeVar("T")


class Later(Generic[T]):
    """Something of which a process needs one, made when it is first asked for."""

    def __init__(self, make: Callable[[], T]) -> None:
        self._make, self._made, self._lock = make, cast(list[T], []), Lock()

    def __call__(self) -> T:
        if not self._made:
            with self._lock:
                if not self._made:
                    self._made.append(self._make())
        return self._made[0]


class Wiring(Struct, frozen=True):
    """Everything a door may need that is made once per process."""

    settings: Settings
    ways: Ways  # where the files of schedules can go
    get_pay: "Callable[[], WeChatPay]"
    get_account: "Callable[[], OfficialAccount]"
    get_content: "Callable[[], OfficialAccount]"
    get_pushes: "Callable[[], PushReader]"
    get_rates: "Callable[[], ReferenceRates | None]"

    @property
    def pay(self) -> "WeChatPay":
        return self.get_pay()

    @property
    def account(self) -> "OfficialAccount":
        return self.get_account()

    @property
    def content(self) -> "OfficialAccount":
        """The content account; `configured` says whether there is one."""
        return self.get_content()

    @property
    def pushes(self) -> "PushReader":
        """What WeChat sends to the accounts' server."""
        return self.get_pushes()

    @property
    def rates(self) -> "ReferenceRates | None":
        """None: none are fetched."""
        return self.get_rates()


def wiring() -> Wiring:
    return cast(Wiring, current_app.extensions["shop"])


def settings() -> Settings:
    return wiring().settings
