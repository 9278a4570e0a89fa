"""Messages to a sandbox over HTTP: each once, through the channel that takes it, and whatever happens none is lost."""
from collections.abc import Callable
from datetime import timedelta

import builders
import pytest
from sqlalchemy import update

from shop.base.db import transaction
from shop.base.ids import TravellerId
from shop.gateways.official_account import AccountUnavailable
from shop.messaging import planning, sending
from shop.messaging.models import Message
from shop.messaging.sending import Ways
from shop.orders.models import Order
from shop.orders.queries import OrderView
from shop.sandbox import Sandbox

from .conftest import PAID, READY, Clock, Letters, messages, openid_of, send, tell_paid, the_message

Choose = Callable[..., None]


def test_who_has_just_paid_is_told_in_the_chat(paid: OrderView, ways: Ways, box: Sandbox, clock: Clock) -> None:
    box.control.follower("wang", did="payment")
    tell_paid(paid, clock)
    tell_paid(paid, clock)

    assert send(ways, clock) == 1

    arrived = box.control.inbox()
    assert [(one["traveller"], one["channel"]) for one in arrived] == [("wang", "customer_service")]
    text = arrived[0]["text"]["content"]
    assert paid.number in text
    assert "€50.00" in text
    assert text.endswith(f"https://shop.example/orders/{paid.number}")
    assert (the_message().state, the_message().channel, the_message().sent_at) == ("accepted", "customer_service", clock.now)
    assert send(ways, clock) == 0


def test_when_the_window_is_closed_on_the_platform_the_template_is_taken_at_once(
    paid: OrderView, ways: Ways, box: Sandbox, clock: Clock, set_template: Choose
) -> None:
    set_template("paid")
    tell_paid(paid, clock)

    assert send(ways, clock) == 1

    one, row = box.control.inbox()[0], the_message()
    assert one["channel"] == "template"
    assert one["data"]["character_string2"]["value"].replace("-", "") == builders.code_of(paid)
    assert one["data"]["time3"]["value"] == "2026年11月26日 14:05"
    assert one["data"]["thing4"]["value"] == "已付款，正在备货"
    assert one["url"] == f"https://shop.example/orders/{paid.number}"
    assert (row.state, row.channel, row.tried, row.msgid) == ("accepted", "template", {"customer_service": "window_closed"}, one["msgid"])
    assert builders.code_of(paid)[:5] not in str(row.text), "the code is not kept with the text"


def test_the_account_of_a_company_abroad_sends_no_link_and_has_the_code_in_the_fields(
    paid: OrderView, ways: Ways, box: Sandbox, clock: Clock, set_template: Choose
) -> None:
    from shop.policies import commands as policies
    from shop.policies import queries

    abroad = {**queries.messaging(builders.NOW.date()), "overseas": True}
    policies.change("messaging", "all", abroad, seen=None, by="staff:1", now=builders.NOW)
    set_template("paid")
    with pytest.raises(policies.WrongSetting) as refused:
        set_template("ready", fields=[["thing1", "{counter}"]])
    tell_paid(paid, clock)

    send(ways, clock)

    sent = [one for one in box.control.requests("/cgi-bin/message/template") if one["status"] == 200]
    assert refused.value.fields == {"fields": ["code_needed"]}
    assert box.control.inbox()[0]["url"] is None
    assert box.control.inbox()[0]["data"]["character_string2"]["value"].replace("-", "") == builders.code_of(paid)
    assert len(sent) == 1


def test_who_does_not_follow_is_told_by_nothing_and_why_is_kept(
    app: object, ways: Ways, box: Sandbox, clock: Clock, set_template: Choose
) -> None:
    set_template("paid")
    order = builders.a_paid_order(traveller=builders.a_traveller(openid_of(box, "zhao")))
    tell_paid(order, clock)

    assert send(ways, clock) == 0

    assert (the_message().state, the_message().reason) == ("not_sent", "not_following")
    assert box.control.inbox() == []


