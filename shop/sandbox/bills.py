"""The bills of a Beijing day, as WeChat Pay writes them: trades and fund flow (mainland), the statement (cross-border).

WeChat Pay, bills: UTF-8 with a byte order mark, every value behind a back-tick, amounts in whole units with decimals,
a header and a row of sums at the end. The statement's columns are those of WeChat Pay Global, "download statement"
(2025-01); whether it ends in sums is not documented, and a behaviour.
"""
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from shop.sandbox.billfaults import BillFault
from shop.sandbox.state import BEIJING, CROSSBORDER, EXCHANGE_RATE, MAINLAND, Order, Refund, World

TRADES, FUND_FLOW, STATEMENT = "trades", "fund_flow", "statement"
DIALECTS = {TRADES: MAINLAND, FUND_FLOW: MAINLAND, STATEMENT: CROSSBORDER}
TRADE_COLUMNS = (
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,"
    "应结订单金额,代金券金额,微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,"
    "手续费,费率,订单金额,申请退款金额,费率备注"
)
TRADE_SUMS = "总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额"
FLOW_COLUMNS = (
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,"
    "备注,业务凭证号"
)
FLOW_SUMS = "资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额"
STATEMENT_COLUMNS = (
    "交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,充值券币种,"
    "充值券金额,优惠券币种,优惠券金额,微信退款单号,商户退款单号,退款类型,退款状态,商品名称,商户数据包,手续费,费率,"
    "标价币种,订单金额(标价币种),用户支付币种,用户支付金额,结算币种,应结订单金额,支付汇率,退款汇率,申请退款金额,"
    "用户退款币种,用户退款金额,退款结算币种,退款应结订单金额,充值券退款金额,优惠券退款金额"
)
STATEMENT_SUMS = "总交易单数,订单总金额,申请退款总金额,手续费总金额"


@dataclass(frozen=True, kw_only=True)
class Line:
    """One payment, or one refund (`refund_id` is set then) of one. Amounts in minor units of `currency`."""

    at: float
    transaction_id: str
    out_trade_no: str
    app_id: str
    openid: str
    currency: str
    amount: int
    payer_amount: int  # fen
    coupon: int = 0
    description: str = ""
    attach: str = ""
    refund_id: str = ""
    out_refund_no: str = ""
    status: str = "SUCCESS"
    fee_off: int = 0  # minor units by which the fee is wrong

    def fee(self, percent: float) -> int:
        """Minor units; given back with a refund, negative then."""
        exact = Decimal(self.amount) * Decimal(str(percent)) / 100
        fee = int(exact.quantize(Decimal(1), ROUND_HALF_UP))
        return (-fee if self.refund_id else fee) + self.fee_off


@dataclass(frozen=True)
class Bill:
    """The file, and the hash that is told of it: SHA-1 of the plain bytes, in hexadecimal."""

    content: bytes
    sha1: str


