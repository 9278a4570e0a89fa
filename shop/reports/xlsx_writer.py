"""A report as a workbook: its sheets, written row by row, and one that says what it is.

Numbers are numbers, identifiers are text, moments are dates on Frankfurt clocks. The header is in the reader's language and
stays in view; each of its cells carries the column's technical name as a note. Text is stored as text whatever it begins
with, so no cell is ever a formula or a link. A sheet that is full goes on in the next one. PostgreSQL writes the rows' XML
itself (COPY), Python only deflates it; on SQLite Python writes the same bytes.
"""

from collections.abc import Iterator, Sequence
from typing import IO

from shop.reports import words
from shop.reports import workbook as book
from shop.reports.asked import Asked, Header
from shop.reports.columns import Column
from shop.reports.csv_writer import check_count
from shop.reports.declared import Filled, Report, Summed, Values
from shop.reports.snapshots import BLOCK, View
from shop.reports.text_cells import STYLES, xml_cell
from shop.reports.workbook import SheetPart
from shop.reports.writing import SheetRows
from shop.reports.zipping import Part, Zip

MOST_ROWS = 1_000_000  # Excel takes 1,048,576 and drops what comes after without a word
LARGEST_PART = 3 << 30
LONGEST_TITLE = 31
Facts = Sequence[tuple[str, str]]


def write(view: View, report: Report, asked: Asked, summed: Sequence[Summed], facts: Facts, file: IO[bytes]) -> None:
    """Write the workbook to `file`, which can be sought; `facts` fill the last sheet. Raises ReportDoesNotAddUp."""
    archive, parts = Zip(file), list[SheetPart]()
    for filled, sums in zip(report.sheets, summed, strict=True):
        _Sheet(archive, parts, filled, asked).fill(view, sums)
    _about(archive, parts, report, asked, facts)
    for name, text in _frame(report, asked, parts).items():
        archive.put(name, text)
    archive.finish()


def _frame(report: Report, asked: Asked, parts: Sequence[SheetPart]) -> dict[str, str]:
    first, last = asked.period.days
    title = f"{report.titles[asked.language]} {first} – {last}"
    return {
        "xl/styles.xml": book.styles(), "xl/workbook.xml": book.workbook(parts),
        "xl/_rels/workbook.xml.rels": book.workbook_relations(parts), "_rels/.rels": book.package_relations(),
        "docProps/core.xml": book.properties(title, words.ABOUT[asked.language]), "[Content_Types].xml": book.content_types(parts),
    }  # fmt: skip


class _Sheet:
    """One sheet of a report: as many worksheets as its rows need."""

    def __init__(self, archive: Zip, parts: list[SheetPart], filled: Filled, asked: Asked) -> None:
        self._archive, self._parts, self._filled, self._asked = archive, parts, filled, asked
        self._columns = filled.sheet.columns
        self._head = 2 if asked.header is Header.BOTH else 1

    def fill(self, view: View, summed: Summed) -> None:
        blocks, rows, number, more = _Ahead(_copied(view, self._filled, self._asked)), 0, 1, True
        while more:
            place = len(self._parts) + 1
            with self._archive.part(f"xl/worksheets/sheet{place}.xml") as part:
                part.write(book.sheet_begins(self._columns, self._head, active=place == 1).encode() + self._header())
                here = blocks.into(part, MOST_ROWS)
                rows, more = rows + here, blocks.more
                if not more:
                    check_count(rows, summed)
                footer = () if more else summed.footer
                part.write(self._footer(footer))
                made = SheetPart(
                    self._title(number), noted=True, columns=len(self._columns), head=self._head, last=self._head + here
                )
                part.write(book.sheet_ends(made, made.last + 1 + len(footer)).encode())
            self._parts.append(made)
            for name, text in self._notes(place).items():
                self._archive.put(name, text)
            number += 1

    def _title(self, number: int) -> str:
        after = f" ({number})" if number > 1 else ""
        return self._filled.sheet.title(self._asked.language)[: LONGEST_TITLE - len(after)] + after

    def _header(self) -> bytes:
        labels = [column.label(self._asked.language) for column in self._columns]
        names = [column.name for column in self._columns]
        wanted = {Header.WORDS: [labels], Header.BOTH: [labels, names], Header.TECHNICAL: [names]}[self._asked.header]
        rows = (
            "".join(book.text_cell(text, style) for text in row)
            for row, style in zip(wanted, (book.HEADER, book.TECHNICAL), strict=False)
        )
        return "".join(f"<row>{row}</row>\n" for row in rows).encode()

    def _footer(self, footer: Sequence[Values]) -> bytes:
        """After an empty row, so that sorting leaves them alone, the totals."""
        rows = ("".join(_bold(column, values) for column in self._columns) for values in footer)
        return "".join(["<row/>" if footer else "", *(f"<row>{row}</row>" for row in rows)]).encode()

    def _notes(self, place: int) -> dict[str, str]:
        return {
            f"xl/worksheets/_rels/sheet{place}.xml.rels": book.sheet_relations(place),
            f"xl/comments{place}.xml": book.notes(self._columns),
            f"xl/drawings/vmlDrawing{place}.vml": book.note_shapes(self._columns, place),
        }


