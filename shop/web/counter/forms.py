"""The counter's forms: text that was typed or scanned becomes values, or codes that say what is wrong with it."""

from collections.abc import Mapping
from typing import Any

from marshmallow import EXCLUDE, Schema, ValidationError, fields
from marshmallow.validate import Length, Regexp

from shop.pickup.checks import PASS_FIELDS, SEEN
from shop.pickup.outcomes import CheckKind, FoundBy

LONGEST_SCAN = 2000  # more than any bar code at a counter holds; what a stuck key types is cut here
LONGEST_SERIAL = 80
WORDS: dict[str, Any] = {"required": "missing", "null": "missing", "invalid": "wrong_value"}


class SignInForm(Schema):
    """A device's token, pasted or scanned."""

    class Meta:
        unknown = EXCLUDE

    token = fields.String(required=True, validate=Length(min=1, error="missing"), error_messages=WORDS)


class LookForm(Schema):
    """What was scanned. Any text at all may be asked about; only nothing may not."""

    class Meta:
        unknown = EXCLUDE

    code = fields.String(required=True, validate=Length(min=1, error="missing"), error_messages=WORDS)


class HandOverForm(LookForm):
    """A look that staff confirm: `scan_id` makes it safe to send twice, `scanned_at` is when the code was read."""

    scan_id = fields.String(
        required=True,
        validate=Regexp(r"[0-9A-Za-z_-]{8,64}\Z", error="wrong_scan_id"),
        error_messages={**WORDS, "required": "wrong_scan_id"},
    )
    scanned_at = fields.AwareDateTime(
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
    if noted := on_pass(sent):
        confirmed = answers.get(CheckKind.BOARDING_PASS) == SEEN
        answers[CheckKind.BOARDING_PASS.value] = {**noted, "confirmed": confirmed}
    return answers


def on_pass(sent: Mapping[str, str]) -> dict[str, str]:
    """What a boarding pass said that led to this page: `pass-flight` and so on, as our own page wrote it."""
    named = {name: sent.get(f"pass-{name}", "").strip()[:LONGEST_SERIAL] for name in PASS_FIELDS}
    return {name: text for name, text in named.items() if text}


def found_by(sent: Mapping[str, str]) -> FoundBy:
    """What led to the parcel of the form; a pickup code unless our own page says otherwise."""
    return FoundBy.PASS if on_pass(sent) else FoundBy.CODE


SIGN_IN, LOOK, HAND_OVER, START_REFUND, UNDO = SignInForm(), LookForm(), HandOverForm(), StartRefundForm(), UndoForm()
