"""From WeChat's JSON to our values. It comes from outside: every field may be missing, of another type, or new."""
import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, TypeVar

from msgspec import Struct

from shop.base.ids import OutRefundNo, OutTradeNo
from shop.base.money import Currency, Money
from shop.gateways.pay.dialect import Dialect
from shop.gateways.pay.values import Payment, PaymentState, PlainAmount, Refund, RefundNotice, RefundState

LONGEST_TEXT = 128    # of a number, an id or a word; columns may rely on it
LONGEST_ATTACH = 512
LARGEST_NUMBER = 2**63 - 1  # what a column holds
OLDER_WORDS = {"REFUNDCLOSE": "CLOSED"}  # WeChat Pay Global, refunds: both words are in use
_State = TypeVar("_State", bound=StrEnum)


class Unreadable(ValueError):
    """Without this there is nothing to talk about."""


class Ours(Struct, frozen=True, kw_only=True):
    """The numbers by which we know what is ours."""

    sender: str
    merchant: str
    app_id: str


def json_object(raw: bytes) -> dict[str, Any]:
    """Raises Unreadable for anything but one JSON object."""
    try:
        said = json.loads(raw)
    except (ValueError, RecursionError):
        raise Unreadable("not JSON") from None
    if not isinstance(said, dict):
        raise Unreadable("not an object")
    return said


def payment(said: Mapping[str, Any], dialect: Dialect, ours: Ours) -> Payment:
    """A query's answer or a notice's content (WeChat Pay, query). Raises Unreadable without number or state."""
    amount = part(said, "amount")
    currency = text(amount, "currency") or dialect.currency
    state_said = needed(said, "trade_state")
    app_id = text(said, dialect.app_id)
    return Payment(
        out_trade_no=OutTradeNo(needed(said, "out_trade_no")),
        transaction_id=_first(said, dialect.transaction_id),
        state=_state(PaymentState, state_said, PaymentState.UNKNOWN),
        state_said=state_said,
        amount=_money(whole(amount, "total"), currency),
        amount_said=_plain(whole(amount, "total"), currency),
        payer_total=_plain(whole(amount, "payer_total"), text(amount, "payer_currency") or dialect.currency),
        exchange_rate=whole(part(amount, "exchange_rate"), "rate"),
        success_time=moment(said, "success_time"),
        openid=text(part(said, "payer"), dialect.openid),
        sender=text(said, dialect.sender) or "",
        merchant=text(said, dialect.merchant) or "",
        app_id=app_id,
        ours=_is_ours(said, dialect, ours) and app_id in (None, ours.app_id),
        attach=text(said, "attach", LONGEST_ATTACH),
    )


def refund(said: Mapping[str, Any], dialect: Dialect) -> Refund:
    """The answer to a refund or to a question about one (WeChat Pay, refunds). Raises Unreadable without its number.

    Across borders the answer to a new refund names no state: it was accepted.
    """
    amount = part(said, "amount")
    currency = text(amount, "currency") or dialect.currency
    state_said = text(said, "status") or text(said, "refund_status") or ""
    return Refund(
        out_refund_no=OutRefundNo(needed(said, "out_refund_no")),
        refund_id=text(said, "refund_id") or text(said, "id"),
        out_trade_no=text(said, "out_trade_no"),
        transaction_id=text(said, "transaction_id"),
        state=_refund_state(state_said) if state_said else RefundState.PROCESSING,
        state_said=state_said,
        refunded=_money(whole(amount, "refund"), currency),
        total=_money(whole(amount, "total"), currency),
        payer_refund=_payer_refund(amount, dialect),
        exchange_rate=whole(part(amount, "exchange_rate"), "rate"),
        success_time=moment(said, "success_time"),
        received_account=_first(said, dialect.refund_account),
    )


def refund_notice(said: Mapping[str, Any], dialect: Dialect, ours: Ours, notice: Mapping[str, Any]) -> RefundNotice:
    """A refund notice's content; `notice` are the envelope's fields of RefundNotice. Raises Unreadable."""
    amount = part(said, "amount")
    currency = text(amount, "currency") or dialect.currency
    state_said = needed(said, "refund_status")
    out_trade_no = text(said, "out_trade_no")
    return RefundNotice(
        **notice,
        out_refund_no=needed(said, "out_refund_no"),
        out_trade_no=OutTradeNo(out_trade_no) if out_trade_no else None,
        transaction_id=text(said, "transaction_id"),
        refund_id=text(said, "refund_id") or text(said, "id"),
        state=_refund_state(state_said),
        state_said=state_said,
        refunded=_money(whole(amount, "refund"), currency),
        total=_money(whole(amount, "total"), currency),
        payer_refund=_payer_refund(amount, dialect),
        success_time=moment(said, "success_time"),
        received_account=_first(said, dialect.refund_account),
        sender=text(said, dialect.sender) or "",
        merchant=text(said, dialect.merchant) or "",
        ours=_is_ours(said, dialect, ours),
    )


def _is_ours(said: Mapping[str, Any], dialect: Dialect, ours: Ours) -> bool:
    return said.get(dialect.sender) == ours.sender and said.get(dialect.merchant) == ours.merchant


def _refund_state(said: str) -> RefundState:
    return _state(RefundState, OLDER_WORDS.get(said, said), RefundState.UNKNOWN)


def _payer_refund(amount: Mapping[str, Any], dialect: Dialect) -> PlainAmount | None:
    return _plain(whole(amount, "payer_refund"), text(amount, "payer_currency") or dialect.currency)


def _first(said: Mapping[str, Any], names: Iterable[str]) -> str | None:
    return next(filter(None, (text(said, name) for name in names)), None)


def _state(states: type[_State], said: str, unknown: _State) -> _State:
    try:
        return states(said)
    except ValueError:
        return unknown


def _money(minor: int | None, currency: str | None) -> Money | None:
    """None rather than an exception for a currency we do not settle in: money that came is never ignored."""
    if minor is None or currency is None or currency not in Currency.__members__:
        return None
    return Money(minor, Currency(currency))


def _plain(minor: int | None, currency: str | None) -> PlainAmount | None:
    return None if minor is None else PlainAmount(minor=minor, currency=currency or "")


def part(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = said.get(name)
    return value if isinstance(value, dict) else {}


def text(said: Mapping[str, Any], name: str, longest: int = LONGEST_TEXT) -> str | None:
    """None for what is absent, empty, too long, or what a database would refuse (NUL, half of a pair)."""
    value = said.get(name)
    if not isinstance(value, str) or not value or len(value) > longest:
        return None
    if "\x00" in value or any(0xD800 <= ord(sign) <= 0xDFFF for sign in value):
        return None
    return value


def needed(said: Mapping[str, Any], name: str) -> str:
    value = text(said, name)
    if value is None:
        raise Unreadable(name)
    return value


def whole(said: Mapping[str, Any], name: str) -> int | None:
    """A number of minor units: whole, not negative, not a truth value."""
    value = said.get(name)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_NUMBER:
        return None
    return value


def moment(said: Mapping[str, Any], name: str) -> datetime | None:
    """An RFC 3339 time in UTC; None for one that does not say its zone."""
    try:
        at = datetime.fromisoformat(text(said, name) or "")
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None
