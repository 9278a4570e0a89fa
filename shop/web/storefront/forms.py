"""What visitors type, turned into values. Messages are codes; their words are in templates/_layout/words.html."""

import re
import secrets
from collections.abc import Mapping
from datetime import date
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields, pre_load, validate
from werkzeug.datastructures import MultiDict

from shop.orders.rules import MOST_LINES, MOST_PER_LINE, Wanted
from shop.web.storefront.basket import SKU

CONTROL = re.compile(r"[\x00-\x1f\x7f]+")  # no field of ours has them, and PostgreSQL refuses a NUL in a text
CURSOR = re.compile(r"[0-9]{1,9}(-[0-9]{1,17})?")
KEY = re.compile(r"[0-9A-Za-z_-]{8,80}")
REQUIRED: dict[str, Any] = {"required": "missing", "null": "missing", "invalid": "missing"}
EARLIEST, LATEST = date(2000, 1, 1), date(2100, 1, 1)  # beyond, a moment may not exist in every time zone


def clean(text: str | None, most: int = 100) -> str:
    """One line of text as somebody meant it: no control characters, no blanks around it, not endless."""
    return CONTROL.sub(" ", text or "").strip()[:most]


def cursor(text: str | None) -> str | None:
    """Where a list goes on; rubbish is the beginning."""
    return text if text and CURSOR.fullmatch(text) else None


def new_key() -> str:
    """A fresh idempotency key for one view of a form."""
    return secrets.token_urlsafe(18)


class Form(Schema):
    """A form whose blanks are trimmed, whose empty fields are missing, and which ignores fields it does not know."""

    class Meta:
        unknown = EXCLUDE

    @pre_load
    def _tidy(self, data: Mapping[str, str], **_: Any) -> dict[str, str]:
        tidy = {name: clean(value, 2000) for name, value in data.items() if isinstance(value, str)}
        return {name: value for name, value in tidy.items() if value}


def _quantity(least: int) -> fields.Integer:
    return fields.Integer(
        required=True,
        validate=validate.Range(least, MOST_PER_LINE, error="wrong_quantity"),
        error_messages={"required": "wrong_quantity", "invalid": "wrong_quantity", "too_large": "wrong_quantity"},
    )


def _text(most: int, *, required: bool = True) -> fields.String:
    return fields.String(
        required=required, validate=validate.Length(max=most, error="too_long"), error_messages=REQUIRED
    )


class AddForm(Form):
    quantity = _quantity(1)


class ChangeForm(Form):
    quantity = _quantity(0)


class TripForm(Form):
    """A flight on a day."""

    flight = _text(20)
    date = fields.Date(
        required=True,
        validate=validate.Range(EARLIEST, LATEST, error="wrong_date"),
        error_messages={"required": "missing", "invalid": "wrong_date"},
    )


class JourneyForm(TripForm):
    """A whole trip; what is left out follows from the flight."""

    departure_time = fields.Time(error_messages={"invalid": "wrong_time"})
    origin = fields.String(validate=validate.Regexp("[A-Za-z]{3}$", error="no_such_airport"))
    destination = fields.String(validate=validate.Regexp("[A-Za-z]{3}$", error="no_such_airport"))
    final_destination = fields.String(validate=validate.Regexp("[A-Za-z]{3}$", error="no_such_airport"))
    terminal = fields.String(validate=validate.Regexp("[0-9A-Za-z]{1,4}$", error="wrong_value"))
    residence = fields.String(validate=validate.Regexp("[A-Za-z]{2}$", error="wrong_country"))


class CheckoutForm(TripForm):
    """Everything an order needs beside its lines."""

    departure_time = fields.Time(error_messages={"invalid": "wrong_time"})
    final_destination = _text(3)
    lands = fields.String(validate=validate.Regexp("[A-Za-z]{3}$", error="no_such_airport"))  # of a flight nobody knows, on a connection
    pickup_point = _text(16)
    name = _text(200)
    residence = _text(2)
    birth_date = fields.Date(
        validate=validate.Range(date(1900, 1, 1), LATEST, error="wrong_date"), error_messages={"invalid": "wrong_date"}
    )
    adult = fields.String(validate=validate.OneOf(["yes"], error="age_not_confirmed"))


def load(form: Form, said: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The values and, when something is wrong, the codes by field; what could be read is there in either case."""
    try:
        return form.load(said), {}
    except ValidationError as wrong:
        messages = wrong.messages if isinstance(wrong.messages, dict) else {}
        return dict(wrong.valid_data or {}), {name: [str(code) for code in codes] for name, codes in messages.items()}


def typed(said: "MultiDict[str, str]", names: tuple[str, ...]) -> dict[str, str]:
    """What was typed into these fields, to be shown again."""
    return {name: clean(said.get(name), 200) for name in names}


def lines(said: "MultiDict[str, str]") -> tuple[Wanted, ...]:
    """The lines the page showed, each as a field `line` of `SKU:quantity`; what cannot be one is left out."""
    found = []
    for text in said.getlist("line")[: MOST_LINES + 1]:
        sku, _, quantity = text.rpartition(":")
        if SKU.fullmatch(sku) and quantity.isascii() and quantity.isdecimal() and len(quantity) <= 3:
            found.append(Wanted(sku, int(quantity)))
    return tuple(found)


def seen_prices(said: "MultiDict[str, str]") -> dict[str, int]:
    """What the page has shown as the price of one piece, by SKU, in minor units; each as a field `seen` of `SKU:minor`."""
    found = {}
    for text in said.getlist("seen")[:MOST_LINES]:
        sku, _, minor = text.rpartition(":")
        if SKU.fullmatch(sku) and minor.isascii() and minor.isdecimal() and len(minor) < 16:
            found[sku] = int(minor)
    return found


def seen_minor(said: "MultiDict[str, str]") -> int | None:
    """The sum that the form's page has shown, in minor units; None when it was lost."""
    sent = said.get("total", "")
    return int(sent) if sent.isascii() and sent.isdecimal() and len(sent) < 16 else None


def key(said: "MultiDict[str, str]") -> str:
    """The idempotency key of the form's view; a fresh one when it was lost."""
    sent = said.get("key", "")
    return sent if KEY.fullmatch(sent) else new_key()
