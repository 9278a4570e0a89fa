"""The dashboard's period, and the address of the orders behind each of its figures."""

from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from marshmallow import ValidationError, fields, validates_schema
from marshmallow.validate import OneOf, Range
from msgspec import Struct

from shop.figures.queries import Sums
from shop.web.backoffice import forms, periods

LENGTHS = (1, 7, 30, 90)
USUAL = 7
LONGEST = timedelta(days=366)


class DashboardForm(forms.Form):
    """`days` up to today, or `from` and `to` (both included)."""

    days = fields.Integer(load_default=None, validate=OneOf(LENGTHS, error="wrong_choice"), error_messages=forms.WORDS)
    first = fields.Date(
        data_key="from", load_default=None, validate=Range(forms.FIRST_DAY, forms.LAST_DAY, error="wrong_date"),
        error_messages={**forms.WORDS, "invalid": "wrong_date"},
    )  # fmt: skip
    last = fields.Date(
        data_key="to", load_default=None, validate=Range(forms.FIRST_DAY, forms.LAST_DAY, error="wrong_date"),
        error_messages={**forms.WORDS, "invalid": "wrong_date"},
    )  # fmt: skip

    @validates_schema(skip_on_field_errors=False)
    def check_period(self, data: dict[str, Any], **_: object) -> None:
        first, last = data.get("first"), data.get("last")
        if first and last and last < first:
            raise ValidationError("wrong_period", "to")
        if first and last and last - first >= LONGEST:
            raise ValidationError("dashboard_too_long", "to")


FORM = DashboardForm()


class Chosen(Struct, frozen=True):
    """Both days are included. `length` is one of LENGTHS when the period is one of those up to today."""

    first: date
    last: date
    length: int | None


def chosen(values: dict[str, Any], now: datetime) -> Chosen:
    """The period asked for; a missing end of it is today, a missing beginning a week before its end."""
    today = periods.offered(now)[0].last
    if values.get("first") or values.get("last"):
        last = values.get("last") or max(today, values["first"])
        last = min(last, values["first"] + LONGEST - timedelta(days=1)) if values.get("first") else last
        return Chosen(values.get("first") or last - timedelta(days=USUAL - 1), last, None)
    length = values.get("days") or USUAL
    return Chosen(today - timedelta(days=length - 1), today, length)


class Behind(Struct, frozen=True):
    """Makes the address of exactly the orders that a figure counts. `listed` is where orders are listed; empty for somebody who
    sees figures and no orders, and then so is every address."""

    listed: str

    def __call__(self, sums: Sums, figure: str, **more: Any) -> str:
        """Of these days; `more` narrows it: `point`, `hour`, `sku`."""
        if not self.listed:
            return ""
        first, last = sums.first.isoformat(), sums.last.isoformat()
        days = ("from", "to") if figure in ("orders", "paid", "refunds") else ("flight_from", "flight_to")
        return f"{self.listed}?{urlencode({days[0]: first, days[1]: last, **_ASKED[figure], **more})}"


_ASKED: dict[str, dict[str, str]] = {
    "orders": {},
    "paid": {"paid": "yes"},
    "refunds": {"refund": "any"},
    "departures": {"paid": "yes"},
    "on_time": {"ready": "on_time"},
    "late": {"ready": "late"},
    "no_shows": {"state": "no_show", "paid": "yes"},
}


def has_hours(first: date, last: date) -> bool:
    """Whether the list of orders can be asked for an hour of so many days."""
    return last - first < forms.LONGEST_HOURS


def change(now: int | None, before: int | None) -> int | None:
    """By how many per cent it is more than before, rounded; None when there is nothing to compare with."""
    if not before or now is None:
        return None
    return round(100 * (now - before) / before)
