"""Keys nobody sees, and the names people do see; the latter are random, never derived from a key."""

import secrets
from typing import NewType

TravellerId = NewType("TravellerId", int)
StaffId = NewType("StaffId", int)
DeviceId = NewType("DeviceId", int)
ProductId = NewType("ProductId", int)
PickupPointId = NewType("PickupPointId", int)
OrderId = NewType("OrderId", int)
AttemptId = NewType("AttemptId", int)

OrderNumber = NewType("OrderNumber", str)
OutTradeNo = NewType("OutTradeNo", str)
OutRefundNo = NewType("OutRefundNo", str)
PickupCode = NewType("PickupCode", str)

# Nothing that looks like something else (0 O, 1 I L), and nothing a German or Chinese keyboard layout moves (Y Z).
LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWX"


def random_name(length: int) -> str:
    """`length` random characters of LETTERS (about 4.86 bits each)."""
    return "".join(secrets.choice(LETTERS) for _ in range(length))


def new_order_number() -> OrderNumber:
    """What a traveller and staff call an order: `D` and nine characters."""
    return OrderNumber("D" + random_name(9))


def new_out_trade_no() -> OutTradeNo:
    """One attempt at WeChat Pay: `T` and 23 characters; WeChat allows 6 to 32 of [0-9A-Za-z_-|*]."""
    return OutTradeNo("T" + random_name(23))


def new_out_refund_no() -> OutRefundNo:
    """One refund at WeChat Pay: `R` and 23 characters; WeChat allows up to 64 of [0-9A-Za-z_-|*@]."""
    return OutRefundNo("R" + random_name(23))
