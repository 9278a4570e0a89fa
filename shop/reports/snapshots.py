"""One consistent view of the database, and the rows of a question in it: piece by piece, never all of them."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, Engine, Select, select, text, tuple_

from shop.reports.asked import Asked
from shop.reports.declared import Filled
from shop.reports.writing import PlainValues, Writing

ROWS_AT_ONCE = 500
KEYS_AT_ONCE = 20_000  # of a long table's spine: sorted in memory, and soon enough to say how far it is
BLOCK = 256 * 1024
SLOWEST_STATEMENT = "5min"  # the shop's own limit is for pages; a year of orders may be sorted here
Told = Callable[[int], None]


def _nobody(_rows: int) -> None:
    """Nobody asks how far it is."""


@dataclass(slots=True)
class View:
    """A view of the database. `rows` is how many rows were read in it; `told` hears of it now and then, and may raise to stop."""

    connection: Connection
    told: Told = _nobody
    rows: int = 0
    _dialect: Any = field(init=False)

    def __post_init__(self) -> None:
        self._dialect = self.connection.dialect

    @property
    def writes_cells(self) -> bool:
        """Whether the database can write a file's cells by itself."""
        return bool(self._dialect.name == "postgresql")

    def all(self, question: Any) -> Sequence[Any]:
        """The rows of a short question."""
        return self.connection.execute(question).all()

    def plain(self, filled: Filled, asked: Asked) -> Iterator[Any]:
        """Every row as values in the order of the columns."""
        question = filled.rows(asked, PlainValues(), ())
        with self.connection.execute(question, execution_options={"yield_per": ROWS_AT_ONCE}) as found:
            for rows in found.partitions(ROWS_AT_ONCE):
                yield from rows
                self._count(len(rows))

    def copied(self, filled: Filled, asked: Asked, writing: Writing, options: str) -> Iterator[tuple[bytearray, int]]:
        """Blocks of what the database writes, each with how many rows end in it. PostgreSQL only."""
        for also in self._pieces(filled, asked):
            yield from self._copy(filled.rows(asked, writing, also), options)

    def _copy(self, question: Select[Any], options: str) -> Iterator[tuple[bytearray, int]]:
        # psycopg puts the values in itself: COPY takes none.
        compiled = question.compile(dialect=self._dialect, compile_kwargs={"render_postcompile": True})
        block, rows = bytearray(), 0
        driver: Any = self.connection.connection.driver_connection
        with (
            driver.cursor() as cursor,
            cursor.copy(f"COPY ({compiled}) TO STDOUT {options}", compiled.construct_params()) as copy,
        ):
            for row in copy:
                block += row
                rows += 1
                if len(block) >= BLOCK:
                    self._count(rows)
                    yield block, rows
                    block, rows = bytearray(), 0
        self._count(rows)
        yield block, rows

    def _count(self, rows: int) -> None:
        self.rows += rows
        self.told(self.rows)

    def _pieces(self, filled: Filled, asked: Asked) -> Iterator[Sequence[Any]]:
        """Conditions that cut a long table into pieces, in its order."""
        spine = filled.spine
        if spine is None:
            yield ()
            return
        keys, begun = tuple_(spine.at, spine.key), list[Any]()
        while True:
            ends = select(spine.at, spine.key).where(*spine.where(asked), *begun).order_by(spine.at, spine.key)
            end = self.connection.execute(ends.offset(KEYS_AT_ONCE - 1).limit(1)).first()
            if end is None:
                yield begun
                return
            # The moment by itself too: PostgreSQL guesses how much lies between two moments, not between two pairs.
            yield [*begun, spine.at <= end[0], keys <= tuple_(*end)]
            begun = [spine.at >= end[0], keys > tuple_(*end)]


@contextmanager
def snapshot(engine: Engine, *, slowest: str = SLOWEST_STATEMENT, told: Told = _nobody) -> Iterator[View]:
    """A view in which every question is answered as of the same moment, whatever others write meanwhile.

    PostgreSQL: REPEATABLE READ, READ ONLY. SQLite (WAL): one read transaction. Not the session's connection: a report
    outlives the request that asked for it, and changes nothing.
    """
    with engine.connect() as connection:
        on_postgresql = connection.dialect.name == "postgresql"
        if on_postgresql:
            connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        with connection.begin():
            if on_postgresql:
                # One process is enough for a report: the others are for those who wait.
                connection.execute(text(f"SET LOCAL statement_timeout = '{slowest}'"))
                connection.execute(text("SET LOCAL max_parallel_workers_per_gather = 0"))
                connection.execute(text("SET LOCAL jit = off"))
                connection.execute(text("SET LOCAL work_mem = '48MB'"))
                connection.execute(text("SET LOCAL random_page_cost = 1.1"))
            yield View(connection, told)
