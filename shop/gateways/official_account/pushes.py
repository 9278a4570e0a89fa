"""What WeChat pushes to our server: the check of the address, and messages and events in plain or safe mode.

Official Account, receiving messages: `signature` covers token, timestamp and nonce, not the body; `msg_signature` of safe mode
covers the sealed body as well. So an account with an AES key here takes sealed bodies only.
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from msgspec import field

from shop.base.discreet import Discreet
from shop.base.errors import Kind, ShopError

LARGEST = 64 * 1024
LATE = timedelta(minutes=5)
BLOCK = 32  # of the padding, not of AES
MOST_FIELDS, DEEPEST = 200, 5
LONGEST = {"FromUserName": 64, "ToUserName": 64, "MsgType": 32, "Event": 64, "EventKey": 1200, "Content": 8192, "Ticket": 256}
KNOWN = frozenset({"ToUserName", "FromUserName", "CreateTime", "MsgType", "Event", "EventKey", "Content", "MsgId", "Encrypt"})


class Doubt(StrEnum):
    """Why a push was not believed or not read. Stable: they are labels of a counter."""

    NOT_SET_UP = "not_set_up"
    BAD_SIGNATURE = "bad_signature"
    STALE = "stale"
    PLAIN = "plain"
    BAD_SEAL = "bad_seal"
    FOREIGN_ACCOUNT = "foreign_account"
    TOO_LARGE = "too_large"
    UNREADABLE = "unreadable"


class NotGenuine(ShopError):
    """Not WeChat's words, or not for us. `doubt` says which check failed, nothing of the content."""

    kind, code = Kind.UNAUTHENTIC, "push_not_genuine"

    def __init__(self, doubt: Doubt) -> None:
        super().__init__(doubt=doubt.value)
        self.doubt = doubt


class Unreadable(NotGenuine):
    """No XML as WeChat writes it: something with entities, too large, or without the fields that are always there."""

    kind, code = Kind.INVALID, "push_unreadable"


class Push(Discreet, frozen=True, kw_only=True):
    """One message or event. `kind` is WeChat's MsgType; `event` and `key` are empty for messages.

    `msg_id` is empty for events: they have none. `more` is all the rest, as texts by WeChat's names; what is nested by path.
    """

    hidden = frozenset({"openid", "text", "more"})
    app_id: str
    openid: str
    to: str
    kind: str
    event: str = ""
    key: str = ""
    text: str = ""
    msg_id: str = ""
    sent_at: datetime
    sealed: bool
    more: Mapping[str, str] = field(default_factory=dict)

    @property
    def scene(self) -> str:
        """The scene of the code that was scanned, empty when none was."""
        if self.event == "subscribe":
            return self.key.removeprefix("qrscene_") if self.key.startswith("qrscene_") else ""
        return self.key if self.event == "SCAN" else ""

    @property
    def mark(self) -> str:
        """The same for the same push sent again, different for any other: messages by their id, events by what they are.

        Message ids alone were seen to collide between users, and events of one second by sender and time alone.
        """
        result = self.more.get("MsgID") or self.more.get("PublishEventInfo.publish_id") or ""
        parts = (self.app_id, self.openid, self.sent_at.isoformat(), self.kind, self.event, self.key, self.msg_id, result)
        return hashlib.sha256("\x00".join(parts).encode()).hexdigest()


