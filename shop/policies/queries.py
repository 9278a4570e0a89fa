"""Questions about settings: what holds on a day, and what a form needs to change it."""

from datetime import date

from msgspec import Struct
from sqlalchemy import Date, bindparam, select

from shop.base import versions
from shop.base.asking import Question
from shop.base.db import reading
from shop.base.versions import Setting, Value
from shop.catalogue import rates
from shop.policies import rules
from shop.policies.dated import DATED_SETTINGS, FIRST, NoSuchSetting
from shop.policies.points import POINT_SETTINGS

SETTINGS = {**POINT_SETTINGS, **DATED_SETTINGS}


class Seen(Struct, frozen=True):
    """What holds today, and the mark by which a later change knows whether that is still so."""

    value: Value
    mark: str


def setting(kind: str) -> Setting:
    """Raises NoSuchSetting."""
    if kind not in SETTINGS:
        raise NoSuchSetting
    return SETTINGS[kind]


def present(kind: str, key: str, today: date) -> Seen:
    """What holds of a setting today. Raises NoSuchSetting, NoSuchPoint."""
    one = setting(kind)
    with reading() as session:
        value = one.read(session, key, today)
        mark = versions.state_of(session, one, key, today)
    if value is None:
        raise NoSuchSetting
    return Seen(value, mark)


def every(kind: str, day: date) -> dict[str, Value]:
    """All values of a kind of dated setting on a day, by key: what was set, else what the shop came with. One statement."""
    return {**FIRST[kind], **{key: value for key, value in versions.lasting(kind, day).items() if key in FIRST[kind]}}


def prices(day: date) -> Value:
    """How prices are shown on a day, in one statement."""
    return every("prices", day)["all"]


def seller(day: date) -> Value:
    """Who sells, on a day, in one statement."""
    return every("seller", day)["all"]


class ShownPrices(Struct, frozen=True):
    """How prices are shown on a day. `rate` is yuan for one euro, None: they are not shown; it is of `rate_of`, and a manager's
    own when `fixed`. The rates of VAT are those a price is without, said when `vat_note`. From `minimum_minor` on an order is taken."""

    rate: str | None
    rate_of: date | None
    fixed: bool
    vat_note: bool
    vat_standard: str
    vat_reduced: str
    minimum_minor: int | None


_DAY = bindparam("p_day", type_=Date)
_SHOWN = Question(
    select(
        versions.newest("prices", "all", _DAY).label("said"), rates.newest_per_euro("CNY", _DAY).label("per_euro"),
        rates.newest_per_euro("CNY", _DAY, "day").label("rate_day"),
    )
)  # fmt: skip


def shown_prices(day: date) -> ShownPrices:
    """How prices are shown on a day, with the newest rate not later than it, in one statement."""
    with reading() as session:
        row = _SHOWN.row(session, {"p_day": day})
    said = {**FIRST["prices"]["all"], **(row.said if row and row.said else {})}
    fixed = said["cny_rate"] is not None
    kept = rates.newer((row.rate_day, {"CNY": row.per_euro}) if row and row.rate_day else None, ["CNY"], day)
    rate, rate_of = (said["cny_rate"], _day(said["cny_day"])) if fixed else (kept[1]["CNY"], kept[0]) if kept else (None, None)
    shows = bool(said["show_cny"])
    return ShownPrices(
        rate=rate if shows else None, rate_of=rate_of if shows else None, fixed=fixed, vat_note=bool(said["show_vat_note"]),
        vat_standard=said["vat_standard"], vat_reduced=said["vat_reduced"], minimum_minor=said["minimum_minor"],
    )  # fmt: skip


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def message(kind: str, language: str, day: date) -> Value:
    """The text of a message on a day: `thing` for WeChat's template, `body` for a chat. Placeholders are not filled in."""
    return every("message", day)[f"{kind}.{language}"]


def messaging(day: date) -> Value:
    """How the shop writes to travellers on a day: `overseas`, quiet hours, minutes before departure and closing."""
    return every("messaging", day)["all"]


def allowance(area: str, day: date) -> Value | None:
    """Customs' rule for an area (CN, CN_VIA_HK, HK, MO) on a day; None where there is none."""
    return every("allowance", day).get(area)


def try_value(kind: str, key: str, value: Value, valid_from: date | None, today: date) -> None:
    """Refuse what a change to this value would refuse, without changing anything. Raises WrongSetting, NoChange."""
    one = setting(kind)
    rules.check_from(valid_from, today)
    with reading() as session:
        before = one.read(session, key, valid_from or today)
        if versions.fingerprint(before) == versions.fingerprint(value):
            raise versions.NoChange
        one.check(session, key, value)
