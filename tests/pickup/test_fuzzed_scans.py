"""Ten thousand texts that no scanner should send: always an outcome, never a fault, and the next traveller is served."""

import random
import string
import unicodedata
from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import builders
import pytest
from builders import NOW, SECRET
from flask import Flask

from shop.base.ids import PickupCode
from shop.people.queries import KnownDevice
from shop.pickup import codes
from shop.pickup import commands as pickup
from shop.pickup.commands import Asked
from shop.pickup.outcomes import FoundBy, Name, Several
from shop.pickup.scan_box import label_text

LOOKS, HAND_OVERS, SEED = 10_000, 300, 20261124
ODD = "\x00\x1d\u200b\u202e\ufeff\u3000\ud7ff\U0001f600ßİıÀ́％＞】、]}[\r\n\t\\'\";%_"
ANYTHING = string.printable + ODD + "王小明提货码"


def full_width(text: str) -> str:
    """As Chinese input types it."""
    return "".join(chr(ord(letter) + 0xFEE0) if "!" <= letter <= "~" else letter for letter in text)


class Fuzzer:
    """Makes texts from real ones: cut, doubled, swapped, spoilt, glued together; or of anything at all."""

    def __init__(self, real: list[str], seed: int) -> None:
        self.real, self.chance = real, random.Random(seed)
        self.ways: list[Callable[[str], str]] = [
            self.cut, self.spoil, self.spoil, self.swap, lambda text: text * 2, lambda text: text.swapcase(), lambda text: text[::-1],
            lambda text: "]Q3" + text + "\r", lambda text: text + self.chance.choice(self.real), lambda text: self.noise() + text,
            lambda text: text.translate(str.maketrans("yzYZ-/", "zyZYß-")), full_width,
            lambda text: text.replace(" ", ""), lambda text: text * 200,
        ]  # fmt: skip

    def text(self) -> str:
        if self.chance.random() < 0.2:
            return self.noise()
        text = self.chance.choice(self.real)
        for _ in range(self.chance.randint(1, 3)):
            text = self.chance.choice(self.ways)(text)
        return text[:20_000]

    def noise(self) -> str:
        return "".join(self.chance.choices(ANYTHING, k=self.chance.choice((0, 1, 5, 10, 14, 60, 400))))

    def cut(self, text: str) -> str:
        start, end = sorted(self.chance.choices(range(len(text) + 1), k=2))
        return text[start:end]

    def spoil(self, text: str) -> str:
        at = self.chance.randrange(len(text) + 1)
        return text[:at] + self.chance.choice(ANYTHING) + text[at + self.chance.randint(0, 2) :]

    def swap(self, text: str) -> str:
        letters = list(text)
        self.chance.shuffle(letters)
        return "".join(letters)


@pytest.fixture
def device(app: Flask) -> KnownDevice:
    return builders.a_device()[0]


@pytest.fixture
def fuzzer(device: KnownDevice) -> Fuzzer:
    order = builders.a_paid_order()
    code = builders.code_of(order)
    token, label = codes.token_of(PickupCode(code), SECRET), label_text(order.number)
    leg = f"FRAPEKCA 0932 {builders.DAY:%j}Y012A0001 "
    passes = [f"M1WANG/XIAOMING       EABC123 {leg}100", f"M2{'LI/HUA':<20}EABC123 {leg}100ABC123 PEKCTUCA 4102 001Y012A0001 100"]
    return Fuzzer([code, token, label, order.number, *passes, "4006381333931", "https://example.com/?q=1"], SEED)


def test_10_000_fuzzed_texts_are_looked_at_and_the_next_parcel_is_handed_over(device: KnownDevice, fuzzer: Fuzzer) -> None:
    next_one = builders.a_paid_order(now=NOW + timedelta(minutes=1))
    before = builders.everything()
    told = Counter[str]()

    for n in range(LOOKS):
        text = fuzzer.text()
        try:
            outcome = pickup.look(text, device, SECRET, NOW)
        except Exception as fault:
            raise AssertionError(f"look {n} of seed {SEED}: {text[:300]!r}") from fault
        told["several" if isinstance(outcome, Several) else outcome.name.value] += 1

    assert set(told) <= {*(name.value for name in Name), "several"}
    assert min(told["unknown"], told["collected"], told["needs_check"]) > 50, told  # it reaches parcels as well as nothing
    assert builders.everything() == before
    assert pickup.hand_over(Asked(builders.code_of(next_one), "scan-good-one", NOW), device, SECRET, NOW).name is Name.COLLECTED


def test_fuzzed_texts_that_are_handed_over_get_an_outcome_and_take_nothing_that_no_code_was_shown_for(
    device: KnownDevice, fuzzer: Fuzzer
) -> None:
    next_one = builders.a_paid_order(name="SCHMIDT ERIKA")
    code = fuzzer.real[0]

    for n in range(HAND_OVERS):
        text = fuzzer.text()
        by = fuzzer.chance.choice(list(FoundBy))
        outcome = pickup.hand_over(Asked(text, f"scan-fuzz-{n:05}", NOW), device, SECRET, NOW, found_by=by)
        assert outcome.name in Name, repr(text[:300])
        if outcome.name is Name.COLLECTED:  # the code or a pass was in it, whatever was around
            plain = unicodedata.normalize("NFKC", text).upper()
            assert code in "".join(filter(str.isalnum, plain)) or "WANG" in plain, text

    assert pickup.hand_over(Asked(builders.code_of(next_one), "scan-good-one", NOW), device, SECRET, NOW).name is Name.COLLECTED
