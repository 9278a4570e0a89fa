"""Withdrawals, letters, ways to the counter, confirmed age

Revision: 0028_contracts
"""

import sqlalchemy as sa
from alembic import op

revision = "0028_contracts"
down_revision = "0027_search"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
OPEN = "course = 'for_a_person' AND handled_at IS NULL"


def _moment(name: str, *, nullable: bool = True) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.add_column("pickup_points", sa.Column("ways", sa.JSON(none_as_null=True), nullable=True))
    op.add_column("orders", _moment("adult_confirmed_at"))
    op.create_table(
        "letters",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("email", sa.String(length=200), nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        _moment("asked_at", nullable=False),
        _moment("sent_at"),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_letters_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_letters")),
    )
    op.create_index(op.f("ix_letters_order_id"), "letters", ["order_id"])
    op.create_table(
        "withdrawals",
        sa.Column("id", KEY, nullable=False),
        sa.Column("token", sa.String(length=40), nullable=False),
        sa.Column("key", sa.String(length=80), nullable=False),
        _moment("received_at", nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("order_number", sa.String(length=16), nullable=False),
        sa.Column("name", sa.String(length=120), nullable=True),
        sa.Column("email", sa.String(length=200), nullable=True),
        sa.Column("wish", sa.Text(), nullable=True),
        sa.Column("order_id", KEY, nullable=True),
        sa.Column("proof", sa.String(length=8), nullable=False),
        sa.Column("course", sa.String(length=16), nullable=False),
        sa.Column("order_state", sa.String(length=20), nullable=True),
        _moment("may_until"),
        sa.Column("refund_id", KEY, nullable=True),
        _moment("told_at"),
        _moment("handled_at"),
        sa.Column("handled_by", sa.String(length=60), nullable=True),
        sa.Column("handled_note", sa.String(length=500), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_withdrawals_order_id")),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name=op.f("fk_withdrawals_refund_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_withdrawals")),
        sa.UniqueConstraint("token", name=op.f("uq_withdrawals_token")),
        sa.UniqueConstraint("key", name=op.f("uq_withdrawals_key")),
    )
    op.create_index("ix_withdrawals_open", "withdrawals", ["id"], postgresql_where=sa.text(OPEN), sqlite_where=sa.text(OPEN))
    op.create_index("ix_withdrawals_order_number", "withdrawals", ["order_number", "received_at"])
    op.create_index("ix_withdrawals_received_at", "withdrawals", ["received_at"])
    op.create_index(op.f("ix_withdrawals_order_id"), "withdrawals", ["order_id"])


def downgrade() -> None:
    op.drop_table("withdrawals")
    op.drop_table("letters")
    op.drop_column("orders", "adult_confirmed_at")
    op.drop_column("pickup_points", "ways")
