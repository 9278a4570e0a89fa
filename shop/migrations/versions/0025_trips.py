"""How an order was priced; trips that travellers keep

Revision: 0025_trips
"""

import sqlalchemy as sa
from alembic import op

revision = "0025_trips"
down_revision = "0024_office"
branch_labels = None
depends_on = None

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment(name: str, *, nullable: bool) -> sa.Column:
    return sa.Column(name, sa.DateTime(timezone=True), nullable=nullable)


def upgrade() -> None:
    op.add_column("orders", sa.Column("treatment", sa.String(length=10), server_default="duty_free", nullable=False))
    op.create_table(
        "saved_trips",
        sa.Column("id", KEY, nullable=False),
        sa.Column("traveller_id", KEY, nullable=False),
        sa.Column("flight", sa.String(length=8), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("origin", sa.String(length=3), nullable=False),
        sa.Column("destination", sa.String(length=3), nullable=False),
        sa.Column("final_destination", sa.String(length=3), nullable=False),
        sa.Column("residence", sa.String(length=2), nullable=False),
        sa.Column("terminal", sa.String(length=4), nullable=False),
        sa.Column("departs_local", sa.Time(), nullable=True),
        _moment("departs_at", nullable=False),
        _moment("saved_at", nullable=False),
        sa.ForeignKeyConstraint(["traveller_id"], ["travellers.id"], name=op.f("fk_saved_trips_traveller_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_trips")),
        sa.UniqueConstraint("traveller_id", "flight", "day", name=op.f("uq_saved_trips_traveller_id_flight_day")),
    )
    op.create_index("ix_saved_trips_departs_at", "saved_trips", ["departs_at"])


def downgrade() -> None:
    op.drop_table("saved_trips")
    op.drop_column("orders", "treatment")
