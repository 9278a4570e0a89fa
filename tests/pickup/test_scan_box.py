"""The scan box knows which is which, whatever the scanner and its keyboard make of it. The table is shared with the browser."""
import json
import time
from datetime import date
from pathlib import Path
from random import Random
from typing import Any, assert_never

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from shop.base import ids, seals
from shop.base.ids import OrderNumber, PickupCode
from shop.pickup import codes, scan_box
from shop.pickup.scan_box import (
    BoardingPassScanned,
    Hint,
    NotKnown,
    ParcelLabel,
    PickupCodeTyped,
    PickupToken,
    Scanned,
    label_text,
    what_is,
)

TABLE = json.loads(Path(__file__).with_name("scan_cases.json").read_text(encoding="utf-8"))
VECTORS = json.loads(Path(__file__).with_name("token_vectors.json").read_text(encoding="utf-8"))
TODAY, SECRET = date.fromisoformat(TABLE["today"]), TABLE["secret"]
NUMBER = OrderNumber("D7KQ2M9XDA")
NUMBERS = st.text(alphabet=ids.LETTERS, min_size=9, max_size=9).map(lambda letters: "D" + letters)
PASS = "M1WANG/XIAOMING MR    EABC123 FRAPEKCA 0932 330Y012A0001 100"


def _plain(scanned: Scanned) -> dict[str, Any]:
    match scanned:
        case PickupToken(code, forged):
            return {"kind": "pickup_token", "code": code, "forged": forged}
        case PickupCodeTyped(code):
            return {"kind": "pickup_code", "code": code}
        case ParcelLabel(number):
            return {"kind": "parcel_label", "number": number}
        case BoardingPassScanned(read):
            legs = [f"{leg.flight} {leg.origin} {leg.destination}" for leg in read.legs]
            return {"kind": "boarding_pass", "flights": legs, "name": read.name}
        case NotKnown(hint):
            return {"kind": "not_known", "hint": hint.value}
        case _:
            assert_never(scanned)


@pytest.mark.parametrize("case", TABLE["scans"], ids=lambda case: case["name"])
def test_the_box_knows_which_is_which(case: dict[str, Any]) -> None:
    found = _plain(what_is(case["text"], SECRET, TODAY))

    assert {name: found.get(name) for name in case["expected"]} == case["expected"]


def test_every_kind_and_every_hint_is_in_the_table() -> None:
    kinds = {case["expected"]["kind"] for case in TABLE["scans"]}

    assert kinds == {"pickup_token", "pickup_code", "parcel_label", "boarding_pass", "not_known"}
    assert {case["expected"].get("hint") for case in TABLE["scans"]} - {None} == set(Hint)


@pytest.mark.parametrize("vector", VECTORS["tokens"], ids=lambda vector: vector["token"][3:18] + vector["seal"])
def test_a_token_is_worth_what_its_seal_is(vector: dict[str, str]) -> None:
    assert what_is(vector["token"], VECTORS["secret"], TODAY) == PickupToken(PickupCode(vector["code"]), forged=vector["seal"] == "forged")


def test_the_vectors_are_those_of_the_shop() -> None:
    genuine = [vector for vector in VECTORS["tokens"] if vector["seal"] == "genuine"]

    assert seals.public_key(VECTORS["secret"], codes.PURPOSE).hex() == VECTORS["public_key"]
    assert [codes.token_of(PickupCode(vector["code"]), VECTORS["secret"]) for vector in genuine] == [vector["token"] for vector in genuine]


# --- the label --------------------------------------------------------------------------------------------------------


@given(NUMBERS)
def test_a_label_leads_back_to_its_order(number: str) -> None:
    assert what_is(label_text(number), SECRET, TODAY) == ParcelLabel(OrderNumber(number))


def test_a_label_has_only_letters_that_every_layout_types_alike() -> None:
    assert len(label_text(NUMBER)) == 14
    assert set(label_text(NUMBER)) <= set(ids.LETTERS)


@given(NUMBERS, st.integers(3, 13), st.sampled_from(ids.LETTERS))
def test_a_label_with_one_letter_wrong_is_damaged(number: str, place: int, letter: str) -> None:
    label = label_text(number)
    wrong = label[:place] + letter + label[place + 1 :]

    assert wrong == label or what_is(wrong, SECRET, TODAY) == NotKnown(Hint.DAMAGED_LABEL)


