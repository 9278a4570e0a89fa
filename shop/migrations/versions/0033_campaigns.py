"""Campaigns, articles, touches, mass sends; what goods cost

Revision: 0033_campaigns
"""

import sqlalchemy as sa
from alembic import op

revision = "0033_campaigns"
down_revision = "0032_reaching"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TABLES = (
    "product_costs", "mass_sends", "follower_touches", "order_touches", "campaign_days", "wechat_pictures", "article_pictures",
    "article_history", "articles", "campaigns",
)  # fmt: skip


def _text(name: str, length: int, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.String(length=length), nullable=nullable)


def _moment(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def _key(name: str, *, nullable: bool = False) -> sa.Column:
    return sa.Column(name, KEY, nullable=nullable)


def _to(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))


def _primary(table: str, *columns: str) -> sa.PrimaryKeyConstraint:
    return sa.PrimaryKeyConstraint(*(columns or ("id",)), name=op.f(f"pk_{table}"))


def _unique(table: str, *columns: str) -> sa.UniqueConstraint:
    return sa.UniqueConstraint(*columns, name=op.f(f"uq_{table}_{'_'.join(columns)}"))


def upgrade() -> None:
    _writing()
    _counting()
    _sending()


def _writing() -> None:
    op.create_table(
        "campaigns",
        _key("id"), _text("mark", 32), _text("kind", 12), _text("title", 120), _text("target", 300),
        _text("scene_address", 300, nullable=True), _moment("scene_until", nullable=True), _moment("created_at"), _text("created_by", 60),
        _moment("ended_at", nullable=True), _primary("campaigns"), _unique("campaigns", "mark"),
    )  # fmt: skip
    op.create_table(
        "articles",
        _key("id"), _key("campaign_id"), _text("title", 120), _text("author", 60), _text("digest", 300),
        sa.Column("body", sa.Text(), nullable=False), _text("cover", 64, nullable=True), _text("state", 12), _key("revision"),
        _moment("changed_at"), _text("changed_by", 60), _key("sent_revision", nullable=True), _text("media_id", 128, nullable=True),
        _text("publish_id", 64, nullable=True), _moment("submitted_at", nullable=True), _moment("published_at", nullable=True),
        _text("wechat_id", 128, nullable=True), _text("address", 500, nullable=True), _text("problem", 60, nullable=True),
        _to("articles", "campaign_id", "campaigns"), _primary("articles"), _unique("articles", "campaign_id"),
    )  # fmt: skip
    op.create_index("ix_articles_state", "articles", ["state", "id"])
    op.create_table(
        "article_history",
        _key("id"), _key("article_id"), _moment("at"), _text("who", 60), _text("what", 32), sa.Column("facts", sa.JSON(), nullable=True),
        _to("article_history", "article_id", "articles"), _primary("article_history"),
    )  # fmt: skip
    op.create_index(op.f("ix_article_history_article_id"), "article_history", ["article_id"])
    op.create_table(
        "article_pictures",
        _key("id"), _key("article_id"), _key("number"), _text("sha256", 64), _key("width"), _key("height"),
        sa.Column("content", sa.LargeBinary(), nullable=False), _moment("added_at"),
        _to("article_pictures", "article_id", "articles"), _primary("article_pictures"),
        _unique("article_pictures", "article_id", "sha256"), _unique("article_pictures", "article_id", "number"),
    )  # fmt: skip
    op.create_table(
        "wechat_pictures",
        _text("app_id", 32), _text("sha256", 64), _text("use", 8), _text("called", 500), _moment("at"),
        _primary("wechat_pictures", "app_id", "sha256", "use"),
    )  # fmt: skip


def _counting() -> None:
    op.create_table(
        "campaign_days",
        _key("campaign_id"), sa.Column("day", sa.Date(), nullable=False), _key("visits"),
        _to("campaign_days", "campaign_id", "campaigns"), _primary("campaign_days", "campaign_id", "day"),
    )  # fmt: skip
    op.create_table(
        "order_touches",
        _key("order_id"), _key("first_id"), _moment("first_at"), _key("last_id"), _moment("last_at"),
        _to("order_touches", "order_id", "orders"), _to("order_touches", "first_id", "campaigns"),
        _to("order_touches", "last_id", "campaigns"), _primary("order_touches", "order_id"),
    )  # fmt: skip
    op.create_index("ix_order_touches_first_id", "order_touches", ["first_id"])
    op.create_index("ix_order_touches_last_id", "order_touches", ["last_id"])
    op.create_table(
        "follower_touches",
        _key("id"), _text("app_id", 32), _text("openid", 128), _key("first_id"), _moment("first_at"), _key("last_id"), _moment("last_at"),
        _to("follower_touches", "first_id", "campaigns"), _to("follower_touches", "last_id", "campaigns"),
        _primary("follower_touches"), _unique("follower_touches", "app_id", "openid"),
    )  # fmt: skip
    op.create_index("ix_follower_touches_last_at", "follower_touches", ["last_at"])
    op.create_table(
        "product_costs",
        _key("product_id"), sa.Column("valid_from", sa.Date(), nullable=False), _key("cost_minor"), _text("cost_currency", 3),
        _text("set_by", 60), _moment("set_at"), _to("product_costs", "product_id", "products"),
        _primary("product_costs", "product_id", "valid_from"),
    )  # fmt: skip


def _sending() -> None:
    op.create_table(
        "mass_sends",
        _key("id"), _key("article_id"), _key("revision"), _key("tag_id"), _text("tag_name", 60), _key("receivers"), _text("agreed", 300),
        _text("client_msg_id", 64), _text("state", 12), _moment("prepared_at"), _text("prepared_by", 60),
        _moment("confirmed_at", nullable=True), _text("confirmed_by", 60, nullable=True), _text("media_id", 128, nullable=True),
        _text("msg_id", 64, nullable=True), _key("reached", nullable=True), _key("refused", nullable=True),
        _moment("ended_at", nullable=True), _text("problem", 60, nullable=True),
        _to("mass_sends", "article_id", "articles"), _primary("mass_sends"), _unique("mass_sends", "client_msg_id"),
    )  # fmt: skip
    op.create_index(op.f("ix_mass_sends_article_id"), "mass_sends", ["article_id"])
    op.create_index("ix_mass_sends_confirmed_at", "mass_sends", ["confirmed_at"])


def downgrade() -> None:
    for table in TABLES:
        op.drop_table(table)
