"""Settings that are only versions: texts and templates of messages, customs' allowances, prices as they are shown.

`FIRST` holds until somebody changes it. Whoever needs a value asks `shop.policies.queries`; a room beneath this one asks
`shop.base.versions` and treats None as "nothing decided".
"""

from collections.abc import Mapping
from datetime import date

from sqlalchemy.orm import Session

from shop.base import versions
from shop.base.errors import Kind, ShopError
from shop.base.versions import Setting, Value
from shop.customs.first_values import FIRST as CUSTOMS
from shop.policies import message_rules, rules, seller
from shop.policies.first_values import MESSAGING, PRICES, SELLER, TEMPLATES, TEXTS

FIRST: Mapping[str, Mapping[str, Value]] = {
    "message": TEXTS, "template": TEMPLATES, "messaging": {"all": MESSAGING}, "prices": {"all": PRICES},
    "seller": {"all": SELLER}, **CUSTOMS,
}  # fmt: skip


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
TEMPLATE = Setting(
    "template", _reader("template"), lambda session, key, value: _check_template(session, key, value), dated=True
)
HOW_TO_WRITE = Setting("messaging", _reader("messaging"), lambda _session, _key, value: message_rules.check_messaging(value), dated=True)
ALLOWANCE = Setting("allowance", _reader("allowance"), lambda _session, _key, value: rules.check_allowance(value), dated=True)
TERRITORY = Setting("territory", _reader("territory"), lambda _session, _key, value: rules.check_territory(value), dated=True)
SHOWN_PRICES = Setting("prices", _reader("prices"), lambda _session, _key, value: rules.check_prices(value), dated=True)
SELLER_DATA = Setting("seller", _reader("seller"), lambda _session, _key, value: seller.check(value), dated=True)
DATED_SETTINGS: Mapping[str, Setting] = {
    one.kind: one for one in (MESSAGE, TEMPLATE, HOW_TO_WRITE, ALLOWANCE, TERRITORY, SHOWN_PRICES, SELLER_DATA)
}


def _check_template(session: Session, key: str, value: Value) -> None:
    """With the account of a company abroad the code has to be in the fields: there the message leads nowhere."""
    latest = versions.holding(session, "messaging", "all", date.max) or MESSAGING
    message_rules.check_template(key, value, overseas=bool(latest["overseas"]))
