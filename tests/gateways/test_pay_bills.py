"""The parser of bills: every line exactly, every doubt a refusal that names its line, and nothing held in memory."""
import csv
import io
import time
import tracemalloc
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.base.money import Currency, Money
from shop.gateways.pay import BillKind, BillLine, BillUnreadable, FlowLine, PlainAmount, WeChatPay, read_bill
from shop.gateways.pay.dialect import BEIJING
from shop.settings import Dialect

from .peer import APP_ID, NOW, settings_in


def cut(text: str) -> list[str]:
    return text.split(",")


NAMES = cut(
    "交易时间,公众账号ID,商户号,特约商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,货币种类,应结订单金额,代金券金额,"
    "微信退款单号,商户退款单号,退款金额,充值券退款金额,退款类型,退款状态,商品名称,商户数据包,手续费,费率,订单金额,申请退款金额,费率备注"
)
TITLES = cut("总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额")
STATEMENT_NAMES = cut(
    "交易时间,公众账号ID,商户号,子商户号,设备号,微信订单号,商户订单号,用户标识,交易类型,交易状态,付款银行,充值券币种,充值券金额,优惠券币种,优惠券金额,"
    "微信退款单号,商户退款单号,退款类型,退款状态,商品名称,商户数据包,手续费,费率,标价币种,订单金额(标价币种),用户支付币种,用户支付金额,结算币种,"
    "应结订单金额,支付汇率,退款汇率,申请退款金额,用户退款币种,用户退款金额,退款结算币种,退款应结订单金额,充值券退款金额,优惠券退款金额"
)
FLOW_NAMES = cut(
    "记账时间,微信支付业务单号,资金流水单号,业务名称,业务类型,收支类型,收支金额(元),账户结余(元),资金变更提交申请人,备注,业务凭证号"
)
FLOW_TITLES = cut("资金流水总笔数,收入笔数,收入金额,支出笔数,支出金额")
AT = datetime(2026, 11, 20, 23, 59, 58, tzinfo=BEIJING)


def yuan(minor: int) -> str:
    return str(Decimal(minor).scaleb(-2))


def row(values: dict[str, str], names: list[str] = NAMES) -> list[str]:
    return [values.get(name, "") for name in names]


def paid(number: int = 1, minor: int = 12900, **changed: str) -> dict[str, str]:
    return {
        "交易时间": "2026-11-20 23:59:58", "微信订单号": f"42000{number}", "商户订单号": f"T{number}", "交易状态": "SUCCESS",
        "货币种类": "CNY", "应结订单金额": yuan(minor - 100), "代金券金额": "1.00", "微信退款单号": "0", "商户退款单号": "0",
        "退款金额": "0.00", "充值券退款金额": "0.00", "手续费": "0.77400", "费率": "0.60%", "订单金额": yuan(minor),
        "申请退款金额": "0.00", "商品名称": "免税预订, D23456789", **changed,
    }


def refunded(number: int = 1, minor: int = 900, **changed: str) -> dict[str, str]:
    return paid(number, **{
        "交易状态": "REFUND", "应结订单金额": "0.00", "代金券金额": "0.00", "微信退款单号": f"50{number}", "商户退款单号": f"R{number}",
        "退款金额": yuan(minor - 10), "充值券退款金额": "0.10", "退款状态": "PROCESSING", "手续费": "-0.05400", "订单金额": "0.00",
        "申请退款金额": yuan(minor), **changed})


def totals(rows: list[dict[str, str]]) -> list[str]:
    sums = [sum((Decimal(said.get(name) or 0) for said in rows), Decimal(0)) for name in (
        "应结订单金额", "退款金额", "充值券退款金额", "手续费", "订单金额", "申请退款金额")]
    return [f"{len(rows)}.0", *map(str, sums)]


