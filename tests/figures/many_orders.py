"""Orders of any kind, written straight into the tables: quicker than living through each, and odder than commands would make."""
import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import builders
from sqlalchemy import delete, insert, select, update

from shop.base.db import transaction
from shop.catalogue.models import Product
from shop.figures.days import FRANKFURT
from shop.figures.models import CountedDay, DepartureFigures, PlacedFigures, ProductFigures, Standing
from shop.orders.models import Order, OrderLine, TripChange
from shop.payments.models import Taken
from shop.pickup.packing_models import PackedParcel

NOW = builders.NOW
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Made:
    """What a test says of an order; the rest is the same for all."""

    placed_at: datetime
    departs_at: datetime
    state: str = "paid"
    paid: bool = True
    refund_state: str = "none"
    total: int = 50_00
    currency: str = "EUR"
    point: int = 0  # of the two
    told: timedelta | None = None  # after the moment from which it could be collected
    lines: tuple[tuple[int, int, int], ...] = ((0, 1, 50_00),)  # which product, how many, at what price
    refunded: int = 0
    name: str = "WANG XIAOMING"
    flight: str = "CA932"


class Shop:
    """Two points, three products, one traveller, and no orders."""

    def __init__(self) -> None:
        self.traveller = builders.a_traveller()
        self.points = [builders.point_id(builders.POINT), builders.point_id(builders.OTHER_POINT)]
        skus = [builders.a_product() for _ in range(3)]
        with transaction() as session:
            self.products = [session.scalar(select(Product.id).where(Product.sku == sku)) for sku in skus]

    def empty(self) -> None:
        tables = (
            Taken, PackedParcel, OrderLine, TripChange, Order, PlacedFigures, ProductFigures, DepartureFigures, CountedDay, Standing,
        )
        with transaction() as session:
            for table in tables:
                session.execute(delete(table))

    def add(self, orders: Iterable[Made]) -> list[int]:
        """Their keys, in the same order."""
        with transaction() as session:
            return [self._add(session, made) for made in orders]

    def _add(self, session: Any, made: Made) -> int:
        n = next(_numbers)
        collect_from = made.departs_at - timedelta(hours=4)
        key = session.execute(
            insert(Order)
            .values(
                number=f"D{n:09}", traveller_id=self.traveller, idempotency_key=f"k{n}", request_hash="h", state=made.state,
                refund_state=made.refund_state, total_minor=made.total, total_currency=made.currency, placed_at=made.placed_at,
                pay_before=made.placed_at, hold_until=made.placed_at, paid_at=made.placed_at if made.paid else None,
                collected_at=made.departs_at if made.state in ("collected", "partly_collected") else None, changed_at=made.placed_at,
                language="zh", flight_number=made.flight, flight_date=made.departs_at.astimezone(FRANKFURT).date(),
                departs_at=made.departs_at, origin="FRA", destination="PEK", final_destination="PEK", terminal="T1",
                pickup_point_id=self.points[made.point], collect_from=collect_from, collect_until=made.departs_at,
                traveller_name=made.name, residence="CN",
            )
            .returning(Order.id)
        ).scalar_one()  # fmt: skip
        for position, (product, quantity, price) in enumerate(made.lines, start=1):
            session.execute(
                insert(OrderLine).values(
                    order_id=key, position=position, product_id=self.products[product], sku=f"S{product}", name_zh="z", name_en="e",
                    name_de="d", quantity=quantity, unit_price_minor=price,
                )
            )
        if made.told is not None:
            session.execute(
                insert(PackedParcel).values(
                    order_id=key, state="ready", recent_scans=[], opened_at=made.placed_at, changed_at=made.placed_at,
                    told_at=collect_from + made.told,
                )
            )
        if made.paid:
            session.execute(
                insert(Taken).values(
                    transaction_id=f"42{n:026}", out_trade_no=f"T{n}", order_id=key, amount_minor=made.total, amount_currency=made.currency,
                    paid_at=made.placed_at, heard_at=made.placed_at, verdict="settles", refunded_minor=made.refunded,
                )
            )
        return int(key)


