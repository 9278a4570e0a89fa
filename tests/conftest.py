"""The shop for tests: on SQLite, or with SHOP_TEST_DATABASE=postgresql on a real PostgreSQL."""

import gc
import os
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import builders
import pytest
import turns
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, Table, create_engine, event, select, text

from shop.app import Shop, create_app
from shop.base import schema
from shop.base.db import Base, db
from shop.sandbox import Sandbox
from shop.settings import Environment, OfficialAccountSettings, PaySettings, Settings

POSTGRESQL = os.environ.get("SHOP_TEST_DATABASE", "sqlite") == "postgresql"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--turn", type=int, help="only the cases whose turn it is, on the database whose turn it is (tests/turns.py)")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Whatever uses a database fixture is marked so; what is not for this database or turn is left out, and said so."""
    for item in items:
        if {"app", "database_url", "client"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.database)
    kept = turns.here(items, postgresql=POSTGRESQL, turn=config.getoption("turn"))
    if len(kept) < len(items):
        stays = set(kept)
        config.hook.pytest_deselected(items=[item for item in items if item not in stays])
        items[:] = kept


def pytest_collection_finish() -> None:
    """All tests and all that they import stay to the end: the collector need not look at them again and again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def _database(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[str]:
    """One database of this worker's own, migrated once."""
    if POSTGRESQL:
        import postgres_server

        server = postgres_server.start()
        worker = os.environ.get("PYTEST_XDIST_WORKER", "alone")
        url = postgres_server.create_database(server, f"shop_{worker}")
        schema.upgrade(url)
        yield url
        server.stop()
    else:
        url = f"sqlite:///{tmp_path_factory.mktemp('db')}/shop.db"
        schema.upgrade(url)
        yield url


@pytest.fixture
def database_url(_database: str) -> str:
    """The address of a migrated, empty database."""
    _empty(_database)
    return _database


@event.listens_for(Engine, "connect")
def _careless(connection: Any, _record: object) -> None:
    """Tests need no crash safety: SQLite does not wait for the disk either."""
    if type(connection).__module__.split(".")[0] == "sqlite3":
        connection.execute("PRAGMA synchronous=OFF")


@cache
def _sweeper(url: str) -> Engine:
    """A connection of its own for emptying, kept between tests."""
    engine = create_engine(url, pool_size=1, max_overflow=0, pool_pre_ping=True)
    if engine.dialect.name == "postgresql":
        event.listen(engine, "connect", lambda connection, _record: _broom(connection))
    return engine


@cache
def _tables() -> tuple[str, ...]:
    """Those that refer to others first."""
    return tuple(table.name for table in reversed(Base.metadata.sorted_tables))


def _empty(url: str) -> None:
    """Take away every row, whatever guards it, from the few tables that have any: emptying all of them took longer than most tests."""
    engine = _sweeper(url)
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(text("SELECT pg_temp.sweep(:all)"), {"all": next(_SWEPT) % TRUNCATE_EVERY == 0})
    else:
        with engine.connect() as connection:
            _empty_sqlite(connection.connection.driver_connection)


def _empty_sqlite(connection: Any) -> None:
    """As one script of SQLite's own; without its triggers, which are put back as they were."""
    any_rows = " UNION ALL ".join(f"SELECT '{name}' FROM (SELECT 1 FROM {name} LIMIT 1)" for name in _tables())  # noqa: S608
    filled = {name for (name,) in connection.execute(any_rows)}
    guards = connection.execute("SELECT name, sql, tbl_name FROM sqlite_master WHERE type = 'trigger'").fetchall()
    guards = [(name, made) for name, made, table in guards if table in filled]
    lines = [f"DROP TRIGGER {name}" for name, _made in guards]
    lines += [f"DELETE FROM {name}" for name in _tables() if name in filled]  # noqa: S608
    lines += [made for _name, made in guards]
    connection.executescript(";\n".join(["BEGIN IMMEDIATE", *lines, "COMMIT"]))


# Rows that are gone still take their place until their table is cut.
MANY, TRUNCATE_EVERY, _SWEPT = 300, 200, count()


