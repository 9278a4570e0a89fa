"""What WeChat says later: notices that arrived or not, travellers who follow after all, windows that they open."""
from collections.abc import Callable
from datetime import timedelta

import builders
import pytest
from flask import Flask
from sqlalchemy import insert, update

from shop.base.db import transaction
from shop.base.ids import TravellerId
from shop.messaging import hearing, planning, queries, reaching
from shop.messaging.hearing import ResultTooEarly
from shop.messaging.models import MailAddress, Message
from shop.messaging.rules import Follower
from shop.messaging.sending import Ways
from shop.messaging.windows import Window
from shop.orders.queries import OrderView
from shop.people import following
from shop.people.following import Contact
from shop.sandbox import Sandbox

from .conftest import Clock, Letters, messages, openid_of, send, tell_paid, the_message

Choose = Callable[..., None]


def heard(openid: str, contact: Contact, at: object) -> int:
    with transaction() as session:
        return following.heard(session, "wx1", openid, contact, at)  # type: ignore[arg-type]


def give_mail(traveller: TravellerId) -> None:
    values = {"traveller_id": traveller, "key": "k", "address": "me@example.com", "language": "zh", "given_at": builders.NOW,
              "confirmed_at": builders.NOW, "letters": 1}  # fmt: skip
    with transaction() as session:
        session.execute(insert(MailAddress).values(values))


@pytest.fixture
def accepted(paid: OrderView, ways: Ways, clock: Clock, set_template: Choose) -> OrderView:
    """An order that was told of by a notice WeChat has accepted."""
    set_template("paid")
    tell_paid(paid, clock)
    assert send(ways, clock) == 1
    return paid


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        ("success", "delivered", None), ("failed:user block", "failed", "blocked"), ("failed: user block", "failed", "blocked"),
        ("failed: system failed", "failed", "system"), ("failed:system failed", "failed", "system"), ("something new", "failed", "system"),
    ],
)  # fmt: skip
def test_what_became_of_a_notice_is_written_down_once(
    accepted: OrderView, clock: Clock, status: str, state: str, reason: str | None
) -> None:
    facts = {"msg_id": the_message().msgid, "status": status}
    hearing.take_result(1, facts, clock.now)
    hearing.take_result(1, {**facts, "status": "success"}, clock.turn(minutes=1))

    assert (the_message().state, the_message().reason, the_message().done_at) == (state, reason, builders.NOW)
    assert [one.state.value for one in queries.messages_of(accepted.id)] == [state]


def test_a_result_that_comes_before_its_number_is_heard_again_and_a_strange_one_is_nobody_s(accepted: OrderView, clock: Clock) -> None:
    with transaction() as session:
        session.execute(update(Message).values(state="sending", msgid=None))

    with pytest.raises(ResultTooEarly):
        hearing.take_result(1, {"msg_id": "30", "status": "success"}, clock.now)
    with transaction() as session:
        session.execute(update(Message).values(state="accepted", msgid="30"))
    hearing.take_result(1, {"msg_id": "30", "status": "success"}, clock.now)
    hearing.take_result(1, {"msg_id": "31", "status": "success"}, clock.now)
    hearing.take_result(1, {"msg_id": "", "status": "success"}, clock.now)

    assert the_message().state == "delivered"


def test_who_has_switched_our_notices_off_is_told_by_mail_and_others_as_before(
    paid: OrderView, wang: TravellerId, ways: Ways, box: Sandbox, clock: Clock, letters: Letters, set_template: Choose
) -> None:
    set_template("paid")
    give_mail(wang)
    heard(openid_of(box, "wang"), Contact.OTHER, clock.now - timedelta(days=9))
    other = builders.a_paid_order(traveller=builders.a_traveller(openid_of(box, "li")))
    box.control.follower("wang", blocked=True)
    tell_paid(paid, clock)
    tell_paid(other, clock)
    assert send(ways, clock) == 2

    for one in messages():
        told = next(told for told in box.control.template_results() if told["MsgID"] == one.msgid)
        hearing.take_result(1, {"msg_id": told["MsgID"], "status": told["Status"]}, clock.now)
    assert send(ways, clock) == 1

    assert [(one.state, one.reason, one.channel) for one in messages()] == [
        ("failed", "blocked", "template"), ("delivered", None, "template"), ("accepted", None, "mail"),
    ]  # fmt: skip
    assert [to for to, _, _ in letters.sent] == ["me@example.com"]
    assert paid.number in letters.sent[0][2]
    person = reaching.person(wang, clock.turn(minutes=1))
    assert person
    assert person.follower is Follower.BLOCKS, "the next notice is not even tried"


