"""The chat of the account: conversations, the answers that marketing keeps, and when one of us reads along."""

from collections.abc import Mapping
from http import HTTPStatus

from flask import Blueprint, redirect, render_template, request, url_for
from marshmallow import fields
from marshmallow.validate import Length
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.chat import keeping, queries, rules
from shop.chat.rules import LANGUAGES
from shop.chat.states import BUILT_IN
from shop.flights import hours as clock_times
from shop.orders import queries as orders
from shop.people import following
from shop.web.backoffice import forms
from shop.web.errors import STATUS
from shop.web.guards import known_staff

blueprint = Blueprint("backoffice_chat", __name__, url_prefix="/manage/chat")
MANY = 2**31 - 1
SHOWN = 50
NEW: dict[str, str] = {"active": "yes"}
Page = tuple[str, int]


def _text(longest: int) -> fields.String:
    return fields.String(load_default="", validate=[Length(max=longest, error="too_long"), forms.written], error_messages=forms.WORDS)


class AnswerForm(forms.Form):
    """An answer: `keywords` are separated by commas or lines."""

    name, topic, active = _text(200), _text(20), _text(5)
    keywords = _text(2000)
    text_zh, text_en, text_de = _text(3000), _text(3000), _text(3000)


ANSWER = AnswerForm()


# --- conversations ----------------------------------------------------------------------------------------------------


@blueprint.get("/")
def conversations() -> str:
    """Who wrote or tapped something, the last first; `before` leads on."""
    before = request.args.get("before", type=int)
    found = queries.conversations(SHOWN + 1, before if before is not None and 0 < before < 2**62 else None)
    shown = found[:SHOWN]
    return render_template("backoffice/conversations.html", found=shown, next=shown[-1].last.id if len(found) > SHOWN else None)


@blueprint.get(f"/<int(max={MANY}):follower_id>")
def conversation(follower_id: int) -> str:
    """One conversation, with the traveller's orders beside it. Raises NoSuchFollower."""
    found = queries.conversation(follower_id)
    traveller = found.follower.traveller_id
    mine = orders.orders_of(traveller, limit=5).items if traveller is not None else []
    return render_template(
        "backoffice/conversation.html", found=found, orders=mine, most=queries.MOST, kept=rules.KEPT.days, now=clock.now()
    )


@blueprint.get("/of/<number>")
def of_order(number: str) -> Response:
    """The conversation with the traveller of an order. Raises NoSuchOrder, NoSuchFollower."""
    follower = following.follower_of(orders.order_by_number(number).traveller_id)
    if follower is None:
        raise following.NoSuchFollower
    return redirect(url_for(".conversation", follower_id=follower.id))


# --- answers ----------------------------------------------------------------------------------------------------------


@blueprint.get("/answers")
def answers() -> str:
    """Every answer that is kept, and the hours in which one of us reads along."""
    return _answers({}, {})


@blueprint.post("/hours")
def set_hours() -> Response | Page:
    """Say when one of us reads along."""
    typed = {day: request.form.get(f"day_{day}", "") for day in keeping.WEEKDAYS}
    try:
        keeping.set_hours(typed, _who(), clock.now())
    except ShopError as refused:
        return _answers(typed, dict(refused.fields)), STATUS[refused.kind]
    return redirect(url_for(".answers", changed="hours"), HTTPStatus.SEE_OTHER)


@blueprint.get("/answers/new")
def new() -> str:
    return _form(None, NEW, {})


@blueprint.post("/answers/new")
def add() -> Response | Page:
    return _keep(None)


@blueprint.get(f"/answers/<int(max={MANY}):answer_id>")
def edit(answer_id: int) -> str:
    """Raises NoSuchAnswer."""
    kept = keeping.answer(answer_id)
    typed = {
        "name": kept.name, "topic": kept.topic or "", "keywords": "\n".join(kept.keywords), "active": "yes" if kept.active else "",
        **{f"text_{language}": kept.texts.get(language, "") for language in LANGUAGES},
    }  # fmt: skip
    return _form(answer_id, typed, {})


@blueprint.post(f"/answers/<int(max={MANY}):answer_id>")
def change(answer_id: int) -> Response | Page:
    """Raises NoSuchAnswer."""
    keeping.answer(answer_id)
    return _keep(answer_id)


def _keep(answer_id: int | None) -> Response | Page:
    typed = request.form.to_dict()
    values, errors = forms.read(ANSWER, typed)
    if errors:
        return _form(answer_id, typed, errors), HTTPStatus.UNPROCESSABLE_ENTITY
    keywords = [word.strip() for line in values["keywords"].splitlines() for word in line.replace("，", ",").replace("、", ",").split(",")]
    try:
        keeping.keep(
            answer_id, name=values["name"], topic=values["topic"] or None, keywords=[word for word in keywords if word],
            texts={language: values[f"text_{language}"].replace("\r\n", "\n") for language in LANGUAGES},
            active=values["active"] == "yes", by=_who(), now=clock.now(),
        )  # fmt: skip
    except rules.WrongAnswer as refused:
        return _form(answer_id, typed, dict(refused.fields)), STATUS[refused.kind]
    return redirect(url_for(".answers", changed="answer"), HTTPStatus.SEE_OTHER)


def _who() -> str:
    return f"staff:{known_staff().id}"


def _form(answer_id: int | None, typed: Mapping[str, str], errors: Mapping[str, list[str]]) -> str:
    return render_template(
        "backoffice/chat_answer.html", answer_id=answer_id, typed=typed, errors=errors, topics=[topic.value for topic in BUILT_IN],
        words={topic.value: rules.KEYWORDS[topic] for topic in BUILT_IN}, most=rules.LONGEST_TEXT,
    )  # fmt: skip


def _answers(typed: Mapping[str, str], errors: Mapping[str, list[str]]) -> str:
    hours = keeping.hours_now()
    shown = {day: typed.get(day, clock_times.words_of(hours.get(day, []))) for day in keeping.WEEKDAYS}
    return render_template(
        "backoffice/chat_answers.html", answers=keeping.answers(), hours=shown, errors=errors, open_now=rules.open_at(hours, clock.now()),
        changed=request.args.get("changed", ""), most=keeping.MOST_ANSWERS,
    )  # fmt: skip
