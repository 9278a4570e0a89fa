"""Finding orders: one text that may be anything, and filters that mean what the figures mean. Changes nothing."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import (
    BigInteger,
    String,
    and_,
    bindparam,
    exists,
    false,
    func,
    or_,
    select,
    text,
    union_all,
)
from sqlalchemy.dialects.postgresql import TSQUERY

from shop.base.db import UtcDateTime, is_postgresql, reading
from shop.catalogue.models import Product
from shop.figures import days, terms
from shop.flights.models import PickupPoint
from shop.orders.listing import Narrowed, Sort, Turn, exact, listed
from shop.orders.models import MONEY_GOES_BACK, TO_HAND_OVER, Order, OrderLine
from shop.orders.queries import OrderPage
from shop.orders.states import OrderState, RefundState
from shop.payments import trouble
from shop.payments.models import Attempt, Refund, Taken
from shop.pickup.models import UNRESOLVED, Conflict, Pickup
from shop.reports import order_words
from shop.reports.order_words import EXACT, Reading, Sought

SOON = timedelta(days=2)  # nobody is promised a parcel longer before the departure than this
SEPARATORS = " .,'’·/-"  # what a name may hold beside letters (`orders.rules.NAME`)


class Filters(Struct, frozen=True, kw_only=True):
    """All that are given must hold. Days are Frankfurt's, both ends included; amounts are minor units of the order's money.

    `refund` is a refund state or `any`; `point` and `sku` are codes, `points` keys of which
    the order's must be one; `ready` is `on_time` or `late`, as the dashboard counts
    them; `hour` of the departure needs both flight days; `placed_since` ≤ placed < `placed_until` are moments.
    """

    state: str | None = None
    refund: str | None = None
    paid: bool | None = None
    point: str | None = None
    points: frozenset[int] | None = None
    placed_since: datetime | None = None
    placed_until: datetime | None = None
    flight_first: date | None = None
    flight_last: date | None = None
    hour: int | None = None
    least_minor: int | None = None
    most_minor: int | None = None
    ready: str | None = None
    sku: str | None = None
    attention: bool = False


class FoundOrders(Struct, frozen=True):
    """A page, what the text was taken for (None: there was none), and in what order the page is."""

    page: OrderPage
    taken_for: Reading | None
    turn: Turn


def orders(filters: Filters, words: str | None, turn: Turn, now: datetime, *, sort_is_given: bool = True) -> FoundOrders:
    """The orders that meet the filters and the text. Up to four statements. Raises WrongPlace.

    Unless a sort is given, flight days and flights are sorted by departure, all else by when it was placed.
    """
    reading_, ids = _understand(words, now) if words else (None, None)
    by_flight = filters.flight_first or filters.flight_last or (reading_ and reading_.sought is Sought.FLIGHT)
    if not sort_is_given and by_flight and not (filters.placed_since or filters.placed_until):
        turn = replace(turn, sort=Sort.DEPARTURE)
    conditions = _conditions(filters, now)
    scarce = None
    if reading_ and reading_.sought is Sought.NAME:
        scarce = and_(*_named(reading_.value))
    elif reading_:
        conditions += _meant(reading_, ids)
    if turn.sort is Sort.PLACED and filters.flight_last:  # placed before it left: where to begin to look for old ones
        conditions.append(Order.placed_at < exact(days.end_of(filters.flight_last) + SOON, UtcDateTime))
    either = _needs_attention(now) if filters.attention else ()
    return FoundOrders(listed(Narrowed(conditions, scarce, either, _stretches(filters)), turn), reading_, turn)


# --- the text ---------------------------------------------------------------------------------------------------------

_TEXT = bindparam("p_text", type_=String)
_LOOK_UP = {
    Sought.NUMBER: (select(Order.id).where(Order.number == _TEXT),),
    Sought.CODE: (select(Pickup.order_id).where(Pickup.code == _TEXT),),
    Sought.TRANSACTION: (
        select(Taken.order_id).where(Taken.transaction_id == _TEXT), select(Attempt.order_id).where(Attempt.transaction_id == _TEXT),
    ),
    Sought.TRADE: (select(Attempt.order_id).where(Attempt.out_trade_no == _TEXT),),
    Sought.REFUND: (select(Refund.order_id).where(Refund.out_refund_no == _TEXT),),
}  # fmt: skip


def _understand(words: str, now: datetime) -> tuple[Reading | None, list[int] | None]:
    """What the text is: of the numbers it may be the first that exists; a number that does not exist only when it can be
    nothing else. With the orders of an exact number."""
    found = order_words.readings(words, days.day_of(now))
    for one in found:
        if one.sought in EXACT:
            with reading() as session:
                ids = session.scalars(union_all(*_LOOK_UP[one.sought]), {"p_text": one.value}).all()
            if ids:
                return one, sorted({int(key) for key in ids if key is not None})
    open_ = [one for one in found if one.sought not in EXACT]
    if open_:
        return open_[0], None
    return (found[0], []) if found else (None, None)


def _meant(one: Reading, ids: list[int] | None) -> list[Any]:
    if ids is not None:
        return [Order.id.in_(ids)]
    on = (Order.flight_date == exact(one.day),) if one.day else ()
    return [Order.flight_number == exact(one.value, String), *on]


def _named(name: str) -> list[Any]:
    """Every word begins a word of the name, in any order; what is not Latin stands in it anywhere."""
    words = order_words.words(name)
    if not words:
        return [false()]
    other = [Order.traveller_name.contains(word) for word in words if not word.isascii()]
    with reading() as session:
        on_postgresql = is_postgresql(session)
    if on_postgresql:
        # The word itself is asked for beside the words it begins: of a beginning the planner does not know how common it is.
        lexemes = [f"('{word}' | '{word}':*)" if word.isascii() else " & ".join(f"'{each}'" for each in word) for word in words]
        asked = exact(" & ".join(lexemes), String).cast(TSQUERY)
        return [func.order_name_words(Order.traveller_name).op("@@")(asked), *other]
    tidy: Any = Order.traveller_name
    for mark in SEPARATORS[1:]:
        tidy = func.replace(tidy, mark, " ")
    return [*((" " + func.lower(tidy)).contains(f" {word}") for word in words if word.isascii()), *other]


# --- the filters ------------------------------------------------------------------------------------------------------


def _conditions(asked: Filters, now: datetime) -> list[Any]:
    return [*_states(asked), *_moments(asked), *_amounts(asked), *_others(asked, now)]


def _states(asked: Filters) -> Iterator[Any]:
    """With the words of a partial index, which a database does not work out by itself."""
    if asked.state:
        yield Order.state == exact(asked.state, String)
        if f"'{asked.state}'" in TO_HAND_OVER:
            yield text(f"orders.{TO_HAND_OVER}")
    if asked.refund and asked.refund != RefundState.NONE.value:
        yield text(f"orders.{MONEY_GOES_BACK}")
    if asked.refund not in (None, "any"):
        yield Order.refund_state == exact(asked.refund, String)
    if asked.paid is not None:
        yield terms.PAID if asked.paid else Order.paid_at.is_(None)


def _moments(asked: Filters) -> Iterator[Any]:
    if asked.placed_since:
        yield Order.placed_at >= exact(asked.placed_since, UtcDateTime)
    if asked.placed_until:
        yield Order.placed_at < exact(asked.placed_until, UtcDateTime)
    if asked.flight_first:
        yield Order.departs_at >= exact(days.start_of(asked.flight_first), UtcDateTime)
    if asked.flight_last:
        yield Order.departs_at < exact(days.end_of(asked.flight_last), UtcDateTime)


def _stretches(asked: Filters) -> list[tuple[datetime, datetime]] | None:
    """The times that an hour of the departure means on these days; None: any time."""
    if asked.hour is None or not asked.flight_first or not asked.flight_last:
        return None
    return days.hours(asked.flight_first, asked.flight_last, asked.hour)


def _amounts(asked: Filters) -> Iterator[Any]:
    if asked.least_minor is not None:
        yield Order.total_minor >= exact(asked.least_minor, BigInteger)
    if asked.most_minor is not None:
        yield Order.total_minor <= exact(asked.most_minor, BigInteger)


def _others(asked: Filters, now: datetime) -> Iterator[Any]:
    if asked.points is not None:
        yield Order.pickup_point_id.in_(asked.points)
    if asked.point:
        yield Order.pickup_point_id == select(PickupPoint.id).where(PickupPoint.code == asked.point).scalar_subquery()
    if asked.ready:
        told = terms.first_told()
        yield terms.on_time(told) if asked.ready == "on_time" else terms.late(told, now)
    if asked.sku:
        with reading() as session:
            product_id = session.scalar(select(Product.id).where(Product.sku == asked.sku))
        holds = exists().where(OrderLine.order_id == Order.id, OrderLine.product_id == exact(product_id, BigInteger))
        yield holds if product_id is not None else false()


def _needs_attention(now: datetime) -> list[list[Any]]:
    """Not ready although it was promised, or not closed although the flight left; money or goods that a person must see to."""
    waits = [
        text(f"orders.{TO_HAND_OVER}"), Order.departs_at < exact(now + SOON, UtcDateTime),
        or_(Order.departs_at < exact(now, UtcDateTime),
            and_(Order.state != OrderState.READY.value, Order.collect_from < exact(now, UtcDateTime))),
    ]  # fmt: skip
    conflicts = select(Conflict.order_id).where(text(f"conflicts.{UNRESOLVED}"), Conflict.order_id.is_not(None))
    return [waits, [Order.id.in_(union_all(conflicts, *trouble.orders_with_trouble()))]]
