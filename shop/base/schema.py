"""Whether the database has the schema this code was written for; and how it gets it."""

from functools import lru_cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shop.base.db import reading

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def config(url: str) -> Config:
    """Alembic's configuration for this database; there is no alembic.ini."""
    found = Config()
    found.set_main_option("script_location", str(MIGRATIONS))
    found.attributes["url"] = url
    return found


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to `revision`."""
    command.upgrade(config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to `revision`."""
    command.downgrade(config(url), revision)


@lru_cache(maxsize=1)
def newest() -> str | None:
    """The revision this code needs."""
    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def is_migrated() -> str | None:
    """None when all is well, else why not: `database_unreachable` or `not_migrated`."""
    try:
        with reading() as session:
            row: Any = session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except SQLAlchemyError as error:
        return "not_migrated" if "alembic_version" in str(error) else "database_unreachable"
    return None if row == newest() else "not_migrated"
