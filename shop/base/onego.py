"""Several changes that hang on the first one, in one round trip where the database can do that.

Round trips, not the disk, are what a busy shop waits for. PostgreSQL runs a chain of changes as one statement
(data-modifying CTEs); SQLite, which lives in our process, runs the same changes one after another. The changes are
written once, as SQLAlchemy Core statements over a `source`: the row the first change returned.

Two rules follow from running on both. A change never reads what another change of the same chain wrote (in PostgreSQL
all of them see the moment before), except through `source`; and what has to see the old value stands before the change
that overwrites it (in SQLite they run in order).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from msgspec import Struct
from sqlalchemy import (
    Dialect,
    FromClause,
    Integer,
    Select,
    and_,
    bindparam,
    case,
    func,
    literal_column,
    or_,
    select,
)
from sqlalchemy.exc import DataError
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import Delete, Insert, Update

from shop.base.asking import Written, ask
from shop.base.db import NestedTransaction, db, is_postgresql, transaction

Change = Insert | Update | Delete
Part = tuple[str, Change]
DIVISION_BY_ZERO = "22012"  # SQLSTATE


class CameShort(Exception):
    """A change of a chain found fewer or more rows than it had to change; of the whole chain nothing may stay."""


class Went(Struct, frozen=True):
    """What came of a chain: the first change's row (None: it changed nothing, so nothing else did) and counts by name.

    `beside` are the rows of the question that was asked with it.
    """

    row: Any | None
    counts: Mapping[str, int]
    beside: Sequence[Any] = ()


class OneGo:
    """A chain, built once and run often. Values are bound parameters whose names start with `p_`.

    `first` is an INSERT or UPDATE of at most one row with RETURNING; `then(source)` gives the named changes that follow.
    `must` says how many rows some of them have to change; otherwise nothing is written, and CameShort is raised.
    `beside` is a SELECT whose rows, as they were before the changes, come back with the answer, whether anything was
    changed or not; none of its columns is called like one of `first`.
    """

    def __init__(
        self,
        first: Any,
        then: Callable[[FromClause], Sequence[Part]],
        must: Mapping[str, int] | None = None,
        beside: Select[Any] | None = None,
    ) -> None:
        self._first, self._then, self._must, self._beside = first, then, must or {}, beside
        self._columns = [(column.key, column.type) for column in first.exported_columns]
        self._names: list[str] = []
        self._joined: WeakKeyDictionary[Dialect, Written] = WeakKeyDictionary()
        self._apart: list[tuple[str, Any]] | None = None

    def alone(self, values: Mapping[str, Any]) -> Went:
        """Run the chain as a transaction of its own, in one round trip where the database can do that. Raises CameShort.

        There is no BEGIN and no COMMIT then, and its locks last no round trip of ours.
        """
        session = db.session()
        if not is_postgresql(session):
            with transaction() as changing:
                return self._run_apart(changing, values)
        if session.info.get("changing"):
            raise NestedTransaction
        return self._run_joined(session, values)

    def run(self, session: Session, values: Mapping[str, Any]) -> Went:
        """Run the chain inside the caller's transaction, which CameShort must end."""
        return (self._run_joined if is_postgresql(session) else self._run_apart)(session, values)

    def _run_joined(self, session: Session, values: Mapping[str, Any]) -> Went:
        engine = db.engine
        written = self._joined.get(engine.dialect)
        if written is None:
            written = self._joined[engine.dialect] = Written(self._join(), engine.dialect)
        try:
            rows = ask(engine, session, written, values)
        except DataError as error:
            if self._must and getattr(error.orig, "sqlstate", "") == DIVISION_BY_ZERO:
                raise CameShort from None
            raise
        if not rows or not rows[0].n_first:
            return Went(None, {}, rows)
        return Went(rows[0], {name: getattr(rows[0], f"n_{name}") for name in self._names}, rows)

    def _join(self) -> Any:
        source = self._first.cte("first_change")
        names, counts = [], []
        for name, change in self._then(source):
            part = change.returning(literal_column("1").label("one")).cte(name)
            names.append(name)
            counts.append(select(func.count()).select_from(part).scalar_subquery().label(f"n_{name}"))
        self._names = names
        first = select(func.count()).select_from(source).scalar_subquery()
        counts.append(first.label("n_first"))
        if self._must:
            # A statement is whole or it fails, and this is how it can be made to fail from within.
            enough = and_(*(count == self._must[name] for name, count in zip(names, counts, strict=False) if name in self._must))
            fails = case((or_(first == 0, enough), literal_column("1")), else_=literal_column("0"))
            counts.append(literal_column("1", Integer).op("/")(fails).label("sure"))
        if self._beside is None:
            return select(*source.c, *counts)
        changed = [select(column).scalar_subquery().label(column.key) for column in source.c]
        return self._beside.add_columns(*changed, *counts)

    def _run_apart(self, session: Session, values: Mapping[str, Any]) -> Went:
        beside = () if self._beside is None else session.execute(self._beside, dict(values)).all()
        row = session.execute(self._first, values).first()
        if row is None:
            return Went(None, {}, beside)
        if self._apart is None:
            source = select(*(bindparam(f"p_first_{k}", type_=t).label(k) for k, t in self._columns)).subquery(
                "first_change"
            )
            # Counted by RETURNING: for a statement that starts with WITH, Python's sqlite3 knows no row count before 3.12.
            self._apart = [(name, change.returning(literal_column("1").label("one"))) for name, change in self._then(source)]
        bound = {**values, **{f"p_first_{key}": value for (key, _), value in zip(self._columns, row, strict=True)}}
        connection = session.connection()
        counts = {name: len(connection.execute(change, bound).all()) for name, change in self._apart}
        if any(counts[name] != count for name, count in self._must.items()):
            raise CameShort
        return Went(row, counts, beside)
