"""What is looked at before goods leave, and what is kept of it: tables of values, no database."""
from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from shop.pickup import checks
from shop.pickup.checks import Answers, Asks, Matter
from shop.pickup.outcomes import Check, CheckKind

TODAY = date(2026, 11, 24)
EVERYTHING = Asks(boarding_pass=True, age=True, sealed_bag=True, identity=True)
MATTER = Matter("CA932", date(2026, 11, 26), "PEK", "PEK", None, alcohol=False, liquids=False)
WHISKY = replace(MATTER, alcohol=True, liquids=True)
ONWARD = replace(WHISKY, final_destination="CTU")
AGE, BAG, PASS, IDENTITY = CheckKind.AGE, CheckKind.SEALED_BAG, CheckKind.BOARDING_PASS, CheckKind.IDENTITY


@pytest.mark.parametrize(
    ("asks", "matter", "kinds"),
    [
        (Asks(),                                WHISKY, []),
        (EVERYTHING,                            MATTER, [PASS, IDENTITY]),
        (EVERYTHING,                            WHISKY, [PASS, IDENTITY, AGE]),
        (EVERYTHING,                            ONWARD, [PASS, IDENTITY, AGE, BAG]),
        (Asks(age=True),                        replace(MATTER, liquids=True), []),          # perfume is no alcohol to drink
        (Asks(sealed_bag=True),                 WHISKY, []),                                 # a direct flight
        (Asks(sealed_bag=True),                 replace(ONWARD, liquids=False), []),         # nothing liquid
        (Asks(sealed_bag=True),                 ONWARD, [BAG]),
    ],
)  # fmt: skip
def test_a_hand_over_needs_the_checks_of_its_point_that_its_goods_call_for(asks: Asks, matter: Matter, kinds: list[CheckKind]) -> None:
    assert [check.kind for check in checks.needed(asks, matter, TODAY)] == kinds


@pytest.mark.parametrize(
    ("born", "hint"),
    [
        (None, "age_unknown"), (date(1990, 5, 1), "adult"), (date(2008, 11, 24), "adult"), (date(2008, 11, 25), "minor"),
        (date(2020, 1, 1), "minor"),
    ],
)  # fmt: skip
def test_the_age_check_says_what_the_order_knows(born: date | None, hint: str) -> None:
    [check] = checks.needed(Asks(age=True), replace(WHISKY, birth_date=born), TODAY)

    assert check.hints == (hint,)


def test_who_was_born_on_a_leap_day_is_of_age_on_the_last_of_february() -> None:
    assert checks.adults_born_until(date(2028, 2, 29)) == date(2010, 2, 28)
    assert checks.adults_born_until(date(2026, 2, 28)) == date(2008, 2, 28)
    assert checks.adults_born_until(date(2026, 3, 1)) >= date(2008, 2, 29)


@pytest.mark.parametrize(
    ("sent", "left"),
    [
        ({},                                                                   [PASS, IDENTITY, AGE, BAG]),
        ({"boarding_pass": "seen", "identity": "seen"},                        [AGE, BAG]),
        ({"age": "adult", "sealed_bag": "STEB-0042"},                          [PASS, IDENTITY]),
        ({"boarding_pass": "yes", "identity": True, "age": True, "sealed_bag": 7}, [PASS, IDENTITY, AGE, BAG]),
        ({"sealed_bag": "x"},                                                  [PASS, IDENTITY, AGE, BAG]),   # no serial is so short
        ({"sealed_bag": "袋子0042"},                                            [PASS, IDENTITY, AGE, BAG]),
        ({"boarding_pass": {}, "identity": {}},                                [AGE, BAG]),
        ({"age": "child", "something": "else"},                                [PASS, IDENTITY, AGE, BAG]),
    ],
)  # fmt: skip
def test_what_is_not_an_answer_leaves_the_check_open(sent: dict[str, Any], left: list[CheckKind]) -> None:
    needed = checks.needed(EVERYTHING, ONWARD, TODAY)

    assert [check.kind for check in checks.still_open(needed, checks.read(sent), ONWARD)] == left


def test_nobody_confirms_the_age_of_a_minor() -> None:
    matter = replace(WHISKY, birth_date=date(2010, 1, 1))
    needed = checks.needed(Asks(age=True), matter, TODAY)

    assert checks.still_open(needed, checks.read({"age": "adult"}), matter) == (Check(AGE, ("minor",)),)


