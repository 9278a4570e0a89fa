"""What differs between the two dialects of API v3, as data; and the requests that are written from it.

WeChat Pay, general rules: UTF-8 of one to three bytes only, no `null`, unknown keys are refused. A body is serialised
once; the same bytes are signed, sent, stored and sent again.
"""
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any
from urllib.parse import quote, urlencode

from shop.gateways.pay.values import PrepayRequest
from shop.settings import PaySettings

BEIJING = timezone(timedelta(hours=8))
LONGEST_DESCRIPTION = 127
LONGEST_NOTIFY_URL = 255
OUT_TRADE_NO = re.compile(r"[0-9A-Za-z_\-|*]{6,32}")


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """Paths and field names of one dialect.

    `sender` and `merchant` name the fields of the number that signs and of the one that is paid, `app_id` and `openid`
    those of the Service Account in which the traveller signed in. `transaction_id` are the fields in which WeChat's
    own order number may be found, in this order. `currency` is meant where WeChat names none.
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

    def order_path(self, out_trade_no: str) -> str:
        return f"{self.orders}/{quote(out_trade_no, safe='')}"

    def merchant_fields(self, settings: PaySettings) -> dict[str, str]:
        """Who asks, as every query and close must say."""
        return {self.sender: settings.sender, self.merchant: merchant_of(self, settings)}

    def find_path(self, out_trade_no: str, settings: PaySettings) -> str:
        return f"{self.order_path(out_trade_no)}?{urlencode(self.merchant_fields(settings))}"

    def close_path(self, out_trade_no: str) -> str:
        return f"{self.order_path(out_trade_no)}/close"


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
