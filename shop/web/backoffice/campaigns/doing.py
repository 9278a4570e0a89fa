"""What is done with an article: to WeChat as a draft, to one's own phone, published, taken down, into the archive."""

from http import HTTPStatus

from flask import redirect, request, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import ShopError
from shop.campaigns import publishing, queries, writing
from shop.web.backoffice.campaigns.articles import ONE, Wrong, article_page
from shop.web.backoffice.campaigns.door import blueprint, by_me, desk

LONGEST_NAME = 40


@blueprint.post(f"{ONE}/do")
def do(article_id: int) -> Response:
    """`do` says what, `revision` which text it is about: draft, preview, publish, look, take_down, archive, bring_back."""
    what, name = request.form.get("do", ""), request.form.get("wechat_name", "").strip()[:LONGEST_NAME]
    try:
        _do(what, article_id, _revision(), name)
    except queries.NoSuchArticle:
        raise
    except ShopError as refused:
        return article_page(article_id, Wrong({}, refused.fields, refused, what))
    return redirect(url_for(".article", article_id=article_id, done=what, _anchor="way"), HTTPStatus.SEE_OTHER)


def _revision() -> int:
    text = request.form.get("revision", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else 0


def _do(what: str, article_id: int, seen: int, name: str) -> None:
    now, me = clock.now(), by_me()
    match what:
        case "draft":
            publishing.send_draft(article_id, seen, desk(), me, now)
        case "preview":
            publishing.preview(article_id, seen, name, desk(), me, now)
        case "publish":
            publishing.publish(article_id, seen, desk(), me, now)
        case "look":
            publishing.follow(desk(), now)
        case "take_down":
            publishing.take_down(article_id, desk(), me, now)
        case "archive":
            writing.archive(article_id, me, now)
        case "bring_back":
            writing.bring_back(article_id, me, now)
