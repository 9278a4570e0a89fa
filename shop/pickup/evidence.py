"""How long the evidence of a hand-over is kept, and what remains of it afterwards: which checks were made, and nothing read.

Evidence for the tax office goes with the booking voucher: eight years from the end of the calendar year (AO § 147 (3), UStG
§ 14b, since 2025); ten where it is a customs paper (AO § 147 (1) no. 4a). How many years is a setting;
when they are over, `shop.privacy.forgetting` calls `forget`.
"""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from msgspec import Struct
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from shop.base.db import reading
from shop.base.ids import OrderId
from shop.pickup.models import Scan
from shop.pickup.outcomes import CheckKind

YEARS_OF = ZoneInfo("Europe/Berlin")  # the tax office's calendar
_CHECKS = Scan.details["checks"].as_string()
IS_THERE = _CHECKS.is_not(None)  # a condition on scans: there is evidence in them
BUYER = "buyer"  # name and country of residence, once the order itself has forgotten them


def deletion_date(received_at: datetime, years: int) -> date:
    """The first day on which the evidence of a scan that reached us at this moment is no longer kept."""
    return date(received_at.astimezone(YEARS_OF).year + years + 1, 1, 1)


class Kept(Struct, frozen=True):
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
