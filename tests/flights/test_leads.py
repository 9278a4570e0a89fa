"""How late goods may be ordered: point × product or category × flight × weekday, as a truth table."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.flights import rules
from shop.flights.hours import Plan, plan_of, rules_of
from shop.flights.leads import WrongLead, as_rule, read_leads, words_of
from shop.flights.rules import Goods, NotCollectedHere

BERLIN = ZoneInfo("Europe/Berlin")
THURSDAY, SUNDAY = date(2026, 11, 26), date(2026, 11, 29)
GIN, WINE, CREAM = Goods("SP-1", "spirits"), Goods("WI-1", "wine"), Goods("SK-1", "skincare")
LINES = """
category:spirits 360
category:spirits CA932 300
category:spirits day:7 480
product:SP-1 CA932 day:7 720
CA966 240
category:wine closed
product:SK-1 60
"""
WEEK = {str(day): ["00:00", "23:59"] for day in range(1, 8)}
POINT = rules_of(
    BERLIN, WEEK, plan_of({"leads": {"7": 200}, "lead_rules": read_leads(LINES)}), timedelta(minutes=180), timedelta(hours=24)
)


def departs(day: date) -> datetime:
    return datetime.combine(day, time(14, 5), BERLIN).astimezone(UTC)


@pytest.mark.parametrize(
    ("goods", "flight", "day", "minutes"),
    [
        ((), "LH720", THURSDAY, 180),             # the point's own
        ((), "LH720", SUNDAY, 200),               # its weekday's
        ((), "CA966", THURSDAY, 240),             # a flight goes before a weekday
        ((), "CA966", SUNDAY, 240),
        ((GIN,), "LH720", THURSDAY, 360),         # a category before all of these
        ((GIN,), "CA966", THURSDAY, 360),
        ((GIN,), "LH720", SUNDAY, 480),           # the category's weekday before the category
        ((GIN,), "CA932", THURSDAY, 300),         # the category's flight, too, even when it is quicker
        ((GIN,), "CA932", SUNDAY, 720),           # the product's own before any category
        ((CREAM,), "CA932", THURSDAY, 60),
        ((CREAM, GIN), "CA932", THURSDAY, 300),   # an order waits for the slowest of its goods
        ((Goods("SP-2", "spirits"),), "CA932", SUNDAY, 300),  # flight before weekday
        ((Goods("CO-1", "sweets"),), "LH720", SUNDAY, 200),
    ],
)  # fmt: skip
def test_the_most_particular_rule_says_how_late(goods: tuple[Goods, ...], flight: str, day: date, minutes: int) -> None:
    assert rules.cut_off(POINT, departs(day), flight, goods) == departs(day) - timedelta(minutes=minutes)
    last = departs(day) - timedelta(minutes=minutes)
    rules.check_in_time(POINT, departs(day), last, flight, goods)
    with pytest.raises(rules.TooLate):
        rules.check_in_time(POINT, departs(day), last + timedelta(seconds=1), flight, goods)


def test_goods_that_are_not_handed_over_here_are_named() -> None:
    with pytest.raises(NotCollectedHere) as refused:
        rules.check_in_time(POINT, departs(THURSDAY), departs(THURSDAY) - timedelta(days=2), "CA932", (GIN, WINE))

    assert refused.value.facts["skus"] == "WI-1"


@pytest.mark.parametrize("line", ["360", "closed", "category:spirits", "day:8 60", "day:x 60", "CA932 closed", "CA932 5000", "CA932 -1",
                                  "CA932 CA966 60", "product: 60", "what:ever 60", "category:a category:b 60",
                                  "CA932 1.5", "é 60"])  # fmt: skip
def test_a_line_that_says_no_cut_off_is_named(line: str) -> None:
    with pytest.raises(WrongLead) as refused:
        read_leads(f"CA966 240\n\n{line}")

    assert refused.value.facts["line"] == 3


def test_no_more_than_a_hundred() -> None:
    with pytest.raises(WrongLead):
        read_leads("CA966 240\n" * 101)


def test_what_is_typed_is_shown_again_and_kept_whole() -> None:
    found = read_leads(LINES)

    assert read_leads(words_of(found)) == found
    kept = Plan(lead_rules=tuple(found)).stored()
    assert plan_of(kept).lead_rules == tuple(found)
    assert as_rule(found[-1]).lead == timedelta(minutes=60)
    assert Plan().stored() is None


@given(st.text(max_size=80))
def test_any_text_is_rules_or_a_refusal(text: str) -> None:
    try:
        found = read_leads(text)
    except WrongLead:
        return
    assert read_leads(words_of(found)) == found
