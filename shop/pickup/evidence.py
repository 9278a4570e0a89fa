"""How long the evidence of a hand-over is kept, and what remains of it afterwards: which checks were made, and nothing read.

Evidence for the tax office goes with the booking voucher: eight years from the end of the calendar year (AO § 147 (3), UStG
§ 14b, since 2025); ten where it is a customs paper (AO § 147 (1) no. 4a). How many years is a setting;
when they are over, `shop.privacy.forgetting` calls `forget`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.pickup.models import Scan

YEARS_OF = ZoneInfo("Europe/Berlin")  # the tax office's calendar
_CHECKS = Scan.details["checks"].as_string()
IS_THERE = _CHECKS.is_not(None)  # a condition on scans: there is evidence in them
BUYER = "buyer"  # name and country of residence, once the order itself has forgotten them


def deletion_date(received_at: datetime, years: int) -> date:
    """The first day on which the evidence of a scan that reached us at this moment is no longer kept."""
    return date(received_at.astimezone(YEARS_OF).year + years + 1, 1, 1)


def without_evidence(details: Mapping[str, Any]) -> dict[str, Any]:
    """The details of a scan without what was read or typed: neither flight nor document nor the number of a bag."""
    return {**{name: value for name, value in details.items() if name != "checks"}, "checked": sorted(set(details["checks"]) - {BUYER})}


def keep_buyer(session: Session, buyers: Mapping[int, tuple[str, str]]) -> None:
    """Put name and residence of the buyers of orders (by key) to the evidence of their hand-overs, in the caller's transaction.

    Only where a point was set to keep something it read: elsewhere nothing is left of them.
    """
    if not buyers:
        return
    rows = session.execute(
        select(Scan.id, Scan.order_id, Scan.details).where(Scan.order_id.in_(buyers), IS_THERE, Scan.outcome == "collected")
    ).all()
    kept = [
        {"id": row.id, "details": {**row.details, "checks": {**row.details["checks"], BUYER: _buyer(*buyers[row.order_id])}}}
        for row in rows
        if any(isinstance(noted, dict) for noted in row.details["checks"].values())
    ]
    if kept:
        session.execute(update(Scan), kept)


def _buyer(name: str, residence: str) -> dict[str, str]:
    return {"name": name, "residence": residence}


def forget(session: Session, scan_ids: Sequence[int]) -> None:
    """Delete the evidence of these scans, in the caller's transaction."""
    rows = session.execute(select(Scan.id, Scan.details).where(Scan.id.in_(scan_ids), IS_THERE)).all()
    if rows:
        session.execute(update(Scan), [{"id": row.id, "details": without_evidence(row.details)} for row in rows])
