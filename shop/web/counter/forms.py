"""The counter's forms: text that was typed or scanned becomes values, or codes that say what is wrong with it."""

import re
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields
from marshmallow.validate import Length, Regexp

from shop.pickup.checks import IDENTITY_FIELDS, PASS_FIELDS, SEEN
from shop.pickup.outcomes import CheckKind, FoundBy

LONGEST_SCAN = 2000  # more than any bar code at a counter holds; what a stuck key types is cut here
LONGEST_SERIAL = 80
MOST_DIGITS = 6  # of a number of pieces, and of a line's place
SCAN_ID = re.compile(r"[0-9A-Za-z_-]{8,64}\Z")
CLOCK_YEARS = range(1970, 2200)
WORDS: dict[str, Any] = {"required": "missing", "null": "missing", "invalid": "wrong_value"}


class SignInForm(Schema):
    """A device's token, pasted or scanned."""

    class Meta:
        unknown = EXCLUDE

    token = fields.String(required=True, validate=Length(min=1, error="missing"), error_messages=WORDS)


class DeviceMoment(fields.AwareDateTime):
    """A moment by a device's clock, which may be wrong by years. What cannot be read or kept is None: never a refusal, a scan
    is not lost for a clock."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> datetime | None:  # type: ignore[override]
        try:
            moment = super()._deserialize(value, attr, data, **kwargs).astimezone(UTC)
        except (ValidationError, OverflowError):
            return None
        return moment if moment.year in CLOCK_YEARS else None


class LookForm(Schema):
    """What was scanned. Any text at all may be asked about; only nothing may not.

    `scan_id` makes a look that is sent twice one scan; one that is none, or missing, gets another. `scanned_at` is when, by
    the device's clock. `beside` is the pickup code of the parcel on the page, whose boarding pass was still to come.
    """

    class Meta:
        unknown = EXCLUDE

    scan_id = fields.String(load_default="")
    scanned_at = DeviceMoment(format="iso", load_default=None)
    beside = fields.String(load_default="")
    code = fields.String(required=True, validate=Length(min=1, error="missing"), error_messages=WORDS)


class HandOverForm(LookForm):
    """A look that staff confirm: `scan_id` makes it safe to send twice, `shown_at` is when the shop showed the parcel."""

    scan_id = fields.String(
        required=True, validate=Regexp(SCAN_ID, error="wrong_scan_id"), error_messages={**WORDS, "required": "wrong_scan_id"}
    )
    shown_at = fields.AwareDateTime(
        format="iso",
        load_default=None,
        error_messages={**WORDS, "invalid": "scan_too_old", "invalid_awareness": "scan_too_old"},
    )


class UndoForm(Schema):
    """The scan whose hand-over is taken back."""

    class Meta:
        unknown = EXCLUDE

    scan_id = fields.String(required=True, validate=Length(1, 64, error="no_such_scan"), error_messages=WORDS)


class StartRefundForm(LookForm):
    """A refund that staff confirm: `key` makes it safe to send twice, `seen` is what the page said would happen."""

    key = fields.String(
        required=True,
        validate=Regexp(r"[0-9A-Za-z_-]{8,64}\Z", error="wrong_value"),
        error_messages={**WORDS, "required": "wrong_value"},
    )
    seen = fields.String(load_default="")


def read(form: Schema, sent: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """The form's values; or none and, by field, the codes of what is wrong."""
    trimmed = {name: text.strip()[:LONGEST_SCAN] for name, text in sent.items()}
    try:
        return dict(form.load(trimmed)), {}
    except ValidationError as error:
        return {}, dict(error.normalized_messages())


def checks(sent: Mapping[str, str]) -> dict[str, Any]:
    """What staff ticked or typed of the checks: `check-age` and so on; an empty field is no answer. With what a boarding pass
    said that was scanned before."""
    named = {kind.value: sent.get(f"check-{kind.value}", "").strip()[:LONGEST_SERIAL] for kind in CheckKind}
    answers: dict[str, Any] = {name: text for name, text in named.items() if text}
    if (read := identity(sent)) and answers.get(CheckKind.IDENTITY.value) == SEEN:
        answers[CheckKind.IDENTITY.value] = read
    if noted := on_pass(sent):
        confirmed = answers.get(CheckKind.BOARDING_PASS) == SEEN
        answers[CheckKind.BOARDING_PASS.value] = {**noted, "confirmed": confirmed}
    return answers


def identity(sent: Mapping[str, str]) -> dict[str, str]:
    """What staff typed from a passport: `identity-document_number` and so on."""
    named = {name: sent.get(f"identity-{name}", "").strip()[:LONGEST_SERIAL] for name in IDENTITY_FIELDS}
    return {name: text for name, text in named.items() if text}


def on_pass(sent: Mapping[str, str]) -> dict[str, str]:
    """What a boarding pass said that led to this page: `pass-flight` and so on, as our own page wrote it."""
    named = {name: sent.get(f"pass-{name}", "").strip()[:LONGEST_SERIAL] for name in PASS_FIELDS}
    return {name: text for name, text in named.items() if text}


def found_by(sent: Mapping[str, str]) -> FoundBy:
    """What led to the parcel of the form: a boarding pass when our own page has one's fields and no code was shown before it."""
    return FoundBy.PASS if on_pass(sent) and sent.get("found_by") != FoundBy.CODE.value else FoundBy.CODE


def scan_id(said: str) -> str:
    """The id that the page gave its look, or another when that is none."""
    return said if SCAN_ID.match(said) else str(uuid.uuid4())


def given(sent: Mapping[str, str]) -> tuple[tuple[int, int], ...] | None:
    """The pieces that are handed over, by position (`give-0` and so on); None: the form is about all of them. What is no number
    is more than any parcel holds."""
    fields_ = {name.removeprefix("give-"): text.strip() for name, text in sent.items() if name.startswith("give-")}
    if not fields_:
        return None
    return tuple((_whole(position), _whole(text or "0")) for position, text in sorted(fields_.items()))


def _whole(text: str) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS else 10**MOST_DIGITS


SIGN_IN, LOOK, HAND_OVER, START_REFUND, UNDO = SignInForm(), LookForm(), HandOverForm(), StartRefundForm(), UndoForm()
