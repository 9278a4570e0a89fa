"""From announcements to deliveries, and each delivery to its reaction: at least once, harmless twice."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, func, insert, or_, select, update

from shop.base.db import changed, reading, transaction
from shop.base.outbox import Announcement, Delivery

LOG = structlog.get_logger("shop.deliveries")
LEASE = timedelta(minutes=2)
# Growing pauses, three days in all; then a person looks.
PAUSES = tuple(
    timedelta(seconds=s) for s in (5, 30, 60, 300, 600, 1800, 3600, 3 * 3600, 6 * 3600, 12 * 3600, 24 * 3600, 24 * 3600)
)
Reactions = Mapping[str, Mapping[str, Callable[[int, Mapping[str, object], datetime], None]]]


def spread(reactions: Reactions, now: datetime, limit: int = 200) -> int:
    """Give every reaction to every new announcement its own delivery; answers how many announcements there were."""
    with transaction() as session:
        new = session.execute(
            select(Announcement.id, Announcement.name)
            .where(Announcement.spread_at.is_(None))
            .order_by(Announcement.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        rows = [
            {"announcement_id": a.id, "reaction": reaction, "due_at": now, "tries": 0}
            for a in new
            for reaction in reactions.get(a.name, {})
        ]
        if rows:
            session.execute(insert(Delivery), rows)
        if new:
            session.execute(update(Announcement).where(Announcement.id.in_([a.id for a in new])).values(spread_at=now))
    return len(new)


def due(now: datetime, limit: int = 100) -> list[int]:
    """Deliveries to be made by now, and not in anybody's hands; they are put off a little, so that one pulse is enough."""
    with transaction() as session:
        ids = list(
            session.scalars(
                select(Delivery.id)
                .where(Delivery.done_at.is_(None), Delivery.given_up_at.is_(None), Delivery.due_at <= now)
                .where(or_(Delivery.leased_until.is_(None), Delivery.leased_until < now))
                .order_by(Delivery.due_at)
                .limit(limit)
                .with_for_update(skip_locked=True)
            )
        )
        if ids:
            session.execute(update(Delivery).where(Delivery.id.in_(ids)).values(due_at=now + timedelta(seconds=30)))
    return ids


def deliver(delivery_id: int, reactions: Reactions, clock: Callable[[], datetime]) -> bool:
    """Try one delivery, when nobody else has it in hand. Answers whether it is done."""
    now = clock()
    with transaction() as session:
        won = changed(
            session.execute(
                update(Delivery)
                .where(Delivery.id == delivery_id, Delivery.done_at.is_(None), Delivery.given_up_at.is_(None))
                .where(or_(Delivery.leased_until.is_(None), Delivery.leased_until < now))
                .values(leased_until=now + LEASE, tries=Delivery.tries + 1)
            )
        )
        if not won:
            return False
        row = session.execute(
            select(Delivery.reaction, Delivery.tries, Announcement.name, Announcement.subject, Announcement.facts)
            .join(Announcement, Announcement.id == Delivery.announcement_id)
            .where(Delivery.id == delivery_id)
        ).one()
    try:
        reaction = reactions.get(row.name, {}).get(row.reaction)
        if reaction is None:
            raise LookupError(f"nobody reacts as {row.reaction} any more")
        reaction(row.subject, row.facts or {}, now)
    except Exception as error:
        LOG.exception("delivery failed", delivery=delivery_id, reaction=row.reaction, tries=row.tries)
        _failed(delivery_id, row.tries, error, clock())
        return False
    with transaction() as session:
        session.execute(
            update(Delivery)
            .where(Delivery.id == delivery_id)
            .values(done_at=clock(), leased_until=None, last_error=None)
        )
    return True


def _failed(delivery_id: int, tries: int, error: Exception, now: datetime) -> None:
    """Try again later; after the last pause give up, which the back office shows."""
    last = tries > len(PAUSES)
    changes: dict[str, Any] = {"leased_until": None, "last_error": f"{type(error).__name__}: {error}"[:500]}
    changes |= {"given_up_at": now} if last else {"due_at": now + PAUSES[tries - 1]}
    with transaction() as session:
        session.execute(update(Delivery).where(Delivery.id == delivery_id).values(**changes))


def counts() -> dict[str, int]:
    """How many deliveries are `waiting` (neither done nor given up) and how many were `given_up`."""
    with reading() as session:
        row = session.execute(
            select(
                func.count(Delivery.id).filter(Delivery.done_at.is_(None), Delivery.given_up_at.is_(None)),
                func.count(Delivery.id).filter(Delivery.given_up_at.is_not(None)),
            )
        ).one()
    return {"waiting": row[0], "given_up": row[1]}


def forget_done(before: datetime) -> int:
    """Delete deliveries that were done before a moment, and announcements that have none left."""
    with transaction() as session:
        session.execute(delete(Delivery).where(Delivery.done_at < before))
        gone = session.execute(
            delete(Announcement).where(
                Announcement.spread_at < before,
                ~select(Delivery.id).where(Delivery.announcement_id == Announcement.id).exists(),
            )
        )
        return changed(gone)
