"""Signing what we send and believing what we receive. Both work on exact bytes, never on parsed text.

WeChat Pay, signatures: RSASSA-PKCS1-v1_5 with SHA-256 over lines that each end in a line feed.
"""
import base64
import binascii
from collections.abc import Callable, Mapping
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from msgspec import Struct

from shop.gateways.pay.errors import NotAuthentic, Reason

SCHEME = "WECHATPAY2-SHA256-RSA2048"
PUBLIC_KEY_MARK = "PUB_KEY_ID_"
FRESH_SECONDS = 300  # WeChat Pay, verification: a timestamp five minutes off is refused, in answers and in notices
SIGNATURE_TEST = "WECHATPAY/SIGNTEST/"
LONGEST_SIGNATURE = 2048  # base64 of an RSA-8192 signature is 1368 characters


class Signer:
    """Signs as the merchant `sender` with the API certificate `serial`."""

    def __init__(self, key: RSAPrivateKey, *, sender: str, serial: str) -> None:
        self._key, self._sender, self._serial = key, sender, serial

    def sign(self, message: bytes) -> str:
        return base64.b64encode(self._key.sign(message, PKCS1v15(), SHA256())).decode()

    def authorization(self, method: str, path: str, body: bytes, *, timestamp: int, nonce: str) -> str:
        """The value of the `Authorization` header. `path` holds the query, percent-encoded exactly as it is sent."""
        message = f"{method}\n{path}\n{timestamp}\n{nonce}\n".encode() + body + b"\n"
        return (
            f'{SCHEME} mchid="{self._sender}",nonce_str="{nonce}",signature="{self.sign(message)}",'
            f'timestamp="{timestamp}",serial_no="{self._serial}"'
        )

    def jsapi(self, app_id: str, prepay_id: str, *, timestamp: int, nonce: str) -> dict[str, str]:
        """What the page hands to WeixinJSBridge, all strings (WeChat Pay, JSAPI launch; `signType` is not signed)."""
        package = f"prepay_id={prepay_id}"
        return {
            "appId": app_id,
            "timeStamp": str(timestamp),
            "nonceStr": nonce,
            "package": package,
            "signType": "RSA",
            "paySign": self.sign(f"{app_id}\n{timestamp}\n{nonce}\n{package}\n".encode()),
        }


def ring_name(name: str) -> str:
    """One spelling for one key: certificate serials come with and without leading zeros, in either case."""
    return name if name.startswith(PUBLIC_KEY_MARK) else name.upper().lstrip("0")


class Signed(Struct, frozen=True):
    """The four headers that carry a signature, as they came."""

    timestamp: str
    nonce: str
    serial: str
    signature: str

    @classmethod
    def by(cls, headers: Mapping[str, str]) -> "Signed":
        """Raises NotAuthentic when one is missing or the signature is of another kind than ours."""
        found = {name.lower(): value for name, value in headers.items()}
        values = [found.get(f"wechatpay-{name}", "") for name in ("timestamp", "nonce", "serial", "signature")]
        if not all(values):
            raise NotAuthentic(Reason.MISSING_HEADER)
        # Absent is accepted, another value is not: so does WeChat's own Go library.
        if found.get("wechatpay-signature-type", SCHEME) != SCHEME:
            raise NotAuthentic(Reason.BAD_SIGNATURE)
        return cls(*values)


class KeyRing:
    """The keys we believe: pinned by their id, never fetched because a stranger named one.

    Holds public keys (`PUB_KEY_ID_…`) and certificates (by serial) side by side, because WeChat moves a merchant from
    the latter to the former over days and signs with either meanwhile. The *received* serial picks the key.

    `unknown` is asked when a serial is not in the ring; if it says True the ring has grown and is looked at again.
    It must be quick and must not talk to anybody: a stranger can cause it.
    """

    def __init__(self, keys: Mapping[str, RSAPublicKey], *, unknown: Callable[[], bool] | None = None) -> None:
        self._keys = {ring_name(name): key for name, key in keys.items()}
        self._lives: dict[str, tuple[datetime, datetime]] = {}
        self._unknown = unknown
        self.public_key_id = next((name for name in keys if name.startswith(PUBLIC_KEY_MARK)), None)

    def __contains__(self, name: str) -> bool:
        return ring_name(name) in self._keys

    def add(self, name: str, key: RSAPublicKey, life: tuple[datetime, datetime]) -> bool:
        """Believe `key` too, from the first moment of `life` to the last. False when the name is known already: what
        was pinned by hand is never replaced. Readers see the old ring or the new one, never half of one."""
        spelt = ring_name(name)
        if spelt in self._keys:
            return False
        self._lives = {**self._lives, spelt: life}
        self._keys = {**self._keys, spelt: key}
        return True

    def verify(self, headers: Mapping[str, str], body: bytes, now: datetime) -> None:
        """Return if WeChat signed exactly these bytes in the last five minutes; raises NotAuthentic otherwise."""
        signed = Signed.by(headers)
        if not _fresh(signed.timestamp, now):
            raise NotAuthentic(Reason.STALE)
        key = self._find(signed.serial, now)
        if key is None and self._unknown is not None and self._unknown():
            key = self._find(signed.serial, now)
        if key is None:
            raise NotAuthentic(Reason.UNKNOWN_SERIAL)
        if not _matches(key, signed, body):
            # WeChat probes with wrong signatures on purpose. It fails like any other; only the counter can tell.
            probing = signed.signature.startswith(SIGNATURE_TEST)
            raise NotAuthentic(Reason.SIGNATURE_TEST if probing else Reason.BAD_SIGNATURE)

    def _find(self, serial: str, now: datetime) -> RSAPublicKey | None:
        name = ring_name(serial)
        life = self._lives.get(name)
        return self._keys.get(name) if life is None or life[0] <= now <= life[1] else None


def _fresh(timestamp: str, now: datetime) -> bool:
    if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
        return False
    return abs(now.timestamp() - int(timestamp)) < FRESH_SECONDS


def _matches(key: RSAPublicKey, signed: Signed, body: bytes) -> bool:
    if not (signed.nonce.isascii() and signed.signature.isascii() and len(signed.signature) <= LONGEST_SIGNATURE):
        return False
    try:
        signature = base64.b64decode(signed.signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    message = f"{signed.timestamp}\n{signed.nonce}\n".encode() + body + b"\n"
    try:
        key.verify(signature, message, PKCS1v15(), SHA256())
    except InvalidSignature:
        return False
    return True
