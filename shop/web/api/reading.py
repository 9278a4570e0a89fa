"""How the API reads what it is sent: strict JSON, strict fields, and refusals that name the field and a stable code."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import flask_smorest
from flask import Request, request
from marshmallow import RAISE, Schema, ValidationError, fields, validate
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import UnsupportedMediaType

from shop.base.errors import Kind, ShopError
from shop.web.templates import FRANKFURT

MOST_ERRORS, LONGEST_NAME = 50, 80  # of what a problem document repeats of a body that is all wrong
FIRST_YEAR, LAST_YEAR = 2000, 2100
KEY = re.compile(r"[ -~]{1,80}")
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
MOMENT = re.compile(DAY.pattern + r"[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,9})?([Zz]|[+-][0-9]{2}:[0-9]{2})")


class Invalid(ShopError):
    """Fields are missing, unknown, or not what they should be; `fields` says which and why."""

    kind, code = Kind.INVALID, "invalid"


class BadJson(ShopError):
    """The body is not one JSON document in UTF-8."""

    kind, code = Kind.INVALID, "bad_json"


class KeyMissing(ShopError):
    """Without a key a repeated request could not be told from a second wish."""

    kind, code = Kind.INVALID, "idempotency_key_missing"


class WrongKey(ShopError):
    """The key is longer than 80 characters or not printable ASCII."""

    kind, code = Kind.INVALID, "wrong_idempotency_key"


def idempotency_key() -> str:
    """The request's `Idempotency-Key`. Raises KeyMissing, WrongKey."""
    key = request.headers.get("Idempotency-Key", "").strip()
    if not key:
        raise KeyMissing
    if not KEY.fullmatch(key):
        raise WrongKey
    return key


def key_parameter(wish: str, promise: str) -> dict[str, Any]:
    """How the API's description speaks of this header: what the key is made up for, and what the same one does twice."""
    return {
        "in": "header", "name": "Idempotency-Key", "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 80},
        "description": f"Made up by the caller for this {wish}; printable ASCII. The same key {promise}.",
    }  # fmt: skip


def refuse_nul() -> None:
    """PostgreSQL keeps no NUL character, and no name or number of ours has one. Raises Invalid."""
    if "\0" in request.path or b"%00" in request.query_string:
        raise Invalid(fields={"url": ["forbidden_character"]})


class StrictParser(FlaskParser):
    """Bodies must say that they are JSON and be it; whatever is wrong with them is a refusal of the shop's own kind."""

    DEFAULT_VALIDATION_STATUS = 400

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The JSON body. Raises BadJson, and UnsupportedMediaType for a body that is something else."""
        if not req.is_json:
            raise UnsupportedMediaType("Content-Type must be application/json")
        try:
            return json.loads(req.get_data(cache=False).decode(), parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise BadJson from None

    def handle_error(
        self, error: ValidationError, req: Request, schema: Schema, *, error_status_code: Any, error_headers: Any
    ) -> NoReturn:
        """What a schema found wrong, without the name of the place (`json`, `query`) that webargs puts before it."""
        found: dict[str, list[str]] = {}
        for messages in error.normalized_messages().values():
            for name, codes in _flat(messages):
                if len(found) < MOST_ERRORS:
                    found[name] = codes
        raise Invalid(fields=found)


class OptionalParser(StrictParser):
    """For bodies that may be left out."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        """As StrictParser; no body at all is an empty object."""
        return super().load_json(req, schema) if req.content_length or req.is_json else {}


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


def _flat(messages: Any, path: str = "") -> Iterator[tuple[str, list[str]]]:
    """`{"lines": {0: {"sku": […]}}}` as `lines.0.sku`."""
    if not isinstance(messages, Mapping):
        yield path or "body", [str(message) for message in messages]
        return
    for name, inner in messages.items():
        step = "" if name == "_schema" else str(name)[:LONGEST_NAME]
        yield from _flat(inner, f"{path}.{step}" if path and step else path or step)


class Blueprint(flask_smorest.Blueprint):
    """A group of calls, with the strict reading of bodies."""

    ARGUMENTS_PARSER = StrictParser()


class OptionalBodyBlueprint(Blueprint):
    """A group of calls whose bodies may be left out."""

    ARGUMENTS_PARSER = OptionalParser()


class Body(Schema):
    """The base of everything that is sent to us: what we do not know is refused, not ignored."""

    class Meta:
        unknown = RAISE

    error_messages = {"unknown": "unknown_field", "type": "not_an_object"}


def about(words: str) -> dict[str, str]:
    """The `metadata` that puts `words` into the API's description."""
    return {"description": words}


