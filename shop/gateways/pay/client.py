"""WeChat Pay as the shop sees it: seven verbs, the same in both dialects."""
import re
import secrets
import time
from collections.abc import Callable, Mapping
from datetime import datetime

from shop.base.ids import OutTradeNo
from shop.gateways.pay import notices, reading
from shop.gateways.pay.crossborder import CROSSBORDER
from shop.gateways.pay.dialect import close_body, merchant_of, prepay_body
from shop.gateways.pay.errors import PaymentNotFound, PayUnavailable
from shop.gateways.pay.keys import KeyStore, problems_of_keys
from shop.gateways.pay.mainland import MAINLAND
from shop.gateways.pay.transport import Answer, Transport
from shop.gateways.pay.values import Payment, PayNotice, PrepayId, PrepayRequest, RefundNotice
from shop.settings import Dialect, PaySettings

DIALECTS = {Dialect.MAINLAND: MAINLAND, Dialect.CROSSBORDER: CROSSBORDER}


class WeChatPay:
    """One per process, shared by its threads. Makes no connection and reads no file before it is first used.

    `app_id` is the Service Account in which travellers sign in. `threads` is how many requests the process serves at
    once: unless the settings say otherwise a quarter of them, at least two, may wait for WeChat Pay at a time.

    `open_jsapi`, `find` and `close` talk to WeChat, outside any transaction, and may raise PayBusy (nothing was sent),
    PayUnavailable (*unknown, not failed*: it may have taken effect), PayRefused and PayMisconfigured.
    """

    def __init__(
        self, settings: PaySettings, app_id: str, *, clock: Callable[[], datetime], threads: int,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self._settings, self._app_id, self._clock = settings, app_id, clock
        self._dialect = DIALECTS[settings.dialect]
        self._keys = KeyStore(settings)
        self._transport = Transport(
            settings.url, self._keys, clock=clock, at_once=settings.at_once or max(2, threads // 4), pause=pause
        )
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
        answer = self._transport.call("POST", self._dialect.prepay, body)
        try:
            return PrepayId(reading.needed(reading.json_object(answer.body), "prepay_id"))
        except reading.Unreadable:
            raise PayUnavailable(_unclear(answer)) from None

    def find(self, no: OutTradeNo) -> Payment | None:
        """What WeChat knows of this attempt, or None when it knows no such order (yet). Changes nothing."""
        try:
            answer = self._transport.call("GET", self._dialect.find_path(no, self._settings))
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
        answer = self._transport.call(
            "POST", self._dialect.close_path(no), close_body(self._dialect, self._settings), tries=1
        )
        if answer.status == 202:  # WeChat Pay, close: the traveller is paying right now
            raise PayUnavailable("not_finished")

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
    return found
