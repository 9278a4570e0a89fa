"""The words of answers in the chat, from the templates, in the language of whoever asked. For the worker: there is no request."""

import html
from datetime import datetime
from typing import Any

from babel.dates import get_day_names
from flask import current_app, g

from shop.base.versions import day_of
from shop.chat.answering import Reply
from shop.chat.states import Topic
from shop.orders import queries as orders
from shop.policies import queries as policies
from shop.web.language import LOCALES
from shop.web.wiring import settings

AREAS = {"CN", "HK", "MO"}
NEEDS_ORDERS = frozenset({Topic.ORDERS, Topic.CHANGE, Topic.CANCEL})


def say(reply: Reply, language: str, now: datetime) -> str:
    """The text of an answer; links as WeChat takes them in a chat message."""
    before = (g.get("lang"), g.get("locale"))
    g.lang, g.locale = language, LOCALES[language]
    try:
        if reply.texts is not None:
            return reply.texts.get(language) or reply.texts.get("zh", "")
        return _rendered(reply, now)
    finally:
        g.lang, g.locale = before


def _rendered(reply: Reply, now: datetime) -> str:
    shown: dict[str, Any] = {
        "shop": settings().public_url, "shop_name": settings().shop_name, "now": now, "today": day_of(now),
        "weekday": str(day_of(now).isoweekday()), "hours_lines": _hours(reply), "rule": None, "carried": [],
    }  # fmt: skip
    if reply.topic is Topic.ALLOWANCE:
        shown |= _allowance(reply, now)
    module: Any = current_app.jinja_env.get_template("chat/answers.html").make_module(shown)
    text = str(_macro(module, reply)(*_with(reply)))
    return html.unescape(text).strip()


def _macro(module: Any, reply: Reply) -> Any:
    if reply.topic in NEEDS_ORDERS and not reply.orders:
        return module.sign_in_first if not reply.known else module.no_such if reply.number else module.no_orders
    return getattr(module, reply.topic.value)


def _with(reply: Reply) -> tuple[Reply, ...]:
    alone = reply.topic in NEEDS_ORDERS and not reply.orders and not (reply.known and reply.number)
    return () if alone else (reply,)


def _hours(reply: Reply) -> list[tuple[str, list[str]]]:
    """When one of us reads along, a day a line."""
    names = get_day_names("abbreviated", locale=g.locale)
    return [(names[int(day) - 1], list(times)) for day, times in sorted((reply.hours or {}).items()) if times]


def _allowance(reply: Reply, now: datetime) -> dict[str, Any]:
    """Customs' rule where the next order goes, else in mainland China; and what the orders come to."""
    counted = orders.carried(one.order.id for one in reply.orders)
    area = next((one.customs_area for one in counted.values() if one.customs_area in AREAS), "CN")
    numbers = {one.order.id: one.order.number for one in reply.orders}
    return {"rule": policies.allowance(area, day_of(now)), "carried": [(numbers[key], one) for key, one in counted.items()]}
