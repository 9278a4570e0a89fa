"""The back office's forms: typed text becomes values, or codes that say what is wrong with it, by field."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range, Regexp
from msgspec import Struct

from shop.orders.listing import Sort
from shop.orders.states import OrderState, RefundState
from shop.payments.refund_rules import Amount, Lines, What, Whole
from shop.payments.states import Cause
from shop.people.rights import Role
from shop.people.states import DeviceKind
from shop.web.templates import FRANKFURT

WORDS: dict[str, Any] = {"required": "missing", "null": "missing", "invalid": "wrong_value"}
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
LONGEST_PERIOD = timedelta(days=3 * 366)
LONGEST_HOURS = timedelta(days=93)
CAUSES = (Cause.GOODWILL, Cause.SHORTAGE, Cause.CANCELLED, Cause.COUNTER)  # the others happen by themselves
SUM = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,2})?")
LINE = re.compile(r"line-([0-9]{1,9})")
KEY = re.compile(r"^[0-9A-Za-z_-]{8,40}$")
PIECES = re.compile(r"[0-9]{1,6}")


def printable(text: str) -> None:
    """Refuse control characters: nobody types them, and PostgreSQL does not store them all."""
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise ValidationError("wrong_value")


def written(text: str) -> None:
    """The same, but lines may end."""
    printable(re.sub(r"\r?\n", " ", text))


def _text(longest: int, **more: Any) -> fields.String:
    return fields.String(validate=[Length(max=longest, error="too_long"), printable], error_messages=WORDS, **more)


def _day(name: str, **more: Any) -> fields.Date:
    return fields.Date(
        data_key=name,
        validate=Range(min=FIRST_DAY, max=LAST_DAY, error="wrong_date"),
        error_messages={**WORDS, "invalid": "wrong_date"},
        **more,
    )


def _choice(names: list[str]) -> fields.String:
    return fields.String(load_default=None, validate=OneOf(names, error="wrong_choice"), error_messages=WORDS)


class Form(Schema):
    """What all of them have in common: other fields (the form's token, a button's name) do not matter."""

    class Meta:
        unknown = EXCLUDE


class SignInForm(Form):
    name = _text(80, required=True)
    password = fields.String(required=True, validate=Length(max=1000, error="too_long"), error_messages=WORDS)


def _secret(**more: Any) -> fields.String:
    return fields.String(required=True, validate=Length(max=1000, error="too_long"), error_messages=WORDS, **more)


class CodeForm(Form):
    """Six digits of the app, or a recovery code."""

    code = _text(40, required=True)


class NewPasswordForm(Form):
    password = _secret()


class ChangePasswordForm(NewPasswordForm):
    old = _secret()


class GrantForm(Form):
    """A role to add; `point` is a pickup point's code, empty means every point."""

    role = fields.String(load_default=None, validate=OneOf(list(Role), error="wrong_choice"), error_messages=WORDS)
    point = _text(16, load_default=None)


class InvitationForm(GrantForm):
    name = _text(80, required=True)
    role = fields.String(required=True, validate=OneOf(list(Role), error="wrong_choice"), error_messages=WORDS)


class _Period(Form):
    """`from` and `to`, both days included."""

    @validates_schema(skip_on_field_errors=False)
    def check_period(self, data: dict[str, Any], **_: object) -> None:
        first, last = data.get("first"), data.get("last")
        if first and last and last < first:
            raise ValidationError("wrong_period", "to")
        if first and last and last - first > LONGEST_PERIOD:
            raise ValidationError("period_too_long", "to")


# What forms in other modules are made of.
words_field, day_field = _text, _day


class PeriodForm(_Period):
    """`from` and `to`, both days included."""


class OrderFilterForm(_Period):
    """The filters of the list of orders, as they stand in its address; all may be missing."""

    q = _text(80, load_default=None)
    state = _choice(list(OrderState))
    refund = _choice(["any", *list(RefundState)])
    paid = _choice(["yes", "no"])
    point = _text(16, load_default=None)
    first = _day("from", load_default=None)
    last = _day("to", load_default=None)
    flight_first = _day("flight_from", load_default=None)
    flight_last = _day("flight_to", load_default=None)
    hour = fields.Integer(load_default=None, validate=Range(min=0, max=23, error="wrong_value"), error_messages=WORDS)
    least = _text(20, load_default=None)
    most = _text(20, load_default=None)
    ready = _choice(["on_time", "late"])
    sku = _text(32, load_default=None)
    attention = _choice(["yes"])
    sort = _choice(list(Sort))
    direction = _choice(["up", "down"])
    after = _text(40, load_default=None)
    before = _text(40, load_default=None)

    @validates_schema(skip_on_field_errors=False)
    def check_flights(self, data: dict[str, Any], **_: object) -> None:
        """Both ends in order; an hour of the departure is asked of a quarter of a year at most."""
        first, last = data.get("flight_first"), data.get("flight_last")
        if first and last and last < first:
            raise ValidationError("wrong_period", "flight_to")
        if data.get("hour") is not None and not (first and last and last - first < LONGEST_HOURS):
            raise ValidationError("days_for_hour", "hour")

    @validates_schema(skip_on_field_errors=False)
    def check_amounts(self, data: dict[str, Any], **_: object) -> None:
        wrong = {name: ["wrong_sum"] for name in ("least", "most") if data.get(name) and not SUM.fullmatch(data[name])}
        if not wrong and data.get("least") and data.get("most") and minor_of(data["most"]) < minor_of(data["least"]):
            wrong = {"most": ["most_below_least"]}
        if wrong:
            raise ValidationError(wrong)


