"""Orders as staff look for them: indexes, words of names, notes; and figures counted by day for the dashboard

Revision: 0022_order_desk
"""

import sqlalchemy as sa
from alembic import op

revision = "0022_order_desk"
down_revision = "0021_privacy"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TO_HAND_OVER = "state IN ('paid', 'packing', 'ready')"
MONEY_GOES_BACK = "refund_state <> 'none'"
CAPITALS, SMALL = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
INDEXES = (
    ("ix_orders_state", "orders", ["state", "placed_at", "id"], None),
    ("ix_orders_state_departs_at", "orders", ["state", "departs_at", "id"], None),
    ("ix_orders_refund_state", "orders", ["refund_state", "placed_at", "id"], MONEY_GOES_BACK),
    ("ix_orders_departs_at_id", "orders", ["departs_at", "id"], None),
    ("ix_orders_flight_number", "orders", ["flight_number", "departs_at", "id"], None),
    ("ix_orders_total_minor_id", "orders", ["total_minor", "id"], None),
    ("ix_orders_to_hand_over", "orders", ["departs_at", "id"], TO_HAND_OVER),
    ("ix_orders_changed_at", "orders", ["changed_at"], None),
    ("ix_order_lines_product_id", "order_lines", ["product_id", "order_id"], None),
    ("ix_trip_changes_at", "trip_changes", ["at"], None),
    ("ix_announcements_subject", "announcements", ["subject", "id"], None),
)
# The words of a name, small, as lexemes: a run of Latin letters is a word, each letter of another script is one by itself.
# Its cost is what it is: a plan that works it out for every order must look as dear as it is.
POSTGRESQL = (
    f"""
    CREATE FUNCTION order_name_words(name text) RETURNS tsvector LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS $$
      SELECT array_to_tsvector(array_remove(regexp_split_to_array(
        regexp_replace(translate(name, '{CAPITALS}', '{SMALL}'), '([^ -~])', ' \\1 ', 'g'), '[ -/:-@[-`{{-~]+'), ''))
    $$
    """,
    "CREATE INDEX ix_orders_name_words ON orders USING gin (order_name_words(traveller_name))",
    """
    CREATE FUNCTION order_notes_stay() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' AND NEW.text IS NULL AND (NEW.id, NEW.order_id, NEW.key, NEW.at, NEW.who) =
         (OLD.id, OLD.order_id, OLD.key, OLD.at, OLD.who) THEN
        RETURN NEW;
      END IF;
      RAISE EXCEPTION 'a note is never changed' USING ERRCODE = 'integrity_constraint_violation';
    END $$
    """,
    "CREATE TRIGGER order_notes_stay BEFORE UPDATE OR DELETE ON order_notes FOR EACH ROW EXECUTE FUNCTION order_notes_stay()",
)
SQLITE = (
    """
    CREATE TRIGGER order_notes_are_not_reworded BEFORE UPDATE ON order_notes WHEN NEW.text IS NOT NULL OR NEW.id <> OLD.id
    OR NEW.order_id <> OLD.order_id OR NEW.key <> OLD.key OR NEW.at <> OLD.at OR NEW.who <> OLD.who
    BEGIN SELECT RAISE(ABORT, 'a note is never changed'); END
    """,
    "CREATE TRIGGER order_notes_stay BEFORE DELETE ON order_notes BEGIN SELECT RAISE(ABORT, 'a note is never changed'); END",
)


def upgrade() -> None:
    for name, table, columns, where in INDEXES:
        only = {"postgresql_where": sa.text(where), "sqlite_where": sa.text(where)} if where else {}
        op.create_index(name, table, columns, **only)
    op.create_table(
        "order_notes",
        sa.Column("id", KEY, nullable=False),
        sa.Column("order_id", KEY, nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("who", sa.String(length=60), nullable=False),
        sa.Column("text", sa.String(length=1000), nullable=True),
        sa.ForeignKeyConstraint(["order_id"], ["orders.id"], name=op.f("fk_order_notes_order_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_order_notes")),
        sa.UniqueConstraint("order_id", "key", name=op.f("uq_order_notes_order_id_key")),
    )
    _create_figures()
    for statement in POSTGRESQL if op.get_bind().dialect.name == "postgresql" else SQLITE:
        op.execute(statement)


def _create_figures() -> None:
    op.create_table(
        "figures_placed",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("point_id", KEY, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        *(sa.Column(name, KEY, nullable=False) for name in ("orders", "paid", "paid_minor", "refunds", "refunded_minor")),
        sa.PrimaryKeyConstraint("day", "point_id", "currency", name=op.f("pk_figures_placed")),
    )
    op.create_table(
        "figures_products",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("product_id", KEY, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        *(sa.Column(name, KEY, nullable=False) for name in ("orders", "pieces", "goods_minor")),
        sa.PrimaryKeyConstraint("day", "product_id", "currency", name=op.f("pk_figures_products")),
    )
    op.create_table(
        "figures_departures",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("hour", KEY, nullable=False),
        sa.Column("point_id", KEY, nullable=False),
        *(sa.Column(name, KEY, nullable=False) for name in ("orders", "on_time", "late", "no_shows")),
        sa.PrimaryKeyConstraint("day", "hour", "point_id", name=op.f("pk_figures_departures")),
    )
    op.create_table(
        "figures_days",
        sa.Column("day", sa.Date(), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("pk_figures_days")),
    )
    op.create_table(
        "figures_standing",
        sa.Column("id", KEY, autoincrement=False, nullable=False),
        sa.Column("counted_to", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_figures_standing")),
    )


def downgrade() -> None:
    for name in ("figures_standing", "figures_days", "figures_departures", "figures_products", "figures_placed", "order_notes"):
        op.drop_table(name)
    if op.get_bind().dialect.name == "postgresql":
        op.execute("DROP FUNCTION order_notes_stay")
        op.execute("DROP INDEX ix_orders_name_words")
        op.execute("DROP FUNCTION order_name_words")
    for name, table, _, _ in reversed(INDEXES):
        op.drop_index(name, table_name=table)
