"""Flight banks, lights, slots, pieces and paper: decided from values."""
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.pickup import packing_rules as rules
from shop.pickup.packing_rules import (
    BANK_GAP,
    BANK_SPAN,
    PARCEL_MOVES,
    Bank,
    Light,
    LineToPack,
    NotComplete,
    NothingPacked,
    ParcelMoved,
    ParcelState,
    ShortageTooLarge,
    Slot,
    TooMany,
    WrongArticle,
    WrongSlot,
)

START = datetime(2026, 11, 26, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
minutes = st.lists(st.integers(0, 24 * 60), max_size=40)


def at(*later: int) -> list[datetime]:
    return [START + n * MINUTE for n in later]


# --- flight banks -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("departures", "banks"),
    [
        ((), []),
        ((0,), [(0, 0)]),
        ((0, 0, 0), [(0, 0)]),
        ((45, 0), [(0, 45)]),
        ((0, 46), [(0, 0), (46, 46)]),
        ((0, 40, 80, 120), [(0, 120)]),
        ((0, 40, 80, 121), [(0, 80), (121, 121)]),
        ((0, 30, 60, 90, 120, 150, 180), [(0, 120), (150, 180)]),
        ((0, 600, 610), [(0, 0), (600, 610)]),
    ],
)
def test_a_bank_ends_with_a_long_gap_or_when_it_would_be_too_long(departures: tuple[int, ...], banks: list[tuple[int, int]]) -> None:
    found, places = rules.into_banks(at(*departures))

    assert found == [Bank(*at(first, last)) for first, last in banks]
    assert set(places) == set(at(*departures))


def test_an_order_that_comes_later_joins_the_nearest_bank_that_can_take_it() -> None:
    known = [Bank(*at(0, 60)), Bank(*at(140, 200))]

    found, places = rules.into_banks(at(80, 120, 30, 300), known)

    assert found == [Bank(*at(0, 80)), Bank(*at(120, 200)), Bank(*at(300, 300))]
    assert places == dict(zip(at(30, 80, 120, 300), [0, 0, 1, 2], strict=True))


def test_a_bank_that_is_too_long_already_keeps_what_lies_in_it_and_takes_nothing_beside_it() -> None:
    long = Bank(*at(0, 180))

    assert long.with_departure(START + 90 * MINUTE) == long
    assert long.with_departure(START + 181 * MINUTE) is None


@given(minutes)
def test_every_departure_lies_in_its_bank_and_no_bank_breaks_the_rule(later: list[int]) -> None:
    found, places = rules.into_banks(at(*later))

    for n, bank in enumerate(found):
        inside = sorted(moment for moment, place in places.items() if place == n)
        assert (inside[0], inside[-1]) == (bank.first, bank.last)
        assert bank.last - bank.first <= BANK_SPAN
        assert all(b - a <= BANK_GAP for a, b in pairwise(inside))
    assert all(earlier.last < later_one.first for earlier, later_one in pairwise(found))


@given(minutes, minutes)
def test_banks_that_are_known_stay_where_they_are_and_only_grow(first: list[int], second: list[int]) -> None:
    known, _ = rules.into_banks(at(*first))

    found, places = rules.into_banks(at(*second), known)

    assert all(new.first <= old.first and old.last <= new.last for old, new in zip(known, found, strict=False))
    assert all(found[place].first <= moment <= found[place].last for moment, place in places.items())


# --- lights -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("left", "colour"),
    [(-300, Light.RED), (0, Light.RED), (14, Light.RED), (15, Light.AMBER), (59, Light.AMBER), (60, Light.GREEN), (600, Light.GREEN)],
)
def test_the_light_turns_amber_in_the_last_hour_and_red_in_the_last_quarter(left: int, colour: Light) -> None:
    assert rules.light(START + left * MINUTE, START) is colour
    assert rules.minutes_left(START + left * MINUTE, START) == left


