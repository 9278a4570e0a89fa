"""The table of keys under which refunds were asked for, and the indexes that the money page asks by."""

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Model
from shop.payments.models import PaymentNotice, Refund, Taken

# Written out, because a database uses a partial index only where a question says the very same.
NOT_OVER = "state NOT IN ('success', 'closed', 'by_hand')"
ODD = "verdict NOT IN ('settles', 'revives')"
STRANGE = (
    "(verdict IN ('unknown_refund', 'reused_transaction', 'foreign_merchant') "
    "OR verdict IN ('wrong_amount', 'wrong_currency', 'unknown_number') AND amount_minor IS NULL) AND handled_at IS NULL"
)


class RefundKey(Model):
    """A key that somebody made up for asking once, and the refund it led to. `request_hash` is of what was asked."""

    __tablename__ = "refund_keys"

    key: Mapped[str] = mapped_column(String(120), primary_key=True)  # `device:7 …`, `staff:3 …`: everybody has their own
    request_hash: Mapped[str] = mapped_column(String(64))
    refund_id: Mapped[int] = mapped_column(ForeignKey("refunds.id"))


Index("ix_refunds_done_at", Refund.done_at)
Index("ix_refunds_not_over", Refund.state, postgresql_where=text(NOT_OVER), sqlite_where=text(NOT_OVER))
Index("ix_payments_odd", Taken.id, postgresql_where=text(ODD), sqlite_where=text(ODD))
Index("ix_payment_notices_strange", PaymentNotice.id, postgresql_where=text(STRANGE), sqlite_where=text(STRANGE))
