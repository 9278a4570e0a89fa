"""What the sandbox remembers: orders, codes, tokens, logs, and the knobs a test may turn. In memory, one lock."""
import secrets
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta, timezone
from threading import RLock
from typing import Any
from urllib.parse import urlsplit

from shop.sandbox.faults import FaultBook
from shop.sandbox.keys import Keys
from shop.sandbox.travellers import READY_MADE, Traveller

BEIJING = timezone(timedelta(hours=8))
PREPAY_LIFE = 2 * 3600  # WeChat Pay, prepay: a prepay_id lives two hours, whatever time_expire says
PATIENCE = 5.0  # seconds WeChat waits for the answer to a notice
ORDER_LIFE = 7 * 86400  # an unpaid order is closed after seven days
CODE_LIFE = 5 * 60  # OAuth: a code lives five minutes, and works once
LOG_LENGTH = 5000

MAINLAND = "mainland"
CROSSBORDER = "crossborder"
EXCHANGE_RATE = 785_000_000  # CNY per EUR × 10⁸


@dataclass(kw_only=True)
class Order:
    """One `out_trade_no` as WeChat Pay sees it."""

    dialect: str
    out_trade_no: str
    asked: dict[str, Any]  # the first request, which every repeat must equal
    app_id: str  # the account whose openid pays
    openid: str
    total: int  # minor units of `currency`
    currency: str
    notify_url: str
    created_at: float
    expires_at: float  # the latest moment to pay; it does not close the order
    prepay_ids: dict[str, float] = field(default_factory=dict)
    trade_state: str = "NOTPAY"
    transaction_id: str | None = None
    success_at: float | None = None
    coupon: int = 0  # fen that a coupon paid

    @property
    def payer_full(self) -> int:
        """What the traveller owes, in fen."""
        return self.total if self.currency == "CNY" else (self.total * EXCHANGE_RATE + 50_000_000) // 100_000_000

    @property
    def payer_total(self) -> int:
        return self.payer_full - self.coupon

    def shown(self) -> dict[str, Any]:
        return {**asdict(self), "payer_total": self.payer_total, "prepay_ids": list(self.prepay_ids)}


@dataclass(kw_only=True)
class Code:
    """An OAuth code that was handed to a browser."""

    traveller: Traveller
    scope: str
    given_at: float
    used: bool = False


@dataclass(kw_only=True)
class Token:
    """An access token of the API (`kind` classic or stable) or of one signed-in traveller (`kind` user)."""

    kind: str
    expires_at: float
    traveller: Traveller | None = None
    scope: str = ""


@dataclass
class Behaviour:
    """Where the documents disagree, or where WeChat differs by account: a test chooses."""

    answers: str = "public_key"  # the key that signs answers: public_key or certificate
    notices: str = "public_key"  # the key that signs notices
    number_field: str = "id"  # cross-border: `id` in some documents, `transaction_id` in others
    reentry_code: str = "INVALID_REQUEST"  # a changed repeat: INVALID_REQUEST (400) or OUT_TRADE_NO_USED (403)
    unknown_openid: str = "accept"  # accept or refuse openids that no traveller here has

    CHOICES = {
        "answers": {"public_key", "certificate"},
        "notices": {"public_key", "certificate"},
        "number_field": {"id", "transaction_id"},
        "reentry_code": {"INVALID_REQUEST", "OUT_TRADE_NO_USED"},
        "unknown_openid": {"accept", "refuse"},
    }


class World:
    """Everything that changes. Take `lock` for any step that reads and then writes."""

    def __init__(self, keys: Keys, *, dialect: str, shop_url: str = "", speed: float = 0.01) -> None:
        if dialect not in {MAINLAND, CROSSBORDER}:
            raise ValueError(f"no such dialect: {dialect}")
        self.keys = keys
        self.dialect = dialect
        self.shop_url = shop_url.rstrip("/")
        self.url = ""
        self.browser_url = ""
        self.merchant_name = "法兰克福机场免税店"
        self.lock = RLock()
        self.default_speed = speed
        self.reset()

    def reset(self) -> None:
        """Forget everything but keys and addresses."""
        with self.lock:
            self.speed = self.default_speed
            self.patience = PATIENCE
            self.clock_offset = 0.0
            self.behaviour = Behaviour()
            self.faults = FaultBook()
            self.orders: dict[tuple[str, str], Order] = {}
            self.prepays: dict[str, Order] = {}
            self.travellers: dict[str, Traveller] = {one.id: one for one in READY_MADE}
            self.silent: str | None = None
            self.codes: dict[str, Code] = {}
            self.tokens: dict[str, Token] = {}
            self.stable_token = ""
            self.ticket = ("", 0.0)
            self.requests: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH)
            self.notices: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH)

    def now(self) -> float:
        """Seconds since 1970 by WeChat's clock, which a test may put forward or back."""
        return time.time() + self.clock_offset

    def grow_older(self, seconds: float) -> None:
        """Everything there is was made that much earlier; the clock stays."""
        with self.lock:
            for order in self.orders.values():
                order.created_at -= seconds
                order.expires_at -= seconds
                order.prepay_ids = {one: until - seconds for one, until in order.prepay_ids.items()}
            for code in self.codes.values():
                code.given_at -= seconds
            for token in self.tokens.values():
                token.expires_at -= seconds
            self.ticket = (self.ticket[0], self.ticket[1] - seconds)

    def find(self, out_trade_no: str, dialect: str = "") -> Order | None:
        """The order with that number; without `dialect`, the own dialect's first."""
        other = MAINLAND if self.dialect == CROSSBORDER else CROSSBORDER
        with self.lock:
            for one in [dialect] if dialect else [self.dialect, other]:
                if order := self.orders.get((one, out_trade_no)):
                    if order.trade_state == "NOTPAY" and self.now() > order.created_at + ORDER_LIFE:
                        order.trade_state = "CLOSED"
                    return order
        return None

    def new_prepay_id(self, order: Order) -> str:
        now = self.now()
        prepay_id = f"wx{datetime.fromtimestamp(now, BEIJING):%Y%m%d%H%M%S}{secrets.token_hex(10)}"
        order.prepay_ids[prepay_id] = now + PREPAY_LIFE
        self.prepays[prepay_id] = order
        return prepay_id

    def settle(self, order: Order, coupon: int = 0) -> None:
        """The money is there."""
        with self.lock:
            now = self.now()
            order.trade_state = "SUCCESS"
            order.success_at = now
            order.coupon = min(coupon, order.payer_full - 1)
            number = "".join(secrets.choice("0123456789") for _ in range(16))
            order.transaction_id = f"4200{datetime.fromtimestamp(now, BEIJING):%Y%m%d}{number}"

    def own_hosts(self) -> set[str]:
        """Hosts (with port) a browser may be sent back to after signing in."""
        return {urlsplit(url).netloc for url in (self.shop_url, self.browser_url) if url}


def moment(at: float) -> str:
    """RFC 3339 in Beijing time, whole seconds: how WeChat Pay writes times."""
    return datetime.fromtimestamp(int(at), BEIJING).isoformat()
