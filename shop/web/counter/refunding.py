"""The refund at the counter: choose pieces or everything, read it again with its amount, then start it.

The pickup code opens it, like a look and a hand-over: only where the parcel of this code lies, and only until it is
collected.
"""

from http import HTTPStatus

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.money import Money
from shop.orders import queries as orders
from shop.payments import refund_asking
from shop.payments.refund_asking import Once
from shop.payments.refunding import Why
from shop.payments.states import Cause
from shop.pickup import commands as pickup
from shop.pickup.outcomes import Outcome
from shop.web.counter import choosing, forms, pages
from shop.web.errors import STATUS
from shop.web.guards import known_device
from shop.web.wiring import settings

blueprint = Blueprint("counter_refunds", __name__, url_prefix="/counter/refund")
Answer = str | tuple[str, int]


@blueprint.get("")
@blueprint.get("/start")
def back() -> Response:
    """Somebody typed the address of an answer: there is nothing to answer."""
    return redirect(url_for("counter.home"))


@blueprint.post("")
def ask() -> Answer:
    """Show what would be refunded, and its amount. Changes nothing."""
    values, errors = forms.read(forms.LOOK, request.form)
    if errors:
        return pages.ready_to_scan(errors=errors), HTTPStatus.BAD_REQUEST
    outcome = _look(values["code"])
    if not isinstance(outcome, pages.REFUNDABLE):
        return pages.answered(outcome), HTTPStatus.CONFLICT
    parcel = outcome.parcel
    try:
        chosen = choosing.choose(orders.order_by_number(parcel.number), request.form, clock.now())
    except ShopError as wrong:
        return _refused(outcome, values["code"], wrong)
    return pages.refund_to_confirm(parcel, chosen)


@blueprint.post("/start")
def start() -> Answer:
    """Start the refund that was read and confirmed, and show the parcel as it is to be handed over now.

    The same page sent again starts nothing more and gets the same answer.
    """
    values, errors = forms.read(forms.START_REFUND, request.form)
    if errors:
        return pages.ready_to_scan(typed=request.form.get("code", ""), errors=errors), HTTPStatus.BAD_REQUEST
    code, outcome = values["code"], _look(values["code"])
    if not isinstance(outcome, pages.REFUNDABLE):
        return pages.answered(outcome), HTTPStatus.CONFLICT
    order, device = orders.order_by_number(outcome.parcel.number), f"device:{known_device().id}"
    try:
        seen = choosing.seen(values["seen"])
        what = choosing.what_of(order, request.form)
        once = Once(device, values["key"], choosing.wish(order.number, request.form))
        refund_asking.ask_once(order.number, what, Why(Cause.COUNTER, device), once, clock.now(), seen=seen)
    except ShopError as refused:
        return _refused(_look(code), code, refused)
    return pages.looked(_look(code), code, clock.now(), started=Money(seen.minor, order.total.currency))


def _look(code: str) -> Outcome:
    """The parcel of the form, with what a boarding pass said of it: a refund takes away no proof."""
    on_pass, found_by = forms.on_pass(request.form), forms.found_by(request.form)
    device, secret = known_device(), settings().secret_key
    return pickup.look_closely(code, device, secret, clock.now(), on_pass=on_pass, found_by=found_by).outcome


def _refused(outcome: Outcome, code: str, refused: ShopError) -> Answer:
    """The parcel as it stands, why nothing was refunded, and what was typed."""
    form = pages.RefundForm(typed=request.form, refused=refused)
    return pages.looked(outcome, code, clock.now(), form=form), STATUS[refused.kind]
