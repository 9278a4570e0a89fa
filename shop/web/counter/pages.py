"""Which page each answer of a scan gets. A new outcome without a page fails the type check."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from flask import render_template

from shop.flights import queries as flights
from shop.flights.queries import Point
from shop.pickup.outcomes import (
    AlreadyCollected,
    Cancelled,
    Collected,
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
from shop.web.guards import known_device


def ready_to_scan(*, typed: str = "", errors: Mapping[str, list[str]] | None = None) -> str:
    """The scan box, with what was typed and what is wrong with it."""
    return _page("counter/home.html", typed=typed, errors=errors or {})


def looked(outcome: Outcome, text: str, now: datetime) -> str:
    """The parcel as it would be handed over; the button to do that only when it may be done."""
    if isinstance(outcome, Collected):
        return _page("counter/look.html", parcel=outcome.parcel, code=text, scanned_at=now.isoformat())
    return answered(outcome)


def answered(outcome: Outcome) -> str:
    """The page of an outcome."""
    match outcome:
        case Collected(parcel, at):
            return _page("counter/collected.html", parcel=parcel, at=at)
        case AlreadyCollected(parcel, at, by):
            return _page("counter/already_collected.html", parcel=parcel, at=at, by=by)
        case NotReady(parcel):
            return _page("counter/not_ready.html", parcel=parcel)
        case NotPaid(parcel):
            return _page("counter/not_paid.html", parcel=parcel)
        case Cancelled(parcel):
            return _page("counter/cancelled.html", parcel=parcel)
        case Refunded(parcel):
            return _page("counter/refunded.html", parcel=parcel)
        case OtherPoint(parcel):
            return _page("counter/other_point.html", parcel=parcel, point=_point(parcel.point))
        case WrongDay(parcel, collect_from):
            return _page("counter/wrong_day.html", parcel=parcel, collect_from=collect_from)
        case Unknown(forged):
            return _page("counter/unknown.html", forged=forged)
        case Revoked():
            return _page("counter/revoked.html")
        case _:
            assert_never(outcome)


def number_of(outcome: Outcome) -> str | None:
    """The order's number, where the outcome is about an order."""
    parcel: Parcel | None = getattr(outcome, "parcel", None)
    return parcel.number if parcel else None


def _page(template: str, **facts: object) -> str:
    """Every page has a scan box with an id of its own, so that a page that is sent twice is one scan."""
    scan_id = str(uuid.uuid4())
    return render_template(template, **{"typed": "", "errors": {}, **facts}, device=known_device(), scan_id=scan_id)


def _point(code: str) -> Point | None:
    return next((point for point in flights.points() if point.code == code), None)
