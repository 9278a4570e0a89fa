"""What differs between the two dialects of API v3, as data; and the requests that are written from it.

WeChat Pay, general rules: UTF-8 of one to three bytes only, no `null`, unknown keys are refused. A body is serialised
once; the same bytes are signed, sent, stored and sent again.
"""
import json
import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, urlencode

from msgspec import Struct

from shop.gateways.pay.values import BillKind, PrepayRequest, RefundRequest
from shop.settings import PaySettings

BEIJING = timezone(timedelta(hours=8))
LONGEST_DESCRIPTION = 127
LONGEST_REASON = 80
LONGEST_NOTIFY_URL = 255
OUT_TRADE_NO = re.compile(r"[0-9A-Za-z_\-|*]{6,32}")
OUT_REFUND_NO = re.compile(r"[0-9A-Za-z_\-|*@]{1,64}")


class Dialect(Struct, frozen=True, kw_only=True):
    """Paths and field names of one dialect.

    `sender` and `merchant` name the fields of the number that signs and of the one that is paid, `app_id` and `openid`
    those of the Service Account in which the traveller signed in. `transaction_id` are the fields in which WeChat's
    own order number may be found, in this order. `currency` is meant where WeChat names none.

    `refunds` takes a refund, `refunds_by_number` finds one; `refund_names_us` says whether a refund names sender and
    merchant (in mainland the signature alone says who asks, and unknown fields are refused). `abnormal` is the path
    under a refund that moves it to the merchant's own card, "" where there is none. `bills` are the paths of the
    day's files by kind; what else they need is in `bill_path`.
    """

    prepay: str
    orders: str
    sender: str
    merchant: str
    app_id: str
    openid: str
    transaction_id: tuple[str, ...]
    currency: str | None
    longest_attach: int
    needs: Mapping[str, str]   # further fields of a prepay that come from the settings: field → attribute
    fixed: Mapping[str, str]   # further fields of a prepay that never change
    refunds: str
    refunds_by_number: str
    refund_names_us: bool
    refund_needs: Mapping[str, str]  # as `needs`, of a refund
    refund_account: tuple[str, ...]  # the fields in which the receiving account may be found
    abnormal: str
    certificates: str
    bills: Mapping[BillKind, str]

    def order_path(self, out_trade_no: str) -> str:
        return f"{self.orders}/{quote(out_trade_no, safe='')}"

    def merchant_fields(self, settings: PaySettings) -> dict[str, str]:
        """Who asks, as every query and close must say."""
        return {self.sender: settings.sender, self.merchant: merchant_of(self, settings)}

    def find_path(self, out_trade_no: str, settings: PaySettings) -> str:
        return f"{self.order_path(out_trade_no)}?{urlencode(self.merchant_fields(settings))}"

    def close_path(self, out_trade_no: str) -> str:
        return f"{self.order_path(out_trade_no)}/close"

    def find_refund_path(self, out_refund_no: str, settings: PaySettings) -> str:
        path = f"{self.refunds_by_number}/{quote(out_refund_no, safe='')}"
        return f"{path}?{urlencode(self.merchant_fields(settings))}" if self.refund_names_us else path

    def abnormal_path(self, refund_id: str) -> str:
        return f"{self.refunds}/{quote(refund_id, safe='')}/{self.abnormal}"

    def bill_path(self, kind: BillKind, day: date, settings: PaySettings) -> str:
        """WeChat Pay, bills: mainland writes the day with hyphens and is asked for gzip, the statement without."""
        asked: dict[str, str]
        match kind:
            case BillKind.TRADES:
                asked = {"bill_date": day.isoformat(), "bill_type": "ALL", "tar_type": "GZIP"}
            case BillKind.FUND_FLOW:
                asked = {"bill_date": day.isoformat(), "account_type": "BASIC", "tar_type": "GZIP"}
            case BillKind.STATEMENT:
                asked = {"date": f"{day:%Y%m%d}", **self.merchant_fields(settings)}
        return f"{self.bills[kind]}?{urlencode(asked)}"


def merchant_of(dialect: Dialect, settings: PaySettings) -> str:
    """The number that is paid: our own where there is only one, else the sub-merchant's."""
    return settings.sender if dialect.merchant == dialect.sender else settings.sub_mch_id


