"""Every report there is, by its name."""

from collections.abc import Mapping

from shop.orders.models import Order
from shop.reports import order_rows
from shop.reports.adding import sums_of_lines, sums_of_orders
from shop.reports.asked import Asked, Day, UnknownReport, WrongFilter
from shop.reports.columns import LINES, ORDERS
from shop.reports.declared import Filled, Report, Spine
from shop.reports.narrowing import CHOICES, of_orders

OF_ORDERS = ("point", "state", "flight", "destination", "campaign", "category", "brand", "sku")


def words(zh: str, en: str, de: str) -> dict[str, str]:
    return {"zh": zh, "en": en, "de": de}


_SPINE = Spine(Order.placed_at, Order.id, of_orders)
_LINES = Filled(LINES, order_rows.line_rows, _SPINE, sums_of_lines)
_ORDERS = Filled(ORDERS, order_rows.order_rows, _SPINE, sums_of_orders)

ORDERS_REPORT = Report(
    "orders", words("订单报表", "Order report", "Bestellbericht"),
    words("期间内的订单及其明细行。", "The orders of the period and their lines.", "Die Bestellungen des Zeitraums und ihre Positionen."),
    "see_reports", (_LINES, _ORDERS), (Day.ORDERED, Day.PICKUP), OF_ORDERS,
)  # fmt: skip
ORDER_LIST = Report(
    "order_list", words("订单列表", "Orders, one row each", "Bestellungen, je eine Zeile"),
    words("期间内的订单，每单一行。", "The orders of the period, one row each.", "Die Bestellungen des Zeitraums, je eine Zeile."),
    "see_reports", (_ORDERS,), (Day.ORDERED, Day.PICKUP), OF_ORDERS,
)  # fmt: skip

REPORTS: Mapping[str, Report] = {report.name: report for report in (ORDERS_REPORT, ORDER_LIST)}


def report_of(asked: Asked) -> Report:
    """The report that is asked for. Raises UnknownReport; WrongFilter, naming the filters it does not have."""
    report = named(asked.report)
    wrong = {name: ["unknown_filter"] for name in asked.filters if name not in report.filters}
    wrong |= {name: ["wrong_choice"] for name, value in asked.filters.items() if value not in CHOICES.get(name, {value})}
    if report.days and asked.day not in report.days:
        wrong["day"] = ["wrong_choice"]
    if wrong:
        raise WrongFilter(fields=wrong)
    return report


def named(name: str) -> Report:
    """Raises UnknownReport."""
    report = REPORTS.get(name)
    if report is None:
        raise UnknownReport(report=name)
    return report
