"""The words of a report that are not column names: states and totals, in three languages."""

from collections.abc import Mapping

from shop.orders.states import OrderState, RefundState
from shop.payments.matching import ItemKind
from shop.payments.states import Cause, RefundStage
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
C, G, K = Cause, RefundStage, ItemKind
CAUSES: Mapping[Cause, Words] = {
    C.CANCELLED: _words("旅客取消", "Cancelled", "Storniert"),
    C.LATE_PAYMENT: _words("付款过晚", "Paid too late", "Zu spät bezahlt"),
    C.PAID_TWICE: _words("重复付款", "Paid twice", "Doppelt bezahlt"),
    C.WRONG_AMOUNT: _words("金额不符", "Wrong amount", "Falscher Betrag"),
    C.UNKNOWN_PAYMENT: _words("未知付款", "Unknown payment", "Unbekannte Zahlung"),
    C.SHORTAGE: _words("缺货", "Shortage", "Fehlmenge"),
    C.NO_SHOW: _words("未提货", "Not collected", "Nicht abgeholt"),
    C.COUNTER: _words("柜台退款", "Agreed at the counter", "Am Schalter vereinbart"),
    C.GOODWILL: _words("善意退款", "Goodwill", "Kulanz"),
}
STAGES: Mapping[RefundStage, Words] = {
    G.REQUESTED: _words("待发送", "Being sent", "Wird gesendet"),
    G.WAITING_FUNDS: _words("等待资金", "Waiting for funds", "Wartet auf Guthaben"),
    G.PROCESSING: _words("微信处理中", "Accepted by WeChat", "Von WeChat angenommen"),
    G.SUCCESS: _words("已到账", "Paid back", "Erstattet"),
    G.ABNORMAL: _words("无法到账", "Cannot be delivered", "Nicht zustellbar"),
    G.CLOSED: _words("已关闭", "Closed by WeChat", "Von WeChat geschlossen"),
}
ITEM_KINDS: Mapping[ItemKind, Words] = {
    K.UNKNOWN_HERE: _words(
        "微信收款，我方无记录", "WeChat took money that we do not know", "WeChat hat Geld, das wir nicht kennen"
    ),
    K.MISSING_THERE: _words(
        "我方已收，账单没有", "Paid here, not on the bill", "Hier bezahlt, nicht auf der Abrechnung"
    ),
    K.AMOUNT_DIFFERS: _words("金额不同", "Another amount on the bill", "Anderer Betrag auf der Abrechnung"),
    K.CURRENCY_DIFFERS: _words("币种不同", "Another currency on the bill", "Andere Währung auf der Abrechnung"),
    K.PAID_NO_ORDER: _words("款项没有对应订单", "Money that pays for nothing", "Geld ohne Bestellung"),
    K.REFUND_UNKNOWN_HERE: _words("未知退款", "A refund that we do not know", "Eine Erstattung, die wir nicht kennen"),
    K.REFUND_MISSING_THERE: _words(
        "我方已退，账单没有", "Refunded here, not on the bill", "Hier erstattet, nicht auf der Abrechnung"
    ),
    K.REFUND_AMOUNT_DIFFERS: _words(
        "退款金额不同", "A refund of another amount", "Eine Erstattung über einen anderen Betrag"
    ),
    K.HANDED_OVER_UNPAID: _words("已交货但未付款", "Handed over and not paid", "Ausgegeben und nicht bezahlt"),
    K.DUPLICATE_LINE: _words("账单重复行", "Twice on the bill", "Doppelt auf der Abrechnung"),
    K.FEE_DIFFERS: _words("手续费不同", "Another fee than agreed", "Andere Gebühr als vereinbart"),
}
NOBODY_SAID = _words("（未注明）", "(nobody said)", "(niemand genannt)")
FEW = _words("（每人不足 10 单）", "(fewer than 10 each)", "(je weniger als 10)")
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
    "period": _words("期间（含首尾两日）", "Period (both days included)", "Zeitraum (beide Tage eingeschlossen)"),
    "day": _words("日期含义", "The period means", "Der Zeitraum meint"),
    "filter": _words("筛选", "Filter", "Filter"),
    "rows": _words("行数", "Rows", "Zeilen"),
    "total": _words("合计", "Total", "Summe"),
}
DAYS: Mapping[str, Words] = {
    "ordered": _words("下单日", "the day of the order", "den Bestelltag"),
    "pickup": _words("提货日（航班日期）", "the pickup day (the flight’s date)", "den Abholtag (das Flugdatum)"),
    "handed_over": _words("交货日", "the day of the hand-over", "den Tag der Ausgabe"),
    "refunded": _words(
        "退款申请日", "the day the refund was asked for", "den Tag, an dem die Erstattung veranlasst wurde"
    ),
    "bank": _words("北京银行日", "the bank’s day, in Beijing", "den Tag der Bank, in Peking"),
}


def totals_label(words: Words, sums: Sums, language: str) -> str:
    """What a totals row is called: `Total EUR (orders: 12)`."""
    return f"{words[language]} {sums.gross.currency.value} ({ORDER_COUNT[language]}: {sums.orders})"
