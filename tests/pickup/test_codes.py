"""The code that is typed and the token in the QR picture: read from whatever a scanner or a person makes of them."""
import io

import pytest
import zxingcpp
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from shop.base import ids
from shop.base.ids import PickupCode
from shop.pickup import codes
from shop.pickup.codes import Read

SECRET = "a secret for tests"
CODE = PickupCode("7KQ2M9XDAB")
TOKEN = codes.token_of(CODE, SECRET)
CODES = st.text(alphabet=ids.LETTERS, min_size=codes.LENGTH, max_size=codes.LENGTH).map(PickupCode)


@given(CODES)
def test_a_token_leads_back_to_its_code(code: PickupCode) -> None:
    assert codes.read(codes.token_of(code, SECRET), SECRET) == Read(code, forged=False)


@pytest.mark.parametrize(
    "typed",
    [
        "7KQ2M9XDAB",
        "7KQ2M-9XDAB",
        "7kq2m-9xdab",
        " 7KQ2M 9XDAB ",
        "7KQ2Mß9XDAB",             # a German layout makes ß of the scanner's hyphen
        "７ＫＱ２Ｍ－９ＸＤＡＢ",     # full-width, as a Chinese input method types it
        "7-K-Q-2-M-9-X-D-A-B",
        "7KQ2M–9XDAB",
        "7KQ2M9XDAB\r\n",
        "\ufeff7KQ2M9XDAB",
    ],
)  # fmt: skip
def test_a_code_is_read_however_it_was_typed(typed: str) -> None:
    assert codes.read(typed, SECRET) == Read(CODE)


@pytest.mark.parametrize("change", [str.lower, lambda t: t + "\n", lambda t: " ".join(t), lambda t: "-".join([t[:40], t[40:]])])
def test_a_token_is_read_however_the_scanner_sends_it(change: object) -> None:
    assert codes.read(change(TOKEN), SECRET) == Read(CODE)  # type: ignore[operator]


@pytest.mark.parametrize(
    "typed",
    [
        "", " ", "7KQ2M", "7KQ2M9XDA", "7KQ2M9XDABC", "7KQ2M9XDA0", "7KQ2M9XDAI", "7KQ2M9XDAY", "7KQ2M9XDAZ", "7KQ2M9XDAÄ", "二维码",
        "https://x.example/7KQ2M9XDAB", "\x00" * 10, "DF1", "D123456789X",
    ],
)  # fmt: skip
def test_what_is_no_code_is_not_read(typed: str) -> None:
    assert codes.read(typed, SECRET) is None


@pytest.mark.parametrize("letter", list("IOYZ") + ["Ä", "ß", "-"])
def test_letters_that_are_confused_or_moved_by_a_layout_are_in_no_token(letter: str) -> None:
    assert letter not in codes.ALPHABET
    assert letter not in TOKEN


def test_a_token_uses_only_letters_that_a_qr_code_packs_tightly() -> None:
    assert len(TOKEN) == 116
    assert set(TOKEN) <= set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


@pytest.mark.parametrize("place", [3, 8, 12, 13, 60, 114, 115])
def test_a_token_with_one_letter_changed_is_forged_or_no_token(place: int) -> None:
    for letter in codes.ALPHABET:
        if letter == TOKEN[place]:
            continue
        read = codes.read(TOKEN[:place] + letter + TOKEN[place + 1 :], SECRET)

        assert read is not None
        assert read.forged, f"{letter} at {place}: one token has one spelling"


def test_a_token_of_another_shop_is_forged() -> None:
    assert codes.read(codes.token_of(CODE, "another secret"), SECRET) == Read(CODE, forged=True)


def test_the_seal_of_one_code_does_not_fit_another() -> None:
    other = codes.PREFIX + "8" + TOKEN[4:]

    assert codes.read(other, SECRET) == Read(PickupCode("8" + CODE[1:]), forged=True)


@given(st.text(max_size=500) | st.text(alphabet=codes.ALPHABET, min_size=113, max_size=113).map(lambda t: codes.PREFIX + t))
def test_any_text_is_read_or_not_and_never_a_fault_and_never_genuine(text: str) -> None:
    read = codes.read(text, SECRET)

    assert read is None or read.forged or len(read.code) == codes.LENGTH
    if read is not None and codes.PREFIX in text and len(text) >= 116:
        assert read.forged or set(read.code) <= set(ids.LETTERS)


@given(st.binary(min_size=64, max_size=64))
def test_a_seal_has_one_spelling(data: bytes) -> None:
    letters = codes._letters(data)

    assert len(letters) == codes.SEAL_LETTERS
    assert codes._bytes(letters) == data
    last = codes.ALPHABET.index(letters[-1])
    assert [n for n in range(32) if codes._bytes(letters[:-1] + codes.ALPHABET[n]) == data] == [last]


def test_codes_are_random_and_of_their_letters() -> None:
    made = {codes.new_code() for _ in range(1000)}

    assert len(made) == 1000
    assert all(len(code) == 10 and set(code) <= set(ids.LETTERS) for code in made)


def test_a_code_is_shown_in_two_groups_that_can_be_typed_back() -> None:
    assert codes.shown(CODE) == "7KQ2M-9XDAB"
    assert codes.read(codes.shown(CODE), SECRET) == Read(CODE)


def test_the_picture_is_decoded_to_the_token() -> None:
    picture = Image.open(io.BytesIO(codes.picture_png(TOKEN)))

    assert [found.text for found in zxingcpp.read_barcodes(picture)] == [TOKEN]
    assert picture.width >= 300


def test_the_picture_as_svg_has_a_quiet_zone_and_no_script() -> None:
    svg = codes.picture_svg(TOKEN)

    assert svg.startswith((b"<?xml", b"<svg"))
    assert b"<path" in svg
    assert b"script" not in svg
