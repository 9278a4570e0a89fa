"""Service notices to followers (template messages), and codes that bring new ones. Chat messages are in `replies`."""

from collections.abc import Mapping
from typing import Any, Protocol

from msgspec import Struct

LONGEST_SCENE = 64
LONGEST_CODE_SECONDS = 2_592_000  # qrcode/create: thirty days


class Caller(Protocol):
    """The account, as far as it is needed here. Every call raises AccountError."""

    def call(self, path: str, payload: Mapping[str, Any] | None = None, *, again: bool = True) -> dict[str, Any]: ...


class TemplateView(Struct, frozen=True):
    """A template in the account's library; `fields` are its keys in the order of the card."""

    template_id: str
    title: str
    fields: tuple[str, ...]
    content: str


def send_template(
    account: Caller, openid: str, template_id: str, fields: Mapping[str, str], client_msg_id: str, url: str = ""
) -> str:  # fmt: skip
    """Send a service notice and answer WeChat's number of it; what became of it is told by an event (TEMPLATESENDJOBFINISH).

    The same `client_msg_id` to the same person within ten minutes is one message, however often it is sent. `url` empty: the card
    leads nowhere. Raises UnknownTemplate, NotFollowing, Blocked, FieldInvalid and other AccountErrors.
    """
    payload: dict[str, Any] = {
        "touser": openid, "template_id": template_id, "client_msg_id": client_msg_id,
        "data": {name: {"value": value} for name, value in fields.items()},
    }  # fmt: skip
    if url:
        payload["url"] = url
    return str(account.call("/cgi-bin/message/template/send", payload).get("msgid", ""))


def templates(account: Caller) -> list[TemplateView]:
    """The templates of the account's library. Raises AccountError."""
    import re

    said = account.call("/cgi-bin/template/get_all_private_template")
    place = re.compile(r"\{\{([A-Za-z_]+[0-9]*)\.DATA\}\}")
    return [
        TemplateView(str(one.get("template_id", "")), str(one.get("title", "")), tuple(place.findall(str(one.get("content", "")))),
                     str(one.get("content", "")))
        for one in said.get("template_list", [])
        if isinstance(one, dict)
    ]  # fmt: skip


def scene_code(account: Caller, scene: str, seconds: int) -> str:
    """The text of a QR code that leads to the account and brings `scene` along. It works for `seconds`. Raises AccountError."""
    if not 1 <= len(scene) <= LONGEST_SCENE or not 1 <= seconds <= LONGEST_CODE_SECONDS:
        raise ValueError("scene: 1 to 64 characters, for at most thirty days")
    payload = {"expire_seconds": seconds, "action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": scene}}}
    return str(account.call("/cgi-bin/qrcode/create", payload).get("url", ""))