def bill(rows: list[dict[str, str]], sums: list[str] | None = None) -> list[bytes]:
    """The file as WeChat writes it: a mark, names, back-ticks, CRLF, titles and totals."""
    lines = [
        "\ufeff" + ",".join(NAMES), *("".join(f",`{value}" for value in row(said))[1:] for said in rows),
        ",".join(TITLES), "".join(f",`{value}" for value in sums or totals(rows))[1:],
    ]
    return [f"{line}\r\n".encode() for line in lines]


def trades(lines: list[bytes]) -> list[BillLine]:
    return list(read_bill(lines, BillKind.TRADES, Currency.CNY))


def test_a_payment_is_read_whole() -> None:
    [line] = trades(bill([paid()]))

    assert line == BillLine(
        kind="payment", at=AT, transaction_id="420001", out_trade_no="T1", refund_id=None, out_refund_no=None,
        amount=Money(12900, Currency.CNY), fee=Money(77, Currency.CNY), state_said="SUCCESS", number=2)
    assert line.at is not None
    assert line.at.utcoffset() == timedelta(hours=8)


def test_a_refund_is_what_was_asked_for_and_its_fee_comes_back() -> None:
    _, line = trades(bill([paid(), refunded()]))

    assert (line.kind, line.refund_id, line.out_refund_no) == ("refund", "501", "R1")
    assert (line.amount, line.fee) == (Money(900, Currency.CNY), Money(-5, Currency.CNY))
    assert (line.state_said, line.number) == ("PROCESSING", 3)


def test_a_state_that_is_neither_is_shown_as_other() -> None:
    [line] = trades(bill([paid(交易状态="REVOKED")]))

    assert (line.kind, line.state_said) == ("other", "REVOKED")


def test_an_empty_bill_is_empty() -> None:
    assert trades(bill([])) == []


@pytest.mark.parametrize("ending", [b"\n", b"\r\n", b""])
@pytest.mark.parametrize("mark", [True, False])
def test_line_ends_the_mark_and_quotes_make_no_difference(ending: bytes, mark: bool) -> None:
    lines = [line.rstrip(b"\r\n") + ending for line in bill([paid(), refunded()])]
    if not mark:
        lines[0] = lines[0].removeprefix("\ufeff".encode())
    quoted = [*lines]
    for place in (1, 2):
        out = io.StringIO()
        csv.writer(out, quoting=csv.QUOTE_ALL).writerow(
            "`" + cell for cell in lines[place].decode().strip()[1:].split(",`"))
        quoted[place] = out.getvalue().encode()

    assert trades(lines) == trades(quoted) == trades(bill([paid(), refunded()]))


def test_a_value_may_hold_commas_and_quotes() -> None:
    name = 'a, "b", c` d,'
    assert trades(bill([paid(商品名称=name)])) == trades(bill([paid()]))


def test_a_file_is_read_as_its_lines_are(tmp_path: Path) -> None:
    path = tmp_path / "bill.csv"
    path.write_bytes(b"".join(bill([paid(), refunded()])))

    assert list(read_bill(path, BillKind.TRADES, Currency.CNY)) == trades(bill([paid(), refunded()]))


@pytest.mark.parametrize(("changed", "why"), [
    ({"订单金额": "1.234"}, "part of a cent"),
    ({"订单金额": "1,5"}, "not an amount"),
    ({"订单金额": "1e5"}, "not an amount"),
    ({"订单金额": "NaN"}, "not an amount"),
    ({"订单金额": "٣"}, "not an amount"),
    ({"订单金额": "1" * 13}, "not an amount"),
    ({"手续费": "?"}, "not an amount"),
    ({"货币种类": "US dollars"}, "not a currency"),
    ({"交易时间": "yesterday"}, "time"),
    ({"微信订单号": "4" * 65}, "transaction_id is too long"),
    ({"订单金额": "", "应结订单金额": "", "代金券金额": ""}, "no amount"),
    ({"商品名称": "two,`values"}, "28 values, not 27"),
])
def test_a_line_that_is_not_clear_is_refused_by_its_number(changed: dict[str, str], why: str) -> None:
    with pytest.raises(BillUnreadable) as refused:
        trades(bill([paid(), paid(2, **changed)], sums=totals([paid()])))

    assert (refused.value.number, refused.value.why) == (3, why)


