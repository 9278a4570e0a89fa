"""What the columns and totals of WeChat Pay's files are called, and what they mean to us.

WeChat Pay, trade bill (27 columns), fund-flow bill (11 columns) and, across borders, statement (38 columns, "download
reconciliation", 2025-01): the names below are those of the documents, Chinese and English. Names are compared without
spaces, signs and capitals, because the documents themselves do not keep to one spelling. Columns that mean nothing to
the books (bank, device, product name) are not named here and not read.
"""
import re
from collections.abc import Mapping

from shop.gateways.pay.values import BillKind

TRADES: Mapping[str, tuple[str, ...]] = {
    "at": ("交易时间", "transaction time"),
    "transaction_id": ("微信订单号", "WeChat order No.", "WeChat order number"),
    "out_trade_no": ("商户订单号", "Vendor order No.", "vendor order number", "merchant order No."),
    "trade_state": ("交易状态", "transaction status"),
    "currency": ("货币种类", "标价币种", "currency type", "priced currency"),
    "total": ("订单金额", "订单金额(标价币种)", "order amount", "order amount (priced currency)", "总金额"),
    "settled": ("应结订单金额", "settlement order amount"),
    "settled_currency": ("结算币种", "settlement currency"),
    "coupon": ("代金券金额", "优惠券金额", "voucher amount"),
    "refund_id": ("微信退款单号", "WeChat refund No.", "WeChat refund number"),
    "out_refund_no": ("商户退款单号", "merchant refund No.", "Vendor refund No.", "vendor refund number"),
    "refund_asked": ("申请退款金额", "requested refund amount", "refund request amount", "applied refund amount"),
    "refund": ("退款金额", "refund amount"),
    "refund_coupon": ("充值券退款金额",),
    "refund_state": ("退款状态", "refund status"),
    "fee": ("手续费", "service fee", "fee"),
}
FLOW: Mapping[str, tuple[str, ...]] = {
    "at": ("记账时间",),
    "business_no": ("微信支付业务单号",),
    "kind_said": ("业务类型",),
    "direction": ("收支类型",),
    "amount": ("收支金额(元)", "收支金额"),
    "balance": ("账户结余(元)", "账户结余"),
}
COLUMNS: Mapping[BillKind, Mapping[str, tuple[str, ...]]] = {
    BillKind.TRADES: TRADES, BillKind.STATEMENT: TRADES, BillKind.FUND_FLOW: FLOW,
}
# Without these a line cannot be matched; each entry is satisfied by any of its meanings.
NEEDED: Mapping[BillKind, tuple[tuple[str, ...], ...]] = {
    BillKind.TRADES: (
        ("at",), ("transaction_id",), ("out_trade_no",), ("trade_state",), ("total", "settled"),
        ("refund_asked", "refund"), ("refund_id", "out_refund_no"),
    ),
    BillKind.FUND_FLOW: tuple((name,) for name in ("at", "business_no", "kind_said", "direction", "amount")),
}
# The line of totals: its titles, and the column whose sum each is. The first title tells the line from a row.
COUNT = "count"
TRADE_TOTALS: Mapping[str, tuple[str, ...]] = {
    COUNT: ("总交易单数", "total number of transactions", "total transactions"),
    "settled": ("应结订单总金额",),
    "refund": ("退款总金额",),
    "refund_coupon": ("充值券退款总金额",),
    "fee": ("手续费总金额",),
    "total": ("订单总金额", "总交易额"),
    "refund_asked": ("申请退款总金额",),
}
FLOW_TOTALS: Mapping[str, tuple[str, ...]] = {
    COUNT: ("资金流水总笔数",),
    "count_in": ("收入笔数",), "in": ("收入金额",), "count_out": ("支出笔数",), "out": ("支出金额",),
}
TOTALS: Mapping[BillKind, Mapping[str, tuple[str, ...]]] = {
    BillKind.TRADES: TRADE_TOTALS, BillKind.STATEMENT: TRADE_TOTALS, BillKind.FUND_FLOW: FLOW_TOTALS,
}
SIGNS = re.compile(r"[\W_]+")


def spelt(name: str) -> str:
    """One spelling for one name."""
    return SIGNS.sub("", name).lower()


def meanings(kind: BillKind, extra: Mapping[str, str]) -> dict[str, str]:
    """Spelt name → meaning; `extra` (name → meaning) comes first, for names that WeChat invents later."""
    known = {spelt(name): meaning for meaning, names in COLUMNS[kind].items() for name in names}
    return known | {spelt(name): meaning for name, meaning in extra.items()}


def titles(kind: BillKind) -> dict[str, str]:
    """Spelt title of a total → the column it sums."""
    return {spelt(name): meaning for meaning, names in TOTALS[kind].items() for name in names}
