"""WeChat's bills, their lines, and what does not agree

Revision: 0009_reconciliation
"""

import sqlalchemy as sa
from alembic import op

revision = "0009_reconciliation"
down_revision = "0008_refunds"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "bills",
        sa.Column("id", KEY, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("sha1", sa.String(length=40), nullable=True),
        sa.Column("size", KEY, nullable=True),
        sa.Column("file_name", sa.String(length=120), nullable=True),
        sa.Column("fetched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lines", KEY, nullable=True),
        sa.Column("currency", sa.String(length=8), nullable=True),
        sa.Column("paid_sum_minor", KEY, nullable=True),
        sa.Column("refund_sum_minor", KEY, nullable=True),
        sa.Column("fee_sum_minor", KEY, nullable=True),
        sa.Column("matched_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("said", sa.String(length=200), nullable=True),
        sa.Column("claimed_until", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_bills")),
        sa.UniqueConstraint("day", "kind", name=op.f("uq_bills_day_kind")),
    )
    op.create_table(
        "bill_lines",
        sa.Column("bill_id", KEY, autoincrement=False, nullable=False),
        sa.Column("number", KEY, autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("transaction_id", sa.String(length=64), nullable=True),
        sa.Column("out_trade_no", sa.String(length=64), nullable=True),
        sa.Column("refund_id", sa.String(length=64), nullable=True),
        sa.Column("out_refund_no", sa.String(length=64), nullable=True),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.Column("amount_currency", sa.String(length=8), nullable=False),
        sa.Column("fee_minor", KEY, nullable=True),
        sa.Column("said", sa.String(length=40), nullable=True),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name=op.f("fk_bill_lines_bill_id")),
        sa.PrimaryKeyConstraint("bill_id", "number", name=op.f("pk_bill_lines")),
    )
    op.create_index("ix_bill_lines_transaction_id", "bill_lines", ["transaction_id"])
    op.create_index("ix_bill_lines_out_trade_no", "bill_lines", ["out_trade_no"])
    op.create_index("ix_bill_lines_out_refund_no", "bill_lines", ["out_refund_no"])
    op.create_table(
        "open_items",
        sa.Column("id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=24), nullable=False),
        sa.Column("key", sa.String(length=96), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("order_id", KEY, nullable=True),
        sa.Column("payment_id", KEY, nullable=True),
        sa.Column("refund_id", KEY, nullable=True),
        sa.Column("bill_id", KEY, nullable=True),
        sa.Column("line_number", KEY, nullable=True),
        sa.Column("transaction_id", sa.String(length=64), nullable=True),
        sa.Column("out_trade_no", sa.String(length=64), nullable=True),
        sa.Column("out_refund_no", sa.String(length=64), nullable=True),
        sa.Column("ours_minor", KEY, nullable=True),
        sa.Column("ours_currency", sa.String(length=8), nullable=True),
        sa.Column("theirs_minor", KEY, nullable=True),
        sa.Column("theirs_currency", sa.String(length=8), nullable=True),
        sa.Column("first_seen_day", sa.Date(), nullable=False),
        sa.Column("last_seen_day", sa.Date(), nullable=False),
        sa.Column("state", sa.String(length=8), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("said", sa.String(length=200), nullable=True),
        sa.Column("settled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("settled_by", sa.String(length=60), nullable=True),
        sa.Column("settled_how", sa.String(length=200), nullable=True),
        sa.ForeignKeyConstraint(["bill_id"], ["bills.id"], name=op.f("fk_open_items_bill_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_open_items_order_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_open_items_payment_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name=op.f("fk_open_items_refund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_open_items")),
        sa.UniqueConstraint("kind", "key", name=op.f("uq_open_items_kind_key")),
    )
    op.create_index("ix_open_items_day", "open_items", ["day"])
    op.create_index(
        "ix_open_items_open",
        "open_items",
        ["id"],
        postgresql_where=sa.text("state = 'open'"),
        sqlite_where=sa.text("state = 'open'"),
    )


def downgrade() -> None:
    op.drop_table("open_items")
    op.drop_table("bill_lines")
    op.drop_table("bills")
