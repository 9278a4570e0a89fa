"""A link with which somebody else pays an order: signed, for this order and its time to pay, and good for nothing else.

Whoever has it sees what is paid for, how much it is and until when; never the pickup code, the full name or the trip. A link is
not kept anywhere: it follows from the order and the shop's secret, and dies with the order's time to pay.
"""

import hmac
import re
from datetime import datetime

from shop.base import seals
from shop.base.errors import Kind, ShopError
from shop.base.ids import OrderNumber
from shop.orders.queries import NoSuchOrder, OrderView, order_by_number

PURPOSE = "pay link 1"
TOKEN = re.compile(r"([0-9A-Z]{1,16})-([0-9a-f]{32})")


class NoSuchPayLink(ShopError):
    """The link is none of ours, or no longer: a wrong seal and an unknown order look the same from outside."""

    kind, code = Kind.NOT_FOUND, "no_such_pay_link"


def token_of(number: OrderNumber, pay_before: datetime, secret: str) -> str:
    """What the link of an order ends with."""
    said = f"{number} {int(pay_before.timestamp())}"
    return f"{number}-{seals.seal(secret, PURPOSE, said.encode()).hex()[:32]}"


def order_behind(token: str, secret: str) -> OrderView:
    """The order that a link is for, whatever has become of it. Raises NoSuchPayLink."""
    found = TOKEN.fullmatch(token)
    if found is None:
        raise NoSuchPayLink
    try:
        order = order_by_number(found[1])
    except NoSuchOrder:
        raise NoSuchPayLink from None
    if not hmac.compare_digest(token_of(order.number, order.pay_before, secret), token):
        raise NoSuchPayLink
    return order


def initials(name: str) -> str:
    """`WANG XIAOMING` as `W. X.`: enough for a companion to know whose order it is."""
    return " ".join(f"{word[0].upper()}." for word in re.split(r"[\s,]+", name) if word)
