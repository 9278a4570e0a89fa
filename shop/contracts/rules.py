"""Until when one may withdraw, and what a withdrawal does. No database, no clock: only answers, and refusals."""

import re
import unicodedata
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from shop.base.errors import Kind, ShopError
from shop.contracts.states import Course, Proof
from shop.orders.states import OrderState

CIVIL = ZoneInfo("Europe/Berlin")  # the law's days are those of the seller
OFF = (5, 6)  # Saturday and Sunday: BGB § 193; public holidays are left to a person, in the traveller's favour
MAIL = re.compile(r"[^@\s<>,;\"]{1,64}@[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+")
NUMBER = re.compile(r"[0-9A-Z]{1,16}")
LONGEST_NAME, LONGEST_WISH, LONGEST_MAIL = 120, 1000, 200
MOST_A_DAY = 5  # declarations for one number: the sixth has to come by mail or letter
MOST_LETTERS = 3  # of one order's confirmation

UNCOLLECTED = frozenset({OrderState.PAID, OrderState.PACKING, OrderState.READY})
ENDED = frozenset({OrderState.CANCELLED, OrderState.EXPIRED, OrderState.NO_SHOW})


class WrongDeclaration(ShopError):
    """Something is missing that the law asks for; `fields` says what."""

    kind, code = Kind.INVALID, "wrong_declaration"


class TooManyDeclarations(ShopError):
    """This number was declared about too often today by this form."""

    kind, code = Kind.REFUSED, "too_many_declarations"


class TooManyLetters(ShopError):
    kind, code = Kind.REFUSED, "too_many_letters"


class WrongMail(ShopError):
    kind, code = Kind.INVALID, "wrong_mail"


class NoSuchWithdrawal(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_withdrawal"


class AlreadyHandled(ShopError):
    kind, code = Kind.CONFLICT, "withdrawal_handled"


def last_day(collected_at: datetime, days: int) -> date:
    """The last day to withdraw: so many days after that of the hand-over (BGB §§ 187, 188, 355, 356); one that falls on a Saturday
    or Sunday moves to Monday (§ 193)."""
    day = collected_at.astimezone(CIVIL).date() + timedelta(days=days)
    while day.weekday() in OFF:
        day += timedelta(days=1)
    return day


def may_until(collected_at: datetime | None, days: int) -> datetime | None:
    """The first moment (UTC) that is too late; None while nothing is handed over: the time has not begun."""
    if collected_at is None:
        return None
    return datetime.combine(last_day(collected_at, days) + timedelta(days=1), time(), CIVIL).astimezone(UTC)


def in_time(collected_at: datetime | None, days: int, now: datetime) -> bool:
    """Whether a declaration at `now` is in time."""
    end = may_until(collected_at, days)
    return end is None or now < end


def course(proof: Proof, state: OrderState | None, departs_at: datetime | None, now: datetime, *, partly: bool) -> Course:
    """What becomes of a declaration. `partly`: it names some goods only.

    Money moves by rule in one case: nothing was handed over, the flight has not left, the whole order is meant, and whoever
    declares is sure to be its traveller. Number and name alone are on every label; a stranger who read them must not be able
    to take a parcel from its owner.
    """
    if state is None or departs_at is None or proof is Proof.NONE:
        return Course.FOR_A_PERSON
    if state in ENDED:
        return Course.OVER
    if proof is Proof.OWNED and state in UNCOLLECTED and now < departs_at and not partly:
        return Course.REFUNDED
    return Course.FOR_A_PERSON


def same_name(one: str, other: str) -> bool:
    """Whether two spellings are one name: width, case, blanks and the order of its parts do not matter."""
    return bool(one.strip()) and _parts(one) == _parts(other)


def _parts(name: str) -> list[str]:
    return sorted(re.split(r"[\s/,.·-]+", unicodedata.normalize("NFKC", name).casefold().strip()))


def clean_mail(text: str) -> str:
    """An address one can write to. Raises WrongMail."""
    mail = text.strip()
    if len(mail) > LONGEST_MAIL or not MAIL.fullmatch(mail) or not mail.isascii():
        raise WrongMail(fields={"email": ["wrong_mail"]})
    return mail


def clean_number(text: str) -> str:
    """An order number as typed: `d7k3-m9pq 2x` → `D7K3M9PQ2X`; empty when it cannot be one."""
    plain = re.sub(r"[\s\-]", "", unicodedata.normalize("NFKC", text)).upper()
    return plain if NUMBER.fullmatch(plain) and plain.isascii() else ""