def test_a_parcel_is_due_half_an_hour_before_its_traveller_may_come() -> None:
    assert rules.pack_by(START) == START - 30 * MINUTE
    assert rules.minutes_left(START - timedelta(seconds=1), START) == -1


# --- the shelf --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("slots", "proposed"),
    [
        ([], None),
        ([Slot("A1", 2, 2), Slot("A2", 1, 1)], None),
        ([Slot("A10", 4, 0), Slot("A2", 4, 0)], "A2"),
        ([Slot("A1", 4, 1), Slot("A2", 4, 3)], "A2"),
        ([Slot("A1", 9, 3), Slot("A2", 4, 2)], "A2"),
        ([Slot("A1", 4, 3), Slot("A2", 4, 1, same_flight=1)], "A2"),
        ([Slot("A1", 4, 1, same_flight=1), Slot("A2", 4, 3, same_flight=3)], "A2"),
        ([Slot("A1", 4, 3), Slot("A2", 4, 0), Slot("A3", 4, 4, same_flight=2), Slot("A4", 4, 1)], "A4"),
        ([Slot("A1", 4, 0), Slot("A2", 4, 4, same_flight=4), Slot("A11", 4, 3), Slot("A3", 4, 4)], "A1"),
        ([Slot("A1", 2, 5), Slot("A2", 1, 0)], "A2"),
    ],
)
def test_a_parcel_goes_to_its_flight_or_near_it_and_else_into_the_fullest_slot(slots: list[Slot], proposed: str | None) -> None:
    assert rules.propose(slots) == proposed
    assert rules.propose(reversed(slots)) == proposed


@given(st.lists(st.builds(Slot, st.from_regex(r"[A-C][0-9]{1,2}", fullmatch=True), st.integers(1, 5), st.integers(0, 6), st.integers(0, 2)),
                unique_by=lambda slot: slot.code))
def test_a_proposed_slot_always_has_room_and_one_is_proposed_whenever_there_is_any(slots: list[Slot]) -> None:
    free = {slot.code for slot in slots if slot.taken < slot.capacity}

    proposed = rules.propose(slots)

    assert (proposed in free) if free else (proposed is None)


@pytest.mark.parametrize(("typed", "code"), [("a12", "A12"), (" A-12 ", "A12"), ("aß12", "A12"), ("7", "7"), ("A.1/2", "A12")])
def test_a_slot_is_known_however_its_code_is_typed(typed: str, code: str) -> None:
    assert rules.clean_slot(typed) == code


@pytest.mark.parametrize("typed", ["", " - ", "A123456789", "架1", "A1\x00", "A" * 10_000])
def test_what_is_no_slot_is_refused(typed: str) -> None:
    with pytest.raises(WrongSlot):
        rules.clean_slot(typed)


@pytest.mark.parametrize("capacity", [0, -1, 501])
def test_a_slot_takes_at_least_one_parcel_and_not_a_whole_warehouse(capacity: int) -> None:
    with pytest.raises(WrongSlot):
        rules.check_capacity(capacity)


# --- pieces -----------------------------------------------------------------------------------------------------------


LINES = [LineToPack(1, "SP-1", "2100000000017", 2, 1), LineToPack(2, "SP-2", "0012345678905", 1, 1)]


@pytest.mark.parametrize(
    ("scanned", "sku"),
    [
        ("2100000000017", "SP-1"), (" 2100000000017\r", "SP-1"), ("12345678905", "SP-2"), ("012345678905", "SP-2"),
        ("00012345678905", "SP-2"),
    ],
)  # fmt: skip
def test_an_article_is_known_by_its_ean_with_or_without_leading_zeros(scanned: str, sku: str) -> None:
    assert rules.line_of(LINES, scanned).sku == sku


@pytest.mark.parametrize("scanned", ["", "0", "000", "2100000000018", "210000000001", "SP-1", "x" * 5_000])
def test_another_article_is_refused(scanned: str) -> None:
    with pytest.raises(WrongArticle):
        rules.line_of(LINES, scanned)
    with pytest.raises(WrongArticle):
        rules.line_at(LINES, 3)


