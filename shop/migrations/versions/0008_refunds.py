"""Payments that WeChat took, refunds, and the triggers that forbid paying back more than came in

Revision: 0008_refunds
"""

import sqlalchemy as sa
from alembic import op

revision = "0008_refunds"
down_revision = "0007_pickup"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

# `payments.refunded_minor` is the sum of the refunds that are not closed: kept here and not by the shop's code, so that the
# CHECK on it holds whoever writes. What was promised never changes; a refund that WeChat closed frees its amount.
POSTGRESQL = (
    """
    CREATE FUNCTION refunds_add_up() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'a refund is never deleted' USING ERRCODE = 'integrity_constraint_violation';
      ELSIF TG_OP = 'INSERT' THEN
        UPDATE payments SET refunded_minor = refunded_minor + NEW.amount_minor WHERE id = NEW.payment_id AND NEW.state <> 'closed';
      ELSE
        IF NEW.payment_id <> OLD.payment_id OR NEW.amount_minor <> OLD.amount_minor OR NEW.amount_currency <> OLD.amount_currency
           OR NEW.out_refund_no <> OLD.out_refund_no OR OLD.state = 'closed' AND NEW.state <> 'closed' THEN
          RAISE EXCEPTION 'a refund never changes' USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.state = 'closed' AND OLD.state <> 'closed' THEN
          UPDATE payments SET refunded_minor = refunded_minor - NEW.amount_minor WHERE id = NEW.payment_id;
        END IF;
      END IF;
      RETURN NEW;
    END $$
    """,
    """
    CREATE TRIGGER refunds_add_up BEFORE INSERT OR UPDATE OR DELETE ON refunds
    FOR EACH ROW EXECUTE FUNCTION refunds_add_up()
    """,
)
SQLITE = (
    """
    CREATE TRIGGER refunds_add_up AFTER INSERT ON refunds WHEN NEW.state <> 'closed'
    BEGIN
      UPDATE payments SET refunded_minor = refunded_minor + NEW.amount_minor WHERE id = NEW.payment_id;
    END
    """,
    """
    CREATE TRIGGER refunds_never_change BEFORE UPDATE ON refunds
    WHEN NEW.payment_id <> OLD.payment_id OR NEW.amount_minor <> OLD.amount_minor OR NEW.amount_currency <> OLD.amount_currency
      OR NEW.out_refund_no <> OLD.out_refund_no OR OLD.state = 'closed' AND NEW.state <> 'closed'
    BEGIN
      SELECT RAISE(ABORT, 'a refund never changes');
    END
    """,
    """
    CREATE TRIGGER refunds_closed AFTER UPDATE OF state ON refunds WHEN NEW.state = 'closed' AND OLD.state <> 'closed'
    BEGIN
      UPDATE payments SET refunded_minor = refunded_minor - NEW.amount_minor WHERE id = NEW.payment_id;
    END
    """,
    """
    CREATE TRIGGER refunds_never_deleted BEFORE DELETE ON refunds
    BEGIN
      SELECT RAISE(ABORT, 'a refund is never deleted');
    END
    """,
)


