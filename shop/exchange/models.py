"""The tables of imports: what was sent, what came of checking it, line by line."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, Index, LargeBinary, String, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model


class CatalogueImport(Model):
    """A file somebody sent. `notes` are plain facts about it: how it was read, unknown columns, new brands, why it was refused.

    `run` counts the checks: a worker that was taken for dead and comes back finds that it is not its turn any more.
    """

    __tablename__ = "catalogue_imports"
    __table_args__ = (CheckConstraint("size >= 0 AND done >= 0", name="counts"),)

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    size: Mapped[int]
    currency: Mapped[str] = mapped_column(String(3))
    state: Mapped[str] = mapped_column(String(12))
    sent_by: Mapped[str] = mapped_column(String(40))
    sent_at: Mapped[datetime]
    run: Mapped[int] = mapped_column(default=0)
    worked_at: Mapped[datetime | None]
    checked_at: Mapped[datetime | None]
    done: Mapped[int] = mapped_column(default=0)  # lines looked at so far
    new: Mapped[int] = mapped_column(default=0)
    changed: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    faulty: Mapped[int] = mapped_column(default=0)
    notes: Mapped[dict[str, Any]] = mapped_column(JSON)
    confirmed_by: Mapped[str | None] = mapped_column(String(40))
    confirmed_at: Mapped[datetime | None]
    applied_at: Mapped[datetime | None]


class ImportPart(Model):
    """A piece of the file, so that web and worker need no folder in common."""

    __tablename__ = "catalogue_import_parts"

    import_id: Mapped[int] = mapped_column(ForeignKey("catalogue_imports.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)


class ImportLine(Model):
    """A line of the file. `changes` are by column the value before and after, `faults` as in `rules.Fault`.

    `seen` is a mark of all that the product was when it was checked; `moves_ean` says that its EAN changes.
    """

    __tablename__ = "catalogue_import_lines"
    __table_args__ = (
        Index(
            "ix_catalogue_import_lines_faults",
            "import_id",
            "line",
            postgresql_where=text("outcome = 'fault'"),
            sqlite_where=text("outcome = 'fault'"),
        ),
    )

    import_id: Mapped[int] = mapped_column(ForeignKey("catalogue_imports.id"), primary_key=True)
    line: Mapped[int] = mapped_column(primary_key=True)
    sku: Mapped[str] = mapped_column(String(60))
    outcome: Mapped[str] = mapped_column(String(10))
    changes: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    faults: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    seen: Mapped[str] = mapped_column(String(32), default="")
    moves_ean: Mapped[bool] = mapped_column(default=False)
