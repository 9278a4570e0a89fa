"""A traveller's own orders: the list, one order with its money, asking WeChat again, cancelling with and without a refund."""

import re
from http import HTTPStatus

from flask import Blueprint, g, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.ids import OrderNumber
from shop.contracts import queries as withdrawals
from shop.messaging.reaching import follows
from shop.orders import moving, queries, trip_queries
from shop.orders.queries import NoSuchOrder, OrderView
from shop.orders.states import OrderState
from shop.payments import commands as payments
from shop.payments import queries as payment_queries
from shop.payments import refunding
from shop.payments.queries import AttemptView
from shop.payments.states import AttemptState
from shop.pickup import evidence
from shop.privacy.rules import NOBODY, forgets_on
from shop.web import guards
from shop.web.errors import STATUS
from shop.web.storefront import forms, leaving, measuring, money_back, once, pay_links, progress
from shop.web.storefront.next_flights import next_flights, points_of
from shop.web.wiring import settings, wiring

blueprint = Blueprint("my_orders", __name__)
NUMBER = re.compile(r"[0-9A-Za-z]{1,16}")
S = OrderState
PROPOSED = 3  # other flights on an order's page, so that to change takes two taps
TABS = {
    "to_pay": (S.AWAITING_PAYMENT,),
    "to_collect": (S.PAID, S.PACKING, S.READY),
    "collected": (S.COLLECTED, S.PARTLY_COLLECTED),
    "all": tuple(S),
}
SCANNED = frozenset({*TABS["to_collect"], *TABS["collected"], S.NO_SHOW})  # somebody may have looked at a passport by then


def order_here(number: str) -> OrderView:
    """The signed-in traveller's order. Raises NoSuchOrder, also for what cannot be a number."""
    if not NUMBER.fullmatch(number):
        raise NoSuchOrder
    return queries.order_of(number, guards.traveller())


@blueprint.get("/orders/")
def orders() -> str:
    """My orders, newest first, by tab."""
    tab = request.args.get("tab", "")
    tab = tab if tab in TABS else "all"
    now = clock.now()
    page = queries.orders_of(
        guards.traveller(), after=forms.cursor(request.args.get("after")), states=None if tab == "all" else TABS[tab]
    )
    shown = [(order, order.state_at(now)) for order in page.items]
    return render_template(
        "storefront/orders.html",
        orders=[pair for pair in shown if pair[1] in TABS[tab]],
        tab=tab,
        tabs=tuple(TABS),
        next=page.next,
    )


def order_page(order: OrderView, refused: ShopError | None = None) -> str:
    """One order as it stands now, also as the answer to a form that was refused."""
    now = clock.now()
    state = order.state_at(now)
    money = money_back.of(order)
    has_code = state in TABS["to_collect"]
    payable = order.can_be_paid(now) and not money.needs_a_person
    if refused:
        g.here = url_for("my_orders.order", number=order.number)
    return render_template(
        "storefront/order.html",
        order=order,
        state=state,
        steps=progress.progress(state, {change.new_state for change in order.history}),
        unheard=_unheard(order, state),
        now_there=has_code and moving.is_the_day(order.collect_from, order.departs_at, order.point.tz, now),
        way=leaving.way(order, now) if has_code else None,
        withdrawn=withdrawals.of_order(order.id) if order.paid_at is not None else [],
        payable=payable,
        pay_link=pay_links.token_of(order) if payable else None,
        may_ask=order.state in (S.AWAITING_PAYMENT, S.EXPIRED),
        has_code=has_code,
        money=money,
        gives_back=money.left if state in TABS["to_collect"] and now < order.departs_at else None,
        movable=moving.may_move(state, order.hold_until, now),
        may_come=has_code and moving.is_the_day(order.collect_from, order.departs_at, order.point.tz, now),
        no_show_at=order.departs_at + order.point.no_show_after if has_code and order.point.no_show_after is not None else None,
        trip_changes=trip_queries.trip_changes(order.id) if order.trip_changed_at else (),
        cities={place.iata: place.city for place in once.places()},
        forgets_on=forgets_on(order.departs_at, paid=order.paid_at is not None) if order.traveller_name != NOBODY else None,
        shown=measuring.of_order(order, state, now),
        others=next_flights(order, points_of(order), now, most=PROPOSED) if has_code and now < order.departs_at else (),
        refused=refused,
        evidence=evidence.kept_of(order.id, settings().evidence_years) if state in SCANNED else None,
        asked="asked" in request.args and refused is None,
        may_follow=has_code and wiring().account.configured and not follows(order.traveller_id), mail=wiring().ways.post is not None,
    )


@blueprint.get("/orders/together")
def together() -> Response | str:
    """The orders that wait for their payment, paid one after the other from this page: WeChat Pay takes one payment for one
    order, so that each can be refunded and collected for itself. When all are paid: on to those to collect."""
    now = clock.now()
    waiting = [one for one in queries.orders_of(guards.traveller(), states=(S.AWAITING_PAYMENT,)).items if one.can_be_paid(now)]
    if not waiting:
        return redirect(url_for("my_orders.orders", tab="to_collect"))
    waiting.sort(key=lambda one: one.id)
    total = sum((one.total for one in waiting[1:]), waiting[0].total)
    return render_template("storefront/together.html", orders=waiting, next=waiting[0], total=total)
def _unheard(order: OrderView, state: OrderState) -> AttemptView | None:
    """The last attempt that WeChat Pay has said nothing about yet, of an order that is not paid; None: nobody has begun to pay,
    or WeChat has told us how it ended. Only then it costs a statement."""
    if state not in (S.AWAITING_PAYMENT, S.EXPIRED):
        return None
    waiting = [one for one in payment_queries.attempts_of(order.id) if one.state is AttemptState.PREPAID and one.prepay_at]
    return waiting[-1] if waiting else None


@blueprint.get("/orders/<number>")
def order(number: str) -> str:
    return order_page(order_here(number))


@blueprint.post("/orders/<number>/check")
def check(number: str) -> Response | tuple[str, int]:
    """“I have paid”: ask WeChat, whose word counts, and show what it says."""
    here = order_here(number)
    try:
        payments.check(OrderNumber(here.number), guards.traveller(), wiring().pay, clock.now())
    except ShopError as refused:
        return order_page(order_here(number), refused), STATUS[refused.kind]
    return redirect(url_for("my_orders.order", number=here.number, asked=1), HTTPStatus.SEE_OTHER)


@blueprint.post("/orders/<number>/cancel")
def cancel(number: str) -> Response | tuple[str, int]:
    """Cancel an order that is not paid, once WeChat has said that nobody can pay it any more."""
    here = order_here(number)
    try:
        payments.cancel(OrderNumber(here.number), guards.traveller(), wiring().pay, clock.now())
    except ShopError as refused:
        return order_page(order_here(number), refused), STATUS[refused.kind]
    return redirect(url_for("my_orders.order", number=here.number), HTTPStatus.SEE_OTHER)


@blueprint.post("/orders/<number>/cancel-paid")
def cancel_paid(number: str) -> Response | tuple[str, int]:
    """Cancel a paid order: nobody can collect it any more, and the money goes back.

    An address of its own, so that the form of an order that its page believed unpaid never cancels a paid one.
    """
    here = order_here(number)
    try:
        refunding.cancel_paid(here.number, guards.traveller(), clock.now())
    except ShopError as refused:
        return order_page(order_here(number), refused), STATUS[refused.kind]
    return redirect(url_for("my_orders.order", number=here.number, _anchor="refund"), HTTPStatus.SEE_OTHER)
