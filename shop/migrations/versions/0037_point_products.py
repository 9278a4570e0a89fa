"""What was sold of a product, by pickup point too: the dashboard of one point

Revision: 0037_point_products
"""

import sqlalchemy as sa
from alembic import op

revision = "0037_point_products"
down_revision = "0036_payers"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _make(*keys: str) -> None:
    """The table anew: all of it can be counted again, and is, because no day counts as counted any more."""
    op.drop_table("figures_products")
    op.create_table(
        "figures_products",
        sa.Column("day", sa.Date(), nullable=False),
        *(sa.Column(name, KEY, nullable=False) for name in keys),
        sa.Column("currency", sa.String(length=3), nullable=False),
        *(sa.Column(name, KEY, nullable=False) for name in ("orders", "pieces", "goods_minor")),
        sa.PrimaryKeyConstraint("day", *keys, "currency", name=op.f("pk_figures_products")),
    )
    op.execute("DELETE FROM figures_days")


def upgrade() -> None:
    _make("point_id", "product_id")


def downgrade() -> None:
    _make("product_id")
