"""How long, and how often, WeChat lets us write to somebody after they did something: dated data with its source."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from enum import StrEnum

from msgspec import Struct


class Contact(StrEnum):
    """What a traveller did."""

    MESSAGE = "message"
    MENU = "menu"
    FOLLOW = "follow"
    SCAN = "scan"
    PAYMENT = "payment"


class WindowRule(Struct, frozen=True):
    """From `since` on: for so long after the contact so many messages; None is any number."""

    contact: Contact
    lasts: timedelta
    count: int | None
    since: date
    source: str


SOURCE = "developers.weixin.qq.com: Customer_Service_Messages (service account), read 2026-11-21"
OLDER = "the same page before the change; as developers reported it in 2022"
C = Contact
RULES = (
    WindowRule(C.MESSAGE, timedelta(hours=48), 20, date(2015, 1, 1), OLDER),
    WindowRule(C.MESSAGE, timedelta(hours=48), 5, date(2023, 1, 1), SOURCE),
    WindowRule(C.MENU, timedelta(minutes=1), 3, date(2015, 1, 1), SOURCE),
    WindowRule(C.FOLLOW, timedelta(minutes=1), 3, date(2015, 1, 1), SOURCE),
    WindowRule(C.SCAN, timedelta(minutes=1), 3, date(2015, 1, 1), SOURCE),
    WindowRule(C.PAYMENT, timedelta(hours=48), None, date(2015, 1, 1), SOURCE),
)
MARGIN = timedelta(seconds=5)  # of a window, for the way to WeChat


class Happened(Struct, frozen=True):
    """A contact, and how many messages we have sent since."""

    contact: Contact
    at: datetime
    sent_since: int = 0


class Window(StrEnum):
    OPEN = "open"
    CLOSED = "closed"
    USED_UP = "used_up"


def rule_of(contact: Contact, day: date) -> WindowRule:
    """The rule that holds for a contact on a day."""
    return max((rule for rule in RULES if rule.contact is contact and rule.since <= day), key=lambda rule: rule.since)


def window(happened: Iterable[Happened], now: datetime) -> Window:
    """Whether we may write now. One contact that lets us is enough; `used_up` only when it was the count that stopped us."""
    found = Window.CLOSED
    for one in happened:
        rule = rule_of(one.contact, now.date())
        if not one.at <= now < one.at + rule.lasts - MARGIN:
            continue
        if rule.count is None or one.sent_since < rule.count:
            return Window.OPEN
        found = Window.USED_UP
    return found
