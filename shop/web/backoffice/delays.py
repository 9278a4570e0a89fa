"""Flights that leave at another time: one by hand, many from a file; what was said so far."""

from datetime import timedelta
from http import HTTPStatus
from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from marshmallow import fields
from marshmallow.validate import Length, Range
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.flights import delays
from shop.flights.delays import MOST_MINUTES, SaidDelay, WrongFile
from shop.orders import delaying
from shop.web.backoffice import forms
from shop.web.errors import STATUS
from shop.web.guards import known_staff

blueprint = Blueprint("backoffice_delays", __name__, url_prefix="/manage/delays")
LARGEST_FILE = 128 * 1024
SHOWN_BACK = timedelta(days=2)
DAYS = Range(min=forms.FIRST_DAY, max=forms.LAST_DAY, error="wrong_date")


class DelayForm(forms.Form):
    """Either a local time (of another day when `on` is given) or minutes."""

    flight = fields.String(required=True, validate=[Length(max=20, error="too_long"), forms.printable], error_messages=forms.WORDS)
    date = fields.Date(required=True, validate=DAYS, error_messages={**forms.WORDS, "invalid": "wrong_date"})
    local = fields.Time(load_default=None, error_messages={**forms.WORDS, "invalid": "wrong_time"})
    on = fields.Date(load_default=None, validate=DAYS, error_messages={**forms.WORDS, "invalid": "wrong_date"})
    minutes = fields.Integer(
        load_default=None, validate=Range(-MOST_MINUTES, MOST_MINUTES, error="wrong_delay"), error_messages=forms.WORDS
    )


DELAY = DelayForm()


@blueprint.get("/")
def listed() -> str:
    """The form, and what was said of the flights of these days."""
    return _page({}, {})


@blueprint.post("/")
def say() -> Response | tuple[str, int]:
    """A flight leaves at another time. Harmless twice."""
    typed = request.form.to_dict()
    values, errors = forms.read(DELAY, typed)
    if errors:
        return _page(typed, errors), HTTPStatus.UNPROCESSABLE_ENTITY
    try:
        done = delaying.set_delay(SaidDelay(**values), _who(), clock.now())
    except ShopError as refused:
        return _page(typed, dict(refused.fields), refused), STATUS[refused.kind]
    return _told(1, done.orders)


@blueprint.post("/file")
def take_file() -> Response | tuple[str, int]:
    """All delays of a CSV file, or none: then every line that is wrong is named."""
    file = request.files.get("file")
    text = file.read(LARGEST_FILE + 1) if file else b""
    try:
        if len(text) > LARGEST_FILE:
            raise WrongFile(lines={0: ["too_large"]})
        done = delaying.import_delays(delays.read_file(text.decode("utf-8", errors="replace")), _who(), clock.now())
    except WrongFile as refused:
        return _page({}, {}, refused, delays.lines_of(refused)), STATUS[refused.kind]
    return _told(len(done), sum(one.orders for one in done))


def _who() -> str:
    return f"staff:{known_staff().id}"


def _told(flights: int, orders: int) -> Response:
    return redirect(url_for("backoffice_delays.listed", flights=flights, orders=orders), HTTPStatus.SEE_OTHER)


def _page(typed: dict[str, str], errors: dict[str, list[str]], refused: ShopError | None = None, lines: Any = None) -> str:
    since = (clock.now() - SHOWN_BACK).date()
    done = tuple(request.args.get(name, type=int) for name in ("flights", "orders"))
    return render_template(
        "backoffice/delays.html",
        typed=typed,
        errors=errors,
        refused=refused if refused is not None and not set(errors) & set(DELAY.fields) else None,
        lines=sorted((lines or {}).items()),
        done=done if request.method == "GET" and None not in done else None,
        delays=delays.listed(since),
    )
