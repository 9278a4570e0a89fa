"""Safe mode, from WeChat's side: XML sealed under the account's key, signed with its token; and the shop's sealed answers.

Official Account, message encryption: AES-256-CBC, the key is the 43 characters and a `=` in base64, its first half the IV; padded
like PKCS#7 to 32 bytes; inside are 16 random bytes, four bytes of length, the XML, and the app id.
"""
import base64
import hashlib
import secrets
import time
import xml.etree.ElementTree as ElementTree  # reads only what the shop under test answers
from collections.abc import Mapping

from cryptography.hazmat.primitives import padding
from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES256
from cryptography.hazmat.primitives.ciphers.modes import CBC

from shop.sandbox.keys import Numbers

PLAIN, SAFE, COMPATIBLE = "plain", "safe", "compatible"


def sign(*parts: str) -> str:
    digest = hashlib.sha1()  # noqa: S324 - that is how WeChat signs
    for part in sorted(parts):
        digest.update(part.encode())
    return digest.hexdigest()


def _cipher(numbers: Numbers) -> Cipher[CBC]:
    key = base64.b64decode(numbers.aes_key + "=")
    return Cipher(AES256(key), CBC(key[:16]))


def seal(numbers: Numbers, app_id: str, xml: str) -> str:
    inner = xml.encode()
    whole = b"".join((secrets.token_bytes(16), len(inner).to_bytes(4, "big"), inner, app_id.encode()))
    padder, encryptor = padding.PKCS7(256).padder(), _cipher(numbers).encryptor()
    padded = padder.update(whole) + padder.finalize()
    return base64.b64encode(encryptor.update(padded) + encryptor.finalize()).decode()


def unseal(numbers: Numbers, sealed: str) -> tuple[str, str]:
    """XML and app id of a sealed text. Raises ValueError."""
    decryptor, unpadder = _cipher(numbers).decryptor(), padding.PKCS7(256).unpadder()
    padded = decryptor.update(base64.b64decode(sealed)) + decryptor.finalize()
    whole = unpadder.update(padded) + unpadder.finalize()
    end = 20 + int.from_bytes(whole[16:20], "big")
    return whole[20:end].decode(), whole[end:].decode()


def written(fields: Mapping[str, object]) -> str:
    """Fields as WeChat writes them: numbers bare, texts in CDATA, a mapping as an element with elements in it."""
    def one(name: str, value: object) -> str:
        if isinstance(value, Mapping):
            inside = "".join(one(inner, text) for inner, text in value.items())
        elif isinstance(value, int):
            inside = str(value)
        else:
            inside = "<![CDATA[" + str(value).replace("]]>", "]]]]><![CDATA[>") + "]]>"
        return f"<{name}>{inside}</{name}>"

    return "<xml>" + "".join(one(name, value) for name, value in fields.items()) + "</xml>"


def letter(numbers: Numbers, app_id: str, fields: Mapping[str, object], mode: str, at: float) -> tuple[dict[str, str], bytes]:
    """Query and body of a push."""
    stamp, nonce, xml = str(int(at)), str(secrets.randbelow(10**10)), written(fields)
    query = {"signature": sign(numbers.token, stamp, nonce), "timestamp": stamp, "nonce": nonce, "openid": str(fields["FromUserName"])}
    if mode == PLAIN:
        return query, xml.encode()
    sealed = seal(numbers, app_id, xml)
    query |= {"encrypt_type": "aes", "msg_signature": sign(numbers.token, stamp, nonce, sealed)}
    both = dict(fields) if mode == COMPATIBLE else {"ToUserName": fields["ToUserName"]}
    return query, written({**both, "Encrypt": sealed}).encode()


def answered(numbers: Numbers, app_id: str, body: bytes, mode: str) -> dict[str, str]:
    """What the shop answered, by name; empty for nothing or `success`. Raises ValueError when it is not what WeChat takes."""
    text = body.decode()
    if text in ("", "success"):
        return {}
    found = _fields(text)
    if mode == PLAIN:
        return found
    if sign(numbers.token, found.get("TimeStamp", ""), found.get("Nonce", ""), found.get("Encrypt", "")) != found.get("MsgSignature"):
        raise ValueError("the answer's signature is wrong")
    if abs(time.time() - int(found["TimeStamp"])) > 3600:
        raise ValueError("the answer's time is far off")
    xml, whose = unseal(numbers, found["Encrypt"])
    if whose != app_id:
        raise ValueError("the answer is of another account")
    return _fields(xml)


def _fields(text: str) -> dict[str, str]:
    try:
        root = ElementTree.fromstring(text)  # noqa: S314 - the shop's own answer
    except ElementTree.ParseError as problem:
        raise ValueError(f"no XML: {problem}") from None
    return {one.tag: one.text or "" for one in root}
