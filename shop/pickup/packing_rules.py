"""Packing, decided from values: flight banks, what is due when, which slot, what is missing. Only answers."""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct

from shop.base.errors import Kind, ShopError

BANK_GAP = timedelta(minutes=45)  # a longer quiet between two departures begins a new bank
BANK_SPAN = timedelta(hours=2)  # from the first to the last departure of a bank
LOOK_AHEAD = timedelta(hours=24)  # liquids are sealed on the day of travel: nothing is packed earlier
BOARD_HOURS = timedelta(hours=6)
STILL_SHOWN = timedelta(hours=3)  # a departure that is over: flights are late, and what was not packed must be seen
PACK_BEFORE = timedelta(minutes=30)  # a parcel is on the shelf this long before its traveller may come
AMBER_BELOW = timedelta(minutes=60)  # time left until it has to be there
RED_BELOW = timedelta(minutes=15)
SLOT_CODE = re.compile(r"[0-9A-Z]{1,8}")
MOST_IN_A_SLOT = 500


class ParcelState(StrEnum):
    OPEN = "open"  # planned: in a wave, its label can be printed
    PACKING = "packing"
    READY = "ready"
    COLLECTED = "collected"
    BACK_TO_STOCK = "back_to_stock"


P = ParcelState
PARCEL_MOVES: Mapping[ParcelState, frozenset[ParcelState]] = {
    P.OPEN: frozenset({P.PACKING, P.COLLECTED, P.BACK_TO_STOCK}),  # a point may hand over what was never packed
    P.PACKING: frozenset({P.READY, P.COLLECTED, P.BACK_TO_STOCK}),
    P.READY: frozenset({P.PACKING, P.COLLECTED, P.BACK_TO_STOCK}),
    P.COLLECTED: frozenset({P.READY}),  # a hand-over that is undone
    P.BACK_TO_STOCK: frozenset(),
}


class ParcelMoved(ShopError):
    """The parcel's present state does not allow what was asked."""

    kind, code = Kind.CONFLICT, "parcel_state_changed"


class WrongArticle(ShopError):
    """The order has no such article."""

    kind, code = Kind.REFUSED, "wrong_article"


class TooMany(ShopError):
    """All pieces of this article that the order needs lie in the parcel."""

    kind, code = Kind.REFUSED, "too_many"


class NothingPacked(ShopError):
    """No piece of this article lies in the parcel."""

    kind, code = Kind.REFUSED, "nothing_packed"


class NotComplete(ShopError):
    """Pieces are missing from the parcel, or lie in it and should not."""

    kind, code = Kind.REFUSED, "parcel_not_complete"


class ShortageTooLarge(ShopError):
    """More is said to be missing than is not packed."""

    kind, code = Kind.REFUSED, "shortage_too_large"


class WrongSlot(ShopError):
    """A slot has a code of up to eight letters and digits, and takes between one and some hundred parcels."""

    kind, code = Kind.INVALID, "wrong_slot"


def check_parcel_move(present: ParcelState, wanted: ParcelState) -> None:
    """Raises ParcelMoved."""
    if wanted not in PARCEL_MOVES[present]:
        raise ParcelMoved(state=present.value, wanted=wanted.value)


# --- flight banks -----------------------------------------------------------------------------------------------------


class Bank(Struct, frozen=True):
    """Departures that follow each other closely: what is packed in one wave."""

    first: datetime
    last: datetime

    def with_departure(self, moment: datetime) -> "Bank | None":
        """The bank with one more departure, or None: it lies too far away, or the bank would become too long."""
        wider = Bank(min(self.first, moment), max(self.last, moment))
        near = self.distance(moment) <= BANK_GAP
        return wider if near and (wider == self or wider.last - wider.first <= BANK_SPAN) else None

    def distance(self, moment: datetime) -> timedelta:
        return max(self.first - moment, moment - self.last, timedelta(0))


def into_banks(departures: Iterable[datetime], known: Sequence[Bank] = ()) -> tuple[list[Bank], dict[datetime, int]]:
    """Banks for the departures, and which of them each belongs to.

    The first of the answered banks are the `known` ones, wider where a departure joined them: the nearest one that can
    take it does.
    """
    banks, places = list(known), dict[datetime, int]()
    for moment in sorted(set(departures)):
        wider = [(bank.distance(moment), n, grown) for n, bank in enumerate(banks) if (grown := bank.with_departure(moment))]
        if wider:
            _, place, banks[place] = min(wider, key=lambda found: found[:2])
        else:
            place = len(banks)
            banks.append(Bank(moment, moment))
        places[moment] = place
    return banks, places


# --- the due board ----------------------------------------------------------------------------------------------------


class Light(StrEnum):
    GREEN = "green"
    AMBER = "amber"
    RED = "red"


def pack_by(collect_from: datetime) -> datetime:
    """When the parcel has to lie on the shelf."""
    return collect_from - PACK_BEFORE


