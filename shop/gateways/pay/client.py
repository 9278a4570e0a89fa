"""WeChat Pay as the shop sees it: the same verbs in both dialects."""
import re
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime
from typing import BinaryIO

from shop.base.ids import OutRefundNo, OutTradeNo
from shop.base.money import Currency
from shop.gateways.pay import bills, notices, reading
from shop.gateways.pay.bill_columns import COLUMNS
from shop.gateways.pay.certificates import Certificates, keys_ending
from shop.gateways.pay.crossborder import CROSSBORDER
from shop.gateways.pay.dialect import close_body, encode, merchant_of, prepay_body, refund_body
from shop.gateways.pay.downloads import Downloads
from shop.gateways.pay.errors import NotOffered, PaymentNotFound, PayUnavailable, refund_refusal
from shop.gateways.pay.hosts import Hosts
from shop.gateways.pay.keys import KeyStore, problems_of_keys
from shop.gateways.pay.mainland import MAINLAND
from shop.gateways.pay.transport import Answer, Call, Transport
from shop.gateways.pay.values import (
    BillKind,
    FetchedBill,
    Payment,
    PayNotice,
    PrepayId,
    PrepayRequest,
    Refund,
    RefundNotice,
    RefundRequest,
)
from shop.settings import Dialect, PaySettings

DIALECTS = {Dialect.MAINLAND: MAINLAND, Dialect.CROSSBORDER: CROSSBORDER}


