"""Placing an order: all of it or nothing, once per key, never more than there is."""
from datetime import date, datetime, time, timedelta
from typing import Any

import builders
import pytest
from builders import DAY, NOW, WITHIN, a_plan, a_product, a_traveller, an_order, stock_of
from flask import Flask
from msgspec.structs import replace

from shop.base.errors import ShopError
from shop.base.ids import TravellerId
from shop.base.money import Currency, Money
from shop.catalogue import commands as catalogue
from shop.catalogue.queries import NoSuchProduct
from shop.catalogue.stock import OutOfStock
from shop.flights.queries import NoSuchAirport, NoSuchPoint
from shop.flights.rules import NotFlyingThatDay, PointClosed, TooFarAhead, TooLate, WrongFlightNumber
from shop.orders import commands as orders
from shop.orders import events
from shop.orders.commands import DepartureTimeNeeded, KeyReused, Placed, WrongCountry
from shop.orders.queries import NoSuchOrder, order_by_number, order_of
from shop.orders.rules import HOLD_GRACE, EmptyBasket, NotDutyFree, TooYoung, Wanted, WrongName, WrongQuantity
from shop.orders.states import OrderState


def _place(plan: orders.Plan, traveller: TravellerId, key: str = "key-1", now: datetime = NOW) -> Placed:
    return orders.place(plan, traveller, key, Currency.EUR, WITHIN, now)


def test_a_placed_order_waits_for_its_payment_and_holds_its_stock(app: Flask) -> None:
    whisky, wine = a_product(price=50_00), a_product(price=12_34)
    traveller = a_traveller()

    placed = _place(a_plan({whisky: 2, wine: 1}), traveller)

    order = order_of(placed.number, traveller)
    assert placed.new is True
    assert order.state is OrderState.AWAITING_PAYMENT
    assert order.total == Money(112_34, Currency.EUR)
    assert [(line.sku, line.quantity, line.unit_price.minor) for line in order.lines] == [(whisky, 2, 5000), (wine, 1, 1234)]
    assert (stock_of(whisky), stock_of(wine)) == ((10, 2, 0, 0), (10, 1, 0, 0))
    assert [(c.old_state, c.new_state, c.who) for c in order.history] == [(None, OrderState.AWAITING_PAYMENT, "traveller")]
    assert builders.announced() == [(events.PLACED, order.id)]


def test_an_order_knows_its_trip_and_when_it_can_be_collected(app: Flask) -> None:
    order = an_order(final_destination="HKG")

    assert (order.flight_number, order.destination, order.final_destination, order.terminal) == ("CA932", "PEK", "HKG", "T1")
    assert order.departs_at.isoformat() == "2026-11-26T13:05:00+00:00"
    assert (order.collect_from.isoformat(), order.collect_until.isoformat()) == ("2026-11-26T09:05:00+00:00", "2026-11-26T13:05:00+00:00")
    assert (order.pay_before, order.hold_until) == (NOW + WITHIN, NOW + WITHIN + HOLD_GRACE)


def test_a_flight_the_timetable_does_not_know_needs_only_its_time(app: Flask) -> None:
    order = an_order(flight="xx 12", departs_local=time(15, 0))

    assert (order.flight_number, order.destination, order.terminal) == ("XX12", "PEK", "T1")
    assert order.departs_at.isoformat() == "2026-11-26T14:00:00+00:00"


def test_prices_and_names_are_those_of_the_moment_of_the_order(app: Flask) -> None:
    sku = a_product(price=50_00)
    order = an_order({sku: 1})

    catalogue.put_products(
        [
            catalogue.NewProduct(
                sku=sku, ean="2199", category="spirits", brand="B", name=builders.same("Renamed"), text=builders.same(""),
                price=Money(99_00, Currency.EUR), on_hand=0, rank=1,
            )
        ],
        Currency.EUR,
        NOW,
    )  # fmt: skip

    later = order_by_number(order.number)
    assert later.lines == order.lines
    assert later.total == Money(50_00, Currency.EUR)


