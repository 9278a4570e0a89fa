"""Messages to travellers: those that did not arrive, and sending one again."""

import secrets
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.messaging import commands, queries
from shop.web.backoffice import forms
from shop.web.backoffice.one_order import Refused, page
from shop.web.backoffice.orders import blueprint as orders
from shop.web.backoffice.refunds import by_me, find
from shop.web.errors import STATUS
from shop.web.guards import my_points, opens

blueprint = Blueprint("backoffice_messages", __name__, url_prefix="/manage/messages")
MANY = 9007199254740991


@blueprint.get("/")
def listed() -> str:
    """Messages of the last days that did not arrive, the last one first, each with why."""
    return render_template(
        "backoffice/messages.html", messages=queries.for_a_person(clock.now(), my_points()), key=secrets.token_urlsafe(12),
        may=opens("backoffice_orders.send_again", "POST"),
    )  # fmt: skip


@orders.post(f"/<number>/messages/<int(max={MANY}):message_id>/again")
def send_again(number: str, message_id: int) -> Response | tuple[str, int]:
    """Tell the traveller once more. The same form sent twice sends one message."""
    order = find(number)
    key = request.form.get("key", "")
    try:
        if not forms.KEY.fullmatch(key):
            raise queries.NoSuchMessage
        commands.send_again(order.number, message_id, key, by=by_me(), now=clock.now())
    except ShopError as refused:
        return page(order, Refused(why=refused)), STATUS[refused.kind]
    return redirect(url_for("backoffice_orders.one", number=order.number, said="told_again", _anchor="told"), HTTPStatus.SEE_OTHER)
