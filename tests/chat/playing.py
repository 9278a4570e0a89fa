"""WeChat's side of a conversation, as the sandbox writes it."""
import secrets
import time
from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from shop.base import clock
from shop.base.delivering import deliver, due, spread
from shop.reacting import REACTIONS
from shop.sandbox import Sandbox
from shop.sandbox.push_sealing import SAFE, answered, letter

ADDRESS = "/callbacks/official-account"


class Phone:
    """One traveller's WeChat, whose messages arrive in the shop without a network."""

    def __init__(self, client: FlaskClient, box: Sandbox, who: str, mode: str = SAFE) -> None:
        self.client, self.box, self.who, self.mode = client, box, who, mode
        self.numbers = box.world.keys.numbers
        self.openid = box.world.travellers[who].openid(self.numbers.app_id)

    def fields(self, **more: Any) -> dict[str, Any]:
        return {"ToUserName": "gh_1", "FromUserName": self.openid, "CreateTime": int(time.time()), **more}

    def send(self, fields: dict[str, Any], *, app_id: str = "", at: float | None = None, **query: str) -> TestResponse:
        """Push these fields; `query` changes what stands in the address."""
        given, body = letter(self.numbers, app_id or self.numbers.app_id, fields, self.mode, at or time.time())
        return self.client.post(ADDRESS, query_string={**given, **query}, data=body, content_type="text/xml")

    def say(self, text: str, **more: Any) -> TestResponse:
        """Write a message; WeChat knows that the window is open then."""
        self.box.control.follower(self.who, follows=True, did="message")
        return self.send(self.fields(MsgType="text", Content=text, MsgId=secrets.randbelow(10**17), **more))

    def event(self, event: str, **more: Any) -> TestResponse:
        return self.send(self.fields(MsgType="event", Event=event, **more))

    def answer(self, sent: TestResponse) -> dict[str, str]:
        """What the shop's answer means to WeChat."""
        return answered(self.numbers, self.numbers.app_id, sent.data, self.mode)

    def heard(self) -> list[str]:
        """Do what the worker would do now; the texts that arrived in the chat since the beginning."""
        work()
        return [one["text"]["content"] for one in self.box.control.inbox(self.who) if one["channel"] == "customer_service"]

    def asked(self, text: str) -> str:
        """Write, and what is answered; empty when nothing is."""
        before = len(self.heard())
        assert self.say(text).data == b"success"
        return "".join(self.heard()[before:])


def work(later: timedelta = timedelta()) -> None:
    """Hear what was announced, and do it, as the worker does every second."""
    spread(REACTIONS, clock.now() + later)
    for delivery in due(clock.now() + later):
        deliver(delivery, REACTIONS, clock.now)
