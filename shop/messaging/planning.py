"""What there is to tell, written down once: heard from other rooms, or because the time has come. Each is harmless twice."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, cast, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from shop.base.db import is_postgresql, transaction
from shop.base.versions import day_of
from shop.catalogue import wishing
from shop.flights.models import Airport, PickupPoint
from shop.messaging import rules
from shop.messaging.models import Message
from shop.messaging.rules import Quiet, Times, Zones
from shop.messaging.states import Channel, MessageState, Moment, Reason
from shop.orders.models import Order
from shop.orders.states import OrderState
from shop.payments.models import Refund
from shop.payments.states import Cause
from shop.people.models import Traveller
from shop.policies import message_rules
from shop.policies import queries as policies

ORDERS: Any = Order.__table__
MESSAGES: Any = Message.__table__
POINTS: Any = PickupPoint.__table__
TRAVELLERS: Any = Traveller.__table__
AT_A_TIME = 200
HOME = "Asia/Shanghai"  # of somebody who has never ordered: whom the shop is made for
TO_COME = tuple(state.value for state in (OrderState.PAID, OrderState.PACKING, OrderState.READY))
OF_CAUSE = {Cause.SHORTAGE.value: Moment.SHORTAGE, Cause.NO_SHOW.value: Moment.NO_SHOW}
Known = Mapping[str, object]


# --- heard from other rooms -------------------------------------------------------------------------------------------


def tell_paid(order_id: int, _facts: Known, now: datetime) -> None:
    """The order is paid."""
    tell(Moment.PAID, order_id, "paid", now)


def tell_ready(order_id: int, _facts: Known, now: datetime) -> None:
    """Its parcel lies at the counter: once for each flight that the order has."""
    tell(Moment.READY, order_id, None, now)


def tell_moved(order_id: int, facts: Known, now: datetime) -> None:
    """It goes with another flight."""
    tell(Moment.MOVED, order_id, f"change {facts['change_id']}", now, only_the_last=True)


def tell_delayed(order_id: int, facts: Known, now: datetime) -> None:
    """Its flight leaves at another time. What was not sent yet of an earlier time is not sent any more."""
    tell(Moment.DELAYED, order_id, f"change {facts['change_id']}", now, only_the_last=True)


def tell_refund_asked(order_id: int, facts: Known, now: datetime) -> None:
    """Money goes back: said as a shortage or as a no-show where that is why."""
    refund_id = int(str(facts["refund_id"]))
    with transaction() as session:
        cause = session.scalar(select(Refund.cause).where(Refund.id == refund_id))
    tell(OF_CAUSE.get(str(cause), Moment.REFUND_STARTED), order_id, f"refund {refund_id}", now, {"refund_id": refund_id})


def tell_refunded(order_id: int, facts: Known, now: datetime) -> None:
    """Money has gone back."""
    refund_id = int(str(facts["refund_id"]))
    tell(Moment.REFUND, order_id, f"refund {refund_id}", now, {"refund_id": refund_id})


def tell(
    moment: Moment, order_id: int, occasion: str | None, now: datetime, facts: Known | None = None, *, only_the_last: bool = False
) -> None:
    """Write down that the order's traveller is to be told. `occasion` None: once for each flight the order has."""
    quiet, _, _ = _timing(now)
    with transaction() as session:
        row = session.execute(_ORDER.where(ORDERS.c.id == order_id)).first()
        if row is None or row.erased_at is not None:  # money of no order is told to nobody
            return
        made = occasion or flight_of(row)
        if only_the_last and not session.scalar(_known(moment, order_id, made)):
            _overtake(session, moment, order_id, now)
        _write(session, [_row(moment, row, made, now, rules.not_before(moment, quiet, _zones(row), now), facts)])


def tell_back_in_stock(wish_id: int, _facts: Known, now: datetime) -> None:
    """What a traveller waited for can be bought again. A wish that was taken back, or waits anew, is told nothing."""
    wish = wishing.wish_by_id(wish_id)
    if wish is not None and wish.told_at is not None:
        tell_back(wish.traveller_id, wish.sku, f"wish {wish_id} {wish.told_at:%Y-%m-%d %H:%M}", now)


def tell_back(traveller_id: int, sku: str, occasion: str, now: datetime) -> None:
    """A product that the traveller waited for is back. Where they are is guessed from their last order."""
    quiet, _, _ = _timing(now)
    with transaction() as session:
        known = session.execute(
            select(TRAVELLERS.c.language, TRAVELLERS.c.erased_at).where(TRAVELLERS.c.id == traveller_id)
        ).first()
        if known is None or known.erased_at is not None:
            return
        last = session.execute(_ORDER.where(ORDERS.c.traveller_id == traveller_id).order_by(ORDERS.c.id.desc()).limit(1)).first()
        zones = _zones(last) if last is not None else Zones(HOME, HOME, HOME)
        language = known.language or (last.language if last is not None else "zh")
        row = {
            "moment": Moment.BACK_IN_STOCK.value, "about": f"traveller:{traveller_id}", "occasion": occasion, "traveller_id": traveller_id,
            "order_id": None, "language": language, "facts": {"sku": sku}, "state": MessageState.PLANNED.value, "asked_by": "system",
            "planned_at": now, "due_at": rules.not_before(Moment.BACK_IN_STOCK, quiet, zones, now), "tries": 0,
        }  # fmt: skip
        _write(session, [row])


