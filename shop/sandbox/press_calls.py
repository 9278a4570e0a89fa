"""The account's API around articles: pictures, drafts, publishing."""

import json
import re
import secrets
import threading
import time
from typing import Any

from flask import Response, request

from shop.sandbox.accounts import accounts, api_account
from shop.sandbox.errors import AccountError
from shop.sandbox.press import PUBLISHED, UNDER_WAY, Article, Draft, Job, Picture, Press, new_id, new_number
from shop.sandbox.state import World
from shop.sandbox.web import json_answer, world

LIMITS = {"title": (32, 45003, "title size out of limit"), "author": (16, 45110, "author size out of limit"),
          "digest": (128, 45004, "description size out of limit")}
MOST_CONTENT, MOST_CONTENT_BYTES, MOST_SOURCE = 20_000, 1_000_000, 1024
MOST_PICTURE, MOST_MATERIAL = 1_000_000, 10_000_000
KINDS = {b"\xff\xd8\xff": "image/jpeg", b"\x89PNG\r\n\x1a\n": "image/png"}
SCRIPTS = re.compile(
    r"<\s*(script|iframe|style|link|object|embed)\b.*?(</\s*\1\s*>|$)|\son[a-z]+\s*=\s*(\"[^\"]*\"|'[^']*'|[^\s>]+)", re.I | re.S
)
IMAGES = re.compile(r"<img\b[^>]*?\bsrc\s*=\s*[\"']?([^\"'\s>]+)[^>]*>", re.I)


def asked() -> tuple[World, str, Press, dict[str, Any]]:
    """World, account, its press, and the JSON of the request. Raises AccountError."""
    here = world()
    app_id = api_account(here)
    given: Any = {}
    if request.method == "POST" and not request.files:
        try:
            given = json.loads(request.get_data(cache=True).decode("utf-8"))
        except (ValueError, UnicodeDecodeError):
            raise AccountError(47001, "data format error") from None
        if not isinstance(given, dict):
            raise AccountError(47001, "data format error")
    return here, app_id, press_of(here, app_id), given


def press_of(here: World, app_id: str) -> Press:
    with here.lock:
        return here.presses.setdefault(app_id, Press())


def ok(**more: Any) -> Response:
    return json_answer({"errcode": 0, "errmsg": "ok", **more})


# --- pictures


@accounts.post("/cgi-bin/media/uploadimg")
def upload_image() -> Response:
    here, _, press, _ = asked()
    picture = uploaded(MOST_PICTURE)
    with here.lock:
        press.pictures[picture.id] = picture
    return json_answer({"url": picture_address(here, picture)})


@accounts.post("/cgi-bin/material/add_material")
def add_material() -> Response:
    here, _, press, _ = asked()
    if request.args.get("type") not in ("image", "thumb"):
        raise AccountError(40004, "invalid media type")
    picture = uploaded(MOST_MATERIAL)
    picture.media_id = new_id(64)
    with here.lock:
        press.pictures[picture.id] = picture
    return json_answer({"media_id": picture.media_id, "url": picture_address(here, picture)})


def uploaded(most: int) -> Picture:
    file = request.files.get("media")
    if file is None:
        raise AccountError(41005, "media data missing")
    content = file.stream.read(most + 1)
    if len(content) > most:
        raise AccountError(40009, "invalid image size")
    kind = next((name for start, name in KINDS.items() if content.startswith(start)), "")
    if not kind:
        raise AccountError(40113, "unsupported file type")
    return Picture(id=secrets.token_hex(16), content=content, kind=kind)


def picture_address(here: World, picture: Picture) -> str:
    return f"{here.url}/mmbiz/{picture.id}/0?wx_fmt={'png' if picture.kind.endswith('png') else 'jpeg'}"


# --- drafts


@accounts.post("/cgi-bin/draft/add")
def add_draft() -> Response:
    here, _, press, given = asked()
    articles = given.get("articles")
    if not isinstance(articles, list) or not 1 <= len(articles) <= 8:
        raise AccountError(45008, "article size out of limit")
    draft = Draft(media_id=new_id(64), articles=[checked(here, press, one) for one in articles], made_at=here.now())
    with here.lock:
        press.drafts[draft.media_id] = draft
    return json_answer({"media_id": draft.media_id})


