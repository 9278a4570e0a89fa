"""Prices with a date, brands, times of publishing, the ledger of stock, pictures that people upload

Every product's brand becomes a row of `brands`, its price the first row of its history, and what is on hand the opening
of its ledger. Back again nothing of a product is lost: its brand's name and its price have stayed with it.

Revision: 0018_catalogue
"""

import re
import unicodedata
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0018_catalogue"
down_revision = "0017_people_rights"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)

# A price or a movement is written once. What a price may still become is withdrawn, before it is valid (a check of the table).
POSTGRESQL = (
    """
    CREATE FUNCTION prices_never_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' AND OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL
        AND ROW(NEW.id, NEW.product_id, NEW.kind, NEW.amount_minor, NEW.amount_currency, NEW.valid_from, NEW.set_by, NEW.set_at, NEW.reason)
          IS NOT DISTINCT FROM
          ROW(OLD.id, OLD.product_id, OLD.kind, OLD.amount_minor, OLD.amount_currency, OLD.valid_from, OLD.set_by, OLD.set_at, OLD.reason)
      THEN
        RETURN NEW;
      END IF;
      RAISE EXCEPTION 'a price never changes' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER prices_never_change BEFORE UPDATE OR DELETE ON prices
    FOR EACH ROW EXECUTE FUNCTION prices_never_change()
    """,
    """
    CREATE FUNCTION stock_movements_never_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      RAISE EXCEPTION 'a movement of stock never changes' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    """
    CREATE TRIGGER stock_movements_never_change BEFORE UPDATE OR DELETE ON stock_movements
    FOR EACH ROW EXECUTE FUNCTION stock_movements_never_change()
    """,
)
SQLITE = (
    """
    CREATE TRIGGER prices_never_change BEFORE UPDATE ON prices
    WHEN NOT (OLD.withdrawn_at IS NULL AND NEW.withdrawn_at IS NOT NULL AND NEW.id = OLD.id AND NEW.product_id = OLD.product_id
      AND NEW.kind = OLD.kind AND NEW.amount_minor IS OLD.amount_minor AND NEW.amount_currency = OLD.amount_currency
      AND NEW.valid_from = OLD.valid_from AND NEW.set_by = OLD.set_by AND NEW.set_at = OLD.set_at AND NEW.reason = OLD.reason)
    BEGIN
      SELECT RAISE(ABORT, 'a price never changes');
    END
    """,
    """
    CREATE TRIGGER prices_never_deleted BEFORE DELETE ON prices
    BEGIN
      SELECT RAISE(ABORT, 'a price is never deleted');
    END
    """,
    """
    CREATE TRIGGER stock_movements_never_change BEFORE UPDATE ON stock_movements
    BEGIN
      SELECT RAISE(ABORT, 'a movement of stock never changes');
    END
    """,
    """
    CREATE TRIGGER stock_movements_never_deleted BEFORE DELETE ON stock_movements
    BEGIN
      SELECT RAISE(ABORT, 'a movement of stock is never deleted');
    END
    """,
)


def upgrade() -> None:
    op.create_table(
        "brands",
        sa.Column("id", KEY, nullable=False),
        sa.Column("code", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=60), nullable=False),
        sa.Column("rank", KEY, nullable=False),
        sa.Column("hidden", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_brands")),
        sa.UniqueConstraint("code", name=op.f("uq_brands_code")),
        sa.UniqueConstraint("name", name=op.f("uq_brands_name")),
    )
    op.add_column("categories", sa.Column("hidden", sa.Boolean(), nullable=False, server_default=sa.false()))
    _add_to_products()
    _create_history()
    _fill(op.get_bind(), datetime.now(UTC))
    postgresql = op.get_bind().dialect.name == "postgresql"
    for statement in POSTGRESQL if postgresql else SQLITE:
        op.execute(statement)


def _add_to_products() -> None:
    if op.get_bind().dialect.name == "sqlite":  # which cannot add a constraint later, nor be rebuilt while others refer to it
        op.execute("ALTER TABLE products ADD COLUMN brand_id INTEGER CONSTRAINT fk_products_brand_id REFERENCES brands (id)")
    else:
        op.add_column("products", sa.Column("brand_id", KEY, nullable=True))
        op.create_foreign_key(op.f("fk_products_brand_id"), "products", "brands", ["brand_id"], ["id"])
    op.create_index(op.f("ix_products_brand_id"), "products", ["brand_id"], unique=False)
    op.add_column("products", sa.Column("duty_paid_minor", KEY, nullable=True))
    op.add_column("products", sa.Column("reduced_from_minor", KEY, nullable=True))
    for name in ("next_price_at", "reduced_until", "publish_from", "publish_until", "first_on_sale_at", "changed_at"):
        op.add_column("products", sa.Column(name, MOMENT, nullable=True))
    op.add_column("products", sa.Column("picture_kind", sa.String(length=8), nullable=False, server_default="webp"))
    op.add_column("products", sa.Column("gallery", sa.JSON(), nullable=True))
    op.add_column("products", sa.Column("version", KEY, nullable=False, server_default="1"))
    op.create_index("ix_products_rank", "products", ["rank", "id"], unique=False)
    op.create_index(
        "ix_products_next_price", "products", ["next_price_at"], unique=False,
        postgresql_where=sa.text("next_price_at IS NOT NULL"), sqlite_where=sa.text("next_price_at IS NOT NULL"),
    )  # fmt: skip


def _create_history() -> None:
    op.create_table(
        "prices",
        sa.Column("id", KEY, nullable=False),
        sa.Column("product_id", KEY, nullable=False),
        sa.Column("kind", sa.String(length=10), nullable=False),
        sa.Column("amount_minor", KEY, nullable=True),
        sa.Column("amount_currency", sa.String(length=3), nullable=False),
        sa.Column("valid_from", MOMENT, nullable=False),
        sa.Column("set_by", sa.String(length=40), nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.Column("reason", sa.String(length=200), nullable=False),
        sa.Column("withdrawn_at", MOMENT, nullable=True),
        sa.Column("withdrawn_by", sa.String(length=40), nullable=True),
        sa.CheckConstraint(
            "amount_minor > 0 OR (amount_minor IS NULL AND kind = 'duty_paid')", name=op.f("ck_prices_costs_something")
        ),
        sa.CheckConstraint("valid_from >= set_at", name=op.f("ck_prices_never_in_the_past")),
        sa.CheckConstraint("withdrawn_at IS NULL OR withdrawn_at < valid_from", name=op.f("ck_prices_withdrawn_in_time")),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_prices_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_prices")),
    )
    op.create_index("ix_prices_in_time", "prices", ["product_id", "kind", "valid_from", "id"], unique=False)
    op.create_table(
        "stock_movements",
        sa.Column("id", KEY, nullable=False),
        sa.Column("product_id", KEY, nullable=False),
        sa.Column("reason", sa.String(length=20), nullable=False),
        *(sa.Column(name, KEY, nullable=False) for name in ("quantity", "before", "after", "handed_over")),
        sa.Column("note", sa.String(length=200), nullable=False),
        sa.Column("who", sa.String(length=40), nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("reference", KEY, nullable=True),
        sa.Column("request_key", sa.String(length=64), nullable=True),
        sa.CheckConstraint("after = before + quantity", name=op.f("ck_stock_movements_adds_up")),
        sa.CheckConstraint(
            "quantity <> 0 OR reason IN ('count', 'opening')", name=op.f("ck_stock_movements_moves_something")
        ),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_stock_movements_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stock_movements")),
        sa.UniqueConstraint("request_key", name=op.f("uq_stock_movements_request_key")),
    )
    op.create_index("ix_stock_movements_product", "stock_movements", ["product_id", "id"], unique=False)
    op.create_table(
        "product_pictures",
        sa.Column("id", KEY, nullable=False),
        sa.Column("product_id", KEY, nullable=False),
        sa.Column("rank", KEY, nullable=False),
        sa.Column("stem", sa.String(length=80), nullable=False),
        sa.Column("width", KEY, nullable=False),
        sa.Column("height", KEY, nullable=False),
        *(sa.Column(f"alt_{language}", sa.String(length=160), nullable=False) for language in ("zh", "en", "de")),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("uploaded_by", sa.String(length=40), nullable=False),
        sa.Column("uploaded_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["product_id"], ["products.id"], name=op.f("fk_product_pictures_product_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_product_pictures")),
    )
    op.create_index("ix_product_pictures_product", "product_pictures", ["product_id", "rank", "id"], unique=False)
    op.create_index(op.f("ix_product_pictures_stem"), "product_pictures", ["stem"], unique=False)


def _fill(connection: sa.Connection, now: datetime) -> None:
    """What there is becomes the beginning of the new books."""
    products = sa.table("products", *(sa.column(n) for n in ("id", "brand", "brand_id", "price_minor", "price_currency", "active")),
                        sa.column("first_on_sale_at", MOMENT))  # fmt: skip
    brands = sa.table("brands", *(sa.column(n) for n in ("id", "code", "name", "rank")), sa.column("hidden", sa.Boolean()))
    names = sorted(connection.scalars(sa.select(products.c.brand).distinct()))
    taken: set[str] = set()
    for name in names:
        code = _free(_code(name), taken)
        connection.execute(sa.insert(brands).values(code=code, name=name, rank=0, hidden=False))
    own = sa.select(brands.c.id).where(brands.c.name == products.c.brand).scalar_subquery()
    connection.execute(sa.update(products).values(brand_id=own))
    moment = sa.bindparam("now", now, type_=MOMENT)
    connection.execute(sa.update(products).where(products.c.active.is_(sa.true())).values(first_on_sale_at=moment))
    prices = sa.table("prices", *(sa.column(n) for n in ("product_id", "kind", "amount_minor", "amount_currency", "set_by", "reason")),
                      sa.column("valid_from", MOMENT), sa.column("set_at", MOMENT))  # fmt: skip
    connection.execute(
        sa.insert(prices).from_select(
            ["product_id", "kind", "amount_minor", "amount_currency", "set_by", "reason", "valid_from", "set_at"],
            sa.select(
                products.c.id, sa.literal("duty_free"), products.c.price_minor, products.c.price_currency, sa.literal("system"),
                sa.literal(""), moment, moment,
            ).where(products.c.price_minor > 0),
        )
    )  # fmt: skip
    stock = sa.table("stock", *(sa.column(n) for n in ("product_id", "on_hand", "handed_over")))
    movements = sa.table("stock_movements", *(sa.column(n) for n in ("product_id", "reason", "quantity", "before", "after", "handed_over",
                                                                    "note", "who")), sa.column("at", MOMENT))  # fmt: skip
    whole = stock.c.on_hand + stock.c.handed_over
    connection.execute(
        sa.insert(movements).from_select(
            ["product_id", "reason", "quantity", "before", "after", "handed_over", "note", "who", "at"],
            sa.select(stock.c.product_id, sa.literal("opening"), whole, sa.literal(0), whole, sa.literal(0), sa.literal(""),
                      sa.literal("system"), moment),
        )
    )  # fmt: skip


def _code(name: str) -> str:
    """`Domaine Müller-Thurgau` → `domaine-muller-thurgau`; "brand" for a name without a Latin letter."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:50] or "brand"


def _free(code: str, taken: set[str]) -> str:
    free, n = code, 2
    while free in taken:
        free, n = f"{code}-{n}", n + 1
    taken.add(free)
    return free


def downgrade() -> None:
    op.drop_index(op.f("ix_product_pictures_stem"), table_name="product_pictures")
    op.drop_index("ix_product_pictures_product", table_name="product_pictures")
    op.drop_table("product_pictures")
    op.drop_index("ix_stock_movements_product", table_name="stock_movements")
    op.drop_table("stock_movements")
    op.drop_index("ix_prices_in_time", table_name="prices")
    op.drop_table("prices")
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION stock_movements_never_change")
        op.execute("DROP FUNCTION prices_never_change")
    op.drop_index("ix_products_next_price", table_name="products")
    op.drop_index("ix_products_rank", table_name="products")
    op.drop_index(op.f("ix_products_brand_id"), table_name="products")
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(op.f("fk_products_brand_id"), "products", type_="foreignkey")
    for name in (
        "version", "gallery", "picture_kind", "changed_at", "first_on_sale_at", "publish_until", "publish_from", "reduced_until",
        "reduced_from_minor", "next_price_at", "duty_paid_minor", "brand_id",
    ):  # fmt: skip
        op.drop_column("products", name)
    op.drop_column("categories", "hidden")
    op.drop_table("brands")
