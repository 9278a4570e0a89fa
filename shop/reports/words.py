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


def totals_label(words: Words, sums: Sums, language: str) -> str:
    """What a totals row is called: `Total EUR (orders: 12)`."""
    return f"{words[language]} {sums.gross.currency.value} ({ORDER_COUNT[language]}: {sums.orders})"
