"""What campaigns brought: visits, orders, takings, conversion, margin; by article, poster, menu entry.

An order belongs to the campaign its traveller came through last; through which one they came first is counted beside it. Margin is
known only for pieces whose purchase price is known on the day of the order: the rest is said in a column of its own.
"""

from typing import Any

from sqlalchemy import BigInteger, String, and_, case, cast, func, literal, select, union

from shop.campaigns.models import Campaign, CampaignDay, OrderTouch
from shop.catalogue.cost_models import ProductCost
from shop.orders.models import Order, OrderLine
from shop.payments.models import Refund
from shop.payments.states import RefundStage
from shop.reports.asked import Asked
from shop.reports.columns import Cell, Column
from shop.reports.declared import Filled
from shop.reports.narrowing import frankfurt_day, of_orders
from shop.reports.sales_rows import CURRENCY, column, table

KINDS = {
    "zh": {"article": "文章", "poster": "海报", "menu": "菜单", "link": "其他链接"},
    "en": {"article": "Article", "poster": "Poster", "menu": "Menu entry", "link": "Other link"},
    "de": {"article": "Artikel", "poster": "Plakat", "menu": "Menüpunkt", "link": "Anderer Link"},
}
UNKNOWN = {"zh": "未登记", "en": "not made here", "de": "hier nicht angelegt"}
COLUMNS: tuple[Column, ...] = (
    column("campaign", Cell.ID, "活动标记", "Mark", "Kennung", 18),
    column("kind", Cell.TEXT, "类型", "Kind", "Art", 14),
    column("title", Cell.TEXT, "名称", "Campaign", "Kampagne", 32),
    column("visits", Cell.COUNT, "访问次数", "Visits", "Besuche"),
    column("orders", Cell.COUNT, "订单数", "Orders", "Bestellungen"),
    column("first_orders", Cell.COUNT, "首次接触订单", "Orders, first touch", "Bestellungen, Erstkontakt", 16),
    column("paid_orders", Cell.COUNT, "已付款订单", "Paid orders", "Bezahlte Bestellungen", 14),
    column("conversion", Cell.TEXT, "转化率", "Paid orders per 100 visits", "Bezahlte Bestellungen je 100 Besuche", 16),
    column("taken", Cell.MONEY, "实收金额", "Taken", "Eingenommen", 16),
    column("refunded", Cell.MONEY, "已退金额", "Refunded", "Erstattet", 16),
    column("net", Cell.MONEY, "净额", "Taken less refunds", "Einnahmen abzüglich Erstattungen", 16),
    column("margin", Cell.MONEY, "毛利（已知进价）", "Margin, where the cost is known", "Marge, soweit der Einkaufspreis bekannt ist", 18),
    column("no_cost", Cell.COUNT, "进价未知件数", "Pieces of unknown cost", "Stück ohne Einkaufspreis", 16),
    CURRENCY,
)
SUMMED = frozenset({"visits", "orders", "first_orders", "paid_orders", "taken", "refunded", "net", "margin", "no_cost"})


def _visits(asked: Asked) -> Any:
    first, last = asked.period.days
    wanted = [Campaign.mark == asked.filters["campaign"]] if "campaign" in asked.filters else []
    return (
        select(Campaign.mark.label("mark"), func.sum(CampaignDay.visits).label("visits"))
        .join(CampaignDay, CampaignDay.campaign_id == Campaign.id)
        .where(CampaignDay.day.between(first, last), *wanted)
        .group_by(Campaign.mark)
        .cte("v")
    )


def _goods(asked: Asked) -> Any:
    """By order: what the pieces that were kept brought over their cost, and how many there are of unknown cost."""
    day = frankfurt_day(Order.placed_at, asked.period)
    cost = (
        select(ProductCost.cost_minor)
        .where(
            ProductCost.product_id == OrderLine.product_id, ProductCost.cost_currency == Order.total_currency, ProductCost.valid_from <= day
        )
        .order_by(ProductCost.valid_from.desc())
        .limit(1)
        .correlate(OrderLine, Order)
        .scalar_subquery()
    )  # fmt: skip
    each = (
        select(
            OrderLine.order_id, (OrderLine.quantity - OrderLine.refunded).label("kept"), OrderLine.unit_price_minor.label("price"),
            cost.label("cost"),
        )
        .join(Order, Order.id == OrderLine.order_id)
        .where(Order.campaign.is_not(None), Order.paid_at.is_not(None), *of_orders(asked))
        .cte("each_line")
    )  # fmt: skip
    return (
        select(
            each.c.order_id,
            func.sum(case((each.c.cost.is_not(None), each.c.kept * (each.c.price - each.c.cost)))).label("margin"),
            func.sum(case((each.c.cost.is_(None), each.c.kept), else_=0)).label("no_cost"),
        )
        .group_by(each.c.order_id)
        .cte("g")
    )  # fmt: skip


