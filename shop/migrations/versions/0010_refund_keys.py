"""Keys under which refunds were asked for, and the indexes of the money page

Revision: 0010_refund_keys
"""

import sqlalchemy as sa
from alembic import op

revision = "0010_refund_keys"
down_revision = "0009_reconciliation"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
NOT_OVER = "state NOT IN ('success', 'closed')"
ODD = "verdict NOT IN ('settles', 'revives')"


def upgrade() -> None:
    op.create_table(
        "refund_keys",
        sa.Column("key", sa.String(length=120), nullable=False),
        sa.Column("request_hash", sa.String(length=64), nullable=False),
        sa.Column("refund_id", KEY, nullable=False),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name=op.f("fk_refund_keys_refund_id")),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_refund_keys")),
    )
    op.create_index("ix_refunds_done_at", "refunds", ["done_at"])
    not_over = {"postgresql_where": sa.text(NOT_OVER), "sqlite_where": sa.text(NOT_OVER)}
    op.create_index("ix_refunds_not_over", "refunds", ["state"], **not_over)
    odd = {"postgresql_where": sa.text(ODD), "sqlite_where": sa.text(ODD)}
    op.create_index("ix_payments_odd", "payments", ["id"], **odd)


def downgrade() -> None:
    op.drop_index("ix_payments_odd", table_name="payments")
    op.drop_index("ix_refunds_not_over", table_name="refunds")
    op.drop_index("ix_refunds_done_at", table_name="refunds")
    op.drop_table("refund_keys")
