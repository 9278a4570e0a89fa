"""Airports, flights, pickup points

Revision: 0003_flights
"""

import sqlalchemy as sa
from alembic import op

revision = "0003_flights"
down_revision = "0002_people"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "airports",
        sa.Column("iata", sa.String(length=3), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("name_de", sa.String(length=80), nullable=False),
        sa.Column("city_zh", sa.String(length=80), nullable=False),
        sa.Column("city_en", sa.String(length=80), nullable=False),
        sa.Column("city_de", sa.String(length=80), nullable=False),
        sa.Column("country", sa.String(length=2), nullable=False),
        sa.Column("tz", sa.String(length=40), nullable=False),
        sa.Column("customs_area", sa.String(length=8), nullable=False),
        sa.PrimaryKeyConstraint("iata", name=op.f("pk_airports")),
    )
    op.create_table(
        "flights",
        sa.Column("number", sa.String(length=8), nullable=False),
        sa.Column("carrier_zh", sa.String(length=60), nullable=False),
        sa.Column("carrier_en", sa.String(length=60), nullable=False),
        sa.Column("origin", sa.String(length=3), nullable=False),
        sa.Column("destination", sa.String(length=3), nullable=False),
        sa.Column("terminal", sa.String(length=4), nullable=False),
        sa.Column("departs", sa.Time(), nullable=False),
        sa.Column("weekdays", sa.String(length=7), nullable=False),
        sa.Column("minutes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.ForeignKeyConstraint(["destination"], ["airports.iata"], name=op.f("fk_flights_destination")),
        sa.ForeignKeyConstraint(["origin"], ["airports.iata"], name=op.f("fk_flights_origin")),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_flights")),
    )
    op.create_table(
        "pickup_points",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("airport", sa.String(length=3), nullable=False),
        sa.Column("terminal", sa.String(length=4), nullable=False),
        sa.Column("zone", sa.String(length=16), nullable=False),
        sa.Column("name_zh", sa.String(length=80), nullable=False),
        sa.Column("name_en", sa.String(length=80), nullable=False),
        sa.Column("name_de", sa.String(length=80), nullable=False),
        sa.Column("directions_zh", sa.Text(), nullable=False),
        sa.Column("directions_en", sa.Text(), nullable=False),
        sa.Column("directions_de", sa.Text(), nullable=False),
        sa.Column("hours", sa.JSON(), nullable=False),
        sa.Column("tz", sa.String(length=40), nullable=False),
        sa.Column("order_lead_minutes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("opens_before_minutes", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("hands_over_unpacked", sa.Boolean(), nullable=False),
        sa.Column("hands_over_early", sa.Boolean(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(["airport"], ["airports.iata"], name=op.f("fk_pickup_points_airport")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pickup_points")),
        sa.UniqueConstraint("code", name=op.f("uq_pickup_points_code")),
    )


def downgrade() -> None:
    op.drop_table("pickup_points")
    op.drop_table("flights")
    op.drop_table("airports")