def write_again(session: Session, row: Any, occasion: str, by: str, now: datetime, only: Channel | None = None) -> int:
    """A copy of a message to be sent now (through the `only` channel, if one is given), in the caller's transaction; 0 when this
    occasion is there already."""
    same = ("moment", "about", "traveller_id", "order_id", "language", "facts")
    new = {"state": MessageState.PLANNED.value, "asked_by": by, "planned_at": now, "due_at": now, "tries": 0, "occasion": occasion,
           "only": only.value if only else None}  # fmt: skip
    return _write(session, [{**{name: getattr(row, name) for name in same}, **new}])


# --- because the time has come ----------------------------------------------------------------------------------------


def plan_due(now: datetime) -> int:
    """Remind those who fly soon, and those whose counter closes soon; answers how many messages were written down."""
    quiet, before, closing = _timing(now)
    planned = 0
    for moment, column, ahead in ((Moment.REMINDER, ORDERS.c.departs_at, before), (Moment.CLOSING, ORDERS.c.collect_until, closing)):
        planned += _plan(moment, column, ahead, quiet, now)
    return planned


def _plan(moment: Moment, column: Any, ahead: timedelta, quiet: Quiet, now: datetime) -> int:
    told = (
        select(MESSAGES.c.id)
        .where(MESSAGES.c.order_id == ORDERS.c.id, MESSAGES.c.moment == moment.value, MESSAGES.c.occasion == _FLIGHT)
        .exists()
    )
    wanted = (
        _ORDER.where(ORDERS.c.state.in_(TO_COME), ORDERS.c.departs_at > now, column > now, column <= now + ahead)
        .where(or_(ORDERS.c.paid_at.is_(None), ORDERS.c.paid_at < now), ~told)
        .order_by(ORDERS.c.departs_at, ORDERS.c.id)
        .limit(AT_A_TIME)
    )
    due_at = rules.reminder_at if moment is Moment.REMINDER else rules.closing_at
    with transaction() as session:
        rows = [row for row in session.execute(wanted) if row.erased_at is None]
        new = []
        for row in rows:
            known = _row(moment, row, flight_of(row), now, rules.not_before(moment, quiet, _zones(row), now))
            if due_at(Times(row.departs_at, row.collect_until, row.paid_at), ahead) is None:  # told at paying: no more of it
                known |= {"state": MessageState.NOT_SENT.value, "reason": Reason.OVERTAKEN.value, "done_at": now}
            new.append(known)
        return _write(session, new)


# --- pieces -----------------------------------------------------------------------------------------------------------

_FLIGHT = ORDERS.c.flight_number + " " + cast(ORDERS.c.flight_date, String)
_homes: Any = Airport.__table__.alias("homes")
_ends: Any = Airport.__table__.alias("ends")
_home = select(_homes.c.tz).where(_homes.c.country == ORDERS.c.residence).order_by(_homes.c.iata).limit(1).scalar_subquery()
_end = select(_ends.c.tz).where(_ends.c.iata == ORDERS.c.final_destination).scalar_subquery()
_ORDER: Any = (
    select(
        *(ORDERS.c[name] for name in ("id", "traveller_id", "language", "flight_number", "flight_date", "departs_at", "collect_until")),
        ORDERS.c.paid_at, POINTS.c.tz.label("origin_tz"), _home.label("home_tz"), _end.label("end_tz"), TRAVELLERS.c.erased_at,
    )
    .join(POINTS, POINTS.c.id == ORDERS.c.pickup_point_id)
    .join(TRAVELLERS, TRAVELLERS.c.id == ORDERS.c.traveller_id)
)  # fmt: skip


def flight_of(row: Any) -> str:
    """The flight of an order's row by number and day of the timetable: a delay does not make it another one."""
    return f"{row.flight_number} {row.flight_date.isoformat()}"


def _zones(row: Any) -> Zones:
    origin = row.origin_tz
    return Zones(row.home_tz or origin, origin, row.end_tz or origin, row.departs_at)


def _timing(now: datetime) -> tuple[Quiet, timedelta, timedelta]:
    value = policies.messaging(day_of(now))
    before, closing = timedelta(minutes=value["remind_minutes"]), timedelta(minutes=value["closing_minutes"])
    return Quiet(*message_rules.quiet_hours(value)), before, closing


def _row(moment: Moment, order: Any, occasion: str, now: datetime, due_at: datetime, facts: Known | None = None) -> dict[str, Any]:
    return {
        "moment": moment.value, "about": f"order:{order.id}", "occasion": occasion, "traveller_id": order.traveller_id,
        "order_id": order.id, "language": order.language, "facts": dict(facts) if facts else None, "state": MessageState.PLANNED.value,
        "reason": None, "asked_by": "system", "planned_at": now, "due_at": due_at, "tries": 0, "done_at": None,
    }  # fmt: skip


def _known(moment: Moment, order_id: int, occasion: str) -> Any:
    about = f"order:{order_id}"
    return select(MESSAGES.c.id).where(MESSAGES.c.moment == moment.value, MESSAGES.c.about == about, MESSAGES.c.occasion == occasion)


def _overtake(session: Session, moment: Moment, order_id: int, now: datetime) -> None:
    """Messages of the moment that wait for their time would say what is not so any more."""
    session.execute(
        update(MESSAGES)
        .where(MESSAGES.c.order_id == order_id, MESSAGES.c.moment == moment.value, MESSAGES.c.state == MessageState.PLANNED.value)
        .values(state=MessageState.NOT_SENT.value, reason=Reason.OVERTAKEN.value, done_at=now)
    )


def _write(session: Session, rows: list[dict[str, Any]]) -> int:
    """Those that are not there yet; answers how many."""
    if not rows:
        return 0
    put = postgresql.insert if is_postgresql(session) else sqlite.insert
    new: Any = put(MESSAGES).values(rows).on_conflict_do_nothing(index_elements=["moment", "about", "occasion"])
    return len(session.execute(new.returning(MESSAGES.c.id)).all())
