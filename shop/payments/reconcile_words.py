"""What a reconciliation found, in plain words for a shell."""

from collections.abc import Iterator

from shop.base.money import Money
from shop.payments import reconcile_queries
from shop.payments.matching import Action, Amount, ItemKind
from shop.payments.reconcile_queries import BillState, BillView, ItemView
from shop.payments.reconciling import Result

MOST_ITEMS = 40
KINDS = {
    ItemKind.UNKNOWN_HERE: "paid at WeChat, unknown here",
    ItemKind.MISSING_THERE: "paid here, missing in the bill",
    ItemKind.AMOUNT_DIFFERS: "the amounts differ",
    ItemKind.CURRENCY_DIFFERS: "the currencies differ",
    ItemKind.PAID_NO_ORDER: "paid, but for no order",
    ItemKind.REFUND_UNKNOWN_HERE: "refunded at WeChat, unknown here",
    ItemKind.REFUND_MISSING_THERE: "refunded here, missing in the bill",
    ItemKind.REFUND_AMOUNT_DIFFERS: "the amounts of a refund differ",
    ItemKind.HANDED_OVER_UNPAID: "HANDED OVER, BUT NOT PAID",
    ItemKind.DUPLICATE_LINE: "twice in the bill",
    ItemKind.FEE_DIFFERS: "the fee is not what the rate says",
}
ACTIONS = {
    Action.ASK_WECHAT: "ask WeChat and repair (back office, or wait for the daily run)",
    Action.REFUND: "refund it",
    Action.WAIT_A_DAY: "wait for tomorrow's bill",
    Action.LOOK: "somebody has to look",
}


def told(result: Result) -> Iterator[str]:
    """The lines to print."""
    totals = result.totals
    yield f"{result.day} in Beijing; in Frankfurt from {totals.since:%d.%m. %H:%M} to {totals.until:%d.%m. %H:%M}"
    for bill in result.bills:
        yield f"  bill {bill.kind:<12} {_bill(bill)}"
    yield f"  {'':<17} {'at WeChat':>16} {'here':>16}"
    yield f"  {'takings':<17} {_sum(totals.takings_there)} {_sum(totals.takings_here)}"
    yield f"  {'refunds':<17} {_sum(totals.refunds_there)} {_sum(totals.refunds_here)}"
    yield f"  {'fees':<17} {_sum(totals.fees)}"
    if not result.matched:
        yield "  nothing was compared: there is no bill"
        return
    if result.settled:
        yield f"  explained by this run: {result.settled}"
    if totals.waiting:
        yield f"  waiting for tomorrow's bill: {totals.waiting}"
    yield f"  open: {totals.open}" if totals.open else "  everything agrees"
    for kind, count in totals.differences.items():
        yield f"    {count:>5}  {KINDS[kind]}"
    items = reconcile_queries.open_items(MOST_ITEMS, day=result.day, waiting=False)
    for item in items:
        yield f"    - {_item(item)}"
    if totals.open > len(items):
        yield f"    … and {totals.open - len(items)} more"


def _bill(bill: BillView) -> str:
    match bill.state:
        case BillState.FETCHED:
            return f"{bill.lines} lines, kept as {bill.file_name}"
        case BillState.NO_TRADES:
            return "no trades that day"
        case BillState.NOT_READY:
            return "not ready yet: try again in half an hour"
        case BillState.FAILED:
            return f"could not be used ({bill.said})"


def _sum(money: Money | None) -> str:
    return f"{money if money is not None else '–'!s:>16}"


def _item(item: ItemView) -> str:
    about = f"order {item.order_number}" if item.order_number else "no order"
    sides = f"here {_amount(item.ours)}, WeChat {_amount(item.theirs)}"
    return f"{KINDS[item.kind]}: {item.key} ({about}); {sides} → {ACTIONS[item.action]}"


def _amount(amount: Amount | None) -> str:
    if amount is None:
        return "nothing"
    sign = "-" if amount.minor < 0 else ""
    return f"{sign}{abs(amount.minor) // 100}.{abs(amount.minor) % 100:02} {amount.currency}"
