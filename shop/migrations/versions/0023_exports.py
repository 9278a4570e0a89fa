"""Exports, saved reports and schedules

Revision: 0023_exports
"""

import sqlalchemy as sa
from alembic import op

revision = "0023_exports"
down_revision = "0022_order_desk"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNFINISHED = "state IN ('waiting', 'running')"


def _moment(name: str, *, nullable: bool) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _what() -> list[sa.Column]:
    return [
        sa.Column("report", sa.String(length=32), nullable=False),
        sa.Column("format", sa.String(length=4), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("header", sa.String(length=12), nullable=False),
        sa.Column("day", sa.String(length=12), nullable=False),
        sa.Column("filters", sa.JSON(), nullable=False),
    ]


def upgrade() -> None:
    op.create_table(
        "saved_reports",
        sa.Column("id", KEY, nullable=False),
        sa.Column("owner_id", KEY, nullable=False),
        sa.Column("name", sa.String(length=80), nullable=False),
        sa.Column("shared", sa.Boolean(), nullable=False),
        *_what(),
        sa.Column("span", sa.String(length=16), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        _moment("created_at", nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_saved_reports_owner_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_reports")),
        sa.UniqueConstraint("owner_id", "name", name=op.f("uq_saved_reports_owner_id_name")),
    )
    op.create_table(
        "schedules",
        sa.Column("id", KEY, nullable=False),
        sa.Column("saved_id", KEY, nullable=False),
        sa.Column("owner_id", KEY, nullable=False),
        sa.Column("rule", sa.String(length=200), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("at", sa.Time(), nullable=False),
        sa.Column("way", sa.String(length=8), nullable=False),
        sa.Column("target", sa.String(length=300), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        _moment("next_run_at", nullable=True),
        _moment("last_run_at", nullable=True),
        sa.Column("said", sa.String(length=200), nullable=True),
        _moment("created_at", nullable=False),
        sa.ForeignKeyConstraint(["owner_id"], ["staff.id"], name=op.f("fk_schedules_owner_id")),
        sa.ForeignKeyConstraint(["saved_id"], ["saved_reports.id"], name=op.f("fk_schedules_saved_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_schedules")),
    )
    op.create_index(op.f("ix_schedules_saved_id"), "schedules", ["saved_id"])
    op.create_index("ix_schedules_next_run_at", "schedules", ["next_run_at"])
    op.create_table(
        "export_jobs",
        sa.Column("id", KEY, nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("actor", sa.String(length=60), nullable=False),
        sa.Column("actor_name", sa.String(length=80), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        *_what(),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        _moment("asked_at", nullable=False),
        _moment("started_at", nullable=True),
        _moment("finished_at", nullable=True),
        _moment("expires_at", nullable=True),
        _moment("lease_until", nullable=True),
        sa.Column("run", sa.String(length=16), nullable=True),
        sa.Column("tries", KEY, nullable=False),
        sa.Column("rows", KEY, nullable=False),
        sa.Column("size", KEY, nullable=True),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("totals", sa.JSON(), nullable=True),
        sa.Column("said", sa.String(length=200), nullable=True),
        sa.Column("schedule_id", KEY, nullable=True),
        _moment("sent_at", nullable=True),
        sa.Column("send_tries", KEY, nullable=False),
        sa.ForeignKeyConstraint(["schedule_id"], ["schedules.id"], name=op.f("fk_export_jobs_schedule_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_export_jobs")),
        sa.UniqueConstraint("actor", "key", name=op.f("uq_export_jobs_actor_key")),
        sa.UniqueConstraint("token", name=op.f("uq_export_jobs_token")),
    )
    op.create_index("ix_export_jobs_actor_id", "export_jobs", ["actor", "id"])
    op.create_index("ix_export_jobs_expires_at", "export_jobs", ["expires_at"])
    op.create_index(op.f("ix_export_jobs_schedule_id"), "export_jobs", ["schedule_id"])
    still_open = {"postgresql_where": sa.text(UNFINISHED), "sqlite_where": sa.text(UNFINISHED)}
    op.create_index("ix_export_jobs_open", "export_jobs", ["id"], **still_open)


def downgrade() -> None:
    op.drop_table("export_jobs")
    op.drop_table("schedules")
    op.drop_table("saved_reports")
