"""The check of an import: every line is read, compared with the catalogue and written down; the catalogue is not changed.

Lines are worked on some hundred at a time, each batch in a transaction of its own, which also says how far it has come. What
is kept in memory for the whole file is each SKU and each EAN that would change, so that a second line of the same is found.
"""

import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update

from shop.base import bulk
from shop.base.db import changed, reading, transaction
from shop.base.errors import Kind, ShopError
from shop.catalogue import rows as catalogue
from shop.exchange import marks
from shop.exchange.columns import KNOWN, local
from shop.exchange.headers import Header, read_header
from shop.exchange.models import CatalogueImport, ImportLine, ImportPart
from shop.exchange.present import values_of
from shop.exchange.rules import Fault, Judged, World, judge, sku_of
from shop.exchange.states import ImportState, Outcome
from shop.sheets.cells import BadCell, Cell
from shop.sheets.reading import Found, open_table
from shop.sheets.refusals import UnreadableFile

IMPORTS: Any = CatalogueImport.__table__
PARTS: Any = ImportPart.__table__
LINES: Any = ImportLine.__table__
BATCH = 500
DEAD_AFTER = timedelta(minutes=5)  # without a sign of life
LONGEST_SKU = 60
MOST_NAMED = 50
Line = tuple[int, dict[str, Cell], str, list[Fault]]


class StillAtWork(ShopError):
    """Another worker checks this import, and is alive. Try again later."""

    kind, code = Kind.BUSY, "still_at_work"


class NotMyTurn(Exception):
    """This check was taken for dead, and another one has begun."""


def check(import_id: int, _facts: Mapping[str, object], now: datetime) -> None:
    """Check an import that waits for it; one that does not is left alone. Raises StillAtWork. Harmless twice."""
    begun = begin(import_id, now)
    if begun is None:
        return
    run, currency = begun
    with tempfile.TemporaryDirectory(prefix="import-") as folder:
        path = Path(folder) / "file"
        _unpack(import_id, path)
        try:
            with open_table(path, KNOWN) as table:
                header, rows = read_header(table.rows)
                _Check(import_id, run, currency, now).all(rows, header, table.found)
        except UnreadableFile as refused:
            _end(import_id, run, ImportState.UNREADABLE, now, notes=dict(refused.facts))
        except NotMyTurn:
            return


def begin(import_id: int, now: datetime) -> tuple[int, str] | None:
    """Take an import for checking: the number of this check and the shop's currency; None when there is nothing to check.

    Raises StillAtWork.
    """
    with transaction() as session:
        row = session.execute(select(IMPORTS).where(IMPORTS.c.id == import_id).with_for_update()).first()
        if row is None or row.state not in (ImportState.WAITING, ImportState.CHECKING):
            return None
        if row.state == ImportState.CHECKING and row.worked_at > now - DEAD_AFTER:
            raise StillAtWork
        session.execute(delete(LINES).where(LINES.c.import_id == import_id))
        session.execute(
            update(IMPORTS)
            .where(IMPORTS.c.id == import_id)
            .values(
                state=ImportState.CHECKING.value, run=row.run + 1, worked_at=now, done=0, new=0, changed=0, unchanged=0, faulty=0, notes={}
            )
        )  # fmt: skip
        return row.run + 1, row.currency


def _unpack(import_id: int, path: Path) -> None:
    with path.open("wb") as file:
        number = 0
        while True:
            with reading() as session:
                content = session.scalar(select(PARTS.c.content).where(PARTS.c.import_id == import_id, PARTS.c.number == number))
            if content is None:
                return
            file.write(content)
            number += 1


def _end(import_id: int, run: int, state: ImportState, now: datetime, **values: Any) -> None:
    with transaction() as session:
        session.execute(
            update(IMPORTS)
            .where(IMPORTS.c.id == import_id, IMPORTS.c.run == run, IMPORTS.c.state == ImportState.CHECKING.value)
            .values(state=state.value, checked_at=now, **values)
        )


def _batches(rows: Iterable[Any]) -> Iterator[list[Any]]:
    flow = iter(rows)
    while batch := list(islice(flow, BATCH)):
        yield batch


