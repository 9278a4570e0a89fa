"""An import that somebody has confirmed, applied: all of it in one transaction, or nothing.

What was shown is what is done: the values come from the checked lines, not from the file. Before anything is written every
product is locked and compared with what it was at the check.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import transaction
from shop.base.money import Currency
from shop.catalogue import rows as catalogue
from shop.catalogue import taking_in
from shop.catalogue.models import Product
from shop.catalogue.taking_in import CannotTakeIn, Planned, Wanted
from shop.exchange import marks
from shop.exchange.columns import moment_of
from shop.exchange.models import CatalogueImport, ImportLine
from shop.exchange.present import values_of
from shop.exchange.states import ImportState, Outcome

IMPORTS: Any = CatalogueImport.__table__
LINES: Any = ImportLine.__table__
PRODUCTS: Any = Product.__table__
BATCH = 500
MOST_NAMED = 50
PLAIN = {name: name for name in taking_in.PLAIN} | {"alcohol_vol": "alcohol_permille"}


class _Overtaken(Exception):
    """The catalogue is not what it was; `lines` are the first of those that are meant."""

    def __init__(self, lines: Sequence[int], why: Mapping[str, Any] | None = None) -> None:
        super().__init__(lines)
        self.lines, self.why = list(lines)[:MOST_NAMED], dict(why or {})


def apply(import_id: int, _facts: Mapping[str, object], now: datetime) -> None:
    """Do what the check has shown, if it was confirmed and not done yet; else nothing. Harmless twice.

    When the catalogue has changed since the check, nothing is done, and the import says so.
    """
    try:
        with transaction() as session:
            row = session.execute(select(IMPORTS).where(IMPORTS.c.id == import_id).with_for_update()).first()
            if row is None or row.state != ImportState.CONFIRMED:
                return
            _all(session, row, now)
            session.execute(
                update(IMPORTS).where(IMPORTS.c.id == import_id).values(state=ImportState.APPLIED.value, applied_at=now)
            )
            counts = {"new": row.new, "changed": row.changed, "unchanged": row.unchanged}
            audit.record(session, row.confirmed_by, "catalogue.imported", f"import:{import_id}", now, after=counts)
        return
    except _Overtaken as overtaken:
        why = {**overtaken.why, "overtaken": overtaken.lines}
    except CannotTakeIn as refused:
        why = {**refused.facts, "overtaken": []}
    except IntegrityError:  # somebody has made a product with this SKU or EAN, after we looked
        why = {"reason": "taken", "overtaken": []}
    with transaction() as session:
        row = session.execute(select(IMPORTS.c.state, IMPORTS.c.notes).where(IMPORTS.c.id == import_id).with_for_update()).one()
        if row.state == ImportState.CONFIRMED:
            told = {**row.notes, **why}
            session.execute(update(IMPORTS).where(IMPORTS.c.id == import_id).values(state=ImportState.OVERTAKEN.value, notes=told))


def _all(session: Session, row: Any, now: datetime) -> None:
    known = _known(session, row.id)
    fresh = _numbers(session, row.id, Outcome.NEW)
    if len(known) != len(_numbers(session, row.id, Outcome.CHANGED)):
        raise _Overtaken([], {"reason": "gone"})
    _look(session, row.id, known, fresh, now)
    for lines in _lines(session, row.id, known):
        moving = [line.sku for line in lines if line.moves_ean]
        if moving:
            taking_in.free_eans(session, moving)
    shelves = taking_in.Shelves(session)
    for lines in _lines(session, row.id, known):
        products = taking_in.locked(session, [line.sku for line in lines])
        taking_in.change(session, products, [_wanted(line) for line in lines], shelves, row.confirmed_by, now)
        session.expunge_all()
    for lines in _lines(session, row.id, fresh):
        wanted = [_wanted(line) for line in lines]
        taking_in.create(session, wanted, shelves, Currency(row.currency), row.confirmed_by, now)
        session.expunge_all()


def _known(session: Session, import_id: int) -> list[int]:
    """Lines that change a product, in the order of the products' keys, in which everybody locks them."""
    return list(
        session.scalars(
            select(LINES.c.line)
            .join(PRODUCTS, PRODUCTS.c.sku == LINES.c.sku)
            .where(LINES.c.import_id == import_id, LINES.c.outcome == Outcome.CHANGED.value)
            .order_by(PRODUCTS.c.id)
        )
    )


def _numbers(session: Session, import_id: int, outcome: Outcome) -> list[int]:
    wanted = select(LINES.c.line).where(LINES.c.import_id == import_id, LINES.c.outcome == outcome.value)
    return list(session.scalars(wanted.order_by(LINES.c.line)))


def _lines(session: Session, import_id: int, numbers: Sequence[int]) -> Iterator[list[Any]]:
    """These lines some hundred at a time, in this order."""
    for start in range(0, len(numbers), BATCH):
        some = numbers[start : start + BATCH]
        found = session.execute(select(LINES).where(LINES.c.import_id == import_id, LINES.c.line.in_(some))).all()
        by_number = {line.line: line for line in found}
        yield [by_number[number] for number in some]


def _look(session: Session, import_id: int, known: Sequence[int], fresh: Sequence[int], now: datetime) -> None:
    """Lock every product that will be changed, and compare it with what it was. Raises _Overtaken."""
    other: list[int] = []
    for lines in _lines(session, import_id, known):
        skus = [line.sku for line in lines]
        taking_in.locked(session, skus)
        taking_in.lock_keys(session, [line.sku for line in lines if line.moves_ean])
        present = catalogue.rows_in(session, skus, now)
        other += [line.line for line in lines if line.sku not in present or marks.of(values_of(present[line.sku])) != line.seen]
        session.expunge_all()
    for lines in _lines(session, import_id, fresh):
        present = catalogue.rows_in(session, [line.sku for line in lines], now)
        other += [line.line for line in lines if line.sku in present]
    if other:
        raise _Overtaken(sorted(other))


def _wanted(line: Any) -> Wanted:
    """A line's changes, in the catalogue's words."""
    becomes = {name: pair[1] for name, pair in line.changes.items()}
    plain = {PLAIN[name]: _typed(name, value) for name, value in becomes.items() if name in PLAIN}
    planned = None
    if "planned_price" in becomes:
        since = becomes["planned_from"]
        planned = Planned(minor=becomes["planned_price"], valid_from=moment_of(since) if since else None)
    return Wanted(
        sku=line.sku, plain=plain, category=becomes.get("category"), brand=becomes.get("brand"), price=becomes.get("price"),
        duty_paid=(becomes["duty_paid_price"],) if "duty_paid_price" in becomes else None, planned=planned, count=becomes.get("count"),
        counted_from=line.changes["count"][0] if "count" in becomes else None,
    )  # fmt: skip


def _typed(name: str, value: Any) -> Any:
    return moment_of(value) if name in ("publish_from", "publish_until") and value is not None else value