def test_a_template_that_was_deleted_on_the_platform_is_a_clear_outcome_and_others_are_still_told(
    paid: OrderView, wang: TravellerId, ways: Ways, box: Sandbox, clock: Clock, set_template: Choose
) -> None:
    set_template("paid", PAID, [["character_string1", "{number}"], ["amount2", "{amount}"], ["thing3", "{line}"]])
    set_template("ready")
    other = builders.a_paid_order(traveller=builders.a_traveller(openid_of(box, "li")))
    with transaction() as session:
        session.execute(update(Order).where(Order.id == other.id).values(state="ready"))
    box.control.delete_template(PAID)
    tell_paid(paid, clock)
    planning.tell_ready(int(other.id), {}, clock())

    assert send(ways, clock) == 1

    gone, told = messages()
    assert (gone.state, gone.reason) == ("not_sent", "unknown_template")
    assert (told.state, told.channel) == ("accepted", "template")
    assert [one["traveller"] for one in box.control.inbox()] == ["li"]


def test_wechat_refuses_a_field_that_we_let_through_and_the_reason_says_so(
    paid: OrderView, ways: Ways, box: Sandbox, clock: Clock, set_template: Choose
) -> None:
    other = box.control.add_template("提醒", {"thing1": "取货点", "thing9": "多出来的"}, "x" * 30)
    set_template("paid", other, [["thing1", "{counter}"]])
    tell_paid(paid, clock)

    send(ways, clock)

    assert (the_message().state, the_message().reason) == ("not_sent", "wrong_fields")


@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_an_answer_that_is_lost_is_asked_for_again_and_arrives_once(
    paid: OrderView, ways: Ways, box: Sandbox, clock: Clock, set_template: Choose, fault: str
) -> None:
    set_template("paid")
    box.control.fault(fault, path="/cgi-bin/message/template/send", count=1)
    tell_paid(paid, clock)

    assert send(ways, clock) == 0
    assert (the_message().state, the_message().reason) == ("sending", "no_answer")
    clock.turn(seconds=21)
    assert send(ways, clock) == 1

    assert len(box.control.inbox()) == 1
    assert the_message().state == "accepted"


def test_a_chat_message_without_an_answer_is_unknown_and_never_sent_twice(paid: OrderView, ways: Ways, box: Sandbox, clock: Clock) -> None:
    box.control.follower("wang", did="payment")
    box.control.fault("drop_after", path="/cgi-bin/message/custom/send", count=1)
    tell_paid(paid, clock)

    send(ways, clock)
    clock.turn(hours=1)
    send(ways, clock)

    assert (the_message().state, the_message().reason) == ("unknown", "no_answer")
    assert len(box.control.inbox()) == 1


class Killed(BaseException):
    """The process is gone: nothing after this line happens."""


class Dies:
    """An account whose process is killed once WeChat has the message."""

    def __init__(self, ways: Ways) -> None:
        self.account = ways.account

    def call(self, *args: object, **more: object) -> dict[str, object]:
        assert self.account is not None
        self.account.call(*args, **more)  # type: ignore[arg-type]
        raise Killed


@pytest.mark.parametrize(("away", "arrived", "state"), [(61, 1, "accepted"), (8 * 60, 1, "accepted"), (9 * 60, 1, "unknown")])
def test_killed_between_sending_and_writing_down_sends_nothing_twice(
    paid: OrderView, ways: Ways, box: Sandbox, clock: Clock, set_template: Choose, away: int, arrived: int, state: str
) -> None:
    set_template("paid")
    tell_paid(paid, clock)
    with pytest.raises(Killed):
        sending.send(messages()[0].id, Ways(Dies(ways), None, ways.public_url), clock())  # type: ignore[arg-type]
    assert the_message().state == "sending"

    clock.turn(seconds=away)
    box.control.age(away)
    send(ways, clock)

    assert len(box.control.inbox()) == arrived
    assert the_message().state == state


def test_the_control_without_an_id_of_ours_the_same_message_would_arrive_twice(
    paid: OrderView, ways: Ways, box: Sandbox, clock: Clock, set_template: Choose
) -> None:
    set_template("paid")
    assert ways.account is not None
    payload = {"touser": openid_of(box, "wang"), "template_id": READY, "data": {
        "thing1": {"value": "T1"}, "character_string2": {"value": "A"}, "time3": {"value": "10:00"}, "thing4": {"value": "x"}}}

    for own in ({}, {}, {"client_msg_id": "one"}, {"client_msg_id": "one"}):
        ways.account.call("/cgi-bin/message/template/send", {**payload, **own})

    assert len(box.control.inbox()) == 3


