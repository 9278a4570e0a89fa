"""Privacy: travellers who were erased, orders whose names are forgotten, and the indexes that find what is due

Revision: 0021_privacy
"""

import sqlalchemy as sa
from alembic import op

revision = "0021_privacy"
down_revision = "0020_settings"
branch_labels = None
depends_on = None

NAMED = "forgotten_at IS NULL"


def upgrade() -> None:
    op.add_column("travellers", sa.Column("erased_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("orders", sa.Column("forgotten_at", sa.DateTime(timezone=True), nullable=True))
    named = {"postgresql_where": sa.text(NAMED), "sqlite_where": sa.text(NAMED)}
    op.create_index("ix_orders_to_forget", "orders", ["departs_at"], **named)
    op.create_index("ix_attempts_created_at", "attempts", ["created_at"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("ix_attempts_created_at", "attempts")
    op.drop_index("ix_orders_to_forget", "orders")
    op.drop_column("orders", "forgotten_at")
    op.drop_column("travellers", "erased_at")
