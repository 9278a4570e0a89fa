"""What happens to an order arrives on the traveller's phone, from the worker through WeChat, and its outcome comes back."""
import pytest
from journeys.people import Traveller, eventually
from journeys.running import Shop
from sqlalchemy import select

from shop.base import clock
from shop.base.db import reading
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


def test_paying_is_told_once_in_the_chat_and_as_a_notice_when_the_chat_is_closed(shop: Shop, traveller: Traveller) -> None:
    with shop.books.app_context():
        when = clock.now()
        policies.change("template", "paid", {"template_id": PAID, "fields": FIELDS}, seen=None, by="system", now=when)
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
