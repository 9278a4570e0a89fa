"""Settings that people change: a book of all changes, and what of a pickup point's hours differs from its week

Revision: 0020_settings
"""

import sqlalchemy as sa
from alembic import op

revision = "0020_settings"
down_revision = "0019_exchange"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "setting_versions",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("key", sa.String(length=48), nullable=False),
        sa.Column("number", KEY, nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_by", sa.String(length=60), nullable=False),
        sa.Column("undoes_id", KEY, nullable=True),
        sa.ForeignKeyConstraint(["undoes_id"], ["setting_versions.id"], name=op.f("fk_setting_versions_undoes_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_setting_versions")),
        sa.UniqueConstraint("kind", "key", "number", name=op.f("uq_setting_versions_kind_key_number")),
    )
    op.create_index("ix_setting_versions_valid", "setting_versions", ["kind", "key", "valid_from", "number"])
    op.create_index("ix_setting_versions_changed_at", "setting_versions", ["changed_at"])
    op.add_column("pickup_points", sa.Column("plan", sa.JSON(), nullable=True))


def downgrade() -> None:
    op.drop_column("pickup_points", "plan")
    op.drop_table("setting_versions")
