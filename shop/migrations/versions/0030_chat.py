"""Followers, the chat of the account, the answers marketing keeps, and the menu

Revision: 0030_chat
"""

import sqlalchemy as sa
from alembic import op

revision = "0030_chat"
down_revision = "0029_shared_tokens"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.create_table(
        "followers",
        sa.Column("id", KEY, nullable=False),
        sa.Column("app_id", sa.String(64), nullable=False),
        sa.Column("openid", sa.String(128), nullable=False),
        sa.Column("follows", sa.Boolean, nullable=False),
        _moment("changed_at"),
        sa.Column("scene", sa.String(64), nullable=True),
        *(_moment(name, nullable=True) for name in ("followed_at", "message_at", "menu_at", "scan_at", "with_person_at")),
        _moment("first_at"),
        _moment("last_at"),
        sa.PrimaryKeyConstraint("id", name="pk_followers"),
        sa.UniqueConstraint("app_id", "openid", name="uq_followers_app_id_openid"),
    )
    op.create_index("ix_followers_last_at", "followers", ["last_at"])
    op.create_table(
        "chat_answers",
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("topic", sa.String(12), nullable=True),
        sa.Column("keywords", sa.JSON, nullable=False),
        sa.Column("texts", sa.JSON, nullable=False),
        sa.Column("active", sa.Boolean, nullable=False),
        _moment("changed_at"),
        sa.Column("changed_by", sa.String(60), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_chat_answers"),
    )
    op.create_table(
        "chat_entries",
        sa.Column("id", KEY, nullable=False),
        sa.Column("follower_id", KEY, nullable=False),
        sa.Column("mark", sa.String(64), nullable=False),
        sa.Column("way", sa.String(3), nullable=False),
        sa.Column("kind", sa.String(32), nullable=False),
        sa.Column("event", sa.String(64), nullable=False),
        sa.Column("key", sa.String(200), nullable=False),
        sa.Column("text", sa.Text, nullable=True),
        _moment("at"),
        sa.Column("topic", sa.String(12), nullable=False),
        sa.Column("answer_id", KEY, nullable=True),
        sa.Column("outcome", sa.String(12), nullable=True),
        sa.Column("said", sa.String(64), nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_chat_entries"),
        sa.UniqueConstraint("mark", name="uq_chat_entries_mark"),
        sa.ForeignKeyConstraint(["follower_id"], ["followers.id"], name="fk_chat_entries_follower_id_followers"),
        sa.ForeignKeyConstraint(["answer_id"], ["chat_answers.id"], name="fk_chat_entries_answer_id_chat_answers"),
    )
    op.create_index("ix_chat_entries_follower_id", "chat_entries", ["follower_id", "id"])
    op.create_index("ix_chat_entries_at", "chat_entries", ["at"])
    for name, content in (("chat_service_hours", "hours"), ("account_menus", "content")):
        verb = "changed" if content == "hours" else "saved"
        published = [] if content == "hours" else [_moment("published_at", nullable=True), sa.Column("published_by", sa.String(60))]
        op.create_table(
            name,
            sa.Column("id", KEY, nullable=False),
            sa.Column(content, sa.JSON, nullable=False),
            _moment(f"{verb}_at"),
            sa.Column(f"{verb}_by", sa.String(60), nullable=False),
            *published,
            sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        )


def downgrade() -> None:
    for name in ("account_menus", "chat_service_hours", "chat_entries", "chat_answers", "followers"):
        op.drop_table(name)