def test_somebody_elses_order_looks_like_no_order(app: Flask) -> None:
    order = an_order()

    with pytest.raises(NoSuchOrder):
        order_of(order.number, a_traveller())


# --- once per key -----------------------------------------------------------------------------------------------------


def test_the_same_request_again_answers_the_first_order_and_changes_nothing(app: Flask) -> None:
    traveller, plan = a_traveller(), a_plan({a_product(): 2})
    first = _place(plan, traveller)
    before = builders.everything()

    again = [_place(plan, traveller, now=NOW + timedelta(minutes=n)) for n in (0, 5)]

    assert again == [Placed(first.number, new=False)] * 2
    assert builders.everything() == before


def test_the_same_request_again_is_known_when_nothing_is_left(app: Flask) -> None:
    traveller, plan = a_traveller(), a_plan({a_product(on_hand=2): 2})
    first = _place(plan, traveller)

    assert _place(plan, traveller) == Placed(first.number, new=False)


def test_the_same_request_again_is_known_after_the_cut_off(app: Flask) -> None:
    traveller, plan = a_traveller(), a_plan({a_product(): 1})
    first = _place(plan, traveller)

    assert _place(plan, traveller, now=NOW + timedelta(days=5)) == Placed(first.number, new=False)


def test_lines_in_another_order_are_the_same_request(app: Flask) -> None:
    traveller, one, two = a_traveller(), a_product(), a_product()
    first = _place(a_plan({one: 1, two: 2}), traveller)

    assert _place(a_plan({two: 2, one: 1}), traveller) == Placed(first.number, new=False)


@pytest.mark.parametrize(
    "change",
    [{"name": "LI NA"}, {"residence": "HK"}, {"pickup_point": builders.OTHER_POINT}, {"date": DAY + timedelta(days=1)}, {"name": ""}],
)
def test_a_key_used_for_another_request_is_refused(app: Flask, change: dict[str, Any]) -> None:
    traveller, sku = a_traveller(), a_product()
    _place(a_plan({sku: 1}), traveller)
    before = builders.everything()

    with pytest.raises(KeyReused):
        _place(a_plan({sku: 1}, **change), traveller)

    assert builders.everything() == before


def test_a_key_belongs_to_its_traveller(app: Flask) -> None:
    plan = a_plan({a_product(): 1})

    numbers = {_place(plan, a_traveller()).number for _ in range(3)}

    assert len(numbers) == 3


def test_a_refused_request_does_not_use_its_key_up(app: Flask) -> None:
    traveller, sku = a_traveller(), a_product()
    with pytest.raises(WrongName):
        _place(a_plan({sku: 1}, name=""), traveller)

    assert _place(a_plan({sku: 1}), traveller).new is True


# --- refusals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"lines": ()}, EmptyBasket),
        ({"lines": (Wanted("SP-X", 0),)}, WrongQuantity),
        ({"lines": (Wanted("SP-X", 10),)}, WrongQuantity),
        ({"lines": (Wanted("SP-X", 1), Wanted("NO-SUCH", 1))}, NoSuchProduct),
        ({"name": "1234"}, WrongName),
        ({"flight": "nonsense"}, WrongFlightNumber),
        ({"flight": "CA966"}, NotFlyingThatDay),
        ({"flight": "XX12"}, DepartureTimeNeeded),
        ({"flight": "XX12", "departs_local": time(5, 30)}, PointClosed),
        ({"pickup_point": "T9-Z99"}, NoSuchPoint),
        ({"final_destination": "XXX"}, NoSuchAirport),
        ({"final_destination": "CDG"}, NotDutyFree),
        ({"residence": "DE"}, NotDutyFree),
        ({"residence": "cn"}, WrongCountry),
        ({"residence": "中国"}, WrongCountry),
        ({"birth_date": date(2010, 1, 1)}, TooYoung),
        ({"date": date(2026, 11, 23)}, TooLate),
        ({"date": date(2027, 11, 24)}, TooFarAhead),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else "-".join(map(str, value)),
)
def test_a_refused_order_leaves_nothing_behind(app: Flask, change: dict[str, Any], refusal: type[ShopError]) -> None:
    a_product("SP-X", alcohol=400)
    traveller = a_traveller()
    before = builders.everything()

    with pytest.raises(refusal) as refused:
        _place(replace(a_plan({"SP-X": 1}), **change), traveller)

    assert refused.value.fields, "a form needs to know which field is at fault"
    assert builders.everything() == before


