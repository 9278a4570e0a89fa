"""The money page: today's takings, what rings, what does not agree, and what a person has to do about it."""

from datetime import datetime, timedelta
from http import HTTPStatus

from flask import Blueprint, abort, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import Kind, ShopError
from shop.base.ids import OutRefundNo
from shop.payments import (
    commands,
    money_queries,
    reconcile_queries,
    reconciling,
    refund_queries,
    refund_sending,
    refunding,
)
from shop.payments.matching import day_span
from shop.payments.refunding import Why
from shop.payments.states import Cause, RefundStage, Verdict
from shop.settings import Dialect
from shop.web import alarms
from shop.web.backoffice import forms, periods
from shop.web.backoffice.refunds import by_me, find, may_refund, need_refund_right
from shop.web.errors import STATUS
from shop.web.wiring import settings, wiring

blueprint = Blueprint("backoffice_money", __name__, url_prefix="/manage/money")
MANY = 2**31 - 1  # as many rows as an address may number
DAYS, FILES_A_DAY = 14, 2
SAID = ("asked", "settled", "trying", "sent_to_card", "refund_asked", "still_open", "explained")
CAUSES = {
    Verdict.WRONG_AMOUNT: Cause.WRONG_AMOUNT,
    Verdict.WRONG_CURRENCY: Cause.WRONG_AMOUNT,
    Verdict.UNKNOWN_NUMBER: Cause.UNKNOWN_PAYMENT,
    Verdict.TOO_LATE: Cause.LATE_PAYMENT,
    Verdict.PAID_TWICE: Cause.PAID_TWICE,
}
Answer = Response | tuple[str, int]


class RefundMovedOn(ShopError):
    """The refund is no longer where the page showed it."""

    kind, code = Kind.CONFLICT, "refund_moved_on"


@blueprint.get("/")
def overview() -> str:
    """Everything about money that somebody should see today. The number of statements does not grow with it."""
    return _page()


def _page(refused: ShopError | None = None, at: str = "", typed: str = "") -> str:
    """`at` names the form that was refused (`refund-7`), `typed` is what was in it."""
    now, said = clock.now(), request.args.get("said", "")
    standing, refused_notices = money_queries.standing(now), alarms.refused_notices()
    bills = reconcile_queries.bills(DAYS * FILES_A_DAY)
    return render_template(
        "backoffice/money.html", takings=_takings(now), alarms=alarms.ringing(standing, refused_notices, wiring().pay, now),
        notices=refused_notices, items=reconcile_queries.open_items(), waiting=refund_queries.waiting_for_funds(),
        for_a_person=refund_queries.for_a_person(), given_up=money_queries.given_up(), doubts=money_queries.in_doubt(now),
        odd=refund_queries.odd_payments(), bills=bills, spans={bill.day: day_span(bill.day) for bill in bills},
        to_card=settings().pay.dialect is Dialect.MAINLAND, may_refund=may_refund(), abnormal=RefundStage.ABNORMAL,
        said=said if said in SAID else "", refused=refused, at=at, typed=typed,
    )  # fmt: skip


def _takings(now: datetime) -> list[tuple[str, list[money_queries.Takings]]]:
    """Today and yesterday, in Frankfurt, each by currency; a day without money has a line of nothing."""
    today = periods.offered(now)[0].first
    edges = [forms.start_of(today - timedelta(days=1)), forms.start_of(today), forms.end_of(today)]
    yesterday, now_on = money_queries.takings(edges)
    none = [money_queries.Takings(settings().currency.value)]
    return [("today", now_on or none), ("yesterday", yesterday or none)]


def _done(said: str, section: str) -> Response:
    return redirect(url_for("backoffice_money.overview", said=said, _anchor=section), HTTPStatus.SEE_OTHER)


def _no(refused: ShopError, at: str, typed: str = "") -> Answer:
    """The page again, with the refusal in words and what was typed."""
    return _page(refused, at, typed), STATUS[refused.kind]


def _note(at: str) -> tuple[str, Answer | None]:
    """The note that was typed, or the page that asks for it."""
    values, errors = forms.read(forms.NOTE, request.form)
    if errors:
        wrong = ShopError(fields=errors)
        wrong.kind, wrong.code = Kind.INVALID, errors["note"][0]
        return "", _no(wrong, at, request.form.get("note", ""))
    return str(values["note"]), None


