"""What became of a traveller's messages, on the order's page and in a list of those that did not arrive; sending one again."""
import re
from datetime import timedelta

import builders
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select, update

from shop.base import clock
from shop.base.audit import AuditRow
from shop.base.db import reading, transaction
from shop.messaging import planning
from shop.messaging.models import Message
from shop.orders.queries import OrderView
from shop.people.rights import Grant, Role


def soon() -> OrderView:
    now = clock.now()
    return builders.a_paid_order(date=now.date() + timedelta(days=5), now=now)


def told(order: OrderView, **values: object) -> int:
    """A message about the order that has come to this; answers its key."""
    planning.tell_paid(int(order.id), {}, clock.now())
    with transaction() as session:
        if values:
            session.execute(update(Message).where(Message.order_id == order.id).values(values))
        return int(session.scalars(select(Message.id).where(Message.order_id == order.id)).one())


def occasions() -> list[tuple[str, str, str]]:
    with reading() as session:
        return [tuple(row) for row in session.execute(select(Message.occasion, Message.state, Message.asked_by).order_by(Message.id))]


def key_of(page: str) -> str:
    found = re.search(r'/again">\s*<input[^>]*><input type="hidden" name="key" value="([^"]+)"', page)
    assert found
    return found[1]


def test_the_order_s_page_says_what_became_of_each_message(office: FlaskClient) -> None:
    order = soon()
    told(order, state="failed", reason="blocked", channel="template", text={"fields": {"thing1": "T1-B42"}})

    page = office.get(f"/manage/orders/{order.number}").text

    row = re.search(r'data-message="paid" data-state="failed".*?</tr>', page, re.DOTALL)
    assert row
    for words in ("Payment received", "template", "failed", "does not want our messages", "T1-B42", "Send again"):
        assert words in row[0]


def test_a_message_is_sent_again_once_for_each_page_and_is_in_the_audit(office: FlaskClient) -> None:
    order = soon()
    message = told(order, state="not_sent", reason="no_template")
    page = office.get(f"/manage/orders/{order.number}").text
    address, key = f"/manage/orders/{order.number}/messages/{message}/again", key_of(page)

    for _ in range(2):
        done = office.post(address, data={"key": key}, follow_redirects=True)
        assert "sent again within seconds" in done.text

    assert [(state, by.split(":")[0]) for _, state, by in occasions()] == [("not_sent", "system"), ("planned", "staff")]
    with reading() as session:
        assert session.scalars(select(AuditRow.action).where(AuditRow.action == "message.sent_again")).all() == ["message.sent_again"]


def test_what_is_still_on_its_way_or_somebody_else_s_is_not_sent_again(office: FlaskClient) -> None:
    order, other = soon(), soon()
    waits, foreign = told(order), told(other, state="failed")

    assert office.post(f"/manage/orders/{order.number}/messages/{waits}/again", data={"key": "k" * 12}).status_code == 409
    assert office.post(f"/manage/orders/{order.number}/messages/{foreign}/again", data={"key": "k" * 12}).status_code == 404
    assert office.post(f"/manage/orders/{other.number}/messages/{foreign}/again", data={"key": "'"}).status_code == 404
    assert len(occasions()) == 2


@pytest.mark.parametrize(("role", "status"), [(Role.SUPERVISOR, 303), (Role.COUNTER, 403), (Role.ACCOUNTANT, 403), (Role.MARKETING, 403)])
def test_only_who_may_change_orders_sends_again(office: FlaskClient, role: Role, status: int) -> None:
    order = soon()
    message = told(order, state="failed", reason="system")
    builders.give_staff(Grant(role, builders.point_id(builders.POINT) if role in (Role.SUPERVISOR, Role.COUNTER) else None))

    assert office.post(f"/manage/orders/{order.number}/messages/{message}/again", data={"key": "k" * 12}).status_code == status
    assert office.get("/manage/messages/").status_code == (200 if status == 303 else 403)


def test_the_list_has_what_did_not_arrive_at_one_s_own_points(office: FlaskClient) -> None:
    mine, elsewhere, fine, overtaken = soon(), soon(), soon(), soon()
    builders.set_order(elsewhere.number, pickup_point_id=builders.point_id(builders.OTHER_POINT))
    for order, state, reason in (
        (mine, "unknown", "crashed"), (elsewhere, "failed", "system"), (fine, "delivered", None), (overtaken, "not_sent", "overtaken"),
    ):  # fmt: skip
        told(order, state=state, reason=reason)

    whole = office.get("/manage/messages/").text
    builders.give_staff(Grant(Role.SUPERVISOR, builders.point_id(builders.POINT)))
    own = office.get("/manage/messages/").text

    assert mine.number in whole
    assert elsewhere.number in whole
    assert fine.number not in whole
    assert overtaken.number not in whole
    assert mine.number in own
    assert elsewhere.number not in own
