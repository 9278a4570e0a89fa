"""Where goods are duty free, and how far a traveller is within what customs allows. No database, no clock: only answers.

The meter guides and never promises: customs judge by their own values and on their own terms. It says `fine` only when it has
measured everything that a rule limits.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal

from msgspec import Struct

from shop.base.errors import Kind, ShopError
from shop.base.money import Money
from shop.customs.states import Bar, Level, Treatment

VISITOR, VIA_HK = "CN_VISITOR", "CN_VIA_HK"
NO_RULES = frozenset({"EU"})  # customs areas within which goods move freely


class OverAllowance(ShopError):
    """More than customs of the destination allows, by a rule that stops an order. Facts: `bar`, `limit`, `used`, `unit`."""

    kind, code = Kind.REFUSED, "over_allowance"


# --- duty free or not -------------------------------------------------------------------------------------------------


class Territory(Struct, frozen=True):
    """The excise and VAT territory of the European Union, as it was read.

    `countries` belong to it (ISO 3166); `outside` are airports in them that do not, `inside` airports elsewhere that do.
    """

    countries: frozenset[str]
    outside: frozenset[str]
    inside: frozenset[str]
    source: str
    read_on: date

    def holds(self, country: str, iata: str) -> bool:
        """Whether somebody who lands there has stayed inside."""
        return iata in self.inside or (country in self.countries and iata not in self.outside)


class Sale(Struct, frozen=True):
    """How goods are sold, and which field of the trip decided it (`final_destination`, `residence`) when it is not duty free."""

    treatment: Treatment
    because: str | None = None


def sale(territory: Territory, country: str, iata: str, residence: str) -> Sale:
    """Duty free needs a final destination outside the territory and a home outside it."""
    if territory.holds(country, iata):
        return Sale(Treatment.DUTY_PAID, "final_destination")
    if residence in territory.countries:
        return Sale(Treatment.DUTY_PAID, "residence")
    return Sale(Treatment.DUTY_FREE)


# --- what customs allows ----------------------------------------------------------------------------------------------


class Allowance(Struct, frozen=True):
    """Customs' rule for an area. Limits in minor units of `currency`, ml, permille, years; None: the rule says nothing of it.

    `never_free` are categories of the catalogue that are taxed whatever they are worth.
    """

    area: str
    currency: str
    value_minor: int | None
    item_minor: int | None
    alcohol_ml: int | None
    alcohol_permille: int | None
    age: int | None
    stops: bool
    source: str
    read_on: date | None
    never_free: frozenset[str] = frozenset()

    @property
    def limits_value(self) -> bool:
        return not (self.value_minor is None and self.item_minor is None)

    @property
    def has_figures(self) -> bool:
        return self.limits_value or self.alcohol_ml is not None


class Rate(Struct, frozen=True):
    """What one `base` is worth in `quote`, on a day."""

    base: str
    quote: str
    value: Decimal
    day: date


Rates = Mapping[tuple[str, str], Rate]  # by (currency of the goods, of the rule)


class Item(Struct, frozen=True):
    """Some pieces of a product. Alcohol in permille and volume in ml of one piece, None where there is none or nobody knows."""

    quantity: int
    unit_price: Money
    alcohol_permille: int | None
    volume_ml: int | None
    category: str = ""


class Reading(Struct, frozen=True):
    """One bar of the meter. `used` and `limit` in `unit` (minor units of a currency, `ml`, `years`), None where it is not known."""

    bar: Bar
    level: Level
    area: str
    used: int | None = None
    limit: int | None = None
    unit: str = ""


class Meter(Struct, frozen=True):
    """How far the goods of one traveller are within what customs of the destination allows."""

    level: Level
    readings: tuple[Reading, ...]
    allowances: tuple[Allowance, ...]
    rate: Rate | None = None
    age_unknown: bool = False  # there is alcohol, and nobody has said how old the traveller is


def areas(final_area: str, via_area: str | None, residence: str) -> tuple[str, ...]:
    """Whose rules count: of mainland China another one for visitors, and another one for who comes from Hong Kong or Macau.

    Where several count, each bar shows the strictest.
    """
    if final_area in NO_RULES:
        return ()
    if final_area != "CN":
        return (final_area,)
    visitor = () if residence == "CN" else (VISITOR,)
    coming = (VIA_HK,) if via_area in ("HK", "MO") else ()
    return (*visitor, *coming) or ("CN",)


def age_on(birth_date: date | None, day: date) -> int | None:
    """Whole years on a day."""
    if birth_date is None:
        return None
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))


def measure(
    allowances: Sequence[Allowance], items: Iterable[Item], rates: Rates, age: int | None
) -> Meter:
    """Measure goods against allowances; each bar is the strictest of them.

    Without an allowance nothing can be said (`check`). Never `fine` when a limit is passed or cannot be measured.
    """
    goods = [item for item in items if item.quantity > 0]
    found: dict[Bar, Reading] = {}
    for allowance in allowances:
        for reading in _readings(allowance, goods, rates, age):
            known = found.get(reading.bar)
            if known is None or _strictness(reading) > _strictness(known):
                found[reading.bar] = reading
    if not allowances:
        found[Bar.FIGURES] = Reading(Bar.FIGURES, Level.CHECK, "")
    readings = tuple(found[bar] for bar in Bar if bar in found)
    drinks = any(_is_alcohol(item) for item in goods)
    used = next((rate for (_, quote), rate in rates.items() if any(one.limits_value and quote == one.currency for one in allowances)), None)
    return Meter(
        max((reading.level for reading in readings), default=Level.FINE), readings, tuple(allowances), used,
        age is None and drinks and any(one.age is not None for one in allowances),
    )  # fmt: skip


def check(meter: Meter | None) -> None:
    """Raises OverAllowance when a rule that stops is broken."""
    for reading in meter.readings if meter is not None else ():
        if reading.level is Level.STOP:
            raise OverAllowance(
                bar=reading.bar.value, limit=reading.limit, used=reading.used, unit=reading.unit, fields={"lines": ["over_allowance"]}
            )


def _strictness(reading: Reading) -> tuple[Level, int]:
    return reading.level, -(reading.limit if reading.limit is not None else 10**12)


def _is_alcohol(item: Item) -> bool:
    return (item.alcohol_permille or 0) > 0


def _is_strong(rule: Allowance, item: Item) -> bool:
    """Whether the item is measured in ml, outside the value: what is above the rule's % vol."""
    return rule.alcohol_permille is not None and (item.alcohol_permille or 0) > rule.alcohol_permille