def make_bill(world: World, kind: str, day: str) -> Bill | None:
    """The bill of `day` (yyyy-mm-dd, Beijing), with the faults that were ordered; None when nothing happened."""
    with world.lock:
        faults = [one for one in world.bill_faults if one.strikes(kind, day)]
        found = with_faults(lines_of(world, DIALECTS[kind], day), faults, day, DIALECTS[kind])
        writers = {TRADES: trade_bill, FUND_FLOW: flow_bill, STATEMENT: statement}
        if not found:
            return None
        text = writers[kind](world, found, any(one.kind == "wrong_summary" for one in faults))
    content = b"\xef\xbb\xbf" + text.encode()
    kinds = {one.kind for one in faults}
    sha1 = hashlib.sha1(content + (b" " if "wrong_hash" in kinds else b""), usedforsecurity=False).hexdigest()
    return Bill(content[: len(content) // 2] if "truncated" in kinds else content, sha1)


def lines_of(world: World, dialect: str, day: str) -> list[Line]:
    """What was paid on that day, and what was refunded: a refund is on the day it was taken on, unless it was closed."""
    paid = [
        payment(one) for (of, _), one in world.payments.items()
        if of == dialect and one.success_at is not None and day_of(one.success_at) == day
    ]
    refunded = [
        refund(one) for (of, _), one in world.refunds.items()
        if of == dialect and one.status != "CLOSED" and day_of(one.created_at) == day
    ]
    return sorted(paid + refunded, key=lambda one: one.at)


def payment(order: Order) -> Line:
    return Line(
        at=order.success_at or 0.0,
        transaction_id=order.transaction_id or "",
        out_trade_no=order.out_trade_no,
        app_id=order.app_id,
        openid=order.openid,
        currency=order.currency,
        amount=order.total,
        payer_amount=order.payer_total,
        coupon=order.coupon if order.dialect == MAINLAND else 0,
        description=order.asked["description"],
        attach=order.asked.get("attach", ""),
    )


def refund(one: Refund) -> Line:
    return replace(
        payment(one.order),
        at=one.created_at,
        amount=one.amount,
        payer_amount=one.payer_refund,
        coupon=0,
        refund_id=one.refund_id,
        out_refund_no=one.out_refund_no,
        status=one.status,
    )


def day_of(at: float) -> str:
    """The Beijing day of a moment, yyyy-mm-dd."""
    return f"{datetime.fromtimestamp(at, BEIJING):%Y-%m-%d}"


# --- faults ------------------------------------------------------------------------------------------------------


def with_faults(lines: list[Line], faults: Iterable[BillFault], day: str, dialect: str) -> list[Line]:
    for fault in faults:
        if fault.kind == "no_trades":
            return []
        wants_refund = "refund" in fault.kind
        if fault.kind.startswith("unknown_"):
            lines = sorted([*lines, stranger(fault, day, dialect, wants_refund)], key=lambda one: one.at)
            continue
        hit = next((one for one in lines if bool(one.refund_id) == wants_refund and fits(one, fault)), None)
        if hit is None:
            continue
        if fault.kind.startswith("missing_"):
            lines = [one for one in lines if one is not hit]
        elif fault.kind in {"other_amount", "other_refund_amount"}:
            lines = [replace(one, amount=one.amount + fault.by) if one is hit else one for one in lines]
        elif fault.kind == "other_currency":
            lines = [replace(one, currency=fault.currency) if one is hit else one for one in lines]
        elif fault.kind == "other_fee":
            lines = [replace(one, fee_off=fault.by) if one is hit else one for one in lines]
        elif fault.kind == "payment_twice":
            lines = [copy for one in lines for copy in ([one, one] if one is hit else [one])]
    return lines


def fits(line: Line, fault: BillFault) -> bool:
    return fault.number in {"", line.out_refund_no if line.refund_id else line.out_trade_no}


def stranger(fault: BillFault, day: str, dialect: str, is_refund: bool) -> Line:
    """A line of which the merchant has never heard."""
    number = fault.invented(day, 16)
    return Line(
        at=datetime.fromisoformat(f"{day}T12:00:00+08:00").timestamp(),
        transaction_id=f"4200{day.replace('-', '')}{number}",
        out_trade_no="X" + number if is_refund else fault.number or "X" + number,
        app_id="wx0000000000000000",
        openid="oStranger",
        currency="CNY" if dialect == MAINLAND else "EUR",
        amount=fault.amount,
        payer_amount=fault.amount,
        description="?",
        refund_id=f"50{number}" if is_refund else "",
        out_refund_no=(fault.number or "XR" + number) if is_refund else "",
    )


# --- the three files ---------------------------------------------------------------------------------------------


def trade_bill(world: World, lines: list[Line], spoil: bool) -> str:
    percent, numbers = world.behaviour.fee_percent, world.keys.numbers
    rows, settled, back, fees = [], 0, 0, 0
    for one in lines:
        is_refund = bool(one.refund_id)
        paid, returned = (0, one.amount) if is_refund else (one.amount, 0)
        fee = one.fee(percent)
        settled, back, fees = settled + paid, back + returned, fees + fee
        rows.append(row(
            when(one.at), one.app_id, numbers.mch_id, "0", "", one.transaction_id, one.out_trade_no, one.openid,
            "JSAPI", "REFUND" if is_refund else "SUCCESS", "OTHERS", one.currency, yuan(paid), yuan(one.coupon),
            one.refund_id or "0", one.out_refund_no or "0", yuan(returned), yuan(0),
            "ORIGINAL" if is_refund else "", one.status if is_refund else "", one.description, one.attach,
            f"{yuan(fee)}000", f"{percent:.2f}%", yuan(paid), yuan(returned), "",
        ))
    sums = row(str(len(lines)), yuan(settled + spoil), yuan(back), yuan(0), f"{yuan(fees)}000", yuan(settled + spoil),
               yuan(back))
    return "".join(f"{one}\r\n" for one in [TRADE_COLUMNS, *rows, TRADE_SUMS, sums])


def flow_bill(world: World, lines: list[Line], spoil: bool) -> str:
    """Every payment and every refund moves money, and so does the fee of each."""
    rows, balance = [], 0
    sums = {"收入": [0, 0], "支出": [0, 0]}

    def move(one: Line, amount: int, name: str, kind: str, place: int) -> None:
        nonlocal balance
        balance += amount
        way = "收入" if amount > 0 else "支出"
        sums[way][0] += 1
        sums[way][1] += abs(amount)
        number = one.refund_id or one.transaction_id
        rows.append(row(when(one.at), number, f"{number[-15:]}{place}", name, kind, way, yuan(abs(amount)),
                        yuan(balance), "system", "", one.out_refund_no or one.out_trade_no))

    for one in lines:
        fee = one.fee(world.behaviour.fee_percent)
        if one.refund_id:
            move(one, -one.amount, "退款", "退款", 1)
        else:
            move(one, one.amount, "交易", "交易", 1)
        if fee:
            move(one, -fee, "退还交易手续费" if fee < 0 else "扣除交易手续费", "扣除交易手续费", 2)
    came, went = sums["收入"], sums["支出"]
    last = row(str(len(rows) + spoil), str(came[0]), yuan(came[1] + spoil), str(went[0]), yuan(went[1]))
    return "".join(f"{one}\r\n" for one in [FLOW_COLUMNS, *rows, FLOW_SUMS, last])


def statement(world: World, lines: list[Line], spoil: bool) -> str:
    percent, numbers = world.behaviour.fee_percent, world.keys.numbers
    rows, total, back, fees = [], 0, 0, 0
    for one in lines:
        is_refund = bool(one.refund_id)
        paid, returned = (0, one.amount) if is_refund else (one.amount, 0)
        fee = one.fee(percent)
        total, back, fees = total + paid, back + returned, fees + fee
        rate = str(100_000_000 if one.currency == "CNY" else EXCHANGE_RATE)
        rows.append(row(
            when(one.at), one.app_id, numbers.sp_mch_id, numbers.sub_mch_id, "", one.transaction_id, one.out_trade_no,
            one.openid, "JSAPI", "REFUND" if is_refund else "SUCCESS", "OTHERS", "", yuan(0), "", yuan(0),
            one.refund_id or "0", one.out_refund_no or "0", "ORIGINAL" if is_refund else "",
            one.status if is_refund else "", one.description, one.attach, yuan(fee), f"{percent:.2f}%", one.currency,
            yuan(paid), "CNY", yuan(0 if is_refund else one.payer_amount), one.currency, yuan(paid), rate,
            rate if is_refund else "", yuan(returned), "CNY" if is_refund else "",
            yuan(one.payer_amount if is_refund else 0), one.currency if is_refund else "", yuan(returned), yuan(0),
            yuan(0),
        ))
    found = [STATEMENT_COLUMNS, *rows]
    if world.behaviour.statement_summary == "yes":
        found += [STATEMENT_SUMS, row(str(len(lines)), yuan(total + spoil), yuan(back), yuan(fees))]
    return "".join(f"{one}\r\n" for one in found)


def row(*values: str) -> str:
    return ",".join(cell(one) for one in values)


def cell(text: str) -> str:
    """Behind a back-tick, on one line. A comma inside stays as it is: only a comma and a back-tick part two values."""
    return "`" + " ".join(text.replace("`", " ").split())


def yuan(minor: int) -> str:
    return f"{Decimal(minor) / 100:.2f}"


def when(at: float) -> str:
    return f"{datetime.fromtimestamp(at, BEIJING):%Y-%m-%d %H:%M:%S}"


def shown(bill: Bill | None) -> dict[str, Any]:
    """For the control API: the text as it is."""
    return {"text": bill.content.decode("utf-8", "replace") if bill else "", "sha1": bill.sha1 if bill else ""}
