"""Statements of the busy paths: written out once, and in PostgreSQL asked without the layers in between.

SQLAlchemy puts them together, and on SQLite also runs them. On PostgreSQL its session, cache look-up and rows cost about
five times what psycopg takes to send a prepared statement and read the answer; a page or a scan that asks three
questions felt that. What comes back are rows with names (psycopg's types; moments are in UTC, see `db.engine_options`),
and every error is SQLAlchemy's, as elsewhere.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Dialect, Engine
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from shop.base.db import db


class Written:
    """A statement as the driver takes it: `text` with its values as `$1`, `$2` …, and what makes its rows."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        # Numbered as PostgreSQL itself does it: psycopg would look for names in every text, every time when it is long.
        numbered = type(dialect)(paramstyle="numeric_dollar")  # type: ignore[call-arg]
        compiled = statement.compile(dialect=numbered)
        required = {name for bound, name in compiled.bind_names.items() if bound.required}
        written = compiled.construct_expanded_state(dict.fromkeys(required))  # with every IN as long as its list
        self.text: str = written.statement
        converters = {name: bound.type.dialect_impl(numbered).bind_processor(numbered) for bound, name in compiled.bind_names.items()}
        converters |= written.processors
        places = [(name, name in required, converters.get(name)) for name in written.positiontup or ()]
        self._places = [
            (name, convert, None) if open_ else (None, None, _converted(written.parameters[name], convert))
            for name, open_, convert in places
        ]
        self._row: Callable[[Sequence[Any]], Any] | None = None

    def bind(self, values: Mapping[str, Any]) -> list[Any]:
        """The values in their order, each checked and converted by its type. Raises KeyError for a missing one."""
        return [
            constant if name is None else _converted(values[name], convert) for name, convert, constant in self._places
        ]

    def row(self, cursor: Any) -> Callable[[Sequence[Any]], Any]:
        """Rows with names (psycopg's `row_factory`), thought out once."""
        from psycopg.rows import namedtuple_row

        if self._row is None:
            self._row = namedtuple_row(cursor)
        return self._row


def _converted(value: Any, convert: Callable[[Any], Any] | None) -> Any:
    return convert(value) if convert else value


class Question:
    """A SELECT on tables (not on mapped classes) whose values are bound parameters with names."""

    def __init__(self, statement: Any) -> None:
        self._statement = statement
        self._written: WeakKeyDictionary[Dialect, Written] = WeakKeyDictionary()

    def rows(self, session: Session, values: Mapping[str, Any] | None = None) -> Sequence[Any]:
        """All rows: in the caller's transaction if there is one, else for itself."""
        engine = db.engine
        if engine.dialect.name != "postgresql":
            return session.execute(self._statement, dict(values or {})).all()
        written = self._written.get(engine.dialect)
        if written is None:
            written = self._written[engine.dialect] = Written(self._statement, engine.dialect)
        return ask(engine, session, written, values or {})

    def row(self, session: Session, values: Mapping[str, Any] | None = None) -> Any | None:
        """The first row, or None."""
        rows = self.rows(session, values)
        return rows[0] if rows else None


def ask(engine: Engine, session: Session, written: Written, values: Mapping[str, Any]) -> Sequence[Any]:
    """Send a statement to PostgreSQL: in the session's transaction, or else as one of its own. Raises DBAPIError."""
    bound = written.bind(values)
    for listener in engine.dispatch.before_cursor_execute:  # whoever counts statements counts these too
        listener(None, None, written.text, bound, None, False)
    if session.info.get("changing"):
        return _send(engine, session.connection().connection.driver_connection, written, bound)
    lent = engine.raw_connection()
    try:
        return _send(engine, lent.driver_connection, written, bound)
    except DBAPIError as error:
        if error.connection_invalidated:
            lent.invalidate(error)
            engine.dispose()  # the others of the pool have lost the server, too
        raise
    finally:
        lent.close()


def _send(engine: Engine, connection: Any, written: Written, bound: Sequence[Any]) -> Any:
    from psycopg import Error, RawCursor  # only where there is a PostgreSQL

    try:
        return RawCursor(connection, row_factory=written.row).execute(written.text, bound).fetchall()
    except Error as error:
        raise DBAPIError.instance(
            written.text, tuple(bound), error, Error, connection_invalidated=bool(connection.closed), dialect=engine.dialect
        ) from error