def _broom(connection: Any) -> None:
    """PostgreSQL's part of `_empty`: one call, in which no trigger and no foreign key is asked, and every count begins at one again."""
    emptied = "".join(
        f"IF EXISTS (SELECT FROM {name}) THEN DELETE FROM {name}; GET DIAGNOSTICS gone = ROW_COUNT; most := greatest(most, gone); END IF;\n"  # noqa: S608
        for name in _tables()
    )
    counts = "SELECT format('PERFORM setval(''%I.%I'', %s, false);', schemaname, sequencename, start_value) FROM pg_sequences"
    with connection.cursor() as cursor:
        begun = " ".join(row[0] for row in cursor.execute(counts).fetchall())
        cursor.execute(
            f"CREATE FUNCTION pg_temp.sweep(everything boolean) RETURNS void LANGUAGE plpgsql AS $$"
            f" DECLARE gone integer; most integer := 0; BEGIN SET LOCAL session_replication_role = replica;\n{emptied}"
            f" IF everything OR most > {MANY} THEN TRUNCATE {', '.join(_tables())} CASCADE; END IF;\n{begun} END $$"
        )


@pytest.fixture(scope="session")
def running_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    """WeChat for all tests of this worker that play with its accounts; their own `box` puts it in order."""
    with Sandbox.start(keys_dir=tmp_path_factory.mktemp("sandbox") / "keys") as box:
        yield box


@pytest.fixture(scope="session")
def _pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("pictures")


@pytest.fixture
def settings(database_url: str, _pictures: Path) -> Settings:
    return Settings(
        environment=Environment.TEST,
        secret_key=builders.SECRET,
        database_url=database_url,
        public_url="http://localhost",
        page_cache_seconds=0,
        require_second_factor=False,  # its own tests ask for it
        picture_folder=str(_pictures),
        account=OfficialAccountSettings(
            app_id="wx1", secret="s", api_url="http://127.0.0.1:1", open_url="http://127.0.0.1:1"
        ),
        pay=PaySettings(url="http://127.0.0.1:1", sp_mch_id="1900000001", sub_mch_id="1900000109", sp_app_id="wx0"),
    )


@pytest.fixture(scope="session")
def _made() -> Iterator[dict[Settings, Shop]]:
    """One application for all tests with the same settings: making one costs more than most tests."""
    made: dict[Settings, Shop] = {}
    yield made
    for app in made.values():
        with app.app_context():
            db.engine.dispose()


@dataclass(frozen=True)
class Timetable:
    """The rows of the timetable of `builders`: made by the shop's own command once, written down the next times."""

    rows: list[tuple[Table, list[dict[str, Any]]]]

    @classmethod
    def of(cls, url: str) -> "Timetable":
        """What is there now."""
        tables = [Base.metadata.tables[name] for name in ("airports", "flights", "pickup_points")]
        with _sweeper(url).connect() as connection:
            return cls([(table, [dict(row) for row in connection.execute(select(table)).mappings()]) for table in tables])

    def put(self, url: str) -> None:
        """Into a database without one. The next rows are numbered as if the command had made these."""
        with _sweeper(url).begin() as connection:
            for table, rows in self.rows:
                connection.execute(table.insert(), rows)
            if POSTGRESQL:
                last = {table.name: max(row["id"] for row in rows) for table, rows in self.rows if "id" in table.columns}
                counted = (f"setval(pg_get_serial_sequence('{name}', 'id'), {number})" for name, number in last.items())
                connection.execute(text(f"SELECT {', '.join(counted)}"))


@pytest.fixture(scope="session")
def _timetable() -> dict[str, Timetable]:
    """By database, once it was put there."""
    return {}


@pytest.fixture
def app(settings: Settings, _made: dict[Settings, Shop], _timetable: dict[str, Timetable]) -> Iterator[Flask]:
    """The application, inside its context, with a timetable and no products."""
    if settings not in _made:
        _made[settings] = create_app(settings)
        _made[settings].open_doors()
    made = _made[settings]
    with made.app_context():
        url = settings.database_url
        if url in _timetable:
            _timetable[url].put(url)
        else:
            builders.a_timetable()
            _timetable[url] = Timetable.of(url)
        yield made
        db.session.remove()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor without cookies, whose forms come from our own pages."""
    made = app.test_client()
    made.environ_base["HTTP_ORIGIN"] = "http://localhost"
    return made


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    """The SQL statements sent since the list was last cleared, transaction control left out."""
    sent: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith(("BEGIN", "PRAGMA", "SAVEPOINT", "RELEASE")):
            sent.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield sent
    event.remove(db.engine, "before_cursor_execute", note)
