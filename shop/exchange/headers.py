"""Which column of a file is which: by its technical name, or by its label in any of our languages."""

from collections.abc import Iterator, Mapping, Sequence

from msgspec import Struct

from shop.exchange.columns import KNOWN, folded
from shop.sheets.cells import Cell, is_empty
from shop.sheets.refusals import UnreadableFile

LOOKED_AT = 5  # rows, in which the names must stand
LONGEST_NAME = 60
MOST_NAMED = 20


class Header(Struct, frozen=True):
    """`places` are our columns by their place in a row; `unknown` are the names of all others."""

    places: Mapping[int, str]
    unknown: tuple[str, ...]
    width: int

    def cells_of(self, row: Sequence[Cell]) -> dict[str, Cell]:
        return {name: row[place] for place, name in self.places.items() if place < len(row)}

    def goes_beyond(self, row: Sequence[Cell]) -> bool:
        """Whether something stands where there is no column: a separator within a text, most likely."""
        return any(not is_empty(cell) for cell in row[self.width :])


def read_header(rows: Iterator[tuple[int, list[Cell]]]) -> tuple[Header, Iterator[tuple[int, list[Cell]]]]:
    """The header, and the rows after it; a second row of labels is left out.

    Raises UnreadableFile: `no_header`, `columns_twice`, `no_rows`.
    """
    for looked, (_, row) in enumerate(rows):
        header = _header(row)
        if "sku" in header.places.values():
            return header, _without_labels(rows, header)
        if looked + 1 >= LOOKED_AT:
            break
    raise UnreadableFile("no_header")


def _header(row: Sequence[Cell]) -> Header:
    places: dict[int, str] = {}
    unknown: list[str] = []
    for place, cell in enumerate(row):
        if is_empty(cell):
            continue
        column = KNOWN.get(folded(str(cell)))
        if column is None:
            unknown.append(str(cell).strip()[:LONGEST_NAME])
        else:
            places[place] = column.name
    twice = sorted({name for name in places.values() if list(places.values()).count(name) > 1})
    if twice:
        raise UnreadableFile("columns_twice", columns=", ".join(twice))
    return Header(places, tuple(unknown[:MOST_NAMED]), len(row))


def _without_labels(rows: Iterator[tuple[int, list[Cell]]], header: Header) -> Iterator[tuple[int, list[Cell]]]:
    first = next(rows, None)
    if first is not None and _is_labels(first[1], header):
        first = next(rows, None)
    if first is None:
        raise UnreadableFile("no_rows")
    yield first
    yield from rows


def _is_labels(row: Sequence[Cell], header: Header) -> bool:
    """Whether the cell under each of our columns is one of that column's own names."""
    known = [(name, KNOWN.get(folded(str(cell)))) for name, cell in header.cells_of(row).items() if not is_empty(cell)]
    return bool(known) and all(column is not None and column.name == name for name, column in known)
