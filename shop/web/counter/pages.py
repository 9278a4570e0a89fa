"""Which page each answer of a scan gets. A new outcome without a page fails the type check."""

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import assert_never

from flask import render_template
from msgspec import Struct, field

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.money import Money
from shop.flights import queries as flights
from shop.flights.queries import Point
from shop.pickup import queries as pickup
from shop.pickup import undoing
from shop.pickup.outcomes import (
    AlreadyCollected,
    Cancelled,
    CheckKind,
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


class Times(Struct, frozen=True):
    """When the shop showed a parcel, and when it was scanned by the device's clock, which is another one."""

    shown_at: datetime | None
    scanned_at: datetime | None


class Part(Struct, frozen=True):
    """Pieces that are to be given, by position, as typed; why they were refused, if they were; and the scan they belong to."""

    typed: Mapping[int, str] = field(default_factory=dict)
    refused: ShopError | None = None
    scanned_at: datetime | None = None


class RefundForm(Struct, frozen=True):
    """What was chosen in the refund section of a parcel's page, and why it was refused, if it was."""

    typed: Mapping[str, str] = field(default_factory=dict)
    refused: ShopError | None = None


def ready_to_scan(*, typed: str = "", errors: Mapping[str, list[str]] | None = None) -> str:
    """The scan box, with what was typed and what is wrong with it; and the parcels of travellers on the way."""
    coming = pickup.coming(known_device().pickup_point_id, clock.now())
    return _page("counter/home.html", typed=typed, errors=errors or {}, coming=[(one, label_text(one.number)) for one in coming])


def looked(
    outcome: Outcome, text: str, now: datetime, *, scanned_at: datetime | None = None, form: RefundForm | None = None,
    started: Money | None = None, part: Part | None = None,
) -> str:  # fmt: skip
    """The parcel as it would be handed over; the button to do that only when it may be done.

    `scanned_at` is when by the device's clock. `form` is a refund that was refused, `started` the amount of one that has just
    been started, `part` the pieces that were to be given when that was refused.
    """
    may_refund = isinstance(outcome, REFUNDABLE) and outcome.parcel.proven
    times, part = Times(now, scanned_at), part or Part()
    more: dict[str, object] = {"refund": (form or RefundForm()) if may_refund else form, "started": started}
    if isinstance(outcome, Collected):
        code = text if outcome.parcel.on_pass is None else outcome.parcel.code  # never the text of a boarding pass
        return _page("counter/look.html", parcel=outcome.parcel, code=code, times=times, part=part, **more)
    return answered(outcome, times=times, part=part, **more)


def part_to_confirm(outcome: Collected | NeedsCheck, part: Part, refund: Money, now: datetime) -> str:
    """What would be given and what refunded, with the checks that these pieces need."""
    checks = outcome.checks if isinstance(outcome, NeedsCheck) else ()
    return _page("counter/part.html", parcel=outcome.parcel, checks=checks, part=part, amount=refund, times=Times(now, part.scanned_at))


def refund_to_confirm(parcel: Parcel, chosen: Chosen) -> str:
    """What would be refunded, to be read once more."""
    return _page("counter/refund.html", parcel=parcel, chosen=chosen, key=str(uuid.uuid4()))


def answered(outcome: Outcome, **more: object) -> str:
    """The page of an outcome. `done` is the scan that may be taken back; `typed_before`: the checks were not all made."""
    match outcome:
        case Collected(parcel, at, missing, undone_at):
            pieces = sum(quantity for _, quantity in missing)
            return _page("counter/collected.html", parcel=parcel, at=at, missing=pieces, undone_at=undone_at, **more)
        case NeedsCheck(parcel, checks):
            # A boarding pass that is scanned next is this traveller's: it is compared with the parcel on the page.
            waits = parcel.proven and parcel.by_code and any(check.kind is CheckKind.BOARDING_PASS for check in checks)
            beside = parcel.code if waits else ""
            return _page("counter/needs_check.html", parcel=parcel, checks=checks, beside=beside, **more)
        case AlreadyCollected(parcel, at, by, given_by):
            may_undo = given_by is not None and undoing.may_undo(given_by, known_device(), clock.now())
            undo = given_by if may_undo else ""
            return _page("counter/already_collected.html", parcel=parcel, at=at, by=by, undo=undo, **more)
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
    """Every form that scans has an id of its own, so that one that is sent twice is one scan."""
    usual: dict[str, object] = {
        "typed": "", "errors": {}, "refund": None, "started": None, "times": Times(None, None), "done": "", "typed_before": None,
        "beside": "", "part": None,
    }  # fmt: skip
    return render_template(template, **{**usual, **facts}, device=known_device(), new_id=lambda: str(uuid.uuid4()))


def _point(code: str) -> Point | None:
    return next((point for point in flights.points() if point.code == code), None)
