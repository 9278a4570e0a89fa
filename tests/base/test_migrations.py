"""Migrations go up, down and up again, and end where the models are."""
import os
import re
from collections.abc import Iterator
from pathlib import Path

import postgres_server
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, inspect, text

from shop import tables
from shop.base import schema
from shop.base.db import Base

SCRIPTS = ScriptDirectory(str(schema.MIGRATIONS))


@pytest.fixture
def fresh(database_url: str, tmp_path: Path) -> Iterator[str]:
    """The address of a database of the same engine in which nothing is."""
    if not database_url.startswith("postgresql"):
        yield f"sqlite:///{tmp_path}/fresh.db"
        return
    name = f"fresh_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    yield postgres_server.create_database(postgres_server.Server(database_url), name)


def _tables(url: str) -> set[str]:
    engine = create_engine(url)
    names = set(inspect(engine).get_table_names()) - {"alembic_version"}
    engine.dispose()
    return names


def test_up_down_and_up_again_on_an_empty_database(fresh: str) -> None:
    every = {table.name for table in Base.metadata.sorted_tables}

    schema.upgrade(fresh)
    up = _tables(fresh)
    schema.downgrade(fresh, "base")
    down = _tables(fresh)
    schema.upgrade(fresh)

    assert (up, down, _tables(fresh)) == (every, set(), every)


def test_each_migration_can_be_taken_back_alone(fresh: str) -> None:
    for script in reversed(list(SCRIPTS.walk_revisions())):
        schema.upgrade(fresh, script.revision)
        before = _tables(fresh)
        schema.downgrade(fresh, script.down_revision or "base")
        schema.upgrade(fresh, script.revision)

        assert _tables(fresh) == before, f"{script.revision}: down and up must end where up did"


@pytest.mark.filterwarnings("ignore:autogenerate skipping metadata-specified expression-based index:UserWarning")  # PostgreSQL's own
def test_the_migrations_end_where_the_models_are(fresh: str) -> None:
    assert tables.__all__
    schema.upgrade(fresh)
    engine = create_engine(fresh)
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        differences = compare_metadata(context, Base.metadata)
    engine.dispose()

    assert differences == [], "write a migration for what the models say and the migrations do not"


def test_whoever_worked_here_before_there_were_rights_may_do_everything(fresh: str) -> None:
    rights = next(script for script in SCRIPTS.walk_revisions() if script.revision.endswith("_people_rights"))
    schema.upgrade(fresh, str(rights.down_revision))
    engine = create_engine(fresh)
    with engine.begin() as connection:
        columns = "name, role, password_hash, session_epoch, failures, active, created_at"
        connection.execute(text(f"INSERT INTO staff ({columns}) VALUES ('anna', 'manager', 'x', 0, 0, true, '2026-01-01 00:00:00+00')"))  # noqa: S608

    schema.upgrade(fresh, rights.revision)

    with engine.connect() as connection:
        given = set(map(tuple, connection.execute(text("SELECT staff_id, role, pickup_point_id FROM staff_roles"))))
    engine.dispose()
    assert given == {(1, "admin", None), (1, "manager", None)}


def test_there_is_one_head() -> None:
    assert len(SCRIPTS.get_heads()) == 1, "two migrations follow the same one: give one of them the other as down_revision"


def test_migrations_are_numbered_without_gaps_and_named_like_their_files() -> None:
    scripts = list(reversed(list(SCRIPTS.walk_revisions())))

    for number, script in enumerate(scripts, start=1):
        assert Path(script.path).stem == script.revision, f"{script.path}: the revision is the file's name"
        assert re.fullmatch(f"{number:04}_[a-z0-9_]+", script.revision), f"{script.revision} must be number {number:04}"


def test_the_shop_knows_whether_its_database_is_migrated(app: object) -> None:
    assert schema.newest() == SCRIPTS.get_current_head()
    assert schema.is_migrated() is None
