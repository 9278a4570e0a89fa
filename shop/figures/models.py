"""The tables of what was counted, by day. All of it can be thrown away and counted again."""

from datetime import date, datetime

from sqlalchemy import Date, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Model


class PlacedFigures(Model):
    """Orders placed on a day for a pickup point. `paid_minor` is what the paid ones came to, before refunds."""

    __tablename__ = "figures_placed"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    point_id: Mapped[int] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    orders: Mapped[int]
    paid: Mapped[int]
    paid_minor: Mapped[int]
    refunds: Mapped[int]  # orders of which money goes or went back
    refunded_minor: Mapped[int]


class ProductFigures(Model):
    """What paid orders of a day, for a pickup point, held of a product."""

    __tablename__ = "figures_products"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    point_id: Mapped[int] = mapped_column(primary_key=True)
    product_id: Mapped[int] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    orders: Mapped[int]
    pieces: Mapped[int]
    goods_minor: Mapped[int]


class DepartureFigures(Model):
    """Paid orders whose flight leaves on a day in an hour (0 to 23, Frankfurt's)."""

    __tablename__ = "figures_departures"

    day: Mapped[date] = mapped_column(Date, primary_key=True)
    hour: Mapped[int] = mapped_column(primary_key=True)
    point_id: Mapped[int] = mapped_column(primary_key=True)
    orders: Mapped[int]
    on_time: Mapped[int]
    late: Mapped[int]
    no_shows: Mapped[int]


class CountedDay(Model):
    """A day that stands in the three tables above (with no rows, when nothing happened on it)."""

    __tablename__ = "figures_days"

    day: Mapped[date] = mapped_column(Date, primary_key=True)


class Standing(Model):
    """One row, whose `id` is 1: changes of orders up to `counted_to` are in what was counted."""

    __tablename__ = "figures_standing"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    counted_to: Mapped[datetime | None]
