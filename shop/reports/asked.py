"""What somebody wants to see: which report, of which days, narrowed by what, in which language and file."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal

from msgspec import Struct, field

from shop.base.errors import Kind, ShopError
from shop.reports.columns import LANGUAGES
from shop.reports.period import Period

FileKind = Literal["csv", "xlsx"]
FILE_KINDS = ("csv", "xlsx")
MOST_AT_ONCE = 50_000  # rows of a file that is made while somebody waits


class Day(StrEnum):
    """Which day the period means."""

    ORDERED = "ordered"  # the Frankfurt day on which it was placed
    PICKUP = "pickup"  # the day of its flight in the timetable
    HANDED_OVER = "handed_over"  # the Frankfurt day on which a counter gave it out
    REFUNDED = "refunded"  # the Frankfurt day on which a refund was asked for
    BANK = "bank"  # WeChat Pay's day, in Beijing


class Header(StrEnum):
    """What stands above the columns."""

    WORDS = "words"  # in the reader's language
    BOTH = "both"  # and below it a row of technical names, for programs
    TECHNICAL = "technical"


class UnknownReport(ShopError):
    kind, code = Kind.NOT_FOUND, "unknown_report"


class WrongFilter(ShopError):
    """A filter that this report does not have, or a value that it does not take; `fields` names it."""

    kind, code = Kind.INVALID, "wrong_filter"


class Asked(Struct, frozen=True):
    """One wish. `filters` holds the values that were given, by the filter's name. Raises WrongFilter for a wrong language."""

    report: str
    period: Period
    language: str = "en"
    day: Day = Day.ORDERED
    filters: Mapping[str, str] = field(default_factory=dict)
    header: Header = Header.WORDS

    def __post_init__(self) -> None:
        if self.language not in LANGUAGES:
            raise WrongFilter(fields={"language": ["wrong_choice"]})


class Who(Struct, frozen=True):
    """Who asked and when, for the file."""

    name: str
    at: datetime
