"""Questions about settings: what holds on a day, and what a form needs to change it."""

from dataclasses import dataclass
from datetime import date

from shop.base import versions
from shop.base.db import reading
from shop.base.versions import Setting, Value
from shop.policies import rules
from shop.policies.dated import DATED_SETTINGS, FIRST, NoSuchSetting
from shop.policies.points import POINT_SETTINGS

SETTINGS = {**POINT_SETTINGS, **DATED_SETTINGS}


@dataclass(frozen=True, slots=True)
class Seen:
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


def message(kind: str, language: str, day: date) -> Value:
    """The text of a message on a day: `thing` for WeChat's template, `body` for a chat. Placeholders are not filled in."""
    return every("message", day)[f"{kind}.{language}"]


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