def test_a_currency_the_shop_does_not_settle_in_is_read_as_it_stands() -> None:
    [ours, theirs] = trades(bill([paid(), paid(2, 货币种类="USD")]))

    assert isinstance(ours.amount, Money)
    assert theirs.amount == PlainAmount(minor=ours.amount.minor, currency="USD")


@pytest.mark.parametrize("place", range(7))
def test_each_total_is_compared(place: int) -> None:
    rows = [paid(), refunded()]
    sums = totals(rows)
    sums[place] = str(Decimal(sums[place]) + Decimal("1"))

    with pytest.raises(BillUnreadable) as refused:
        trades(bill(rows, sums=sums))

    assert refused.value.number == 5
    assert "the total says" in refused.value.why


@pytest.mark.parametrize("lost", [1, 2, 3, 4])
def test_a_bill_that_lost_a_line_or_its_totals_is_refused(lost: int) -> None:
    lines = bill([paid(), refunded()])
    del lines[lost]

    with pytest.raises(BillUnreadable):
        trades(lines)


def test_nothing_may_follow_the_totals() -> None:
    lines = bill([paid()])

    assert len(trades([*lines, b"\r\n", b"  \n"])) == 1
    with pytest.raises(BillUnreadable):
        trades([*lines, lines[1]])


@pytest.mark.parametrize("lines", [
    [], [b""], [b"\xff\xfe"], [b"x" * 70_000], [",".join(NAMES[:5]).encode()], [b'"open'],
    [",".join([*NAMES, "交易时间"]).encode()],
])
def test_what_is_no_bill_at_all_is_refused_at_its_beginning(lines: list[bytes]) -> None:
    with pytest.raises(BillUnreadable) as refused:
        trades(lines)

    assert refused.value.number == 1


def test_a_huge_line_in_a_file_is_not_read_whole(tmp_path: Path) -> None:
    path = tmp_path / "bill.csv"
    path.write_bytes(b"x" * 20_000_000)
    tracemalloc.start()

    with pytest.raises(BillUnreadable):
        list(read_bill(path, BillKind.TRADES, Currency.CNY))

    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 1_000_000


def statement(rows: list[dict[str, str]], names: list[str] = STATEMENT_NAMES) -> list[bytes]:
    lines = [",".join(names), *("".join(f",`{value}" for value in row(said, names))[1:] for said in rows)]
    return [f"{line}\n".encode() for line in lines]


PRICED = {
    "交易时间": "2026-11-20 23:59:58", "微信订单号": "420001", "商户订单号": "T1", "交易状态": "SUCCESS", "微信退款单号": "0",
    "商户退款单号": "0", "手续费": "1.03", "标价币种": "EUR", "订单金额(标价币种)": "129.00", "用户支付币种": "CNY",
    "用户支付金额": "1012.34", "结算币种": "EUR", "应结订单金额": "129.00", "支付汇率": "784760000", "申请退款金额": "0.00",
}
GIVEN_BACK = PRICED | {
    "交易状态": "REFUND", "微信退款单号": "501", "商户退款单号": "R1", "退款状态": "SUCCESS", "订单金额(标价币种)": "0.00",
    "应结订单金额": "0.00", "申请退款金额": "9.00", "用户退款币种": "CNY", "用户退款金额": "70.65", "手续费": "-0.07",
}


def test_a_statement_is_read_in_the_priced_currency_and_needs_no_totals() -> None:
    payment, refund = read_bill(statement([PRICED, GIVEN_BACK]), BillKind.STATEMENT, Currency.CNY)

    assert (payment.kind, payment.amount, payment.fee) == (
        "payment", Money(12900, Currency.EUR), Money(103, Currency.EUR))
    assert (refund.kind, refund.amount, refund.fee) == ("refund", Money(900, Currency.EUR), Money(-7, Currency.EUR))
    assert (refund.refund_id, refund.out_refund_no, refund.state_said) == ("501", "R1", "SUCCESS")


