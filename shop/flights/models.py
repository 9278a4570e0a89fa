"""The tables of airports, flights and pickup points: data that changes with the timetable, not with orders."""

from datetime import date, datetime, time

from sqlalchemy import JSON, Date, ForeignKey, String, Text, Time
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Key, Model


class Airport(Model):
    """`customs_area` is CN, HK, MO, EU or OTHER: whose rules an arriving traveller meets."""

    __tablename__ = "airports"

    iata: Mapped[str] = mapped_column(String(3), primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    name_de: Mapped[str] = mapped_column(String(80))
    city_zh: Mapped[str] = mapped_column(String(80))
    city_en: Mapped[str] = mapped_column(String(80))
    city_de: Mapped[str] = mapped_column(String(80))
    country: Mapped[str] = mapped_column(String(2))
    tz: Mapped[str] = mapped_column(String(40))
    customs_area: Mapped[str] = mapped_column(String(8))


class Flight(Model):
    """A flight pattern: this number leaves `origin` at `departs` (local) on `weekdays` (ISO digits, `1234567`)."""

    __tablename__ = "flights"

    number: Mapped[str] = mapped_column(String(8), primary_key=True)
    carrier_zh: Mapped[str] = mapped_column(String(60))
    carrier_en: Mapped[str] = mapped_column(String(60))
    origin: Mapped[str] = mapped_column(ForeignKey("airports.iata"))
    destination: Mapped[str] = mapped_column(ForeignKey("airports.iata"))
    terminal: Mapped[str] = mapped_column(String(4))
    departs: Mapped[time] = mapped_column(Time)
    weekdays: Mapped[str] = mapped_column(String(7))
    minutes: Mapped[int]


class PickupPoint(Model):
    """A counter. `hours` maps ISO weekdays to `["06:00", "21:30"]`, with a break to `["06:00", "12:00", "13:00", "21:30"]`; a
    missing day is closed. `tz` is the airport's. `plan` holds what differs (`shop.flights.hours`)."""

    __tablename__ = "pickup_points"

    id: Mapped[int] = mapped_column(Key, primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    airport: Mapped[str] = mapped_column(ForeignKey("airports.iata"))
    terminal: Mapped[str] = mapped_column(String(4))
    zone: Mapped[str] = mapped_column(String(16))
    name_zh: Mapped[str] = mapped_column(String(80))
    name_en: Mapped[str] = mapped_column(String(80))
    name_de: Mapped[str] = mapped_column(String(80))
    directions_zh: Mapped[str] = mapped_column(Text)
    directions_en: Mapped[str] = mapped_column(Text)
    directions_de: Mapped[str] = mapped_column(Text)
    hours: Mapped[dict] = mapped_column(JSON)
    plan: Mapped[dict | None] = mapped_column(JSON)
    ways: Mapped[dict | None] = mapped_column(JSON(none_as_null=True))  # how long one walks there: see `shop.flights.walking`
    tz: Mapped[str] = mapped_column(String(40))
    order_lead_minutes: Mapped[int]
    opens_before_minutes: Mapped[int]
    hands_over_unpacked: Mapped[bool] = mapped_column(default=True)  # a paid order can be handed over at once
    hands_over_early: Mapped[bool] = mapped_column(default=True)  # also on a day before the departure
    no_show_after_hours: Mapped[int | None]  # after the departure the parcel goes back to stock and the money back; None: a person does it
    active: Mapped[bool] = mapped_column(default=True)


class Delay(Model):
    """When one flight really leaves on one day, as somebody said last. `flight_date` is the day of the timetable."""

    __tablename__ = "delays"

    flight_number: Mapped[str] = mapped_column(String(8), primary_key=True)
    flight_date: Mapped[date] = mapped_column(Date, primary_key=True)
    departs_at: Mapped[datetime]
    said_at: Mapped[datetime]
    said_by: Mapped[str] = mapped_column(String(60))  # `staff:3`, or `system` for an import from a shell
