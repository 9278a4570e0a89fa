"""How a door reaches the settings and the gateways that `app.create_app` wired in."""

from typing import cast

from flask import current_app
from msgspec import Struct

from shop.exports.ways import Ways
from shop.gateways.official_account import OfficialAccount, PushReader
from shop.gateways.pay import WeChatPay
from shop.gateways.reference_rates import ReferenceRates
from shop.settings import Settings


class Wiring(Struct, frozen=True):
    """Everything a door may need that is made once per process."""

    settings: Settings
    pay: WeChatPay
    account: OfficialAccount
    pushes: PushReader  # what WeChat sends to the accounts' server
    content: OfficialAccount  # the content account; `configured` says whether there is one
    ways: Ways  # where the files of schedules can go
    rates: ReferenceRates | None = None  # None: none are fetched


def wiring() -> Wiring:
    return cast(Wiring, current_app.extensions["shop"])


def settings() -> Settings:
    return wiring().settings
