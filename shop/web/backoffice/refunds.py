"""Asking for a refund of an order: a form, a page that repeats exactly what will happen, and then it is done once."""

import secrets
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import Kind, ShopError
from shop.base.metrics import REFUNDS_ASKED, REFUNDS_REFUSED
from shop.orders import queries as orders
from shop.orders.queries import NoSuchOrder, OrderView
from shop.payments import refund_asking
from shop.payments.refund_asking import Once, Plan, Seen
from shop.payments.refunding import Why
from shop.people.rights import Right
from shop.web.backoffice import forms
from shop.web.backoffice.forms import RefundWish
from shop.web.errors import STATUS
from shop.web.guards import is_mine, known_staff

blueprint = Blueprint("backoffice_refunds", __name__, url_prefix="/manage/orders")
Page = tuple[str, int]


class MayNotRefund(ShopError):
    """Only who has the refund right, at the pickup point of the order, sends money back."""

    kind, code = Kind.FORBIDDEN, "may_not_refund"


def may_refund(point: int | None = None) -> bool:
    """Whether whoever is signed in has the refund right (at this pickup point)."""
    return known_staff().may(Right.REFUND, point)


def need_refund_right() -> None:
    """Raises MayNotRefund."""
    if not may_refund():
        raise MayNotRefund


def by_me() -> str:
    """Who is signed in, as the books name them."""
    return f"staff:{known_staff().id}"


def find(number: str) -> OrderView:
    """The order of an address, when it is at a pickup point that this page may show. Raises NoSuchOrder."""
    found = orders.order_by_number(number if number.isalnum() and number.isascii() else "")
    if not is_mine(int(found.point.id)):
        raise NoSuchOrder
    return found


@blueprint.get("/<number>/refund")
def form(number: str) -> Page:
    """The empty form."""
    need_refund_right()
    return _form(find(number), {}, {}, None)


@blueprint.post("/<number>/refund")
def ask(number: str) -> Page | Response:
    """`step` is `check` (say what would happen), `edit` (back to the form) or `confirm` (do it, once).

    What is refused shows the form again with what was typed. A second `confirm` with the same key changes nothing.
    """
    need_refund_right()
    order, typed = find(number), request.form.to_dict()
    step = typed.get("step", "check")
    wish, errors = forms.read_refund(typed)
    if step == "edit" or wish is None:
        return _form(order, typed, {} if step == "edit" else errors, None)
    seen = _seen(typed) if step == "confirm" else None
    try:
        if seen is None:
            plan = refund_asking.plan(refund_asking.left_of(order.number), wish.what, clock.now())
            return _check(order, typed, wish, plan)
        once = Once(by_me(), typed["key"], f"{order.number} {wish.text} {seen}")
        why = Why(wish.cause, by_me(), wish.note)
        refund_asking.ask_once(order.number, wish.what, why, once, clock.now(), seen=seen)
    except ShopError as refused:
        REFUNDS_REFUSED.labels(refused.code).inc()
        return _form(order, typed, refused.fields, refused)
    REFUNDS_ASKED.labels("office").inc()
    here = url_for("backoffice_orders.one", number=order.number, said="refund_asked", _anchor="money")
    return redirect(here, HTTPStatus.SEE_OTHER)


def _seen(typed: dict[str, str]) -> Seen | None:
    """What the page before had said; None when somebody comes here without it."""
    minor, left = typed.get("seen_minor", ""), typed.get("seen_left", "")
    if not typed.get("key") or not all(text.isascii() and text.isdecimal() and len(text) < 16 for text in (minor, left)):
        return None
    return Seen(int(minor), int(left), typed.get("seen_ends") == "yes")


def _form(order: OrderView, typed: dict[str, str], errors: dict[str, list[str]], refused: ShopError | None) -> Page:
    status = STATUS[refused.kind] if refused else HTTPStatus.BAD_REQUEST if errors else HTTPStatus.OK
    left = refund_asking.left_of(order.number)
    shown = render_template(
        "backoffice/refund.html", order=order, left=left, typed=typed, errors=errors, refused=refused,
        causes=forms.CAUSES, now=clock.now(),
    )  # fmt: skip
    return shown, status


def _check(order: OrderView, typed: dict[str, str], wish: RefundWish, plan: Plan) -> Page:
    kept = {name: text for name, text in typed.items() if name in ("what", "amount", "cause", "note") or forms.LINE.fullmatch(name)}
    shown = render_template(
        "backoffice/refund_check.html", order=order, plan=plan, wish=wish, kept=kept, key=secrets.token_urlsafe(12),
        lines={line.position: line for line in order.lines}, now=clock.now(),
    )  # fmt: skip
    return shown, HTTPStatus.OK
