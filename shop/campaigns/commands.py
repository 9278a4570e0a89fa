"""Verbs about campaigns: make one, end one, count a visit, remember through which one somebody came."""

from datetime import date, datetime

import structlog
from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import changed, is_postgresql, transaction
from shop.base.errors import Kind
from shop.base.ids import OrderId
from shop.campaigns import queries
from shop.campaigns.marking import make, new_mark
from shop.campaigns.models import Campaign, CampaignDay, FollowerTouch, OrderTouch
from shop.campaigns.rules import KEPT, Came, Touches, WrongCampaign
from shop.campaigns.states import CampaignKind
from shop.orders import attributing

LOG = structlog.get_logger("shop.campaigns")


class MarkTaken(WrongCampaign):
    kind, code = Kind.CONFLICT, "mark_taken"


def create(kind: CampaignKind, title: str, target: str, mark: str, by: str, now: datetime) -> str:
    """Something new that leads to the shop; answers its mark, made up when none is given. Raises WrongCampaign, MarkTaken."""
    try:
        with transaction() as session:
            return make(session, kind, title, target, mark or new_mark(kind), by, now).mark
    except IntegrityError:
        raise MarkTaken(fields={"mark": ["mark_taken"]}) from None


def end(mark: str, by: str, now: datetime) -> None:
    """It is over and leaves the lists; its links go on working, and what they bring is still counted. Raises NoSuchCampaign."""
    _set_end(mark, now, by, now)


def go_on(mark: str, by: str, now: datetime) -> None:
    """It is not over after all. Raises NoSuchCampaign."""
    _set_end(mark, None, by, now)


def _set_end(mark: str, at: datetime | None, by: str, now: datetime) -> None:
    with transaction() as session:
        if not changed(session.execute(update(Campaign).where(Campaign.mark == mark).values(ended_at=at))):
            raise queries.NoSuchCampaign
        audit.record(session, by, "campaign.ended" if at else "campaign.goes_on", f"campaign:{mark}", now)


def count_visit(campaign_id: int, day: date) -> None:
    """One more visit of that day: a single statement, so that two at once are two."""
    with transaction() as session:
        table = CampaignDay.__table__
        insert = postgresql.insert if is_postgresql(session) else sqlite.insert
        one = insert(table).values(campaign_id=campaign_id, day=day, visits=1)  # type: ignore[arg-type]
        session.execute(one.on_conflict_do_update(index_elements=["campaign_id", "day"], set_={"visits": table.c.visits + 1}))


def credit(order_id: OrderId, touches: Touches, now: datetime) -> None:
    """Remember through which campaigns an order came. Marks that nobody has given out count for nothing. Harmless twice."""
    with transaction() as session:
        _credit(session, order_id, touches)


def _credit(session: Session, order_id: OrderId, touches: Touches) -> None:
    ids = queries.ids_of(session, [touches.first.mark, touches.last.mark])
    known = [came for came in (touches.first, touches.last) if came.mark in ids]
    if not known:
        return
    first, last = known[0], known[-1]
    row = session.scalar(select(OrderTouch).where(OrderTouch.order_id == order_id).with_for_update())
    if row is None:
        row = OrderTouch(order_id=order_id)
        session.add(row)
    row.first_id, row.first_at, row.last_id, row.last_at = ids[first.mark], first.at, ids[last.mark], last.at
    attributing.came_through(session, order_id, last.mark)


def credit_follower(order_id: OrderId, now: datetime) -> None:
    """The reaction to a paid order: what its traveller scanned in WeChat counts beside what their browser knew. Harmless twice."""
    with transaction() as session:
        scanned = queries.follower_touches(session, order_id, KEPT, now)
        if scanned is None:
            return
        _credit(session, order_id, scanned.with_others(_touches_of(session, order_id)))


def _touches_of(session: Session, order_id: OrderId) -> Touches | None:
    row = session.scalar(select(OrderTouch).where(OrderTouch.order_id == order_id))
    if row is None:
        return None
    marks = {one.id: one.mark for one in session.scalars(select(Campaign).where(Campaign.id.in_([row.first_id, row.last_id])))}
    return Touches(Came(marks[row.first_id], row.first_at), Came(marks[row.last_id], row.last_at))


def scanned(app_id: str, openid: str, mark: str, now: datetime) -> bool:
    """Somebody has scanned a poster in WeChat, and follows the account. False: nobody has given out this mark."""
    with transaction() as session:
        campaign_id = queries.ids_of(session, [mark]).get(mark)
        if campaign_id is None:
            return False
        table = FollowerTouch.__table__
        insert = postgresql.insert if is_postgresql(session) else sqlite.insert
        one = insert(table).values(  # type: ignore[arg-type]
            app_id=app_id, openid=openid, first_id=campaign_id, first_at=now, last_id=campaign_id, last_at=now
        )
        session.execute(one.on_conflict_do_update(index_elements=["app_id", "openid"], set_={"last_id": campaign_id, "last_at": now}))
    return True
