"""The words of a report that are not column names: states and totals, in three languages."""

from collections.abc import Mapping

from shop.orders.states import OrderState, RefundState
from shop.reports.totals import Sums

Words = Mapping[str, str]


def _words(zh: str, en: str, de: str) -> Words:
    return {"zh": zh, "en": en, "de": de}


S, R = OrderState, RefundState
STATES: Mapping[OrderState, Words] = {
    S.AWAITING_PAYMENT: _words("待付款", "Awaiting payment", "Wartet auf Zahlung"),
    S.PAID: _words("备货中", "Being prepared", "In Vorbereitung"),
    S.PACKING: _words("备货中", "Being prepared", "In Vorbereitung"),
    S.READY: _words("待提货", "Ready for pickup", "Abholbereit"),
    S.COLLECTED: _words("已提货", "Collected", "Abgeholt"),
    S.PARTLY_COLLECTED: _words("部分提货", "Partly collected", "Teilweise abgeholt"),
    S.CANCELLED: _words("已取消", "Cancelled", "Storniert"),
    S.EXPIRED: _words("已过期", "Expired", "Abgelaufen"),
    S.NO_SHOW: _words("未提货", "Not collected", "Nicht abgeholt"),
}
REFUNDS: Mapping[RefundState, Words] = {
    R.NONE: _words("无退款", "No refund", "Keine Erstattung"),
    R.REQUESTED: _words("退款中", "Refund under way", "Erstattung läuft"),
    R.PARTLY_REFUNDED: _words("部分退款", "Partly refunded", "Teilweise erstattet"),
    R.REFUNDED: _words("已退款", "Refunded", "Erstattet"),
}
ALL = _words("合计", "Total", "Summe")
OF_WHICH_PAID = _words("其中已付款", "Of which paid", "Davon bezahlt")
ORDER_COUNT = _words("订单数", "orders", "Bestellungen")
ABOUT = _words(
    "所有时间均为法兰克福当地时间（Europe/Berlin）。",
    "All times are Frankfurt local time (Europe/Berlin).",
    "Alle Zeiten sind Frankfurter Ortszeit (Europe/Berlin).",
)

ABOUT_THIS_FILE = _words("文件说明", "About this file", "Über diese Datei")
COLUMN, TECHNICAL_NAME = _words("列名", "Column", "Spalte"), _words("技术名称", "Technical name", "Technischer Name")
FACTS: Mapping[str, Words] = {
    "report": _words("报表", "Report", "Bericht"),
    "made_at": _words("生成时间", "Made at", "Erstellt am"),
    "made_by": _words("生成人", "Made by", "Erstellt von"),
    "period": _words("期间（法兰克福日期，含首尾）", "Period (Frankfurt days, both included)", "Zeitraum (Frankfurter Tage, beide eingeschlossen)"),
    "day": _words("日期含义", "The period means", "Der Zeitraum meint"),
    "filter": _words("筛选", "Filter", "Filter"),
    "rows": _words("行数", "Rows", "Zeilen"),
    "total": _words("合计", "Total", "Summe"),
}
DAYS: Mapping[str, Words] = {
    "ordered": _words("下单日", "the day of the order", "den Bestelltag"),
    "pickup": _words("提货日（航班日期）", "the pickup day (the flight’s date)", "den Abholtag (das Flugdatum)"),
}


def totals_label(words: Words, sums: Sums, language: str) -> str:
    """What a totals row is called: `Total EUR (orders: 12)`."""
    return f"{words[language]} {sums.gross.currency.value} ({ORDER_COUNT[language]}: {sums.orders})"
