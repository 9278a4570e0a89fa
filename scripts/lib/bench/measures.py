"""The bench's own arithmetic: medians of shares taken inside one round, percentiles, gates, and the table."""

import statistics
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

NOISY = 1.5  # rounds that differ by more than this are marked: read CPU instead of requests per second then


@dataclass(frozen=True, slots=True)
class Sample:
    """One path in one round. CPU in microseconds per request, None where it could not be read; times in milliseconds."""

    rate: float
    app_us: float | None = None
    pg_us: float | None = None
    p50: float | None = None
    p99: float | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """A promise about a number. `row` is its row in the list of targets."""

    row: str
    what: str
    kind: Literal[">=", "<=", "=="]
    limit: float
    value: float | None

    @property
    def kept(self) -> bool:
        """False also for a number that was never measured."""
        if self.value is None:
            return False
        if self.kind == ">=":
            return self.value >= self.limit
        return self.value <= self.limit if self.kind == "<=" else self.value == self.limit

    def line(self) -> str:
        value = "not measured" if self.value is None else f"{self.value:g}" if self.kind == "==" else f"{self.value:.2f}"
        return f"{'ok  ' if self.kept else 'FAIL'}  row {self.row:<3} {self.what}: {value} (gate {self.kind} {self.limit:g})"


def median(values: Sequence[float]) -> float:
    """Raises ValueError for nothing."""
    if not values:
        raise ValueError("nothing was measured")
    return statistics.median(values)


def share(of: Sequence[Sample], by: Sequence[Sample]) -> float:
    """How much of `by`'s rate `of` reaches: the median over rounds, each share taken inside one round."""
    return median([one.rate / limit.rate for one, limit in zip(of, by, strict=True)])


def share_of_hello(of: Sequence[Sample], hello: Sequence[Sample]) -> tuple[float, bool]:
    """`share` of a bare Flask, and whether it is by CPU: where rounds disagree, time on the CPU says what the rate cannot."""
    if is_noisy(of) or is_noisy(hello):
        spent, bare = [middle(of, name) for name in ("app_us", "pg_us")], middle(hello, "app_us")
        if bare is not None and spent[0] is not None:
            return bare / (spent[0] + (spent[1] or 0)), True
    return share(of, hello), False


def is_noisy(samples: Sequence[Sample]) -> bool:
    rates = [sample.rate for sample in samples]
    return max(rates) > NOISY * min(rates)


def percentile(values: Sequence[float], part: float) -> float:
    """The smallest of `values` (sorted) that at least `part` (0 to 1) of them do not exceed."""
    if not values:
        raise ValueError("nothing was measured")
    return values[min(len(values) - 1, max(0, -int(-part * len(values) // 1) - 1))]


def growth_per(before: float, after: float, count: int, per: int) -> float:
    """Growth from `before` to `after` over `count` steps, as a share of `before` over `per` steps; shrinking is 0."""
    return max(0.0, (after - before) / before) * per / count


def middle(samples: Sequence[Sample], name: str) -> float | None:
    """The median of one field over rounds; None when it was not read in any."""
    values = [value for sample in samples if (value := getattr(sample, name)) is not None]
    return median(values) if values else None


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Plain text, the first column left and the others right; wide characters count double."""
    widths = [max(_width(row[n]) for row in (head, *rows)) for n in range(len(head))]
    lines = ["  ".join(_fill(cell, widths[n], left=n == 0) for n, cell in enumerate(row)) for row in (head, *rows)]
    return "\n".join([lines[0], "-" * _width(lines[0]), *lines[1:]])


def _width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _fill(text: str, width: int, *, left: bool) -> str:
    spaces = " " * (width - _width(text))
    return text + spaces if left else spaces + text


def number(value: float | None, digits: int = 0) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def tally(statuses: Mapping[int, int]) -> str:
    """`201 × 50, 409 × 14`."""
    return ", ".join(f"{status} × {count}" for status, count in sorted(statuses.items())) or "nothing"