def test_totals_of_a_statement_are_compared_where_there_are_some() -> None:
    lines = statement([PRICED])

    assert len(list(read_bill([*lines, "总交易单数\n".encode(), b"`1\n"],
                              BillKind.STATEMENT, Currency.EUR))) == 1
    with pytest.raises(BillUnreadable):
        list(read_bill([*lines, "总交易单数\n".encode(), b"`2\n"], BillKind.STATEMENT, Currency.EUR))


def test_column_names_that_wechat_invents_later_come_from_the_settings(key_folder: Path) -> None:
    names = [{"微信订单号": "Tencent ref", "标价币种": "Ccy"}.get(name, name) for name in STATEMENT_NAMES]
    renamed = PRICED | {"Tencent ref": "420001", "Ccy": "EUR"}
    known = (("Tencent ref", "transaction_id"), ("CCY", "currency"))
    pay = WeChatPay(settings_in(key_folder, Dialect.CROSSBORDER, statement_columns=known), APP_ID,
                    clock=lambda: NOW, threads=4)

    [line] = pay.read_bill(statement([renamed], names), BillKind.STATEMENT, Currency.CNY)

    assert isinstance(line, BillLine)
    assert (line.transaction_id, line.amount) == ("420001", Money(12900, Currency.EUR))
    assert pay.problems() == []
    with pytest.raises(BillUnreadable):
        list(read_bill(statement([renamed], names), BillKind.STATEMENT, Currency.EUR))


def test_a_meaning_that_does_not_exist_is_named_by_the_self_check(key_folder: Path) -> None:
    known = (("Tencent ref", "transaction"),)
    pay = WeChatPay(settings_in(key_folder, Dialect.CROSSBORDER, statement_columns=known), APP_ID,
                    clock=lambda: NOW, threads=4)

    assert pay.problems() == ["WECHAT_PAY_STATEMENT_COLUMNS: Tencent ref has no meaning that the shop knows"]


def flow(*rows: tuple[str, str, str]) -> list[bytes]:
    cells = [row({
        "记账时间": "2026-11-20 23:59:58", "微信支付业务单号": "420001", "业务类型": kind, "收支类型": way, "收支金额(元)": amount,
        "账户结余(元)": "1000.21"}, FLOW_NAMES) for kind, way, amount in rows]
    sums = {way: [Decimal(amount) for _, said, amount in rows if said == way] for way in ("收入", "支出")}
    counted = [str(len(rows))]
    for way in ("收入", "支出"):
        counted += [str(len(sums[way])), str(sum(sums[way], Decimal(0)))]
    text = [",".join(FLOW_NAMES), *("".join(f",`{value}" for value in line)[1:] for line in cells),
            ",".join(FLOW_TITLES), "".join(f",`{value}" for value in counted)[1:]]
    return [f"{line}\n".encode() for line in text]


def test_the_account_s_movements_are_read_with_their_direction() -> None:
    income, fee = read_bill(flow(("交易", "收入", "129.00"), ("扣除交易手续费", "支出", "0.77")), BillKind.FUND_FLOW, Currency.CNY)

    assert income == FlowLine(
        at=AT, business_no="420001", kind_said="交易", direction="in", amount=Money(12900, Currency.CNY),
        balance=Money(100021, Currency.CNY), number=2)
    assert (fee.direction, fee.amount, fee.kind_said) == ("out", Money(77, Currency.CNY), "扣除交易手续费")


def test_movements_that_do_not_add_up_are_refused() -> None:
    lines = flow(("交易", "收入", "129.00"), ("退款", "支出", "9.00"))

    for place in (1, 2):
        with pytest.raises(BillUnreadable):
            list(read_bill(lines[:place] + lines[place + 1:], BillKind.FUND_FLOW, Currency.CNY))
    with pytest.raises(BillUnreadable):
        list(read_bill(flow(("交易", "both", "1.00")), BillKind.FUND_FLOW, Currency.CNY))


