"""What was a product's price, what may be called a reduction, and what must be said beside it."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.catalogue import rules
from shop.catalogue.rules import PriceStep, Reduction

BERLIN = ZoneInfo("Europe/Berlin")
TODAY = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # a Tuesday; 09:00 in Berlin
HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def _steps(*told: tuple[float, int | None]) -> list[PriceStep]:
    """Prices by the number of days before TODAY on which they began."""
    return [PriceStep(TODAY - days * DAY, minor) for days, minor in told]


@pytest.mark.parametrize(
    ("told", "lowest"),
    [
        ([], None),
        ([(90, 100)], None),  # it never cost anything else
        ([(90, 100), (0, 80)], 100),
        ([(90, 100), (0, 120)], None),  # dearer
        ([(90, 100), (0, 100)], None),  # written again
        ([(90, 100), (2, 80), (1, 80)], 100),  # the reduction began with the first of the two
        ([(90, 100), (20, 80), (10, 100), (0, 90)], None),  # it was 80 within the 30 days: 90 is no reduction
        ([(90, 100), (20, 80), (10, 100), (0, 70)], 80),  # and 70 is one from 80
        ([(90, 80), (60, 100), (0, 90)], 100),  # 80 was longer ago
        ([(90, 80), (20, 100), (0, 90)], None),  # 80 was applied until 20 days ago
        ([(90, 80), (20, 100), (0, 75)], 80),
        ([(90, 100), (20, 120), (0, 110)], None),  # raised to be lowered
        ([(90, 100), (20, 90), (10, 80), (0, 70)], 80),  # several in a row: each on its own
        ([(5, 100), (0, 80)], 100),  # younger than 30 days: what there is of them
        ([(90, 100), (40, 80)], None),  # for 40 days already: it is the price
        ([(90, 100), (29, 80)], 100),
        ([(90, 100), (10, None), (0, 80)], 100),  # not to be had for a while
        ([(90, 100), (40, None), (0, 80)], None),  # not to be had for all of the 30 days
        ([(90, 100), (0, None)], None),
        ([(90, 100), (-1, 80)], None),  # tomorrow
        ([(90, 100), (0, 90), (0, 80)], 100),  # of two for one moment the later written counts
    ],
)  # fmt: skip
def test_beside_a_reduced_price_stands_the_lowest_of_the_30_days_before(
    told: list[tuple[float, int | None]], lowest: int | None
) -> None:
    found = rules.reduction(_steps(*told), TODAY, BERLIN)

    assert (found.lowest if found else None) == lowest


def test_a_reduction_is_announced_for_30_days_and_not_a_moment_longer() -> None:
    steps = _steps((90, 100), (0, 80))
    end = TODAY + 30 * DAY

    assert rules.reduction(steps, end - timedelta(microseconds=1), BERLIN) == Reduction(TODAY, 100, end)
    assert rules.reduction(steps, end, BERLIN) is None


@pytest.mark.parametrize(
    ("low_ended", "lowest"),
    [
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), 100),  # midnight in Berlin, summer time: it ended with the day before
        (datetime(2026, 10, 24, 22, 1, tzinfo=UTC), 70),  # a minute of the first of the 30 days
        (datetime(2026, 10, 25, 0, 0, tzinfo=UTC), 70),  # midnight in London is two o'clock in Berlin
    ],
)
def test_the_30_days_are_whole_days_of_the_shops_zone(low_ended: datetime, lowest: int) -> None:
    steps = [PriceStep(TODAY - 90 * DAY, 70), PriceStep(low_ended, 100), PriceStep(TODAY, 60)]

    found = rules.reduction(steps, TODAY, BERLIN)

    assert rules.window_start(TODAY, BERLIN) == datetime(2026, 10, 25, 0, 0, tzinfo=BERLIN)
    assert found is not None
    assert found.lowest == lowest


def test_prices_from_before_the_first_day_on_sale_make_no_reduction() -> None:
    steps = _steps((20, 100), (10, 80))

    assert rules.reduction(steps, TODAY, BERLIN, on_sale_since=TODAY - 10 * DAY) is None
    assert rules.reduction(steps, TODAY, BERLIN, on_sale_since=TODAY - 11 * DAY) is not None


MINUTES = st.integers(min_value=0, max_value=70 * 24)
HISTORIES = st.lists(st.tuples(MINUTES, st.one_of(st.none(), st.integers(1, 6))), max_size=9)


@settings(max_examples=60, deadline=None)
@given(HISTORIES)
def test_the_rule_agrees_with_looking_at_every_hour(told: list[tuple[int, int | None]]) -> None:
    start = TODAY - 70 * DAY
    steps = [PriceStep(start + hours * HOUR, minor) for hours, minor in told]

    def price_at(moment: datetime) -> int | None:
        best = None
        for n, step in enumerate(steps):
            if step.since <= moment and (best is None or (step.since, n) >= best[0]):
                best = ((step.since, n), step.minor)
        return best[1] if best else None

    hours = [start + n * HOUR for n in range(70 * 24 + 1)]
    seen = [price_at(hour) for hour in hours]
    began = len(hours) - 1
    while began > 0 and seen[began - 1] == seen[-1]:
        began -= 1
    window = [p for hour, p in zip(hours[:began], seen, strict=False) if hour >= rules.window_start(hours[began], BERLIN) and p]
    expected = None
    if began and seen[-1] and window and seen[-1] < min(window) and hours[began] + 30 * DAY > TODAY:
        expected = (hours[began], min(window))

    found = rules.reduction(steps, TODAY, BERLIN)

    assert (found and (found.since, found.lowest)) == expected


@given(HISTORIES, MINUTES)
def test_dropping_what_changed_nothing_changes_no_price(told: list[tuple[int, int | None]], hour: int) -> None:
    steps = [PriceStep(TODAY + hours * HOUR, minor) for hours, minor in told]
    moment = TODAY + hour * HOUR

    kept = rules.changes(steps)

    def minor_of(step: PriceStep | None) -> int | None:
        return step.minor if step else None

    assert minor_of(rules.in_force(kept, moment)) == minor_of(rules.in_force(steps, moment))
    assert all(one.since < two.since and one.minor != two.minor for one, two in zip(kept, kept[1:], strict=False))


@pytest.mark.parametrize(
    ("minor", "tenths", "new"),
    [(100_00, -100, 90_00), (19_99, -100, 17_99), (19_95, -100, 17_96), (10_05, 100, 11_06), (50, -10, 50), (33, 333, 44),
     (1, -900, 1), (100_00, 0, 100_00), (99_999_999, 1000, 199_999_998)],
)  # fmt: skip
def test_a_percentage_is_rounded_once_and_half_a_cent_goes_up(minor: int, tenths: int, new: int) -> None:
    assert rules.by_percent(minor, tenths) == new


@given(st.integers(1, 10_000_000), st.integers(-900, 1000))
def test_a_percentage_is_never_off_by_more_than_half_a_cent(minor: int, tenths: int) -> None:
    exact_thousandths = minor * (1000 + tenths)

    new = rules.by_percent(minor, tenths)

    assert new == 1 or abs(new * 1000 - exact_thousandths) <= 500


@pytest.mark.parametrize(
    ("minor", "volume_ml", "weight_g", "base"),
    [
        (64_90, 700, None, (92_71, "l")),  # 92.714
        (64_90, 1000, None, (64_90, "l")),
        (9_90, None, 300, (33_00, "kg")),
        (1, 3000, None, (0, "l")),
        (15, 1000, 5, (15, "l")),
        (5, 10, None, (5_00, "l")),
        (99_00, 9, None, None),  # a few drops
        (99_00, None, 9, None),
        (389_00, None, None, None),  # a bag
        (1, 2000, None, (1, "l")),  # half a cent goes up
    ],
)
def test_a_litre_or_a_kilogram_has_its_price(minor: int, volume_ml: int | None, weight_g: int | None, base: tuple[int, str] | None) -> None:
    assert rules.base_price(minor, volume_ml, weight_g) == base