def test_a_chat_message_of_a_killed_process_is_unknown(paid: OrderView, ways: Ways, box: Sandbox, clock: Clock) -> None:
    box.control.follower("wang", did="payment")
    tell_paid(paid, clock)
    with pytest.raises(Killed):
        sending.send(the_message().id, Ways(Dies(ways), None, ways.public_url), clock())  # type: ignore[arg-type]

    clock.turn(seconds=59)
    assert send(ways, clock) == 0
    assert the_message().state == "sending"
    clock.turn(seconds=2)
    send(ways, clock)

    assert (the_message().state, the_message().reason) == ("unknown", "crashed")
    assert len(box.control.inbox()) == 1


def test_a_platform_that_is_away_is_tried_again_and_three_in_vain_are_enough_for_a_round(
    app: object, ways: Ways, box: Sandbox, clock: Clock, set_template: Choose
) -> None:
    set_template("paid")
    for one in ("wang", "li", "zhang", "chen"):
        box.control.follower(one, follows=True)
        tell_paid(builders.a_paid_order(traveller=builders.a_traveller(openid_of(box, one))), clock)
    box.control.fault("errcode", path="/cgi-bin/message", errcode=-1, count=50)

    assert send(ways, clock) == 0
    assert [(one.state, one.reason, one.tries) for one in messages()] == [("planned", "unreachable", 1)] * 3 + [("planned", None, 0)]
    box.control.clear_faults()
    clock.turn(minutes=2)

    assert send(ways, clock) == 4
    assert len(box.control.inbox()) == 4


@pytest.mark.parametrize("errcode", [40164, 40001, 40125, 50007, 45009, 45011])
def test_while_the_account_is_in_trouble_messages_wait(
    paid: OrderView, ways: Ways, box: Sandbox, clock: Clock, set_template: Choose, errcode: int
) -> None:
    set_template("paid")
    tell_paid(paid, clock)
    box.control.fault("errcode", path="/cgi-bin/message", errcode=errcode, count=9)

    assert send(ways, clock) == 0
    assert the_message().state == "planned"
    box.control.clear_faults()
    clock.turn(hours=2)

    assert send(ways, clock) == 1
    assert len(box.control.inbox()) == 1


def test_what_waited_too_long_is_no_news_any_more(paid: OrderView, ways: Ways, clock: Clock, set_template: Choose) -> None:
    set_template("paid")
    tell_paid(paid, clock)
    clock.turn(days=4)

    send(ways, clock)

    assert (the_message().state, the_message().reason) == ("not_sent", "overtaken")


def test_an_order_that_was_cancelled_meanwhile_is_not_said_to_be_paid(paid: OrderView, ways: Ways, box: Sandbox, clock: Clock) -> None:
    tell_paid(paid, clock)
    builders.set_order(paid.number, state="cancelled")

    send(ways, clock)

    assert (the_message().state, the_message().reason) == ("not_sent", "overtaken")
    assert box.control.inbox() == []


def test_one_that_cannot_be_written_does_not_keep_the_others(
    paid: OrderView, ways: Ways, box: Sandbox, clock: Clock, set_template: Choose
) -> None:
    set_template("paid")
    tell_paid(paid, clock)
    other = builders.a_paid_order(traveller=builders.a_traveller(openid_of(box, "li")))
    tell_paid(other, clock)
    with transaction() as session:
        session.execute(update(Message).where(Message.order_id == paid.id).values(facts={"refund_id": "rubbish"}))

    assert send(ways, clock) == 1
    assert [one["traveller"] for one in box.control.inbox()] == ["li"]


def test_an_account_that_is_not_configured_sends_nothing_and_says_so(paid: OrderView, letters: Letters, clock: Clock) -> None:
    tell_paid(paid, clock)

    sending.send_due(Ways(None, letters, "https://shop.example"), clock)

    assert (the_message().state, the_message().reason) == ("not_sent", "not_allowed")


def test_maybe_means_maybe() -> None:
    assert AccountUnavailable("timeout", maybe_done=True).maybe_done
    assert timedelta(minutes=10) > sending.REMEMBERED > sending.LEASE
