"""Packing: shelf slots, parcels, waves, and where a product stands in the store room

Revision: 0011_packing
"""

import sqlalchemy as sa
from alembic import op

revision = "0011_packing"
down_revision = "0010_refund_keys"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN_WAVE = "closed_at IS NULL"
TO_PACK = "state IN ('paid', 'packing')"


def upgrade() -> None:
    op.add_column("products", sa.Column("location", sa.String(length=20), nullable=True))
    op.create_table(
        "shelf_slots",
        sa.Column("id", KEY, nullable=False),
        sa.Column("pickup_point_id", KEY, nullable=False),
        sa.Column("code", sa.String(length=8), nullable=False),
        sa.Column("capacity", KEY, nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.CheckConstraint("capacity > 0", name=op.f("ck_shelf_slots_takes_something")),
        sa.ForeignKeyConstraint(["pickup_point_id"], ["pickup_points.id"], name=op.f("fk_shelf_slots_pickup_point_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_shelf_slots")),
        sa.UniqueConstraint("pickup_point_id", "code", name=op.f("uq_shelf_slots_pickup_point_id_code")),
    )
    op.create_table(
        "parcels",
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("slot_id", KEY, nullable=True),
        sa.Column("recent_scans", sa.JSON(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("packed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("packed_by", sa.String(length=60), nullable=True),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_parcels_order_id")),
        sa.ForeignKeyConstraint(["slot_id"], ["shelf_slots.id"], name=op.f("fk_parcels_slot_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_parcels")),
    )
    op.create_index(op.f("ix_parcels_slot_id"), "parcels", ["slot_id"])
    op.create_table(
        "parcel_lines",
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("position", KEY, nullable=False),
        sa.Column("packed", KEY, nullable=False),
        sa.CheckConstraint("packed >= 0", name=op.f("ck_parcel_lines_not_below_zero")),
        sa.ForeignKeyConstraint(["order_id"], ["parcels.order_id"], name=op.f("fk_parcel_lines_order_id")),
        sa.PrimaryKeyConstraint("order_id", "position", name=op.f("pk_parcel_lines")),
    )
    op.create_table(
        "waves",
        sa.Column("id", KEY, nullable=False),
        sa.Column("pickup_point_id", KEY, nullable=False),
        sa.Column("departs_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("departs_to", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.String(length=60), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["pickup_point_id"], ["pickup_points.id"], name=op.f("fk_waves_pickup_point_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_waves")),
    )
    still_open = {"postgresql_where": sa.text(OPEN_WAVE), "sqlite_where": sa.text(OPEN_WAVE)}
    op.create_index("ix_waves_open", "waves", ["pickup_point_id"], **still_open)
    op.create_table(
        "wave_orders",
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("wave_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_wave_orders_order_id")),
        sa.ForeignKeyConstraint(["wave_id"], ["waves.id"], name=op.f("fk_wave_orders_wave_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_wave_orders")),
    )
    op.create_index(op.f("ix_wave_orders_wave_id"), "wave_orders", ["wave_id"])
    to_pack = {"postgresql_where": sa.text(TO_PACK), "sqlite_where": sa.text(TO_PACK)}
    op.create_index("ix_orders_to_pack", "orders", ["pickup_point_id", "departs_at"], **to_pack)


def downgrade() -> None:
    op.drop_index("ix_orders_to_pack", table_name="orders")
    op.drop_table("wave_orders")
    op.drop_table("waves")
    op.drop_table("parcel_lines")
    op.drop_table("parcels")
    op.drop_table("shelf_slots")
    op.drop_column("products", "location")
