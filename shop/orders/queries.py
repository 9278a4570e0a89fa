"""Questions about orders."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from shop.base.db import reading
from shop.base.errors import Kind, ShopError
from shop.base.ids import OrderId, OrderNumber, TravellerId
from shop.base.money import Currency, Money
from shop.catalogue.models import Product
from shop.flights.models import Airport, PickupPoint
from shop.flights.queries import Point, as_point
from shop.orders import rules
from shop.orders.models import Order, OrderChange, OrderLine
from shop.orders.rules import Carried, Counted
from shop.orders.states import OrderState, RefundState


def pictures_among(stems: Collection[str]) -> set[str]:
    """Which of these pictures an order shows."""
    if not stems:
        return set()
    with reading() as session:
        return set(session.scalars(select(OrderLine.picture).where(OrderLine.picture.in_(stems)).distinct()).all())  # type: ignore[arg-type]


class NoSuchOrder(ShopError):
    """There is no such order, or it is not the asker's: both look the same from outside."""

    kind, code = Kind.NOT_FOUND, "no_such_order"


class LineView(Struct, frozen=True):
    position: int
    sku: str
    name: dict[str, str]
    picture: str | None
    quantity: int
    unit_price: Money
    refunded: int = 0  # of `quantity`: money for these goes back or went back

    @property
    def total(self) -> Money:
        return self.unit_price * self.quantity

    @property
    def left(self) -> int:
        return self.quantity - self.refunded


class ChangeView(Struct, frozen=True):
    old_state: OrderState | None
    new_state: OrderState
    at: datetime
    who: str
    why: str


class OrderView(Struct, frozen=True):
    """An order as doors show it. `state` is the stored one; `state_at(now)` also knows that time has run out."""

    id: OrderId
    number: OrderNumber
    traveller_id: TravellerId
    state: OrderState
    refund_state: RefundState
    total: Money
    placed_at: datetime
    pay_before: datetime
    hold_until: datetime
    paid_at: datetime | None
    collected_at: datetime | None
    flight_number: str
    flight_date: date
    departs_at: datetime
    origin: str
    destination: str
    final_destination: str
    terminal: str
    collect_from: datetime
    collect_until: datetime
    traveller_name: str
    residence: str
    birth_date: date | None
    campaign: str | None
    language: str
    point: Point
    lines: tuple[LineView, ...] = ()
    history: tuple[ChangeView, ...] = ()
    on_my_way_at: datetime | None = None
    trip_changed_at: datetime | None = None
    treatment: str = "duty_free"  # or `duty_paid`: how it was priced
    adult_confirmed_at: datetime | None = None

    def state_at(self, now: datetime) -> OrderState:
        """What the order is for a person who looks now: an unpaid one past its hold is expired, worker or no worker."""
        if self.state is OrderState.AWAITING_PAYMENT and now > self.hold_until:
            return OrderState.EXPIRED
        return self.state

    def can_be_paid(self, now: datetime) -> bool:
        return self.state is OrderState.AWAITING_PAYMENT and now < self.pay_before


_points = PickupPoint.__table__.c
ORDER_AND_POINT: Any = select(
    *(column.label(f"o_{column.key}") for column in Order.__table__.c),
    *(column.label(f"p_{column.key}") for column in _points),
).join_from(Order.__table__, PickupPoint.__table__, PickupPoint.__table__.c.id == Order.__table__.c.pickup_point_id)


class _Prefixed:
    """A row seen through a prefix, so that one join serves two readers."""

    __slots__ = ("_prefix", "_row")

    def __init__(self, row: Any, prefix: str) -> None:
        self._row, self._prefix = row, prefix

    def __getattr__(self, name: str) -> Any:
        return getattr(self._row, self._prefix + name)


