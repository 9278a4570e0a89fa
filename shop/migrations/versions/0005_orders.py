"""Orders, their lines and their history

Revision: 0005_orders
"""

import sqlalchemy as sa
from alembic import op

revision = "0005_orders"
down_revision = "0004_catalogue"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "orders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("number", sa.String(length=16), nullable=False),
        sa.Column("traveller_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("idempotency_key", sa.String(length=80), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("state", sa.String(length=20), nullable=False),
        sa.Column("refund_state", sa.String(length=20), nullable=False),
        sa.Column("total_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("total_currency", sa.String(length=3), nullable=False),
        sa.Column("placed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("pay_before", sa.DateTime(timezone=True), nullable=False),
        sa.Column("hold_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("collected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("flight_number", sa.String(length=8), nullable=False),
        sa.Column("flight_date", sa.Date(), nullable=False),
        sa.Column("departs_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("origin", sa.String(length=3), nullable=False),
        sa.Column("destination", sa.String(length=3), nullable=False),
        sa.Column("final_destination", sa.String(length=3), nullable=False),
        sa.Column("terminal", sa.String(length=4), nullable=False),
        sa.Column("pickup_point_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("collect_from", sa.DateTime(timezone=True), nullable=False),
        sa.Column("collect_until", sa.DateTime(timezone=True), nullable=False),
        sa.Column("traveller_name", sa.String(length=60), nullable=False),
        sa.Column("residence", sa.String(length=2), nullable=False),
        sa.Column("birth_date", sa.Date(), nullable=True),
        sa.Column("campaign", sa.String(length=64), nullable=True),
        sa.ForeignKeyConstraint(["pickup_point_id"], ["pickup_points.id"], name=op.f("fk_orders_pickup_point_id")),
        sa.ForeignKeyConstraint(["traveller_id"], ["travellers.id"], name=op.f("fk_orders_traveller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_orders")),
        sa.UniqueConstraint("number", name=op.f("uq_orders_number")),
        sa.UniqueConstraint("traveller_id", "idempotency_key", name=op.f("uq_orders_traveller_id_idempotency_key")),
        postgresql_with={"fillfactor": 80},
    )
    op.create_index(
        "ix_orders_hold_until",
        "orders",
        ["hold_until"],
        unique=False,
        postgresql_where=sa.text("state = 'awaiting_payment'"),
        sqlite_where=sa.text("state = 'awaiting_payment'"),
    )
    op.create_index("ix_orders_placed_at_id", "orders", ["placed_at", "id"], unique=False)
    op.create_index("ix_orders_traveller_id_id", "orders", ["traveller_id", "id"], unique=False)
    op.create_table(
        "order_history",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("old_state", sa.String(length=20), nullable=True),
        sa.Column("new_state", sa.String(length=20), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=60), nullable=False),
        sa.Column("why", sa.String(length=120), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_history_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_history")),
    )
    op.create_index(op.f("ix_order_history_order_id"), "order_history", ["order_id"], unique=False)
    op.create_table(
        "order_lines",
        sa.Column("order_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("position", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("product_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("sku", sa.String(length=32), nullable=False),
        sa.Column("name_zh", sa.String(length=120), nullable=False),
        sa.Column("name_en", sa.String(length=120), nullable=False),
        sa.Column("name_de", sa.String(length=120), nullable=False),
        sa.Column("picture", sa.String(length=120), nullable=True),
        sa.Column("quantity", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("unit_price_minor", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_lines_order_id")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_order_lines_product_id")),
        sa.PrimaryKeyConstraint("order_id", "position", name=op.f("pk_order_lines")),
    )


def downgrade() -> None:
    op.drop_table("order_lines")
    op.drop_index(op.f("ix_order_history_order_id"), table_name="order_history")
    op.drop_table("order_history")
    op.drop_index("ix_orders_traveller_id_id", table_name="orders")
    op.drop_index("ix_orders_placed_at_id", table_name="orders")
    op.drop_index(
        "ix_orders_hold_until",
        table_name="orders",
        postgresql_where=sa.text("state = 'awaiting_payment'"),
        sqlite_where=sa.text("state = 'awaiting_payment'"),
    )
    op.drop_table("orders")
