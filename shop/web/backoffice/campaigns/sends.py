"""Mass sends: prepare one, look at whom it reaches, send it with a second click."""

from collections.abc import Mapping
from http import HTTPStatus

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.campaigns import dated, queries, sending
from shop.gateways.official_account import MassMessages, Tag
from shop.web.backoffice.campaigns import forms
from shop.web.backoffice.campaigns.articles import ONE
from shop.web.backoffice.campaigns.door import MANY, Answer, blueprint, by_me, desk
from shop.web.backoffice.forms import read
from shop.web.errors import STATUS


@blueprint.get("/sends/")
def sends() -> str:
    return render_template("backoffice/campaign_sends.html", sends=queries.sends())


@blueprint.get(f"{ONE}/send")
def send_form(article_id: int) -> Answer:
    """To whom? Asks WeChat for the tags and how many have each."""
    return _form(article_id, {}, {})


@blueprint.post(f"{ONE}/send")
def prepare_send(article_id: int) -> Response | Answer:
    """Nothing is sent yet."""
    typed = request.form.to_dict()
    values, errors = read(forms.SEND, typed)
    if errors:
        return _form(article_id, typed, errors)
    try:
        made = sending.prepare(article_id, values["revision"], values["tag"], values["agreed"], desk(), by_me(), clock.now())
    except queries.NoSuchArticle:
        raise
    except ShopError as refused:
        return _form(article_id, typed, refused.fields, refused)
    return redirect(url_for(".one_send", send_id=made), HTTPStatus.SEE_OTHER)


def _form(
    article_id: int, typed: Mapping[str, str], errors: Mapping[str, list[str]], refused: ShopError | None = None
) -> Answer:
    article, now = queries.article(article_id), clock.now()
    tags, refused = _tags(refused)
    page = render_template(
        "backoffice/campaign_send_form.html", article=article, typed=typed, errors=errors, refused=refused if not errors else None,
        tags=tags, used={tag.id: queries.sent_to(tag.id, now) for tag in tags}, most=dated.limits(now.date()).sends_per_month,
    )  # fmt: skip
    return page, int(STATUS[refused.kind] if refused else HTTPStatus.UNPROCESSABLE_ENTITY if errors else HTTPStatus.OK)


def _tags(refused: ShopError | None) -> tuple[list[Tag], ShopError | None]:
    try:
        return MassMessages(desk().account).tags(), refused
    except ShopError as silent:
        return [], refused or silent


@blueprint.get(f"/sends/<int(max={MANY}):send_id>")
def one_send(send_id: int) -> Answer:
    return _one(send_id)


@blueprint.post(f"/sends/<int(max={MANY}):send_id>")
def act_on_send(send_id: int) -> Response | Answer:
    """`do`: `confirm` sends it, `drop` takes it back, `look` asks WeChat how it went."""
    what, now = request.form.get("do", ""), clock.now()
    try:
        if what == "confirm":
            sending.confirm(send_id, desk(), by_me(), now)
        elif what == "drop":
            sending.drop(send_id, by_me(), now)
        elif what == "look":
            sending.go_on(desk(), now)
    except queries.NoSuchSend:
        raise
    except ShopError as refused:
        return _one(send_id, refused)
    return redirect(url_for(".one_send", send_id=send_id, done=what), HTTPStatus.SEE_OTHER)


def _one(send_id: int, refused: ShopError | None = None) -> Answer:
    found, now = queries.send(send_id), clock.now()
    page = render_template(
        "backoffice/campaign_send.html", send=found, refused=refused, done=request.args.get("done", ""),
        used=queries.sent_to(found.tag_id, now), most=dated.limits(now.date()).sends_per_month,
    )  # fmt: skip
    return page, int(STATUS[refused.kind] if refused else HTTPStatus.OK)