def test_when_one_product_is_short_nothing_is_held(app: Flask) -> None:
    plenty, short = a_product(on_hand=10), a_product(on_hand=1)
    traveller = a_traveller()
    before = builders.everything()

    with pytest.raises(OutOfStock):
        _place(a_plan({plenty: 1, short: 2}), traveller)

    assert builders.everything() == before


def test_the_last_one_is_sold_once(app: Flask) -> None:
    sku = a_product(on_hand=1)
    an_order({sku: 1})

    with pytest.raises(OutOfStock):
        an_order({sku: 1})

    assert stock_of(sku) == (1, 1, 0, 0)


@pytest.mark.parametrize(("minutes", "sold"), [(29, False), (32, False), (34, True), (600, True)])
def test_what_others_held_and_did_not_pay_is_sold_when_the_hold_is_over(app: Flask, minutes: int, sold: bool) -> None:
    """Nobody else is awake: the buyer finds the expired hold and lets it go."""
    sku = a_product(on_hand=1)
    slow = an_order({sku: 1})
    now = NOW + timedelta(minutes=minutes)

    if sold:
        assert an_order({sku: 1}, now=now).state is OrderState.AWAITING_PAYMENT
    else:
        with pytest.raises(OutOfStock):
            an_order({sku: 1}, now=now)

    assert order_by_number(slow.number).state is (OrderState.EXPIRED if sold else OrderState.AWAITING_PAYMENT)
    assert stock_of(sku) == (1, 1, 0, 0)


# --- ends -------------------------------------------------------------------------------------------------------------


def test_an_unpaid_order_expires_and_its_stock_is_free_again(app: Flask) -> None:
    sku = a_product(on_hand=3)
    order = an_order({sku: 2})
    over = order.hold_until + timedelta(seconds=1)

    counts = [orders.expire_due(order.hold_until), orders.expire_due(over), orders.expire_due(over)]

    later = order_by_number(order.number)
    assert counts == [0, 1, 0]
    assert (later.state, stock_of(sku)) == (OrderState.EXPIRED, (3, 0, 0, 0))
    assert [(c.old_state, c.new_state, c.who) for c in later.history][1:] == [(OrderState.AWAITING_PAYMENT, OrderState.EXPIRED, "system")]
    assert builders.announced(events.EXPIRED) == [(events.EXPIRED, order.id)]


def test_an_order_past_its_hold_is_expired_to_whoever_looks_even_when_nobody_worked(app: Flask) -> None:
    order = an_order()

    assert order.state_at(order.hold_until) is OrderState.AWAITING_PAYMENT
    assert order.state_at(order.hold_until + timedelta(seconds=1)) is OrderState.EXPIRED
    assert order.can_be_paid(order.pay_before - timedelta(seconds=1))
    assert not order.can_be_paid(order.pay_before)


def test_a_paid_order_never_expires(app: Flask) -> None:
    order = builders.a_paid_order()

    assert orders.expire_due(NOW + timedelta(days=30)) == 0
    assert order_by_number(order.number).state is OrderState.PAID


def test_many_unpaid_orders_expire_in_rounds(app: Flask) -> None:
    sku = a_product(on_hand=9)
    for _ in range(5):
        an_order({sku: 1})

    counts = [orders.expire_due(NOW + timedelta(hours=1), limit=3) for _ in range(3)]

    assert counts == [3, 2, 0]
    assert stock_of(sku) == (9, 0, 0, 0)
