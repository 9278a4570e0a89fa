"""Which page each answer of a scan gets. A new outcome without a page fails the type check."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import assert_never

from flask import render_template

from shop.base.errors import ShopError
from shop.base.money import Money
from shop.flights import queries as flights
from shop.flights.queries import Point
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
    Unknown,
    WrongDay,
)
from shop.web.counter.choosing import Chosen
from shop.web.guards import known_device

REFUNDABLE = (Collected, NeedsCheck, NotReady, WrongDay)  # what a look says of a parcel that is paid, here, and not collected


@dataclass(frozen=True, slots=True)
class RefundForm:
    """What was chosen in the refund section of a parcel's page, and why it was refused, if it was."""

    typed: Mapping[str, str] = field(default_factory=dict)
    refused: ShopError | None = None


def ready_to_scan(*, typed: str = "", errors: Mapping[str, list[str]] | None = None) -> str:
    """The scan box, with what was typed and what is wrong with it."""
    return _page("counter/home.html", typed=typed, errors=errors or {})


def looked(
    outcome: Outcome, text: str, now: datetime, *, form: RefundForm | None = None, started: Money | None = None
) -> str:
    """The parcel as it would be handed over; the button to do that only when it may be done.

    `form` is a refund that was refused, `started` the amount of one that has just been started.
    """
    more: dict[str, object] = {"refund": (form or RefundForm()) if isinstance(outcome, REFUNDABLE) else form, "started": started}
    if isinstance(outcome, Collected):
        return _page("counter/look.html", parcel=outcome.parcel, code=text, scanned_at=now.isoformat(), **more)
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
        case NotReady(parcel):
            return _page("counter/not_ready.html", parcel=parcel, **more)
        case NotPaid(parcel):
            return _page("counter/not_paid.html", parcel=parcel, **more)
        case Cancelled(parcel):
            return _page("counter/cancelled.html", parcel=parcel, **more)
        case Refunded(parcel):
            return _page("counter/refunded.html", parcel=parcel, **more)
        case OtherPoint(parcel):
            return _page("counter/other_point.html", parcel=parcel, point=_point(parcel.point), **more)
        case WrongDay(parcel, collect_from):
            return _page("counter/wrong_day.html", parcel=parcel, collect_from=collect_from, **more)
        case Unknown(forged):
            return _page("counter/unknown.html", forged=forged, **more)
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
