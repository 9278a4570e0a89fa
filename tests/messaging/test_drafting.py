"""Every moment, for every follower, window and kind of account: through which channel, and in which words."""
from datetime import datetime, timedelta

import builders
import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from shop.base.db import reading, transaction
from shop.base.ids import TravellerId
from shop.messaging import drafting, planning, queries
from shop.messaging.drafting import Draft
from shop.messaging.models import Message
from shop.messaging.states import Channel, Moment, Reason
from shop.orders.models import Order
from shop.orders.queries import OrderView
from shop.payments import refund_asking
from shop.payments.refund_asking import Once
from shop.payments.refund_rules import Lines
from shop.payments.refunding import Why
from shop.payments.states import Cause
from shop.people import following
from shop.people.following import Contact
from shop.policies import commands as policies
from shop.policies import queries as settings
from shop.policies.rules import MESSAGES

NOW = builders.NOW
SHOP = "https://shop.example"
CHAT, TEMPLATE, NONE = Channel.CUSTOMER_SERVICE, Channel.TEMPLATE, None
# What the traveller reads in the chat, in Chinese; the order's number, the code and the product's name stand for themselves.
TEXTS = {
    Moment.PAID: "您的订单 {number} 已付款，共 €100.00。请于 11月26日 10:05 至 14:05 在 T1-B42 提货。",
    Moment.READY: "您的订单 {number} 已备好，请在 11月26日 14:05 前到 T1 B 区 T1-B42 提货。",
    Moment.REMINDER: "您的航班 CA932 于 11月26日 14:05 起飞。请在 11月26日 14:05 前到 T1-B42 领取订单 {number}。",
    Moment.CLOSING: "T1-B42 将于 11月26日 14:05 停止为您的航班 CA932 提货。请尽快领取订单 {number}。",
    Moment.MOVED: "订单 {number} 已改为航班 CA932（11月26日 14:05 起飞）。T1-B42：11月26日 10:05 至 14:05。",
    Moment.DELAYED: "航班 CA932 改为 11月26日 14:05 起飞。订单 {number} 为您保留至 11月26日 14:05（T1-B42）。",
    Moment.SHORTAGE: "很抱歉，订单 {number} 中的 {name} 缺货，已为您退款 €50.00。",
    Moment.REFUND_STARTED: "订单 {number} 的退款 €50.00 已提交微信支付，到账后会通知您。",
    Moment.REFUND: "订单 {number} 的退款 €50.00 已到账。",
    Moment.NO_SHOW: "航班 CA932 已起飞，订单 {number} 未提货，€50.00 将退回给您。",
    Moment.BACK_IN_STOCK: "您关注的 {name} 已到货，可以下单了。",
}
OF_REFUND = {Moment.SHORTAGE, Moment.REFUND_STARTED, Moment.REFUND, Moment.NO_SHOW}
# follower, whether the window is open -> the channel of a moment about an order, and of goods that are back
REACHES = [
    ("follows", True, CHAT, CHAT), ("follows", False, TEMPLATE, NONE), ("unknown", True, CHAT, CHAT), ("unknown", False, TEMPLATE, NONE),
    ("gone", True, NONE, NONE), ("gone", False, NONE, NONE), ("blocks", True, CHAT, CHAT), ("blocks", False, NONE, NONE),
]  # fmt: skip


@pytest.fixture
def order(app: Flask) -> OrderView:
    """A paid order of two bottles, one of which is refunded."""
    mine = builders.a_traveller("oMine")
    found = builders.a_paid_order({builders.a_product("SP-ONE", price=50_00): 2}, traveller=mine, language="zh")
    refund_asking.ask_once(found.number, Lines({1: 1}), Why(Cause.GOODWILL, "staff:1"), Once("staff:1", "key-12345", "x"), NOW, seen=None)
    return found


def choose_templates(overseas: bool) -> None:
    value = {**settings.messaging(NOW.date()), "overseas": overseas}
    if overseas:
        policies.change("messaging", "all", value, seen=None, by="staff:1", now=NOW)
    for moment, allowed in MESSAGES.items():
        pairs = [["thing1", "{line}"], *([["character_string2", "{code}"]] if "code" in allowed else [])]
        policies.change("template", moment, {"template_id": "T" * 30, "fields": pairs}, seen=None, by="staff:1", now=NOW)


