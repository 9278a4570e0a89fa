"""Settings that are only versions: the texts of messages, customs' allowances, prices as they are shown.

`FIRST` holds until somebody changes it. Whoever needs a value asks `shop.policies.queries`; a room beneath this one asks
`shop.base.versions` and treats None as "nothing decided".
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm import Session

from shop.base import versions
from shop.base.errors import Kind, ShopError
from shop.base.versions import Setting, Value
from shop.policies import rules, seller
from shop.policies.first_values import ALLOWANCES, PRICES, SELLER, TEXTS

FIRST: Mapping[str, Mapping[str, Value]] = {"message": TEXTS, "allowance": ALLOWANCES, "prices": {"all": PRICES}, "seller": {"all": SELLER}}


class NoSuchSetting(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_page"


def _reader(kind: str) -> "versions.Callable[[Session, str, date], Value | None]":
    def read(session: Session, key: str, day: date) -> Value:
        if key not in FIRST[kind]:
            raise NoSuchSetting
        return versions.holding(session, kind, key, day) or FIRST[kind][key]

    return read


MESSAGE = Setting(
    "message", _reader("message"), lambda _session, key, value: rules.check_message(key.split(".")[0], value), dated=True
)
ALLOWANCE = Setting("allowance", _reader("allowance"), lambda _session, _key, value: rules.check_allowance(value), dated=True)
SHOWN_PRICES = Setting("prices", _reader("prices"), lambda _session, _key, value: rules.check_prices(value), dated=True)
SELLER_DATA = Setting("seller", _reader("seller"), lambda _session, _key, value: seller.check(value), dated=True)
DATED_SETTINGS: Mapping[str, Setting] = {one.kind: one for one in (MESSAGE, ALLOWANCE, SHOWN_PRICES, SELLER_DATA)}
