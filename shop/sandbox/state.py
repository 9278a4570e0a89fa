"""What the sandbox remembers: orders, codes, tokens, logs, and the knobs a test may turn. In memory, one lock."""
import secrets
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from datetime import datetime, timedelta, timezone
from threading import RLock
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from shop.sandbox.badday import BadDay
from shop.sandbox.faults import FaultBook
from shop.sandbox.followers import PAYMENT, Followers
from shop.sandbox.keychange import KeyChange
from shop.sandbox.keys import Keys, SigningKey
from shop.sandbox.press import Press
from shop.sandbox.templates import READY_MADE as TEMPLATES
from shop.sandbox.templates import Template
from shop.sandbox.travellers import READY_MADE, Traveller

if TYPE_CHECKING:
    from shop.sandbox.billfaults import BillFault
    from shop.sandbox.refunds import Outcome

BEIJING = timezone(timedelta(hours=8))
PREPAY_LIFE = 2 * 3600  # WeChat Pay, prepay: a prepay_id lives two hours, whatever time_expire says
PATIENCE = 5.0  # seconds WeChat waits for the answer to a notice
ORDER_LIFE = 7 * 86400  # an unpaid order is closed after seven days
CODE_LIFE = 5 * 60  # OAuth: a code lives five minutes, and works once
LOG_LENGTH = 5000
NOTICE_LOG_LENGTH = 40_000  # 2,000 orders of a bad day make some ten tries each

MAINLAND = "mainland"
CROSSBORDER = "crossborder"
EXCHANGE_RATE = 785_000_000  # CNY per EUR × 10⁸


@dataclass(kw_only=True, eq=False)
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
    refunds: "list[Refund]" = field(default_factory=list)

    @property
    def payer_full(self) -> int:
        """What the traveller owes, in fen."""
        return self.total if self.currency == "CNY" else (self.total * EXCHANGE_RATE + 50_000_000) // 100_000_000

    @property
    def payer_total(self) -> int:
        return self.payer_full - self.coupon

    def shown(self) -> dict[str, Any]:
        plain = {one.name: getattr(self, one.name) for one in fields(self)}
        return {
            **plain,
            "payer_total": self.payer_total,
            "prepay_ids": list(self.prepay_ids),
            "refunds": [one.shown() for one in self.refunds],
        }


@dataclass(kw_only=True, eq=False)
class Refund:
    """One `out_refund_no`. PROCESSING, and then SUCCESS, ABNORMAL or CLOSED."""

    order: Order = field(repr=False)
    out_refund_no: str
    refund_id: str
    asked: dict[str, Any]  # the first request, which every repeat must equal
    amount: int  # minor units of the order's currency
    payer_refund: int  # fen
    notify_url: str
    created_at: float
    ends_at: float  # then it becomes `outcome`
    outcome: str = "SUCCESS"
    status: str = "PROCESSING"
    success_at: float | None = None
    account: str = "支付用户零钱"

    def shown(self) -> dict[str, Any]:
        plain = {one.name: getattr(self, one.name) for one in fields(self) if one.name != "order"}
        return {"out_trade_no": self.order.out_trade_no, "dialect": self.order.dialect, **plain}


@dataclass(kw_only=True)
class Code:
    """An OAuth code that was handed to a browser."""

    traveller: Traveller
    scope: str
    given_at: float
    used: bool = False