class PushReader:
    """Reads pushes to the accounts `app_ids` (the first is the one of plain bodies), which share token and AES key."""

    def __init__(self, token: str, aes_key: str, app_ids: tuple[str, ...], clock: Callable[[], datetime]) -> None:
        self._token, self._app_ids, self._clock = token, app_ids, clock
        self._key = aes_key_of(aes_key) if aes_key else b""

    def check_address(self, args: Mapping[str, str]) -> str:
        """WeChat asks whether this address is ours: the text to answer with, as it is. Raises NotGenuine."""
        self._check(args.get("signature", ""), args)
        echo = args.get("echostr", "")
        if not echo or len(echo) > 512 or not echo.isprintable():
            raise Unreadable(Doubt.UNREADABLE)
        return echo

    def read(self, args: Mapping[str, str], body: bytes) -> Push:
        """The message or event. Raises NotGenuine, Unreadable."""
        if len(body) > LARGEST:
            raise Unreadable(Doubt.TOO_LARGE)
        sealed = args.get("encrypt_type", "raw") == "aes"
        if not sealed:
            if self._key:
                raise NotGenuine(Doubt.PLAIN)
            self._check(args.get("signature", ""), args)
            return self._push(parsed(body), self._app_ids[0], sealed=False)
        if not self._key:
            raise NotGenuine(Doubt.NOT_SET_UP)
        seal = self._first_signed(args, body)
        xml, app_id = unsealed(self._key, seal)
        if app_id not in self._app_ids:
            raise NotGenuine(Doubt.FOREIGN_ACCOUNT)
        return self._push(parsed(xml), app_id, sealed=True)

    def hand_over(self, push: Push) -> bytes:
        """The answer that gives this message to the people of customer service, sealed when the message was."""
        now = int(self._clock().timestamp())
        xml = (
            f"<xml><ToUserName>{cdata(push.openid)}</ToUserName><FromUserName>{cdata(push.to)}</FromUserName>"
            f"<CreateTime>{now}</CreateTime><MsgType>{cdata('transfer_customer_service')}</MsgType></xml>"
        )
        return self._sealed_answer(xml.encode(), push.app_id, str(now)) if push.sealed else xml.encode()

    def _first_signed(self, args: Mapping[str, str], body: bytes) -> str:
        """The sealed text, once its signature is checked. A body that is not signed is not looked into further than that."""
        seal = parsed(body).get("Encrypt", "")
        if not seal:
            raise Unreadable(Doubt.UNREADABLE)
        self._check(args.get("msg_signature", ""), args, seal)
        return seal

    def _check(self, signature: str, args: Mapping[str, str], *more: str) -> None:
        if not self._token:
            raise NotGenuine(Doubt.NOT_SET_UP)
        stamp, nonce = args.get("timestamp", ""), args.get("nonce", "")
        expected = signed(self._token, stamp, nonce, *more)
        if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
            raise NotGenuine(Doubt.BAD_SIGNATURE)
        at = moment(stamp)
        if at is None or abs(self._clock() - at) > LATE:
            raise NotGenuine(Doubt.STALE)

    def _push(self, said: dict[str, str], app_id: str, *, sealed: bool) -> Push:
        at = moment(said.get("CreateTime", ""))
        openid, kind = said.get("FromUserName", ""), said.get("MsgType", "")
        too_long = any(len(said.get(name, "")) > most for name, most in LONGEST.items())
        if at is None or not openid.isascii() or not openid.isprintable() or not openid or not kind or too_long:
            raise Unreadable(Doubt.UNREADABLE)
        return Push(
            app_id=app_id, openid=openid, to=said.get("ToUserName", ""), kind=kind, event=said.get("Event", ""),
            key=said.get("EventKey", ""), text=said.get("Content", ""), msg_id=said.get("MsgId", "")[:32], sent_at=at, sealed=sealed,
            more={name[:64]: text[:1000] for name, text in list(said.items())[:60] if name not in KNOWN},
        )  # fmt: skip

    def _sealed_answer(self, xml: bytes, app_id: str, stamp: str) -> bytes:
        seal, nonce = sealed_for(self._key, xml, app_id), secrets.token_hex(8)
        return (
            f"<xml><Encrypt>{cdata(seal)}</Encrypt><MsgSignature>{cdata(signed(self._token, stamp, nonce, seal))}</MsgSignature>"
            f"<TimeStamp>{stamp}</TimeStamp><Nonce>{cdata(nonce)}</Nonce></xml>"
        ).encode()


