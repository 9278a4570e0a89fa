"""What a traveller brings home with all orders of one trip: customs count persons and journeys, not orders.

A trip is all orders of one account in one name that leave within a day of each other: nobody flies home twice in a day.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import and_, bindparam, or_, select
from sqlalchemy.orm import Session

from shop.base.asking import Question
from shop.base.db import UtcDateTime, reading
from shop.base.ids import OrderId, TravellerId
from shop.base.money import Currency, Money
from shop.base.versions import day_of
from shop.catalogue.models import Category, Product
from shop.customs import queries as customs
from shop.customs import rules as law
from shop.customs.dated import Rules
from shop.customs.rules import Item, Meter, Rates
from shop.flights.models import Airport
from shop.orders.models import Order, OrderLine
from shop.orders.queries import OrderView
from shop.orders.states import OrderState

SAME_TRIP = timedelta(hours=24)
ORDERS: Any = Order.__table__
LINES: Any = OrderLine.__table__
S = OrderState
WAITS = S.AWAITING_PAYMENT.value
TAKEN = tuple(state.value for state in (S.PAID, S.PACKING, S.READY, S.COLLECTED, S.PARTLY_COLLECTED))
_NOW = bindparam("p_now", type_=UtcDateTime)
# Held and paid for: goods that the traveller has, or will have.
COUNTS = or_(ORDERS.c.state.in_(TAKEN), and_(ORDERS.c.state == WAITS, ORDERS.c.hold_until >= _NOW))
_MINE = ORDERS.c.traveller_id == bindparam("p_traveller_id")


class Brought(Struct, frozen=True):
    """Goods of one order of a trip, and in whose name."""

    order_id: OrderId
    name: str
    item: Item


_AT_ABOUT = ORDERS.c.departs_at.between(bindparam("p_since", type_=UtcDateTime), bindparam("p_until", type_=UtcDateTime))
HAS_OTHERS = select(ORDERS.c.id).where(_MINE, _AT_ABOUT, COUNTS).exists()  # with the values of `same_trip`
_BROUGHT = Question(
    select(
        ORDERS.c.id.label("order_id"), ORDERS.c.traveller_name, ORDERS.c.total_currency, LINES.c.unit_price_minor,
        (LINES.c.quantity - LINES.c.refunded).label("pieces"), Product.__table__.c.alcohol_permille, Product.__table__.c.volume_ml,
        Category.__table__.c.code.label("category"),
    )
    .join_from(ORDERS, LINES, LINES.c.order_id == ORDERS.c.id)
    .join(Product.__table__, Product.__table__.c.id == LINES.c.product_id)
    .join(Category.__table__, Category.__table__.c.id == Product.__table__.c.category_id)
    .where(
        _MINE, COUNTS, LINES.c.quantity > LINES.c.refunded, _AT_ABOUT,
    )
    .order_by(ORDERS.c.id, LINES.c.position)
)  # fmt: skip


def same_trip(traveller_id: TravellerId, departs_at: datetime, now: datetime) -> dict[str, Any]:
    """The values for `HAS_OTHERS`: of the account's orders, held and paid, those that leave about when this trip does."""
    return {"p_traveller_id": traveller_id, "p_since": departs_at - SAME_TRIP, "p_until": departs_at + SAME_TRIP, "p_now": now}


def brought(session: Session, traveller_id: TravellerId, departs_at: datetime, now: datetime) -> list[Brought]:
    """What is in the account's orders, held and paid, that leave about when this trip does. One statement."""
    values = same_trip(traveller_id, departs_at, now)
    return [
        Brought(
            OrderId(row.order_id), row.traveller_name,
            Item(row.pieces, Money(row.unit_price_minor, Currency(row.total_currency)), row.alcohol_permille, row.volume_ml, row.category),
        )
        for row in _BROUGHT.rows(session, values)
    ]  # fmt: skip


def brought_by(found: Iterable[Brought], name: str | None, besides: OrderId | None = None) -> list[Item]:
    """The goods of one person (None: of whoever), without those of one order."""
    wanted = None if name is None else _letters(name)
    return [one.item for one in found if one.order_id != besides and wanted in (None, _letters(one.name))]


def _letters(name: str) -> str:
    """A name for comparing: `Wang, Xiaoming` and `WANG XIAOMING` are one traveller."""
    return "".join(letter for letter in name.casefold() if letter.isalpha())


class Measured(Struct, frozen=True):
    """An order's trip on the meter; `others` says whether it counts goods of other orders, too."""

    meter: Meter | None
    others: bool


def measured(order: OrderView, now: datetime) -> Measured:
    """The meter of the traveller of an order over all orders of the trip; None within the EU. Four statements."""
    with reading() as session:
        found = brought(session, order.traveller_id, order.departs_at, now)
        area = _areas(session, (order.final_destination, order.destination))
    mine = brought_by(found, order.traveller_name)
    if not any(one.order_id == order.id for one in found):  # it is over: its own goods say nothing of the trip any more
        return Measured(None, others=False)
    rules = customs.rules_on(order.flight_date, day_of(now))
    meter = meter_of(
        rules, area.get(order.final_destination, "OTHER"), area.get(order.destination), order.residence, mine,
        law.age_on(order.birth_date, order.flight_date), day_of(now),
    )  # fmt: skip
    return Measured(meter, others=len(mine) > sum(one.order_id == order.id for one in found))


def _areas(session: Session, airports: Sequence[str]) -> Mapping[str, str]:
    rows = session.execute(select(Airport.iata, Airport.customs_area).where(Airport.iata.in_(airports)))
    return {row.iata: row.customs_area for row in rows}


def meter_of(
    rules: Rules, final_area: str, via_area: str | None, residence: str, items: Sequence[Item], age: int | None, today: date,
    known: Rates | None = None,
) -> Meter | None:  # fmt: skip
    """Goods on the meter of a trip; None where no customs officer stands at its end (within the EU).

    `known` are rates that were read before; what is missing of them is asked for.
    """
    if final_area in law.NO_RULES:
        return None
    allowances = rules.allowances_of(final_area, via_area, residence)
    currencies = {item.unit_price.currency.value for item in items}
    have = dict(known or {})
    wanted = [one for one in allowances if any((base, one.currency) not in have for base in currencies)]
    return law.measure(allowances, items, {**customs.rates_for(wanted, currencies, today), **have}, age)
