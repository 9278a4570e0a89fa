"""The forms of the catalogue: amounts, percentages and moments as managers type them."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import ValidationError, fields
from marshmallow.validate import Length, OneOf, Range

from shop.catalogue.office_queries import SORTS, STATES, STOCKS
from shop.catalogue.queries import LANGUAGES
from shop.catalogue.rules import MOST_PIECES, clean_location
from shop.catalogue.states import BY_PEOPLE, PriceKind
from shop.web.backoffice.forms import WORDS, Form, printable
from shop.web.templates import FRANKFURT

ZONE = ZoneInfo(FRANKFURT)
SUM = re.compile(r"[0-9]{1,7}(?:[.,][0-9]{1,2})?")
PERCENT = re.compile(r"[+-]?[0-9]{1,3}(?:[.,][0-9])?")
MOMENT = re.compile(r"([0-9]{4})-([0-9]{2})-([0-9]{2})[T ]([0-9]{2}):([0-9]{2})(?::[0-9]{2})?")
FIRST_YEAR, LAST_YEAR = 2000, 2100


def _several_lines(text: str) -> None:
    printable(text.replace("\n", " ").replace("\r", " ").replace("\t", " "))


class Amount(fields.Field[int]):
    """`12`, `12.5` or `12,50` in minor units."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        if not SUM.fullmatch(str(value)):
            raise ValidationError("wrong_sum")
        whole, _point, part = str(value).replace(",", ".").partition(".")
        return int(whole) * 100 + int(part.ljust(2, "0"))


class Tenths(fields.Field[int]):
    """`-10`, `+2.5` or `40` percent in tenths."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> int:
        if not PERCENT.fullmatch(str(value).replace("−", "-")):
            raise ValidationError("wrong_percent")
        whole, _point, part = str(value).replace("−", "-").replace(",", ".").partition(".")
        tenths = int(whole.lstrip("+-")) * 10 + int(part or 0)
        return -tenths if whole.startswith("-") else tenths


class Moment(fields.Field[datetime]):
    """A local time of Frankfurt as a browser sends it, `2026-12-01T08:00`, in UTC. Of an hour that comes twice the first."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **_: Any) -> datetime:
        match = MOMENT.fullmatch(str(value))
        try:
            parts = [int(part) for part in match.groups()] if match else []
            moment = datetime(*parts, tzinfo=ZONE) if parts else None  # type: ignore[misc,arg-type]
        except ValueError:
            moment = None
        if moment is None or not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise ValidationError("wrong_moment")
        return moment.astimezone(UTC)


def _text(longest: int, **more: Any) -> fields.String:
    return fields.String(validate=[Length(max=longest, error="too_long"), printable], error_messages=WORDS, **more)


def _long_text(**more: Any) -> fields.String:
    return fields.String(validate=[Length(max=5000, error="too_long"), _several_lines], error_messages=WORDS, **more)


def _number(least: int, most: int, **more: Any) -> fields.Integer:
    return fields.Integer(validate=Range(least, most, error="wrong_value"), error_messages=WORDS, **more)


def _location(text: str) -> None:
    try:
        clean_location(text)
    except ValueError as error:
        raise ValidationError("wrong_location") from error


class ProductForm(Form):
    """What is said of a product. `alcohol` is in % vol; `version` is that of the page."""

    ean = _text(14, required=True)
    category = _text(32, required=True)
    brand = _text(60, required=True)
    rank = _number(0, 1_000_000, load_default=1000)
    volume_ml = _number(1, 1_000_000, load_default=None)
    alcohol = Tenths(load_default=None, validate=Range(0, 1000, error="wrong_value"))
    weight_g = _number(1, 1_000_000, load_default=None)
    location = fields.String(load_default=None, validate=[Length(max=40, error="too_long"), _location], error_messages=WORDS)
    active = fields.String(load_default="", validate=OneOf(["yes"], error="wrong_choice"))
    publish_from = Moment(load_default=None)
    publish_until = Moment(load_default=None)
    name_zh = _text(120, required=True)
    name_en = _text(120, load_default="")
    name_de = _text(120, load_default="")
    text_zh = _long_text(load_default="")
    text_en = _long_text(load_default="")
    text_de = _long_text(load_default="")
    version = _number(1, 10**12, load_default=None)


