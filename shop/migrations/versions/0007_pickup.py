"""Pickup codes and scans

Revision: 0007_pickup
"""

import sqlalchemy as sa
from alembic import op

revision = "0007_pickup"
down_revision = "0006_payments"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pickups",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("collected_by", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("scan_id", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["collected_by"], ["devices.id"], name=op.f("fk_pickups_collected_by")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_pickups_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pickups")),
        sa.UniqueConstraint("code", name=op.f("uq_pickups_code")),
        sa.UniqueConstraint("order_id", name=op.f("uq_pickups_order_id")),
    )
    op.create_index(op.f("ix_pickups_scan_id"), "pickups", ["scan_id"], unique=False)
    op.create_table(
        "scans",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("scan_id", sa.String(length=64), nullable=False),
        sa.Column("device_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=True),
        sa.Column("outcome", sa.String(length=20), nullable=False),
        sa.Column("details", sa.JSON(), nullable=True),
        sa.Column("scanned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["device_id"], ["devices.id"], name=op.f("fk_scans_device_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_scans_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_scans")),
        sa.UniqueConstraint("scan_id", name=op.f("uq_scans_scan_id")),
    )
    op.create_index("ix_scans_order_id", "scans", ["order_id"], unique=False)


def downgrade() -> None:
    op.drop_index("ix_scans_order_id", table_name="scans")
    op.drop_table("scans")
    op.drop_index(op.f("ix_pickups_scan_id"), table_name="pickups")
    op.drop_table("pickups")
