"""What the scan box was given: a pickup code or its picture, a parcel's label, a boarding pass, or none of these.

A scanner in keyboard mode types what a US keyboard would, and the computer may think that it has another one; it may
put an AIM identifier before the text (`]Q3`), send control characters, twice the same text, and Enter or not. A person
may type with capitals locked or in full-width letters. `frontend/src/counter/scan-box.js` follows the same rules.
"""

import re
from datetime import date
from enum import StrEnum

from msgspec import Struct

from shop.base import ids
from shop.base.discreet import Discreet
from shop.base.ids import OrderNumber, PickupCode
from shop.pickup import boarding_passes, codes
from shop.pickup.boarding_passes import BoardingPass, NotABoardingPass

LABEL = "DFP"
NUMBER = re.compile(f"D[{ids.LETTERS}]{{9}}")
LABEL_LENGTH = len(LABEL) + 10 + 1
TOKEN_LENGTH = len(codes.PREFIX) + codes.LENGTH + codes.SEAL_LETTERS

NOT_TEXT = re.compile("[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060\u2400-\u2426\ufeff\ufffd]+")
# A symbology's name before or after the text (ISO/IEC 15424); `]` is `+` on a German layout.
AIM_BEFORE = re.compile(r"^ *[]+][A-Za-z][0-9A-Za-z]")
AIM_AFTER = re.compile(r"[]+][A-Za-z][0-9A-Za-z] *$")
# What Chinese input makes of the signs of a boarding pass, beside full-width letters.
CHINESE = str.maketrans(
    {"、": "/", "》": ">", "《": "<", "。": ".", "】": "]", "【": "[", "\u3000": " ", "\u2019": "'", "\u2018": "'"}
)
# What a German layout made of them, turned back: Y and Z, and the keys around Enter.
GERMAN = str.maketrans("yzYZ-_:;&/(ßäÄöÖüÜ+*", "zyZY/?><^&*-'\";:[{]}")
PASS_BEGINS = re.compile(r"[Mm][1-4][A-Za-z][A-Za-z0-9 /.'ä-]{12}")


class Hint(StrEnum):
    """Why a text is nothing the box knows, for the words on the screen."""

    EMPTY = "empty"
    PART_OF_A_TOKEN = "part_of_a_token"  # noqa: S105 - the name of a hint
    DAMAGED_LABEL = "damaged_label"
    DAMAGED_PASS = "damaged_pass"  # noqa: S105 - likewise
    ARTICLE = "article"  # the EAN of a product
    OTHER = "other"


class PickupToken(Discreet, frozen=True):
    """The signed text of a QR picture. `forged`: its seal is not ours."""

    hidden = frozenset({"code"})
    code: PickupCode
    forged: bool


class PickupCodeTyped(Discreet, frozen=True):
    """Ten letters that can be a pickup code (or an order number, which has the same letters)."""

    hidden = frozenset({"code"})
    code: PickupCode


class ParcelLabel(Struct, frozen=True):
    """The label on a packed bag."""

    order_number: OrderNumber


class BoardingPassScanned(Struct, frozen=True):
    boarding_pass: BoardingPass


class NotKnown(Struct, frozen=True):
    """Nothing of ours. The text is not kept: it may be anybody's."""

    hint: Hint


Scanned = PickupToken | PickupCodeTyped | ParcelLabel | BoardingPassScanned | NotKnown


def what_is(text: str, secret: str, today: date) -> Scanned:
    """What was scanned or typed. Never raises, whatever the text; looks at its first 1,000 characters.

    `today` is the airport's day, for the year of a boarding pass.
    """
    raw = NOT_TEXT.sub("", text[: boarding_passes.LONGEST])
    clean = AIM_AFTER.sub("", AIM_BEFORE.sub("", raw.translate(codes.HALF_WIDTH).translate(CHINESE)))
    letters = codes.NOT_OURS.sub("", clean).upper()
    half = letters[: len(letters) // 2]
    found: Scanned | None = _ours(letters, secret)
    if found is None and half and half * 2 == letters:  # no Enter between two reads of one picture
        found = _ours(half, secret)
    if found is None:
        found = _pass(clean, today)
    return found or NotKnown(_hint(clean, letters))


def label_text(number: str) -> str:
    """The text in the QR picture of a parcel's label: `DFP`, the order's number and a check letter, 14 letters.

    Raises ValueError when that is no order number.
    """
    if not NUMBER.fullmatch(number):
        raise ValueError("not an order number")
    return LABEL + number + _check_letter(number)


def _check_letter(number: str) -> str:
    """Finds every single wrong letter and every two swapped ones: weights modulo 29, a prime, and there are 29 letters."""
    total = sum(place * ids.LETTERS.index(letter) for place, letter in enumerate(number, start=2))
    return ids.LETTERS[-total % len(ids.LETTERS)]


def _ours(letters: str, secret: str) -> PickupToken | PickupCodeTyped | ParcelLabel | None:
    if len(letters) == LABEL_LENGTH and letters.startswith(LABEL):
        number = letters[len(LABEL) : -1]
        if NUMBER.fullmatch(number) and _check_letter(number) == letters[-1]:
            return ParcelLabel(OrderNumber(number))
        return None
    read = codes.read(letters, secret)
    if read is None:
        return None
    return PickupToken(read.code, read.forged) if len(letters) == TOKEN_LENGTH else PickupCodeTyped(read.code)


def _pass(clean: str, today: date) -> BoardingPassScanned | None:
    for text in (clean, clean.translate(GERMAN)):
        try:
            return BoardingPassScanned(boarding_passes.read(text, today))
        except NotABoardingPass:
            continue
    return None


def _hint(clean: str, letters: str) -> Hint:
    if not clean.strip():
        return Hint.EMPTY
    if letters.startswith(codes.PREFIX) and len(letters) > len(codes.PREFIX) + codes.LENGTH:
        return Hint.PART_OF_A_TOKEN
    if letters.startswith(LABEL) and abs(len(letters) - LABEL_LENGTH) <= 2:
        return Hint.DAMAGED_LABEL
    if PASS_BEGINS.match(clean.lstrip()):
        return Hint.DAMAGED_PASS
    return Hint.ARTICLE if _is_article(clean.strip()) else Hint.OTHER


def _is_article(digits: str) -> bool:
    """GS1: the number of an article has 8, 12, 13 or 14 digits, the last of which checks the others."""
    if len(digits) not in (8, 12, 13, 14) or re.fullmatch("[0-9]+", digits) is None:
        return False
    return sum(int(digit) * (1, 3)[n % 2] for n, digit in enumerate(reversed(digits))) % 10 == 0
