"""What needs somebody's eye: no-shows, shortages, refunds, hand-overs by staff, tax evidence, stock, reconciliation."""

from typing import Any

from sqlalchemy import and_, case, func, select

from shop.catalogue.models import Category, Product, Stock
from shop.flights.models import PickupPoint
from shop.orders.models import Order, OrderLine
from shop.orders.states import OrderState
from shop.payments.bill_models import Bill, OpenItem
from shop.payments.models import Refund, RefundLine
from shop.payments.states import Cause, RefundStage
from shop.people.models import Device
from shop.pickup.models import Scan
from shop.reports import words
from shop.reports.asked import Asked
from shop.reports.columns import Cell
from shop.reports.narrowing import of_goods, of_orders
from shop.reports.sales_rows import CURRENCY, GROUPS, column, table

FEWEST = 10  # hand-overs of one person: figures of fewer say more about the person than about the work
ORDER_NO = column("order_no", Cell.ID, "订单号", "Order number", "Bestellnummer", 14)
FLIGHT_DATE = column("flight_date", Cell.DAY, "航班日期", "Flight date", "Flugdatum")
COUNTER, FLIGHT, SKU, PRODUCT = (GROUPS[name] for name in ("counter", "flight", "sku", "product"))
QUANTITY = column("quantity", Cell.COUNT, "数量", "Quantity", "Menge", 9)


def _at(name: str, zh: str, en: str, de: str) -> Any:
    zone = f"{zh}（法兰克福时间）", f"{en} (Frankfurt time)", f"{de} (Frankfurter Zeit)"
    return column(name, Cell.MOMENT, *zone, 20)


def _between(moment: Any, asked: Asked) -> Any:
    return and_(moment >= asked.period.since, moment < asked.period.until)


def _at_point(asked: Asked) -> list[Any]:
    return [PickupPoint.code == asked.filters["point"]] if "point" in asked.filters else []


def _no_shows(asked: Asked) -> Any:
    pieces = select(func.sum(OrderLine.quantity)).where(OrderLine.order_id == Order.id).scalar_subquery()
    return (
        select(
            Order.id, Order.number.label("order_no"), Order.flight_number.label("flight"), Order.flight_date, Order.departs_at,
            PickupPoint.code.label("counter"), Order.traveller_id.label("traveller_no"), pieces.label("items"),
            Order.total_minor.label("order_total"), Order.total_currency.label("currency"),
            _worded(Order.refund_state, words.REFUNDS, asked.language).label("refund_state"),
        )
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .where(Order.state == OrderState.NO_SHOW.value, *of_orders(asked)).subquery()
    )  # fmt: skip


def _worded(expression: Any, table_of: Any, language: str) -> Any:
    return case({str(code.value): of[language] for code, of in table_of.items()}, value=expression, else_=expression)


NO_SHOWS = table(
    (ORDER_NO, FLIGHT, FLIGHT_DATE, _at("departs_at", "起飞时间", "Departs", "Abflug"), COUNTER,
     column("traveller_no", Cell.TRAVELLER, "旅客编号", "Traveller number", "Reisendennummer", 14),
     column("items", Cell.COUNT, "商品件数", "Items", "Stück"), column("order_total", Cell.MONEY, "订单总额", "Order total",
     "Bestellsumme", 14),
     column("refund_state", Cell.TEXT, "退款状态", "Refund", "Erstattung", 16), CURRENCY),
    ("未提货", "No-shows", "Nicht abgeholt"), _no_shows, lambda found: [found.c.departs_at, found.c.id],
    frozenset({"items", "order_total"}),
)  # fmt: skip


def _shortages(asked: Asked) -> Any:
    return (
        select(
            Refund.id, RefundLine.position, Refund.requested_at, Order.number.label("order_no"), PickupPoint.code.label("counter"),
            Order.flight_number.label("flight"), Order.flight_date, OrderLine.sku,
            getattr(OrderLine, f"name_{asked.language}").label("product"), RefundLine.quantity,
            (RefundLine.quantity * OrderLine.unit_price_minor).label("value"), Order.total_currency.label("currency"),
        )
        .select_from(Refund).join(RefundLine, RefundLine.refund_id == Refund.id).join(Order, Order.id == Refund.order_id)
        .join(OrderLine, and_(OrderLine.order_id == Order.id, OrderLine.position == RefundLine.position))
        .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .where(Refund.cause == Cause.SHORTAGE.value, Refund.state != RefundStage.CLOSED.value, _between(Refund.requested_at, asked),
               *_at_point(asked)).subquery()
    )  # fmt: skip