class _Check:
    """One check of one import, as number `run`."""

    def __init__(self, import_id: int, run: int, currency: str, now: datetime) -> None:
        self._import_id, self._run, self._now = import_id, run, now
        self._begun = time.monotonic()
        brands = {name.casefold(): name for name in catalogue.brand_names()}
        self._world = World(catalogue.category_codes(), brands, currency, str(local(now)))
        self._skus: dict[str, int] = {}  # line by SKU
        self._eans: dict[str, tuple[int, str]] = {}  # line and SKU by EAN that a line wants
        self._new_brands: set[str] = set()
        self._counts = dict.fromkeys(Outcome, 0)

    def all(self, rows: Iterator[tuple[int, list[Cell]]], header: Header, found: Found) -> None:
        """Every line, then what only all of them together can say. Raises UnreadableFile, NotMyTurn."""
        for batch in _batches(rows):
            self._write([self._line(judged, line, product) for line, judged, product in self._judged(batch, header)])
        for taken in _batches(self._taken()):
            self._refuse(taken)
        state = ImportState.FAULTY if self._counts[Outcome.FAULT] else ImportState.CHECKED
        notes = {
            "format": found.format, "encoding": found.encoding, "separator": found.separator, "sheet": found.sheet,
            "columns": sorted(header.places.values()), "unknown": list(header.unknown), "new_brands": sorted(self._new_brands)[:MOST_NAMED],
        }  # fmt: skip
        _end(self._import_id, self._run, state, self._now, notes=notes)

    def _judged(self, batch: list[tuple[int, list[Cell]]], header: Header) -> Iterator[tuple[int, Judged, Any]]:
        lines = [self._read(number, row, header) for number, row in batch]
        with reading() as session:
            known = catalogue.rows_in(session, {sku for _, _, sku, _ in lines if sku}, self._now)
        for number, row, sku, wrong in lines:
            product = known.get(sku)
            present = values_of(product) if product else None
            if not sku:
                yield number, Judged("", Outcome.FAULT, {}, tuple(wrong)), None
                continue
            judged = judge(row, sku, present, product.promised if product else 0, self._world)
            faults = (*wrong, *judged.faults, *self._second_of_its_ean(number, judged))
            yield number, Judged(sku, Outcome.FAULT, {}, faults) if faults else judged, present

    def _read(self, number: int, row: list[Cell], header: Header) -> Line:
        """The line by column, its SKU, and what is wrong with that."""
        cells, wrong, sku = header.cells_of(row), [], ""
        if header.goes_beyond(row):
            wrong.append(Fault("", "beyond_columns"))
        try:
            sku = sku_of(cells)
            if sku in self._skus:
                wrong.append(Fault("sku", "sku_twice", sku[:LONGEST_SKU], {"line": self._skus[sku]}))
            self._skus.setdefault(sku, number)
        except BadCell as bad:
            wrong.append(Fault("sku", bad.code))
        return number, cells, sku, wrong

    def _second_of_its_ean(self, number: int, judged: Judged) -> list[Fault]:
        ean = str(judged.changes["ean"][1]) if "ean" in judged.changes else ""
        if not ean or judged.faults:
            return []
        line, sku = self._eans.setdefault(ean, (number, judged.sku))
        return [] if sku == judged.sku else [Fault("ean", "ean_twice", ean, {"line": line})]

    def _line(self, judged: Judged, number: int, present: Any) -> dict[str, Any]:
        self._counts[judged.outcome] += 1
        brand = judged.changes.get("brand", (None, None))[1]
        if brand is not None and str(brand).casefold() not in self._world.brands:
            self._new_brands.add(str(brand))
        return {
            "import_id": self._import_id, "line": number, "sku": judged.sku[:LONGEST_SKU], "outcome": judged.outcome.value,
            "changes": {name: list(pair) for name, pair in judged.changes.items()} or None,
            "faults": [marks.fault(one) for one in judged.faults] or None,
            "seen": marks.of(present) if present and judged.outcome is Outcome.CHANGED else "", "moves_ean": "ean" in judged.changes,
        }  # fmt: skip

    def _write(self, lines: list[dict[str, Any]]) -> None:
        """Lines and progress together. Raises NotMyTurn."""
        with transaction() as session:
            self._go_on(session)
            bulk.put(session, LINES, lines)

    def _go_on(self, session: Any) -> None:
        alive = self._now + timedelta(seconds=time.monotonic() - self._begun)
        counts = {
            "done": sum(self._counts.values()), "new": self._counts[Outcome.NEW], "changed": self._counts[Outcome.CHANGED],
            "unchanged": self._counts[Outcome.UNCHANGED], "faulty": self._counts[Outcome.FAULT],
        }  # fmt: skip
        mine = (IMPORTS.c.id == self._import_id, IMPORTS.c.run == self._run, IMPORTS.c.state == ImportState.CHECKING.value)
        if not changed(session.execute(update(IMPORTS).where(*mine).values(worked_at=alive, **counts))):
            raise NotMyTurn

    def _taken(self) -> Iterator[tuple[int, Fault]]:
        """Lines whose EAN belongs to a product that keeps it."""
        giving = {sku for _, sku in self._eans.values()}
        for batch in _batches(self._eans):
            for ean, owner in catalogue.owners_of(batch).items():
                line, sku = self._eans[ean]
                if owner != sku and owner not in giving:
                    yield line, Fault("ean", "ean_taken", ean, {"sku": owner})

    def _refuse(self, taken: list[tuple[int, Fault]]) -> None:
        with transaction() as session:
            for line, fault in taken:
                here = (LINES.c.import_id == self._import_id, LINES.c.line == line)
                was = Outcome(str(session.scalar(select(LINES.c.outcome).where(*here))))
                self._counts[was] -= 1
                self._counts[Outcome.FAULT] += 1
                wrong = {"outcome": Outcome.FAULT.value, "faults": [marks.fault(fault)], "changes": None}
                session.execute(update(LINES).where(*here).values(**wrong))
            self._go_on(session)