def _readings(
    rule: Allowance, goods: Sequence[Item], rates: Rates, age: int | None
) -> list[Reading]:
    if not rule.has_figures:
        return [Reading(Bar.FIGURES, Level.CHECK, rule.area)]
    taxed = [item for item in goods if item.category in rule.never_free]
    valued = [(item, _worth(item, rule, rates)) for item in goods if not _is_strong(rule, item) and item.category not in rule.never_free]
    found = []
    if rule.value_minor is not None:
        found.append(_value(rule, valued))
    if rule.item_minor is not None and valued:
        found += _single(rule, valued)
    if rule.alcohol_ml is not None:
        found.append(_alcohol(rule, [item for item in goods if _is_strong(rule, item)]))
    if taxed:
        found.append(Reading(Bar.NEVER_FREE, _over(rule), rule.area, sum(item.quantity for item in taxed), 0, "pieces"))
    if rule.age is not None and age is not None and age < rule.age and any(_is_alcohol(item) for item in goods):
        found.append(Reading(Bar.AGE, _over(rule), rule.area, age, rule.age, "years"))
    return found


def _over(rule: Allowance) -> Level:
    return Level.STOP if rule.stops else Level.OVER


def _worth(item: Item, rule: Allowance, rates: Rates) -> Decimal | None:
    """A piece in minor units of the rule's currency, not rounded; None without a rate."""
    own = item.unit_price.currency.value
    if own == rule.currency:
        return Decimal(item.unit_price.minor)
    rate = rates.get((own, rule.currency))
    return None if rate is None else item.unit_price.minor * rate.value


def _level(rule: Allowance, used: Decimal | int, limit: int, *, sure: bool) -> Level:
    if used > limit:
        return _over(rule)
    if not sure:
        return Level.CHECK
    return Level.NEAR if used and used * 10 >= limit * 9 else Level.FINE


def _up(value: Decimal) -> int:
    """Whole minor units, rounded up: what is shown is never less than what is measured."""
    return int(value.to_integral_value(rounding="ROUND_CEILING"))


def _value(rule: Allowance, valued: Sequence[tuple[Item, Decimal | None]]) -> Reading:
    limit = rule.value_minor or 0
    total = sum((worth * item.quantity for item, worth in valued if worth is not None), Decimal(0))
    sure = all(worth is not None for _, worth in valued)
    return Reading(Bar.VALUE, _level(rule, total, limit, sure=sure), rule.area, _up(total) if sure else None, limit, rule.currency)


def _single(rule: Allowance, valued: Sequence[tuple[Item, Decimal | None]]) -> list[Reading]:
    """A piece above the limit is taxed in full. Shown only when there is one, or when it cannot be told."""
    limit = rule.item_minor or 0
    known = [worth for _, worth in valued if worth is not None]
    dearest = max(known, default=Decimal(0))
    if dearest > limit:
        return [Reading(Bar.ITEM, _over(rule), rule.area, _up(dearest), limit, rule.currency)]
    if len(known) < len(valued):
        return [Reading(Bar.ITEM, Level.CHECK, rule.area, None, limit, rule.currency)]
    return []


def _alcohol(rule: Allowance, strong: Sequence[Item]) -> Reading:
    limit = rule.alcohol_ml or 0
    ml = sum(item.quantity * (item.volume_ml or 0) for item in strong)
    sure = all((item.volume_ml or 0) > 0 for item in strong)
    return Reading(Bar.ALCOHOL, _level(rule, ml, limit, sure=sure), rule.area, ml if sure else None, limit, "ml")
