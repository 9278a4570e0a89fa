"""Some pieces only: what a traveller does not want, or may not have, is refunded on the spot. Chosen, read again, then done.

The hand-over itself is the scan page's; here is what comes before it.
"""

from http import HTTPStatus

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.money import Currency, Money
from shop.payments import refund_asking
from shop.pickup import commands as pickup
from shop.pickup.outcomes import Collected, NeedsCheck, Outcome, Parcel
from shop.pickup.rules import WrongLines
from shop.web.counter import forms, pages
from shop.web.counter.pages import Part
from shop.web.errors import STATUS
from shop.web.guards import known_device
from shop.web.wiring import settings

blueprint = Blueprint("counter_parts", __name__, url_prefix="/counter/part")
Answer = str | tuple[str, int]


@blueprint.get("")
def back() -> Response:
    """Somebody typed the address of an answer: there is nothing to answer."""
    return redirect(url_for("counter.home"))


@blueprint.post("")
def ask() -> Answer:
    """Show what would be given, what refunded, and the checks that these pieces need. Changes nothing."""
    values, errors = forms.read(forms.LOOK, request.form)
    if errors:
        return pages.ready_to_scan(errors=errors), HTTPStatus.BAD_REQUEST
    given = forms.given(request.form) or ()
    part = Part({position: str(quantity) for position, quantity in given}, scanned_at=values["scanned_at"])
    try:
        outcome = _look(values["code"], given)
    except WrongLines as refused:
        return _whole(values["code"], Part(_typed(part), refused, values["scanned_at"])), STATUS[refused.kind]
    if not isinstance(outcome, Collected | NeedsCheck) or not (outcome.parcel.proven or outcome.parcel.on_pass):
        return pages.answered(outcome), HTTPStatus.CONFLICT
    missing = _missing(outcome.parcel, part)
    if not missing:
        return _whole(values["code"], part)
    return pages.part_to_confirm(outcome, part, _refund(outcome.parcel, missing), clock.now())


def _look(code: str, given: tuple[tuple[int, int], ...] | None) -> Outcome:
    on_pass, found_by = forms.on_pass(request.form), forms.found_by(request.form)
    device, secret = known_device(), settings().secret_key
    return pickup.look_closely(code, device, secret, clock.now(), on_pass=on_pass, found_by=found_by, lines=given).outcome


def _whole(code: str, part: Part) -> str:
    """The parcel as it stands, with what was typed."""
    return pages.looked(_look(code, None), code, clock.now(), scanned_at=part.scanned_at, part=part)


def _typed(part: Part) -> dict[int, str]:
    return {position: request.form.get(f"give-{position}", text) for position, text in part.typed.items()}


def _missing(parcel: Parcel, part: Part) -> dict[int, int]:
    left = {line.position: line.quantity - int(part.typed.get(line.position, "0")) for line in parcel.lines}
    return {position: quantity for position, quantity in left.items() if quantity}


def _refund(parcel: Parcel, missing: dict[int, int]) -> Money:
    left = refund_asking.left_of(parcel.number)
    return Money(refund_asking.worth(left, missing), parcel.total.currency) if left else Money(0, Currency(parcel.total.currency))
