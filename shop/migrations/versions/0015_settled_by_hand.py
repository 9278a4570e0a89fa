"""Refunds settled by hand are over, and strange notices can be looked into

Revision: 0015_settled_by_hand
"""

import sqlalchemy as sa
from alembic import op

revision = "0015_settled_by_hand"
down_revision = "0014_scan_staff"
branch_labels = None
depends_on = None

NOT_OVER = "state NOT IN ('success', 'closed', 'by_hand')"
BEFORE = "state NOT IN ('success', 'closed')"
STRANGE = (
    "(verdict IN ('unknown_refund', 'reused_transaction', 'foreign_merchant') "
    "OR verdict IN ('wrong_amount', 'wrong_currency', 'unknown_number') AND amount_minor IS NULL) AND handled_at IS NULL"
)


def _index_of_not_over(where: str) -> None:
    op.drop_index("ix_refunds_not_over", table_name="refunds")
    op.create_index(
        "ix_refunds_not_over", "refunds", ["state"], postgresql_where=sa.text(where), sqlite_where=sa.text(where)
    )


def upgrade() -> None:
    op.add_column("refunds", sa.Column("to_shop_at", sa.DateTime(timezone=True), nullable=True))
    for name, kind in (("handled_at", sa.DateTime(timezone=True)), ("handled_by", sa.String(60)), ("handled_note", sa.String(200))):
        op.add_column("payment_notices", sa.Column(name, kind, nullable=True))
    op.create_index(
        "ix_payment_notices_strange", "payment_notices", ["id"], postgresql_where=sa.text(STRANGE), sqlite_where=sa.text(STRANGE)
    )
    _index_of_not_over(NOT_OVER)
    op.execute(
        "UPDATE refunds SET state = 'by_hand', done_at = COALESCE(done_at, handled_at), next_try_at = NULL "
        "WHERE handled_at IS NOT NULL AND state = 'abnormal'"
    )


def downgrade() -> None:
    op.execute("UPDATE refunds SET state = 'abnormal' WHERE state IN ('by_hand', 'to_shop')")
    _index_of_not_over(BEFORE)
    op.drop_index("ix_payment_notices_strange", table_name="payment_notices")
    for name in ("handled_note", "handled_by", "handled_at"):
        op.drop_column("payment_notices", name)
    op.drop_column("refunds", "to_shop_at")
