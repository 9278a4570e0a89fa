"""The table of exchange rates."""

from datetime import date, datetime

from sqlalchemy import Date, String
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Model


class ExchangeRate(Model):
    """What one euro was worth on a day, as the European Central Bank published it: `per_euro` is its text, digit by digit.

    Written once: what travellers were shown on a day stays what it was.
    """

    __tablename__ = "exchange_rates"

    currency: Mapped[str] = mapped_column(String(3), primary_key=True)
    day: Mapped[date] = mapped_column(Date, primary_key=True)
    per_euro: Mapped[str] = mapped_column(String(24))
    source: Mapped[str] = mapped_column(String(200))
    kept_at: Mapped[datetime]