WORD = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp", "Zs", "Cf"), blacklist_characters="`\ufeff"),
               max_size=20)
MINOR = st.integers(0, 10**11)


@st.composite
def rows_of_a_bill(draw: st.DrawFn) -> dict[str, str]:
    """A random payment or refund, with whatever text a product's name may hold."""
    number, minor = draw(st.integers(0, 10**20)), draw(MINOR)
    texts = {"商品名称": draw(WORD), "商户数据包": draw(WORD)}
    fee = {"手续费": str(Decimal(draw(st.integers(-10**6, 10**6))).scaleb(-5))}
    make = draw(st.sampled_from([paid, refunded]))
    return make(number, minor + 100, **texts, **fee)


@settings(max_examples=80, deadline=None)
@given(rows=st.lists(rows_of_a_bill(), max_size=8))
def test_a_bill_written_from_random_lines_reads_back_exactly(rows: list[dict[str, str]]) -> None:
    read = trades(bill(rows))

    assert [line.out_trade_no for line in read] == [said["商户订单号"] for said in rows]
    for line, said in zip(read, rows, strict=True):
        whole = said["申请退款金额"] if line.kind == "refund" else said["订单金额"]
        assert Decimal(line.amount.minor) == Decimal(whole) * 100
        assert line.out_refund_no == (said["商户退款单号"] if line.kind == "refund" else None)
        assert line.fee is not None
        assert abs(Decimal(line.fee.minor) - Decimal(said["手续费"]) * 100) <= Decimal("0.5")


@settings(max_examples=200, deadline=None)
@given(noise=st.lists(st.binary(max_size=60), max_size=6), where=st.integers(0, 5), kind=st.sampled_from(BillKind))
def test_any_bytes_are_lines_or_a_refusal(noise: list[bytes], where: int, kind: BillKind) -> None:
    good: dict[BillKind, list[bytes]] = {
        BillKind.TRADES: bill([paid(), refunded()]), BillKind.STATEMENT: statement([PRICED]),
        BillKind.FUND_FLOW: flow(("交易", "收入", "1.00"))}
    lines = good[kind]

    for mixed in (noise, lines[:where] + noise + lines[where:]):
        try:
            found = list(read_bill(mixed, kind, Currency.CNY))
        except BillUnreadable:
            continue
        assert all(isinstance(line, BillLine | FlowLine) for line in found)


@settings(max_examples=150, deadline=None)
@given(cells=st.lists(WORD | st.sampled_from(["1.00", "SUCCESS", "2026-11-20", "REFUND", "0", "CNY"]), min_size=27, max_size=27))
def test_any_values_in_the_columns_are_a_line_or_a_refusal(cells: list[str]) -> None:
    lines = bill([])
    lines.insert(1, ("`" + ",`".join(cells)).encode())

    with pytest.raises(BillUnreadable):  # the totals of an empty bill cannot agree with any line
        trades(lines)


def many(count: int) -> Iterator[bytes]:
    """A long bill, made as it is read."""
    first, second, *_ = bill([paid()])
    yield first
    for _ in range(count):
        yield second
    said = paid()
    yield ",".join(TITLES).encode()
    sums = [Decimal(said[name]) * count for name in (
        "应结订单金额", "退款金额", "充值券退款金额", "手续费", "订单金额", "申请退款金额")]
    yield ("`" + ",`".join([str(count), *map(str, sums)])).encode()


def test_a_long_bill_is_read_fast_and_without_memory() -> None:
    count = 50_000
    began = time.process_time()
    read = sum(1 for _ in read_bill(many(count), BillKind.TRADES, Currency.CNY))
    took = time.process_time() - began

    tracemalloc.start()
    for _ in read_bill(many(2000), BillKind.TRADES, Currency.CNY):
        pass
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert read == count
    assert took < 2.5  # 200,000 lines in ten seconds, on a busy machine
    assert most < 500_000
