"""A sandbox on loopback, a merchant that signs by its own code, and a shop that only listens."""
import base64
import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from functools import lru_cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import requests
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shop.sandbox import Sandbox

JSON = "application/json"


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "browser: needs Chromium")


@pytest.fixture(scope="session")
def sandbox_keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("sandbox") / "keys"


@pytest.fixture(scope="session")
def running_box(sandbox_keys: Path) -> Iterator[Sandbox]:
    with Sandbox.start(keys_dir=sandbox_keys) as box:
        yield box


@pytest.fixture
def box(running_box: Sandbox) -> Iterator[Sandbox]:
    yield running_box
    running_box.control.reset()
    running_box.world.shop_url = ""


@pytest.fixture(params=["mainland", "crossborder"])
def merchant(request: pytest.FixtureRequest, box: Sandbox) -> "Merchant":
    """A merchant in each dialect."""
    return Merchant(box, request.param)


@pytest.fixture
def mainland(box: Sandbox) -> "Merchant":
    return Merchant(box, "mainland")


@pytest.fixture
def crossborder(box: Sandbox) -> "Merchant":
    return Merchant(box, "crossborder")


@pytest.fixture
def shop() -> Iterator["Listener"]:
    listener = Listener()
    yield listener
    listener.stop()


@pytest.fixture
def eventually() -> Callable[[Callable[[], Any]], Any]:
    """Wait until a question has a true answer, and give it back."""

    def wait(question: Callable[[], Any], seconds: float = 8.0) -> Any:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if answer := question():
                return answer
            time.sleep(0.01)
        raise AssertionError("it did not happen in time")

    return wait


@lru_cache(maxsize=2)
def private_key(file: str) -> Any:
    return serialization.load_pem_private_key(Path(file).read_bytes(), password=None)