def as_order(row: Any, lines: tuple[LineView, ...] = (), history: tuple[ChangeView, ...] = ()) -> OrderView:
    """The order of a row of `ORDER_AND_POINT`."""
    o = _Prefixed(row, "o_")
    return OrderView(
        id=OrderId(o.id), number=OrderNumber(o.number), traveller_id=TravellerId(o.traveller_id),
        state=OrderState(o.state), refund_state=RefundState(o.refund_state),
        total=Money(o.total_minor, Currency(o.total_currency)),
        placed_at=o.placed_at, pay_before=o.pay_before, hold_until=o.hold_until, paid_at=o.paid_at, collected_at=o.collected_at,
        flight_number=o.flight_number, flight_date=o.flight_date, departs_at=o.departs_at,
        origin=o.origin, destination=o.destination, final_destination=o.final_destination, terminal=o.terminal,
        collect_from=o.collect_from, collect_until=o.collect_until,
        traveller_name=o.traveller_name, residence=o.residence, birth_date=o.birth_date,
        campaign=o.campaign, language=o.language,
        point=as_point(_Prefixed(row, "p_")), lines=lines, history=history,
        on_my_way_at=o.on_my_way_at, trip_changed_at=o.trip_changed_at, treatment=o.treatment, adult_confirmed_at=o.adult_confirmed_at,
    )  # fmt: skip


_LINES = select(OrderLine.__table__).where(OrderLine.order_id == bindparam("p_order_id")).order_by(OrderLine.position)


def _line(row: Any, currency: Currency) -> LineView:
    return LineView(
        row.position, row.sku, {"zh": row.name_zh, "en": row.name_en, "de": row.name_de}, row.picture, row.quantity,
        Money(row.unit_price_minor, currency), row.refunded,
    )  # fmt: skip


def lines_of(session: Session, order_id: int, currency: Currency) -> tuple[LineView, ...]:
    """The order's lines, in one statement."""
    return tuple(_line(row, currency) for row in session.execute(_LINES, {"p_order_id": order_id}))


def _whole(session: Session, row: Any) -> OrderView:
    history = tuple(
        ChangeView(OrderState(h.old_state) if h.old_state else None, OrderState(h.new_state), h.at, h.who, h.why)
        for h in session.execute(
            select(OrderChange.old_state, OrderChange.new_state, OrderChange.at, OrderChange.who, OrderChange.why)
            .where(OrderChange.order_id == row.o_id)
            .order_by(OrderChange.id)
        )
    )
    return as_order(row, lines_of(session, row.o_id, Currency(row.o_total_currency)), history)


def order_of(number: str, traveller_id: TravellerId) -> OrderView:
    """The traveller's own order, with lines and history. Raises NoSuchOrder for anybody else's."""
    with reading() as session:
        row = session.execute(ORDER_AND_POINT.where(Order.number == number.upper(), Order.traveller_id == traveller_id)).first()
        if row is None:
            raise NoSuchOrder
        return _whole(session, row)


def order_by_number(number: str) -> OrderView:
    """Any order, for staff. Raises NoSuchOrder."""
    with reading() as session:
        row = session.execute(ORDER_AND_POINT.where(Order.number == number.strip().upper())).first()
        if row is None:
            raise NoSuchOrder
        return _whole(session, row)


def order_by_id(order_id: int) -> OrderView:
    """Any order, for the worker and commands above. Raises NoSuchOrder."""
    with reading() as session:
        row = session.execute(ORDER_AND_POINT.where(Order.id == order_id)).first()
        if row is None:
            raise NoSuchOrder
        return _whole(session, row)


def by_key(session: Session, traveller_id: TravellerId, idempotency_key: str) -> Any | None:
    """Key, number and request hash of the order placed under this idempotency key, or None."""
    return session.execute(
        select(Order.id, Order.number, Order.request_hash).where(
            Order.traveller_id == traveller_id, Order.idempotency_key == idempotency_key
        )
    ).first()


class OrderPage(Struct, frozen=True):
    """`next` and `previous` lead to the pages after and before this one; None: there is none."""

    items: list[OrderView]
    next: str | None
    previous: str | None = None