@accounts.post("/cgi-bin/draft/update")
def update_draft() -> Response:
    here, _, press, given = asked()
    draft, index = draft_of(press, given), given.get("index", 0)
    if not isinstance(index, int) or not 0 <= index < len(draft.articles):
        raise AccountError(40007, "invalid index")
    fresh = checked(here, press, given.get("articles"))
    with here.lock:
        draft.articles[index] = fresh
    return ok()


@accounts.post("/cgi-bin/draft/get")
def get_draft() -> Response:
    _, _, press, given = asked()
    return json_answer({"news_item": draft_of(press, given).articles})


@accounts.post("/cgi-bin/draft/delete")
def delete_draft() -> Response:
    here, _, press, given = asked()
    draft = draft_of(press, given)
    with here.lock:
        press.drafts.pop(draft.media_id, None)
    return ok()


@accounts.get("/cgi-bin/draft/count")
def count_drafts() -> Response:
    _, _, press, _ = asked()
    return json_answer({"total_count": len(press.drafts)})


@accounts.post("/cgi-bin/draft/batchget")
def list_drafts() -> Response:
    _, _, press, given = asked()
    offset, count = page_of(given)
    items = [
        {"media_id": one.media_id, "content": {"news_item": one.articles}, "update_time": int(one.made_at)} for one in press.drafts.values()
    ]
    some = items[::-1][offset : offset + count]
    return json_answer({"total_count": len(items), "item_count": len(some), "item": some})


def draft_of(press: Press, given: dict[str, Any]) -> Draft:
    draft = press.drafts.get(str(given.get("media_id", "")))
    if draft is None:
        raise AccountError(40007, "invalid media_id")
    return draft


def page_of(given: dict[str, Any]) -> tuple[int, int]:
    offset, count = given.get("offset", 0), given.get("count", 20)
    if not isinstance(offset, int) or not isinstance(count, int) or offset < 0 or not 1 <= count <= 20:
        raise AccountError(40097, "invalid args")
    return offset, count


def checked(here: World, press: Press, news: Any) -> dict[str, Any]:
    """The article as it is kept: too much is refused, scripts and other people's pictures are thrown away without a word."""
    if not isinstance(news, dict):
        raise AccountError(47001, "data format error")
    for name, (most, number, words) in LIMITS.items():
        if not isinstance(news.get(name, ""), str) or len(news.get(name, "")) > most:
            raise AccountError(number, words)
    if not news.get("title"):
        raise AccountError(45003, "title missing")
    content = news.get("content")
    if not isinstance(content, str) or not content:
        raise AccountError(44003, "empty news data")
    if len(content) >= MOST_CONTENT or len(content.encode()) >= MOST_CONTENT_BYTES:
        raise AccountError(45002, "content size out of limit")
    if len(str(news.get("content_source_url", "")).encode()) > MOST_SOURCE:
        raise AccountError(45005, "url size out of limit")
    covers = {one.media_id for one in press.pictures.values() if one.media_id}
    if news.get("article_type", "news") == "news" and news.get("thumb_media_id") not in covers:
        raise AccountError(40007, "invalid media_id")
    mine = f"{here.url}/mmbiz/"
    cleaned = IMAGES.sub(lambda found: found[0] if found[1].startswith(mine) else "", SCRIPTS.sub("", content))
    return {**news, "content": cleaned}


# --- publishing


@accounts.post("/cgi-bin/freepublish/submit")
def submit() -> Response:
    here, app_id, press, given = asked()
    if press.revoked:
        raise AccountError(48001, "api unauthorized")
    draft = draft_of(press, given)
    with here.lock:
        job = Job(
            publish_id=new_number(), media_id=draft.media_id, articles=draft.articles, ends_at=here.now() + press.seconds,
            status=press.next_status.pop(0) if press.next_status else PUBLISHED,
        )  # fmt: skip
        press.jobs[job.publish_id] = job
        if job.status == PUBLISHED:
            press.drafts.pop(draft.media_id, None)
    tell_later(here, press, job, app_id)
    return ok(publish_id=job.publish_id, msg_data_id=new_number())


