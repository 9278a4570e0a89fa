"""Who pays an attempt: the order's own traveller (no value), or a companion who came by a link

Revision: 0036_payers
"""

import sqlalchemy as sa
from alembic import op

revision = "0036_payers"
down_revision = "0035_messages_of_a_day"
branch_labels = None
depends_on = None

# Not by Alembic's batches: on SQLite they make the table anew, without its triggers.
POSTGRESQL = "ALTER TABLE attempts ADD COLUMN payer_id BIGINT CONSTRAINT fk_attempts_payer_id REFERENCES travellers (id)"
SQLITE = POSTGRESQL.replace("BIGINT", "INTEGER")
MARKED = sa.text("payer_id IS NOT NULL")


def upgrade() -> None:
    op.execute(POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE)
    op.create_index("ix_attempts_payer_id", "attempts", ["payer_id"], postgresql_where=MARKED, sqlite_where=MARKED)


def downgrade() -> None:
    op.drop_index("ix_attempts_payer_id", "attempts")
    op.execute("ALTER TABLE attempts DROP COLUMN payer_id")
