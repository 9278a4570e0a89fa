"""The back office's forms: typed text becomes values, or codes that say what is wrong with it, by field."""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from marshmallow import EXCLUDE, Schema, ValidationError, fields, validates_schema
from marshmallow.validate import Length, OneOf, Range

from shop.orders.states import OrderState
from shop.payments.refund_rules import Amount, Lines, What, Whole
from shop.payments.states import Cause
from shop.people.rights import Role
from shop.people.states import DeviceKind
from shop.web.templates import FRANKFURT

WORDS: dict[str, Any] = {"required": "missing", "null": "missing", "invalid": "wrong_value"}
FIRST_DAY, LAST_DAY = date(2000, 1, 1), date(2100, 12, 31)
LONGEST_PERIOD = timedelta(days=3 * 366)
CAUSES = (Cause.GOODWILL, Cause.SHORTAGE, Cause.CANCELLED, Cause.COUNTER)  # the others happen by themselves
SUM = re.compile(r"[0-9]{1,9}(?:[.,][0-9]{1,2})?")
LINE = re.compile(r"line-([0-9]{1,9})")
PIECES = re.compile(r"[0-9]{1,6}")


def printable(text: str) -> None:
    """Refuse control characters: nobody types them, and PostgreSQL does not store them all."""
    if any(unicodedata.category(letter) in ("Cc", "Cs") for letter in text):
        raise ValidationError("wrong_value")


def _text(longest: int, **more: Any) -> fields.String:
    return fields.String(validate=[Length(max=longest, error="too_long"), printable], error_messages=WORDS, **more)


def _day(name: str, **more: Any) -> fields.Date:
    return fields.Date(
        data_key=name,
        validate=Range(min=FIRST_DAY, max=LAST_DAY, error="wrong_date"),
        error_messages={**WORDS, "invalid": "wrong_date"},
        **more,
    )


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


class OrderFilterForm(_Period):
    """The filters of the list of orders, as they stand in its address; all may be missing."""

    state = fields.String(load_default=None, validate=OneOf(list(OrderState), error="wrong_choice"))
    first = _day("from", load_default=None)
    last = _day("to", load_default=None)
    point = _text(16, load_default=None)
    q = _text(60, load_default=None)
    after = fields.Integer(
        load_default=None, validate=Range(min=1, max=10**15, error="wrong_value"), error_messages=WORDS
    )


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


@dataclass(frozen=True, slots=True)
class RefundWish:
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
REFUND, NOTE = RefundForm(), NoteForm()
CODE, NEW_PASSWORD, CHANGE_PASSWORD = CodeForm(), NewPasswordForm(), ChangePasswordForm()
GRANT, INVITATION, AUDIT_FILTER = GrantForm(), InvitationForm(), AuditFilterForm()