FITS = {"flight": "ca 0932", "date": "2026-11-26", "destination": "pek", "name_match": "same"}


@pytest.mark.parametrize(
    ("noted", "differs"),
    [
        (FITS,                                          ()),
        ({**FITS, "flight": "LH7322"},                  ("flight",)),
        ({**FITS, "date": "2026-11-27"},                ("date",)),
        ({**FITS, "destination": "PVG"},                ("destination",)),
        ({**FITS, "name_match": "similar"},             ()),
        ({**FITS, "name_match": "different"},           ("name",)),
        ({"flight": "CA933", "date": "26.11.2026"},     ("flight", "date")),
        ({"name_match": "same"},                        ()),
    ],
)  # fmt: skip
def test_a_boarding_pass_that_differs_has_to_be_confirmed(noted: dict[str, str], differs: tuple[str, ...]) -> None:
    needed = checks.needed(Asks(boarding_pass=True), MATTER, TODAY)

    first = checks.still_open(needed, checks.read({"boarding_pass": noted}), MATTER)
    confirmed = checks.still_open(needed, checks.read({"boarding_pass": {**noted, "confirmed": True}}), MATTER)

    assert first == ((Check(PASS, differs),) if differs else ())
    assert confirmed == ()


def test_of_a_pass_for_the_final_destination_of_a_connection_nothing_differs() -> None:
    assert checks.differences(checks.read({"boarding_pass": {"destination": "CTU"}}), ONWARD) == ()


SENT = {
    "boarding_pass": {**FITS, "seat": "12A", "booking": "ABC123", "raw": "M1WANG/XIAOMING"},
    "identity": {"document_number": "E12345678", "residence": "CN", "photo": "…"}, "age": "adult", "sealed_bag": " steb-0042 ",
}  # fmt: skip


def test_without_configuration_only_that_staff_looked_is_kept() -> None:
    assert checks.evidence(checks.read(SENT), frozenset()) == {
        "boarding_pass": "seen", "identity": "seen", "age": "adult", "sealed_bag": "STEB-0042",
    }  # fmt: skip


def test_only_configured_fields_are_kept_and_no_others_can_be_configured() -> None:
    kept = checks.evidence(checks.read(SENT), frozenset({"flight", "date", "residence", "raw", "seat"}))

    assert kept["boarding_pass"] == {"flight": "ca 0932", "date": "2026-11-26"}
    assert kept["identity"] == {"residence": "CN"}
    assert {"raw", "seat", "photo"}.isdisjoint(checks.EVIDENCE)


def test_no_answers_leave_no_evidence() -> None:
    assert checks.evidence(Answers(), frozenset(checks.EVIDENCE)) == {}


@pytest.mark.parametrize(
    ("name", "typed", "kept"),
    [
        ("document_number", " e1234 5678 ", "E12345678"), ("document_number", "G-1234567", "G1234567"),
        ("document_number", "Ｅ１２３４５", "E12345"),
        ("document_number", "E123", None), ("document_number", "E" * 21, None), ("document_number", "E1234_5", None),
        ("document_number", "护照一二三四五", None), ("document_number", "", None),
        ("residence", "cn", "CN"), ("residence", "上海市", "上海市"), ("residence", "São  Paulo", "SÃO PAULO"), ("residence", "X", None),
        ("residence", "12345", None), ("residence", "<b>CN</b>", None), ("residence", "x" * 61, None), ("residence", "- -", None),
    ],
)  # fmt: skip
def test_what_is_read_in_a_passport_is_kept_in_one_spelling_or_not_at_all(name: str, typed: str, kept: str | None) -> None:
    assert checks.identity_field(name, typed) == kept


@pytest.mark.parametrize(
    ("said", "settled"),
    [
        ("seen", False), ({"document_number": "E12345678"}, False), ({"document_number": "E1", "residence": "CN"}, False),
        ({"document_number": "E12345678", "residence": "CN"}, True), ({"document_number": 12345678, "residence": "CN"}, False),
        (None, False),
    ],
)  # fmt: skip
def test_an_identity_is_settled_with_the_fields_that_the_point_keeps(said: Any, settled: bool) -> None:
    asks = Asks(identity=True, keeps=frozenset({"document_number", "residence", "flight"}))
    wanted = checks.needed(asks, MATTER, TODAY)

    assert wanted == (Check(IDENTITY, ("document_number", "residence")),)
    assert (checks.still_open(wanted, checks.read({"identity": said}), MATTER) == ()) is settled
