"""Moving an order to another flight and saying that one is coming, through the API."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import builders
import pytest
from flask.testing import FlaskClient

from shop.flights.delays import SaidDelay
from shop.orders import delaying
from shop.orders.queries import OrderView, order_by_number
from shop.web.api import schemas, trip_schemas

Fits = Callable[..., bool]
Refused = Callable[..., dict[str, Any]]
Orders = Callable[..., Any]


@pytest.fixture
def move(signed_in: FlaskClient, day: date) -> Callable[..., Any]:
    """POST /orders/{number}/trip to CA932 of the day after."""

    def post(order: OrderView, **trip: Any) -> Any:
        body = {"flight": "ca 932", "date": (day + timedelta(days=1)).isoformat(), **trip}
        return signed_in.post(f"/api/v1/orders/{order.number.lower()}/trip", json=body)

    return post


def test_a_moved_order_is_answered_with_its_new_trip_and_harmlessly_so_twice(
    paid: Orders, move: Callable[..., Any], fits: Fits, day: date
) -> None:
    order = paid()

    first, again = move(order), move(order)

    assert (first.status_code, fits(first, schemas.Order)) == (200, True)
    assert first.json == again.json
    assert first.json["trip"]["date"] == (day + timedelta(days=1)).isoformat()
    assert first.json["state"] == "paid"
    assert order_by_number(order.number).flight_date == day + timedelta(days=1)


def test_the_trip_may_stand_in_the_body_as_it_does_when_an_order_is_placed(
    signed_in: FlaskClient, paid: Orders, day: date
) -> None:
    order = paid()
    trip = {"flight": "CA932", "date": (day + timedelta(days=1)).isoformat(), "final_destination": "pek"}

    answer = signed_in.post(f"/api/v1/orders/{order.number}/trip", json={"trip": trip, "pickup_point": builders.OTHER_POINT})

    assert answer.status_code == 200
    assert (answer.json["pickup_point"]["code"], answer.json["trip"]["final_destination"]) == (builders.OTHER_POINT, "PEK")


def test_the_order_tells_what_became_of_its_trip(
    signed_in: FlaskClient, paid: Orders, move: Callable[..., Any], fits: Fits, now: datetime, day: date
) -> None:
    order = paid()
    assert signed_in.get(f"/api/v1/orders/{order.number}").json["trip_changes"] == []
    move(order)
    delaying.set_delay(SaidDelay("CA932", day + timedelta(days=1), minutes=30), "staff:1", now)

    answer = signed_in.get(f"/api/v1/orders/{order.number}")

    assert fits(answer, schemas.Order)
    assert [change["why"] for change in answer.json["trip_changes"]] == ["moved", "delayed"]
    assert answer.json["trip_changes"][-1]["new_departs_at"] == answer.json["trip"]["departs_at"]


@pytest.mark.parametrize(
    ("trip", "status", "code"),
    [
        ({"flight": "932"}, 400, "wrong_flight_number"),
        ({"flight": "XX12"}, 400, "departure_time_needed"),
        ({"date": "2020-01-01"}, 422, "too_close_to_departure"),
        ({"final_destination": "CDG"}, 422, "not_duty_free"),
        ({"final_destination": "XXX"}, 404, "no_such_airport"),
        ({"pickup_point": "nowhere"}, 404, "no_such_pickup_point"),
        ({"date": "soon"}, 400, "invalid"),
        ({"surprise": 1}, 400, "invalid"),
        ({"trip": "CA932"}, 400, "invalid"),
        ({"departure_time": "24:00"}, 400, "invalid"),
    ],
)
def test_a_move_that_cannot_be_is_refused(
    paid: Orders, move: Callable[..., Any], refused: Refused, trip: dict[str, Any], status: int, code: str
) -> None:
    order = paid()

    refused(move(order, **trip), status, code)

    assert order_by_number(order.number).trip_changed_at is None


def test_another_counter_is_refused_when_the_parcel_is_packed(paid: Orders, move: Callable[..., Any], refused: Refused) -> None:
    order = paid()
    builders.set_order(order.number, state="ready")

    refused(move(order, pickup_point=builders.OTHER_POINT), 422, "parcel_packed")
    assert move(order).status_code == 200


def test_a_collected_order_and_one_of_somebody_else_are_not_moved(paid: Orders, move: Callable[..., Any], refused: Refused) -> None:
    order, other = paid(), paid(traveller=builders.a_traveller())
    builders.set_order(order.number, state="collected")

    refused(move(order), 409, "order_state_changed")
    refused(move(other), 404, "no_such_order")


def test_on_my_way_is_said_once_on_the_day_and_not_before(
    signed_in: FlaskClient, paid: Orders, fits: Fits, refused: Refused, now: datetime
) -> None:
    order = paid()
    address = f"/api/v1/orders/{order.number}/on-my-way"

    refused(signed_in.post(address), 422, "too_early_to_come")
    builders.set_order(order.number, departs_at=now + timedelta(hours=2), collect_from=now - timedelta(hours=1))
    first, again = signed_in.post(address), signed_in.post(address)

    assert (first.status_code, fits(first, trip_schemas.OnMyWay)) == (200, True)
    assert first.json == again.json
    assert signed_in.get(f"/api/v1/orders/{order.number}").json["on_my_way_at"] == first.json["on_my_way_at"]
