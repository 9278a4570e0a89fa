"""What the law and the shop say about prices, publishing and stock. No database, no clock, no web: only answers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from msgspec import Struct

from shop.base.errors import Kind, ShopError
from shop.catalogue.states import LESS, MORE, MovementReason

LOWEST_OF_DAYS = 30  # § 11 PAngV (article 6a of directive 98/6/EC): before a reduction
REDUCTION_DAYS = 30  # a price that has lasted this long is no reduction any more, it is the price
LEAST_WITH_BASE_PRICE = 10  # ml or g
MOST_PIECES = 1_000_000
SKU = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,31}")
EAN = re.compile(r"[0-9]{8,14}")
LOCATION = re.compile(r"[0-9A-Z]+(-[0-9A-Z]+)*")
LONGEST_LOCATION = 20
MOST_MINOR = 100_000_000  # no product costs a million


class NotEnoughToTake(ShopError):
    """More would be taken away than stands here without a promise to an order. Facts: `free`."""

    kind, code = Kind.CONFLICT, "not_enough_to_take"


class WrongCount(ShopError):
    kind, code = Kind.INVALID, "wrong_count"


class WrongProduct(ShopError):
    """What is said of a product cannot be; the fields at fault are named."""

    kind, code = Kind.INVALID, "wrong_product"


class PriceStep(Struct, frozen=True):
    """From `since` on the product cost `minor`; None: it had no price then."""

    since: datetime
    minor: int | None


class Reduction(Struct, frozen=True):
    """The price fell at `since`; `lowest` is what must be said beside it, until `until`."""

    since: datetime
    lowest: int
    until: datetime


def in_force(steps: Iterable[PriceStep], now: datetime) -> PriceStep | None:
    """The step that counts at `now`: of those that have begun the last, and of two for one moment the later in the list."""
    found = None
    for step in sorted(steps, key=lambda step: step.since):
        if step.since <= now:
            found = step
    return found


def changes(steps: Iterable[PriceStep]) -> list[PriceStep]:
    """The same history without steps that changed nothing: of two for one moment the later, of equal neighbours the first."""
    kept: list[PriceStep] = []
    for step in sorted(steps, key=lambda step: step.since):
        if kept and kept[-1].since == step.since:
            kept.pop()
        if not kept or kept[-1].minor != step.minor:
            kept.append(step)
    return kept


def window_start(reduced_at: datetime, zone: ZoneInfo) -> datetime:
    """Where the 30 days before a reduction begin: at midnight of the shop's zone, so that whole days count."""
    day = reduced_at.astimezone(zone).date() - timedelta(days=LOWEST_OF_DAYS)
    return datetime.combine(day, time(), zone)


def reduction(
    steps: Sequence[PriceStep], now: datetime, zone: ZoneInfo, on_sale_since: datetime | None = None
) -> Reduction | None:
    """The reduction that may be announced at `now`, with the lowest price of the 30 days before it; None: there is none.

    A price is reduced when it is below every price that was applied in the 30 days before it began. Each reduction of
    several in a row is measured on its own, which never says a higher price than the law allows. Prices that had ended
    when the product went on sale for the first time were never applied. After 30 days it is an ordinary price.
    """
    told = [step for step in changes(steps) if step.since <= now]
    if len(told) < 2 or (price := told[-1].minor) is None:
        return None
    since, start = told[-1].since, window_start(told[-1].since, zone)
    applied = [
        step.minor
        for step, following in zip(told, told[1:], strict=False)
        if following.since > start and (on_sale_since is None or following.since > on_sale_since) and step.minor is not None
    ]
    until = since + timedelta(days=REDUCTION_DAYS)
    if not applied or price >= min(applied) or now >= until:
        return None
    return Reduction(since, min(applied), until)


def reduced_percent(minor: int, lowest: int) -> int:
    """By how many percent a price is below the lowest of the 30 days before, rounded down: an announced percentage counts from
    that one and no other (Court of Justice of the EU, C-330/23, of 26 September 2024)."""
    return (lowest - minor) * 100 // lowest if minor < lowest else 0