class Merchant:
    """Signs and verifies as the documents say; shares nothing with the sandbox or the shop."""

    def __init__(self, box: Sandbox, dialect: str) -> None:
        self.box = box
        self.dialect = dialect
        self.numbers = box.world.keys.numbers
        self.session = requests.Session()
        self.session.trust_env = False
        env = box.env
        self.key = private_key(env["WECHAT_PAY_PRIVATE_KEY_FILE"])
        self.serial = env["WECHAT_PAY_SERIAL_NO"]
        self.api_key = env["WECHAT_PAY_API_V3_KEY"].encode()
        self.ring: dict[str, Any] = {}
        for pair in env["WECHAT_PAY_VERIFY_KEYS"].split(","):
            name, file = pair.split("=")
            pem = Path(file).read_bytes()
            is_key = name.startswith("PUB_KEY_ID_")
            self.ring[name] = (
                serialization.load_pem_public_key(pem) if is_key else x509.load_pem_x509_certificate(pem).public_key()
            )
        self.key_id = next(name for name in self.ring if name.startswith("PUB_KEY_ID_"))
        self.certificate_serial = next(name for name in self.ring if not name.startswith("PUB_KEY_ID_"))

    @property
    def mchid(self) -> str:
        return self.numbers.mch_id if self.dialect == "mainland" else self.numbers.sp_mch_id

    @property
    def base(self) -> str:
        return "/v3/pay/transactions" if self.dialect == "mainland" else "/v3/global/transactions"

    @property
    def owner_query(self) -> str:
        if self.dialect == "mainland":
            return f"mchid={self.numbers.mch_id}"
        return f"sp_mchid={self.numbers.sp_mch_id}&sub_mchid={self.numbers.sub_mch_id}"

    @property
    def openid(self) -> str:
        return str(self.box.world.travellers["wang"].openid(self.numbers.app_id))

    def sign(self, text: bytes) -> str:
        return base64.b64encode(self.key.sign(text, padding.PKCS1v15(), hashes.SHA256())).decode()

    def authorization(self, method: str, path: str, body: bytes, **changes: str) -> str:
        timestamp = changes.get("timestamp", str(int(time.time())))
        nonce = secrets.token_hex(16)
        text = f"{method}\n{path}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"
        parts = {
            "mchid": self.mchid,
            "nonce_str": nonce,
            "signature": self.sign(text),
            "timestamp": timestamp,
            "serial_no": self.serial,
            **changes,
        }
        return "WECHATPAY2-SHA256-RSA2048 " + ",".join(f'{name}="{value}"' for name, value in parts.items())

    def call(
        self, method: str, path: str, body: Any = None, headers: dict[str, Any] | None = None
    ) -> requests.Response:
        """Send it signed. A header of None is left out."""
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        sent: dict[str, Any] = {
            "Accept": JSON,
            "User-Agent": "merchant/1",
            "Wechatpay-Serial": self.key_id,
            "Authorization": self.authorization(method, path, raw),
        }
        if raw:
            sent["Content-Type"] = JSON
        sent |= headers or {}
        return self.session.request(method, self.box.url + path, data=raw, headers=sent, timeout=10)

    def order(self, out_trade_no: str | None = "", **changes: Any) -> dict[str, Any]:
        """A prepay request as it should be, with changes; a change to None leaves the field out."""
        found: dict[str, Any] = {
            "description": "免税预订",
            "out_trade_no": "T" + secrets.token_hex(10) if out_trade_no == "" else out_trade_no,
            "notify_url": "http://127.0.0.1:9/notice",
            "amount": {"total": 1750, "currency": "CNY" if self.dialect == "mainland" else "EUR"},
        }
        if self.dialect == "mainland":
            found |= {"appid": self.numbers.app_id, "mchid": self.numbers.mch_id, "payer": {"openid": self.openid}}
        else:
            found |= {
                "sp_appid": self.numbers.sp_app_id,
                "sp_mchid": self.numbers.sp_mch_id,
                "sub_appid": self.numbers.app_id,
                "sub_mchid": self.numbers.sub_mch_id,
                "trade_type": "JSAPI",
                "merchant_category_code": "5309",
                "payer": {"sub_openid": self.openid},
            }
        return {name: value for name, value in (found | changes).items() if value is not None}

    def prepay(self, body: Any = None, **changes: Any) -> requests.Response:
        return self.call("POST", f"{self.base}/jsapi", body if body is not None else self.order(**changes))

    def opened(self, **changes: Any) -> tuple[str, str]:
        """An open order: its number and prepay_id."""
        order = self.order(**changes)
        answer = self.prepay(order)
        assert answer.status_code == 200, answer.text
        return order["out_trade_no"], answer.json()["prepay_id"]

    def query(self, out_trade_no: str) -> requests.Response:
        return self.call("GET", f"{self.base}/out-trade-no/{out_trade_no}?{self.owner_query}")

    def close(self, out_trade_no: str) -> requests.Response:
        body = dict(pair.split("=") for pair in self.owner_query.split("&"))
        return self.call("POST", f"{self.base}/out-trade-no/{out_trade_no}/close", body)

    def refund_body(self, out_trade_no: str | None, amount: int, **changes: Any) -> dict[str, Any]:
        """A request for a refund as it should be, with changes; `total` and `currency` go into the amount."""
        currency = changes.pop("currency", "CNY" if self.dialect == "mainland" else "EUR")
        found: dict[str, Any] = {
            "out_trade_no": out_trade_no,
            "out_refund_no": "R" + secrets.token_hex(10),
            "reason": "免税预订取消",
            "amount": {"refund": amount, "total": changes.pop("total", 1750), "currency": currency},
        }
        if self.dialect == "crossborder":
            found |= {
                "sp_appid": self.numbers.sp_app_id,
                "sp_mchid": self.numbers.sp_mch_id,
                "sub_appid": self.numbers.app_id,
                "sub_mchid": self.numbers.sub_mch_id,
            }
        return {name: value for name, value in (found | changes).items() if value is not None}

    def refund(self, body: dict[str, Any]) -> requests.Response:
        path = "/v3/refund/domestic/refunds" if self.dialect == "mainland" else "/v3/global/refunds"
        return self.call("POST", path, body)

    def find_refund(self, out_refund_no: str) -> requests.Response:
        if self.dialect == "mainland":
            return self.call("GET", f"/v3/refund/domestic/refunds/{out_refund_no}")
        return self.call("GET", f"/v3/global/refunds/out-refund-no/{out_refund_no}?{self.owner_query}")

    def jsapi(self, prepay_id: str, **changes: str) -> dict[str, str]:
        found = {
            "appId": self.numbers.app_id,
            "timeStamp": str(int(time.time())),
            "nonceStr": secrets.token_hex(16),
            "package": f"prepay_id={prepay_id}",
            "signType": "RSA",
        } | changes
        lines = "".join(f"{found[name]}\n" for name in ("appId", "timeStamp", "nonceStr", "package"))
        return {"paySign": self.sign(lines.encode()), **found}

    def accepts(self, headers: Any, body: bytes) -> bool:
        """Whether an answer or a notice is WeChat's and fresh."""
        try:
            key = self.ring[headers["Wechatpay-Serial"]]
            signature = base64.b64decode(headers["Wechatpay-Signature"], validate=True)
            timestamp, nonce = headers["Wechatpay-Timestamp"], headers["Wechatpay-Nonce"]
            text = f"{timestamp}\n{nonce}\n".encode() + body + b"\n"
            key.verify(signature, text, padding.PKCS1v15(), hashes.SHA256())
        except (KeyError, ValueError, InvalidSignature):
            return False
        return abs(time.time() - int(timestamp)) < 300

    def unseal(self, resource: dict[str, str]) -> bytes:
        """Raises InvalidTag."""
        sealed = base64.b64decode(resource["ciphertext"])
        return AESGCM(self.api_key).decrypt(resource["nonce"].encode(), sealed, resource["associated_data"].encode())

    def content(self, notice: "Received") -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.unseal(json.loads(notice.body)["resource"]))
        return found


class Received:
    """One request that came to the listening shop."""

    def __init__(self, path: str, headers: Any, body: bytes) -> None:
        self.path, self.headers, self.body = path, headers, body
        self.at = time.monotonic()


class Listener:
    """A shop that keeps what it gets and answers what it is told to: `statuses` first, then as `judge` says, or 204."""

    def __init__(self) -> None:
        self.got: list[Received] = []
        self.statuses: list[int] = []
        self.wait = 0.0
        self.judge: Callable[[Received], int] = lambda _: 204
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                received = Received(self.path, self.headers, body)
                outer.got.append(received)
                status = outer.statuses.pop(0) if outer.statuses else outer.judge(received)
                time.sleep(outer.wait)
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Quiet."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
