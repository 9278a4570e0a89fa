"""Reports as files: for a download, and for the command line."""

import os
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Literal

from sqlalchemy import Engine

from shop.base.db import db
from shop.reports import csv_writer, xlsx_writer
from shop.reports.columns import LANGUAGES
from shop.reports.orders_report import OrderReport, open_report
from shop.reports.period import Period, frankfurt_days
from shop.reports.totals import Totals

__all__ = ["FileKind", "ReportFile", "frankfurt_days", "order_report", "write_order_report"]

FileKind = Literal["csv", "xlsx"]
MIMETYPES: dict[str, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
CHUNK = 64 * 1024


@dataclass(frozen=True, slots=True)
class ReportFile:
    """A file on its way: `name` is plain ASCII. `chunks` has `close()`, for a client that hangs up."""

    name: str
    mimetype: str
    chunks: Iterator[bytes]


def order_report(kind: FileKind, since: datetime, until: datetime, language: str) -> ReportFile:
    """The orders placed from `since` up to, not including, `until`, in `language` (zh, en or de).

    CSV is read from the database while it is sent, and keeps one pooled connection until then; XLSX is complete before
    this returns. Neither needs the application any more. Raises WrongPeriod, TooManyRows (XLSX), ValueError.
    """
    period = _checked(kind, since, until, language)
    first, last = period.days
    name = f"orders-{first}.{kind}" if first == last else f"orders-{first}-to-{last}.{kind}"
    chunks = _csv(db.engine, period, language) if kind == "csv" else _Drained(_xlsx(db.engine, period, language))
    return ReportFile(name, MIMETYPES[kind], chunks)


def write_order_report(path: Path, kind: FileKind, since: datetime, until: datetime, language: str) -> Totals:
    """Write the report to `path` and answer what it adds up to. `path` is complete or not there: never half a file.

    Raises what `order_report` raises, and OSError.
    """
    period = _checked(kind, since, until, language)
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with open_report(db.engine, period, language) as report, unfinished.open("wb") as file:
            _write(kind, report, file)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return report.totals


def _checked(kind: str, since: datetime, until: datetime, language: str) -> Period:
    if kind not in MIMETYPES:
        raise ValueError(f"no such kind of file: {kind!r}")
    if language not in LANGUAGES:
        raise ValueError(f"no such language: {language!r}")
    return Period(since, until)


def _write(kind: str, report: OrderReport, file: IO[bytes]) -> None:
    if kind == "xlsx":
        xlsx_writer.write(report, file)
    else:
        file.writelines(csv_writer.chunks(report))


def _csv(engine: Engine, period: Period, language: str) -> Iterator[bytes]:
    with open_report(engine, period, language) as report:
        yield from csv_writer.chunks(report)


def _xlsx(engine: Engine, period: Period, language: str) -> IO[bytes]:
    """A file without a name: the system removes it when it is closed, or when the process dies."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever drains it
    try:
        with open_report(engine, period, language) as report:
            xlsx_writer.write(report, file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


class _Drained(Iterator[bytes]):
    """What a file holds, piece by piece. Closed at the end, or when nobody wants the rest, were it all of it."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def __next__(self) -> bytes:
        piece = b"" if self._file.closed else self._file.read(CHUNK)
        if not piece:
            self.close()
            raise StopIteration
        return piece

    def close(self) -> None:
        self._file.close()

    def __del__(self) -> None:
        self.close()  # a response that nobody began to send is only forgotten
