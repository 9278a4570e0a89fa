"""What would come of one line of a file: which values change, and what is wrong with it. No database, no clock: only answers."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, field

from shop.catalogue.rules import EAN, LOCATION, SKU, clean_location
from shop.exchange.columns import BY_NAME, PLACES, Column, Kind, Value
from shop.exchange.states import Outcome
from shop.sheets import cells
from shop.sheets.cells import BadCell, Cell
from shop.sheets.guarding import CLEAR

LOST_ZEROS = (9, 10, 11)  # digits of an EAN that begins with zeros and was kept as a number
FIRST_DAY, LAST_DAY = "2000-01-01", "2101-01-01"
LONGEST_SHOWN = 60


class Fault(Struct, frozen=True):
    """Why a line cannot be taken: in which column (empty: the line as a whole), a stable code, what stood there, and more facts."""

    column: str
    code: str
    text: str = ""
    facts: Mapping[str, Any] = field(default_factory=dict)


class World(Struct, frozen=True):
    """What the shop knows when a file is checked. `now` is local, as moments of a file are."""

    categories: frozenset[str]
    brands: Mapping[str, str]  # folded → as it is written
    currency: str
    now: str


class Judged(Struct, frozen=True):
    """`changes` are by column what it is now (of a new product nothing) and what it becomes."""

    sku: str
    outcome: Outcome
    changes: Mapping[str, tuple[Value, Value]]
    faults: tuple[Fault, ...]


def sku_of(row: Mapping[str, Cell]) -> str:
    """The SKU of a line. Raises BadCell."""
    found = cells.identifier(row.get("sku"))
    if not found:
        raise BadCell("missing")
    return found


def judge(row: Mapping[str, Cell], sku: str, present: Mapping[str, Value] | None, promised: int, world: World) -> Judged:
    """`present` are the values of the product of this SKU, if there is one; `promised` pieces of it belong to orders."""
    faults: list[Fault] = []
    changes: dict[str, tuple[Value, Value]] = {}
    for name, cell in row.items():
        column = BY_NAME[name]
        if name == "sku" or cells.is_empty(cell):
            continue
        try:
            value = _read(column, cell, present)
            if column.read_only:
                if name == "currency" and value != world.currency:
                    raise BadCell("wrong_currency")
                continue
            before = present["on_hand" if name == "count" else name] if present else None
            if present and value == before and name != "count":
                continue
            _check(column, value, world, promised)
            changes[name] = (before, value)
        except BadCell as bad:
            faults.append(Fault(name, bad.code, _shown(cell)))
    if present is None:
        faults += _of_a_new_one(sku, row, changes, faults)
    faults += _together(changes, present or {}, world)
    outcome = Outcome.FAULT if faults else Outcome.NEW if present is None else Outcome.CHANGED if changes else Outcome.UNCHANGED
    return Judged(sku, outcome, changes, tuple(faults))


def _shown(cell: Cell) -> str:
    return "" if isinstance(cell, cells.Bad) else str(cell)[:LONGEST_SHOWN]


def _read(column: Column, cell: Cell, present: Mapping[str, Value] | None) -> Value:
    """What the cell says. Raises BadCell."""
    if isinstance(cell, str) and cell.strip() == CLEAR:
        if not column.clearable:
            raise BadCell("cannot_clear")
        return column.cleared
    if column.name == "ean":
        return _ean(cell, str(present["ean"]) if present else "")
    match column.kind:
        case Kind.ID:
            found = cells.identifier(cell)
            same = present is not None and found == present[column.name]
            return found if same or column.name != "location" else _location(found)
        case Kind.LINE | Kind.TEXT:
            return cells.text(cell)
        case Kind.YES_NO:
            return cells.yes_or_no(cell)
        case Kind.MOMENT:
            moment = cells.moment(cell)
            return moment.isoformat(" ", "seconds" if moment.second else "minutes")
    return cells.decimal(cell, PLACES[column.kind])


def _location(text: str) -> str:
    try:
        return clean_location(text)
    except ValueError:
        raise BadCell("wrong_location") from None


def _ean(cell: Cell, present: str) -> str:
    """An EAN as text, or as a number that has lost its leading zeros: they come back where the check digit proves them."""
    found = cells.identifier(cell)
    if not found.isascii() or not found.isdigit() or len(found) not in LOST_ZEROS or found == present:
        return found
    if present.isdigit() and present.lstrip("0") == found:
        return present
    whole = found.zfill(13)
    if not _check_digit_is_right(whole):
        raise BadCell("zeros_lost")
    return whole


def _check_digit_is_right(ean: str) -> bool:
    """GS1 General Specifications, 7.9."""
    return sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(reversed(ean))) % 10 == 0


def _check(column: Column, value: Value, world: World, promised: int) -> None:
    """Whether a value that is new can be. Raises BadCell."""
    if value is None:
        return
    if isinstance(value, str):
        if column.longest and len(value) > column.longest:
            raise BadCell("too_long")
        if column.kind is Kind.LINE and ("\n" in value or "\t" in value):
            raise BadCell("one_line")
        if column.kind is Kind.MOMENT and not FIRST_DAY <= value < LAST_DAY:
            raise BadCell("not_a_date")
    elif not isinstance(value, bool) and value > column.most:
        raise BadCell("too_large_number")
    _check_meaning(column, value, world, promised)


def _check_meaning(column: Column, value: Value, world: World, promised: int) -> None:
    said = str(value)
    match column.name:
        case "ean" if not EAN.fullmatch(said):
            raise BadCell("wrong_ean")
        case "category" if said not in world.categories:
            raise BadCell("no_such_category")
        case "brand" if world.brands.get(said.casefold(), said) != said:
            raise BadCell("brand_spelling")
        case "location" if not LOCATION.fullmatch(said):
            raise BadCell("wrong_location")
        case "price" | "planned_price" | "duty_paid_price" if not value:
            raise BadCell("wrong_price")
        case "count" if int(said) < promised:
            raise BadCell("not_enough_to_take")


def _of_a_new_one(
    sku: str, row: Mapping[str, Cell], changes: Mapping[str, Any], found: list[Fault]
) -> list[Fault]:
    """What a product that does not exist yet lacks. What was written and is wrong is not missing, too."""
    wrong = {fault.column for fault in found}
    lacking = [name for name, column in BY_NAME.items() if column.needed and name != "sku" and name not in changes and name not in wrong]
    bad = [] if SKU.fullmatch(sku) else [Fault("sku", "wrong_sku", sku[:LONGEST_SHOWN])]
    return bad + [Fault(name, "missing") for name in lacking]


def _together(changes: dict[str, tuple[Value, Value]], present: Mapping[str, Value], world: World) -> list[Fault]:
    """What only several columns together can say. A planned price and its moment are one thing: none of them goes alone."""

    def becomes(name: str) -> Value:
        return changes[name][1] if name in changes else present.get(name)

    faults = []
    if {"planned_price", "planned_from"} & set(changes):
        for one, other in (("planned_price", "planned_from"), ("planned_from", "planned_price")):
            if one in changes and becomes(one) is None and other not in changes and present.get(other) is not None:
                changes[other] = (present[other], None)
        price, since = becomes("planned_price"), becomes("planned_from")
        for name, value in (("planned_price", price), ("planned_from", since)):  # who applies one of them needs both
            changes.setdefault(name, (value, value))
        if price is None and since is not None:
            faults.append(Fault("planned_price", "missing"))
        elif since is None and price is not None:
            faults.append(Fault("planned_from", "missing"))
        elif since is not None and str(since) <= world.now:
            faults.append(Fault("planned_from", "price_in_the_past", str(since)))
        elif price is not None and price == becomes("price"):
            faults.append(Fault("planned_price", "planned_same_price"))
    since, until = becomes("publish_from"), becomes("publish_until")
    if {"publish_from", "publish_until"} & set(changes) and since is not None and until is not None and str(until) <= str(since):
        faults.append(Fault("publish_until", "wrong_period", str(until)))
    return faults
