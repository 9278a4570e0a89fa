"""Columns: their stable names, what they hold, and what people call them; and those of the order report."""

from enum import StrEnum

from msgspec import Struct

LANGUAGES = ("zh", "en", "de")


class Cell(StrEnum):
    """What a column holds, and so how a file must write it."""

    TEXT = "text"
    ID = "id"  # text that may look like a number and must never become one
    COUNT = "count"  # a whole number
    MONEY = "money"  # minor units; written with two decimals
    RATE = "rate"  # an exchange rate × 10⁸, as WeChat Pay gives it
    MOMENT = "moment"  # Frankfurt clock time
    DAY = "day"
    TRAVELLER = "traveller"  # a traveller's key, written as a number that says nothing about them (`pseudonyms`)


class Of(StrEnum):
    """Whether a column says something about an order or about one of its lines."""

    ORDER = "order"
    LINE = "line"
    SUM = "sum"  # about an order's lines together: only where an order is one row


class Column(Struct, frozen=True):
    """`name` is for machines and never changes; `width` is in characters, for spreadsheets."""

    name: str
    of: Of
    cell: Cell
    zh: str
    en: str
    de: str
    width: int

    def label(self, language: str) -> str:
        return {"zh": self.zh, "en": self.en, "de": self.de}[language]


class Sheet(Struct, frozen=True):
    """One table of the report. `summed` are the columns that the totals rows fill."""

    columns: tuple[Column, ...]
    summed: frozenset[str]
    zh: str
    en: str
    de: str

    def title(self, language: str) -> str:
        """At most 31 characters, which is all that a spreadsheet takes."""
        return {"zh": self.zh, "en": self.en, "de": self.de}[language]


def _moment(name: str, zh: str, en: str, de: str) -> Column:
    """A column of an order's times; its header says whose clock it is."""
    labels = f"{zh}（法兰克福时间）", f"{en} (Frankfurt time)", f"{de} (Frankfurter Zeit)"
    return Column(name, Of.ORDER, Cell.MOMENT, *labels, width=20)


ORDER, LINE, SUM = Of.ORDER, Of.LINE, Of.SUM
COLUMNS = (
    Column("order_no", ORDER, Cell.ID, "订单号", "Order number", "Bestellnummer", 14),
    _moment("placed_at", "下单时间", "Ordered", "Bestellt"),
    _moment("paid_at", "付款时间", "Paid", "Bezahlt"),
    Column("state", ORDER, Cell.TEXT, "订单状态", "State", "Status", 18),
    Column("refund_state", ORDER, Cell.TEXT, "退款状态", "Refund", "Erstattung", 14),
    Column("counter", ORDER, Cell.TEXT, "提货点", "Counter", "Abholpunkt", 14),
    Column("terminal", ORDER, Cell.TEXT, "航站楼", "Terminal", "Terminal", 9),
    Column("flight", ORDER, Cell.ID, "航班号", "Flight", "Flug", 10),
    Column("flight_date", ORDER, Cell.DAY, "航班日期", "Flight date", "Flugdatum", 12),
    Column("origin", ORDER, Cell.TEXT, "出发地", "From", "Von", 8),
    Column("destination", ORDER, Cell.TEXT, "到达地", "To", "Nach", 8),
    Column("final_destination", ORDER, Cell.TEXT, "最终目的地", "Final destination", "Endziel", 12),
    _moment("departs_at", "起飞时间", "Departs", "Abflug"),
    Column("traveller_no", ORDER, Cell.TRAVELLER, "旅客编号", "Traveller number", "Reisendennummer", 14),
    Column("sku", LINE, Cell.ID, "商品编码", "SKU", "SKU", 14),
    Column("ean", LINE, Cell.ID, "条形码", "EAN", "EAN", 16),
    Column("brand", LINE, Cell.TEXT, "品牌", "Brand", "Marke", 18),
    Column("category", LINE, Cell.TEXT, "品类", "Category", "Warengruppe", 16),
    Column("product", LINE, Cell.TEXT, "商品名称", "Product", "Artikel", 40),
    Column("quantity", LINE, Cell.COUNT, "数量", "Quantity", "Menge", 9),
    Column("unit_price", LINE, Cell.MONEY, "单价", "Unit price", "Einzelpreis", 12),
    Column("line_total", LINE, Cell.MONEY, "小计", "Line total", "Positionssumme", 14),
    Column("lines", SUM, Cell.COUNT, "商品行数", "Lines", "Positionen", 10),
    Column("items", SUM, Cell.COUNT, "商品件数", "Items", "Stück", 9),
    Column("currency", ORDER, Cell.TEXT, "结算币种", "Currency", "Währung", 9),
    Column("order_total", ORDER, Cell.MONEY, "订单总额", "Order total", "Bestellsumme", 14),
    Column("out_trade_no", ORDER, Cell.ID, "商户订单号", "Merchant order number", "Händler-Zahlungsnummer", 28),
    Column("transaction_id", ORDER, Cell.ID, "微信支付订单号", "WeChat Pay transaction", "WeChat-Pay-Transaktion", 32),
    Column("payer_paid", ORDER, Cell.MONEY, "用户实付", "Paid by the traveller", "Vom Reisenden bezahlt", 14),
    Column("payer_currency", ORDER, Cell.TEXT, "实付币种", "Traveller's currency", "Währung des Reisenden", 10),
    Column("fx_rate", ORDER, Cell.RATE, "汇率", "Exchange rate", "Wechselkurs", 14),
    Column("campaign", ORDER, Cell.TEXT, "活动来源", "Campaign", "Kampagne", 18),
    _moment("collected_at", "提货时间", "Collected", "Abgeholt"),
    Column("collected_by", ORDER, Cell.TEXT, "交货设备", "Handed over by", "Ausgegeben von", 20),
)

LINES = Sheet(
    tuple(column for column in COLUMNS if column.of is not SUM), frozenset({"quantity", "line_total"}),
    "订单明细", "Order lines", "Bestellpositionen",
)  # fmt: skip
ORDERS = Sheet(
    tuple(column for column in COLUMNS if column.of is not LINE), frozenset({"lines", "items", "order_total"}),
    "订单", "Orders", "Bestellungen",
)  # fmt: skip