def upgrade() -> None:
    op.create_table(
        "payments",
        sa.Column("id", KEY, nullable=False),
        sa.Column("transaction_id", sa.String(length=64), nullable=False),
        sa.Column("out_trade_no", sa.String(length=64), nullable=False),
        sa.Column("attempt_id", KEY, nullable=True),
        sa.Column("order_id", KEY, nullable=True),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.Column("amount_currency", sa.String(length=8), nullable=False),
        sa.Column("paid_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("heard_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("verdict", sa.String(length=24), nullable=False),
        sa.Column("payer_minor", KEY, nullable=True),
        sa.Column("payer_currency", sa.String(length=3), nullable=True),
        sa.Column("exchange_rate", KEY, nullable=True),
        sa.Column("refunded_minor", KEY, nullable=False, server_default="0"),
        sa.CheckConstraint(
            "refunded_minor >= 0 AND refunded_minor <= amount_minor", name=op.f("ck_payments_never_more_than_came_in")
        ),
        sa.ForeignKeyConstraint(["attempt_id"], ["attempts.id"], name=op.f("fk_payments_attempt_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_payments_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_payments")),
        sa.UniqueConstraint("transaction_id", name=op.f("uq_payments_transaction_id")),
        postgresql_with={"fillfactor": 90},
    )
    op.create_index(op.f("ix_payments_order_id"), "payments", ["order_id"])
    op.create_index(op.f("ix_payments_paid_at"), "payments", ["paid_at"])
    op.create_table(
        "refunds",
        sa.Column("id", KEY, nullable=False),
        sa.Column("payment_id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=True),
        sa.Column("out_refund_no", sa.String(length=64), nullable=False),
        sa.Column("amount_minor", KEY, nullable=False),
        sa.Column("amount_currency", sa.String(length=8), nullable=False),
        sa.Column("cause", sa.String(length=24), nullable=False),
        sa.Column("note", sa.String(length=200), nullable=True),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("request", sa.Text(), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("tries", KEY, nullable=False, server_default="0"),
        sa.Column("next_try_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("refund_id", sa.String(length=64), nullable=True),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("payer_minor", KEY, nullable=True),
        sa.Column("payer_currency", sa.String(length=3), nullable=True),
        sa.Column("last_said", sa.String(length=200), nullable=True),
        sa.Column("replaces_id", KEY, nullable=True),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_by", sa.String(length=60), nullable=True),
        sa.Column("handled_note", sa.String(length=200), nullable=True),
        sa.CheckConstraint("amount_minor > 0", name=op.f("ck_refunds_of_something")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_refunds_order_id")),
        sa.ForeignKeyConstraint(["payment_id"], ["payments.id"], name=op.f("fk_refunds_payment_id")),
        sa.ForeignKeyConstraint(["replaces_id"], ["refunds.id"], name=op.f("fk_refunds_replaces_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refunds")),
        sa.UniqueConstraint("out_refund_no", name=op.f("uq_refunds_out_refund_no")),
        sa.UniqueConstraint("replaces_id", name=op.f("uq_refunds_replaces_id")),
    )
    op.create_index(op.f("ix_refunds_order_id"), "refunds", ["order_id"])
    op.create_index(op.f("ix_refunds_payment_id"), "refunds", ["payment_id"])
    op.create_index(
        "ix_refunds_next_try_at",
        "refunds",
        ["next_try_at"],
        postgresql_where=sa.text("next_try_at IS NOT NULL"),
        sqlite_where=sa.text("next_try_at IS NOT NULL"),
    )
    op.create_table(
        "refund_lines",
        sa.Column("refund_id", KEY, nullable=False),
        sa.Column("position", KEY, nullable=False),
        sa.Column("quantity", KEY, nullable=False),
        sa.ForeignKeyConstraint(["refund_id"], ["refunds.id"], name=op.f("fk_refund_lines_refund_id")),
        sa.PrimaryKeyConstraint("refund_id", "position", name=op.f("pk_refund_lines")),
    )
    op.add_column("order_lines", sa.Column("refunded", KEY, nullable=False, server_default="0"))
    op.add_column("pickup_points", sa.Column("no_show_after_hours", KEY, nullable=True))
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)
    op.execute(
        # What came in before there was this table: every attempt that was paid.
        "INSERT INTO payments (transaction_id, out_trade_no, attempt_id, order_id, amount_minor, amount_currency, paid_at, heard_at, "
        "verdict, payer_minor, payer_currency, exchange_rate, refunded_minor) "
        "SELECT COALESCE(a.transaction_id, a.out_trade_no), a.out_trade_no, a.id, a.order_id, a.amount_minor, a.amount_currency, "
        "COALESCE(a.paid_at, a.created_at), COALESCE(a.paid_at, a.created_at), "
        "COALESCE((SELECT max(n.verdict) FROM payment_notices n WHERE n.attempt_id = a.id "
        "AND n.verdict IN ('settles', 'revives', 'too_late', 'paid_twice')), 'settles'), "
        "a.payer_minor, a.payer_currency, a.exchange_rate, 0 FROM attempts a WHERE a.state = 'paid'"
    )


def downgrade() -> None:
    op.drop_column("pickup_points", "no_show_after_hours")
    op.drop_column("order_lines", "refunded")
    op.drop_table("refund_lines")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP TRIGGER refunds_add_up ON refunds")
        op.execute("DROP FUNCTION refunds_add_up")
    op.drop_table("refunds")
    op.drop_table("payments")
