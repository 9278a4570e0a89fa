"""Messages by the day on which they were planned: for monitoring, and for the list of those that did not arrive

Revision: 0035_messages_of_a_day
"""

from alembic import op

revision = "0035_messages_of_a_day"
down_revision = "0034_quick_words"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_messages_planned_at", "messages", ["planned_at"])


def downgrade() -> None:
    op.drop_index("ix_messages_planned_at", table_name="messages")
