"""Boarding passes: the public samples, years, damage, and what may be remembered of them. The table is shared with the browser."""
import json
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from shop.base.errors import ShopError
from shop.pickup import boarding_passes
from shop.pickup.boarding_passes import (
    BoardingPass,
    Leg,
    Likeness,
    NotABoardingPass,
    leg_from,
    same_day,
    same_destination,
    same_flight,
    same_name,
)

TABLE = json.loads(Path(__file__).with_name("scan_cases.json").read_text(encoding="utf-8"))
TODAY = date.fromisoformat(TABLE["today"])
PASS = "M1WANG/XIAOMING MR    EABC123 FRAPEKCA 0932 330Y012A0001 100"
TWO = next(case["text"] for case in TABLE["boarding_passes"] if case["name"].startswith("3:"))


def _plain(boarding_pass: BoardingPass) -> Any:
    return msgspec.json.decode(msgspec.json.encode(boarding_pass))


def _leg(**values: Any) -> Leg:
    return Leg(**{**values, "day": date.fromisoformat(values["day"])})


@pytest.mark.parametrize("case", TABLE["boarding_passes"], ids=lambda case: case["name"])
def test_a_pass_says_what_it_says(case: dict[str, Any]) -> None:
    today = date.fromisoformat(case["today"])

    if case["expected"] is None:
        with pytest.raises(NotABoardingPass):
            boarding_passes.read(case["text"], today)
    else:
        assert _plain(boarding_passes.read(case["text"], today)) == case["expected"]


def test_all_fifteen_public_samples_are_in_the_table() -> None:
    assert [case["name"].split(":")[0] for case in TABLE["boarding_passes"]][:15] == [*map(str, range(1, 14)), "14a", "14b"]


@pytest.mark.parametrize(("on_pass", "traveller", "likeness"), TABLE["names"])
def test_a_name_on_a_pass_is_compared_as_a_person_would(on_pass: str, traveller: str, likeness: str) -> None:
    assert same_name(on_pass, traveller) == likeness


@pytest.mark.parametrize("case", TABLE["flights"], ids=lambda case: f"{case['leg']['flight']} {case['flight']}")
def test_a_flight_is_the_same_under_any_number_it_is_sold_by(case: dict[str, Any]) -> None:
    assert same_flight(_leg(**case["leg"]), case["flight"], case["codeshares"]) == case["expected"]


@pytest.mark.parametrize("case", TABLE["days"], ids=lambda case: case["day"])
def test_a_departure_may_slip_over_midnight(case: dict[str, Any]) -> None:
    assert same_day(_leg(**case["leg"]), date.fromisoformat(case["day"])) == case["expected"]


def test_the_leg_that_counts_is_the_one_that_leaves_here() -> None:
    read = boarding_passes.read(TWO, date(2026, 8, 14))

    assert leg_from(read, "FRA", date(2026, 8, 15)) == read.legs[1]
    assert leg_from(read, "GVA", date(2026, 8, 15)) is None, "who only arrives needs another pass"


def test_of_two_legs_that_leave_here_the_nearer_one_counts() -> None:
    first = boarding_passes.read(PASS, TODAY).legs[0]
    there_and_back = BoardingPass("WANG/XIAOMING", True, None, (first, replace(first, day=date(2026, 11, 30))))

    assert leg_from(there_and_back, "FRA", date(2026, 11, 29)) == there_and_back.legs[1]
    assert leg_from(there_and_back, "FRA", date(2026, 11, 25)) == first


@pytest.mark.parametrize(
    ("destination", "final", "likeness"),
    [("GVA", "GVA", "same"), ("GVA", "PEK", "similar"), ("PEK", "PEK", "different"), ("PEK", "CAN", "different")],
)
def test_a_pass_may_end_before_the_journey_does(destination: str, final: str, likeness: str) -> None:
    read = boarding_passes.read(TWO, date(2026, 8, 14))

    assert same_destination(read, read.legs[1], destination, final) == likeness


def test_a_pass_to_the_final_destination_over_several_legs_fits() -> None:
    read = boarding_passes.read(TWO, date(2026, 8, 14))

    assert same_destination(read, read.legs[0], "FRA", "GVA") is Likeness.SAME
    assert same_destination(read, read.legs[0], "FRA", "PEK") is Likeness.DIFFERENT, "the pass goes on, and somewhere else"


def test_nothing_personal_is_in_what_gets_into_a_log() -> None:
    read = boarding_passes.read(PASS.replace("012A0001", "034K0177"), TODAY)

    shown = f"{read!r} {read} {read.legs!r}"

    assert (read.name, read.legs[0].seat, read.legs[0].sequence) == ("WANG/XIAOMING MR", "34K", "177")
    assert not [secret for secret in ("WANG", "XIAOMING", "34K", "177", "ABC123") if secret in shown]
    assert "CA932" in shown


def test_the_booking_reference_and_the_text_itself_are_not_kept() -> None:
    kept = json.dumps(_plain(boarding_passes.read(TWO, date(2026, 8, 14))))

    assert not [secret for secret in ("ABC123", "DEF456", "1234567890", "WVC5EH") if secret in kept]


def test_a_refusal_says_nothing_of_the_text() -> None:
    with pytest.raises(ShopError) as refused:
        boarding_passes.read("M1WANG/XIAOMING", TODAY)

    assert "WANG" not in f"{refused.value!r} {refused.value.facts} {refused.value.fields}"
    assert refused.value.code == "not_a_boarding_pass"


@given(st.integers(0, len(TWO)), st.text(max_size=5), st.integers(0, 9), st.dates(date(2000, 1, 1), date(2100, 12, 31)))
def test_a_damaged_pass_is_read_or_refused_and_never_a_fault(at: int, noise: str, gone: int, today: date) -> None:
    damaged = TWO[:at] + noise + TWO[at + gone :]

    try:
        read = boarding_passes.read(damaged, today)
    except NotABoardingPass:
        return
    assert len(read.legs) == 2
    assert read.legs[0].day <= read.legs[1].day or (read.legs[0].day - read.legs[1].day).days == 1


@given(st.integers(1, 366), st.dates(date(2000, 7, 1), date(2100, 6, 30)))
def test_without_a_date_of_issue_the_day_is_the_nearest_one(number: int, today: date) -> None:
    try:
        day = boarding_passes.read(PASS.replace("330", f"{number:03}"), today).legs[0].day
    except NotABoardingPass:
        assert number == 366
        return

    assert day.timetuple().tm_yday == number
    assert abs((day - today).days) <= 183 or number == 366


@given(st.text(max_size=30), st.text(max_size=30))
def test_names_of_any_kind_are_compared_without_a_fault(on_pass: str, traveller: str) -> None:
    assert same_name(on_pass, traveller) in Likeness


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ ", min_size=1, max_size=20).filter(str.strip))
def test_a_name_is_its_own(name: str) -> None:
    assert same_name(name, name.strip()) is Likeness.SAME