def put_follower(traveller: TravellerId, follower: str, window: bool, order: OrderView) -> None:
    """What we know of them. A payment of long ago opens nothing."""
    long_ago = NOW - timedelta(days=9)
    builders.set_order(order.number, paid_at=NOW - timedelta(hours=1) if window else long_ago)
    with transaction() as session:
        if follower != "unknown":
            following.heard(session, "wx1", "oMine", Contact.FOLLOW, long_ago)
        if follower == "gone":
            following.heard(session, "wx1", "oMine", Contact.LEAVE, NOW - timedelta(days=1))
        if follower == "blocks":
            row = {"moment": "paid", "about": "order:0", "occasion": "before", "traveller_id": traveller, "language": "zh",
                   "state": "failed", "reason": "blocked", "channel": "template", "asked_by": "system",
                   "planned_at": long_ago, "due_at": long_ago, "tries": 1, "done_at": NOW - timedelta(days=2)}  # fmt: skip
            session.execute(insert(Message).values(row))


def drafted(moment: Moment, order: OrderView, now: datetime = NOW) -> Draft:
    state = {Moment.READY: "ready", Moment.NO_SHOW: "no_show"}.get(moment, "paid")
    with transaction() as session:
        session.execute(update(Order).where(Order.id == order.id).values(state=state))
    if moment is Moment.BACK_IN_STOCK:
        planning.tell_back(order.traveller_id, "SP-ONE", "wish 1", now)
    else:
        planning.tell(moment, int(order.id), "once", now, {"refund_id": 1} if moment in OF_REFUND else None)
    with reading() as session:
        message = queries.waiting(int(session.scalars(select(Message.id).order_by(Message.id.desc()).limit(1)).one()))
    assert message
    return drafting.draft(message, SHOP, mail=True, account=True, now=now)


@pytest.mark.parametrize("overseas", [False, True], ids=["mainland", "abroad"])
@pytest.mark.parametrize(("follower", "window", "usual", "back"), REACHES)
def test_the_table_of_moments(
    order: OrderView, overseas: bool, follower: str, window: bool, usual: Channel | None, back: Channel | None
) -> None:
    choose_templates(overseas)
    put_follower(order.traveller_id, follower, window, order)
    name, code = order.lines[0].name["zh"], builders.code_of(order)

    for moment, text in TEXTS.items():
        draft, expected = drafted(moment, order), back if moment is Moment.BACK_IN_STOCK else usual
        link = f"{SHOP}/products/SP-ONE" if moment is Moment.BACK_IN_STOCK else f"{SHOP}/orders/{order.number}"

        assert draft.channel is expected, moment
        if expected is CHAT:
            assert draft.text == f"{text.format(number=order.number, name=name)}\n{link}"
        elif expected is TEMPLATE:
            assert draft.link == ("" if overseas else link), moment
            assert len(draft.fields["thing1"]) <= 20
            if "code" in MESSAGES[moment.value]:
                assert draft.fields["character_string2"].replace("-", "") == code
                assert code[:5] not in str(draft.kept)
        else:
            assert isinstance(draft.reason, Reason)


LANGUAGES = [("zh", "11月26日 10:05 至 14:05"), ("en", "26 Nov 10:05 to 14:05"), ("de", "26.11. 10:05 bis 14:05")]


@pytest.mark.parametrize(("language", "words"), LANGUAGES)
def test_the_words_are_in_the_order_s_language(order: OrderView, language: str, words: str) -> None:
    builders.set_order(order.number, language=language, paid_at=NOW)

    assert words in drafted(Moment.PAID, order).text


def test_today_needs_no_date(order: OrderView) -> None:
    on_the_day = datetime(2026, 11, 26, 8, 0, tzinfo=NOW.tzinfo)
    builders.set_order(order.number, paid_at=on_the_day - timedelta(hours=1))

    assert drafted(Moment.REMINDER, order, on_the_day).text.startswith("您的航班 CA932 于 14:05 起飞。请在 14:05 前")


def test_a_text_that_a_manager_changed_is_used_at_once_and_a_field_that_does_not_fit_is_left_for_the_next_channel(
    order: OrderView, statements: list[str]
) -> None:
    policies.change("message", "paid.zh", {"thing": "🎉", "body": "好 {number}"}, seen=None, by="staff:1", now=NOW)
    policies.change("template", "paid", {"template_id": "T" * 30, "fields": [["thing1", "{line}"]]}, seen=None, by="staff:1", now=NOW)
    builders.set_order(order.number, paid_at=NOW)
    chat = drafted(Moment.PAID, order)
    builders.set_order(order.number, paid_at=NOW - timedelta(days=9))
    with transaction() as session:
        session.execute(update(Message).values(tried=None))
        message = session.scalars(select(Message.id)).one()
    statements.clear()
    waiting = queries.waiting(int(message))
    assert waiting

    none = drafting.draft(waiting, SHOP, mail=True, account=True, now=NOW)

    assert chat.text.startswith(f"好 {order.number}\n")
    assert (none.channel, none.reason) == (None, Reason.WRONG_FIELDS)
    assert len(statements) <= 12, "however much there is to say"