@given(NUMBERS, st.integers(3, 13), st.integers(3, 13))
def test_a_label_with_two_letters_swapped_is_damaged(number: str, one: int, other: int) -> None:
    letters = list(label_text(number))
    letters[one], letters[other] = letters[other], letters[one]
    swapped = "".join(letters)

    assert swapped == label_text(number) or what_is(swapped, SECRET, TODAY) == NotKnown(Hint.DAMAGED_LABEL)


@pytest.mark.parametrize("number", ["", "D7KQ2M9XD", "D7KQ2M9XDAB", "T7KQ2M9XDA", "D7KQ2M9XDO", "d7kq2m9xda", "D7KQ2M9XDA\n"])
def test_what_is_no_order_number_gets_no_label(number: str) -> None:
    with pytest.raises(ValueError):
        label_text(number)


# --- any text ---------------------------------------------------------------------------------------------------------

PIECES = [
    PASS, codes.token_of(PickupCode("7KQ2M9XDAB"), SECRET), label_text(NUMBER), "7KQ2M-9XDAB", "]Q3", "+Q3", "M1", "M4", "DF1", "DFP",
    "\x1d", "\r\n", "ß", "/", "-", "4006381333931", "İ", "ﬀ", "ŉ", "😀", "\x00", "０", "Ｍ", " " * 60, "100>6", "FF>8FF",
]  # fmt: skip
ANY = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(PIECES) | st.text(max_size=8), max_size=8).map("".join),
    st.from_regex(r"\AM[1-4][A-Z/ -]{20}[E ]([A-Z0-9 ]{7}[A-Z]{6}[A-Z0-9 ]{8}[0-9 ]{3}.{0,40}){0,4}", fullmatch=True),
)


def _chance_text(chance: Random) -> str:
    """Whole and cut pieces of what is scanned, between letters of every kind."""
    parts = []
    for _ in range(chance.randint(1, 6)):
        piece = chance.choice(PIECES)
        cut = piece[chance.randint(0, len(piece)) :] if chance.random() < 0.5 else piece
        noise = (chr(chance.randrange(128) if chance.random() < 0.5 else chance.randrange(0x11000)) for _ in range(chance.randrange(4)))
        parts.append(cut + "".join(noise))
    return "".join(parts)


@given(ANY)
def test_any_text_is_one_of_the_kinds(text: str) -> None:
    assert isinstance(what_is(text, SECRET, TODAY), PickupToken | PickupCodeTyped | ParcelLabel | BoardingPassScanned | NotKnown)


def test_ten_thousand_texts_are_each_one_of_the_kinds_and_none_takes_long() -> None:
    took: list[float] = []
    kinds: set[type] = set()

    @settings(max_examples=10_000, deadline=None, database=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))
    @given(st.integers(0, 2**64 - 1))
    def scan(seed: int) -> None:
        text = _chance_text(Random(seed))
        began = time.thread_time()
        found = what_is(text, SECRET, TODAY)
        took.append(time.thread_time() - began)
        kinds.add(type(found))
        assert isinstance(found, PickupToken | PickupCodeTyped | ParcelLabel | BoardingPassScanned | NotKnown)

    scan()

    took.sort()
    assert len(took) >= 10_000
    assert sum(took) / len(took) < 0.001
    assert took[int(len(took) * 0.99)] < 0.001, "of its own CPU time, which other processes do not lengthen"
    assert kinds == {PickupToken, PickupCodeTyped, ParcelLabel, BoardingPassScanned, NotKnown}
    assert what_is(PIECES[1], SECRET, TODAY) == PickupToken(PickupCode("7KQ2M9XDAB"), forged=False), "the box still works"


LONG = ["\ud800", "M1\ud800" * 30, "+A1 " * 5000, "]Q3" * 5000, " " * 100_000, "M1" + "A" * 100_000, "DF1" * 9000]


@pytest.mark.parametrize("text", LONG, ids=lambda text: text[:5])
def test_a_long_or_broken_text_is_answered_at_once(text: str) -> None:
    began = time.thread_time()

    found = what_is(text, SECRET, TODAY)

    assert isinstance(found, NotKnown)
    assert time.thread_time() - began < 0.05


def test_what_opens_a_parcel_or_names_a_person_is_in_no_repr() -> None:
    for text in ("7KQ2M9XDAB", codes.token_of(PickupCode("7KQ2M9XDAB"), SECRET), PASS, PASS[:50].replace("FRA", "F")):
        shown = repr(scan_box.what_is(text, SECRET, TODAY))

        assert not [secret for secret in ("7KQ2M", "WANG", "012A") if secret in shown], shown