MISSING: dict[str, Any] = {"required": "missing", "null": "missing"}


class Text(fields.String):
    """A string that every database can keep: no NUL character, no half of a surrogate pair."""

    default_error_messages = {**MISSING, "invalid": "not_a_text", "unstorable": "forbidden_character"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text: str = super()._deserialize(value, attr, data, **kwargs)
        if "\0" in text or not text.isascii() and any("\ud800" <= char <= "\udfff" for char in text):
            raise self.make_error("unstorable")
        return text


def text(most: int, words: str, *, pattern: str = "", code: str = "wrong_text", least: int = 1, **more: Any) -> Text:
    """A string of `least` to `most` characters; all of it like `pattern`, if given, or it is refused with `code`."""
    checks: list[Any] = [validate.Length(least, most, error="wrong_length")]
    if pattern:
        checks.append(validate.Regexp(f"^(?:{pattern})\\Z", error=code))
    return Text(required=more.pop("required", True), validate=checks, metadata=about(words), **more)


def choice(values: Any, words: str, **more: Any) -> Text:
    """One of a few words."""
    return Text(
        validate=validate.OneOf([str(value) for value in values], error="not_a_choice"), metadata=about(words), **more
    )


class Whole(fields.Integer):
    """A whole number: in JSON neither `2.0` nor `true` nor `"2"` is one."""

    default_error_messages = {**MISSING, "invalid": "not_a_number", "too_large": "not_a_number"}

    def _validated(self, value: Any) -> int:
        if isinstance(value, bool):
            raise self.make_error("invalid", input=value)
        return super()._validated(value)


def whole(least: int, most: int, words: str, *, code: str = "out_of_range", **more: Any) -> Whole:
    """A whole number from `least` to `most`."""
    return Whole(validate=validate.Range(least, most, error=code), metadata=about(words), **more)


class Day(fields.Date):
    """`2026-11-24`, in a year that can be meant."""

    default_error_messages = {**MISSING, "invalid": "not_a_date", "out_of_range": "out_of_range"}

    def __init__(self, first_year: int = FIRST_YEAR, **more: Any) -> None:
        super().__init__(**more)
        self.first_year = first_year

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> date:
        if not isinstance(value, str) or not DAY.fullmatch(value):
            raise self.make_error("invalid")
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise self.make_error("invalid") from None
        if not self.first_year <= day.year <= LAST_YEAR:
            raise self.make_error("out_of_range")
        return day


class Moment(fields.AwareDateTime):
    """A moment as RFC 3339 writes it, with its offset from UTC."""

    default_error_messages = {**MISSING, "invalid": "not_a_moment", "out_of_range": "out_of_range"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or not MOMENT.fullmatch(value):
            raise self.make_error("invalid")
        try:
            moment = datetime.fromisoformat(value.upper())
        except ValueError:
            raise self.make_error("invalid") from None
        if not FIRST_YEAR <= moment.year <= LAST_YEAR:
            raise self.make_error("out_of_range")
        return moment


class DayOrMoment(Moment):
    """A moment, or a day of the airport's calendar: its beginning, or its end for `end=True`."""

    def __init__(self, *, end: bool = False, **more: Any) -> None:
        super().__init__(**more)
        self.end = end

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime:
        if not isinstance(value, str) or not DAY.fullmatch(value):
            return super()._deserialize(value, attr, data, **kwargs)
        day = Day()._deserialize(value, attr, data)
        return datetime.combine(day + timedelta(days=self.end), time(), ZoneInfo(FRANKFURT))