def minutes_left(due: datetime, now: datetime) -> int:
    """Whole minutes until `due`, rounded down; below zero when it is over."""
    return int((due - now).total_seconds() // 60)


def light(due: datetime, now: datetime) -> Light:
    """How urgent it is: red in the last quarter of an hour and after, amber in the last hour."""
    if due - now < RED_BELOW:
        return Light.RED
    return Light.AMBER if due - now < AMBER_BELOW else Light.GREEN


# --- the shelf --------------------------------------------------------------------------------------------------------


class Slot(Struct, frozen=True):
    """A slot that may be proposed: parcels in it, and how many of them leave with the same flight."""

    code: str
    capacity: int
    taken: int
    same_flight: int = 0


def in_walking_order(text: str) -> tuple[tuple[int, int, str], ...]:
    """A key that sorts `A2` before `A10`, as people walk along a shelf."""
    parts = re.findall(r"\d+|\D+", text.upper())
    return tuple((0, int(part[:18]), part) if part.isdecimal() else (1, 0, part) for part in parts)


def propose(slots: Iterable[Slot]) -> str | None:
    """The slot a parcel should go to, or None: all are full.

    With the parcels of its flight if there is room, else as near to them as possible; among equals the fullest, so that
    empty slots stay empty for the next flight.
    """
    shelf = sorted(slots, key=lambda slot: in_walking_order(slot.code))
    neighbours = [n for n, slot in enumerate(shelf) if slot.same_flight]
    rooms = [(n, slot) for n, slot in enumerate(shelf) if slot.taken < slot.capacity]
    if not rooms:
        return None

    def worth(found: tuple[int, Slot]) -> tuple[int, int, int, int]:
        n, slot = found
        away = min((abs(n - other) for other in neighbours), default=0)
        return (away, -slot.same_flight, slot.capacity - slot.taken, n)

    return min(rooms, key=worth)[1].code


def clean_slot(text: str) -> str:
    """The code of a slot as it was typed or scanned: `a-12` → `A12`. Raises WrongSlot."""
    plain = re.sub(r"[\s\-_./ß]", "", text[:40]).upper()
    if not SLOT_CODE.fullmatch(plain):
        raise WrongSlot(fields={"slot": ["wrong_slot"]})
    return plain


def check_capacity(capacity: int) -> int:
    """Raises WrongSlot."""
    if not 1 <= capacity <= MOST_IN_A_SLOT:
        raise WrongSlot(fields={"capacity": ["wrong_capacity"]})
    return capacity


# --- what goes into a parcel ------------------------------------------------------------------------------------------


class LineToPack(Struct, frozen=True):
    """`wanted` pieces of an article; refunded ones are left out already."""

    position: int
    sku: str
    ean: str
    wanted: int
    packed: int


def same_article(scanned: str, ean: str) -> bool:
    """Whether a scanner meant this EAN: a twelve-digit UPC is the EAN without its leading zero, a GTIN-14 has one more."""
    return _bare(scanned) == _bare(ean)


def _bare(text: str) -> str:
    return re.sub(r"[\s\-]", "", text[:40]).lstrip("0").upper()


def line_of(lines: Sequence[LineToPack], ean: str) -> LineToPack:
    """The line of this article. Raises WrongArticle."""
    for line in lines:
        if _bare(ean) and same_article(ean, line.ean):
            return line
    raise WrongArticle(ean=ean[:40], fields={"ean": ["wrong_article"]})


def line_at(lines: Sequence[LineToPack], position: int) -> LineToPack:
    """The line at this position of the order. Raises WrongArticle."""
    for line in lines:
        if line.position == position:
            return line
    raise WrongArticle(position=position, fields={"position": ["wrong_article"]})


def check_count(line: LineToPack, packed: int) -> int:
    """The number of pieces there may be in the parcel. Fewer pieces too many is allowed: it is the way to have none
    too many. Raises TooMany, NothingPacked."""
    if packed < 0:
        raise NothingPacked(sku=line.sku, fields={"ean": ["nothing_packed"]})
    if packed > line.wanted and packed >= line.packed:
        raise TooMany(sku=line.sku, wanted=line.wanted, fields={"ean": ["too_many"]})
    return packed


def check_complete(lines: Sequence[LineToPack]) -> None:
    """Everything that is wanted, and nothing else, lies in the parcel. Raises NotComplete."""
    missing = sum(max(line.wanted - line.packed, 0) for line in lines)
    surplus = sum(max(line.packed - line.wanted, 0) for line in lines)
    if missing or surplus or not any(line.wanted for line in lines):
        raise NotComplete(missing=missing, surplus=surplus)


def check_shortage(line: LineToPack, quantity: int) -> None:
    """Only what is wanted and not packed can be missing. Raises ShortageTooLarge."""
    if not 0 < quantity <= line.wanted - line.packed:
        raise ShortageTooLarge(sku=line.sku, missing=max(line.wanted - line.packed, 0), fields={"quantity": ["shortage_too_large"]})


# --- paper ------------------------------------------------------------------------------------------------------------

PickKey = tuple[int, tuple[tuple[int, int, str], ...], int, str]


def pick_key(location: str | None, category_rank: int, sku: str) -> PickKey:
    """The order in which packers fetch: along the locations, then what has none by category and SKU."""
    return (0, in_walking_order(location), 0, sku) if location else (1, (), category_rank, sku)


def initials(name: str) -> str:
    """What a label shows of the traveller: `WANG XIAOMING` → `WX`, `王小明` → `王`. A label lies open on a shelf."""
    words = re.findall(r"[^\W\d_]+", name)
    if not words:
        return "?"
    first = words[0][0]
    if first.upper() == first.lower():  # a script without capitals: the family name is the first character
        return first
    return "".join(word[0] for word in words[:3]).upper()