@pytest.mark.parametrize(
    ("wanted", "packed", "then", "refused"),
    [
        (2, 0, 1, None),
        (2, 1, 2, None),
        (2, 2, 3, TooMany),
        (2, 0, 3, TooMany),
        (2, 0, -1, NothingPacked),
        (2, 2, 0, None),
        (1, 3, 2, None),  # two were refunded: on the way back to one
        (1, 3, 3, TooMany),
        (0, 1, 0, None),
    ],
)
def test_there_are_never_more_pieces_than_wanted_unless_they_become_fewer(
    wanted: int, packed: int, then: int, refused: type[Exception] | None
) -> None:
    line = LineToPack(1, "SP-1", "2100000000017", wanted, packed)

    if refused:
        with pytest.raises(refused):
            rules.check_count(line, then)
    else:
        assert rules.check_count(line, then) == then


@pytest.mark.parametrize(
    ("pieces", "missing", "surplus"),
    [([(2, 2), (1, 1)], None, None), ([(2, 2), (0, 0)], None, None), ([(2, 1), (1, 0)], 2, 0), ([(1, 2)], 0, 1), ([(0, 1), (2, 1)], 1, 1),
     ([(0, 0)], 0, 0), ([], 0, 0)],
)  # fmt: skip
def test_a_parcel_is_complete_with_everything_wanted_and_nothing_else(
    pieces: list[tuple[int, int]], missing: int | None, surplus: int | None
) -> None:
    lines = [LineToPack(n, f"SP-{n}", f"210000000000{n}", wanted, packed) for n, (wanted, packed) in enumerate(pieces, start=1)]

    if missing is None:
        assert rules.check_complete(lines) is None
        return
    with pytest.raises(NotComplete) as refused:
        rules.check_complete(lines)
    assert refused.value.facts == {"missing": missing, "surplus": surplus}


@pytest.mark.parametrize(("quantity", "fine"), [(0, False), (-1, False), (1, True), (2, True), (3, False)])
def test_only_what_is_not_packed_can_be_missing(quantity: int, fine: bool) -> None:
    line = LineToPack(1, "SP-1", "2100000000017", 3, 1)

    if fine:
        assert rules.check_shortage(line, quantity) is None
    else:
        with pytest.raises(ShortageTooLarge):
            rules.check_shortage(line, quantity)


@pytest.mark.parametrize("present", ParcelState)
@pytest.mark.parametrize("wanted", ParcelState)
def test_a_parcel_goes_only_where_the_table_says(present: ParcelState, wanted: ParcelState) -> None:
    if wanted in PARCEL_MOVES[present]:
        assert rules.check_parcel_move(present, wanted) is None
    else:
        with pytest.raises(ParcelMoved):
            rules.check_parcel_move(present, wanted)


# --- paper ------------------------------------------------------------------------------------------------------------


def test_one_fetches_along_the_locations_and_then_by_category_and_sku() -> None:
    articles = [(None, 2, "B"), ("A-10", 9, "X"), (None, 1, "Z"), ("A-2", 5, "Y"), (None, 2, "A"), ("B-1", 1, "W")]

    walk = sorted(articles, key=lambda article: rules.pick_key(*article))

    assert [sku for _, _, sku in walk] == ["Y", "X", "W", "Z", "A", "B"]


@given(st.lists(st.text(max_size=12), min_size=2))
def test_any_text_can_be_sorted_as_a_location(texts: list[str]) -> None:
    keys = sorted(rules.in_walking_order(text) for text in texts)

    assert len(keys) == len(texts)


@pytest.mark.parametrize(
    ("name", "short"),
    [("WANG XIAOMING", "WX"), ("Wang/Xiaoming Mr", "WXM"), ("王小明", "王"), ("Élodie d'Arc", "ÉDA"), ("", "?"), ("  12 ", "?"),
     ("A B C D E", "ABC")],
)  # fmt: skip
def test_a_label_shows_initials_only(name: str, short: str) -> None:
    assert rules.initials(name) == short
