"""Where goods are duty free, and the meter: truth tables on the rules as they were read, each with its source."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shop.base.money import Currency, Money
from shop.customs import rules
from shop.customs.dated import Rules, allowance_of, territory_of
from shop.customs.first_values import ALLOWANCES, TERRITORY
from shop.customs.rules import Allowance, Item, Meter, OverAllowance, Rate
from shop.customs.states import Bar, Level, Treatment

EU = territory_of(None)
RATE = {("EUR", "CNY"): Rate("EUR", "CNY", Decimal("7.4326"), date(2026, 10, 30))}  # ECB, 30 October 2026


def eur(cents: int, pieces: int = 1, category: str = "perfume") -> Item:
    return Item(pieces, Money(cents, Currency.EUR), None, None, category)


def drink(ml: int | None, permille: int, pieces: int = 1) -> Item:
    return Item(pieces, Money(30_00, Currency.EUR), permille, ml, "spirits")


def meter(area: str, *items: Item, rates: Any = None, age: int | None = None, **changed: Any) -> Meter:
    return rules.measure([replace(allowance_of(area, ALLOWANCES[area]), **changed)], items, RATE if rates is None else rates, age)


def level_of(found: Meter, bar: Bar) -> Level | None:
    return next((reading.level for reading in found.readings if reading.bar is bar), None)


# --- duty free or not -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("country", "iata", "lives", "wanted", "because"),
    [
        ("CN", "PEK", "CN", Treatment.DUTY_FREE, None),
        ("HK", "HKG", "HK", Treatment.DUTY_FREE, None),
        ("GB", "LHR", "CN", Treatment.DUTY_FREE, None),
        ("CH", "ZRH", "US", Treatment.DUTY_FREE, None),
        ("ES", "LPA", "CN", Treatment.DUTY_FREE, None),                  # Directive (EU) 2020/262, Art. 4 (2): Canary Islands
        ("FR", "RUN", "CN", Treatment.DUTY_FREE, None),                  # Art. 4 (2): territories of Art. 349 TFEU
        ("GB", "BFS", "CN", Treatment.DUTY_PAID, "final_destination"),   # Windsor Framework: goods in Northern Ireland
        ("DE", "MUC", "CN", Treatment.DUTY_PAID, "final_destination"),   # FRA-MUC, whatever comes after it on another ticket
        ("ES", "MAD", "CN", Treatment.DUTY_PAID, "final_destination"),
        ("CN", "PEK", "DE", Treatment.DUTY_PAID, "residence"),           # UStG § 6 (3a): residence, not nationality
        ("CN", "PEK", "MC", Treatment.DUTY_PAID, "residence"),           # Monaco counts as France: Directive 2006/112/EC, Art. 7
        ("DE", "MUC", "DE", Treatment.DUTY_PAID, "final_destination"),
    ],
)  # fmt: skip
def test_duty_free_is_for_who_leaves_the_territory_and_lives_outside_it(
    country: str, iata: str, lives: str, wanted: Treatment, because: str | None
) -> None:
    assert rules.sale(EU, country, iata, lives) == rules.Sale(wanted, because)


def test_the_territory_is_27_members_and_monaco_with_a_source_and_a_day() -> None:
    assert len(EU.countries) == 28
    assert {"DE", "GR", "HR", "MC"} <= EU.countries
    assert not {"GB", "CH", "NO", "CN", "EL"} & EU.countries
    assert "2020/262" in EU.source
    assert EU.read_on == date(2026, 11, 21)


def test_a_country_that_leaves_is_data() -> None:
    later = territory_of({**TERRITORY, "countries": [code for code in TERRITORY["countries"] if code != "FR"]})

    assert rules.sale(later, "FR", "CDG", "CN").treatment is Treatment.DUTY_FREE


# --- whose rule -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("final", "via", "lives", "wanted"),
    [
        ("CN", "CN", "CN", ("CN",)), ("CN", None, "CN", ("CN",)), ("CN", "HK", "CN", ("CN_VIA_HK",)), ("CN", "MO", "CN", ("CN_VIA_HK",)),
        ("CN", "CN", "DE", ("CN_VISITOR",)), ("CN", "CN", "HK", ("CN_VISITOR",)), ("CN", "HK", "US", ("CN_VISITOR", "CN_VIA_HK")),
        ("HK", "HK", "CN", ("HK",)), ("MO", "HK", "CN", ("MO",)), ("OTHER", "OTHER", "CN", ("OTHER",)), ("EU", "EU", "CN", ()),
        ("CN", "EU", "CN", ("CN",)),
    ],
)  # fmt: skip
def test_the_final_destination_and_the_way_there_say_whose_rule_counts(final: str, via: str | None, lives: str, wanted: tuple) -> None:
    assert rules.areas(final, via, lives) == wanted


# --- the meter, rule by rule ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("area", "items", "bar", "wanted"),
    [
        # notice 54/2010: goods up to RMB 5,000 a resident; 5,000 / 7.4326 = EUR 672.71
        ("CN", [], Bar.VALUE, Level.FINE),
        ("CN", [eur(600_00)], Bar.VALUE, Level.FINE),
        ("CN", [eur(605_50)], Bar.VALUE, Level.NEAR),            # nine tenths
        ("CN", [eur(336_00, 2)], Bar.VALUE, Level.NEAR),
        ("CN", [eur(336_36, 2)], Bar.VALUE, Level.OVER),         # RMB 5,000.02
        ("CN", [eur(672_71)], Bar.VALUE, Level.NEAR),            # RMB 4,999.98
        ("CN", [eur(672_72)], Bar.ITEM, Level.OVER),             # a single piece above it is taxed in full
        ("CN", [eur(672_71)], Bar.ITEM, None),
        # the same notice: RMB 2,000 for who lives elsewhere
        ("CN_VISITOR", [eur(269_08)], Bar.VALUE, Level.NEAR),
        ("CN_VISITOR", [eur(269_09)], Bar.VALUE, Level.OVER),
        # customs order 58: 1,500 ml above 12 % vol, outside the sum
        ("CN", [drink(1000, 400)], Bar.ALCOHOL, Level.FINE),
        ("CN", [drink(500, 121, 3)], Bar.ALCOHOL, Level.NEAR),   # exactly the limit
        ("CN", [drink(500, 400, 4)], Bar.ALCOHOL, Level.OVER),   # the fourth bottle
        ("CN", [drink(1000, 400, 2)], Bar.ALCOHOL, Level.OVER),
        ("CN", [drink(750, 120, 9)], Bar.ALCOHOL, Level.FINE),   # not above 12 %: counts by its value
        ("CN", [drink(750, 120, 9)], Bar.VALUE, Level.FINE),     # EUR 270
        ("CN", [drink(500, 400, 3), eur(600_00)], Bar.VALUE, Level.FINE),
        ("CN", [drink(None, 400)], Bar.ALCOHOL, Level.CHECK),    # nobody knows how much is in it
        ("CN", [drink(None, 400), drink(1000, 400, 2)], Bar.ALCOHOL, Level.OVER),
        # notice of 28 June 2024: RMB 12,000 from Hong Kong and Macau; order 58: one bottle of 0.75 l
        ("CN_VIA_HK", [eur(1500_00)], Bar.VALUE, Level.NEAR),
        ("CN_VIA_HK", [eur(1614_51)], Bar.VALUE, Level.OVER),
        ("CN_VIA_HK", [drink(750, 400)], Bar.ALCOHOL, Level.NEAR),
        ("CN_VIA_HK", [drink(760, 400)], Bar.ALCOHOL, Level.OVER),
        # Hong Kong: 1 litre above 30 % vol, no sum
        ("HK", [drink(1000, 400)], Bar.ALCOHOL, Level.NEAR),
        ("HK", [drink(1001, 400)], Bar.ALCOHOL, Level.OVER),
        ("HK", [drink(750, 300, 9)], Bar.ALCOHOL, Level.FINE),
        ("HK", [eur(9999_00, 9)], Bar.VALUE, None),
        # Macau: no official text was read
        ("MO", [], Bar.FIGURES, Level.CHECK),
        ("MO", [eur(1_00)], Bar.FIGURES, Level.CHECK),
    ],
)  # fmt: skip
def test_the_meter_says_what_the_rule_says(area: str, items: list[Item], bar: Bar, wanted: Level | None) -> None:
    found = meter(area, *items)

    assert level_of(found, bar) is wanted
    assert found.level >= (wanted or Level.FINE)


@pytest.mark.parametrize(
    ("area", "age", "wanted"),
    [("CN", 15, Level.OVER), ("CN", 16, None), ("CN", None, None), ("HK", 17, Level.OVER), ("HK", 18, None), ("CN_VIA_HK", 17, Level.OVER)],
)
def test_the_young_may_bring_no_alcohol(area: str, age: int | None, wanted: Level | None) -> None:
    found = meter(area, drink(500, 400), age=age)

    assert level_of(found, Bar.AGE) is wanted
    assert found.age_unknown is (age is None)
    assert level_of(meter(area, eur(1_00), age=3), Bar.AGE) is None


def test_goods_of_the_20_kinds_are_never_free() -> None:
    found = meter("CN", eur(10_00, category="cameras"), never_free=frozenset({"cameras"}))

    assert level_of(found, Bar.NEVER_FREE) is Level.OVER
    assert level_of(found, Bar.VALUE) is Level.FINE


def test_without_a_rate_a_sum_in_another_currency_cannot_be_fine() -> None:
    assert level_of(meter("CN", eur(1_00), rates={}), Bar.VALUE) is Level.CHECK
    yuan = Item(1, Money(100_00, Currency.CNY), None, None)
    assert level_of(meter("CN", yuan, rates={}), Bar.VALUE) is Level.FINE


def test_a_destination_without_a_rule_is_to_be_checked() -> None:
    assert rules.measure([], [], RATE, None).level is Level.CHECK


def test_a_rule_that_stops_refuses_and_a_rule_that_warns_does_not() -> None:
    rules.check(meter("CN", drink(1000, 400, 2)))
    with pytest.raises(OverAllowance) as refused:
        rules.check(meter("CN", drink(1000, 400, 2), stops=True))

    assert refused.value.facts == {"bar": "alcohol", "limit": 1500, "used": 2000, "unit": "ml"}
    rules.check(meter("CN", drink(500, 400, 3), stops=True))
    rules.check(None)


def test_of_two_rules_each_bar_is_the_strictest() -> None:
    book = Rules({}, EU, {})
    both = book.allowances_of("CN", "HK", "US")

    found = rules.measure(both, [drink(800, 400), eur(300_00)], RATE, None)

    assert {reading.bar: (reading.area, reading.level) for reading in found.readings} == {
        Bar.VALUE: ("CN_VISITOR", Level.OVER), Bar.ALCOHOL: ("CN_VIA_HK", Level.OVER), Bar.ITEM: ("CN_VISITOR", Level.OVER),
    }  # fmt: skip


def test_what_a_manager_has_set_goes_before_what_the_shop_came_with() -> None:
    book = Rules({"CN": {**ALLOWANCES["CN"], "value_minor": 8000_00}, "HK": None}, EU, {})

    assert [one.value_minor for one in book.allowances_of("CN", "CN", "CN")] == [8000_00]
    assert [one.alcohol_ml for one in book.allowances_of("HK", "HK", "CN")] == [1000]
    assert book.allowances_of("OTHER", None, "CN") == ()


# --- never fine when a rule is broken ---------------------------------------------------------------------------------

LIMITS = st.none() | st.integers(0, 20_000_00)
ITEMS = st.lists(
    st.builds(
        Item, st.integers(0, 9), st.builds(Money, st.integers(0, 5000_00), st.sampled_from(Currency)),
        st.none() | st.integers(0, 1000), st.none() | st.integers(0, 3000), st.sampled_from(["perfume", "cameras"]),
    ),
    max_size=8,
)  # fmt: skip
ANY_ALLOWANCE = st.builds(
    lambda value, item, alcohol, age, stops, taxed: Allowance(
        "CN", "CNY", value, item, *(alcohol or (None, None)), age, stops, "somewhere", date(2026, 1, 1), frozenset(taxed)
    ),
    LIMITS, LIMITS, st.none() | st.tuples(st.integers(0, 5000), st.integers(0, 1000)), st.none() | st.integers(0, 99), st.booleans(),
    st.sets(st.sampled_from(["cameras"])),
)  # fmt: skip
ANY_RATE = st.none() | st.decimals("0.01", 100, places=6)


@given(ANY_ALLOWANCE, ITEMS, ANY_RATE, st.none() | st.integers(0, 99))
def test_the_meter_never_says_fine_when_a_rule_is_broken(rule: Allowance, items: list[Item], rate: Decimal | None, age: int | None) -> None:
    """The rules told a second time, in fractions: what is limited is added up without the meter's own sums."""
    from fractions import Fraction

    rates = {} if rate is None else {("EUR", "CNY"): Rate("EUR", "CNY", rate, date(2026, 1, 1))}
    pieces = [item for item in items for _ in range(item.quantity)]

    def strong(item: Item) -> bool:
        return rule.alcohol_permille is not None and item.alcohol_permille is not None and item.alcohol_permille > rule.alcohol_permille

    def yuan(item: Item) -> Fraction | None:
        if item.unit_price.currency is Currency.CNY:
            return Fraction(item.unit_price.minor)
        return None if rate is None else item.unit_price.minor * Fraction(rate)

    weighed = [yuan(item) for item in pieces if not strong(item) and item.category not in rule.never_free]
    known = [worth for worth in weighed if worth is not None]
    broken = (
        (rule.value_minor is not None and sum(known) > rule.value_minor)
        or (rule.item_minor is not None and any(worth > rule.item_minor for worth in known))
        or (rule.alcohol_ml is not None and sum(item.volume_ml or 0 for item in pieces if strong(item)) > rule.alcohol_ml)
        or (rule.has_figures and any(item.category in rule.never_free for item in pieces))
        or (rule.has_figures and None not in (rule.age, age) and age < rule.age and any(item.alcohol_permille for item in pieces))
    )
    unknown = (
        not rule.has_figures
        or (None in weighed and (rule.value_minor is not None or rule.item_minor is not None))
        or (rule.alcohol_ml is not None and any(strong(item) and not item.volume_ml for item in pieces))
    )

    found = rules.measure([rule], items, rates, age)

    assert (found.level >= Level.OVER) is bool(broken)
    assert (found.level is Level.STOP) is (bool(broken) and rule.stops)
    assert not (unknown and found.level < Level.CHECK)
    for reading in found.readings:
        if reading.limit is not None and reading.used is not None and reading.bar is not Bar.AGE:
            assert (reading.used > reading.limit) is (reading.level >= Level.OVER), "what is shown says the same as the level"


@given(ANY_ALLOWANCE, ITEMS, ITEMS, ANY_RATE)
def test_more_goods_never_make_it_better(rule: Allowance, some: list[Item], more: list[Item], rate: Decimal | None) -> None:
    rates = {} if rate is None else {("EUR", "CNY"): Rate("EUR", "CNY", rate, date(2026, 1, 1))}

    assert rules.measure([rule], [*some, *more], rates, None).level >= rules.measure([rule], some, rates, None).level
