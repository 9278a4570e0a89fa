"""What a point asks for at the hand-over, conflicts, and hand-overs that are undone

Revision: 0012_handover
"""

import sqlalchemy as sa
from alembic import op

revision = "0012_handover"
down_revision = "0011_packing"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
UNRESOLVED = "resolved_at IS NULL"


def upgrade() -> None:
    with op.batch_alter_table("scans") as scans:
        scans.add_column(sa.Column("undone_at", sa.DateTime(timezone=True), nullable=True))
        scans.add_column(sa.Column("undone_by", KEY, nullable=True))
        scans.create_foreign_key(op.f("fk_scans_undone_by"), "devices", ["undone_by"], ["id"])
    op.create_index("ix_scans_received_at", "scans", ["received_at"], postgresql_using="brin")  # in order of time as they come
    op.create_index("ix_orders_collecting", "orders", ["pickup_point_id", "collect_until"])
    op.create_table(
        "hand_over_rules",
        sa.Column("pickup_point_id", KEY, autoincrement=False, nullable=False),
        sa.Column("asks_boarding_pass", sa.Boolean(), nullable=False),
        sa.Column("asks_age", sa.Boolean(), nullable=False),
        sa.Column("asks_sealed_bag", sa.Boolean(), nullable=False),
        sa.Column("asks_identity", sa.Boolean(), nullable=False),
        sa.Column("keeps", sa.JSON(), nullable=False),
        sa.Column("big_minor", KEY, nullable=True),
        sa.Column("big_pieces", KEY, nullable=True),
        sa.ForeignKeyConstraint(["pickup_point_id"], ["pickup_points.id"], name=op.f("fk_hand_over_rules_pickup_point_id")),
        sa.PrimaryKeyConstraint("pickup_point_id", name=op.f("pk_hand_over_rules")),
    )
    op.create_table(
        "conflicts",
        sa.Column("id", KEY, nullable=False),
        sa.Column("scan_id", sa.String(length=64), nullable=False),
        sa.Column("order_id", KEY, nullable=True),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("resolved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("resolved_by", sa.String(length=60), nullable=True),
        sa.Column("resolution", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_conflicts_order_id")),
        sa.ForeignKeyConstraint(["scan_id"], ["scans.scan_id"], name=op.f("fk_conflicts_scan_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conflicts")),
        sa.UniqueConstraint("scan_id", name=op.f("uq_conflicts_scan_id")),
    )
    op.create_index(op.f("ix_conflicts_order_id"), "conflicts", ["order_id"])
    unresolved = {"postgresql_where": sa.text(UNRESOLVED), "sqlite_where": sa.text(UNRESOLVED)}
    op.create_index("ix_conflicts_open", "conflicts", ["id"], **unresolved)


def downgrade() -> None:
    op.drop_table("conflicts")
    op.drop_table("hand_over_rules")
    op.drop_index("ix_orders_collecting", table_name="orders")
    op.drop_index("ix_scans_received_at", table_name="scans")
    with op.batch_alter_table("scans") as scans:
        scans.drop_constraint(op.f("fk_scans_undone_by"), type_="foreignkey")
        scans.drop_column("undone_by")
        scans.drop_column("undone_at")
