"""Messages to travellers

Revision: 0031_messages
"""

import sqlalchemy as sa
from alembic import op

revision = "0031_messages"
down_revision = "0030_chat"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _some(condition: str) -> dict[str, sa.TextClause]:
    return {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}


def _moment(name: str, *, nullable: bool) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "messages",
        sa.Column("id", KEY, nullable=False),
        sa.Column("moment", sa.String(length=20), nullable=False),
        sa.Column("about", sa.String(length=32), nullable=False),
        sa.Column("occasion", sa.String(length=64), nullable=False),
        sa.Column("traveller_id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=True),
        sa.Column("language", sa.String(length=2), nullable=False),
        sa.Column("facts", sa.JSON(), nullable=True),
        sa.Column("state", sa.String(length=12), nullable=False),
        sa.Column("channel", sa.String(length=20), nullable=True),
        sa.Column("reason", sa.String(length=20), nullable=True),
        sa.Column("tried", sa.JSON(), nullable=True),
        sa.Column("only", sa.String(length=20), nullable=True),
        sa.Column("asked_by", sa.String(length=60), nullable=False),
        _moment("planned_at", nullable=False),
        _moment("due_at", nullable=False),
        sa.Column("tries", KEY, nullable=False),
        sa.Column("client_msg_id", sa.String(length=32), nullable=True),
        _moment("first_sent_at", nullable=True),
        _moment("sent_at", nullable=True),
        _moment("done_at", nullable=True),
        sa.Column("msgid", sa.String(length=32), nullable=True),
        sa.Column("template_id", sa.String(length=64), nullable=True),
        sa.Column("text", sa.JSON(), nullable=True),
        sa.ForeignKeyConstraint(["traveller_id"], ["travellers.id"], name=op.f("fk_messages_traveller_id")),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_messages_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_messages")),
        sa.UniqueConstraint("moment", "about", "occasion", name=op.f("uq_messages_moment_about_occasion")),
        sa.UniqueConstraint("client_msg_id", name=op.f("uq_messages_client_msg_id")),
    )
    op.create_index("ix_messages_order_id", "messages", ["order_id"])
    op.create_index("ix_messages_traveller_id", "messages", ["traveller_id", "id"])
    op.create_index("ix_messages_due_at", "messages", ["due_at"], **_some("state IN ('planned', 'sending')"))
    op.create_index("ix_messages_msgid", "messages", ["msgid"], **_some("msgid IS NOT NULL"))
    op.create_index("ix_messages_to_forget", "messages", ["planned_at"], **_some("text IS NOT NULL"))


def downgrade() -> None:
    op.drop_table("messages")