# --- what does not agree ----------------------------------------------------------------------------------------------


@blueprint.post(f"/items/<int(max={MANY}):item_id>/ask")
def ask_about_item(item_id: int) -> Answer:
    """Ask WeChat about an open item and let our books follow its answer."""
    need_refund_right()
    try:
        item = reconciling.repair(item_id, wiring().pay, by_me(), clock.now())
    except ShopError as refused:
        return _no(refused, f"item-{item_id}")
    return _done("explained" if item.settled_at else "still_open", "items")


@blueprint.post(f"/items/<int(max={MANY}):item_id>/settle")
def settle_item(item_id: int) -> Answer:
    """Somebody knows what it is; the note says what."""
    need_refund_right()
    note, asked_again = _note(f"item-{item_id}")
    if asked_again is not None:
        return asked_again
    try:
        reconciling.settle_by_hand(item_id, note, by_me(), clock.now())
    except ShopError as refused:
        return _no(refused, f"item-{item_id}", note)
    return _done("settled", "items")


# --- refunds ----------------------------------------------------------------------------------------------------------


@blueprint.post(f"/refunds/<int(max={MANY}):refund_id>/try")
def try_refund(refund_id: int) -> Answer:
    """Have it sent, or asked about, by the worker at once. Harmless twice."""
    need_refund_right()
    if not refunding.try_now(refund_id, clock.now(), by_me()):
        return _no(RefundMovedOn(), f"refund-{refund_id}")
    return _done("trying", "refunds")


@blueprint.post(f"/refunds/<int(max={MANY}):refund_id>/card")
def refund_to_card(refund_id: int) -> Answer:
    """Have WeChat pay an undeliverable refund to the shop's own account, from which somebody pays the traveller.

    WeChat Pay, abnormal refunds: only mainland merchants may.
    """
    need_refund_right()
    refund = refund_queries.refund_by_id(refund_id)
    if refund is None:
        abort(HTTPStatus.NOT_FOUND)
    try:
        if refund.state is not RefundStage.ABNORMAL or refund.refund_id is None:
            raise RefundMovedOn
        told = wiring().pay.refund_to_merchant_card(refund.refund_id, OutRefundNo(refund.out_refund_no))
        refund_sending.apply(told, clock.now())
        refunding.note_sent_to_card(refund_id, by_me(), clock.now())
    except ShopError as refused:
        return _no(refused, f"refund-{refund_id}")
    return _done("sent_to_card", "refunds")


@blueprint.post(f"/refunds/<int(max={MANY}):refund_id>/settle")
def settle_refund(refund_id: int) -> Answer:
    """The traveller has their money in another way; the note says how."""
    need_refund_right()
    note, asked_again = _note(f"refund-{refund_id}")
    if asked_again is not None:
        return asked_again
    if not refunding.handle_by_hand(refund_id, note, by_me(), clock.now()):
        return _no(RefundMovedOn(), f"refund-{refund_id}", note)
    return _done("settled", "refunds")


# --- payments ---------------------------------------------------------------------------------------------------------


@blueprint.post(f"/payments/<int(max={MANY}):payment_id>/refund")
def refund_odd_payment(payment_id: int) -> Answer:
    """Send money back that no rule can settle. Money that pays for an order goes back through that order's own form."""
    need_refund_right()
    taken = money_queries.payment(payment_id)
    if taken is None:
        abort(HTTPStatus.NOT_FOUND)
    cause = CAUSES.get(taken.verdict)
    if cause is None:
        return redirect(url_for("backoffice_refunds.form", number=taken.order_number or "-"), HTTPStatus.SEE_OTHER)
    try:
        refunding.refund_payment(payment_id, Why(cause, by_me()), clock.now())
    except ShopError as refused:
        return _no(refused, f"payment-{payment_id}")
    return _done("refund_asked", "odd")


@blueprint.post("/orders/<number>/ask")
def ask_about_order(number: str) -> Answer:
    """Ask WeChat about the open attempts of an order. Raises NoSuchOrder."""
    order = find(number)
    commands.check(order.number, order.traveller_id, wiring().pay, clock.now())
    return _done("asked", "doubts")

