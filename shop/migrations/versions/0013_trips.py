"""Trips that change: delays, the history of an order's trip, and travellers on their way

Revision: 0013_trips
"""

import sqlalchemy as sa
from alembic import op

revision = "0013_trips"
down_revision = "0012_handover"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
COMING = "on_my_way_at IS NOT NULL"
POINTS = ("old_point_id", "new_point_id")


def upgrade() -> None:
    op.add_column("orders", sa.Column("on_my_way_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("orders", sa.Column("trip_changed_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_orders_flight", "orders", ["flight_date", "flight_number"])
    coming = {"postgresql_where": sa.text(COMING), "sqlite_where": sa.text(COMING)}
    op.create_index("ix_orders_on_my_way", "orders", ["pickup_point_id", "on_my_way_at"], **coming)
    op.create_table(
        "delays",
        sa.Column("flight_number", sa.String(length=8), nullable=False),
        sa.Column("flight_date", sa.Date(), nullable=False),
        sa.Column("departs_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("said_by", sa.String(length=60), nullable=False),
        sa.PrimaryKeyConstraint("flight_number", "flight_date", name=op.f("pk_delays")),
    )
    op.create_table(
        "trip_changes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=60), nullable=False),
        sa.Column("why", sa.String(length=16), nullable=False),
        sa.Column("old_flight", sa.String(length=8), nullable=False),
        sa.Column("new_flight", sa.String(length=8), nullable=False),
        sa.Column("old_departs_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("new_departs_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("old_final_destination", sa.String(length=3), nullable=False),
        sa.Column("new_final_destination", sa.String(length=3), nullable=False),
        sa.Column("old_point_id", KEY, nullable=False),
        sa.Column("new_point_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_trip_changes_order_id")),
        *(sa.ForeignKeyConstraint([name], ["pickup_points.id"], name=op.f(f"fk_trip_changes_{name}")) for name in POINTS),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trip_changes")),
    )
    op.create_index(op.f("ix_trip_changes_order_id"), "trip_changes", ["order_id"])


def downgrade() -> None:
    op.drop_table("trip_changes")
    op.drop_table("delays")
    op.drop_index("ix_orders_on_my_way", table_name="orders")
    op.drop_index("ix_orders_flight", table_name="orders")
    op.drop_column("orders", "trip_changed_at")
    op.drop_column("orders", "on_my_way_at")
