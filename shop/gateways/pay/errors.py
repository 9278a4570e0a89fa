"""What WeChat Pay may answer instead of what was asked, sorted by what the caller can do about it.

WeChat Pay, error codes: the spelling changes between generations of the documents (ORDERPAID, ORDER_PAID), so codes
are compared in capitals and without underlines, and an unknown code is judged by its HTTP status.

Error answers may be unsigned. They are good enough to show or to try again, never for a final decision about money:
after AlreadyPaid, OrderClosed or PaymentNotFound ask `find`, whose answer is verified.
"""
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from shop.base.errors import Kind, ShopError


class Reason(StrEnum):
    """Why something that claims to come from WeChat Pay was not believed. Stable: they are labels of a counter."""

    MISSING_HEADER = "missing_header"
    STALE = "stale"
    UNKNOWN_SERIAL = "unknown_serial"
    BAD_SIGNATURE = "bad_signature"
    SIGNATURE_TEST = "signature_test"
    UNREADABLE = "unreadable"
    WRONG_KEY = "wrong_key"
    TOO_LARGE = "too_large"


class NotAuthentic(ShopError):
    """Not WeChat's words, or not as WeChat wrote them. `reason` says which check failed, nothing of the content."""

    kind, code = Kind.UNAUTHENTIC, "notice_not_authentic"

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason=reason.value)
        self.reason = reason


class PayUnavailable(ShopError):
    """No answer that can be believed: *unknown*, not failed. The call may have taken effect.

    Ask `find` before deciding anything, or repeat the identical call. `reason`: timeout, connection, busy_there,
    server_error, answer_not_authentic, answer_unreadable, not_finished, too_soon. `again` says whether the same call
    may be made again at once.
    """

    kind, code = Kind.UPSTREAM, "pay_unavailable"
    again = True

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)
        self.reason = reason


class PayBusy(ShopError):
    """As many requests of this process as are allowed are already waiting for WeChat Pay. Nothing was sent."""

    kind, code = Kind.BUSY, "pay_busy"


class AlreadyPaid(ShopError):
    """WeChat says that this order is paid (ORDERPAID). Ask `find` and settle it."""

    kind, code = Kind.CONFLICT, "already_paid"


class OrderClosed(ShopError):
    """This out_trade_no is closed or too old: only a new attempt with a new number helps."""

    kind, code = Kind.CONFLICT, "pay_order_closed"


class PaymentNotFound(ShopError):
    """WeChat knows no order with this number (yet)."""

    kind, code = Kind.NOT_FOUND, "payment_not_found"


class PayRefused(ShopError):
    """WeChat refuses, and would again: a rule of theirs or our configuration. `pay_code` is their word for it."""

    kind, code = Kind.UPSTREAM, "pay_refused"

    def __init__(self, pay_code: str, status: int) -> None:
        super().__init__(pay_code=pay_code, status=status)
        self.pay_code = pay_code
        self.status = status


class RefundTooSoon(PayUnavailable):
    """WeChat did not take the refund now: too many at once, or the last one of this payment is under a minute old.

    WeChat Pay, refunds: after a 429 the state is unknown. Repeat the same bytes later, or ask `find_refund`.
    """

    code = "refund_too_soon"
    again = False

    def __init__(self) -> None:
        super().__init__("too_soon")


class RefundNoFunds(ShopError):
    """NOT_ENOUGH: the account cannot pay it now. Across borders this is normal: only the day's takings can be used.

    Repeat the same bytes later (hourly; WeChat says that most pass within 12 to 48 hours).
    """

    kind, code = Kind.UPSTREAM, "refund_no_funds"


class RefundImpossible(ShopError):
    """WeChat can never make this refund: the traveller's account is gone, or the payment is too old.

    An error answer may be unsigned: a person decides what follows. `pay_code` is WeChat's word.
    """

    kind, code = Kind.REFUSED, "refund_impossible"

    def __init__(self, pay_code: str) -> None:
        super().__init__(pay_code=pay_code)
        self.pay_code = pay_code


class NotOffered(ShopError):
    """This dialect of WeChat Pay has no such call."""

    kind, code = Kind.REFUSED, "not_offered"


class BillNotReady(ShopError):
    """The day's file is still being made: ask again in half an hour (from 10:00 in Beijing on the next day)."""

    kind, code = Kind.UPSTREAM, "bill_not_ready"


class NoStatement(ShopError):
    """WeChat made no file for this day (NO_STATEMENT_EXIST). Never leaves the gateway: `fetch_bill` gives None."""

    kind, code = Kind.NOT_FOUND, "no_statement"


