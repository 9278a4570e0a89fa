"""What is typed to see a report, to have it made, to keep it and to plan it."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from flask import g
from marshmallow import fields
from marshmallow.validate import OneOf, Range
from msgspec import Struct

from shop.exports.asking import Actor, Wish
from shop.exports.rules import PRESETS, Span
from shop.exports.saving import WAYS, Kept
from shop.orders.states import OrderState
from shop.reports.asked import FILE_KINDS, Day, Header
from shop.reports.pages import Turn
from shop.reports.registry import named
from shop.web.backoffice import forms, periods
from shop.web.guards import known_staff

FILTERS = ("point", "state", "flight", "destination", "campaign", "category", "brand", "sku")


def _choice(options: Any, **more: Any) -> fields.String:
    return fields.String(
        validate=OneOf([str(option) for option in options], error="wrong_choice"), error_messages=forms.WORDS, **more
    )


class ReportForm(forms.PeriodForm):
    """The wish for a report. All may be missing: then it is this month, by the first day that the report goes by."""

    first = forms.day_field("from", load_default=None)
    last = forms.day_field("to", load_default=None)
    day = _choice(Day, load_default=None)
    format = _choice(FILE_KINDS, load_default="xlsx")
    header = _choice(Header, load_default=Header.WORDS.value)
    page = fields.Integer(
        load_default=1, validate=Range(min=1, max=10_000_000, error="wrong_value"), error_messages=forms.WORDS
    )
    after = forms.words_field(40, load_default=None)
    before = forms.words_field(40, load_default=None)
    last_page = _choice(["1"], data_key="last", load_default=None)
    wait = _choice(["1"], load_default=None)
    point = forms.words_field(16, load_default=None)
    state = _choice(OrderState, load_default=None)
    flight = forms.words_field(8, load_default=None)
    destination = forms.words_field(3, load_default=None)
    campaign = forms.words_field(64, load_default=None)
    category = forms.words_field(32, load_default=None)
    brand = forms.words_field(60, load_default=None)
    sku = forms.words_field(32, load_default=None)


class SaveForm(ReportForm):
    name = forms.words_field(80, required=True)
    span = _choice(Span, required=True)
    shared = _choice(["1"], load_default=None)


class PlanForm(forms.Form):
    """`every` is a preset, or `rule` for one of one's own."""

    every = _choice([*PRESETS, "rule"], required=True)
    rule = forms.words_field(200, load_default="")
    at = fields.Time(required=True, error_messages={**forms.WORDS, "invalid": "wrong_time"})
    way = _choice(WAYS, required=True)
    target = forms.words_field(300, load_default="")


REPORT, SAVE, PLAN = ReportForm(), SaveForm(), PlanForm()


class Typed(Struct, frozen=True):
    """What was typed, and what it means: `wish` is None while something is wrong."""

    typed: dict[str, str]
    errors: dict[str, list[str]]
    wish: Wish | None
    turn: Turn = Turn()
    patient: bool = False  # a long period is added up all the same


def read_report(name: str, sent: Mapping[str, str], now: datetime) -> Typed:
    """The wish for the report `name`. Raises UnknownReport."""
    report, (first, last) = named(name), periods.usual(now)
    typed = {
        "from": first.isoformat(),
        "to": last.isoformat(),
        "day": str(report.days[0]) if report.days else "",
        **dict(sent),
    }
    values, errors = forms.read(REPORT, typed)
    if errors:
        return Typed(typed, errors, None)
    turn = Turn(values["page"], values["after"], None if values["after"] else values["before"], values["last_page"] == "1")
    return Typed(typed, {}, wish_of(name, values, first, last), turn, values["wait"] == "1")


def wish_of(name: str, values: Mapping[str, Any], first: date, last: date) -> Wish:
    filters = {one: values[one] for one in FILTERS if values.get(one)}
    return Wish(
        name,
        values["format"],
        values["first"] or first,
        values["last"] or last,
        g.lang,
        values["day"],
        values["header"],
        filters,
    )


def kept_of(name: str, values: Mapping[str, Any]) -> Kept:
    filters = {one: values[one] for one in FILTERS if values.get(one)}
    return Kept(
        values["name"], name, values["format"], g.lang, Span(values["span"]), values["first"], values["last"], values["day"],
        values["header"], filters, values["shared"] == "1",
    )  # fmt: skip


def me() -> Actor:
    """Whoever is signed in, as the one who asks."""
    return Actor(f"staff:{known_staff().id}", known_staff().name)
