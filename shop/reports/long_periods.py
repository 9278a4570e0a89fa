"""Periods of so many orders that adding them up takes longer than anybody should wait for a page."""

from typing import Any

from sqlalchemy import select

from shop.orders.models import Order
from shop.reports.asked import Asked
from shop.reports.declared import Ask, Report
from shop.reports.narrowing import ORDER_FILTERS, within

MANY = 100_000  # orders; about a second of the database's time
FEW = ("flight",)  # a filter that leaves few orders, found by an index


def is_long(ask: Ask, report: Report, asked: Asked) -> bool:
    """Whether the report adds up more than MANY orders. One question that looks at so many of them and at no more."""
    if not report.adds_orders:
        return False
    narrow: list[Any] = [ORDER_FILTERS[name](asked.filters[name]) for name in FEW if name in asked.filters]
    return bool(ask(select(Order.id).where(within(asked), *narrow).offset(MANY).limit(1)))
