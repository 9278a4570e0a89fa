"""Tokens of other companies that all processes share, and what is wrong with a peer for now

Revision: 0029_shared_tokens
"""

import sqlalchemy as sa
from alembic import op

revision = "0029_shared_tokens"
down_revision = "0028_contracts"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    op.create_table(
        "peer_tokens",
        sa.Column("name", sa.String(128), nullable=False),
        sa.Column("serial", KEY, nullable=False),
        sa.Column("sealed", sa.Text, nullable=True),
        sa.Column("renew_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("lease_mark", sa.String(32), nullable=True),
        sa.PrimaryKeyConstraint("name", name="pk_peer_tokens"),
    )
    op.create_table(
        "peer_troubles",
        sa.Column("name", sa.String(200), nullable=False),
        sa.Column("errcode", KEY, nullable=False),
        sa.Column("said", sa.String(200), nullable=False),
        sa.Column("count", KEY, nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("last_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_peer_troubles"),
    )


def downgrade() -> None:
    op.drop_table("peer_troubles")
    op.drop_table("peer_tokens")
