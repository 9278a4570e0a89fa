"""How long the evidence of a hand-over is kept, and what remains of it afterwards: which checks were made, and nothing read.

Evidence for the tax office goes with the booking voucher: eight years from the end of the calendar year (AO § 147 (3), UStG
§ 14b, since 2025); ten where it is a customs paper (AO § 147 (1) no. 4a). How many years is a setting.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from sqlalchemy import select, update

from shop.base.db import reading, transaction
from shop.base.ids import OrderId
from shop.pickup.models import Scan
from shop.pickup.outcomes import CheckKind

LOG = structlog.get_logger("shop.counter")
YEARS_OF = ZoneInfo("Europe/Berlin")  # the tax office's calendar
AT_A_TIME = 500  # scans in one transaction
_CHECKS = Scan.details["checks"].as_string()


def deletion_date(received_at: datetime, years: int) -> date:
    """The first day on which the evidence of a scan that reached us at this moment is no longer kept."""
    return date(received_at.astimezone(YEARS_OF).year + years + 1, 1, 1)


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of a traveller's hand-over (names of `checks.EVIDENCE`, `sealed_bag`, `age`), and the day on which it is deleted."""

    fields: tuple[str, ...]
    deleted_on: date


def kept_of(order_id: OrderId, years: int) -> Kept | None:
    """The evidence of an order's hand-overs, for the traveller to see; None: nothing is kept. One statement."""
    wanted = select(Scan.details, Scan.received_at).where(Scan.order_id == order_id, _CHECKS.is_not(None)).order_by(Scan.received_at)
    with reading() as session:
        rows = session.execute(wanted).all()
    names = {name for row in rows for check, noted in row.details["checks"].items() for name in _fields_of(check, noted)}
    return Kept(tuple(sorted(names)), deletion_date(rows[-1].received_at, years)) if names else None


def _fields_of(check: str, noted: object) -> tuple[str, ...]:
    """Of a check that was only made nothing is known but that."""
    if isinstance(noted, Mapping):
        return tuple(noted)
    return (check,) if check in (CheckKind.SEALED_BAG.value, CheckKind.AGE.value) else ()


def forget_old(years: int, now: datetime) -> int:
    """Delete the evidence whose date has come; answers of how many scans. Harmless twice, and at the same moment.

    The scan stays in the audit, with the names of the checks that were made (`details["checked"]`).
    """
    today = now.astimezone(YEARS_OF)
    before = datetime(max(today.year - years, 1), 1, 1, tzinfo=YEARS_OF)
    count = 0
    while done := _forget_some(before.astimezone(UTC)):
        count += done
    if count:
        LOG.info("evidence deleted", scans=count, received_before=before.date().isoformat(), years=years)
    return count


def without_evidence(details: Mapping[str, Any]) -> dict[str, Any]:
    """The details of a scan without what was read or typed: neither flight nor document nor the number of a bag."""
    return {**{name: value for name, value in details.items() if name != "checks"}, "checked": sorted(details["checks"])}


def _forget_some(before: datetime) -> int:
    wanted = (
        select(Scan.id, Scan.details)
        .where(Scan.received_at < before, _CHECKS.is_not(None))
        .order_by(Scan.id)
        .limit(AT_A_TIME)
        .with_for_update(skip_locked=True)  # another worker is at those
    )
    with transaction() as session:
        rows = session.execute(wanted).all()
        if rows:
            session.execute(update(Scan), [{"id": row.id, "details": without_evidence(row.details)} for row in rows])
        return len(rows)
