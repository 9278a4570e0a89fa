"""Who writes the cells: PostgreSQL itself, as CSV or as a worksheet's XML, or Python from plain values.

A report's question is put together once. It asks a `Writing` how its columns are selected, and can have those that many
rows share written where they are few: an order's cells once for the order and not for each of its lines.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

from sqlalchemy import FromClause, Text, case, func

from shop.reports import sql_cells
from shop.reports.columns import Column
from shop.reports.sql_cells import quoted

Expression = Any
Cells = Sequence[tuple[Column, Expression]]
MOST_ARGUMENTS = 80  # PostgreSQL takes 100


class Writing(ABC):
    """How columns are selected. A *run* is columns that stand side by side."""

    in_postgresql = True  # the question is asked of PostgreSQL, whatever else the shop runs on

    @abstractmethod
    def run(self, name: str, cells: Cells) -> list[Expression]:
        """What a sub-select selects for a run of columns."""

    @abstractmethod
    def taken(self, source: FromClause, name: str, columns: Sequence[Column]) -> list[Expression]:
        """The run `name` of that sub-select, as its parent selects it."""

    @abstractmethod
    def known(
        self, column: Column, own: Expression, same: Expression, source: FromClause, name: str
    ) -> list[Expression]:
        """A cell that is nearly always that of `source`, written there as run `name` from the value `same`."""

    def row(self, cells: Sequence[Expression]) -> list[Expression]:
        """The whole row, from runs in their order."""
        return list(cells)


class PlainValues(Writing):
    """Values as they are, named like their columns: for `text_cells`."""

    in_postgresql = False

    def run(self, name: str, cells: Cells) -> list[Expression]:
        return [value.label(column.name) for column, value in cells]

    def taken(self, source: FromClause, name: str, columns: Sequence[Column]) -> list[Expression]:
        return [source.c[column.name] for column in columns]

    def known(
        self, column: Column, own: Expression, same: Expression, source: FromClause, name: str
    ) -> list[Expression]:
        return [own.label(column.name)]


class CsvCells(Writing):
    """Text cells of a CSV file for readers of a language."""

    def __init__(self, language: str) -> None:
        self._cells = sql_cells.csv_cells(language)

    def run(self, name: str, cells: Cells) -> list[Expression]:
        return [self._written(column, value).label(column.name) for column, value in cells]

    def taken(self, source: FromClause, name: str, columns: Sequence[Column]) -> list[Expression]:
        return [source.c[column.name] for column in columns]

    def known(
        self, column: Column, own: Expression, same: Expression, source: FromClause, name: str
    ) -> list[Expression]:
        written = case((own == same, source.c[column.name]), else_=self._written(column, own))
        return [written.label(column.name)]

    def _written(self, column: Column, value: Expression) -> Expression:
        return self._cells[column.cell](value)


class SheetRows(Writing):
    """A worksheet's `<row>`, one text for each row."""

    def run(self, name: str, cells: Cells) -> list[Expression]:
        return [_joined([sql_cells.xml_cell(column.cell, value) for column, value in cells]).label(f"xml_{name}")]

    def taken(self, source: FromClause, name: str, columns: Sequence[Column]) -> list[Expression]:
        return [source.c[f"xml_{name}"]]

    def known(
        self, column: Column, own: Expression, same: Expression, source: FromClause, name: str
    ) -> list[Expression]:
        return [case((own == same, source.c[f"xml_{name}"]), else_=sql_cells.xml_cell(column.cell, own))]

    def row(self, cells: Sequence[Expression]) -> list[Expression]:
        return [_joined([quoted("<row>"), *cells, quoted("</row>")])]


def _joined(parts: Sequence[Expression]) -> Expression:
    groups = [
        func.concat(*parts[start : start + MOST_ARGUMENTS], type_=Text)
        for start in range(0, len(parts), MOST_ARGUMENTS)
    ]
    return groups[0] if len(groups) == 1 else func.concat(*groups, type_=Text)
