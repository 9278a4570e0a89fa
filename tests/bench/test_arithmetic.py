"""The bench's own arithmetic: what its verdicts rest on."""

import pytest

from scripts.lib.bench.measures import (
    Gate,
    Sample,
    growth_per,
    is_noisy,
    median,
    middle,
    percentile,
    share,
    share_of_hello,
    table,
    tally,
)


def test_a_share_is_taken_inside_each_round_before_the_median() -> None:
    slow_machine_first = [Sample(10), Sample(200), Sample(30)]
    limits = [Sample(100), Sample(1000), Sample(100)]

    assert share(slow_machine_first, limits) == pytest.approx(0.2)


def test_a_share_needs_as_many_rounds_of_both() -> None:
    with pytest.raises(ValueError, match="longer than"):
        share([Sample(1)], [Sample(1), Sample(2)])


def test_nothing_measured_is_an_error_and_not_a_zero() -> None:
    with pytest.raises(ValueError, match="nothing was measured"):
        median([])
    with pytest.raises(ValueError, match="nothing was measured"):
        percentile([], 0.5)


@pytest.mark.parametrize(("part", "expected"), [(0.0, 1), (0.5, 5), (0.51, 6), (0.99, 10), (1.0, 10)])
def test_a_percentile_is_one_of_the_values(part: float, expected: int) -> None:
    assert percentile(list(range(1, 11)), part) == expected


def test_rounds_that_differ_by_more_than_half_are_noisy() -> None:
    assert is_noisy([Sample(100), Sample(151)])
    assert not is_noisy([Sample(100), Sample(150)])


def test_what_could_not_be_read_is_left_out_of_the_middle() -> None:
    assert middle([Sample(1, pg_us=4), Sample(1), Sample(1, pg_us=8)], "pg_us") == 6
    assert middle([Sample(1)], "pg_us") is None


@pytest.mark.parametrize(
    ("kind", "limit", "value", "kept"),
    [(">=", 0.5, 0.5, True), (">=", 0.5, 0.49, False), ("<=", 95, 95, True), ("<=", 95, 95.1, False), ("==", 50, 50, True),
     ("==", 50, 51, False), (">=", 0.5, None, False)],
)  # fmt: skip
def test_a_gate_is_kept_up_to_and_with_its_limit(kind: str, limit: float, value: float | None, kept: bool) -> None:
    gate = Gate("1", "something", kind, limit, value)  # type: ignore[arg-type]

    assert gate.kept is kept
    assert gate.line().startswith("ok" if kept else "FAIL")


def test_growth_is_scaled_and_shrinking_is_none() -> None:
    assert growth_per(80, 82, 25_000, 100_000) == pytest.approx(0.1)
    assert growth_per(80, 79, 25_000, 100_000) == 0


def test_a_table_lines_up_also_with_wide_letters() -> None:
    said = table(("path", "n"), [("目录", "1"), ("a", "1,000")])

    assert said.splitlines() == ["path      n", "-----------", "目录      1", "a     1,000"]


def test_answers_are_told_by_status() -> None:
    assert tally({409: 14, 201: 50}) == "201 × 50, 409 × 14"
    assert tally({}) == "nothing"


def test_a_share_of_hello_is_by_rate_while_rounds_agree_and_by_cpu_when_they_do_not() -> None:
    hello = [Sample(1000, app_us=500), Sample(1100, app_us=500)]
    calm = [Sample(400, app_us=1000, pg_us=250), Sample(440, app_us=1000, pg_us=250)]
    wild = [Sample(400, app_us=1000, pg_us=250), Sample(100, app_us=1000, pg_us=250)]

    assert share_of_hello(calm, hello) == (pytest.approx(0.4), False)
    assert share_of_hello(wild, hello) == (pytest.approx(0.4), True)
    assert share_of_hello([Sample(400), Sample(100)], hello) == (pytest.approx(0.245, abs=0.01), False)
