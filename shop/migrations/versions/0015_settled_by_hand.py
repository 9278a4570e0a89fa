"""Refunds settled by hand are over, strange notices can be looked into, and the database keeps attempts as they were asked

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

# What was asked of WeChat under a number is repeated byte by byte, whoever writes: `payments.models.FROZEN`. When it is over
# for good, it may be emptied, because it names the payer (`shop.privacy`).
FROZEN = ("order_id", "out_trade_no", "amount_minor", "amount_currency", "request", "time_expire", "created_at")
EMPTIED = {"request": " AND NEW.request <> '{}'"}


def _changed(differs: str) -> str:
    return " OR ".join(f"NEW.{name} {differs} OLD.{name}{EMPTIED.get(name, '')}" for name in FROZEN)


POSTGRESQL = (
    """
    CREATE FUNCTION attempts_never_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'an attempt never changes' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    f"""
    CREATE TRIGGER attempts_never_change BEFORE UPDATE OF {', '.join(FROZEN)} ON attempts FOR EACH ROW
    WHEN ({_changed("IS DISTINCT FROM")}) EXECUTE FUNCTION attempts_never_change()
    """,
)
SQLITE = (
    f"""
    CREATE TRIGGER attempts_never_change BEFORE UPDATE OF {', '.join(FROZEN)} ON attempts
    WHEN {_changed("IS NOT")}
    BEGIN
      SELECT RAISE(ABORT, 'an attempt never changes');
    END
    """,
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

    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)


def downgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER attempts_never_change ON attempts")
        op.execute("DROP FUNCTION attempts_never_change")
    else:
        op.execute("DROP TRIGGER attempts_never_change")
    op.execute("UPDATE refunds SET state = 'abnormal' WHERE state IN ('by_hand', 'to_shop')")
    _index_of_not_over(BEFORE)
    op.drop_index("ix_payment_notices_strange", table_name="payment_notices")
    for name in ("handled_note", "handled_by", "handled_at"):
        op.drop_column("payment_notices", name)
    op.drop_column("refunds", "to_shop_at")
