"""Every report there is, by its name."""

from collections.abc import Mapping

from shop.orders.models import Order
from shop.reports import campaign_rows, matter_rows, order_rows
from shop.reports.adding import sums_of_lines, sums_of_orders
from shop.reports.asked import Asked, Day, UnknownReport, WrongFilter
from shop.reports.columns import LINES, ORDERS
from shop.reports.declared import Filled, Report, Spine
from shop.reports.narrowing import CHOICES, of_orders
from shop.reports.sales_rows import goods_by, orders_by

OF_ORDERS = ("point", "state", "flight", "destination", "campaign", "category", "brand", "sku")


def words(zh: str, en: str, de: str) -> dict[str, str]:
    return {"zh": zh, "en": en, "de": de}


_SPINE = Spine(Order.placed_at, Order.id, of_orders)
_LINES = Filled(LINES, order_rows.line_rows, _SPINE, sums_of_lines)
_ORDERS = Filled(ORDERS, order_rows.order_rows, _SPINE, sums_of_orders)

ORDERS_REPORT = Report(
    "orders", words("订单报表", "Order report", "Bestellbericht"),
    words("期间内的订单及其明细行。", "The orders of the period and their lines.", "Die Bestellungen des Zeitraums und ihre Positionen."),
    "see_reports", (_LINES, _ORDERS), (Day.ORDERED, Day.PICKUP), OF_ORDERS, adds_orders=True,
)  # fmt: skip
ORDER_LIST = Report(
    "order_list", words("订单列表", "Orders, one row each", "Bestellungen, je eine Zeile"),
    words("期间内的订单，每单一行。", "The orders of the period, one row each.", "Die Bestellungen des Zeitraums, je eine Zeile."),
    "see_reports", (_ORDERS,), (Day.ORDERED, Day.PICKUP), OF_ORDERS, adds_orders=True,
)  # fmt: skip

BOTH, GIVEN = (Day.ORDERED, Day.PICKUP), (Day.HANDED_OVER,)
BY_ORDER = words(
    "期间内所有订单；金额只计已付款订单，退款按已到账计。",
    "All orders of the period; money counts paid orders, and refunds that WeChat has paid back.",
    "Alle Bestellungen des Zeitraums; Geld zählt bezahlte Bestellungen und von WeChat gezahlte Erstattungen.",
)
BY_GOODS = words(
    "已付款订单的商品；品牌与品类按今天的商品资料。",
    "Goods of paid orders; brand and category are today’s.",
    "Ware bezahlter Bestellungen; Marke und Warengruppe von heute.",
)
SHARED = ("point", "state", "destination", "campaign")


def _sales(name: str, title: dict[str, str], groups: tuple[str, ...]) -> Report:
    titles = (title["zh"], title["en"], title["de"])
    return Report(name, title, BY_ORDER, "see_reports", (orders_by(groups, titles),), BOTH, SHARED, adds_orders=True)


def _goods(name: str, title: dict[str, str], groups: tuple[str, ...]) -> Report:
    titles = (title["zh"], title["en"], title["de"])
    return Report(
        name, title, BY_GOODS, "see_reports", (goods_by(groups, titles),), BOTH, (*SHARED, "category", "brand", "sku"),
        adds_orders=True,
    )  # fmt: skip