def _bold(column: Column, values: Values) -> str:
    value, style = values[column.name], book.BOLD + STYLES[column.cell]
    return book.text_cell(value, style) if isinstance(value, str) else xml_cell(column.cell, value, style)


class _Ahead:
    """Blocks of rows, cut where a worksheet is full."""

    def __init__(self, blocks: Iterator[tuple[bytes | bytearray, int]]) -> None:
        self._blocks, self._rest = blocks, (b"", 0)
        self.more = False

    def into(self, part: Part, most: int) -> int:
        """Write up to `most` rows; answers how many. `more` says whether there are some left."""
        rows, self.more = 0, False
        for block, count in self._all():
            if rows + count > most or (rows and part.size + len(block) > LARGEST_PART):
                kept = most - rows if rows + count > most else 0
                begin = _after_row(block, kept)
                part.write(block[:begin])
                self._rest, self.more = (bytes(block[begin:]), count - kept), True
                return rows + kept
            part.write(block)
            rows += count
        return rows

    def _all(self) -> Iterator[tuple[bytes | bytearray, int]]:
        rest, self._rest = self._rest, (b"", 0)
        if rest[1]:
            yield rest
        # Not `yield from`: it would close the blocks when the caller has enough of this sheet.
        while (block := next(self._blocks, None)) is not None:
            yield block


def _after_row(block: bytes | bytearray, rows: int) -> int:
    """Where the row after the first `rows` begins."""
    place = 0
    for _ in range(rows):
        place = block.index(b"\n", place) + 1
    return place


def _copied(view: View, filled: Filled, asked: Asked) -> Iterator[tuple[bytes | bytearray, int]]:
    return view.copied(filled, asked, SheetRows(), "") if view.writes_cells else written(view, filled, asked)


def written(view: View, filled: Filled, asked: Asked) -> Iterator[tuple[bytes, int]]:
    """Rows as Python writes them."""
    columns, lines, size = filled.sheet.columns, list[str](), 0
    for row in view.plain(filled, asked):
        cells = "".join(xml_cell(column.cell, value) for column, value in zip(columns, row, strict=True))
        lines.append(f"<row>{cells}</row>\n")
        size += len(cells)
        if size >= BLOCK:
            yield "".join(lines).encode(), len(lines)
            lines, size = [], 0
    yield "".join(lines).encode(), len(lines)


def _about(archive: Zip, parts: list[SheetPart], report: Report, asked: Asked, facts: Facts) -> None:
    """Who made it, when and of what; what it adds up to; and what the columns are called by programs."""
    lang = asked.language
    columns = [(column.label(lang), column.name) for filled in report.sheets for column in filled.sheet.columns]
    wanted = [*facts, ("", ""), (words.COLUMN[lang], words.TECHNICAL_NAME[lang]), *dict.fromkeys(columns)]
    rows = "".join(f"<row>{book.text_cell(name, book.BOLD)}{book.text_cell(value)}</row>" for name, value in wanted)
    with archive.part(f"xl/worksheets/sheet{len(parts) + 1}.xml") as part:
        widths = '<cols><col min="1" max="1" width="34" customWidth="1"/><col min="2" max="2" width="60" customWidth="1"/></cols>'
        part.write(f"{book.HEAD}<worksheet {book.MAIN}>{widths}<sheetData>{rows}</sheetData></worksheet>".encode())
    parts.append(SheetPart(words.ABOUT_THIS_FILE[lang], noted=False))