def test_who_follows_after_all_is_told_what_they_have_missed_once(
    app: Flask, ways: Ways, box: Sandbox, clock: Clock, set_template: Choose
) -> None:
    set_template("paid")
    openid = openid_of(box, "zhao")
    order = builders.a_paid_order(traveller=builders.a_traveller(openid))
    gone = builders.a_paid_order(traveller=order.traveller_id)
    for one in (order, gone):
        tell_paid(one, clock)
    send(ways, clock)
    builders.set_order(gone.number, state="collected")
    assert {one.reason for one in messages()} == {"not_following"}

    box.control.follower("zhao", follows=True)
    follower = heard(openid, Contact.FOLLOW, clock.turn(minutes=5))
    for _ in range(2):
        hearing.tell_after_all(follower, {}, clock.now)
    assert send(ways, clock) == 1

    assert [(one["traveller"], one["channel"]) for one in box.control.inbox()] == [("zhao", "customer_service")]
    assert len(messages()) == 3


def test_wechat_s_word_that_somebody_does_not_follow_is_remembered(app: Flask, ways: Ways, box: Sandbox, clock: Clock) -> None:
    traveller = builders.a_traveller(openid_of(box, "zhao"))
    assert reaching.person(traveller, clock.now).follower is Follower.UNKNOWN  # type: ignore[union-attr]

    reaching.note_leaving(traveller, clock.now)

    assert reaching.person(traveller, clock.now).follower is Follower.NO  # type: ignore[union-attr]
    assert not reaching.follows(traveller)


@pytest.mark.parametrize(
    ("contact", "minutes", "window"),
    [
        (Contact.MESSAGE, 60, Window.OPEN), (Contact.MESSAGE, 49 * 60, Window.CLOSED), (Contact.MENU, 0, Window.OPEN),
        (Contact.SCAN, 2, Window.CLOSED), (Contact.FOLLOW, 0, Window.OPEN), (Contact.OTHER, 0, Window.CLOSED),
    ],
)  # fmt: skip
def test_what_they_did_opens_a_window(app: Flask, clock: Clock, contact: Contact, minutes: int, window: Window) -> None:
    traveller = builders.a_traveller("oSomebody")
    heard("oSomebody", contact, clock.now - timedelta(minutes=minutes))

    person = reaching.person(traveller, clock.now)

    assert person
    assert (person.window, person.follower) == (window, Follower.YES)


def test_our_own_messages_use_the_window_up(app: Flask, clock: Clock) -> None:
    traveller = builders.a_traveller("oSomebody")
    order = builders.a_paid_order(traveller=traveller)
    builders.set_order(order.number, paid_at=clock.now - timedelta(days=3))
    heard("oSomebody", Contact.MESSAGE, clock.now - timedelta(hours=1))
    for number in range(5):
        planning.tell(planning.Moment.REFUND, int(order.id), f"refund {number}", clock.now)
    with transaction() as session:
        session.execute(update(Message).where(Message.id > 1).values(state="accepted", channel="customer_service", sent_at=clock.now))
    before = reaching.person(traveller, clock.now)
    with transaction() as session:
        session.execute(update(Message).values(state="unknown", channel="customer_service", sent_at=None))

    after = reaching.person(traveller, clock.now)

    assert before
    assert after
    assert (before.window, after.window) == (Window.OPEN, Window.USED_UP)


def test_texts_of_messages_go_after_a_month_and_the_rest_stays(accepted: OrderView, clock: Clock) -> None:
    from shop.privacy import forgetting

    assert the_message().text
    assert forgetting.forget_due(builders.NOW + timedelta(days=30), 8)["message_texts"] == 0
    assert forgetting.forget_due(builders.NOW + timedelta(days=31), 8)["message_texts"] == 1

    assert (the_message().text, the_message().state) == (None, "accepted")
