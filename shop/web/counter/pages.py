"""Which page each answer of a scan gets. A new outcome without a page fails the type check."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from flask import render_template

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.money import Money
from shop.flights import queries as flights
from shop.flights.queries import Point
from shop.pickup import queries as pickup
from shop.pickup.outcomes import (
    AlreadyCollected,
    Cancelled,
    Collected,
    NeedsCheck,
    NotPaid,
    NotReady,
    OtherPoint,
    Outcome,
    Parcel,
    Refunded,
    Revoked,
    Several,
    Unknown,
    WrongDay,
)
from shop.pickup.scan_box import label_text
from shop.web.counter.choosing import Chosen
from shop.web.guards import known_device

REFUNDABLE = (Collected, NeedsCheck, NotReady, WrongDay)  # what a look says of a parcel that is paid, here, and not collected


@dataclass(frozen=True, slots=True)
class RefundForm:
    """What was chosen in the refund section of a parcel's page, and why it was refused, if it was."""

    typed: Mapping[str, str] = field(default_factory=dict)
    refused: ShopError | None = None


def ready_to_scan(*, typed: str = "", errors: Mapping[str, list[str]] | None = None) -> str:
    """The scan box, with what was typed and what is wrong with it; and the parcels of travellers on the way."""
    coming = pickup.coming(known_device().pickup_point_id, clock.now())
    return _page("counter/home.html", typed=typed, errors=errors or {}, coming=[(one, label_text(one.number)) for one in coming])


def looked(
    outcome: Outcome, text: str, now: datetime, *, form: RefundForm | None = None, started: Money | None = None
) -> str:
    """The parcel as it would be handed over; the button to do that only when it may be done.

    `form` is a refund that was refused, `started` the amount of one that has just been started.
    """
    may_refund = isinstance(outcome, REFUNDABLE) and outcome.parcel.proven
    more: dict[str, object] = {"refund": (form or RefundForm()) if may_refund else form, "started": started}
    if isinstance(outcome, Collected):
        code = text if outcome.parcel.on_pass is None else outcome.parcel.code  # never the text of a boarding pass
        return _page("counter/look.html", parcel=outcome.parcel, code=code, scanned_at=now.isoformat(), **more)
    return answered(outcome, scanned_at=now.isoformat(), **more)


def refund_to_confirm(parcel: Parcel, chosen: Chosen) -> str:
    """What would be refunded, to be read once more."""
    return _page("counter/refund.html", parcel=parcel, chosen=chosen, key=str(uuid.uuid4()))


def answered(outcome: Outcome, **more: object) -> str:
    """The page of an outcome. `done` is the scan that may be taken back; `again`: the checks were not all made."""
    match outcome:
        case Collected(parcel, at, _, undone_at):
            return _page("counter/collected.html", parcel=parcel, at=at, undone_at=undone_at, **more)
        case NeedsCheck(parcel, checks):
            return _page("counter/needs_check.html", parcel=parcel, checks=checks, **more)
        case AlreadyCollected(parcel, at, by):
            return _page("counter/already_collected.html", parcel=parcel, at=at, by=by, **more)
        case NotReady(parcel) | NotPaid(parcel) | Cancelled(parcel) | Refunded(parcel):
            return _page(f"counter/{outcome.name.value}.html", parcel=parcel, **more)
        case OtherPoint(parcel):
            return _page("counter/other_point.html", parcel=parcel, point=_point(parcel.point), **more)
        case WrongDay(parcel, collect_from):
            return _page("counter/wrong_day.html", parcel=parcel, collect_from=collect_from, **more)
        case Unknown(forged, looked_for):
            return _page("counter/unknown.html", forged=forged, looked_for=looked_for, **more)
        case Several(parcels):
            return _page("counter/several.html", parcels=[(one, label_text(one.number)) for one in parcels], **more)
        case Revoked():
            return _page("counter/revoked.html", **more)
        case _:
            assert_never(outcome)


def undone(number: str) -> str:
    """The parcel waits again."""
    return _page("counter/undone.html", number=number)


def number_of(outcome: Outcome) -> str | None:
    """The order's number, where the outcome is about an order."""
    parcel: Parcel | None = getattr(outcome, "parcel", None)
    return parcel.number if parcel else None


def _page(template: str, **facts: object) -> str:
    """Every page has a scan box with an id of its own, so that a page that is sent twice is one scan."""
    scan_id = str(uuid.uuid4())
    usual: dict[str, object] = {"typed": "", "errors": {}, "refund": None, "started": None, "scanned_at": "", "done": "", "again": False}
    return render_template(template, **{**usual, **facts}, device=known_device(), scan_id=scan_id)


def _point(code: str) -> Point | None:
    return next((point for point in flights.points() if point.code == code), None)
