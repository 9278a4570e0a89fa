"""The search's index, and the products that travellers want to be told of when they are back

Revision: 0027_search
"""

import sqlalchemy as sa
from alembic import op

revision = "0027_search"
down_revision = "0026_exchange_rates"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BY_BYTES = sa.String(length=32, collation="C").with_variant(sa.String(length=32), "sqlite")


def upgrade() -> None:
    op.create_table(
        "search_terms",
        sa.Column("term", BY_BYTES, nullable=False),
        sa.Column("product_id", KEY, nullable=False),
        sa.Column("weight", KEY, nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_search_terms_product_id")),
        sa.PrimaryKeyConstraint("term", "product_id", "weight", name=op.f("pk_search_terms")),
    )
    op.create_index("ix_search_terms_product_id", "search_terms", ["product_id"])
    op.create_table(
        "search_spellings",
        sa.Column("key", BY_BYTES, nullable=False),
        sa.Column("word", BY_BYTES, nullable=False),
        sa.Column("shown", sa.String(length=40), nullable=False),
        sa.PrimaryKeyConstraint("key", "word", name=op.f("pk_search_spellings")),
    )
    op.create_table(
        "search_entries",
        sa.Column("product_id", KEY, nullable=False),
        sa.Column("made", KEY, nullable=False),
        sa.Column("said", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_search_entries_product_id")),
        sa.PrimaryKeyConstraint("product_id", name=op.f("pk_search_entries")),
    )
    op.create_table(
        "wishes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("traveller_id", KEY, nullable=False),
        sa.Column("product_id", KEY, nullable=False),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_wishes_product_id")),
        sa.ForeignKeyConstraint(["traveller_id"], ["travellers.id"], name=op.f("fk_wishes_traveller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wishes")),
        sa.UniqueConstraint("traveller_id", "product_id", name=op.f("uq_wishes_traveller_id_product_id")),
    )
    op.create_index("ix_wishes_product_id", "wishes", ["product_id"])


def downgrade() -> None:
    op.drop_table("wishes")
    op.drop_table("search_entries")
    op.drop_table("search_spellings")
    op.drop_table("search_terms")
