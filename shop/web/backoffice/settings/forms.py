"""A setting's form: its value as the text of fields, and typed text as a value or codes that say what is wrong, by field."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

from marshmallow import fields, missing
from marshmallow.validate import Length, OneOf, Range
from msgspec import Struct, field

from shop.base.versions import Value
from shop.flights import hours
from shop.flights import leads as flight_leads
from shop.flights.hours import WEEKDAYS, WrongHours
from shop.pickup import packing_rules
from shop.pickup.checks import EVIDENCE
from shop.policies.points import ASKS
from shop.web.backoffice import forms
from shop.web.backoffice.forms import Form, printable

LANGUAGES = ("zh", "en", "de")
KEEPS = tuple(sorted(EVIDENCE))
Typed = dict[str, str]
Errors = dict[str, list[str]]


class Wish(Struct, frozen=True):
    """What a person wants a setting to be; `value` is None when something is wrong. `facts` make the words precise."""

    value: Value | None
    errors: Errors = field(default_factory=dict)
    valid_from: date | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)


def text(longest: int, **more: Any) -> fields.String:
    return fields.String(
        load_default="", validate=[Length(max=longest, error="too_long"), printable], error_messages=forms.WORDS, **more
    )


def lines(longest: int, **more: Any) -> fields.String:
    """Text of several lines."""
    return fields.String(load_default="", validate=[Length(max=longest, error="too_long"), _in_lines], error_messages=forms.WORDS, **more)


def _in_lines(typed: str) -> None:
    printable(typed.replace("\r", "").replace("\n", "").replace("\t", ""))


def number(least: int, most: int, **more: Any) -> fields.Integer:
    return fields.Integer(
        validate=Range(least, most, error="wrong_value"), error_messages=forms.WORDS, **{"load_default": None, **more}
    )


def day(**more: Any) -> fields.Date:
    return fields.Date(
        load_default=None, validate=Range(min=forms.FIRST_DAY, max=forms.LAST_DAY, error="wrong_date"),
        error_messages={**forms.WORDS, "invalid": "wrong_date"}, **more,
    )  # fmt: skip


def yes() -> fields.String:
    """A box that is ticked or not."""
    return fields.String(load_default=None, validate=OneOf(["yes"], error="wrong_choice"))


def ticked(value: object) -> str:
    return "yes" if value else ""


def number_text(value: object) -> str:
    return "" if value is None else str(value)


# --- a pickup point ---------------------------------------------------------------------------------------------------


class PlaceForm(Form):
    terminal, zone = text(20), text(40)
    name_zh, name_en, name_de = text(200), text(200), text(200)
    directions_zh, directions_en, directions_de = lines(4000), lines(4000), lines(4000)


class HoursForm(Form):
    day_1, day_2, day_3, day_4, day_5, day_6, day_7 = (text(120) for _ in range(7))
    since = day(data_key="from")
    exceptions = lines(6000)


class CutOffForm(Form):
    lead = number(0, 10**6, required=True, load_default=missing)
    opens_before = number(0, 10**6, required=True, load_default=missing)
    lead_1, lead_2, lead_3, lead_4, lead_5, lead_6, lead_7 = (number(0, 10**6) for _ in range(7))
    goods = lines(6000)


class HandOverForm(Form):
    unpacked, early = yes(), yes()
    asks_boarding_pass, asks_age, asks_sealed_bag, asks_identity = yes(), yes(), yes(), yes()
    big_amount = text(20)
    big_pieces = number(1, 10**6)


class NoShowForm(Form):
    hours = number(0, 10**6)


class ActiveForm(Form):
    active = yes()


PLACE, HOURS, CUT_OFF, HAND_OVER, NO_SHOW, ACTIVE = PlaceForm(), HoursForm(), CutOffForm(), HandOverForm(), NoShowForm(), ActiveForm()


def place_typed(value: Value) -> Typed:
    words = {f"{name}_{lang}": value[name][lang] for name in ("name", "directions") for lang in LANGUAGES}
    return {"terminal": value["terminal"], "zone": value["zone"], **words}


def read_place(sent: Mapping[str, str], _present: Value | None, _today: date) -> Wish:
    values, errors = forms.read(PLACE, sent)
    if errors:
        return Wish(None, errors)
    words = {name: {lang: values[f"{name}_{lang}"] for lang in LANGUAGES} for name in ("name", "directions")}
    return Wish({"terminal": values["terminal"], "zone": values["zone"], **words})


def hours_typed(value: Value) -> Typed:
    typed = {f"day_{weekday}": hours.words_of(value["week"].get(weekday, [])) for weekday in WEEKDAYS}
    typed["exceptions"] = "\n".join(f"{when} {hours.words_of(times) or 'closed'}" for when, times in sorted(value["exceptions"].items()))
    typed["later"] = "\n".join(f"{one['from']}: {week_words(one['week'])}" for one in value["later"])
    return typed


def week_words(week: Mapping[str, list[str]]) -> str:
    """A week on one line, by ISO weekday: `1 06:00-21:30 · 7 closed`."""
    return " · ".join(f"{weekday} {hours.words_of(week.get(weekday, [])) or 'closed'}" for weekday in WEEKDAYS)


def read_hours(sent: Mapping[str, str], present: Value | None, today: date) -> Wish:
    """With a day of the future the week is added to those that hold later; ticked `drop-<day>` takes such a one out. What is
    over is left out."""
    values, errors = forms.read(HOURS, sent)
    week, facts = {}, {}
    for weekday in WEEKDAYS:
        try:
            week[weekday] = hours.read_day(values.get(f"day_{weekday}") or "")
        except WrongHours as refused:
            errors.setdefault(f"day_{weekday}", refused.fields["hours"])
    exceptions = {}
    try:
        exceptions = hours.read_exceptions(values.get("exceptions") or "")
    except WrongHours as refused:
        errors["exceptions"], facts = refused.fields["exceptions"], dict(refused.facts)
    since = values.get("since")
    if since is not None and since < today:
        errors["from"] = ["from_in_the_past"]
    if errors or present is None:
        return Wish(None, errors, facts=facts)
    return Wish(_hours_value(present, {d: t for d, t in week.items() if t}, exceptions, since, sent, today))


def _hours_value(
    present: Value, week: dict[str, list[str]], exceptions: Mapping[date, list[str]], since: date | None, sent: Mapping[str, str],
    today: date,
) -> Value:
    later = {one["from"]: one["week"] for one in present["later"] if sent.get(f"drop-{one['from']}") != "yes"}
    passed = [when for when in sorted(later) if when <= today.isoformat()]
    holding = later[passed[-1]] if passed else present["week"]
    later = {when: other for when, other in later.items() if when not in passed}
    if since is not None and since > today:
        later[since.isoformat()] = week
    else:
        holding = week
    return {
        "week": holding,
        "later": [{"from": when, "week": other} for when, other in sorted(later.items())],
        "exceptions": {when.isoformat(): times for when, times in sorted(exceptions.items()) if when >= today},
    }


def cut_off_typed(value: Value) -> Typed:
    leads = {f"lead_{weekday}": number_text(value["weekdays"].get(weekday)) for weekday in WEEKDAYS}
    goods = flight_leads.words_of(value.get("goods", ()))
    return {"lead": str(value["lead"]), "opens_before": str(value["opens_before"]), "goods": goods, **leads}


def read_cut_off(sent: Mapping[str, str], _present: Value | None, _today: date) -> Wish:
    values, errors = forms.read(CUT_OFF, sent)
    goods, facts = [], {}
    try:
        goods = flight_leads.read_leads(values.get("goods") or "")
    except flight_leads.WrongLead as refused:
        errors["goods"], facts = refused.fields["goods"], dict(refused.facts)
    if errors:
        return Wish(None, errors, facts=facts)
    weekdays = {day: values[f"lead_{day}"] for day in WEEKDAYS if values[f"lead_{day}"] is not None}
    more = {"goods": goods} if goods else {}
    return Wish({"lead": values["lead"], "weekdays": weekdays, "opens_before": values["opens_before"], **more})


def hand_over_typed(value: Value) -> Typed:
    boxes = {name: ticked(value[name]) for name in ("unpacked", "early", *ASKS)}
    keeps = {f"keep_{name}": ticked(name in value["keeps"]) for name in KEEPS}
    return {**boxes, **keeps, "big_amount": sum_text(value["big_minor"]), "big_pieces": number_text(value["big_pieces"])}


def read_hand_over(sent: Mapping[str, str], _present: Value | None, _today: date) -> Wish:
    values, errors = forms.read(HAND_OVER, sent)
    big = read_sum(values.get("big_amount"), "big_amount", errors)
    if errors:
        return Wish(None, errors)
    boxes = {name: values[name] == "yes" for name in ("unpacked", "early", *ASKS)}
    keeps = [name for name in KEEPS if sent.get(f"keep_{name}") == "yes"]
    return Wish({**boxes, "keeps": keeps, "big_minor": big, "big_pieces": values["big_pieces"]})


def sum_text(minor: int | None) -> str:
    """`1299.50` from minor units."""
    return "" if minor is None else f"{minor // 100}.{minor % 100:02}"


def read_sum(typed: str | None, name: str, errors: Errors) -> int | None:
    """Minor units of an amount like `12.50`; an empty field is None."""
    if not typed:
        return None
    if not forms.SUM.fullmatch(typed):
        errors.setdefault(name, ["wrong_sum"])
        return None
    return forms.minor_of(typed)


class ShelfForm(Form):
    slots = lines(8000)


SHELF, SLOT = ShelfForm(), re.compile(r"([0-9A-Za-z-]{1,8})\s+([0-9]{1,4})")


def shelf_typed(value: Value) -> Typed:
    return {"slots": ", ".join(f"{code} {value['slots'][code]}" for code in sorted(value["slots"], key=packing_rules.in_walking_order))}


def read_shelf(sent: Mapping[str, str], _present: Value | None, _today: date) -> Wish:
    """`A1 6, A2 6`: slots and how many parcels each takes, by commas or lines."""
    values, errors = forms.read(SHELF, sent)
    slots: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in re.split(r"[,;，；\n]", values.get("slots") or ""))):
        found = SLOT.fullmatch(part)
        try:
            code = packing_rules.clean_slot(found[1] if found else "")
        except packing_rules.WrongSlot:
            code = ""
        if not found or not code or code in slots:
            return Wish(None, {**errors, "slots": ["wrong_shelf"]}, facts={"slot": part[:20]})
        slots[code] = int(found[2])
    return Wish(None, errors) if errors else Wish({"slots": slots})


def read_no_show(sent: Mapping[str, str], _present: Value | None, _today: date) -> Wish:
    values, errors = forms.read(NO_SHOW, sent)
    return Wish(None, errors) if errors else Wish({"hours": values["hours"]})


class WaysForm(Form):
    walks = lines(1000)
    boarding = number(0, 10**6, required=True, load_default=missing)
    serving = number(0, 10**6, required=True, load_default=missing)


WAYS, WALK = WaysForm(), re.compile(r"(\S(?:.{0,14}\S)?)\s+([0-9]{1,4})")


def ways_typed(value: Value) -> Typed:
    walks = ", ".join(f"{area} {minutes}" for area, minutes in sorted(value["walks"].items()))
    return {"walks": walks, "boarding": str(value["boarding"]), "serving": str(value["serving"])}


def read_ways(sent: Mapping[str, str], _present: Value | None, _today: date) -> Wish:
    """`B 6, C 12`: gate areas and minutes on foot, by commas or lines."""
    values, errors = forms.read(WAYS, sent)
    walks: dict[str, int] = {}
    for part in filter(None, (part.strip() for part in re.split(r"[,;，；\n]", values.get("walks") or ""))):
        found = WALK.fullmatch(part)
        if not found or found[1] in walks:
            return Wish(None, {**errors, "walks": ["wrong_walks"]})
        walks[found[1]] = int(found[2])
    if errors:
        return Wish(None, errors)
    return Wish({"walks": walks, "boarding": values["boarding"], "serving": values["serving"]})


def read_active(sent: Mapping[str, str], _present: Value | None, _today: date) -> Wish:
    values, errors = forms.read(ACTIVE, sent)
    return Wish(None, errors) if errors else Wish({"active": values["active"] == "yes"})


Read = Callable[[Mapping[str, str], Value | None, date], Wish]
POINT_FORMS: Mapping[str, tuple[Callable[[Value], Typed], Read]] = {
    "point_place": (place_typed, read_place),
    "point_ways": (ways_typed, read_ways),
    "point_hours": (hours_typed, read_hours),
    "point_cut_off": (cut_off_typed, read_cut_off),
    "point_hand_over": (hand_over_typed, read_hand_over),
    "point_shelf": (shelf_typed, read_shelf),
    "point_no_show": (lambda value: {"hours": number_text(value["hours"])}, read_no_show),
    "point_active": (lambda value: {"active": ticked(value["active"])}, read_active),
}