def change(key: int, now: datetime, **values: Any) -> None:
    """As commands do: whatever is changed of an order, `changed_at` says when."""
    with transaction() as session:
        session.execute(update(Order).where(Order.id == key).values(changed_at=now, **values))


def move(key: int, departs_at: datetime, now: datetime) -> None:
    """To a flight that leaves then, with a line in the trip's history."""
    with transaction() as session:
        order = session.execute(select(Order.departs_at, Order.pickup_point_id).where(Order.id == key)).one()
        session.execute(
            insert(TripChange).values(
                order_id=key, at=now, who="traveller", why="moved", old_flight="CA932", new_flight="CA966", old_departs_at=order.departs_at,
                new_departs_at=departs_at, old_final_destination="PEK", new_final_destination="PEK", old_point_id=order.pickup_point_id,
                new_point_id=order.pickup_point_id,
            )
        )  # fmt: skip
        session.execute(
            update(Order)
            .where(Order.id == key)
            .values(departs_at=departs_at, collect_from=departs_at - timedelta(hours=4), changed_at=now)
        )


def by_hand(first: date, last: date, now: datetime, at: int | None = None) -> dict[str, Any]:
    """The same figures, added up in Python from every row there is; of one pickup point, or of all."""
    with transaction() as session:
        orders = [o for o in session.execute(select(Order.__table__)) if at in (None, o.pickup_point_id)]
        told = {row[0]: row[1] for row in session.execute(select(PackedParcel.order_id, PackedParcel.told_at))}
        back = {row[0]: row[1] for row in session.execute(select(Taken.order_id, Taken.refunded_minor))}
        lines = session.execute(select(OrderLine.__table__)).all()
    placed = [o for o in orders if first <= o.placed_at.astimezone(FRANKFURT).date() <= last]
    leaving = [o for o in orders if first <= o.departs_at.astimezone(FRANKFURT).date() <= last and o.paid_at]
    sold: dict[tuple[int, str], list[int]] = {}
    for order in placed:
        mine = [line for line in lines if line.order_id == order.id and order.paid_at]
        for product in {line.product_id for line in mine}:
            total = sold.setdefault((product, order.total_currency), [0, 0, 0])
            total[0] += 1
            total[1] += sum(line.quantity for line in mine if line.product_id == product)
            total[2] += sum(line.quantity * line.unit_price_minor for line in mine if line.product_id == product)
    return {
        "takings": {
            currency: (
                sum(o.total_currency == currency for o in placed),
                sum(o.total_currency == currency and o.paid_at is not None for o in placed),
                sum(o.total_minor for o in placed if o.total_currency == currency and o.paid_at),
                sum(o.total_currency == currency and o.refund_state != "none" for o in placed),
                sum(back.get(o.id, 0) for o in placed if o.total_currency == currency and o.refund_state != "none"),
            )
            for currency in {o.total_currency for o in placed}
        },
        "departures": _departures(leaving, told, now),
        "hours": {
            hour: _departures([o for o in leaving if o.departs_at.astimezone(FRANKFURT).hour == hour], told, now)
            for hour in {o.departs_at.astimezone(FRANKFURT).hour for o in leaving}
        },
        "products": {key: tuple(total) for key, total in sold.items()},
        "points": {
            point: sum(o.paid_at is not None for o in placed if o.pickup_point_id == point) for point in {o.pickup_point_id for o in placed}
        },
    }


def _departures(orders: list[Any], told: Mapping[int, datetime | None], now: datetime) -> tuple[int, int, int, int]:
    on_time = late = 0
    for order in orders:
        ready = told.get(order.id)
        given = order.state in ("collected", "partly_collected")
        if order.state == "cancelled":
            continue
        if (ready and ready <= order.collect_from) or (ready is None and given):
            on_time += 1
        elif order.collect_from < now:
            late += 1
    return len(orders), on_time, late, sum(order.state == "no_show" for order in orders)
