"""What the Service Account tells the shop's server: messages and events, sent until it answers in time, three times in all.

Official Account, receiving messages: five seconds, then the connection is cut and the push is sent again, the same but for its
signature. An answer that WeChat cannot use is shown to the user as a fault of the account.
"""
import secrets
import threading
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import requests

from shop.sandbox.followers import MENU, MESSAGE
from shop.sandbox.push_sealing import answered, letter
from shop.sandbox.state import World, moment
from shop.sandbox.travellers import Traveller

PATH = "/callbacks/official-account"
TRIES = 3
AT_A_TIME = 16
FAULT = "该公众号提供的服务出现故障，请稍后再试"


class PushBoard:
    """Sends pushes from its own threads. `close()` ends them."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._senders = ThreadPoolExecutor(AT_A_TIME, thread_name_prefix="sandbox-push")
        self._idle = threading.Condition()
        self._under_way = 0
        world.teller = self.event

    def close(self) -> None:
        self._senders.shutdown(wait=False, cancel_futures=True)

    def wait(self, seconds: float = 30.0) -> bool:
        """Until nothing is on its way; False when that took too long."""
        with self._idle:
            return self._idle.wait_for(lambda: self._under_way == 0, seconds)

    def event(self, traveller: Traveller, event: str, more: Mapping[str, Any], app_id: str = "") -> None:
        """Tell the shop of something the traveller did, or of a result about them; of the account `app_id`, if not the Service Account."""
        self._send(traveller, {"MsgType": "event", "Event": event, **more}, app_id)

    def say(self, traveller: Traveller, text: str, kind: str = "text") -> None:
        """The traveller writes a message, or sends something of another kind; it stands in their chat."""
        now = self._world.now()
        with self._world.lock:
            one = self._world.followers.of(traveller.id)
            one.inbox.append({"at": now, "channel": "mine", "type": "text", "text": {"content": text if kind == "text" else f"[{kind}]"}})
            self._world.followers.did(traveller.id, MESSAGE, now)
        content: dict[str, Any] = {"Content": text} if kind == "text" else {"MediaId": secrets.token_hex(16), "PicUrl": "http://127.0.0.1/x"}
        self._send(traveller, {"MsgType": kind, **content, "MsgId": 24_000_000_000_000_000 + secrets.randbelow(10**15)})

    def tap(self, traveller: Traveller, button: Mapping[str, Any]) -> None:
        """The traveller taps an entry of the menu. Answers nothing: a page is opened by the phone itself."""
        if button.get("type") == "click":
            with self._world.lock:
                self._world.followers.did(traveller.id, MENU, self._world.now())
            self.event(traveller, "CLICK", {"EventKey": button["key"]})
        elif button.get("type") == "view":
            self.event(traveller, "VIEW", {"EventKey": button["url"], "MenuId": 400_000_000})

    def raw(self, traveller: Traveller, fields: Mapping[str, Any]) -> None:
        """Tell the shop anything at all."""
        self._send(traveller, dict(fields))

    def _send(self, traveller: Traveller, fields: dict[str, Any], app_id: str = "") -> None:
        here = self._world
        if not here.shop_url:
            return
        app_id = app_id or here.keys.numbers.app_id
        whole = {"ToUserName": "gh_" + app_id[-12:], "FromUserName": traveller.openid(app_id), "CreateTime": int(here.now()), **fields}
        for _ in range(max(1, int(here.behaviour.push_copies))):
            with self._idle:
                self._under_way += 1
            self._senders.submit(self._deliver, traveller, whole, app_id)

    def _deliver(self, traveller: Traveller, fields: dict[str, Any], app_id: str) -> None:
        try:
            for number in range(1, TRIES + 1):
                said = self._try(traveller, fields, app_id, number)
                if said is not None:
                    self._heard(traveller, said)
                    return
            if fields["MsgType"] != "event":
                self._heard(traveller, {"MsgType": "text", "Content": FAULT})
        finally:
            with self._idle:
                self._under_way -= 1
                self._idle.notify_all()

    def _try(self, traveller: Traveller, fields: dict[str, Any], app_id: str, number: int) -> dict[str, str] | None:
        """One try: what was answered; None when it has to be sent again."""
        here, mode = self._world, str(self._world.behaviour.push_mode)
        query, body = letter(here.keys.numbers, app_id, fields, mode, here.now())
        patience, started = min(here.patience, 5.0), time.monotonic()
        entry: dict[str, Any] = {
            "at": moment(here.now()), "traveller": traveller.id, "kind": fields["MsgType"], "event": fields.get("Event", ""),
            "text": fields.get("Content", ""), "msg_id": str(fields.get("MsgId", "")), "try": number, "mode": mode, "status": None,
            "error": "", "answer": "", "app_id": app_id,
        }  # fmt: skip
        said: dict[str, str] | None = None
        try:
            with requests.Session() as session:
                session.trust_env = False  # loopback needs no proxy
                answer = session.post(
                    here.shop_url + PATH, params=query, data=body, headers={"Content-Type": "text/xml"}, timeout=patience,
                    allow_redirects=False,
                )
            entry["status"] = answer.status_code
            if answer.status_code == 200:
                said = answered(here.keys.numbers, app_id, answer.content, mode)
                entry["answer"] = said.get("MsgType", answer.text[:20])
        except (requests.RequestException, ValueError) as problem:
            entry["error"] = f"{type(problem).__name__}: {problem}"[:200] if isinstance(problem, ValueError) else type(problem).__name__
        entry["ms"] = round((time.monotonic() - started) * 1000)
        if number == 1 and here.behaviour.push_answers == "lost":
            said = None  # it answered, and the answer got lost on the way
        here.pushes.append(entry)
        return said

    def _heard(self, traveller: Traveller, said: Mapping[str, str]) -> None:
        """What the answer makes of the chat."""
        words = {"text": said.get("Content", ""), "transfer_customer_service": "已转接人工客服"}.get(said.get("MsgType", ""))
        if words:
            with self._world.lock:
                self._world.followers.of(traveller.id).inbox.append(
                    {"at": self._world.now(), "channel": "answer", "type": "text", "text": {"content": words}, "means": said["MsgType"]}
                )