def _orders(asked: Asked) -> Any:
    goods = _goods(asked)
    back = (
        select(func.coalesce(func.sum(Refund.amount_minor), 0))
        .where(Refund.order_id == Order.id, Refund.state == RefundStage.SUCCESS.value)
        .correlate(Order)
        .scalar_subquery()
    )
    paid = Order.paid_at.is_not(None)
    each = (
        select(
            Order.campaign.label("mark"), Order.total_currency.label("currency"), case((paid, 1), else_=0).label("paid"),
            case((paid, Order.total_minor), else_=0).label("taken"), case((Order.refund_state == "none", 0), else_=back).label("refunded"),
            goods.c.margin, func.coalesce(goods.c.no_cost, 0).label("no_cost"),
        )
        .outerjoin(goods, goods.c.order_id == Order.id)
        .where(Order.campaign.is_not(None), *of_orders(asked))
        .cte("each_order")
    )  # fmt: skip
    sums = ("taken", "refunded", "margin", "no_cost")
    return (
        select(
            each.c.mark, each.c.currency, func.count().label("orders"), func.sum(each.c.paid).label("paid_orders"),
            *(func.sum(each.c[name]).label(name) for name in sums),
        )
        .group_by(each.c.mark, each.c.currency)
        .cte("o")
    )  # fmt: skip


def _firsts(asked: Asked) -> Any:
    return (
        select(Campaign.mark.label("mark"), Order.total_currency.label("currency"), func.count().label("first_orders"))
        .join(OrderTouch, OrderTouch.first_id == Campaign.id)
        .join(Order, Order.id == OrderTouch.order_id)
        .where(*of_orders(asked))
        .group_by(Campaign.mark, Order.total_currency)
        .cte("f")
    )


def _gathered(asked: Asked) -> Any:
    """One row for each mark and currency; visits have no currency, and stand on the row of the first one there is."""
    visits, orders, firsts = _visits(asked), _orders(asked), _firsts(asked)
    pairs = union(select(orders.c.mark, orders.c.currency), select(firsts.c.mark, firsts.c.currency)).cte("pairs")
    alone = select(visits.c.mark, literal("").label("currency")).where(visits.c.mark.not_in(select(pairs.c.mark)))
    rows = union(select(pairs.c.mark, pairs.c.currency), alone).cte("r")
    first = select(rows.c.mark, func.min(rows.c.currency).label("currency")).group_by(rows.c.mark).cte("first_row")
    kinds = case(KINDS[asked.language], value=Campaign.kind, else_=UNKNOWN[asked.language])
    joined = (
        rows.outerjoin(orders, and_(orders.c.mark == rows.c.mark, orders.c.currency == rows.c.currency))
        .outerjoin(firsts, and_(firsts.c.mark == rows.c.mark, firsts.c.currency == rows.c.currency))
        .outerjoin(first, and_(first.c.mark == rows.c.mark, first.c.currency == rows.c.currency))
        .outerjoin(visits, visits.c.mark == first.c.mark)
        .outerjoin(Campaign, Campaign.mark == rows.c.mark)
    )
    counts = {name: func.coalesce(orders.c[name], 0) for name in ("orders", "paid_orders", "taken", "refunded", "no_cost")}
    found = select(
        rows.c.mark.label("campaign"), kinds.label("kind"), func.coalesce(Campaign.title, rows.c.mark).label("title"),
        func.coalesce(visits.c.visits, 0).label("visits"), func.coalesce(firsts.c.first_orders, 0).label("first_orders"),
        *(value.label(name) for name, value in counts.items()), orders.c.margin, func.nullif(rows.c.currency, "").label("currency"),
    ).select_from(joined).cte("found")  # fmt: skip
    columns = [found.c[one.name] for one in COLUMNS if one.name not in ("conversion", "net")]
    conversion = _per_hundred(found.c.paid_orders, found.c.visits).label("conversion")
    return select(*columns, conversion, (found.c.taken - found.c.refunded).label("net")).subquery("campaigns_found")


def _per_hundred(paid: Any, visits: Any) -> Any:
    """`4.2` as text: paid orders per 100 visits; nothing without visits."""
    tenths = (paid * 1000 + visits / 2) / func.nullif(visits, 0)
    whole = _whole(tenths / 10)
    return case((visits > 0, _text(whole) + "." + _text(_whole(tenths) - whole * 10)), else_=None)


def _whole(number: Any) -> Any:
    return cast(func.floor(number), BigInteger)


def _text(number: Any) -> Any:
    return cast(number, String)


CAMPAIGNS: Filled = table(
    COLUMNS, ("活动报表", "Campaigns", "Kampagnen"), _gathered,
    lambda found: [found.c.taken.desc(), found.c.visits.desc(), found.c.campaign, found.c.currency], SUMMED,
)  # fmt: skip
