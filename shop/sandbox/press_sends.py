"""The account's API around readers: tags and mass sends."""

import secrets
import threading
import time
from datetime import datetime
from typing import Any

from flask import Response

from shop.sandbox.accounts import accounts
from shop.sandbox.errors import AccountError
from shop.sandbox.press import PREVIEWS_A_DAY, SENDS_A_MONTH, Article, Press, Send, Tag, new_id, new_number
from shop.sandbox.press_calls import asked, draft_of, ok
from shop.sandbox.state import BEIJING, World
from shop.sandbox.web import json_answer


@accounts.post("/cgi-bin/tags/create")
def create_tag() -> Response:
    here, _, press, given = asked()
    name = given.get("tag", {}).get("name") if isinstance(given.get("tag"), dict) else None
    if not isinstance(name, str) or not name or len(name) > 30:
        raise AccountError(45158, "invalid tag name")
    with here.lock:
        if any(one.name == name for one in press.tags.values()):
            raise AccountError(45157, "invalid tag name")
        if len(press.tags) >= 100:
            raise AccountError(45056, "too many tag now, no need to add new")
        tag = Tag(id=max(press.tags, default=99) + 1, name=name)
        press.tags[tag.id] = tag
    return json_answer({"tag": {"id": tag.id, "name": tag.name}})


@accounts.get("/cgi-bin/tags/get")
def list_tags() -> Response:
    _, _, press, _ = asked()
    tags = [{"id": one.id, "name": one.name, "count": len(one.members) + one.others} for one in press.tags.values()]
    return json_answer({"tags": tags})


@accounts.post("/cgi-bin/tags/members/batchtagging")
def tag_members() -> Response:
    here, _, press, given = asked()
    tag, openids = tag_of(press, given.get("tagid")), given.get("openid_list")
    if not isinstance(openids, list) or not 1 <= len(openids) <= 50:
        raise AccountError(40032, "invalid openid list size")
    with here.lock:
        tag.members.update(str(one) for one in openids)
    return ok()


@accounts.post("/cgi-bin/tags/members/batchuntagging")
def untag_members() -> Response:
    here, _, press, given = asked()
    tag = tag_of(press, given.get("tagid"))
    with here.lock:
        tag.members.difference_update(str(one) for one in given.get("openid_list") or [])
    return ok()


def news_of(given: dict[str, Any]) -> dict[str, Any]:
    news = given.get("mpnews")
    return news if isinstance(news, dict) else {}


def tag_of(press: Press, number: Any) -> Tag:
    tag = press.tags.get(number) if isinstance(number, int) else None
    if tag is None:
        raise AccountError(45159, "invalid tagid")
    return tag


@accounts.post("/cgi-bin/message/mass/preview")
def preview() -> Response:
    here, _, press, given = asked()
    news = draft_of(press, news_of(given))
    to = given.get("towxname") or given.get("touser")
    if not to:
        raise AccountError(40130, "invalid openid list size, at least two openid")
    with here.lock:
        if len(press.previews) >= PREVIEWS_A_DAY:
            raise AccountError(45009, "reach max api daily quota limit")
        press.previews.append({"to": str(to), "title": news.articles[0]["title"]})
    return ok(msg_id=int(new_number()))


@accounts.post("/cgi-bin/message/mass/sendall")
def send_all() -> Response:
    here, app_id, press, given = asked()
    wanted = given.get("filter") if isinstance(given.get("filter"), dict) else {}
    client_id = str(given.get("clientmsgid", ""))
    if len(client_id.encode()) > 64:
        raise AccountError(45067, "clientmsgid size out of limit")
    with here.lock:
        if client_id and any(one.client_msg_id == client_id for one in press.sends.values()):
            raise AccountError(45065, "clientmsgid exist")
        tag = tag_of(press, (wanted or {}).get("tag_id"))
        draft = draft_of(press, news_of(given))
        if sum(one.tag_id == tag.id and same_month(one.at, here.now()) for one in press.sends.values()) >= SENDS_A_MONTH:
            raise AccountError(45028, "has no masssend quota")
        send = Send(
            msg_id=new_number(), client_msg_id=client_id or secrets.token_hex(8), tag_id=tag.id, media_id=draft.media_id,
            articles=draft.articles, total=len(tag.members) + tag.others, at=here.now(), ends_at=here.now() + press.seconds,
            status=press.next_send.pop(0) if press.next_send else "send success",
        )  # fmt: skip
        press.sends[send.msg_id] = send
        press.drafts.pop(draft.media_id, None)
        article = Article(article_id=new_id(), news=draft.articles, published_at=here.now(), by_sending=True)
        press.articles[article.article_id] = article
    tell_later(here, tag, send, app_id)
    return ok(msg_id=int(send.msg_id), msg_data_id=int(new_number()))


def tell_later(here: World, tag: Tag, send: Send, app_id: str) -> None:
    """Push MASSSENDJOBFINISH when it has come to its end. Who does not take the account's messages is left out."""

    def tell() -> None:
        time.sleep(max(0.0, send.ends_at - here.now()) + 0.05)
        gone = {one.openid(app_id) for one in here.travellers.values() if here.followers.of(one.id).blocked}
        taking = send.total - len(gone & tag.members)
        reached = taking if send.status == "send success" else 0
        event = {
            "MsgID": int(send.msg_id), "Status": send.status, "TotalCount": send.total, "FilterCount": taking, "SentCount": reached,
            "ErrorCount": taking - reached,
        }  # fmt: skip
        if here.teller is not None:
            here.teller(next(iter(here.travellers.values())), "MASSSENDJOBFINISH", event, app_id)

    threading.Thread(target=tell, name="send-result", daemon=True).start()


def same_month(one: float, other: float) -> bool:
    return datetime.fromtimestamp(one, BEIJING).strftime("%Y%m") == datetime.fromtimestamp(other, BEIJING).strftime("%Y%m")


@accounts.post("/cgi-bin/message/mass/get")
def mass_status() -> Response:
    here, _, press, given = asked()
    send = press.sends.get(str(given.get("msg_id", "")))
    if send is None:
        raise AccountError(40059, "invalid msg id")
    status = "SENDING" if here.now() < send.ends_at else send.status.upper().replace(" ", "_")
    return json_answer({"msg_id": int(send.msg_id), "msg_status": status})


# --- QR codes with a scene
