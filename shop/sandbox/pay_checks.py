"""What WeChat Pay demands of a request, field by field: two tables and the few kinds of field they are made of.

WeChat Pay, general rules: unknown keys and null are refused, text holds no 4-byte characters, amounts are
whole numbers.
"""
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NoReturn
from urllib.parse import urlsplit

from shop.sandbox.errors import param_error

BIGGEST_BODY = 64 * 1024
UNDEFINED = "请求中含有未在API文档中定义的参数"


@dataclass(frozen=True, kw_only=True)
class Spec:
    """A field that may be missing unless it is required."""

    required: bool = False

    def check(self, value: Any, where: str) -> None:
        """Raises Refused (PARAM_ERROR)."""
        raise NotImplementedError


@dataclass(frozen=True, kw_only=True)
class Text(Spec):
    most: int
    least: int = 1
    pattern: str = ""
    choices: tuple[str, ...] = ()

    def check(self, value: Any, where: str) -> None:
        if not isinstance(value, str):
            raise param_error(where, "must be a string", value)
        if not self.least <= len(value) <= self.most:
            raise param_error(where, f"must have {self.least} to {self.most} characters", value)
        if self.pattern and not re.fullmatch(self.pattern, value):
            raise param_error(where, "has characters or a form that is not allowed", value)
        if self.choices and value not in self.choices:
            raise param_error(where, f"must be one of {', '.join(self.choices)}", value)


@dataclass(frozen=True, kw_only=True)
class Moment(Text):
    """RFC 3339 with seconds and a numeric offset: yyyy-MM-DDTHH:mm:ss+08:00."""

    most: int = 64
    pattern: str = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d"

    def check(self, value: Any, where: str) -> None:
        super().check(value, where)
        try:
            datetime.fromisoformat(value)
        except ValueError:
            raise param_error(where, "is no moment", value) from None


@dataclass(frozen=True, kw_only=True)
class Address(Text):
    """A notify_url: absolute, no query, no fragment, no space at either end (or anywhere)."""

    def check(self, value: Any, where: str) -> None:
        super().check(value, where)
        try:
            parts = urlsplit(value)
        except ValueError:
            raise param_error(where, "is no address", value) from None
        if parts.scheme not in {"http", "https"} or not parts.hostname or re.search(r"\s", value):
            raise param_error(where, "must be an absolute http(s) address without spaces", value)
        if "?" in value or "#" in value:
            raise param_error(where, "must carry no query and no fragment", value)


@dataclass(frozen=True, kw_only=True)
class Whole(Spec):
    least: int = 0

    def check(self, value: Any, where: str) -> None:
        if type(value) is not int:
            raise param_error(where, "must be a whole number", value)
        if value < self.least:
            raise param_error(where, f"must be {self.least} or more", value)


@dataclass(frozen=True, kw_only=True)
class Flag(Spec):
    def check(self, value: Any, where: str) -> None:
        if not isinstance(value, bool):
            raise param_error(where, "must be true or false", value)


@dataclass(frozen=True, kw_only=True)
class Group(Spec):
    fields: Mapping[str, Spec]

    def check(self, value: Any, where: str) -> None:
        if not isinstance(value, dict):
            raise param_error(where or "/", "must be an object", value)
        for name, spec in self.fields.items():
            if name in value:
                spec.check(value[name], f"{where}/{name}")
            elif spec.required:
                raise param_error(f"{where}/{name}", "is required")
        for name in value:
            if name not in self.fields:
                raise param_error(f"{where}/{name}", UNDEFINED, value[name], "UNKNOWN_PARAMETER")


@dataclass(frozen=True, kw_only=True)
class Many(Spec):
    each: Spec

    def check(self, value: Any, where: str) -> None:
        if not isinstance(value, list) or not value:
            raise param_error(where, "must be a list with something in it", value)
        for place, one in enumerate(value):
            self.each.check(one, f"{where}/{place}")


OUT_TRADE_NO = r"[0-9A-Za-z_\-|*]+"

