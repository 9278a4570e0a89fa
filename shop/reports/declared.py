"""A report as data: its name, the right it needs, what narrows it, and its sheets with the questions that fill them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from shop.reports.asked import Asked, Day
from shop.reports.columns import Sheet
from shop.reports.writing import Writing

Words = Mapping[str, str]
Values = dict[str, Any]  # by the name of a column; None is an empty cell
Ask = Callable[[Any], Sequence[Any]]  # puts a short question and answers its rows
Rows = Callable[[Asked, Writing, Sequence[Any]], Any]


class Spine(Struct, frozen=True):
    """What a long table runs along: a moment and a key, both indexed, so that it can be read piece by piece in its order."""

    at: Any
    key: Any
    where: Callable[[Asked], Sequence[Any]]


class Summed(Struct, frozen=True):
    """What a sheet adds up to, asked of the database in the same view: how many `rows`, and the rows of totals below them."""

    rows: int
    footer: tuple[Values, ...]


class Filled(Struct, frozen=True):
    """A sheet and the question that fills it: `rows(asked, writing, also)` with `also` as further conditions. A long one has a
    `spine`. Without `sums` the rows themselves are added up (`adding`)."""

    sheet: Sheet
    rows: Rows
    spine: Spine | None = None
    sums: Callable[[Ask, Asked], Summed] | None = None


class Report(Struct, frozen=True):
    """`sheets`: the first is the page and the CSV file. `right` is what staff need to see it. `days` that it can go by; none for
    one that shows things as they are now. `says` tells readers what is counted."""

    name: str
    titles: Words
    says: Words
    right: str
    sheets: tuple[Filled, ...]
    days: tuple[Day, ...] = (Day.ORDERED,)
    filters: tuple[str, ...] = ()
    logged: bool = False  # each look at it is written into the audit log
    adds_orders: bool = False  # its figures are of every order of the period: a long one is not for a page (`long_periods`)

    @property
    def first(self) -> Filled:
        return self.sheets[0]
