"""Placing and moving by the rules of the trip: prices that are copied, customs' limits over all orders, goods that need longer."""

import threading
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import builders
import pytest
from builders import DAY, NOW, POINT, a_plan, a_product, a_traveller
from flask import Flask

from shop.base.db import db
from shop.base.ids import TravellerId
from shop.base.money import Currency
from shop.base.versions import day_of
from shop.catalogue import pricing
from shop.catalogue.states import PriceKind
from shop.customs.first_values import ALLOWANCES, TERRITORY
from shop.customs.rules import OverAllowance
from shop.customs.states import Level
from shop.flights.leads import read_leads
from shop.flights.rules import NotCollectedHere, TooLate
from shop.orders import commands, declaring, moving
from shop.orders.moving import NewTrip
from shop.orders.queries import order_by_number
from shop.orders.rules import NotDutyFree
from shop.policies import commands as policies


def set_rule(area: str, **values: Any) -> None:
    policies.change("allowance", area, {**ALLOWANCES[area], **values}, seen=None, by="staff:1", now=NOW)


def place(lines: dict[str, int], traveller: TravellerId, **more: Any) -> commands.Placed:
    key = f"key-{next(builders._count)}"
    return commands.place(a_plan(lines, **more), traveller, key, Currency.EUR, builders.WITHIN, NOW)


def duty_paid(sku: str, minor: int) -> str:
    pricing.set_price(sku, pricing.NewPrice(kind=PriceKind.DUTY_PAID, amount=builders.Money(minor, Currency.EUR)), "staff:1", NOW)
    return sku


@pytest.fixture
def gin(app: Flask) -> str:
    """Half a litre, 40 % vol."""
    return a_product(alcohol=400, volume_ml=500, on_hand=50)


# --- prices -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", [{"final_destination": "CDG"}, {"residence": "DE"}])
def test_inside_the_eu_the_duty_paid_price_is_copied(app: Flask, where: dict[str, str]) -> None:
    sku = duty_paid(a_product(price=50_00), 64_90)

    placed = place({sku: 2}, a_traveller(), **where)

    order = order_by_number(placed.number)
    assert (order.treatment, order.total.minor, order.lines[0].unit_price.minor) == ("duty_paid", 129_80, 64_90)
    assert placed.order is not None
    assert (placed.order.treatment, placed.order.total.minor) == ("duty_paid", 129_80)
    assert (placed.meter is None) is ("final_destination" in where), "no customs officer stands at the end of a journey within the EU"


def test_one_product_without_a_duty_paid_price_refuses_the_order_and_names_it(app: Flask) -> None:
    both, free = duty_paid(a_product(), 64_90), a_product()

    with pytest.raises(NotDutyFree) as refused:
        place({both: 1, free: 1}, a_traveller(), final_destination="CDG")

    assert refused.value.facts["skus"] == free
    assert builders.stock_of(both)[1] == 0


def test_the_territory_is_the_one_of_the_flights_day(app: Flask) -> None:
    sku = a_product()
    without = {**TERRITORY, "countries": [code for code in TERRITORY["countries"] if code != "FR"]}
    policies.change("territory", "eu", without, seen=None, by="staff:1", now=NOW, valid_from=day_of(NOW) + timedelta(days=3))
    traveller = a_traveller()

    with pytest.raises(NotDutyFree):
        place({sku: 1}, traveller, final_destination="CDG", date=DAY)
    later = place({sku: 1}, traveller, final_destination="CDG", date=DAY + timedelta(days=1))

    assert order_by_number(later.number).treatment == "duty_free"


def test_a_duty_free_order_is_not_moved_into_the_eu_and_a_duty_paid_one_may_leave_it(app: Flask) -> None:
    sku, traveller = duty_paid(a_product(), 64_90), a_traveller()
    free, paid = place({sku: 1}, traveller), place({sku: 1}, traveller, final_destination="CDG")
    tomorrow = DAY + timedelta(days=1)

    with pytest.raises(NotDutyFree):
        moving.move_trip(free.number, traveller, NewTrip(flight="CA932", date=tomorrow, final_destination="CDG"), NOW)
    moving.move_trip(paid.number, traveller, NewTrip(flight="CA932", date=tomorrow, final_destination="PEK"), NOW)

    assert order_by_number(paid.number).total.minor == 64_90, "what was paid stays what was paid"


# --- customs' limits over all orders of a trip ------------------------------------------------------------------------


def test_a_warning_places_the_order_and_says_so(gin: str) -> None:
    assert place({gin: 4}, a_traveller()).meter.level is Level.OVER  # type: ignore[union-attr]


