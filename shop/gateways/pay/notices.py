"""Reading what WeChat Pay tells us: verify first, decrypt next, parse last (WeChat Pay, notifications).

That something decrypts does not make it genuine. Whatever arrives ends in a value or in NotAuthentic, never in
another exception: the address is open to the world.
"""
import base64
import binascii
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from shop.gateways.pay import reading
from shop.gateways.pay.dialect import Dialect
from shop.gateways.pay.errors import NotAuthentic, Reason
from shop.gateways.pay.keys import API_V3_KEY_BYTES, Keys
from shop.gateways.pay.values import PayNotice, RefundNotice

LARGEST_NOTICE = 64 * 1024  # a real one has about 2 KB
ALGORITHM = "AEAD_AES_256_GCM"


def read(
    headers: Mapping[str, str], body: bytes, *, keys: Keys, dialect: Dialect, ours: reading.Ours, now: datetime
) -> PayNotice | RefundNotice:
    """The notice in `body`, exactly as the bytes came in. Raises NotAuthentic and nothing else."""
    if len(body) > LARGEST_NOTICE:
        raise NotAuthentic(Reason.TOO_LARGE)
    keys.ring.verify(headers, body, now)
    try:
        envelope = reading.json_object(body)
        said = reading.json_object(open_resource(reading.part(envelope, "resource"), keys.api_v3))
        return _notice(envelope, said, dialect, ours, now)
    except reading.Unreadable:
        raise NotAuthentic(Reason.UNREADABLE) from None


def _notice(
    envelope: Mapping[str, Any], said: Mapping[str, Any], dialect: Dialect, ours: reading.Ours, now: datetime
) -> PayNotice | RefundNotice:
    event_type = reading.needed(envelope, "event_type")
    about: dict[str, Any] = {
        "id": reading.needed(envelope, "id"),
        "event_type": event_type,
        "created": reading.moment(envelope, "create_time"),
        "received": now,
    }
    match event_type.partition(".")[0]:
        case "TRANSACTION":
            return PayNotice(**about, payment=reading.payment(said, dialect, ours))
        case "REFUND":
            return reading.refund_notice(said, dialect, ours, about)
    raise reading.Unreadable("event_type")


def open_resource(resource: Mapping[str, Any], keys: Sequence[bytes]) -> bytes:
    """Decrypt with the first key that fits; there are two while the API v3 key is being changed.

    Raises Unreadable for another algorithm or shape, NotAuthentic(WRONG_KEY) when no key opens it, and ValueError for
    a key that is not exactly 32 bytes (AES-128 would work just as well, and would not be what WeChat uses).
    """
    if any(len(key) != API_V3_KEY_BYTES for key in keys):
        raise ValueError("an API v3 key is 32 bytes")
    if resource.get("algorithm") != ALGORITHM:
        raise reading.Unreadable("algorithm")
    nonce, sealed, bound = (resource.get(name) or "" for name in ("nonce", "ciphertext", "associated_data"))
    if not all(isinstance(value, str) for value in (nonce, sealed, bound)):
        raise reading.Unreadable("resource")
    try:
        raw = base64.b64decode(sealed, validate=True)
        nonce_bytes, bound_bytes = nonce.encode(), bound.encode()
    except (binascii.Error, ValueError):
        raise reading.Unreadable("ciphertext") from None
    for key in keys:
        try:
            return AESGCM(key).decrypt(nonce_bytes, raw, bound_bytes)
        except InvalidTag:
            continue
        except ValueError:  # a nonce of an impossible length
            raise reading.Unreadable("nonce") from None
    raise NotAuthentic(Reason.WRONG_KEY)
