"""Questions about imports: which there are, what became of one, its lines."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from msgspec import Struct
from sqlalchemy import select

from shop.base.db import reading
from shop.base.errors import Kind, ShopError
from shop.exchange.models import CatalogueImport, ImportLine
from shop.exchange.states import ImportState, Outcome

IMPORTS: Any = CatalogueImport.__table__
LINES: Any = ImportLine.__table__
PAGE = 100
AT_A_TIME = 1000


class NoSuchImport(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_import"


class ImportView(Struct, frozen=True):
    """An import. `run` is the number of its last check; `notes` as in the table."""

    id: int
    name: str
    size: int
    state: ImportState
    run: int
    sent_by: str
    sent_at: datetime
    checked_at: datetime | None
    done: int
    new: int
    changed: int
    unchanged: int
    faulty: int
    notes: Mapping[str, Any]
    confirmed_by: str | None
    confirmed_at: datetime | None
    applied_at: datetime | None

    def count(self, outcome: Outcome) -> int:
        counts = {Outcome.NEW: self.new, Outcome.CHANGED: self.changed, Outcome.UNCHANGED: self.unchanged, Outcome.FAULT: self.faulty}
        return counts[outcome]


class LineView(Struct, frozen=True):
    """A line. `changes` are by column what it was and what it becomes; `faults` as `marks.fault` keeps them."""

    line: int
    sku: str
    outcome: Outcome
    changes: Mapping[str, tuple[Any, Any]]
    faults: tuple[Mapping[str, Any], ...]


class LinePage(Struct, frozen=True):
    """`next` continues (`after=`), or is None at the end."""

    items: list[LineView]
    next: int | None


def one(import_id: int) -> ImportView:
    """Raises NoSuchImport."""
    with reading() as session:
        row = session.execute(select(IMPORTS).where(IMPORTS.c.id == import_id)).first()
    if row is None:
        raise NoSuchImport
    return _view(row)


def latest(limit: int = 20) -> list[ImportView]:
    """The last imports, youngest first."""
    with reading() as session:
        rows = session.execute(select(IMPORTS).order_by(IMPORTS.c.id.desc()).limit(limit)).all()
    return [_view(row) for row in rows]


def lines(import_id: int, outcome: Outcome | None = None, after: int = 0, limit: int = PAGE) -> LinePage:
    """The lines of an import in the order of the file, all or those of one outcome, from behind a line on."""
    wanted = select(LINES).where(LINES.c.import_id == import_id, LINES.c.line > after)
    if outcome is not None:
        wanted = wanted.where(LINES.c.outcome == outcome.value)
    with reading() as session:
        rows = session.execute(wanted.order_by(LINES.c.line).limit(limit + 1)).all()
    found = [_line(row) for row in rows[:limit]]
    return LinePage(found, found[-1].line if len(rows) > limit else None)


def every_line(import_id: int) -> Iterator[LineView]:
    """All lines, read some hundred at a time while they are taken."""
    after: int | None = 0
    while after is not None:
        page = lines(import_id, after=after, limit=AT_A_TIME)
        yield from page.items
        after = page.next


def _view(row: Any) -> ImportView:
    return ImportView(
        id=row.id, name=row.name, size=row.size, state=ImportState(row.state), run=row.run, sent_by=row.sent_by, sent_at=row.sent_at,
        checked_at=row.checked_at, done=row.done, new=row.new, changed=row.changed, unchanged=row.unchanged, faulty=row.faulty,
        notes=row.notes, confirmed_by=row.confirmed_by, confirmed_at=row.confirmed_at, applied_at=row.applied_at,
    )  # fmt: skip


def _line(row: Any) -> LineView:
    changes = {name: (pair[0], pair[1]) for name, pair in (row.changes or {}).items()}
    return LineView(row.line, row.sku, Outcome(row.outcome), changes, tuple(row.faults or ()))
