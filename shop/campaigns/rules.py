"""Marks, touches, what WeChat takes, and what advertising law frowns upon: decided from values alone."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from shop.base.errors import Kind, ShopError

MARK = re.compile(r"[a-z0-9](?:-?[a-z0-9]){1,31}")
TARGET = re.compile(r"/(?:|categories/[0-9a-z_-]{1,32}|products/[0-9A-Za-z][0-9A-Za-z._-]{0,31}|search\?q=[^\s#&\\]{1,180}|pickup-points)")
SKU = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,31}")
KEPT_TOUCH = re.compile(rf"({MARK.pattern})~([0-9]{{9,11}})\.({MARK.pattern})~([0-9]{{9,11}})")
KEPT = timedelta(days=30)  # a touch, in a browser and with us
SAME_VISIT = timedelta(minutes=30)  # who comes again this soon through the same mark is still on the same visit
MONTH_OF = timedelta(hours=8)  # WeChat counts months and days in Beijing


class WrongCampaign(ShopError):
    """`fields` says what is wrong with it."""

    kind, code = Kind.INVALID, "wrong_campaign"


class Came(Struct, frozen=True):
    """A visitor came through the campaign with this mark."""

    mark: str
    at: datetime


class Touches(Struct, frozen=True):
    """Through which campaign a visitor came first and last; the same one when there was only one."""

    first: Came
    last: Came

    def then(self, came: Came) -> "Touches":
        """With one more visit."""
        return Touches(self.first, came)

    def with_others(self, other: "Touches | None") -> "Touches":
        """What two browsers of the same person have seen: the earlier first, the later last."""
        if other is None:
            return self
        return Touches(min(self.first, other.first, key=lambda one: one.at), max(self.last, other.last, key=lambda one: one.at))

    def within(self, kept: timedelta, now: datetime) -> "Touches | None":
        """Without what is older than it may be. The first touch goes when it is too old, and the last one stands for both."""
        if not now - kept <= self.last.at <= now:
            return None
        return self if now - kept <= self.first.at <= self.last.at else Touches(self.last, self.last)

    def written(self) -> str:
        """As a browser keeps it: two marks and two times, nothing else."""
        return ".".join(f"{one.mark}~{int(one.at.timestamp())}" for one in (self.first, self.last))


def read_touches(text: str) -> Touches | None:
    """What a browser has kept; None when that is not what we wrote."""
    found = KEPT_TOUCH.fullmatch(text)
    if found is None:
        return None
    first, last = (Came(found[n], datetime.fromtimestamp(int(found[n + 1]), UTC)) for n in (1, 3))
    return Touches(first, last) if first.at <= last.at else None


def is_new_visit(known: Touches | None, mark: str, now: datetime) -> bool:
    """Whether coming through `mark` now is counted."""
    return known is None or known.last.mark != mark or now - known.last.at >= SAME_VISIT


def check_mark(text: str) -> str:
    """Small letters, digits and single dashes, 2 to 32. Raises WrongCampaign."""
    if len(text) > 32 or not MARK.fullmatch(text):
        raise WrongCampaign(fields={"mark": ["wrong_mark"]})
    return text


def check_target(text: str) -> str:
    """A page of the shop: the start page, a category, a product, a search, the counters. Raises WrongCampaign."""
    if not TARGET.fullmatch(text):
        raise WrongCampaign(fields={"target": ["wrong_campaign_target"]})
    return text


def marked(path: str, mark: str) -> str:
    """The address with the campaign's mark, instead of any other."""
    page, hash_, place = unmarked(path)[0].partition("#")
    return f"{page}{'&' if '?' in page else '?'}c={mark}{hash_}{place}"


def unmarked(path: str) -> tuple[str, str]:
    """An address without its mark, and the mark; empty when it has none."""
    page, hash_, place = path.partition("#")
    page, _, query = page.partition("?")
    said = query.split("&") if query else []
    mark = next((one.removeprefix("c=") for one in said if one.startswith("c=")), "")
    rest = "&".join(one for one in said if not one.startswith("c="))
    return f"{page}{'?' if rest else ''}{rest}{hash_}{place}", mark


# --- what WeChat takes


class Limits(Struct, frozen=True):
    """In characters, bytes and times; `source` and `since` say where that is written."""

    title: int
    author: int
    digest: int
    content_characters: int
    content_bytes: int
    picture_bytes: int
    sends_per_month: int
    previews_per_day: int
    scene_days: int
    source: str
    since: str


def too_long(limits: Limits, said: Mapping[str, str]) -> dict[str, list[str]]:
    """The fields among title, author and digest that WeChat would refuse."""
    return {name: ["too_long"] for name in ("title", "author", "digest") if len(said.get(name, "")) > getattr(limits, name)}


def month_of(moment: datetime) -> datetime:
    """When the month in Beijing began."""
    local = moment.astimezone(UTC) + MONTH_OF
    return local.replace(day=1, hour=0, minute=0, second=0, microsecond=0) - MONTH_OF


# --- what advertising law says


class Frowned(Struct, frozen=True):
    """Words that a rule is about. `never`: such an article is not sent."""

    rule: str
    words: Sequence[str]
    never: bool
    source: str


class Hint(Struct, frozen=True):
    """A word in a line (from 1; 0: title or digest) that a rule is about."""

    rule: str
    word: str
    line: int
    never: bool
    source: str


def hints(text: str, frowned: Iterable[Frowned], *, line: int | None = None) -> list[Hint]:
    """Every rule that the text touches, each word once, in the order of lines."""
    found: dict[tuple[str, str], Hint] = {}
    rules = list(frowned)
    for number, words in enumerate(text.casefold().splitlines(), start=1):
        for rule in rules:
            for word in rule.words:
                if (rule.rule, word) not in found and _stands_in(word.casefold(), words):
                    found[rule.rule, word] = Hint(rule.rule, word, number if line is None else line, rule.never, rule.source)
    return list(found.values())


def _stands_in(word: str, line: str) -> bool:
    """Chinese words are found anywhere, those in letters only where a word begins."""
    if any("\u4e00" <= letter <= "\u9fff" for letter in word):
        return word in line
    return re.search(rf"(?<!\w){re.escape(word)}", line) is not None