class NewProductForm(ProductForm):
    """The same, with what a new product begins with."""

    sku = _text(32, required=True)
    price = Amount(required=True, error_messages=WORDS)
    duty_paid = Amount(load_default=None)
    on_hand = _number(0, MOST_PIECES, load_default=0)


class PriceForm(Form):
    """`amount` may be missing only where a duty-paid price ends."""

    kind = fields.String(required=True, validate=OneOf(list(PriceKind), error="wrong_choice"), error_messages=WORDS)
    amount = Amount(load_default=None)
    valid_from = Moment(load_default=None)
    why = _text(200, load_default="")


class MovementForm(Form):
    movement = fields.String(required=True, validate=OneOf(list(BY_PEOPLE), error="wrong_choice"), error_messages=WORDS)
    number = fields.Integer(required=True, error_messages={**WORDS, "invalid": "wrong_count"})
    note = _text(200, load_default="")
    key = _text(64, load_default=None)


class AltForm(Form):
    alt_zh = _text(160, load_default="")
    alt_en = _text(160, load_default="")
    alt_de = _text(160, load_default="")


class GroupForm(Form):
    """A category's names. Languages that are missing say the Chinese one."""

    name_zh = _text(60, required=True)
    name_en = _text(60, load_default="")
    name_de = _text(60, load_default="")
    hidden = fields.String(load_default="", validate=OneOf(["yes"], error="wrong_choice"))


class NewGroupForm(GroupForm):
    code = _text(32, required=True)


class BrandForm(Form):
    name = _text(60, required=True)
    hidden = fields.String(load_default="", validate=OneOf(["yes"], error="wrong_choice"))


class ListForm(Form):
    """Filters of the list, as they stand in its address; all may be missing."""

    q = _text(60, load_default=None)
    category = _text(32, load_default=None)
    brand = _text(60, load_default=None)
    state = fields.String(load_default=None, validate=OneOf(STATES, error="wrong_choice"))
    missing = fields.String(load_default=None, validate=OneOf(LANGUAGES, error="wrong_choice"))
    stock = fields.String(load_default=None, validate=OneOf(STOCKS, error="wrong_choice"))
    sort = fields.String(load_default="shop", validate=OneOf(["name", *SORTS], error="wrong_choice"))
    after = fields.String(load_default=None, validate=Length(max=160, error="too_long"))


class BulkForm(Form):
    """What to do with the chosen products; which fields count depends on it."""

    deed = fields.String(
        required=True, validate=OneOf(["publish", "unpublish", "category", "percent"], error="wrong_choice"), error_messages=WORDS
    )
    to_category = _text(32, load_default=None)
    percent = Tenths(load_default=None)
    valid_from = Moment(load_default=None)
    why = _text(200, load_default="")
    mark = _text(64, load_default=None)


def local(moment: datetime | None) -> str:
    """As a `datetime-local` field wants it."""
    return moment.astimezone(ZONE).strftime("%Y-%m-%dT%H:%M") if moment is not None else ""


def typed_of(values: Mapping[str, Any]) -> dict[str, str]:
    """A stored product as its form would have been filled in."""
    typed = {name: "" if value is None else str(value) for name, value in values.items()}
    permille = values["alcohol_permille"]
    typed["alcohol"] = "" if permille is None else f"{permille // 10}.{permille % 10}".removesuffix(".0")
    typed |= {name: local(values[name]) for name in ("publish_from", "publish_until")}
    return {**typed, "active": "yes" if values["active"] else ""}


PRODUCT, NEW_PRODUCT, PRICE, MOVEMENT, ALT = ProductForm(), NewProductForm(), PriceForm(), MovementForm(), AltForm()
GROUP, NEW_GROUP, BRAND, LIST, BULK = GroupForm(), NewGroupForm(), BrandForm(), ListForm(), BulkForm()
