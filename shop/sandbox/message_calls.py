"""Messages of the Service Account: customer-service messages with their windows, template messages, codes with a scene."""
import secrets
import threading
import time
from typing import Any

from flask import Response, request

from shop.sandbox.accounts import accounts, valid_token
from shop.sandbox.errors import AccountError
from shop.sandbox.followers import REMEMBERED, Doing, Follower, may_write, new_msgid
from shop.sandbox.state import World
from shop.sandbox.templates import wrong_field
from shop.sandbox.travellers import Traveller
from shop.sandbox.web import json_answer, world

MSGTYPES = {"text", "image", "voice", "video", "music", "news", "mpnews", "mpnewsarticle", "msgmenu", "wxcard", "miniprogrampage"}
LONGEST_TEXT = 2048  # bytes
LONGEST_SCENE, LONGEST_CODE = 64, 2_592_000

OK: dict[str, Any] = {"errcode": 0, "errmsg": "ok"}


def body() -> dict[str, Any]:
    """What was posted. Raises AccountError."""
    given = request.get_json(force=True, silent=True)
    if not isinstance(given, dict):
        raise AccountError(47001, "data format error")
    if b"\\u" in request.get_data(cache=True):
        raise AccountError(40033, "invalid charset. please check your request, if include \\uxxxx will create fail!")
    return given


def receiver(here: World, openid: Any) -> tuple[Traveller, Follower]:
    """Who that is. Raises AccountError."""
    app_id = here.keys.numbers.app_id
    for one in here.travellers.values():
        if one.openid(app_id) == openid:
            return one, here.followers.of(one.id)
    raise AccountError(40003, "invalid openid")


@accounts.post("/cgi-bin/message/custom/send")
def send_custom() -> Response:
    """A message in the chat, inside a window and its count. There is no id that tells two of them apart."""
    here, given = world(), None
    valid_token(here, {"classic", "stable"})
    given = body()
    kind = given.get("msgtype")
    if kind not in MSGTYPES:
        raise AccountError(40008, "invalid message type")
    content = given.get(kind)
    text = content.get("content") if isinstance(content, dict) and kind == "text" else None
    if not isinstance(content, dict) or (kind == "text" and not (isinstance(text, str) and text)):
        raise AccountError(44004, "empty content")
    if text and len(text.encode()) > LONGEST_TEXT:
        raise AccountError(45002, "content size out of limit")
    with here.lock:
        _, one = receiver(here, given.get("touser"))
        allowed = may_write(one, here.now())
        if isinstance(allowed, int):
            words = "response out of time limit or subscription is canceled" if allowed == 45015 else "out of response count limit"
            raise AccountError(allowed, words)
        if isinstance(allowed, Doing):
            allowed.sent += 1
        one.inbox.append({"at": here.now(), "channel": "customer_service", "type": kind, kind: content})
    return json_answer(OK)


@accounts.post("/cgi-bin/message/template/send")
def send_template() -> Response:
    """A service notice. It is taken first; what became of it is told later, as an event."""
    here = world()
    valid_token(here, {"classic", "stable"})
    given = body()
    with here.lock:
        traveller, one = receiver(here, given.get("touser"))
        template = here.templates.get(str(given.get("template_id")))
        if template is None:
            raise AccountError(40037, "invalid template_id")
        if not one.follows:
            raise AccountError(43004, "require subscribe")
        if key := wrong_field(template, given.get("data"), cuts=here.behaviour.template_too_long == "cut"):
            raise AccountError(47003, f"argument invalid! data.{key}.value invalid")
        own, now = given.get("client_msg_id"), here.now()
        if isinstance(own, str) and own in one.known and now < one.known[own][0] + REMEMBERED:
            return json_answer({**OK, "msgid": int(one.known[own][1])})
        msgid = new_msgid()
        if isinstance(own, str):
            one.known[own] = (now, msgid)
        status = here.template_results.pop(0) if here.template_results else "failed:user block" if one.blocked else "success"
        if status == "success":
            jumps = here.behaviour.template_jumps == "yes"
            one.inbox.append({
                "at": now, "channel": "template", "msgid": msgid, "template_id": template.template_id, "title": template.title,
                "content": filled(template.content, given["data"]), "data": given["data"], "url": given.get("url") if jumps else None,
            })
    later(here, traveller, {"MsgID": msgid, "Status": status})
    return json_answer({**OK, "msgid": int(msgid)})


def filled(content: str, data: dict[str, Any]) -> str:
    """The card's rows; a long `thing` is cut."""
    for key, given in data.items():
        content = content.replace(f"{{{{{key}.DATA}}}}", str(given.get("value", ""))[: 20 if key.startswith("thing") else None])
    return content


def later(here: World, traveller: Traveller, result: dict[str, str]) -> None:
    """Tell what became of a template message after a while, to whoever listens."""
    def tell() -> None:
        time.sleep(here.behaviour.template_seconds)
        here.told_results.append({"openid": traveller.openid(here.keys.numbers.app_id), **result})
        if here.teller is not None:
            here.teller(traveller, "TEMPLATESENDJOBFINISH", result, here.keys.numbers.app_id)

    threading.Thread(target=tell, name="template-result", daemon=True).start()


@accounts.get("/cgi-bin/template/get_all_private_template")
def list_templates() -> Response:
    here = world()
    valid_token(here, {"classic", "stable"})
    return json_answer({"template_list": [one.shown() for one in list(here.templates.values())]})


@accounts.post("/cgi-bin/template/del_private_template")
def delete_template() -> Response:
    here = world()
    valid_token(here, {"classic", "stable"})
    with here.lock:
        if here.templates.pop(str(body().get("template_id")), None) is None:
            raise AccountError(40037, "invalid template_id")
    return json_answer(OK)


@accounts.post("/cgi-bin/qrcode/create")
def create_code() -> Response:
    """A code that leads to the account, with a scene that the event of who scans it brings along."""
    here = world()
    valid_token(here, {"classic", "stable"})
    given = body()
    if given.get("action_name") not in {"QR_SCENE", "QR_STR_SCENE", "QR_LIMIT_SCENE", "QR_LIMIT_STR_SCENE"}:
        raise AccountError(40099, "invalid action name")
    action = given.get("action_info")
    scene = action.get("scene") if isinstance(action, dict) else None
    text = scene.get("scene_str", scene.get("scene_id")) if isinstance(scene, dict) else None
    if not isinstance(text, str | int) or not 1 <= len(str(text)) <= LONGEST_SCENE:
        raise AccountError(40053, "invalid action info")
    seconds = given.get("expire_seconds", 60)
    if "LIMIT" not in given["action_name"] and not (isinstance(seconds, int) and 1 <= seconds <= LONGEST_CODE):
        raise AccountError(40052, "invalid action expire")
    ticket = "gQ" + secrets.token_urlsafe(48)
    with here.lock:
        here.scene_codes[ticket] = (str(text), float("inf") if "LIMIT" in given["action_name"] else here.now() + seconds)
    found = {"ticket": ticket, "url": f"{here.url}/phone/code/{ticket}"}
    return json_answer(found if "LIMIT" in given["action_name"] else {**found, "expire_seconds": seconds})
