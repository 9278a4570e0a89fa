"""What was sold: orders and goods of a period, gathered by day, pickup point, flight, campaign, category, brand, product."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import case, func, literal, select
from sqlalchemy.sql import Select

from shop.catalogue.models import Category, Product
from shop.flights.models import PickupPoint
from shop.orders.models import Order, OrderLine
from shop.orders.states import OrderState
from shop.payments.models import Refund
from shop.payments.states import RefundStage
from shop.reports.asked import Asked, Day
from shop.reports.columns import Cell, Column, Of, Sheet
from shop.reports.declared import Filled
from shop.reports.narrowing import frankfurt_day, of_goods, of_orders
from shop.reports.writing import Writing

Values = Mapping[str, Any]
S = OrderState


def column(name: str, cell: Cell, zh: str, en: str, de: str, width: int = 12) -> Column:
    return Column(name, Of.ORDER, cell, zh, en, de, width)


CURRENCY = column("currency", Cell.TEXT, "币种", "Currency", "Währung", 9)
GROUPS: Mapping[str, Column] = {
    made.name: made
    for made in (
        column("day", Cell.DAY, "日期", "Day", "Tag"),
        column("counter", Cell.ID, "提货点", "Counter", "Abholpunkt", 12),
        column("counter_name", Cell.TEXT, "提货点名称", "Counter’s name", "Name des Abholpunkts", 30),
        column("flight", Cell.ID, "航班号", "Flight", "Flug", 10),
        column("destination", Cell.TEXT, "到达地", "To", "Nach", 9),
        column("final_destination", Cell.TEXT, "最终目的地", "Final destination", "Endziel", 12),
        column("campaign", Cell.TEXT, "活动来源", "Campaign", "Kampagne", 24),
        column("category", Cell.TEXT, "品类", "Category", "Warengruppe", 24),
        column("brand", Cell.TEXT, "品牌", "Brand", "Marke", 24),
        column("sku", Cell.ID, "商品编码", "SKU", "SKU", 14),
        column("product", Cell.TEXT, "商品名称", "Product", "Artikel", 40),
    )
}
OF_ORDERS = (
    column("orders", Cell.COUNT, "订单数", "Orders", "Bestellungen"),
    column("paid_orders", Cell.COUNT, "已付款订单", "Paid orders", "Bezahlte Bestellungen", 14),
    column("items", Cell.COUNT, "已付款件数", "Pieces paid for", "Bezahlte Stück", 14),
    column("taken", Cell.MONEY, "实收金额", "Taken", "Eingenommen", 16),
    column("refunded", Cell.MONEY, "已退金额", "Refunded", "Erstattet", 16),
    column("net", Cell.MONEY, "净额", "Taken less refunds", "Einnahmen abzüglich Erstattungen", 16),
    column("average_basket", Cell.MONEY, "客单价", "Average basket", "Durchschnittlicher Warenkorb", 14),
    column("collected", Cell.COUNT, "已提货订单", "Collected orders", "Abgeholte Bestellungen"),
    column("no_shows", Cell.COUNT, "未提货订单", "No-shows", "Nicht abgeholt"),
    column("not_paid", Cell.COUNT, "未付款订单", "Never paid", "Nie bezahlt"),
)
OF_GOODS = (
    column("orders", Cell.COUNT, "已付款订单", "Paid orders", "Bezahlte Bestellungen", 14),
    column("items", Cell.COUNT, "件数", "Pieces", "Stück"),
    column("goods", Cell.MONEY, "销售额", "Sales", "Umsatz", 16),
    column("refunded_items", Cell.COUNT, "退款件数", "Pieces refunded", "Erstattete Stück"),
    column("refunded", Cell.MONEY, "退款商品金额", "Value of refunded pieces", "Wert der erstatteten Stück", 16),
    column("net", Cell.MONEY, "净销售额", "Sales less refunded pieces", "Umsatz abzüglich erstatteter Stück", 16),
)
UNSUMMED = frozenset({"average_basket"})

Groups = Callable[[Asked], Values]


def _order_groups(names: Sequence[str]) -> Groups:
    def groups(asked: Asked) -> Values:
        known: dict[str, Any] = {
            "day": Order.flight_date if asked.day is Day.PICKUP else frankfurt_day(Order.placed_at, asked.period),
            "counter": PickupPoint.code, "counter_name": getattr(PickupPoint, f"name_{asked.language}"), "flight": Order.flight_number,
            "destination": Order.destination, "final_destination": Order.final_destination, "campaign": Order.campaign,
        }  # fmt: skip
        return {name: known[name] for name in names}

    return groups


def _goods_groups(names: Sequence[str]) -> Groups:
    def groups(asked: Asked) -> Values:
        lang = asked.language
        known: dict[str, Any] = {
            "category": getattr(Category, f"name_{lang}"), "brand": Product.brand, "sku": Product.sku,
            "product": getattr(Product, f"name_{lang}"),
        }  # fmt: skip
        return {name: known[name] for name in names}

    return groups


def _orders_gathered(groups: Groups) -> Any:
    def gathered(asked: Asked) -> Any:
        here, by = Order.id, groups(asked)
        items = (
            select(func.coalesce(func.sum(OrderLine.quantity), 0)).where(OrderLine.order_id == here).scalar_subquery()
        )
        back = (
            select(func.coalesce(func.sum(Refund.amount_minor), 0))
            .where(Refund.order_id == here, Refund.state == RefundStage.SUCCESS.value)
            .scalar_subquery()
        )
        paid = Order.paid_at.is_not(None)
        each: Any = (
            select(
                *(value.label(f"g_{name}") for name, value in by.items()), Order.total_currency.label("g_currency"), Order.state,
                case((paid, 1), else_=0).label("paid"), case((paid, Order.total_minor), else_=0).label("taken"),
                case((paid, items), else_=0).label("items"),
                case((Order.refund_state == "none", 0), else_=back).label("refunded"),
            )
            .join(PickupPoint, PickupPoint.id == Order.pickup_point_id)
            .where(*of_orders(asked))
            .subquery()
        )  # fmt: skip
        keys = [each.c[f"g_{name}"] for name in (*by, "currency")]
        taken, refunded, count = func.sum(each.c.taken), func.sum(each.c.refunded), func.sum(each.c.paid)
        return select(
            *(key.label(key.name.removeprefix("g_")) for key in keys),
            func.count().label("orders"), count.label("paid_orders"), func.sum(each.c["items"]).label("items"), taken.label("taken"),
            refunded.label("refunded"), (taken - refunded).label("net"),
            case((count > 0, func.round(taken * literal(1.0) / func.nullif(count, 0)))).label("average_basket"),
            _how_many(each.c.state.in_([S.COLLECTED.value, S.PARTLY_COLLECTED.value])).label("collected"),
            _how_many(each.c.state == S.NO_SHOW.value).label("no_shows"),
            (func.count() - count).label("not_paid"),
        ).group_by(*keys).subquery()  # fmt: skip

    return gathered


def _how_many(condition: Any) -> Any:
    return func.sum(case((condition, 1), else_=0))


def _goods_gathered(groups: Groups) -> Any:
    def gathered(asked: Asked) -> Any:
        by = groups(asked)
        keys = [*by.values(), Order.total_currency]
        goods = func.sum(OrderLine.quantity * OrderLine.unit_price_minor)
        refunded = func.sum(OrderLine.refunded * OrderLine.unit_price_minor)
        return (
            select(
                *(value.label(name) for name, value in by.items()), Order.total_currency.label("currency"),
                func.count(Order.id.distinct()).label("orders"), func.sum(OrderLine.quantity).label("items"), goods.label("goods"),
                func.sum(OrderLine.refunded).label("refunded_items"), refunded.label("refunded"), (goods - refunded).label("net"),
            )
            .select_from(Order)
            .join(OrderLine, OrderLine.order_id == Order.id)
            .join(Product, Product.id == OrderLine.product_id)
            .join(Category, Category.id == Product.category_id)
            .where(Order.paid_at.is_not(None), *of_orders(asked, goods_apart=True), *of_goods(asked))
            .group_by(*keys)
            .subquery()
        )  # fmt: skip

    return gathered


def table(
    columns: Sequence[Column], titles: tuple[str, str, str], source: Callable[[Asked], Any], order: Callable[[Any], Sequence[Any]],
    summed: frozenset[str],
) -> Filled:  # fmt: skip
    """A sheet whose rows are those of a sub-select that names its columns as the sheet does."""

    def rows(asked: Asked, writing: Writing, also: Sequence[Any]) -> Select[Any]:
        found = source(asked)
        cells = [(one, found.c[one.name]) for one in columns]
        return select(*writing.row(writing.run("all", cells))).select_from(found).order_by(*order(found))

    return Filled(Sheet(tuple(columns), summed, *titles), rows)


def _by(
    names: Sequence[str], titles: tuple[str, str, str], measures: Sequence[Column], gathered: Any, first: str
) -> Filled:
    columns = [*(GROUPS[name] for name in names), *measures, CURRENCY]
    summed = frozenset(one.name for one in measures) - UNSUMMED
    if measures is OF_GOODS:
        summed -= {"orders"}  # one order is counted with each of its goods

    def order(found: Any) -> list[Any]:
        largest = [] if first == "day" else [found.c[first].desc()]
        return [*largest, *(found.c[name] for name in names), found.c.currency]

    return table(columns, titles, gathered, order, summed)


def orders_by(names: Sequence[str], titles: tuple[str, str, str]) -> Filled:
    """Orders gathered by these columns of GROUPS; the largest takings first, days in their order."""
    gathered = _orders_gathered(_order_groups(names))
    return _by(names, titles, OF_ORDERS, gathered, "day" if names[0] == "day" else "taken")


def goods_by(names: Sequence[str], titles: tuple[str, str, str]) -> Filled:
    """Goods of paid orders gathered by these columns of GROUPS, the best sellers first."""
    return _by(names, titles, OF_GOODS, _goods_gathered(_goods_groups(names)), "goods")