def with_lines(session: Session, rows: Sequence[Any]) -> list[OrderView]:
    """The orders of these rows of `ORDER_AND_POINT`, with their lines, in one more statement."""
    lines: dict[int, list[LineView]] = {row.o_id: [] for row in rows}
    currencies = {row.o_id: Currency(row.o_total_currency) for row in rows}
    wanted = select(OrderLine.__table__).where(OrderLine.order_id.in_(list(lines))).order_by(OrderLine.order_id, OrderLine.position)
    for row in session.execute(wanted) if rows else ():
        lines[row.order_id].append(_line(row, currencies[row.order_id]))
    return [as_order(row, tuple(lines[row.o_id])) for row in rows]


def _listed(wanted: Any, after: str | None, limit: int) -> OrderPage:
    if after and after.isdecimal() and len(after) < 18:
        wanted = wanted.where(Order.id < int(after))
    with reading() as session:
        rows = session.execute(wanted.order_by(Order.id.desc()).limit(limit + 1)).all()
        shown = rows[:limit]
        items = with_lines(session, shown)
    return OrderPage(items, str(shown[-1].o_id) if len(rows) > limit else None)


def orders_of(
    traveller_id: TravellerId, after: str | None = None, limit: int = 20, states: Collection[OrderState] | None = None
) -> OrderPage:
    """The traveller's orders, newest first, with lines, without history; only those stored in one of `states` if given."""
    wanted = ORDER_AND_POINT.where(Order.traveller_id == traveller_id)
    if states is not None:
        wanted = wanted.where(Order.state.in_([state.value for state in states]))
    return _listed(wanted, after, limit)


_COUNTED: tuple[Any, ...] = (
    Order.id.label("order_id"), Order.total_currency.label("currency"), Airport.customs_area,
    OrderLine.quantity, OrderLine.unit_price_minor, Product.alcohol_permille, Product.volume_ml,
)  # fmt: skip


def _carried(rows: Any) -> Carried:
    """What `_COUNTED` rows of one order come to."""
    currency = Currency(rows[0].currency)
    counted = (Counted(r.quantity, Money(r.unit_price_minor, currency), r.alcohol_permille, r.volume_ml) for r in rows)
    return rules.carried(rows[0].customs_area or "OTHER", counted, currency)


def carried(order_ids: Iterable[OrderId]) -> dict[OrderId, Carried]:
    """What customs would count in each of these orders, in one statement."""
    wanted = list(order_ids)
    if not wanted:
        return {}
    rows: dict[OrderId, list[Any]] = {key: [] for key in wanted}
    with reading() as session:
        for row in session.execute(
            select(*_COUNTED)
            .join(OrderLine, OrderLine.order_id == Order.id)
            .join(Product, Product.id == OrderLine.product_id)
            .outerjoin(Airport, Airport.iata == Order.final_destination)
            .where(Order.id.in_(wanted))
        ):
            rows[OrderId(row.order_id)].append(row)
    return {key: _carried(counted) for key, counted in rows.items()}


_SHOWN = ("position", "sku", "name_zh", "name_en", "name_de", "picture", "refunded")
_DECLARED: Any = (
    ORDER_AND_POINT.add_columns(*_COUNTED, *(OrderLine.__table__.c[name] for name in _SHOWN))
    .join(OrderLine, OrderLine.order_id == Order.id)
    .join(Product, Product.id == OrderLine.product_id)
    .outerjoin(Airport, Airport.iata == Order.final_destination)
    .where(Order.number == bindparam("p_number"), Order.traveller_id == bindparam("p_traveller_id"))
    .order_by(OrderLine.position)
)


def declared(number: str, traveller_id: TravellerId) -> tuple[OrderView, Carried]:
    """The traveller's own order with lines, without history, and what customs would count in it, in one statement.

    Raises NoSuchOrder.
    """
    with reading() as session:
        rows = session.execute(_DECLARED, {"p_number": number, "p_traveller_id": traveller_id}).all()
    if not rows:
        raise NoSuchOrder
    return as_order(rows[0], tuple(_line(row, Currency(row.currency)) for row in rows)), _carried(rows)