class AuditFilterForm(_Period):
    """`who` is a name or `staff:3`, `what` an action or its area, `thing` like `order:D234`; `after` the last row shown."""

    who = _text(80, load_default=None)
    what = _text(64, load_default=None)
    thing = _text(100, load_default=None)
    first = _day("from", load_default=None)
    last = _day("to", load_default=None)
    after = fields.Integer(
        load_default=None, validate=Range(min=1, max=10**15, error="wrong_value"), error_messages=WORDS
    )


class ReportForm(_Period):
    first = _day("from", required=True)
    last = _day("to", required=True)
    format = fields.String(required=True, validate=OneOf(["xlsx", "csv"], error="wrong_choice"), error_messages=WORDS)


class DeviceForm(Form):
    """`point` is a pickup point's code; empty means every point."""

    name = _text(80, required=True)
    kind = fields.String(required=True, validate=OneOf(list(DeviceKind), error="wrong_choice"), error_messages=WORDS)
    point = _text(16, load_default=None)


class RefundForm(Form):
    """Beside these there is a field `line-3` for every line of the order: how many pieces of it."""

    what = fields.String(required=True, validate=OneOf(["whole", "lines", "amount"], error="wrong_choice"), error_messages=WORDS)
    amount = _text(20, load_default=None)
    cause = fields.String(
        required=True, validate=OneOf([cause.value for cause in CAUSES], error="wrong_choice"), error_messages=WORDS
    )
    note = _text(200, load_default=None)


class NoteForm(Form):
    """How somebody settled what the shop could not."""

    note = _text(200, required=True)


class OrderNoteForm(Form):
    """What staff write beside an order; `key` is the page's own, so that a form sent twice is one note."""

    text = fields.String(required=True, validate=[Length(max=1000, error="too_long"), written], error_messages=WORDS)
    key = fields.String(required=True, validate=Regexp(KEY, error="wrong_value"), error_messages=WORDS)


class TripForm(Form):
    """Another flight for an order. `departure_time` only for a flight that the timetable does not know."""

    flight = _text(12, required=True)
    date = _day("date", required=True)
    departure_time = fields.Time(
        load_default=None, format="%H:%M", error_messages={**WORDS, "invalid": "wrong_time"}
    )
    final_destination = fields.String(
        load_default=None, validate=Regexp(r"^[A-Za-z]{3}$", error="no_such_airport"), error_messages=WORDS
    )
    pickup_point = _text(16, load_default=None)


class RefundWish(Struct, frozen=True):
    """What a person wants to go back, and why."""

    what: What
    cause: Cause
    note: str | None

    @property
    def text(self) -> str:
        """The same for the same wish."""
        return repr((self.what, self.cause.value, self.note))


def read_refund(sent: Mapping[str, str]) -> tuple[RefundWish | None, dict[str, list[str]]]:
    """The wish, or by field the codes of what is wrong. Whether the order has so much left is not looked at here."""
    values, errors = read(REFUND, sent)
    what: What = Whole()
    if values.get("what") == "amount":
        text = values.get("amount") or ""
        if "amount" not in errors and not SUM.fullmatch(text):
            errors["amount"] = ["wrong_sum" if text else "missing"]
        elif "amount" not in errors:
            what = Amount(minor_of(text))
    elif values.get("what") == "lines":
        what = _pieces(sent, errors)
    if errors:
        return None, errors
    return RefundWish(what, Cause(values["cause"]), values["note"]), {}


def minor_of(text: str) -> int:
    """`12`, `12.5` and `12,50` in minor units."""
    whole, _, part = text.replace(",", ".").partition(".")
    return int(whole) * 100 + int(part.ljust(2, "0"))


def _pieces(sent: Mapping[str, str], errors: dict[str, list[str]]) -> Lines:
    wanted = {}
    for name, text in sent.items():
        if (line := LINE.fullmatch(name)) and (text := text.strip()):
            if not PIECES.fullmatch(text):
                errors[name] = ["wrong_value"]
            elif int(text):
                wanted[int(line[1])] = int(text)
    if not wanted and not errors:
        errors["lines"] = ["no_pieces"]
    return Lines(dict(sorted(wanted.items())))


def read(form: Schema, sent: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The form's values (of wrong fields none) and, by field, the codes of what is wrong.

    An empty field counts as one that was not sent: a browser sends both.
    """
    filled = {name: text if name in ("password", "old") else text.strip() for name, text in sent.items()}
    try:
        return dict(form.load({name: text for name, text in filled.items() if text})), {}
    except ValidationError as error:
        return dict(error.valid_data or {}), dict(error.normalized_messages())


def start_of(day: date) -> datetime:
    """The moment `day` begins in Frankfurt."""
    return datetime.combine(day, time(), ZoneInfo(FRANKFURT))


def end_of(day: date) -> datetime:
    """The moment the day after `day` begins in Frankfurt; days have 23 to 25 hours there."""
    return start_of(day + timedelta(days=1))


SIGN_IN, ORDER_FILTER, REPORT, DEVICE = SignInForm(), OrderFilterForm(), ReportForm(), DeviceForm()
REFUND, NOTE, ORDER_NOTE, TRIP = RefundForm(), NoteForm(), OrderNoteForm(), TripForm()
CODE, NEW_PASSWORD, CHANGE_PASSWORD = CodeForm(), NewPasswordForm(), ChangePasswordForm()
GRANT, INVITATION, AUDIT_FILTER = GrantForm(), InvitationForm(), AuditFilterForm()
