"""How Alembic runs here: our address, our metadata, locks that do not wait for ever."""
from alembic import context
from sqlalchemy import create_engine, pool, text

from shop import tables  # noqa: F401 - the mappers
from shop.base.db import Base, UtcDateTime


def _type_text(kind: str, thing: object, autogen: object) -> str | bool:
    if kind == "type" and isinstance(thing, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    given = context.config.attributes.get("connection")
    if given is not None:
        _run_on(given)
        return
    engine = create_engine(context.config.attributes["url"], poolclass=pool.NullPool)
    with engine.connect() as connection:
        _run_on(connection)
        connection.commit()
    engine.dispose()


def _run_on(connection: object) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        render_item=_type_text,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transaction_per_migration=True,
    )
    if connection.dialect.name == "postgresql":
        connection.execute(text("SET lock_timeout = '5s'"))
        connection.commit()
    with context.begin_transaction():
        context.run_migrations()


run()
