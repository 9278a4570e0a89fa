"""The flights to which an order could be moved: the next ones of the same route, around the present one."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from shop.flights import queries as flights
from shop.flights.queries import KnownFlight, Point
from shop.orders.queries import OrderView
from shop.web.storefront import once, trips

DAYS_SHOWN, FLIGHTS_SHOWN = 7, 6


def points_of(order: OrderView) -> list[Point]:
    """The counters of the order's airport."""
    return [point for point in once.points() if point.airport == order.origin]


def next_flights(order: OrderView, points: Sequence[Point], now: datetime, most: int = FLIGHTS_SHOWN) -> list[KnownFlight]:
    """Those that one can still order for at one of these counters, at most so many; in two statements."""
    first = max(trips.today(), order.flight_date - timedelta(days=1))
    here = (order.flight_number, order.flight_date)
    found = flights.flights_to(order.origin, order.destination, [first + timedelta(days=n) for n in range(DAYS_SHOWN)])
    able = (
        flight
        for flight in found
        if (flight.number, flight.date) != here
        and any(trips.choice(point, flight.departs_at, now).refusal is None for point in points)
    )
    return [flight for flight, _ in zip(able, range(most), strict=False)]