def aes_key_of(text: str) -> bytes:
    """The 32 bytes of the 43 characters that WeChat shows. Raises ValueError."""
    try:
        key = base64.b64decode(text + "=", validate=True)
    except binascii.Error:
        key = b""
    if len(text) != 43 or len(key) != 32:
        raise ValueError("the AES key has 43 characters, letters and digits")
    return key


def signed(token: str, *parts: str) -> str:
    """SHA-1 over the sorted parts: what WeChat signs with, whatever one thinks of it."""
    return hashlib.sha1("".join(sorted((token, *parts))).encode("utf-8", "replace")).hexdigest()  # noqa: S324 - WeChat's choice


def moment(seconds: str) -> datetime | None:
    """Seconds since 1970 as a moment; None for anything else."""
    if not (seconds.isascii() and seconds.isdecimal() and len(seconds) <= 11):
        return None
    return datetime.fromtimestamp(int(seconds), UTC)


def unsealed(key: bytes, seal: str) -> tuple[bytes, str]:
    """XML and app id of a sealed body. Raises NotGenuine; which step failed is not told."""
    try:
        raw = base64.b64decode(seal, validate=True)
        decryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).decryptor()
        plain = decryptor.update(raw) + decryptor.finalize()
        pad, length = plain[-1], int.from_bytes(plain[16:20], "big")
        if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad or length > len(plain) - pad - 20:
            raise NotGenuine(Doubt.BAD_SEAL)
        return plain[20 : 20 + length], plain[20 + length : -pad].decode()
    except (ValueError, IndexError):
        raise NotGenuine(Doubt.BAD_SEAL) from None


def sealed_for(key: bytes, xml: bytes, app_id: str) -> str:
    """A body as safe mode wants it."""
    plain = secrets.token_bytes(16) + len(xml).to_bytes(4, "big") + xml + app_id.encode()
    pad = BLOCK - len(plain) % BLOCK
    encryptor = Cipher(algorithms.AES(key), modes.CBC(key[:16])).encryptor()
    return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()


def parsed(body: bytes) -> dict[str, str]:
    """The fields of the XML, nested ones by their path. No document types, no entities. Raises Unreadable.

    No tree is built of it: thousands of elements, wanted by nobody, would each time wake the garbage collector.
    """
    from defusedxml import DefusedXmlException
    from defusedxml.ElementTree import DefusedXMLParser, ParseError

    fields = _Fields()
    parser = DefusedXMLParser(target=fields, forbid_dtd=True)
    try:
        parser.feed(body.decode())  # as text: whatever encoding it claims, it is UTF-8 or nothing
        parser.close()
    except (ParseError, DefusedXmlException, ValueError, LookupError, MemoryError):
        raise Unreadable(Doubt.UNREADABLE) from None
    return fields.found


class _Fields:
    """What the parser calls. Of each path the first text counts, up to the first element inside; deep ones and late ones do not."""

    def __init__(self) -> None:
        self.found: dict[str, str] = {}
        self._path: list[str] = []
        self._depth = 0
        self._texts: list[str] | None = None

    def start(self, tag: str, _attributes: object) -> None:
        self._keep()
        self._depth += 1
        if 2 <= self._depth <= DEEPEST:
            self._path[self._depth - 2 :] = [tag]
            self._texts = []

    def data(self, text: str) -> None:
        if self._texts is not None:
            self._texts.append(text)

    def end(self, _tag: str) -> None:
        self._keep()
        self._depth -= 1

    def close(self) -> None:
        """Nothing is open any more."""

    def _keep(self) -> None:
        if self._texts is not None and len(self.found) < MOST_FIELDS:
            self.found.setdefault(".".join(self._path), "".join(self._texts))
        self._texts = None


def cdata(text: str) -> str:
    """Text for inside XML; what would end the section is cut in two."""
    return "<![CDATA[" + text.replace("]]>", "]]]]><![CDATA[>") + "]]>"