def lowest_since(steps: Sequence[PriceStep], start: datetime, end: datetime) -> int | None:
    """The lowest price that was applied between the two moments."""
    told = changes(steps)
    ends = [following.since for following in told[1:]] + [None]
    within = [
        step.minor
        for step, until in zip(told, ends, strict=True)
        if step.since <= end and (until is None or until > start) and step.minor is not None
    ]
    return min(within, default=None)


def by_percent(minor: int, percent_tenths: int) -> int:
    """A price changed by so many tenths of a percent, rounded once: half a cent goes up. Never below one cent.

    `by_percent(19_99, -100)` takes 10.0 % off: 17_99 (17.991).
    """
    return max(1, (minor * (1000 + percent_tenths) + 500) // 1000)


def base_price(minor: int, volume_ml: int | None, weight_g: int | None) -> tuple[int, str] | None:
    """What a litre (`l`) or a kilogram (`kg`) costs, rounded once; None for what is sold by the piece or in a few drops.

    § 4 and § 5 PAngV: beside the price, for goods sold by volume or weight of at least 10 ml or 10 g. Since 28 May 2022 the unit
    is the litre or the kilogram for small packages too; 100 ml and 100 g are for loose goods only.
    """
    amount, unit = (volume_ml, "l") if volume_ml else (weight_g, "kg")
    if not amount or amount < LEAST_WITH_BASE_PRICE:
        return None
    return (minor * 1000 * 2 + amount) // (2 * amount), unit


def is_published(active: bool, publish_from: datetime | None, publish_until: datetime | None, now: datetime) -> bool:
    """Whether a product is on sale at `now`: from the first moment on, until just before the second."""
    return active and (publish_from is None or publish_from <= now) and (publish_until is None or now < publish_until)


def first_on_sale(known: datetime | None, active: bool, publish_from: datetime | None, now: datetime) -> datetime | None:
    """When the product went or will go on sale for the first time; what has happened stays."""
    if known is not None and known <= now:
        return known
    return max(now, publish_from or now) if active else None


def moved_by(reason: MovementReason, number: int, on_hand: int) -> int:
    """How many pieces a booking adds (or, below zero, takes away). A count says what stands here; a correction has a sign.

    Raises WrongCount for a number that cannot be meant.
    """
    if reason is MovementReason.COUNT and 0 <= number <= MOST_PIECES:
        return number - on_hand
    if reason is MovementReason.CORRECTION and 0 < abs(number) <= MOST_PIECES:
        return number
    if reason in MORE | LESS and 0 < number <= MOST_PIECES:
        return number if reason in MORE else -number
    raise WrongCount(fields={"number": ["wrong_count"]})


def check_product(
    sku: str, ean: str, name: Mapping[str, str], publish_from: datetime | None, publish_until: datetime | None
) -> None:
    """Raises WrongProduct. A name in Chinese there must be: it stands in for languages that are missing."""
    errors: dict[str, list[str]] = {}
    if not SKU.fullmatch(sku):
        errors["sku"] = ["wrong_sku"]
    if not EAN.fullmatch(ean):
        errors["ean"] = ["wrong_ean"]
    if not name.get("zh", "").strip():
        errors["name_zh"] = ["missing"]
    if publish_from is not None and publish_until is not None and publish_until <= publish_from:
        errors["publish_until"] = ["wrong_period"]
    if errors:
        raise WrongProduct(fields=errors)


def clean_location(text: str) -> str:
    """A place in the store room as packers read it: `a 3-2` → `A-3-2`; "" for none. Raises ValueError."""
    plain = re.sub(r"[\s\-_./]+", "-", text.strip()).upper()
    if plain and not (LOCATION.fullmatch(plain) and len(plain) <= LONGEST_LOCATION):
        raise ValueError(f"{text[:40]!r} is no place in the store room: letters, digits and hyphens, 20 at most")
    return plain