class BillDamaged(ShopError):
    """What came is not the file WeChat announced; nothing of it may be used.

    `why`: sha1, truncated, too_large, hash_type, foreign_host.
    """

    kind, code = Kind.UPSTREAM, "bill_damaged"

    def __init__(self, why: str) -> None:
        super().__init__(why=why)
        self.why = why


class BillUnreadable(ShopError):
    """A line of a bill does not say what it must. `number` counts the lines of the file from 1; `why` says what."""

    kind, code = Kind.UPSTREAM, "bill_unreadable"

    def __init__(self, number: int, why: str) -> None:
        super().__init__(number=number, why=why)
        self.number = number
        self.why = why


class PayMisconfigured(ShopError):
    """Our keys cannot be used. `problems` are sentences for `check-config`, without secrets."""

    kind, code = Kind.UPSTREAM, "pay_misconfigured"

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


# WeChat Pay, tracing: the answer header `Request-ID: <id>-<number>` ends in a number that is steadier than the words.
BY_NUMBER: Mapping[str, type[ShopError]] = {
    "268449538": AlreadyPaid,
    "268498689": AlreadyPaid,
    "268447914": OrderClosed,
}
BY_CODE: Mapping[str, type[ShopError]] = {
    "ORDERPAID": AlreadyPaid,
    "ORDERCLOSED": OrderClosed,
    "ORDERNOTEXIST": PaymentNotFound,
}
TRY_AGAIN = frozenset(
    {"SYSTEMERROR", "FREQUENCYLIMITED", "RATELIMITEXCEEDED", "RATELIMITED", "BIZERRNEEDRETRY", "BANKERROR"}
)
TOO_SOON = frozenset({"FREQUENCYLIMITED", "RATELIMITEXCEEDED", "RATELIMITED", "BIZERRNEEDRETRY"})
IMPOSSIBLE = frozenset({"USERACCOUNTABNORMAL", "TRADEOVERDUE"})
UNKNOWN_NUMBER = frozenset({"RESOURCENOTEXISTS", "ORDERNOTEXIST"})
UNUSUAL = re.compile(r"[^0-9A-Za-z_]")  # an error body is unsigned, and its code is logged
REFUSED_AT_500 = frozenset({"OPENIDMISMATCH"})  # sic: a final refusal, although the status is 500


def normal(code: str) -> str:
    """`Order_Paid` and `ORDERPAID` are one code."""
    return code.upper().replace("_", "")


def refusal(status: int, said: Mapping[str, Any] | None, request_id: str) -> ShopError:
    """The error that an answer other than 2xx stands for. `said` is its JSON object, None when it had none."""
    code = said.get("code") if said else None
    if not isinstance(code, str) or not code:
        # Not WeChat's own words: a gateway page, a proxy. Whatever it says, the state of the order is unknown.
        return PayUnavailable("busy_there" if status == 429 else "server_error")
    key = normal(code)
    known = BY_CODE.get(key) or BY_NUMBER.get(request_id.rpartition("-")[2])
    if known:
        return known()
    if status == 429:
        return PayUnavailable("busy_there")
    if key in TRY_AGAIN or (status >= 500 and key not in REFUSED_AT_500) or status < 400:
        return PayUnavailable("server_error")
    return PayRefused(UNUSUAL.sub("", code)[:64], status)


def refund_refusal(status: int, said: Mapping[str, Any] | None, request_id: str) -> ShopError:
    """As `refusal`, for refunds, where the same words mean other things (WeChat Pay, refunds, error codes)."""
    code = said.get("code") if said else None
    key = normal(code) if isinstance(code, str) else ""
    if key == "NOTENOUGH":
        return RefundNoFunds()
    if key in TOO_SOON or status == 429:
        return RefundTooSoon()
    if key in IMPOSSIBLE:
        return RefundImpossible(key)
    if key in UNKNOWN_NUMBER:
        return PaymentNotFound()
    found = refusal(status, said, request_id)
    return found if isinstance(found, PayUnavailable) else PayRefused(UNUSUAL.sub("", str(code))[:64], status)


def bill_refusal(status: int, said: Mapping[str, Any] | None, request_id: str) -> ShopError:
    """As `refusal`, for bills and statements (WeChat Pay, bills, error codes)."""
    code = said.get("code") if said else None
    key = normal(code) if isinstance(code, str) else ""
    if key == "NOSTATEMENTEXIST":
        return NoStatement()
    return BillNotReady() if key == "STATEMENTCREATING" else refusal(status, said, request_id)


def certificate_refusal(status: int, said: Mapping[str, Any] | None, request_id: str) -> ShopError:
    """As `refusal`; PaymentNotFound when there are no certificates for us (WeChat Pay, public keys)."""
    code = said.get("code") if said else None
    if isinstance(code, str) and normal(code) in UNKNOWN_NUMBER:
        return PaymentNotFound()
    return refusal(status, said, request_id)
