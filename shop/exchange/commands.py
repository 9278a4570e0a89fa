"""Verbs about imports: take a file in, check it again, say that it shall be applied, forget old ones."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import IO, Any

from sqlalchemy import delete, insert, select, update

from shop.base import audit
from shop.base.db import changed, transaction
from shop.base.errors import Kind, ShopError
from shop.base.money import Currency
from shop.base.outbox import announce
from shop.exchange import events
from shop.exchange.models import CatalogueImport, ImportLine, ImportPart
from shop.exchange.queries import NoSuchImport
from shop.exchange.states import CHECK_AGAIN, ImportState
from shop.sheets.limits import LARGEST_FILE
from shop.sheets.refusals import UnreadableFile

IMPORTS: Any = CatalogueImport.__table__
PARTS: Any = ImportPart.__table__
LINES: Any = ImportLine.__table__
PIECE = 512 * 1024
LONGEST_NAME = 200
NOTHING_YET = {"done": 0, "new": 0, "changed": 0, "unchanged": 0, "faulty": 0}


class NotToBeApplied(ShopError):
    """It has not been checked, has faults, or the catalogue was quicker. Facts: `state`."""

    kind, code = Kind.CONFLICT, "not_to_be_applied"


class NotToBeChecked(ShopError):
    """It is at work, applied, or no table. Facts: `state`."""

    kind, code = Kind.CONFLICT, "not_to_be_checked"


def take_in(
    file: IO[bytes], name: str, currency: Currency, actor: str, now: datetime, *, worker: bool = True
) -> int:
    """Keep a file for the worker to check (with `worker` False: for the caller); answers the import's key.

    Raises UnreadableFile for one that is empty or too large; what is in it is not looked at yet.
    """
    with transaction() as session:
        kept = session.execute(
            insert(IMPORTS)
            .values(
                name=_clean(name), size=0, currency=currency.value, state=ImportState.WAITING.value, sent_by=actor,
                sent_at=now, run=0, notes={}, **NOTHING_YET,
            )
            .returning(IMPORTS.c.id)
        ).scalar_one()  # fmt: skip
        size = 0
        for number, piece in enumerate(_pieces(file)):
            session.execute(insert(PARTS).values(import_id=kept, number=number, content=piece))
            size += len(piece)
        if not size:
            raise UnreadableFile("empty")
        session.execute(update(IMPORTS).where(IMPORTS.c.id == kept).values(size=size))
        if worker:
            announce(session, events.TO_CHECK, now, kept)
    return int(kept)


def _pieces(file: IO[bytes]) -> Iterator[bytes]:
    size = 0
    while piece := file.read(PIECE):
        size += len(piece)
        if size > LARGEST_FILE:
            raise UnreadableFile("too_large", most=LARGEST_FILE >> 20)
        yield piece


def _clean(name: str) -> str:
    """A file's name without folders and without what cannot be printed."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[:LONGEST_NAME] or "-"


def check_again(import_id: int, now: datetime) -> None:
    """Have it checked anew, against the catalogue as it is now. Raises NoSuchImport, NotToBeChecked."""
    with transaction() as session:
        won = session.execute(
            update(IMPORTS)
            .where(IMPORTS.c.id == import_id, IMPORTS.c.state.in_([state.value for state in CHECK_AGAIN]))
            .values(state=ImportState.WAITING.value, checked_at=None, confirmed_by=None, confirmed_at=None, **NOTHING_YET)
        )
        if not changed(won):
            state = session.scalar(select(IMPORTS.c.state).where(IMPORTS.c.id == import_id))
            if state is None:
                raise NoSuchImport
            if state == ImportState.WAITING:
                return
            raise NotToBeChecked(state=state)
        announce(session, events.TO_CHECK, now, import_id)


def confirm(import_id: int, run: int, actor: str, now: datetime, *, worker: bool = True) -> None:
    """Say that exactly what this check (`run`) has shown shall be done. Saying it twice is saying it once.

    Raises NoSuchImport, NotToBeApplied.
    """
    with transaction() as session:
        won = session.execute(
            update(IMPORTS)
            .where(IMPORTS.c.id == import_id, IMPORTS.c.run == run, IMPORTS.c.state == ImportState.CHECKED.value, IMPORTS.c.faulty == 0)
            .values(state=ImportState.CONFIRMED.value, confirmed_by=actor, confirmed_at=now)
        )
        if not changed(won):
            row = session.execute(select(IMPORTS.c.state, IMPORTS.c.run).where(IMPORTS.c.id == import_id)).first()
            if row is None:
                raise NoSuchImport
            if row.run == run and row.state in (ImportState.CONFIRMED, ImportState.APPLIED):
                return
            raise NotToBeApplied(state=row.state)
        if worker:
            announce(session, events.TO_APPLY, now, import_id)
        audit.record(session, actor, "catalogue.import_confirmed", f"import:{import_id}", now)


def forget_old(now: datetime, after: timedelta = timedelta(days=30)) -> int:
    """Delete the files of old imports, and the lines of those that were not applied; answers how many files.

    The lines of an applied import stay: they say what it has changed.
    """
    old = select(IMPORTS.c.id).where(IMPORTS.c.sent_at < now - after, IMPORTS.c.state != ImportState.CONFIRMED.value)
    with transaction() as session:
        gone = session.execute(delete(PARTS).where(PARTS.c.import_id.in_(old)))
        unapplied = old.where(IMPORTS.c.state != ImportState.APPLIED.value)
        session.execute(delete(LINES).where(LINES.c.import_id.in_(unapplied)))
        session.execute(
            update(IMPORTS)
            .where(IMPORTS.c.id.in_(unapplied), IMPORTS.c.state != ImportState.UNREADABLE.value)
            .values(state=ImportState.UNREADABLE.value, notes={"reason": "forgotten"})
        )
        return changed(gone)
