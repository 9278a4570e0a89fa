"""Seals on short public texts: Ed25519, with a key derived from the shop's secret.

A seal can be checked by anybody who has the public key, without network and without the secret.
"""

import hmac
from functools import lru_cache

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat


@lru_cache(maxsize=8)
def _key(secret: str, purpose: str) -> Ed25519PrivateKey:
    seed = HKDF(algorithm=SHA256(), length=32, salt=b"duty-free shop", info=purpose.encode()).derive(secret.encode())
    return Ed25519PrivateKey.from_private_bytes(seed)


def seal(secret: str, purpose: str, text: bytes) -> bytes:
    """The 64 bytes that say: whoever knows `secret` wrote `text` for `purpose`."""
    return _key(secret, purpose).sign(text)


def is_sealed(secret: str, purpose: str, text: bytes, signature: bytes) -> bool:
    """Whether `signature` is the seal of `text`: Ed25519 seals alike, so to seal again is to check, at a third of the cost."""
    return hmac.compare_digest(seal(secret, purpose, text), signature)


def public_key(secret: str, purpose: str) -> bytes:
    """The 32 bytes with which others check seals of this purpose."""
    return _key(secret, purpose).public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