_ALL = (
    ORDERS_REPORT,
    ORDER_LIST,
    _sales("by_day", words("按日", "By day", "Nach Tag"), ("day",)),
    _sales("by_point", words("按提货点", "By pickup point", "Nach Abholpunkt"), ("counter", "counter_name")),
    _sales("by_flight", words("按航班与目的地", "By flight and destination", "Nach Flug und Ziel"), ("flight", "destination",
    "final_destination")),
    _sales("by_campaign", words("按活动", "By campaign", "Nach Kampagne"), ("campaign",)),
    Report(
        "campaigns", words("活动报表", "Campaigns", "Kampagnen"),
        words("访问、订单与毛利，按文章、海报、菜单。订单计入最后一次接触；毛利只计进价已知的商品。",
              "Visits, orders and margin by article, poster, menu entry. Orders count for the last touch; "
              "margin only where the cost is known.",
              "Besuche, Bestellungen und Marge je Artikel, Plakat, Menüpunkt. Bestellungen zählen für den letzten Kontakt; "
              "Marge nur, wo der Einkaufspreis bekannt ist."),
        "campaigns", (campaign_rows.CAMPAIGNS,), (Day.ORDERED,), ("point", "destination", "campaign"), adds_orders=True,
    ),
    _goods("by_category", words("按品类", "By category", "Nach Warengruppe"), ("category",)),
    _goods("by_brand", words("按品牌", "By brand", "Nach Marke"), ("brand",)),
    _goods("by_product", words("按商品", "By product", "Nach Artikel"), ("sku", "product", "brand", "category")),
    Report(
        "staff", words("员工交货", "Hand-overs by staff", "Ausgaben nach Personal"),
        words("未撤销的交货，按员工自报的姓名；每人不足 10 单的合并显示。",
              "Hand-overs that were not undone, by who staff said they were; people with fewer than 10 are shown together.",
              "Nicht rückgängig gemachte Ausgaben, nach Selbstauskunft des Personals; wer weniger als 10 hat, wird zusammengefasst."),
        "see_reports", (matter_rows.STAFF,), GIVEN, ("point",),
    ),
    Report(
        "no_shows", words("未提货", "No-shows", "Nicht abgeholt"),
        words("期间内未提货的订单。", "Orders of the period that nobody collected.",
        "Bestellungen des Zeitraums, die niemand abgeholt hat."),
        "see_reports", (matter_rows.NO_SHOWS,), (Day.PICKUP, Day.ORDERED), ("point", "destination", "flight"),
    ),
    Report(
        "shortages", words("缺货", "Shortages", "Fehlmengen"),
        words("备货时找不到并已退款的商品。", "Pieces that packers could not find and that were refunded.",
              "Stücke, die beim Packen fehlten und erstattet wurden."),
        "see_reports", (matter_rows.SHORTAGES,), (Day.REFUNDED,), ("point",),
    ),
    Report(
        "refunds", words("退款", "Refunds", "Erstattungen"),
        words("期间内申请的退款。", "Refunds that were asked for in the period.", "Im Zeitraum veranlasste Erstattungen."),
        "see_money", (matter_rows.REFUNDS,), (Day.REFUNDED,), ("point",),
    ),
    Report(
        "tax_evidence", words("税务凭证", "Tax evidence", "Steuernachweise"),
        words("交货时保留的凭证。含个人资料，每次查看都有记录。",
        "Evidence kept at hand-overs. It holds personal data; every look is logged.",
              "Bei der Ausgabe aufbewahrte Nachweise. Enthält personenbezogene Daten; jeder Zugriff wird protokolliert."),
        "see_tax_evidence", (matter_rows.EVIDENCE,), GIVEN, ("point",), logged=True,
    ),
    Report(
        "stock_valuation", words("库存估值", "Stock valuation", "Bestandsbewertung"),
        words("此刻的库存，按现行售价。", "The stock of this moment at today’s selling prices.",
        "Der Bestand dieses Augenblicks zu heutigen Verkaufspreisen."),
        "see_money", (matter_rows.STOCK,), (), ("category", "brand"),
    ),
    Report(
        "reconciliation", words("微信对账", "Reconciliation", "Abgleich mit WeChat Pay"),
        words("与微信支付账单的差异；日期为北京银行日。", "Differences from WeChat Pay’s bills; days are the bank’s, in Beijing.",
              "Abweichungen von den Abrechnungen von WeChat Pay; Tage sind die der Bank, in Peking."),
        "see_money", (matter_rows.ITEMS, matter_rows.BILLS), (Day.BANK,), (),
    ),
)  # fmt: skip
REPORTS: Mapping[str, Report] = {report.name: report for report in _ALL}


def report_of(asked: Asked) -> Report:
    """The report that is asked for. Raises UnknownReport; WrongFilter, naming the filters it does not have."""
    report = named(asked.report)
    wrong = {name: ["unknown_filter"] for name in asked.filters if name not in report.filters}
    wrong |= {
        name: ["wrong_choice"] for name, value in asked.filters.items() if value not in CHOICES.get(name, {value})
    }
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