def tell_later(here: World, press: Press, job: Job, app_id: str) -> None:
    """Push PUBLISHJOBFINISH when the publication has come to its end."""

    def tell() -> None:
        time.sleep(max(0.0, job.ends_at - here.now()) + 0.05)
        info: dict[str, Any] = job_shown(here, press, job)
        if "article_detail" in info:  # in XML one item is an element, not a list
            info |= {"article_detail": {"count": 1, "item": info["article_detail"]["item"][0]}, "fail_idx": ""}
        event: Any = {"PublishEventInfo": info}
        if here.teller is not None:
            here.teller(next(iter(here.travellers.values())), "PUBLISHJOBFINISH", event, app_id)

    threading.Thread(target=tell, name="publish-result", daemon=True).start()


def ended(here: World, press: Press, job: Job) -> bool:
    """Whether the publication has come to its end; then the article is there."""
    with here.lock:
        if here.now() < job.ends_at:
            return False
        if job.status == PUBLISHED and not job.article_id:
            job.article_id = new_id()
            press.articles[job.article_id] = Article(article_id=job.article_id, news=job.articles, published_at=here.now())
        return True


def job_shown(here: World, press: Press, job: Job) -> dict[str, Any]:
    """As `freepublish/get` and the event tell it."""
    if not ended(here, press, job):
        return {"publish_id": job.publish_id, "publish_status": UNDER_WAY}
    if job.status != PUBLISHED:
        failed = {"fail_idx": [1]} if job.status in (2, 4) else {}
        return {"publish_id": job.publish_id, "publish_status": job.status, **failed}
    if job.article_id not in press.articles:
        return {"publish_id": job.publish_id, "publish_status": 5, "article_id": job.article_id}
    items = [{"idx": n, "article_url": article_address(here, job.article_id, n)} for n in range(1, len(job.articles) + 1)]
    return {
        "publish_id": job.publish_id, "publish_status": PUBLISHED, "article_id": job.article_id,
        "article_detail": {"count": len(items), "item": items}, "fail_idx": [],
    }  # fmt: skip


def article_address(here: World, article_id: str, index: int = 1) -> str:
    return f"{here.url}/s/{article_id}{'' if index == 1 else f'?idx={index}'}"


@accounts.post("/cgi-bin/freepublish/get")
def publication() -> Response:
    here, _, press, given = asked()
    job = press.jobs.get(str(given.get("publish_id", "")))
    if job is None:
        raise AccountError(53600, "invalid publish_id")
    return json_answer(job_shown(here, press, job))


@accounts.post("/cgi-bin/freepublish/getarticle")
def published_article() -> Response:
    here, _, press, given = asked()
    return json_answer({"news_item": news_shown(here, article_of(press, given))})


@accounts.post("/cgi-bin/freepublish/batchget")
def publications() -> Response:
    here, _, press, given = asked()
    offset, count = page_of(given)
    for job in list(press.jobs.values()):
        ended(here, press, job)
    mine = [one for one in press.articles.values() if not one.by_sending]
    some = [
        {"article_id": one.article_id, "content": {"news_item": news_shown(here, one)}, "update_time": int(one.published_at)}
        for one in mine[::-1][offset : offset + count]
    ]
    return json_answer({"total_count": len(mine), "item_count": len(some), "item": some})


@accounts.post("/cgi-bin/freepublish/delete")
def delete_publication() -> Response:
    here, _, press, given = asked()
    article = article_of(press, given)
    with here.lock:
        press.articles.pop(article.article_id, None)
    return ok()


def article_of(press: Press, given: dict[str, Any]) -> Article:
    article = press.articles.get(str(given.get("article_id", "")))
    if article is None:
        raise AccountError(53600, "invalid article_id")
    return article


def news_shown(here: World, article: Article) -> list[dict[str, Any]]:
    return [
        {**news, "url": article_address(here, article.article_id, n), "is_deleted": False} for n, news in enumerate(article.news, start=1)
    ]
