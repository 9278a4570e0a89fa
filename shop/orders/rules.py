"""What the shop allows in a basket and an order. No database, no clock, no web: only answers."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta

from msgspec import Struct

from shop.base.errors import Kind, ShopError
from shop.base.money import Currency, Money, none_of

MOST_PER_LINE, MOST_LINES = 9, 20
HOLD_GRACE = timedelta(minutes=3)  # stock stays held this long after the last moment to pay, for a notice on its way
ADULT = 18
NAME = re.compile(r"^[^\W\d_](?:[^\W\d_]|[ .,'’·/\-])*$")


class EmptyBasket(ShopError):
    kind, code = Kind.INVALID, "empty_basket"


class WrongQuantity(ShopError):
    kind, code = Kind.INVALID, "wrong_quantity"


class NotDutyFree(ShopError):
    """The goods do not leave the EU, or the traveller lives in it: duty free may not be sold (Directive (EU) 2020/262, Art. 13),
    and some of them (facts: `skus`) have no duty-paid price."""

    kind, code = Kind.REFUSED, "not_duty_free"


class TooYoung(ShopError):
    kind, code = Kind.REFUSED, "too_young_for_alcohol"


class AgeNotConfirmed(ShopError):
    """Alcohol, no date of birth, and the box that says "I am 18" was shown and left empty."""

    kind, code = Kind.INVALID, "age_not_confirmed"


class BelowMinimum(ShopError):
    """The total is below the smallest order that the shop takes (for the VAT exemption, UStG § 6 (3a) no. 3)."""

    kind, code = Kind.REFUSED, "below_minimum"


class WrongName(ShopError):
    kind, code = Kind.INVALID, "wrong_name"


class Wanted(Struct, frozen=True):
    """One line that somebody would like to order."""

    sku: str
    quantity: int


def check_lines(lines: Iterable[Wanted]) -> dict[str, int]:
    """SKU to quantity, the same SKU added up. Raises EmptyBasket, WrongQuantity."""
    together: dict[str, int] = {}
    for line in lines:
        if line.quantity < 1:
            raise WrongQuantity(sku=line.sku, fields={"quantity": ["wrong_quantity"]})
        together[line.sku] = together.get(line.sku, 0) + line.quantity
    if not together:
        raise EmptyBasket(fields={"lines": ["empty_basket"]})
    if len(together) > MOST_LINES or any(q > MOST_PER_LINE for q in together.values()):
        raise WrongQuantity(most=MOST_PER_LINE, most_lines=MOST_LINES, fields={"lines": ["wrong_quantity"]})
    return together


def check_age(birth_date: date | None, has_alcohol: bool, on: date, *, said: bool | None = None) -> None:
    """Alcohol is for adults. A date of birth decides; without one the traveller says so (`said`; None: was not asked), and the
    counter looks at the passport in either case. Raises TooYoung, AgeNotConfirmed."""
    if not has_alcohol:
        return
    if birth_date is None:
        if said is False:
            raise AgeNotConfirmed(fields={"adult": ["age_not_confirmed"]})
        return
    years = on.year - birth_date.year - ((on.month, on.day) < (birth_date.month, birth_date.day))
    if years < ADULT:
        raise TooYoung(fields={"birth_date": ["too_young_for_alcohol"]})


def clean_name(text: str) -> str:
    """A traveller's name as in the passport, spaces tidied. Raises WrongName (empty, digits, longer than 60)."""
    name = " ".join(unicodedata.normalize("NFKC", text or "").split())
    if not NAME.match(name) or len(name) > 60 or any(ord(c) > 0xFFFF for c in name):
        raise WrongName(fields={"name": ["wrong_name"]})
    return name


def total(prices: Mapping[str, Money], quantities: Mapping[str, int], currency: Currency) -> Money:
    """The sum of price times quantity."""
    answer = none_of(currency)
    for sku, quantity in quantities.items():
        answer = answer + prices[sku] * quantity
    return answer


def check_minimum(value: Money, least_minor: int | None) -> None:
    """An order may have to be worth something, in minor units of its currency; None: any order. Raises BelowMinimum."""
    if least_minor is not None and value.minor < least_minor:
        least = f"{least_minor // 100}.{least_minor % 100:02} {value.currency.value}"
        raise BelowMinimum(minimum=least, fields={"lines": ["below_minimum"]})


def pay_before(now: datetime, within: timedelta, cut_off: datetime) -> datetime:
    """The last moment to pay: soon, so that stock is not held for nothing, and never after the cut-off."""
    return min(now + within, max(cut_off, now + timedelta(minutes=5)))


class Carried(Struct, frozen=True):
    """What a customs officer would count in an order: litres above 12 % vol, and the value."""

    customs_area: str
    alcohol_ml: int
    value: Money


STRONG_PERMILLE = 120  # China counts what is above 12 % vol (General Administration of Customs; see docs/duty-free.md)


class Counted(Struct, frozen=True):
    """What customs see of a line. Alcohol in permille and volume in ml of one piece, None where there is none."""

    quantity: int
    unit_price: Money
    alcohol_permille: int | None
    volume_ml: int | None


def carried(customs_area: str, lines: Iterable[Counted], currency: Currency) -> Carried:
    """What these lines come to: strong alcohol by volume, everything else by value."""
    ml, value = 0, none_of(currency)
    for line in lines:
        if (line.alcohol_permille or 0) > STRONG_PERMILLE:
            ml += line.quantity * (line.volume_ml or 0)
        else:
            value += line.unit_price * line.quantity
    return Carried(customs_area, ml, value)
