"""Paying somebody else's order with its pay link: what the page behind the link asks for."""

from flask import Response, g

from shop.base import clock
from shop.payments import commands as payments
from shop.payments import pay_links
from shop.web.api import answers, schemas
from shop.web.api.orders import SIGNED_IN, only_travellers, pay_desk, private
from shop.web.api.reading import OptionalBodyBlueprint
from shop.web.wiring import settings, wiring

TAGS = ["Orders"]
blueprint = OptionalBodyBlueprint("pay_links", __name__)
blueprint.before_request(only_travellers)
blueprint.after_request(private)


@blueprint.get("/pay-links/<token>", tags=TAGS)
@blueprint.response(200, schemas.State)
@blueprint.doc(security=SIGNED_IN)
def state(token: str) -> Response:
    """What has become of the order behind a pay link

    For whoever has the link and is signed in. Refused with `no_such_pay_link` when it is none.
    """
    order = pay_links.order_behind(token, settings().secret_key)
    return answers.answer({"number": order.number, "state": order.state_at(clock.now()).value})


@blueprint.post("/pay-links/<token>/payment", tags=TAGS)
@blueprint.response(201, schemas.Payment)
@blueprint.doc(security=SIGNED_IN)
def pay(token: str) -> Response:
    """Open the payment of a companion's order

    It is bound to the openid of who asks. A payment that somebody else has opened for the order is closed first: the last to
    ask can pay, and only they. Refusals: `no_such_pay_link`, `not_payable`, `pay_busy` and `pay_unavailable` (try again
    shortly), `pay_refused`.
    """
    order = pay_links.order_behind(token, settings().secret_key)
    jsapi = payments.start(order.number, g.traveller, pay_desk(), wiring().pay, clock.now(), invited=True)
    return answers.answer({"jsapi": jsapi}, 201)


@blueprint.post("/pay-links/<token>/payment/check", tags=TAGS)
@blueprint.response(200, schemas.State)
@blueprint.doc(security=SIGNED_IN)
def check_payment(token: str) -> Response:
    """Ask WeChat about the payment of a companion's order

    Answers the order's state after that; when WeChat does not answer, the state we know of.
    """
    order = pay_links.order_behind(token, settings().secret_key)
    found = payments.check_for_companion(order.number, wiring().pay, clock.now())
    return answers.answer({"number": order.number, "state": found.value})
