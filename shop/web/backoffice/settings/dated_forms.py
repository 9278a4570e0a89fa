"""The forms of settings that may hold from a later day on: texts of messages, allowances, prices as they are shown."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from shop.base.versions import Value
from shop.web.backoffice import forms
from shop.web.backoffice.forms import Form
from shop.web.backoffice.settings.forms import (
    Errors,
    Read,
    Typed,
    Wish,
    day,
    lines,
    number,
    number_text,
    read_sum,
    sum_text,
    text,
    ticked,
    yes,
)


class MessageForm(Form):
    """`thing` goes into WeChat's template, `body` into a chat."""

    thing, body = lines(200), lines(2000)
    since = day(data_key="from")


class AllowanceForm(Form):
    value, item = text(20), text(20)
    alcohol_ml = number(0, 10**6)
    alcohol_percent = text(10)
    age = number(0, 99)
    outside, source = text(300), text(300)
    stops = yes()
    read_on = day()
    since = day(data_key="from")


class PricesForm(Form):
    show_cny, show_vat_note = yes(), yes()
    cny_rate, vat_standard, vat_reduced = text(20), text(10), text(10)
    cny_day = day()
    minimum = text(20)
    since = day(data_key="from")


class TemplateForm(Form):
    """`fields`: a line for each field of WeChat's template, `thing1: {counter}`."""

    template_id = text(80)
    fields_ = lines(2000, data_key="fields")
    since = day(data_key="from")


class MessagingForm(Form):
    overseas = yes()
    quiet_from, quiet_until = text(5), text(5)
    remind_minutes, closing_minutes = number(0, 10**6), number(0, 10**6)
    since = day(data_key="from")


MESSAGE, ALLOWANCE, PRICES, TEMPLATE, MESSAGING = MessageForm(), AllowanceForm(), PricesForm(), TemplateForm(), MessagingForm()


def message_typed(value: Value) -> Typed:
    return {"thing": value["thing"], "body": value["body"]}


def read_message(sent: Mapping[str, str], _present: Value | None, _today: date) -> Wish:
    values, errors = forms.read(MESSAGE, sent)
    if errors:
        return Wish(None, errors)
    said = {name: values[name].replace("\r\n", "\n") for name in ("thing", "body")}
    return Wish(said, valid_from=values["since"])


def template_typed(value: Value) -> Typed:
    return {"template_id": value["template_id"], "fields": "\n".join(f"{name}: {said}" for name, said in value["fields"])}


def read_template(sent: Mapping[str, str], _present: Value | None, _today: date) -> Wish:
    values, errors = forms.read(TEMPLATE, sent)
    if errors:
        return Wish(None, errors)
    typed = [line.strip() for line in values["fields_"].replace("\uff1a", ":").splitlines() if line.strip()]
    pairs = [[part.strip() for part in line.split(":", 1)] for line in typed]
    for number_of, pair in enumerate(pairs, start=1):
        if len(pair) != 2 or not all(pair):
            return Wish(None, {"fields": ["wrong_field_line"]}, facts={"line": number_of})
    return Wish({"template_id": values["template_id"], "fields": pairs}, valid_from=values["since"])


def messaging_typed(value: Value) -> Typed:
    plain = {name: value[name] for name in ("quiet_from", "quiet_until")}
    minutes = {name: number_text(value[name]) for name in ("remind_minutes", "closing_minutes")}
    return {**plain, **minutes, "overseas": ticked(value["overseas"])}


def read_messaging(sent: Mapping[str, str], _present: Value | None, _today: date) -> Wish:
    values, errors = forms.read(MESSAGING, sent)
    for name in ("remind_minutes", "closing_minutes"):
        if values.get(name) is None:
            errors.setdefault(name, ["missing"])
    if errors:
        return Wish(None, errors)
    value = {name: values[name] for name in ("quiet_from", "quiet_until", "remind_minutes", "closing_minutes")}
    return Wish({**value, "overseas": values["overseas"] == "yes"}, valid_from=values["since"])


def allowance_typed(value: Value) -> Typed:
    permille = value["alcohol_permille"]
    return {
        "value": sum_text(value["value_minor"]), "item": sum_text(value["item_minor"]), "alcohol_ml": number_text(value["alcohol_ml"]),
        "alcohol_percent": "" if permille is None else f"{permille / 10:g}", "age": number_text(value["age"]),
        "outside": value["outside"], "stops": ticked(value["stops"]), "source": value["source"], "read_on": value["read_on"] or "",
    }  # fmt: skip


def read_allowance(sent: Mapping[str, str], present: Value | None, _today: date) -> Wish:
    values, errors = forms.read(ALLOWANCE, sent)
    money = {name: read_sum(values.get(name), name, errors) for name in ("value", "item")}
    permille = _permille(values.get("alcohol_percent") or "", errors)
    if errors or present is None:
        return Wish(None, errors)
    read_on: date | None = values["read_on"]
    value: dict[str, Any] = {
        "currency": present["currency"], "value_minor": money["value"], "item_minor": money["item"], "alcohol_ml": values["alcohol_ml"],
        "alcohol_permille": permille, "age": values["age"], "outside": values["outside"], "stops": values["stops"] == "yes",
        "source": values["source"], "read_on": read_on.isoformat() if read_on else "",
    }  # fmt: skip
    return Wish(value, valid_from=values["since"])


def _permille(typed: str, errors: Errors) -> int | None:
    if not typed:
        return None
    number = _decimal(typed)
    if number is None or number * 10 != int(number * 10):
        errors.setdefault("alcohol_percent", ["wrong_rate"])
        return None
    return int(number * 10)


def _decimal(typed: str) -> Decimal | None:
    try:
        found = Decimal(typed.replace(",", "."))
    except InvalidOperation:
        return None
    return found if found.is_finite() and abs(found) < 10**6 else None


def prices_typed(value: Value) -> Typed:
    return {
        "show_cny": ticked(value["show_cny"]), "cny_rate": value["cny_rate"] or "", "cny_day": value["cny_day"] or "",
        "show_vat_note": ticked(value["show_vat_note"]), "vat_standard": value["vat_standard"], "vat_reduced": value["vat_reduced"],
        "minimum": sum_text(value["minimum_minor"]),
    }  # fmt: skip


def read_prices(sent: Mapping[str, str], _present: Value | None, _today: date) -> Wish:
    values, errors = forms.read(PRICES, sent)
    minimum = read_sum(values.get("minimum"), "minimum", errors)
    rates: dict[str, str | None] = {}
    for name in ("cny_rate", "vat_standard", "vat_reduced"):
        typed = values.get(name) or ""
        number = _decimal(typed)
        if typed and number is None:
            errors.setdefault(name, ["wrong_rate"])
        elif not typed and name != "cny_rate":
            errors.setdefault(name, ["missing"])
        rates[name] = f"{number.normalize():f}" if number is not None else None
    if errors:
        return Wish(None, errors)
    value = {
        **rates, "show_cny": values["show_cny"] == "yes", "show_vat_note": values["show_vat_note"] == "yes",
        "cny_day": values["cny_day"].isoformat() if values["cny_day"] else None, "minimum_minor": minimum,
    }  # fmt: skip
    return Wish(value, valid_from=values["since"])


DATED_FORMS: Mapping[str, tuple[Callable[[Value], Typed], Read]] = {
    "message": (message_typed, read_message),
    "template": (template_typed, read_template),
    "messaging": (messaging_typed, read_messaging),
    "allowance": (allowance_typed, read_allowance),
    "prices": (prices_typed, read_prices),
}
