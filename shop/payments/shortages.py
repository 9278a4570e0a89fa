"""Pieces that packers cannot find: their money goes back at once, so that the traveller knows before leaving for the airport."""

from datetime import datetime

from shop.base.db import reading
from shop.base.errors import ShopError
from shop.payments import refund_asking
from shop.payments.refund_asking import Once, Seen
from shop.payments.refund_rules import Lines
from shop.payments.refunding import Why
from shop.payments.states import Cause
from shop.pickup import packing
from shop.pickup.packing import Packer


def refund_missing(number: str, position: int, quantity: int, key: str, seen: Seen | None, packer: Packer, now: datetime) -> int:
    """Send the money of missing pieces of a line back, once for each `key` of this packer; answers the refund's key.

    `seen` is what the packer agreed to, where there was something to read. What is packed is not missing, and an order of
    another pickup point is none of the packer's business. Raises ShortageTooLarge, WrongArticle, NoSuchOrder, NoSuchMove,
    and what `refund_asking.ask_once` raises.
    """
    once = Once(packer.who, key, f"shortage {number} {position} {quantity}")
    try:
        packing.check_shortage(number, position, quantity, packer)
    except ShopError:  # after the first time these pieces are not wanted any more: the same key is answered all the same
        with reading() as session:
            earlier = refund_asking.known(session, once)
        if earlier is None:
            raise
        return earlier
    return refund_asking.ask_once(number, Lines({position: quantity}), Why(Cause.SHORTAGE, packer.who), once, now, seen=seen)
