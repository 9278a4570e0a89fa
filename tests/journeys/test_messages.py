"""What happens to an order arrives on the traveller's phone, from the worker through WeChat, and its outcome comes back."""
from contextlib import suppress

import pytest
from journeys.people import Traveller, eventually
from journeys.running import Shop
from sqlalchemy import select, update

from shop.base import clock
from shop.base.db import reading, transaction
from shop.base.versions import NoChange
from shop.messaging.models import Message
from shop.orders.models import Order
from shop.policies import commands as policies
from shop.sandbox import Control

pytestmark = pytest.mark.journey
PAID = "paid-template-of-the-sandbox-0000000000000001"
FIELDS = [["character_string1", "{number}"], ["amount2", "{amount}"], ["thing3", "{line}"]]


def arrived(wechat: Control, number: str) -> list[str]:
    """The channels through which something about the order came to Wang's phone."""
    return [one["channel"] for one in wechat.inbox("wang") if one["channel"] != "answer" and number in str(one)]


def outcomes(shop: Shop, number: str) -> list[str]:
    with shop.books.app_context(), reading() as session:
        return list(session.scalars(select(Message.state).join(Order).where(Order.number == number, Message.moment == "paid")))


@pytest.fixture
def template(shop: Shop) -> None:
    """A template for "paid" is chosen."""
    with shop.books.app_context(), suppress(NoChange):
        policies.change("template", "paid", {"template_id": PAID, "fields": FIELDS}, seen=None, by="system", now=clock.now())


SENT_BY = {"template": "/cgi-bin/message/template/send", "customer_service": "/cgi-bin/message/custom/send"}
HELD = 20.0  # seconds that WeChat takes to answer, when the message is long on the phone


@pytest.mark.parametrize(("channel", "calls", "ends"), [("template", 2, {"accepted", "delivered"}), ("customer_service", 1, {"unknown"})])
def test_a_worker_killed_between_sending_and_writing_down_tells_nobody_twice(
    shop: Shop, traveller: Traveller, template: None, channel: str, calls: int, ends: set[str]
) -> None:
    """WeChat has taken the message, and its answer is on its way, when the worker dies with `kill -9`."""
    number = traveller.place({"JOURNEY-1": 1})["number"]
    if channel == "template":
        shop.wechat.fault("errcode", path=SENT_BY["customer_service"], errcode=45015, count=1)
    shop.wechat.fault("slow", path=SENT_BY[channel], seconds=HELD, after=True)
    traveller.pay(number)
    eventually(lambda: arrived(shop.wechat, number))
    shop.kill("worker")
    assert outcomes(shop, number) == ["sending"], "nobody has written down that it went out"

    a_minute_passes(shop, number)
    shop.start_worker()

    assert eventually(lambda: set(outcomes(shop, number)) <= ends), outcomes(shop, number)
    assert arrived(shop.wechat, number) == [channel]
    asked = [one["body"] for one in shop.wechat.requests(SENT_BY[channel]) if number in one["body"]]
    assert len(asked) == calls
    assert len(set(asked)) == 1, "the same, under the same client_msg_id"


def a_minute_passes(shop: Shop, number: str) -> None:
    """The dead worker's turn at the message is over."""
    with shop.books.app_context(), transaction() as session:
        session.execute(
            update(Message).where(Message.order_id == select(Order.id).where(Order.number == number).scalar_subquery())
            .values(due_at=clock.now())
        )  # fmt: skip


def test_paying_is_told_once_in_the_chat_and_as_a_notice_when_the_chat_is_closed(
    shop: Shop, traveller: Traveller, template: None
) -> None:
    first, second = traveller.place({"JOURNEY-0": 1})["number"], traveller.place({"JOURNEY-0": 1})["number"]

    traveller.pay(first)
    eventually(lambda: arrived(shop.wechat, first))
    shop.wechat.fault("errcode", path="/cgi-bin/message/custom/send", errcode=45015, count=1)
    traveller.pay(second)
    eventually(lambda: arrived(shop.wechat, second))

    assert eventually(lambda: outcomes(shop, second) == ["delivered"]), "WeChat's word comes back as an event"
    assert arrived(shop.wechat, first) == ["customer_service"]
    assert arrived(shop.wechat, second) == ["template"]
    assert outcomes(shop, first) == ["accepted"]
