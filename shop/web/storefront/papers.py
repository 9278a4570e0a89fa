"""The confirmation and receipt of an order: as a page, as PDF, by mail."""

from http import HTTPStatus

from flask import Blueprint, Response, render_template, request, url_for
from flask import redirect as to
from werkzeug.wrappers import Response as AnyResponse

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.versions import day_of
from shop.contracts import commands, papers, pdf
from shop.contracts.papers import Paper
from shop.orders.queries import OrderView
from shop.payments import refund_queries
from shop.policies import queries as policies
from shop.web import guards
from shop.web.errors import STATUS
from shop.web.storefront import forms
from shop.web.storefront.orders import order_here
from shop.web.wiring import wiring

blueprint = Blueprint("my_papers", __name__)


@blueprint.get("/orders/<number>/receipt")
def page(number: str) -> str:
    """The receipt in Chinese and German, whatever language the page around it has. Raises NoSuchOrder."""
    return _page(order_here(number))


@blueprint.get("/orders/<number>/receipt.pdf")
def file(number: str) -> Response:
    """The same as a file to keep."""
    order = order_here(number)
    return as_pdf(_paper(order), f"receipt-{order.number}.pdf")


@blueprint.post("/orders/<number>/receipt/send")
def send(number: str) -> AnyResponse | tuple[str, int]:
    """Have it sent by mail."""
    order = order_here(number)
    try:
        commands.ask_letter(order.number, guards.traveller(), forms.clean(request.form.get("email"), 300), order.language, clock.now())
    except ShopError as refused:
        return _page(order, refused), STATUS[refused.kind]
    return to(url_for(".page", number=order.number, sent=1), HTTPStatus.SEE_OTHER)


def _paper(order: OrderView) -> Paper:
    taken = refund_queries.payments_of(order.id)
    refunds = refund_queries.refunds_of(order.id) if taken else []
    return papers.receipt(order, policies.seller(day_of(order.placed_at)), taken, refunds)


def _page(order: OrderView, refused: ShopError | None = None) -> str:
    return render_template(
        "storefront/receipt.html", order=order, paper=_paper(order), refused=refused, sent="sent" in request.args and refused is None,
        email=forms.clean(request.form.get("email"), 300), by_mail=wiring().ways.post is not None,
    )  # fmt: skip


def as_pdf(paper: Paper, name: str) -> Response:
    """A PDF to keep, in no cache on the way."""
    answer = Response(pdf.drawn(paper), mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    answer.headers["Cache-Control"] = "private, no-store"
    return answer
