"""The database: one session, one way to ask and one way to change what it holds."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from flask import has_app_context
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Dialect, Engine, Integer, MetaData, TypeDecorator, event
from sqlalchemy.engine import Connection
from sqlalchemy.engine.url import make_url
from sqlalchemy.orm import DeclarativeBase, Session, registry

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
SQLITE_BUSY_SECONDS = 15
# A request never holds one while it waits for a peer, so few are enough; kept open, because to open one costs as much as
# three orders.
CONNECTIONS_PER_PROCESS = 8

Key = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows by itself only for INTEGER


class UtcDateTime(TypeDecorator[datetime]):
    """A moment. Refuses a datetime that does not say its zone."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"naive datetime: {value!r}")
        return value.astimezone(UTC)

    def process_result_value(self, value: Any | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class Base(DeclarativeBase):
    # On the registry, because Flask-SQLAlchemy refuses `type_annotation_map` on the class (its issue 1361).
    registry = registry(
        metadata=MetaData(naming_convention=NAMES),
        type_annotation_map={datetime: UtcDateTime, int: BigInteger().with_variant(Integer, "sqlite")},
    )


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False, "autoflush": False})


if TYPE_CHECKING:
    Model = Base  # what a type checker can follow
else:
    Model = db.Model


class NestedTransaction(RuntimeError):
    """A command called a command: the outer one would half-commit."""


def engine_options(url: str) -> dict[str, Any]:
    """What `create_engine` needs for this database: pool, time-outs, isolation."""
    if make_url(url).get_backend_name() == "sqlite":
        return {"connect_args": {"timeout": SQLITE_BUSY_SECONDS, "check_same_thread": False}}
    return {
        "pool_size": CONNECTIONS_PER_PROCESS,
        "max_overflow": 0,
        "pool_use_lifo": True,  # the same few while it is quiet: they have the statements prepared
        "pool_timeout": 10,
        "pool_pre_ping": False,
        "pool_recycle": 1800,
        # A read needs no BEGIN and ROLLBACK around it; `transaction()` asks for a real one.
        "isolation_level": "AUTOCOMMIT",
        "connect_args": {"connect_timeout": 5, "options": "-c lock_timeout=10s -c statement_timeout=30s -c timezone=UTC"},
    }


@event.listens_for(Engine, "connect")
def _prepare_postgresql(connection: Any, _record: object) -> None:
    if type(connection).__module__.split(".")[0] != "psycopg":
        return
    from psycopg.types.numeric import Int8Dumper

    # One type for every whole number. psycopg takes the smallest that holds it, and would prepare a statement anew for
    # every combination of small and large prices and keys.
    connection.adapters.register_dumper(int, Int8Dumper)


@event.listens_for(Engine, "connect")
def _prepare_sqlite(connection: Any, _record: object) -> None:
    if type(connection).__module__.split(".")[0] != "sqlite3":
        return
    connection.isolation_level = None  # we say BEGIN ourselves, below
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", f"busy_timeout={SQLITE_BUSY_SECONDS}000"):
        connection.execute(f"PRAGMA {pragma}")


@event.listens_for(Engine, "begin")
def _begin_sqlite(connection: Connection) -> None:
    if connection.dialect.name != "sqlite":
        return
    # A reader that becomes a writer half-way cannot wait for another writer, it fails: so writers say so at once.
    writing = connection.get_execution_options().get("shop_writing", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextmanager
def transaction() -> Iterator[Session]:
    """Everything inside happens, or none of it does. Never nests. What leaves it is a value, not a live row."""
    session = db.session()
    if session.info.get("changing"):
        raise NestedTransaction
    session.rollback()  # a read that came before has its own, older view
    session.info["changing"] = True
    try:
        writing = {"shop_writing": True} if _is_sqlite(session) else {"isolation_level": "READ COMMITTED"}
        session.connection(execution_options=writing)
        yield session
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info.pop("changing", None)
        session.expunge_all()


@contextmanager
def reading() -> Iterator[Session]:
    """Ask, and give the connection back. Rows that leave are detached: what was loaded can be read, nothing more."""
    session = db.session()
    if session.info.get("changing"):
        yield session
        return
    try:
        yield session
    finally:
        session.expunge_all()
        session.rollback()


def holds_connection() -> bool:
    """True while this thread keeps a database connection, even for a read."""
    return has_app_context() and db.session.registry.has() and db.session().in_transaction()


def is_postgresql(session: Session) -> bool:
    return session.get_bind().dialect.name == "postgresql"


def _is_sqlite(session: Session) -> bool:
    return session.get_bind().dialect.name == "sqlite"


def changed(result: Any) -> int:
    """How many rows an UPDATE or DELETE has changed."""
    return int(result.rowcount)
