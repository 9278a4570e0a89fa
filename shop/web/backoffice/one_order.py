"""The page of one order: everything that is known of it, and what may be done about it."""

import secrets

from flask import render_template, request
from msgspec import Struct, field

from shop.base import clock
from shop.base.errors import ShopError
from shop.base.ids import OrderId
from shop.contracts import queries as withdrawals
from shop.messaging import queries as messages
from shop.orders import announced, moving, note_queries, trip_queries
from shop.orders.queries import OrderView
from shop.orders.states import OrderState
from shop.payments import queries as payments
from shop.payments import reconcile_queries, refund_asking, refund_queries
from shop.pickup import audit_queries
from shop.pickup import queries as pickup
from shop.reports import order_sheet
from shop.web.backoffice import forms
from shop.web.backoffice.counter import moment_with_seconds
from shop.web.backoffice.orders import blueprint
from shop.web.backoffice.refunds import find, may_refund
from shop.web.backoffice.timeline import Entry, timeline

SAID = ("refund_asked", "cancelled", "paid_meanwhile", "moved", "same_trip", "noted", "told_again")
UNCOLLECTED = (OrderState.PAID, OrderState.PACKING, OrderState.READY)


class Refused(Struct, frozen=True):
    """What was typed into a note that was refused, what is wrong with it, and what was refused altogether."""

    typed: dict[str, str] = field(default_factory=dict)
    errors: dict[str, list[str]] = field(default_factory=dict)
    why: ShopError | None = None


@blueprint.get("/<number>")
def one(number: str) -> str:
    """One order: its lines, trip, history, money, messages, scans, parcel and notes. Raises NoSuchOrder."""
    return page(find(number))


def page(order: OrderView, refused: Refused | None = None) -> str:
    """The same, perhaps with what was refused. As many statements for a long life as for a short one."""
    now, said = clock.now(), request.args.get("said")
    left = refund_asking.left_of(order.number)
    typed = refused.typed if refused else {}
    return render_template(
        "backoffice/order.html", order=order, now=now, code=_hidden_code(order.id), money=_money(order.id), left=left,
        may_refund=may_refund(int(order.point.id)), causes=forms.CAUSES, said=said if said in SAID else "", refused=refused or Refused(),
        sheet=order_sheet.sheet(order.id), told=announced.announced_of(order.id), messages=messages.messages_of(order.id),
        trips=trip_queries.trip_changes(order.id), notes=note_queries.notes_of(order.id),
        withdrawals=withdrawals.of_order(order.id),
        scans=audit_queries.scans(number=order.number).items, moment=moment_with_seconds,
        key=typed.get("key") or secrets.token_urlsafe(12), may_move=moving.may_move(order.state, order.hold_until, now),
        is_unpaid=order.state_at(now) is OrderState.AWAITING_PAYMENT,
        ends_with_refund=bool(left and left.minor and order.state in UNCOLLECTED and may_refund(int(order.point.id))),
    )  # fmt: skip


def _money(order_id: OrderId) -> list[Entry]:
    """Seven statements, however much happened."""
    return timeline(
        payments.attempts_of(order_id), payments.notices_of(order_id), refund_queries.payments_of(order_id),
        refund_queries.refunds_of(order_id), reconcile_queries.bill_lines_of(order_id),
    )  # fmt: skip


def _hidden_code(order_id: OrderId) -> str | None:
    """Enough of the pickup code to compare with what somebody reads out, too little to collect with."""
    try:
        code = pickup.ticket_of(order_id).code
    except pickup.NoPickupCode:
        return None
    return f"{code[:2]}•••-•••{code[-2:]}"


