"""Who uses the running shop: a traveller with a browser, a counter with a scanner. Over HTTP, as the contract says."""
import secrets
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

import requests
from journeys.running import Shop

from shop.sandbox import ControlRefused

T = TypeVar("T")
PATIENCE = 40.0   # seconds; a killed web process is back in a few
EXPECTED_OF_A_KILLED_SHOP = (500, 502, 503)


class NotYet(Exception):
    """The shop did not answer, or said "try again"."""


def eventually(question: Callable[[], T], seconds: float = PATIENCE, pause: float = 0.1) -> T:
    """Ask until the answer is true, and give it back. NotYet counts as no."""
    end = time.monotonic() + seconds
    last: Any = None
    while time.monotonic() < end:
        try:
            if last := question():
                return last
        except NotYet as why:
            last = why
        time.sleep(pause)
    raise AssertionError(f"it did not happen in {seconds:.0f} s; last: {last!r}")


class Caller:
    """Sends JSON calls and tells "not now" (NotYet) from an answer."""

    def __init__(self, shop: Shop) -> None:
        self.shop = shop
        self.http = requests.Session()
        self.http.trust_env = False

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> requests.Response:
        """Raises NotYet when the shop cannot be reached, is overloaded or has just been killed."""
        said = {"Origin": self.shop.origin, **headers}
        try:
            answer = self.http.request(method, f"{self.shop.origin}/api/v1{path}", json=body, headers=said, timeout=20)
        except requests.RequestException as broken:
            raise NotYet(type(broken).__name__) from None
        if answer.status_code in EXPECTED_OF_A_KILLED_SHOP:
            raise NotYet(f"{answer.status_code} {answer.text[:300]}")
        return answer


class Traveller(Caller):
    """A browser that is signed in as somebody of the sandbox."""

    def __init__(self, shop: Shop) -> None:
        super().__init__(shop)
        page = self.http.get(f"{shop.origin}/sign-in", params={"next": "/orders/"}, timeout=20)
        assert page.status_code == 200, page.text[:500]
        assert page.url.startswith(f"{shop.origin}/orders"), page.url
        if token := self.call("GET", "/orders").headers.get("X-CSRF-Token"):
            self.http.headers["X-CSRF-Token"] = token

    def place(self, lines: dict[str, int], key: str = "") -> dict[str, Any]:
        """The order. The same key again is the same order."""
        body = {
            "lines": [{"sku": sku, "quantity": quantity} for sku, quantity in lines.items()],
            "trip": {"flight": "CA932", "date": f"{datetime.now(UTC) + timedelta(days=3):%Y-%m-%d}", "final_destination": "PEK"},
            "pickup_point": "T1-B42", "traveller": {"name": "WANG XIAOMING", "residence": "CN"},
        }  # fmt: skip
        answer = self.call("POST", "/orders", body, **{"Idempotency-Key": key or secrets.token_hex(8)})
        assert answer.status_code == 201, answer.text
        return dict(answer.json())

    def open_payment(self, number: str) -> dict[str, str] | None:
        """The six parameters for the phone; None when the order waits for no payment any more."""
        answer = self.call("POST", f"/orders/{number}/payment")
        if answer.status_code == 409:
            return None
        assert answer.status_code == 201, answer.text
        return dict(answer.json()["jsapi"])

    def pay(self, number: str) -> None:
        """Press the button, and pay on the phone."""
        parameters = self.open_payment(number)
        assert parameters is not None
        assert self.shop.wechat.launch(parameters)["err_msg"] == "get_brand_wcpay_request:ok"

    def state(self, number: str) -> str:
        answer = self.call("GET", f"/orders/{number}")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["state"])

    def check(self, number: str) -> str:
        """What the order page does: our server asks WeChat."""
        answer = self.call("POST", f"/orders/{number}/payment/check")
        assert answer.status_code == 200, answer.text
        return str(answer.json()["state"])

    def ticket(self, number: str) -> dict[str, str]:
        answer = self.call("GET", f"/orders/{number}/pickup")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def buy_in_spite_of_everything(self, lines: dict[str, int]) -> dict[str, str]:
        """Order and pay, repeating each step until it is done, as a patient person does: number, code and token."""
        key = secrets.token_hex(8)
        number = str(eventually(lambda: self.place(lines, key))["number"])
        eventually(lambda: self._pay_once(number))
        eventually(lambda: self.state(number) == "paid")
        return {"number": number, **eventually(lambda: self.ticket(number))}

    def _pay_once(self, number: str) -> bool:
        parameters = self.open_payment(number)
        if parameters is None:
            return True  # it was paid before the shop went down
        try:
            said = self.shop.wechat.launch(parameters)
        except ControlRefused as refused:
            raise NotYet(str(refused)) from None
        return said["err_msg"].endswith(":ok") or "已支付" in said.get("err_desc", "")


class Counter(Caller):
    """A scanner with the token of its device."""

    def __init__(self, shop: Shop, device: int = 0) -> None:
        super().__init__(shop)
        self.http.headers["Authorization"] = f"Bearer {shop.tokens[device]}"

    def look(self, code: str) -> str:
        return self._outcome(self.call("POST", "/counter/look", {"code": code}))

    def scan(self, code: str, scan_id: str = "") -> str:
        """The outcome. The same `scan_id` again is the same scan."""
        body = {"code": code, "scan_id": scan_id or secrets.token_hex(8), "scanned_at": datetime.now(UTC).isoformat()}
        return self._outcome(self.call("POST", "/counter/scans", body))

    def _outcome(self, answer: requests.Response) -> str:
        assert answer.status_code == 200, answer.text
        return str(answer.json()["outcome"])
