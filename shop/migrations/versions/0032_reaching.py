"""How travellers can be reached: addresses for mail that they gave, and codes with which an order leads to the account

Revision: 0032_reaching
"""

import sqlalchemy as sa
from alembic import op

revision = "0032_reaching"
down_revision = "0031_messages"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment(name: str, *, nullable: bool) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "mail_addresses",
        sa.Column("traveller_id", KEY, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("address", sa.String(length=254), nullable=False),
        sa.Column("language", sa.String(length=2), nullable=False),
        _moment("given_at", nullable=False),
        _moment("confirmed_at", nullable=True),
        sa.Column("letters", KEY, nullable=False),
        sa.ForeignKeyConstraint(["traveller_id"], ["travellers.id"], name=op.f("fk_mail_addresses_traveller_id")),
        sa.PrimaryKeyConstraint("traveller_id", name=op.f("pk_mail_addresses")),
        sa.UniqueConstraint("key", name=op.f("uq_mail_addresses_key")),
    )
    op.create_table(
        "follow_codes",
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("content", sa.String(length=400), nullable=False),
        _moment("ends_at", nullable=False),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_follow_codes_order_id")),
        sa.PrimaryKeyConstraint("order_id", name=op.f("pk_follow_codes")),
    )


def downgrade() -> None:
    op.drop_table("follow_codes")
    op.drop_table("mail_addresses")
