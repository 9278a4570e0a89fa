"""What anybody can open: published articles, their pictures; and what a test turns about them."""

from datetime import datetime
from typing import Any

from flask import Response, render_template, request
from markupsafe import Markup

from shop.sandbox.control import Wrong, control, number, wish
from shop.sandbox.phone import phone
from shop.sandbox.press import Press, Tag
from shop.sandbox.press_calls import ended, press_of
from shop.sandbox.state import BEIJING
from shop.sandbox.web import json_answer, world

PAPER = "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'"


@phone.get("/s/<article_id>")
def read(article_id: str) -> Response | tuple[str, int]:
    """An article as readers see it, with 阅读原文 at its end. No script runs in it."""
    here = world()
    for press in list(here.presses.values()):
        for job in list(press.jobs.values()):
            ended(here, press, job)
        if article := press.articles.get(article_id):
            index = request.args.get("idx", 1, type=int)
            if not 1 <= index <= len(article.news):
                break
            news = article.news[index - 1]
            day = datetime.fromtimestamp(article.published_at, BEIJING)
            page = render_template("article.html", news=news, content=Markup(news["content"]), day=f"{day:%Y-%m-%d %H:%M}")  # noqa: S704 - cleaned on the way in
            answer = Response(page, mimetype="text/html")
            answer.headers["Content-Security-Policy"] = PAPER
            return answer
    return render_template("message.html", title="公众号文章", text="该内容已被发布者删除"), 404


@phone.get("/mmbiz/<picture_id>/0")
def picture(picture_id: str) -> Response | tuple[str, int]:
    for press in world().presses.values():
        if found := press.pictures.get(picture_id):
            return Response(found.content, mimetype=found.kind, headers={"Cache-Control": "public, max-age=86400"})
    return "", 404


# --- what a test turns


def the_press() -> Press:
    """Of the content account, or with `?account=service` of the Service Account."""
    here = world()
    numbers = here.keys.numbers
    return press_of(here, numbers.app_id if request.args.get("account") == "service" else numbers.content_app_id)


@control.get("/press")
def look() -> Response:
    return json_answer(the_press().shown())


@control.post("/press")
def turn() -> Response:
    """`{"next_status": [4], "next_send": ["send fail"], "seconds": 0.1, "revoked": true}`."""
    given, press = wish("next_status", "next_send", "seconds", "revoked"), the_press()
    if any(not isinstance(given.get(name, []), list) for name in ("next_status", "next_send")):
        raise Wrong("next_status and next_send must be lists")
    with world().lock:
        press.next_status += given.get("next_status", [])
        press.next_send += given.get("next_send", [])
        if "seconds" in given:
            press.seconds = number(given, "seconds")
        press.revoked = bool(given.get("revoked", press.revoked))
    return look()


@control.post("/press/tags")
def add_tag() -> Response:
    """`{"name": "已同意优惠", "members": ["o…"], "others": 1200}`; answers its id."""
    given: dict[str, Any] = wish("name", "members", "others")
    press = the_press()
    with world().lock:
        tag = Tag(
            id=max(press.tags, default=99) + 1, name=str(given.get("name", "")), members=set(given.get("members", [])),
            others=int(given.get("others", 0)),
        )  # fmt: skip
        press.tags[tag.id] = tag
    return json_answer({"id": tag.id}, 201)


@control.delete("/press/drafts")
def lose_drafts() -> Response:
    """Somebody has deleted every draft on the platform."""
    with world().lock:
        the_press().drafts.clear()
    return json_answer([])