@dataclass(kw_only=True)
class Token:
    """An access token of the API (`kind` classic or stable) or of one signed-in traveller (`kind` user), at one account."""

    kind: str
    app_id: str
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
    certificates: str = "listed"  # merchants since 2024 have the public key only: none, and 404
    refund_closed: str = "REFUNDCLOSE"  # cross-border: REFUNDCLOSE in some documents, CLOSED in others
    refund_too_soon: str = "FREQUENCY_LIMITED"  # the second refund within the gap: that (429) or BIZERR_NEED_RETRY
    bill_ready: str = "always"  # or at_ten: at 10:00 in Beijing on the next day
    statement_summary: str = "yes"  # whether a statement ends in a summary; the documents do not say
    funds: str | int = "plenty"  # what refunds are paid from: plenty, same_day (cross-border), or so many minor units
    refund_gap_seconds: float = 60.0  # by WeChat's clock, between two refunds of one order
    refund_seconds: float = 2.0  # real seconds from PROCESSING to the end
    fee_percent: float = 0.6  # of every payment, as the bill has it
    template_too_long: str = "refuse"  # a long `thing`: refuse (47003) or cut; both are reported
    template_jumps: str = "yes"  # no: the account of a company abroad, whose template messages lead nowhere
    push_mode: str = "safe"  # how messages are pushed: plain, safe or compatible
    push_answers: str = "heard"  # lost: the answer to a first try gets lost, so it is sent again
    push_copies: float = 1  # how many times each push is sent, at once
    template_seconds: float = 0.2  # real seconds until it is told what became of a template message

    CHOICES = {
        "answers": {"public_key", "certificate"},
        "notices": {"public_key", "certificate"},
        "number_field": {"id", "transaction_id"},
        "reentry_code": {"INVALID_REQUEST", "OUT_TRADE_NO_USED"},
        "unknown_openid": {"accept", "refuse"},
        "certificates": {"listed", "none"},
        "refund_closed": {"REFUNDCLOSE", "CLOSED"},
        "refund_too_soon": {"FREQUENCY_LIMITED", "BIZERR_NEED_RETRY"},
        "bill_ready": {"always", "at_ten"},
        "statement_summary": {"yes", "no"},
        "funds": {"plenty", "same_day"},
        "template_too_long": {"refuse", "cut"},
        "template_jumps": {"yes", "no"},
        "push_mode": {"plain", "safe", "compatible"},
        "push_answers": {"heard", "lost"},
    }
    NUMBERS = ("refund_gap_seconds", "refund_seconds", "fee_percent", "template_seconds", "push_copies")


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
        self.teller: Callable[[Traveller, str, dict[str, Any], str], None] | None = None  # pushes an event of an account to the shop
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
            self.payments: dict[tuple[str, str], Order] = {}  # by dialect and transaction_id, in the order of paying
            self.refunds: dict[tuple[str, str], Refund] = {}  # by dialect and out_refund_no
            self.refund_ids: dict[str, Refund] = {}
            self.outcomes: list[Outcome] = []
            self.topped_up = 0  # minor units put into the purse of refunds
            self.bill_faults: list[BillFault] = []
            self.bill_files: dict[str, tuple[float, bytes]] = {}  # token → until when, and what
            self.key_change = KeyChange()
            self.bad_day: BadDay | None = None
            self.forged_accepted = 0  # forged notices that the shop said yes to
            self.travellers: dict[str, Traveller] = {one.id: one for one in READY_MADE}
            self.silent: str | None = None
            self.followers = Followers()
            self.templates: dict[str, Template] = {one.template_id: one for one in TEMPLATES}
            self.template_results: list[str] = []  # what becomes of the next template messages
            self.told_results: list[dict[str, str]] = []
            self.scene_codes: dict[str, tuple[str, float]] = {}  # ticket → scene, and until when
            self.codes: dict[str, Code] = {}
            self.tokens: dict[str, Token] = {}
            self.stable_tokens: dict[str, str] = {}  # by app id
            self.tickets: dict[str, tuple[str, float]] = {}  # by app id: the ticket, and when it ends
            self.presses: dict[str, Press] = {}  # by app id: articles and all that goes with them
            self.allowed_ips: list[str] = []  # none: every address may ask for a token
            self.menus: dict[str, dict[str, Any]] = {}  # by app id
            self.pushes: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH)
            self.requests: deque[dict[str, Any]] = deque(maxlen=LOG_LENGTH)
            self.notices: deque[dict[str, Any]] = deque(maxlen=NOTICE_LOG_LENGTH)

    def now(self) -> float:
        """Seconds since 1970 by WeChat's clock, which a test may put forward or back."""
        return time.time() + self.clock_offset

    def grow_older(self, seconds: float) -> None:
        """Everything there is was made that much earlier; the clock stays."""
        with self.lock:
            for order in self.orders.values():
                order.created_at -= seconds
                order.expires_at -= seconds
                if order.success_at is not None:
                    order.success_at -= seconds
                order.prepay_ids = {one: until - seconds for one, until in order.prepay_ids.items()}
            for refund in self.refunds.values():
                refund.created_at -= seconds
                refund.ends_at -= seconds
                if refund.success_at is not None:
                    refund.success_at -= seconds
            self.followers.grow_older(seconds)
            for code in self.codes.values():
                code.given_at -= seconds
            for token in self.tokens.values():
                token.expires_at -= seconds
            self.tickets = {one: (text, ends - seconds) for one, (text, ends) in self.tickets.items()}

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
            self.payments[order.dialect, order.transaction_id] = order
            payer = next((one for one in self.travellers.values() if one.openid(order.app_id) == order.openid), None)
            if payer is not None:
                self.followers.did(payer.id, PAYMENT, now)

    def signing(self, what: str) -> SigningKey:
        """The key that signs now: `answers` or `notices`, by the behaviour or by the key change under way."""
        with self.lock:
            return self.key_change.signing(self.keys, what, getattr(self.behaviour, what))

    @property
    def api_v3_key(self) -> str:
        return self.key_change.api_v3_key(self.keys)

    def own_hosts(self) -> set[str]:
        """Hosts (with port) a browser may be sent back to after signing in."""
        return {urlsplit(url).netloc for url in (self.shop_url, self.browser_url) if url}


def moment(at: float) -> str:
    """RFC 3339 in Beijing time, whole seconds: how WeChat Pay writes times."""
    return datetime.fromtimestamp(int(at), BEIJING).isoformat()