SHORTAGES = table(
    (_at("requested_at", "发现时间", "Found", "Festgestellt"), ORDER_NO, COUNTER, FLIGHT, FLIGHT_DATE, SKU, PRODUCT, QUANTITY,
     column("value", Cell.MONEY, "金额", "Value", "Wert", 14), CURRENCY),
    ("缺货", "Shortages", "Fehlmengen"), _shortages, lambda found: [found.c.requested_at, found.c.id, found.c.position],
    frozenset({"quantity", "value"}),
)  # fmt: skip


def _refunds(asked: Asked) -> Any:
    by = case(
        (Refund.asked_by.like("staff:%"), "staff"), (Refund.asked_by.like("device:%"), "device"), else_=Refund.asked_by
    )
    return (
        select(
            Refund.id, Refund.requested_at, Refund.done_at, Order.number.label("order_no"), Refund.out_refund_no, Refund.refund_id,
            _worded(Refund.cause, words.CAUSES, asked.language).label("cause"),
            _worded(Refund.state, words.STAGES, asked.language).label("stage"), by.label("asked_by"),
            Refund.amount_minor.label("amount"), Refund.amount_currency.label("currency"),
            case((Refund.state == RefundStage.SUCCESS.value, Refund.amount_minor), else_=0).label("paid_back"),
            Refund.payer_minor.label("payer_amount"), Refund.payer_currency,
        )
        .outerjoin(Order, Order.id == Refund.order_id).outerjoin(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .where(_between(Refund.requested_at, asked), *_at_point(asked)).subquery()
    )  # fmt: skip


REFUNDS = table(
    (_at("requested_at", "申请时间", "Asked for", "Veranlasst"), _at("done_at", "到账时间", "Paid back", "Erstattet"), ORDER_NO,
     column("out_refund_no", Cell.ID, "商户退款单号", "Refund number", "Erstattungsnummer", 28),
     column("refund_id", Cell.ID, "微信退款单号", "WeChat Pay refund", "WeChat-Pay-Erstattung", 32),
     column("cause", Cell.TEXT, "原因", "Reason", "Grund", 20), column("stage", Cell.TEXT, "状态", "State", "Status", 18),
     column("asked_by", Cell.TEXT, "发起方", "Asked by", "Veranlasst von"), column("amount", Cell.MONEY, "退款金额",
     "Amount", "Betrag", 14),
     column("paid_back", Cell.MONEY, "已到账", "Paid back already", "Schon erstattet", 14), CURRENCY,
     column("payer_amount", Cell.MONEY, "用户到账金额", "Traveller gets", "Reisender erhält", 14),
     column("payer_currency", Cell.TEXT, "用户币种", "Traveller’s currency", "Währung des Reisenden", 9)),
    ("退款", "Refunds", "Erstattungen"), _refunds, lambda found: [found.c.requested_at, found.c.id], frozenset({"amount", "paid_back"}),
)  # fmt: skip


def _staff(asked: Asked) -> Any:
    each = (
        select(Scan.staff, PickupPoint.code.label("counter"), func.count().label("n"))
        .join(Order, Order.id == Scan.order_id).join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .where(Scan.outcome == "collected", Scan.undone_at.is_(None), _between(Scan.received_at, asked), *_at_point(asked))
        .group_by(Scan.staff, PickupPoint.code).subquery()
    )  # fmt: skip
    shown = case(
        (each.c.staff.is_(None), words.NOBODY_SAID[asked.language]),
        (each.c.n < FEWEST, words.FEW[asked.language]),
        else_=each.c.staff,
    )
    named = select(shown.label("staff"), each.c.counter, each.c.n).subquery()
    return (
        select(named.c.staff, named.c.counter, func.sum(named.c.n).label("handed_over"))
        .group_by(named.c.staff, named.c.counter)
        .subquery()
    )


STAFF = table(
    (column("staff", Cell.TEXT, "员工", "Staff", "Personal", 24), COUNTER, column("handed_over", Cell.COUNT, "交货单数",
    "Hand-overs", "Ausgaben")),
    ("员工交货", "Hand-overs by staff", "Ausgaben nach Personal"), _staff, lambda found: [found.c.counter, found.c.staff],
    frozenset({"handed_over"}),
)  # fmt: skip

PASS, IDENTITY = Scan.details["checks"]["boarding_pass"], Scan.details["checks"]["identity"]


def _evidence(asked: Asked) -> Any:
    return (
        select(
            Scan.id, Scan.scanned_at.label("handed_over_at"), Order.number.label("order_no"), PickupPoint.code.label("counter"),
            Device.name.label("device"), Scan.staff, Order.flight_number.label("flight"), Order.flight_date, Order.destination,
            Order.final_destination, PASS["flight"].as_string().label("pass_flight"), PASS["date"].as_string().label("pass_date"),
            PASS["destination"].as_string().label("pass_destination"), PASS["name_match"].as_string().label("name_match"),
            IDENTITY["document_number"].as_string().label("document_number"), IDENTITY["residence"].as_string().label("residence"),
            Scan.details["checks"]["sealed_bag"].as_string().label("sealed_bag"),
            Order.total_minor.label("order_total"), Order.total_currency.label("currency"),
        )
        .join(Order, Order.id == Scan.order_id).join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
        .join(Device, Device.id == Scan.device_id)
        .where(Scan.outcome == "collected", Scan.undone_at.is_(None), _between(Scan.received_at, asked), *_at_point(asked)).subquery()
    )  # fmt: skip


def _stock(asked: Asked) -> Any:
    goods = Stock.on_hand * Product.price_minor
    return (
        select(
            Product.sku, getattr(Product, f"name_{asked.language}").label("product"), Product.brand,
            getattr(Category, f"name_{asked.language}").label("category"), Stock.on_hand, Stock.held, Stock.allocated,
            (Stock.on_hand - Stock.held - Stock.allocated).label("free"), Stock.handed_over, Product.price_minor.label("price"),
            goods.label("value"), Product.price_currency.label("currency"),
        )
        .join(Stock, Stock.product_id == Product.id).join(Category, Category.id == Product.category_id)
        .where(*(condition for condition in of_goods(_of_products(asked)))).subquery()
    )  # fmt: skip


def _of_products(asked: Asked) -> Asked:
    """Without a filter by SKU, which is meant for order lines."""
    return Asked(
        asked.report, asked.period, asked.language, asked.day, {k: v for k, v in asked.filters.items() if k != "sku"}
    )


STOCK = table(
    (SKU, PRODUCT, GROUPS["brand"], GROUPS["category"], column("on_hand", Cell.COUNT, "在库", "On hand", "Vorrätig"),
     column("held", Cell.COUNT, "未付款占用", "Held", "Gehalten"), column("allocated", Cell.COUNT, "已付款占用", "Allocated", "Zugeteilt"),
     column("free", Cell.COUNT, "可售", "Free", "Frei"), column("handed_over", Cell.COUNT, "已交货", "Handed over", "Ausgegeben"),
     column("price", Cell.MONEY, "售价", "Selling price", "Verkaufspreis", 14),
     column("value", Cell.MONEY, "库存金额（按售价）", "Stock at selling price", "Bestand zu Verkaufspreisen", 18), CURRENCY),
    ("库存估值", "Stock valuation", "Bestandsbewertung"), _stock, lambda found: [found.c.category, found.c.sku],
    frozenset({"on_hand", "held", "allocated", "free", "handed_over", "value"}),
)  # fmt: skip


def _items(asked: Asked) -> Any:
    first, last = asked.period.days
    return (
        select(
            OpenItem.id, OpenItem.day, _worded(OpenItem.kind, words.ITEM_KINDS, asked.language).label("kind"), OpenItem.state,
            Order.number.label("order_no"), OpenItem.transaction_id, OpenItem.out_trade_no, OpenItem.out_refund_no,
            OpenItem.ours_minor.label("ours"), OpenItem.theirs_minor.label("theirs"),
            func.coalesce(OpenItem.ours_currency, OpenItem.theirs_currency).label("currency"), OpenItem.settled_at,
            OpenItem.settled_how,
        )
        .outerjoin(Order, Order.id == OpenItem.order_id).where(OpenItem.day.between(first, last)).subquery()
    )  # fmt: skip


def _bills(asked: Asked) -> Any:
    first, last = asked.period.days
    return (
        select(
            Bill.id, Bill.day, Bill.kind, Bill.state, Bill.lines, Bill.paid_sum_minor.label("paid_sum"),
            Bill.refund_sum_minor.label("refund_sum"), Bill.fee_sum_minor.label("fee_sum"), Bill.currency, Bill.matched_at,
        ).where(Bill.day.between(first, last)).subquery()
    )  # fmt: skip


BANK_DAY = column("day", Cell.DAY, "银行日（北京）", "Day in Beijing", "Tag in Peking", 14)
ITEMS = table(
    (BANK_DAY, column("kind", Cell.TEXT, "差异", "Difference", "Abweichung", 34), column("state", Cell.TEXT, "状态",
    "State", "Status"), ORDER_NO,
     column("transaction_id", Cell.ID, "微信支付订单号", "WeChat Pay transaction", "WeChat-Pay-Transaktion", 32),
     column("out_trade_no", Cell.ID, "商户订单号", "Merchant order number", "Händler-Zahlungsnummer", 28),
     column("out_refund_no", Cell.ID, "商户退款单号", "Refund number", "Erstattungsnummer", 28),
     column("ours", Cell.MONEY, "我方金额", "Our amount", "Unser Betrag", 14), column("theirs", Cell.MONEY, "微信金额",
     "WeChat’s amount", "Betrag bei WeChat", 14),
     CURRENCY, _at("settled_at", "处理时间", "Settled", "Geklärt"), column("settled_how", Cell.TEXT, "处理方式", "How", "Wie", 34)),
    ("差异", "Differences", "Abweichungen"), _items, lambda found: [found.c.day, found.c.id], frozenset({"ours", "theirs"}),
)  # fmt: skip
BILLS = table(
    (BANK_DAY, column("kind", Cell.TEXT, "账单类型", "Bill", "Abrechnung", 14), column("state", Cell.TEXT, "状态", "State", "Status"),
     column("lines", Cell.COUNT, "行数", "Lines", "Zeilen"), column("paid_sum", Cell.MONEY, "收入", "Came in", "Eingang", 16),
     column("refund_sum", Cell.MONEY, "退款", "Went back", "Rückzahlung", 16), column("fee_sum", Cell.MONEY, "手续费",
     "Fees", "Gebühren", 14), CURRENCY,
     _at("matched_at", "对账时间", "Compared", "Abgeglichen")),
    ("账单", "Bills", "Abrechnungen"), _bills, lambda found: [found.c.day, found.c.id], frozenset({"lines", "paid_sum",
    "refund_sum", "fee_sum"}),
)  # fmt: skip
EVIDENCE = table(
    (_at("handed_over_at", "交货时间", "Handed over", "Ausgegeben"), ORDER_NO, COUNTER, column("device", Cell.TEXT, "设备",
    "Device", "Gerät", 20),
     column("staff", Cell.TEXT, "员工", "Staff", "Personal", 16), FLIGHT, FLIGHT_DATE, GROUPS["destination"], GROUPS["final_destination"],
     column("pass_flight", Cell.ID, "登机牌航班", "Flight on the pass", "Flug laut Bordkarte", 14),
     column("pass_date", Cell.ID, "登机牌日期", "Date on the pass", "Datum laut Bordkarte", 14),
     column("pass_destination", Cell.TEXT, "登机牌到达地", "Destination on the pass", "Ziel laut Bordkarte", 14),
     column("name_match", Cell.TEXT, "姓名核对", "Name compared", "Namensvergleich", 14),
     column("document_number", Cell.ID, "证件号", "Document number", "Dokumentnummer", 18),
     column("residence", Cell.TEXT, "居住国", "Residence", "Wohnsitzland", 12),
     column("sealed_bag", Cell.ID, "密封袋编号", "Sealed bag", "Sicherheitsbeutel", 18),
     column("order_total", Cell.MONEY, "订单总额", "Order total", "Bestellsumme", 14), CURRENCY),
    ("税务凭证", "Tax evidence", "Steuernachweise"), _evidence, lambda found: [found.c.handed_over_at, found.c.id],
    frozenset({"order_total"}),
)  # fmt: skip
