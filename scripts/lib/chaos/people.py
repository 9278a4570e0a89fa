"""Who uses the shop on a bad day: they speak HTTP, repeat what was not answered as a phone does, and remember what they heard."""

import json
import secrets
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlsplit

PATIENCE = 60.0  # seconds until somebody gives up; a killed shop is back in a few
PAUSES = (0.05, 0.2, 0.5, 1.0)  # seconds before asking again
AGAIN = frozenset({429, 500, 502, 503, 504})
OK, ALREADY = "get_brand_wcpay_request:ok", "已支付"


class GaveUp(Exception):
    """Nobody answered properly for a minute; the text says what was the last thing heard."""


@dataclass
class Story:
    """One order as its traveller knows it. `told` is the last state that the shop said is final for now."""

    number: str
    plan: str
    told: str = ""
    handed_over_by: set[str] = field(default_factory=set)  # scan ids that were told `collected`


class Journal:
    """What everybody did and heard. Safe for threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.counts: Counter[str] = Counter()
        self.stories: dict[str, Story] = {}
        self.given_up: list[str] = []  # what nobody answered for a minute
        self.broken: list[str] = []  # promises of the shop that somebody saw broken

    def count(self, what: str, more: int = 1) -> None:
        with self._lock:
            self.counts[what] += more

    def begin(self, number: str, plan: str) -> Story:
        with self._lock:
            if number in self.stories:
                self.broken.append(f"{number}: given to two orders")
            story = self.stories[number] = Story(number, plan)
            self.counts["orders placed"] += 1
            self.counts[f"plan: {plan}"] += 1
        return story

    def complain(self, text: str) -> None:
        with self._lock:
            self.broken.append(text)


@dataclass(frozen=True)
class Answer:
    status: int
    body: dict[str, Any]

    @property
    def code(self) -> str:
        """The stable code of a refusal."""
        return str(self.body.get("code", ""))


class Line:
    """One connection to one address, opened anew whenever it broke."""

    def __init__(self, origin: str, journal: Journal, headers: dict[str, str]) -> None:
        parts = urlsplit(origin)
        self.host, self.port = str(parts.hostname), int(parts.port or 80)
        self.journal = journal
        self.headers = {"Content-Type": "application/json", "Accept": "application/json", **headers}
        self._connection: HTTPConnection | None = None

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def once(self, method: str, path: str, body: Any = None, **more: str) -> Answer:
        """One try. Raises OSError or HTTPException when there was no answer."""
        if self._connection is None:
            self._connection = HTTPConnection(self.host, self.port, timeout=20)
        headers = {**self.headers, **{name.replace("_", "-"): value for name, value in more.items()}}
        text = json.dumps(body).encode() if body is not None else (b"" if method == "POST" else None)
        try:
            self._connection.request(method, path, text, headers)
            answer = self._connection.getresponse()
            said = answer.read()
        except (OSError, HTTPException):
            self.close()
            raise
        if answer.will_close:
            self.close()
        plain = "json" in (answer.getheader("Content-Type") or "") and said
        return Answer(answer.status, dict(json.loads(said)) if plain else {})

    def call(self, method: str, path: str, body: Any = None, patience: float = PATIENCE, **more: str) -> Answer:
        """The answer, after as many tries as it takes. Raises GaveUp."""
        end, tries, last = time.monotonic() + patience, 0, ""
        while time.monotonic() < end:
            try:
                answer = self.once(method, path, body, **more)
            except (OSError, HTTPException, ValueError) as broken:
                last = type(broken).__name__
                self.journal.count("calls without an answer")
            else:
                if answer.status not in AGAIN:
                    return answer
                last = f"{answer.status} {answer.code}"
                self.journal.count(f"answers {last.strip()}")
            time.sleep(PAUSES[min(tries, len(PAUSES) - 1)])
            tries += 1
        raise GaveUp(f"{method} {path}: {last}")


class Traveller:
    """Somebody who is signed in, with a phone at the sandbox."""

    def __init__(self, origin: str, sandbox: str, journal: Journal, cookie: str, csrf: str) -> None:
        self.journal = journal
        self._said = {"Cookie": cookie, "X-CSRF-Token": csrf, "Origin": origin}
        self._origin = origin
        self.line = Line(origin, journal, self._said)
        self.phone = Line(sandbox, journal, {})

    def another_tab(self) -> "Line":
        """A second connection of the same browser."""
        return Line(self._origin, self.journal, self._said)

    def place(self, lines: dict[str, int]) -> Answer:
        """201 with the order, or a refusal. Repeated under one key until there is an answer."""
        body = {
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines.items()],
            "trip": {"flight": "CA932", "date": f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}", "final_destination": "PEK"},
            "pickup_point": "T1-B42", "traveller": {"name": "WANG XIAOMING", "residence": "CN"},
        }  # fmt: skip
        key = secrets.token_hex(10)
        answer = self.line.call("POST", "/api/v1/orders", body, Idempotency_Key=key)
        if answer.status == 201 and secrets.randbelow(20) == 0:  # as if the answer had been lost
            again = self.line.call("POST", "/api/v1/orders", body, Idempotency_Key=key)
            if again.body.get("number") != answer.body["number"]:
                self.journal.complain(f"{answer.body['number']}: its key sent again gave {again.status} {again.body}")
        return answer

    def open_payment(self, number: str) -> dict[str, str] | None:
        """The six parameters; None when the order waits for no payment (any more)."""
        answer = self.line.call("POST", f"/api/v1/orders/{number}/payment")
        if answer.status == 201:
            return dict(answer.body["jsapi"])
        if answer.code != "not_payable":
            self.journal.complain(f"{number}: payment answered {answer.status} {answer.code}")
        return None

    def press_pay(self, parameters: dict[str, str]) -> bool:
        """Pay on the phone. False: WeChat says that this cannot be paid (any more)."""
        said = self.phone.call("POST", "/phone/pay", {**parameters, "decision": "pay"}).body
        paid = said["err_msg"] == OK
        self.journal.count("payments made" if paid else "payments refused by the phone")
        return paid or ALREADY in str(said.get("err_desc"))

    def pay(self, number: str) -> bool:
        parameters = self.open_payment(number)
        return parameters is not None and self.press_pay(parameters)

    def state(self, number: str) -> str:
        return str(self.line.call("GET", f"/api/v1/orders/{number}").body.get("state"))

    def check(self, number: str) -> str:
        """What the order page does while it waits: our server asks WeChat."""
        return str(self.line.call("POST", f"/api/v1/orders/{number}/payment/check").body.get("state"))

    def wait_until_paid(self, number: str, seconds: float = 25.0) -> str:
        """The state of the order once it is no longer awaiting payment, or when this traveller stops looking."""
        end, looks, state = time.monotonic() + seconds, 0, ""
        while time.monotonic() < end:
            state = self.check(number) if looks % 3 == 2 else self.state(number)
            if state != "awaiting_payment":
                break
            time.sleep(0.2 if looks < 4 else 1.0)
            looks += 1
        return state

    def cancel(self, number: str, *, refund: bool = False, line: Line | None = None) -> Answer:
        body = {"refund": True} if refund else {}
        return (line or self.line).call("POST", f"/api/v1/orders/{number}/cancel", body)

    def code(self, number: str) -> str:
        """The text in the pickup QR picture."""
        return str(self.line.call("GET", f"/api/v1/orders/{number}/pickup").body.get("token", ""))


class Scanner:
    """A counter with a scanner."""

    def __init__(self, origin: str, journal: Journal, token: str) -> None:
        self.journal = journal
        self.line = Line(origin, journal, {"Authorization": f"Bearer {token}"})

    def scan(self, code: str, scan_id: str) -> str:
        """The outcome. The same `scan_id` again is the same scan."""
        body = {"code": code, "scan_id": scan_id, "scanned_at": datetime.now(UTC).isoformat()}
        self.journal.count("scans")
        return str(self.line.call("POST", "/api/v1/counter/scans", body).body.get("outcome"))


class Manager:
    """Somebody in the back office with a program of theirs."""

    def __init__(self, origin: str, journal: Journal, token: str) -> None:
        self.line = Line(origin, journal, {"Authorization": f"Bearer {token}"})

    def refund(self, number: str, **what: Any) -> Answer:
        """Send money back, under one key until there is an answer."""
        path, key = f"/api/v1/manage/orders/{number}/refunds", secrets.token_hex(10)
        return self.line.call("POST", path, what, Idempotency_Key=key)
