"""The forms of settings that may hold from a later day on: texts of messages, allowances, prices as they are shown."""

import re
from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from marshmallow import missing

from shop.base.versions import Value
from shop.policies import seller
from shop.web.backoffice import forms
from shop.web.backoffice.forms import Form
from shop.web.backoffice.settings.forms import (
    LANGUAGES,
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
    outside, source, never_free = text(300), text(300), text(300)
    stops = yes()
    read_on = day()
    since = day(data_key="from")


class PricesForm(Form):
    show_cny, show_vat_note = yes(), yes()
    cny_rate, vat_standard, vat_reduced = text(20), text(10), text(10)
    cny_day = day()
    minimum = text(20)
    since = day(data_key="from")


class SellerForm(Form):
    """Every line of `policies.seller`; texts in three languages."""

    name, represented_by, street, city, country = text(200), text(300), text(200), text(200), text(100)
    email, phone, register, vat_id, authority = text(200), text(100), text(200), text(60), text(300)
    privacy_contact, china_contact, chat_url = text(300), text(300), text(400)
    withdrawal_days = number(0, 10**6, required=True, load_default=missing)
    withdrawal_source = text(400)
    vat_note_zh, vat_note_en, vat_note_de = lines(1000), lines(1000), lines(1000)
    terms_zh, terms_en, terms_de = lines(40_000), lines(40_000), lines(40_000)
    since = day(data_key="from")


class TerritoryForm(Form):
    countries, outside_airports, inside_airports, source = text(600), text(600), text(600), text(300)
    read_on = day()
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


SELLER = SellerForm()
MESSAGE, ALLOWANCE, PRICES, TERRITORY = MessageForm(), AllowanceForm(), PricesForm(), TerritoryForm()
TEMPLATE, MESSAGING = TemplateForm(), MessagingForm()
TERRITORY_CODES = {"countries": "countries", "outside_airports": "outside", "inside_airports": "inside"}


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
        "outside": value["outside"], "never_free": ", ".join(value.get("never_free", ())),
        "stops": ticked(value["stops"]), "source": value["source"], "read_on": value["read_on"] or "",
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
    never_free = [code.lower() for code in _codes(values["never_free"])]
    return Wish({**value, **({"never_free": never_free} if never_free else {})}, valid_from=values["since"])


def _codes(typed: str) -> list[str]:
    """Codes with commas or blanks between them, in capitals, each once."""
    return sorted({code.upper() for code in re.split(r"[\s,;，；、]+", typed) if code})


def territory_typed(value: Value) -> Typed:
    codes = {name: ", ".join(value[key]) for name, key in TERRITORY_CODES.items()}
    return {**codes, "source": value["source"], "read_on": value["read_on"]}


def read_territory(sent: Mapping[str, str], _present: Value | None, _today: date) -> Wish:
    values, errors = forms.read(TERRITORY, sent)
    if errors:
        return Wish(None, errors)
    value: dict[str, Any] = {key: _codes(values[name]) for name, key in TERRITORY_CODES.items()}
    read_on: date | None = values["read_on"]
    return Wish({**value, "source": values["source"], "read_on": read_on.isoformat() if read_on else ""}, valid_from=values["since"])


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


def seller_typed(value: Value) -> Typed:
    words = {f"{name}_{lang}": value[name][lang] for name in seller.TEXTS for lang in LANGUAGES}
    return {**{name: str(value[name]) for name in (*seller.LINES, "withdrawal_days", "withdrawal_source")}, **words}


def read_seller(sent: Mapping[str, str], _present: Value | None, _today: date) -> Wish:
    values, errors = forms.read(SELLER, sent)
    if errors:
        return Wish(None, errors)
    words = {name: {lang: values[f"{name}_{lang}"].replace("\r\n", "\n") for lang in LANGUAGES} for name in seller.TEXTS}
    value = {**{name: values[name] for name in (*seller.LINES, "withdrawal_days", "withdrawal_source")}, **words}
    return Wish(value, valid_from=values["since"])


DATED_FORMS: Mapping[str, tuple[Callable[[Value], Typed], Read]] = {
    "message": (message_typed, read_message),
    "template": (template_typed, read_template),
    "messaging": (messaging_typed, read_messaging),
    "allowance": (allowance_typed, read_allowance),
    "territory": (territory_typed, read_territory),
    "prices": (prices_typed, read_prices),
    "seller": (seller_typed, read_seller),
}
