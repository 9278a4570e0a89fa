"""The code a traveller shows: short enough to read aloud, too long to guess; and the signed token in the QR picture.

Both use only characters that a scanner in keyboard mode types the same under a US, German and Chinese layout, and the
token only those a QR code packs tightly (its alphanumeric mode).
"""

import io
import re
from functools import lru_cache
from typing import Any

from msgspec import Struct

from shop.base import ids, seals
from shop.base.ids import PickupCode

LENGTH = 10  # 29^10: more than 10^14 codes
ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWX"  # 32 letters for the seal: no I O (look-alikes), no Y Z (layouts)
PREFIX = "DF1"
SEAL_LETTERS = 103  # 64 bytes in 5-bit letters
PURPOSE = "pickup token 1"
HALF_WIDTH = {wide: wide - 0xFEE0 for wide in range(0xFF01, 0xFF5F)}
NOT_OURS = re.compile(r"[^0-9A-Za-z]+")


def new_code() -> PickupCode:
    """A fresh random code, in no way derived from the order."""
    return PickupCode(ids.random_name(LENGTH))


def shown(code: str) -> str:
    """The code in groups, as it is printed and read aloud: `7KQ2M-9XDAB`."""
    return f"{code[:5]}-{code[5:]}"


def token_of(code: PickupCode, secret: str) -> str:
    """The text in the QR picture: prefix, code and seal, 116 letters."""
    return PREFIX + code + _letters(seals.seal(secret, PURPOSE, (PREFIX + code).encode()))


class Read(Struct, frozen=True):
    """What a scan box made of the text it got. `forged` is a token whose seal is wrong."""

    code: PickupCode
    forged: bool = False


def read(text: str, secret: str) -> Read | None:
    """The pickup code in what was scanned or typed, or None when there is none.

    Takes tokens, and codes however they were typed: small letters, spaces, hyphens, the `ß` that a German layout makes
    of a hyphen, and full-width letters.
    """
    plain = _plain(text)
    if len(plain) == len(PREFIX) + LENGTH + SEAL_LETTERS and plain.startswith(PREFIX):
        code = PickupCode(plain[len(PREFIX) :][:LENGTH])
        sealed = _bytes(plain[len(PREFIX) + LENGTH :])
        genuine = sealed is not None and seals.is_sealed(secret, PURPOSE, (PREFIX + code).encode(), sealed)
        return Read(code, forged=not genuine)
    if len(plain) == LENGTH and all(letter in ids.LETTERS for letter in plain):
        return Read(PickupCode(plain))
    return None


def _plain(text: str) -> str:
    return NOT_OURS.sub("", text[:400].translate(HALF_WIDTH)).upper()


def _letters(data: bytes) -> str:
    number, count = int.from_bytes(data), -(-len(data) * 8 // 5)
    number <<= count * 5 - len(data) * 8
    return "".join(ALPHABET[(number >> shift) & 31] for shift in range((count - 1) * 5, -1, -5))


def _bytes(letters: str) -> bytes | None:
    number = 0
    for letter in letters:
        place = ALPHABET.find(letter)
        if place < 0:
            return None
        number = number << 5 | place
    spare = len(letters) * 5 % 8
    if number & ((1 << spare) - 1):
        return None  # one token has one spelling
    return (number >> spare).to_bytes(len(letters) * 5 // 8)


@lru_cache(maxsize=512)
def picture_svg(token: str) -> bytes:
    """The QR picture as SVG: quiet zone of four modules, black on white, error level M."""
    from qrcode.image.svg import SvgPathFillImage

    out = io.BytesIO()
    _qr(token).make_image(image_factory=SvgPathFillImage).save(out)
    return out.getvalue()


@lru_cache(maxsize=512)
def picture_png(token: str) -> bytes:
    """The QR picture as PNG, about 450 pixels wide, so that it can be saved and shown as a screenshot."""
    from qrcode.image.pil import PilImage

    out = io.BytesIO()
    _qr(token).make_image(image_factory=PilImage).save(out, "PNG", optimize=True)
    return out.getvalue()


def _qr(token: str) -> Any:
    from qrcode.constants import ERROR_CORRECT_M
    from qrcode.main import QRCode

    code = QRCode(error_correction=ERROR_CORRECT_M, box_size=8, border=4)
    code.add_data(token, optimize=0)
    code.make(fit=True)
    return code
