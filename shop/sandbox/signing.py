"""WeChat Pay's signatures, from WeChat's side: check the merchant's, make our own, seal what only it may read.

WeChat Pay, signing: every message is a few lines, each ending in a line feed; RSA PKCS#1 v1.5 with SHA-256.
"""
import base64
import binascii
import json
import re
import secrets
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from shop.sandbox.errors import Refused
from shop.sandbox.keys import SigningKey

SCHEME = "WECHATPAY2-SHA256-RSA2048"
PROBE = "WECHATPAY/SIGNTEST/"
SKEW = 300  # seconds a request's time may be off, either way
ATTRIBUTES = {"mchid", "nonce_str", "signature", "timestamp", "serial_no"}
SPOILED = {"", "unknown_serial", "bad_signature", "signtest", "missing_headers", "stale"}
STALE_BY = 600

_ONE = r'([a-z_]+)="([^"]*)"'
_LIST = re.compile(rf"{_ONE}(?:,\s*{_ONE})*")


def verifies(key: RSAPublicKey, message: bytes, signature: str) -> bool:
    """Whether `signature` (base64) is that of `message`. Never raises on rubbish."""
    try:
        key.verify(base64.b64decode(signature, validate=True), message, PKCS1v15(), SHA256())
    except (InvalidSignature, binascii.Error, ValueError):
        return False
    return True


def read_authorization(header: str) -> dict[str, str]:
    """The five attributes of an Authorization header. Raises Refused (401 SIGN_ERROR)."""
    scheme, _, rest = header.partition(" ")
    if scheme != SCHEME:
        raise sign_error("Http头Authorization的认证类型不正确", f"the scheme must be {SCHEME}")
    if not _LIST.fullmatch(rest.strip()):
        raise sign_error("Http头Authorization值格式错误，请参考《微信支付商户REST API签名规则》", "cannot be read")
    pairs = re.findall(_ONE, rest)
    found = dict(pairs)
    if len(pairs) != len(found) or set(found) != ATTRIBUTES or not all(found.values()):
        raise sign_error("Http头Authorization值格式错误", f"needs exactly {', '.join(sorted(ATTRIBUTES))}")
    return found


def check_request(
    *, header: str, method: str, target: str, body: bytes, key: RSAPublicKey, serial: str, now: float
) -> dict[str, str]:
    """Check the signature over the exact bytes; give back the five attributes.

    `target` is the path with query as it was sent. Raises Refused (401 SIGN_ERROR).
    """
    if not header:
        raise sign_error("Http头Authorization值为空", "the header is missing")
    given = read_authorization(header)
    if not re.fullmatch(r"\d{10}", given["timestamp"]) or abs(now - int(given["timestamp"])) > SKEW:
        raise sign_error("Http头Authorization中的timestamp与发起请求的时间不得超过5分钟", "timestamp")
    if given["serial_no"] != serial:
        raise sign_error("商户证书序列号有误", "serial_no is not the merchant certificate's")
    lines = (method, target, given["timestamp"], given["nonce_str"])
    message = b"".join(line.encode() + b"\n" for line in lines) + body + b"\n"
    if not verifies(key, message, given["signature"]):
        shown = message.decode("utf-8", "replace")
        raise sign_error(
            "签名错误，请检查后再试",
            "the signature does not fit the message",
            sign_information={
                "method": method,
                "url": target,
                "truncated_sign_message": shown[:200],
                "sign_message_length": len(message),
            },
        )
    return given


def sign_error(message: str, issue: str, **detail: Any) -> Refused:
    where = {"field": "authorization", "issue": issue, "location": "header"}
    return Refused(401, "SIGN_ERROR", message, {**where, **detail})


def signature_headers(key: SigningKey, body: bytes, now: float, spoiled: str = "") -> dict[str, str]:
    """The five headers of an answer or a notice, honest or spoiled in one of the ways of SPOILED."""
    timestamp = str(int(now) - (STALE_BY if spoiled == "stale" else 0))
    nonce = secrets.token_hex(16)
    signed = body + b" " if spoiled == "bad_signature" else body
    message = b"\n".join((timestamp.encode(), nonce.encode(), signed, b""))
    signature = base64.b64encode(key.private.sign(message, PKCS1v15(), SHA256())).decode()
    headers = {
        "Wechatpay-Timestamp": timestamp,
        "Wechatpay-Nonce": nonce,
        "Wechatpay-Serial": key.serial,
        "Wechatpay-Signature": signature,
        "Wechatpay-Signature-Type": SCHEME,
    }
    if spoiled == "unknown_serial":
        headers["Wechatpay-Serial"] = "PUB_KEY_ID_" + "9" * 28
    if spoiled == "signtest":
        headers["Wechatpay-Signature"] = PROBE + signature
    if spoiled == "missing_headers":
        del headers["Wechatpay-Signature"], headers["Wechatpay-Serial"]
    return headers


def seal(api_v3_key: str, plain: bytes, associated_data: str) -> dict[str, str]:
    """AEAD_AES_256_GCM as WeChat Pay writes it: the tag at the end of the ciphertext, in base64."""
    nonce = secrets.token_hex(6)  # 12 characters
    sealed = AESGCM(api_v3_key.encode()).encrypt(nonce.encode(), plain, associated_data.encode())
    return {
        "algorithm": "AEAD_AES_256_GCM",
        "ciphertext": base64.b64encode(sealed).decode(),
        "associated_data": associated_data,
        "nonce": nonce,
    }


def compact(value: Any) -> bytes:
    """JSON as the peers send it: UTF-8, nothing escaped that need not be."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