MAINLAND_JSAPI = Group(
    fields={
        "appid": Text(most=32, required=True),
        "mchid": Text(most=32, required=True),
        "description": Text(most=127, required=True),
        "out_trade_no": Text(least=6, most=32, pattern=OUT_TRADE_NO, required=True),
        "time_expire": Moment(),
        "attach": Text(most=128),
        "notify_url": Address(most=255, required=True),
        "goods_tag": Text(most=32),
        "support_fapiao": Flag(),
        "amount": Group(
            fields={"total": Whole(least=1, required=True), "currency": Text(most=16, choices=("CNY",))}, required=True
        ),
        "payer": Group(fields={"openid": Text(most=128, required=True)}, required=True),
        "detail": Group(
            fields={
                "cost_price": Whole(),
                "invoice_id": Text(most=32),
                "goods_detail": Many(
                    each=Group(
                        fields={
                            "merchant_goods_id": Text(most=32, required=True),
                            "wechatpay_goods_id": Text(most=32),
                            "goods_name": Text(most=256),
                            "quantity": Whole(least=1, required=True),
                            "unit_price": Whole(required=True),
                        }
                    )
                ),
            }
        ),
        "scene_info": Group(
            fields={
                "payer_client_ip": Text(most=45, required=True),
                "device_id": Text(most=32),
                "store_info": Group(
                    fields={
                        "id": Text(most=32, required=True),
                        "name": Text(most=256),
                        "area_code": Text(most=32),
                        "address": Text(most=512),
                    }
                ),
            }
        ),
        "settle_info": Group(fields={"profit_sharing": Flag()}),
    }
)

CROSSBORDER_JSAPI = Group(
    fields={
        "sp_mchid": Text(most=32, required=True),
        "sp_appid": Text(most=32, required=True),
        "sub_mchid": Text(most=32, required=True),
        "sub_appid": Text(most=32),
        "description": Text(most=127, required=True),
        "notify_url": Address(most=256, required=True),
        "out_trade_no": Text(most=32, pattern=OUT_TRADE_NO, required=True),
        "trade_type": Text(most=16, choices=("JSAPI",), required=True),
        "merchant_category_code": Text(least=4, most=4, pattern=r"\d{4}", required=True),
        "attach": Text(most=127),
        "goods_tag": Text(most=32),
        "limit_pay": Text(most=32, choices=("no_credit",)),
        "time_start": Moment(),
        "time_expire": Moment(),
        "amount": Group(
            fields={"total": Whole(least=1, required=True), "currency": Text(most=16, choices=("EUR", "CNY"))},
            required=True,
        ),
        "payer": Group(fields={"sp_openid": Text(most=128), "sub_openid": Text(most=128)}, required=True),
        "scene_info": Group(
            fields={
                "payer_client_ip": Text(most=45),
                "device_ip": Text(most=45),
                "device_id": Text(most=32),
                "operator_id": Text(most=32),
                "store_info": Group(
                    fields={
                        "id": Text(most=32, required=True),
                        "name": Text(most=256),
                        "address": Text(most=512, required=True),
                    }
                ),
            }
        ),
        "detail": Many(
            each=Group(
                fields={
                    "cost_price": Whole(),
                    "receipt_id": Text(most=32),
                    "goods_detail": Many(
                        each=Group(
                            fields={
                                "goods_id": Text(most=32, required=True),
                                "wxpay_goods_id": Text(most=32),
                                "goods_name": Text(most=256),
                                "quantity": Whole(least=1, required=True),
                                "price": Whole(required=True),
                            }
                        )
                    ),
                }
            )
        ),
    }
)

MAINLAND_CLOSE = Group(fields={"mchid": Text(most=32, required=True)})
CROSSBORDER_CLOSE = Group(
    fields={"sp_mchid": Text(most=32, required=True), "sub_mchid": Text(most=32, required=True)}
)


def read_body(raw: bytes, spec: Group) -> dict[str, Any]:
    """The body as values, checked against its table. Raises Refused (PARAM_ERROR)."""
    if len(raw) > BIGGEST_BODY:
        raise param_error("/", "is too long")
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise param_error("/", "is not UTF-8") from None
    try:
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise param_error("/", "is not JSON (or names a key twice)") from None
    _plain(value, "")
    spec.check(value, "")
    found: dict[str, Any] = value
    return found


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is there twice")
    return found


def _no_constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is not JSON")


def _plain(value: Any, where: str) -> None:
    """Neither null nor characters beyond the Basic Multilingual Plane, at any depth."""
    if value is None:
        raise param_error(where or "/", "must not be null: leave the key out")
    if isinstance(value, str) and any(ord(one) > 0xFFFF or 0xD800 <= ord(one) <= 0xDFFF for one in value):
        raise param_error(where or "/", "must be UTF-8 of 1 to 3 bytes per character")
    if isinstance(value, dict):
        for name, one in value.items():
            _plain(name, where)
            _plain(one, f"{where}/{name}")
    if isinstance(value, list):
        for place, one in enumerate(value):
            _plain(one, f"{where}/{place}")
