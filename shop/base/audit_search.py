"""Looking things up in the audit log: by who, what, which thing and when, the last first."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import select

from shop.base.audit import AuditRow, is_as_written
from shop.base.db import reading

MOST = 50  # rows of a page


class AuditView(Struct, frozen=True):
    """One deed. `whole` is whether its own hash still fits what it says."""

    id: int
    at: datetime
    actor: str
    action: str
    thing: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    whole: bool

    @property
    def names(self) -> list[str]:
        """What before and after speak of."""
        return sorted({*self.before, *self.after})


class AuditPage(Struct, frozen=True):
    """`next` goes into `before_id` for the page after this one; None: there is none."""

    items: list[AuditView]
    next: int | None


def search(
    *,
    actor: str | None = None,
    action: str | None = None,
    thing: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    before_id: int | None = None,
) -> AuditPage:
    """Deeds with `since` ≤ moment < `until`, the last first. `action` is whole (`staff.invited`) or an area (`staff`).
    One statement."""
    wanted = select(AuditRow.__table__)
    if actor is not None:
        wanted = wanted.where(AuditRow.actor == actor)
    if action is not None:
        whole = AuditRow.action == action
        wanted = wanted.where(whole if "." in action else AuditRow.action.startswith(f"{action}.", autoescape=True))
    if thing is not None:
        wanted = wanted.where(AuditRow.thing == thing)
    if since is not None:
        wanted = wanted.where(AuditRow.at >= since)
    if until is not None:
        wanted = wanted.where(AuditRow.at < until)
    if before_id is not None:
        wanted = wanted.where(AuditRow.id < before_id)
    with reading() as session:
        rows = session.execute(wanted.order_by(AuditRow.id.desc()).limit(MOST + 1)).all()
    items = [
        AuditView(row.id, row.at, row.actor, row.action, row.thing, row.before or {}, row.after or {}, is_as_written(row))
        for row in rows[:MOST]
    ]
    return AuditPage(items, items[-1].id if len(rows) > MOST else None)