def prepay_body(dialect: Dialect, settings: PaySettings, app_id: str, asked: PrepayRequest) -> bytes:
    """The exact bytes of a prepay; the same request gives the same bytes. Raises ValueError for what cannot be sent."""
    _check(dialect, asked)
    body: dict[str, Any] = {
        **dialect.merchant_fields(settings),
        dialect.app_id: app_id,
        **{name: getattr(settings, attribute) for name, attribute in dialect.needs.items()},
        **dialect.fixed,
        "description": description(asked.description) or asked.out_trade_no,
        "out_trade_no": asked.out_trade_no,
        "time_expire": beijing(asked.time_expire),
        "notify_url": asked.notify_url,
        "amount": {"total": asked.amount.minor, "currency": asked.amount.currency.value},
        "payer": {dialect.openid: asked.openid},
    }
    if asked.attach:
        body["attach"] = asked.attach
    return encode(body)


def _check(dialect: Dialect, asked: PrepayRequest) -> None:
    if not OUT_TRADE_NO.fullmatch(asked.out_trade_no):
        raise ValueError("out_trade_no: 6 to 32 of [0-9A-Za-z_-|*]")
    if asked.amount.minor < 1:
        raise ValueError("amount: at least one minor unit")
    if dialect.currency and asked.amount.currency.value != dialect.currency:
        raise ValueError(f"amount: this dialect takes {dialect.currency} only")
    if "?" in asked.notify_url or len(asked.notify_url) > LONGEST_NOTIFY_URL:
        raise ValueError("notify_url: no query, at most 255 characters")
    if not 1 <= len(asked.openid) <= 128:
        raise ValueError("openid: 1 to 128 characters")
    if asked.time_expire.tzinfo is None:
        raise ValueError("time_expire: a moment that says its zone")
    if asked.attach and (len(asked.attach) > dialect.longest_attach or plain(asked.attach) != asked.attach):
        raise ValueError(f"attach: at most {dialect.longest_attach} characters of one to three bytes")


def refund_body(dialect: Dialect, settings: PaySettings, app_id: str, asked: RefundRequest) -> bytes:
    """The exact bytes of a refund; the same request gives the same bytes. Raises ValueError for what cannot be sent."""
    _check_refund(dialect, asked)
    body: dict[str, Any] = {}
    if dialect.refund_names_us:
        body |= dialect.merchant_fields(settings) | {dialect.app_id: app_id}
        body |= {name: getattr(settings, attribute) for name, attribute in dialect.refund_needs.items()}
    if asked.transaction_id:
        body["transaction_id"] = asked.transaction_id
    else:
        body["out_trade_no"] = asked.out_trade_no
    body["out_refund_no"] = asked.out_refund_no
    if reason := " ".join(plain(asked.reason).split())[:LONGEST_REASON].rstrip():
        body["reason"] = reason
    body["notify_url"] = asked.notify_url
    body["amount"] = {
        "refund": asked.refund.minor, "total": asked.total.minor, "currency": asked.total.currency.value,
    }
    return encode(body)


def _check_refund(dialect: Dialect, asked: RefundRequest) -> None:
    if not OUT_REFUND_NO.fullmatch(asked.out_refund_no):
        raise ValueError("out_refund_no: 1 to 64 of [0-9A-Za-z_-|*@]")
    if asked.refund.currency is not asked.total.currency:
        raise ValueError("refund: in the currency of the payment")
    if not 1 <= asked.refund.minor <= asked.total.minor:
        raise ValueError("refund: at least one minor unit, at most what came in")
    if dialect.currency and asked.total.currency.value != dialect.currency:
        raise ValueError(f"refund: this dialect takes {dialect.currency} only")
    if "?" in asked.notify_url or len(asked.notify_url) > LONGEST_NOTIFY_URL:
        raise ValueError("notify_url: no query, at most 255 characters")


def close_body(dialect: Dialect, settings: PaySettings) -> bytes:
    return encode(dialect.merchant_fields(settings))


def encode(body: Mapping[str, Any]) -> bytes:
    """Compact UTF-8 JSON in the order of `body`."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def description(text: str) -> str:
    """What WeChat accepts of `text`: no line breaks, no characters of four bytes, at most 127 characters."""
    return " ".join(plain(text).split())[:LONGEST_DESCRIPTION].rstrip()


def plain(text: str) -> str:
    """`text` without control characters, halves of pairs and whatever needs four bytes in UTF-8."""
    return "".join(
        sign for sign in text
        if sign.isspace() or (sign.isprintable() and ord(sign) <= 0xFFFF and not 0xD800 <= ord(sign) <= 0xDFFF)
    )


def beijing(moment: datetime) -> str:
    """RFC 3339 with `+08:00`, to the second, as the documents write it."""
    return moment.astimezone(BEIJING).isoformat(timespec="seconds")