class WeChatPay:
    """One per process, shared by its threads. Makes no connection and reads no file before it is first used.

    `app_id` is the Service Account in which travellers sign in. `threads` is how many requests the process serves at
    once: unless the settings say otherwise a quarter of them, at least two, may wait for WeChat Pay at a time.

    `open_jsapi`, `find`, `close`, `refund`, `find_refund`, `refund_to_merchant_card`, `fetch_bill` and
    `refresh_certificates` talk to WeChat, outside any transaction, and may raise PayBusy (nothing was sent),
    PayUnavailable (*unknown, not failed*: it may have taken effect), PayRefused and PayMisconfigured. The others talk
    to nobody.
    """

    def __init__(
        self, settings: PaySettings, app_id: str, *, clock: Callable[[], datetime], threads: int,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings, self._app_id, self._clock = settings, app_id, clock
        self._dialect = DIALECTS[settings.dialect]
        self._keys = KeyStore(settings)
        at_once = settings.at_once or max(2, threads // 4)
        hosts = Hosts(settings.url, settings.standby_url, pool=at_once)
        self._transport = Transport(hosts, self._keys, clock=clock, at_once=at_once, pause=pause)
        self._downloads = Downloads(self._dialect, settings, self._keys, self._transport, hosts, clock)
        self._certificates = Certificates(self._dialect.certificates, self._keys, self._transport, clock)
        self._ours = reading.Ours(
            sender=settings.sender, merchant=merchant_of(self._dialect, settings), app_id=app_id
        )

    def prepare(self, asked: PrepayRequest) -> bytes:
        """The exact body to open this payment with. Store it: only these bytes may ever be sent for this number.

        Talks to nobody. Characters that WeChat does not take are dropped from the description. Raises ValueError for
        what WeChat could only refuse.
        """
        return prepay_body(self._dialect, self._settings, self._app_id, asked)

    def open_jsapi(self, body: bytes) -> PrepayId:
        """Open the payment that `prepare` wrote; the same bytes again give a prepay id again, also after two hours.

        Raises AlreadyPaid and OrderClosed besides; other bytes under the same number are PayRefused.
        """
        answer = self._transport.call(Call("POST", self._dialect.prepay, body))
        try:
            return PrepayId(reading.needed(reading.json_object(answer.body), "prepay_id"))
        except reading.Unreadable:
            raise PayUnavailable(_unclear(answer)) from None

    def find(self, no: OutTradeNo) -> Payment | None:
        """What WeChat knows of this attempt, or None when it knows no such order (yet). Changes nothing."""
        try:
            answer = self._transport.call(Call("GET", self._dialect.find_path(no, self._settings)))
        except PaymentNotFound:
            return None
        try:
            found = reading.payment(reading.json_object(answer.body), self._dialect, self._ours)
        except reading.Unreadable:
            raise PayUnavailable(_unclear(answer)) from None
        if found.out_trade_no != no:
            raise PayUnavailable("answer_unreadable")
        return found

    def close(self, no: OutTradeNo) -> None:
        """Ask WeChat to close the attempt. Returning proves nothing: WeChat says the same for numbers it never saw.

        Free stock only when `find` says CLOSED. Raises AlreadyPaid, OrderClosed and PaymentNotFound besides. It is
        not repeated here: after PayUnavailable ask `find`, then close again.
        """
        body = close_body(self._dialect, self._settings)
        answer = self._transport.call(Call("POST", self._dialect.close_path(no), body, tries=1))
        if answer.status == 202:  # WeChat Pay, close: the traveller is paying right now
            raise PayUnavailable("not_finished")

    def prepare_refund(self, asked: RefundRequest) -> bytes:
        """The exact body of this refund. Store it before the first call: only these bytes may ever be sent for it.

        A new number for the same money is a second refund; only a refund that `find_refund` shows CLOSED may be asked
        for again under another. Raises ValueError for what WeChat could only refuse.
        """
        return refund_body(self._dialect, self._settings, self._app_id, asked)

    def refund(self, body: bytes) -> Refund:
        """Ask for the refund that `prepare_refund` wrote; the same bytes again give the same refund.

        Raises besides: RefundTooSoon (a PayUnavailable: unknown, the same bytes again in a minute), RefundNoFunds (the
        same bytes again in an hour), RefundImpossible and PaymentNotFound. An error may be unsigned: before giving up
        ask `find_refund`.
        """
        answer = self._transport.call(Call("POST", self._dialect.refunds, body, sort=refund_refusal))
        number = reading.text(reading.json_object(body), "out_refund_no")
        return self._refund_in(answer, number)

    def find_refund(self, no: OutRefundNo) -> Refund | None:
        """What WeChat knows of this refund, or None when it knows none (yet): then the same bytes may be sent again."""
        try:
            answer = self._transport.call(Call("GET", self._dialect.find_refund_path(no, self._settings), sort=refund_refusal))
        except PaymentNotFound:
            return None
        return self._refund_in(answer, no)

    def refund_to_merchant_card(self, refund_id: str, out_refund_no: OutRefundNo) -> Refund:
        """Take an ABNORMAL refund back to the shop's own bank card, to pay the traveller in another way (mainland).

        `refund_id` is WeChat's number of it. Raises NotOffered across borders, and what `refund` raises.
        """
        if not self._dialect.abnormal:
            raise NotOffered
        body = encode({"out_refund_no": out_refund_no, "type": "MERCHANT_BANK_CARD"})
        path = self._dialect.abnormal_path(refund_id)
        return self._refund_in(self._transport.call(Call("POST", path, body, sort=refund_refusal)), out_refund_no)

    def bill_kinds(self) -> tuple[BillKind, ...]:
        """The files that this dialect offers for a day."""
        return tuple(self._dialect.bills)

    def fetch_bill(self, kind: BillKind, day: date, into: BinaryIO) -> FetchedBill | None:
        """Write the plain CSV of one day in Beijing into `into`, in pieces; None when the day had no trades.

        When this raises, what `into` holds by then is worthless. Raises besides: BillNotReady (ask again in half an
        hour), BillDamaged (not the file that WeChat announced) and NotOffered (`bill_kinds` has no such file).
        """
        if kind not in self._dialect.bills:
            raise NotOffered
        return self._downloads.fetch(kind, day, into)

    def read_bill(
        self, source: bills.Source, kind: BillKind, currency_default: Currency
    ) -> Iterator[bills.BillLine | bills.FlowLine]:
        """As `bills.read_bill`, with the column names that the settings add for the statement."""
        names = dict(self._settings.statement_columns) if kind is BillKind.STATEMENT else {}
        return bills.read_bill(source, kind, currency_default, names=names)

    def refresh_certificates(self) -> int:
        """Fetch WeChat's platform certificates if it is time; how many new ones are believed now.

        For the worker's beat: it may be called every minute and asks WeChat every twelve hours, after an unknown
        serial or a failure sooner. Merchants who only have WeChat's public key get 0.
        """
        return self._certificates.refresh()

    def keys_ending(self, now: datetime) -> list[tuple[str, datetime]]:
        """Certificates without a successor that end within 30 days or have ended: name and end, soonest first."""
        return keys_ending(self._settings, self._keys, now)

    @property
    def last_skew(self) -> float | None:
        """Seconds by which our clock was ahead of WeChat's at the last answer; None before one. 300 is too far."""
        return self._transport.last_skew

    def read_notice(self, headers: Mapping[str, str], body: bytes) -> PayNotice | RefundNotice:
        """Verify, decrypt and read what was posted to us. `body` as it came in, before anything parsed it.

        Raises NotAuthentic; answer 401 then, WeChat sends a genuine notice again. PayMisconfigured, if our own keys
        cannot be read, must become a 5xx. Whether it is about us is in `ours`; whether it is true to the order is for
        the caller to judge.
        """
        return notices.read(
            headers, body, keys=self._keys.get(), dialect=self._dialect, ours=self._ours, now=self._clock()
        )

    def jsapi_parameters(self, prepay_id: PrepayId, now: datetime) -> dict[str, str]:
        """What the page hands to WeixinJSBridge, as strings: appId, timeStamp, nonceStr, package, signType, paySign."""
        return self._keys.get().signer.jsapi(
            self._app_id, prepay_id, timestamp=int(now.timestamp()), nonce=secrets.token_hex(16)
        )

    def _refund_in(self, answer: Answer, number: str | None) -> Refund:
        try:
            found = reading.refund(reading.json_object(answer.body), self._dialect)
        except reading.Unreadable:
            raise PayUnavailable(_unclear(answer)) from None
        if found.out_refund_no != number:
            raise PayUnavailable("answer_unreadable")
        return found

    def problems(self) -> list[str]:
        """What is missing or does not fit together, in sentences without secrets. Reads the key files, asks nobody."""
        return _missing(self._settings, self._app_id) + problems_of_keys(self._settings, self._clock())


def _unclear(answer: Answer) -> str:
    return "not_finished" if answer.status == 202 else "answer_unreadable"


def _missing(settings: PaySettings, app_id: str) -> list[str]:
    required = {"WECHAT_APP_ID": app_id, "WECHAT_PAY_URL": settings.url, "WECHAT_PAY_SERIAL_NO": settings.serial_no}
    if settings.dialect is Dialect.MAINLAND:
        required["WECHAT_PAY_MCH_ID"] = settings.mch_id
    else:
        required |= {
            "WECHAT_PAY_SP_MCH_ID": settings.sp_mch_id,
            "WECHAT_PAY_SUB_MCH_ID": settings.sub_mch_id,
            "WECHAT_PAY_SP_APP_ID": settings.sp_app_id,
        }
    found = [f"{name} is missing" for name, value in required.items() if not value]
    if settings.serial_no and not re.fullmatch(r"[0-9A-Fa-f]{8,64}", settings.serial_no):
        found.append("WECHAT_PAY_SERIAL_NO is the hexadecimal serial of the merchant certificate")
    if settings.dialect is Dialect.CROSSBORDER and not re.fullmatch(r"[0-9]{4}", settings.mcc):
        found.append("WECHAT_PAY_MCC must be four digits")
    for name, meaning in settings.statement_columns:
        if meaning not in COLUMNS[BillKind.STATEMENT]:
            found.append(f"WECHAT_PAY_STATEMENT_COLUMNS: {name} has no meaning that the shop knows")
    return found
