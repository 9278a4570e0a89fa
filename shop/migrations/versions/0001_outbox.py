"""What happened, and who reacts to it

Revision: 0001_outbox
"""

import sqlalchemy as sa
from alembic import op

revision = "0001_outbox"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "announcements",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("spread_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_announcements")),
    )
    op.create_index(
        "ix_announcements_waiting",
        "announcements",
        ["id"],
        unique=False,
        postgresql_where=sa.text("spread_at IS NULL"),
        sqlite_where=sa.text("spread_at IS NULL"),
    )
    op.create_table(
        "deliveries",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("announcement_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("reaction", sa.String(length=96), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tries", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("leased_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("given_up_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_error", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["announcement_id"], ["announcements.id"], name=op.f("fk_deliveries_announcement_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_deliveries")),
        sa.UniqueConstraint("announcement_id", "reaction", name=op.f("uq_deliveries_announcement_id_reaction")),
    )
    op.create_index(
        "ix_deliveries_due",
        "deliveries",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL AND given_up_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL AND given_up_at IS NULL"),
    )


def downgrade() -> None:
    op.drop_index(
        "ix_deliveries_due",
        table_name="deliveries",
        postgresql_where=sa.text("done_at IS NULL AND given_up_at IS NULL"),
        sqlite_where=sa.text("done_at IS NULL AND given_up_at IS NULL"),
    )
    op.drop_table("deliveries")
    op.drop_index(
        "ix_announcements_waiting",
        table_name="announcements",
        postgresql_where=sa.text("spread_at IS NULL"),
        sqlite_where=sa.text("spread_at IS NULL"),
    )
    op.drop_table("announcements")