def test_a_rule_that_stops_counts_all_orders_of_the_trip(gin: str) -> None:
    set_rule("CN", stops=True)
    traveller = a_traveller()
    held = place({gin: 2}, traveller)
    builders.a_paid_order({gin: 1}, traveller=traveller)

    with pytest.raises(OverAllowance) as refused:
        place({gin: 1}, traveller)

    assert (refused.value.facts["used"], refused.value.facts["limit"]) == (2000, 1500)
    place({gin: 3}, traveller, name="LI NA")                          # another traveller of the same account
    place({gin: 3}, traveller, date=DAY + timedelta(days=9))          # another trip
    place({gin: 3}, a_traveller())                                    # another account
    builders.set_order(held.number, state="cancelled")
    place({gin: 2}, traveller, name="Wang, Xiaoming")                 # 1,500 ml again: the held ones are gone


def test_a_hold_that_has_run_out_counts_no_more_and_a_refunded_bottle_neither(gin: str) -> None:
    set_rule("CN", stops=True)
    traveller = a_traveller()
    old = place({gin: 3}, traveller)
    builders.set_order(old.number, hold_until=NOW - timedelta(seconds=1))

    place({gin: 3}, traveller)


def test_the_flight_after_midnight_is_the_same_trip(gin: str) -> None:
    set_rule("CN", stops=True)
    traveller = a_traveller()
    place({gin: 3}, traveller)

    with pytest.raises(OverAllowance):
        place({gin: 1}, traveller, date=DAY + timedelta(days=1))


def test_nobody_is_moved_over_a_limit_that_stops(gin: str) -> None:
    set_rule("HK", stops=True)
    traveller = a_traveller()
    order = place({gin: 3}, traveller)

    with pytest.raises(OverAllowance):
        moving.move_trip(order.number, traveller, NewTrip(flight="CA932", date=DAY, final_destination="HKG"), NOW)

    assert order_by_number(order.number).final_destination == "PEK"


def test_the_same_request_again_gives_the_same_order_even_when_it_fills_the_limit(gin: str) -> None:
    set_rule("CN", stops=True)
    traveller, plan = a_traveller(), a_plan({gin: 3})

    first, second = (commands.place(plan, traveller, "one-key", Currency.EUR, builders.WITHIN, NOW) for _ in range(2))

    assert (first.number, second.new) == (second.number, False)


def test_an_orders_meter_is_the_trips(gin: str) -> None:
    traveller = a_traveller()
    first = order_by_number(place({gin: 2}, traveller).number)
    assert declaring.measured(first, NOW).meter.level is Level.FINE  # type: ignore[union-attr]

    placed = place({gin: 2}, traveller)

    found = declaring.measured(first, NOW)
    assert found.others
    assert found.meter == placed.meter
    assert found.meter.level is Level.OVER  # type: ignore[union-attr]
    builders.set_order(first.number, state="cancelled")
    assert declaring.measured(order_by_number(first.number), NOW).meter is None


def test_via_hong_kong_one_bottle(gin: str) -> None:
    told: dict[str, Any] = {"flight": "XX12", "departs_local": builders.time(14, 0), "destination": "HKG"}

    placed = place({gin: 2}, a_traveller(), **told)

    assert order_by_number(placed.number).destination == "HKG"
    assert placed.meter is not None
    assert {one.area for one in placed.meter.allowances} == {"CN_VIA_HK"}
    assert placed.meter.level is Level.OVER


def together(app: Flask, makers: list[Callable[[], object]]) -> list[object]:
    """Run them at the same moment; answers what each came to."""
    ready, found = threading.Barrier(len(makers)), [None] * len(makers)

    def run(place: int, make: Callable[[], object]) -> None:
        with app.app_context():
            ready.wait()
            try:
                found[place] = make()
            except Exception as met:
                found[place] = met
            finally:
                db.session.remove()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(makers)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return found


@pytest.mark.postgresql
@pytest.mark.parametrize(("stops", "placed"), [(True, 3), (False, 8)])
def test_orders_at_the_same_moment_do_not_pass_a_limit_that_stops(app: Flask, gin: str, stops: bool, placed: int) -> None:
    """Eight bottles, one an order: three are within 1,500 ml. The control: a rule that only warns lets all of them through."""
    if stops:
        set_rule("CN", stops=True)
    traveller = a_traveller()

    found = together(app, [lambda: place({gin: 1}, traveller)] * 8)

    assert sum(isinstance(one, commands.Placed) for one in found) == placed
    assert all(isinstance(one, commands.Placed | OverAllowance) for one in found), found


# --- goods that need longer -------------------------------------------------------------------------------------------


def test_an_order_waits_for_its_slowest_goods(gin: str) -> None:
    cream = a_product(category="spirits")
    builders.set_point(POINT, plan={"later": [], "exceptions": {}, "leads": {}, "lead_rules": read_leads(f"product:{gin} 4320")})
    soon = date(2026, 11, 26)

    place({cream: 1}, a_traveller(), date=soon)
    with pytest.raises(TooLate):
        place({cream: 1, gin: 1}, a_traveller(), date=soon)
    builders.set_point(POINT, plan={"later": [], "exceptions": {}, "leads": {}, "lead_rules": read_leads(f"product:{gin} closed")})
    with pytest.raises(NotCollectedHere):
        place({gin: 1}, a_traveller(), date=DAY + timedelta(days=20))
