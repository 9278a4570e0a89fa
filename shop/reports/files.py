"""Reports as files: for a download, for the command line, and for exports that run by themselves."""

import os
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from msgspec import Struct
from sqlalchemy import Engine

from shop.base.db import db
from shop.reports import csv_writer, words, xlsx_writer
from shop.reports.adding import sums_of, totals_in
from shop.reports.asked import FILE_KINDS, MOST_AT_ONCE, Asked, FileKind, Who
from shop.reports.columns import LANGUAGES, Cell
from shop.reports.declared import Report, Summed
from shop.reports.long_periods import is_long
from shop.reports.period import Period, frankfurt_days, local
from shop.reports.registry import report_of
from shop.reports.snapshots import SLOWEST_STATEMENT, Told, View, snapshot
from shop.reports.text_cells import decimal
from shop.reports.totals import Totals

__all__ = [
    "FileKind",
    "Made",
    "ReportFile",
    "frankfurt_days",
    "order_report",
    "report_file",
    "write_order_report",
    "write_report",
]

MIMETYPES: dict[str, str] = {
    "csv": "text/csv",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
CHUNK = 64 * 1024


class ReportFile(Struct, frozen=True):
    """A file on its way: `name` is plain ASCII. `chunks` has `close()`, for a client that hangs up."""

    name: str
    mimetype: str
    chunks: Iterator[bytes]


class Made(Struct, frozen=True):
    """What a finished file holds: rows of its first sheet, and the totals as they stand in it, as plain values."""

    rows: int
    totals: Sequence[Mapping[str, Any]]
    facts: Sequence[tuple[str, str]]


def file_name(asked: Asked, kind: str) -> str:
    first, last = asked.period.days
    days = f"{first}" if first == last else f"{first}-to-{last}"
    return f"{asked.report.replace('_', '-')}-{days}.{kind}"


def report_file(asked: Asked, kind: FileKind, who: Who) -> ReportFile:
    """A report as it is asked for. Raises UnknownReport, WrongFilter, ValueError for a kind of file that is none.

    CSV is read from the database while it is sent, and keeps one pooled connection until then; XLSX is complete before
    this returns. Neither needs the application any more.
    """
    report = _checked(kind, asked)
    chunks = _csv(db.engine, report, asked) if kind == "csv" else _Drained(_xlsx(db.engine, report, asked, who))
    return ReportFile(file_name(asked, kind), MIMETYPES[kind], chunks)


def is_quick(asked: Asked) -> bool:
    """Whether the file can be made while somebody waits: few enough orders to add up, few enough rows to write.

    Raises UnknownReport, WrongFilter.
    """
    report = report_of(asked)
    with snapshot(db.engine) as view:
        return not is_long(view.all, report, asked) and sums_of(view.all, report.first, asked).rows <= MOST_AT_ONCE


def order_report(kind: FileKind, since: datetime, until: datetime, language: str) -> ReportFile:
    """The orders placed from `since` up to, not including, `until`, in `language` (zh, en or de).

    Raises WrongPeriod, and ValueError for a kind of file or a language that is none.
    """
    return report_file(_orders(since, until, language), kind, Who("", until))


def write_report(
    path: Path, kind: FileKind, asked: Asked, who: Who, *, slowest: str = SLOWEST_STATEMENT, told: Told | None = None
) -> Made:
    """Write a report to `path` and answer what it holds. `path` is complete or not there: never half a file.

    `told` hears how many rows are written and may raise to stop. Raises what `report_file` raises, and OSError.
    """
    report = _checked(kind, asked)
    unfinished = path.with_name(f"{path.name}.part")
    try:
        with (
            snapshot(db.engine, slowest=slowest, **({"told": told} if told else {})) as view,
            unfinished.open("wb") as file,
        ):
            summed = [sums_of(view.all, filled, asked) for filled in report.sheets]
            facts = facts_of(report, asked, who, summed)
            if kind == "xlsx":
                xlsx_writer.write(view, report, asked, summed, facts, file)
            else:
                file.writelines(csv_writer.chunks(view, report.first, asked, summed[0]))
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)
    return Made(summed[0].rows, [{n: v for n, v in row.items() if v is not None} for row in summed[0].footer], facts)


def write_order_report(path: Path, kind: FileKind, since: datetime, until: datetime, language: str) -> Totals:
    """Write the order report to `path` and answer what it adds up to. Raises what `order_report` raises, and OSError."""
    asked = _orders(since, until, language)
    write_report(path, kind, asked, Who("", until))
    with snapshot(db.engine) as view:
        return totals_in(view.all, asked)


def facts_of(report: Report, asked: Asked, who: Who, summed: Sequence[Summed]) -> list[tuple[str, str]]:
    """What a file says about itself, in the reader's language."""
    lang = asked.language
    said = {name: word[lang] for name, word in words.FACTS.items()}
    first, last = asked.period.days
    facts = [
        (said["report"], report.titles[lang]),
        (said["made_at"], f"{local(who.at):%Y-%m-%d %H:%M:%S} (Europe/Berlin)"),
    ]
    if who.name:
        facts.append((said["made_by"], who.name))
    if report.days:
        facts += [(said["period"], f"{first} – {last}"), (said["day"], words.DAYS[asked.day][lang])]
    facts += [(f"{said['filter']}: {name}", value) for name, value in sorted(asked.filters.items())]
    for filled, sums in zip(report.sheets, summed, strict=True):
        facts.append((f"{said['rows']}: {filled.sheet.title(lang)}", str(sums.rows)))
        cells = {column.name: column for column in filled.sheet.columns}
        for values in sums.footer:
            for name in sorted(filled.sheet.summed, key=list(cells).index):
                amount = decimal(values[name], 2, ".") if cells[name].cell is Cell.MONEY else str(values[name])
                where = " ".join(text for text in (values.get("currency") or "",) if text)
                facts.append((f"{said['total']}: {cells[name].label(lang)} {where}".strip(), amount))
    return [*facts, ("", words.ABOUT[lang]), ("", report.says[lang])]


def _orders(since: datetime, until: datetime, language: str) -> Asked:
    if language not in LANGUAGES:
        raise ValueError(f"no such language: {language!r}")
    return Asked("orders", Period(since, until), language)


def _checked(kind: str, asked: Asked) -> Report:
    if kind not in FILE_KINDS:
        raise ValueError(f"no such kind of file: {kind!r}")
    return report_of(asked)


def _csv(engine: Engine, report: Report, asked: Asked) -> Iterator[bytes]:
    with snapshot(engine) as view:
        yield from csv_writer.chunks(view, report.first, asked, sums_of(view.all, report.first, asked))


def _xlsx(engine: Engine, report: Report, asked: Asked, who: Who) -> IO[bytes]:
    """A file without a name: the system removes it when it is closed, or when the process dies."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by whoever drains it
    try:
        with snapshot(engine) as view:
            _fill_workbook(view, report, asked, who, file)
    except BaseException:
        file.close()
        raise
    file.seek(0)
    return file


def _fill_workbook(view: View, report: Report, asked: Asked, who: Who, file: IO[bytes]) -> None:
    summed = [sums_of(view.all, filled, asked) for filled in report.sheets]
    xlsx_writer.write(view, report, asked, summed, facts_of(report, asked, who, summed), file)


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
