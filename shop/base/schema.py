"""Whether the database has the schema this code was written for; and how it gets it."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from shop.base.db import reading

if TYPE_CHECKING:
    from alembic.config import Config  # Alembic is a fifth of a second to import, and a web process rarely needs it

MIGRATIONS = Path(__file__).parents[1] / "migrations"


def config(url: str) -> "Config":
    """Alembic's configuration for this database; there is no alembic.ini."""
    from alembic.config import Config

    found = Config()
    found.set_main_option("script_location", str(MIGRATIONS))
    found.attributes["url"] = url
    return found


def upgrade(url: str, revision: str = "head") -> None:
    """Bring the database to `revision`."""
    from alembic import command

    command.upgrade(config(url), revision)


def downgrade(url: str, revision: str) -> None:
    """Take the database back to `revision`."""
    from alembic import command

    command.downgrade(config(url), revision)


@lru_cache(maxsize=1)
def newest() -> str | None:
    """The revision this code needs."""
    from alembic.script import ScriptDirectory

    return ScriptDirectory(str(MIGRATIONS)).get_current_head()


def is_migrated() -> str | None:
    """None when all is well, else why not: `database_unreachable` or `not_migrated`."""
    try:
        with reading() as session:
            row: Any = session.execute(text("SELECT version_num FROM alembic_version")).scalar()
    except SQLAlchemyError as error:
        return "not_migrated" if "alembic_version" in str(error) else "database_unreachable"
    return None if row == newest() else "not_migrated"
