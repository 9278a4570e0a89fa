"""The bills of a day: what stands in them, how they are fetched, and how they can be wrong."""
import gzip
import hashlib
from datetime import datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import pytest
import requests

BEIJING = timezone(timedelta(hours=8))
BOM = b"\xef\xbb\xbf"


@pytest.fixture(autouse=True)
def quick(box: Any) -> None:
    box.control.behaviour(refund_seconds=0, refund_gap_seconds=0)


def sha1(raw: bytes) -> str:
    return hashlib.sha1(raw, usedforsecurity=False).hexdigest()


def today(days: int = 0) -> str:
    return f"{datetime.now(BEIJING) + timedelta(days=days):%Y-%m-%d}"


def paid(merchant: Any, **more: Any) -> str:
    out_trade_no, _ = merchant.opened(**more)
    merchant.box.control.pay(out_trade_no, notify=False)
    return str(out_trade_no)


def refunded(merchant: Any, out_trade_no: str, amount: int) -> str:
    body = merchant.refund_body(out_trade_no, amount)
    assert merchant.refund(body).status_code == 200
    return str(body["out_refund_no"])


def ask(merchant: Any, day: str = "", kind: str = "tradebill", more: str = "") -> requests.Response:
    """Ask for a bill of a day, today's unless told otherwise; the statement cross-border."""
    day = day or today()
    if merchant.dialect == "mainland":
        return merchant.call("GET", f"/v3/bill/{kind}?bill_date={day}{more}")
    return merchant.call("GET", f"/v3/global/statements?date={day.replace('-', '')}&{merchant.owner_query}{more}")


def fetch(merchant: Any, answer: requests.Response) -> requests.Response:
    return merchant.call("GET", answer.json()["download_url"].removeprefix(merchant.box.url))


def content(merchant: Any, day: str = "", kind: str = "tradebill") -> bytes:
    answer = ask(merchant, day, kind)
    assert answer.status_code == 200, answer.text
    return answer.content if merchant.dialect == "crossborder" else fetch(merchant, answer).content


def table(raw: bytes) -> tuple[list[dict[str, str]], dict[str, str]]:
    """The lines by column name, and the sums. A comma and a back-tick part two values; a comma alone does not."""
    assert raw.startswith(BOM)
    assert raw.endswith(b"\r\n")
    names, *lines, sum_names, sums = raw.decode("utf-8-sig").splitlines()
    assert all(line.startswith("`") for line in [*lines, sums])
    plain = [dict(zip(names.split(","), line[1:].split(",`"), strict=True)) for line in lines]
    return plain, dict(zip(sum_names.split(","), sums[1:].split(",`"), strict=True))


# --- the mainland's two ----------------------------------------------------------------------------------------------


def test_the_trade_bill_lists_payments_and_refunds_in_yuan_with_their_sums(mainland: Any) -> None:
    first, second = paid(mainland, description="免税 “酒”, 1 L", attach="a"), paid(mainland)
    no = refunded(mainland, first, 500)

    lines, sums = table(content(mainland))

    assert len(lines[0]) == 27
    assert [(one["商户订单号"], one["交易状态"], one["订单金额"], one["申请退款金额"]) for one in lines] == [
        (first, "SUCCESS", "17.50", "0.00"),
        (second, "SUCCESS", "17.50", "0.00"),
        (first, "REFUND", "0.00", "5.00"),
    ]
    assert lines[0]["商品名称"] == "免税 “酒”, 1 L"
    assert (lines[0]["手续费"], lines[0]["费率"]) == ("0.11000", "0.60%")
    assert (lines[2]["商户退款单号"], lines[2]["退款状态"], lines[2]["手续费"]) == (no, "SUCCESS", "-0.03000")
    assert sums["总交易单数"] == "3"
    assert sums["订单总金额"] == "35.00"
    assert sums["申请退款总金额"] == "5.00"
    assert Decimal(sums["手续费总金额"]) == sum(Decimal(one["手续费"]) for one in lines) == Decimal("0.19")


def test_the_fund_flow_bill_carries_a_balance(mainland: Any) -> None:
    refunded(mainland, paid(mainland), 1750)

    lines, sums = table(content(mainland, kind="fundflowbill"))

    assert [(one["业务类型"], one["收支类型"], one["收支金额(元)"], one["账户结余(元)"]) for one in lines] == [
        ("交易", "收入", "17.50", "17.50"),
        ("扣除交易手续费", "支出", "0.11", "17.39"),
        ("退款", "支出", "17.50", "-0.11"),
        ("扣除交易手续费", "收入", "0.11", "0.00"),
    ]
    assert (sums["收入笔数"], sums["收入金额"], sums["支出金额"]) == ("2", "17.61", "17.61")


def test_the_hash_is_that_of_the_plain_file_also_when_it_comes_packed(mainland: Any) -> None:
    paid(mainland)

    plain, packed = ask(mainland), ask(mainland, more="&tar_type=GZIP")
    file, packed_file = fetch(mainland, plain), fetch(mainland, packed)

    assert plain.json()["hash_type"] == "SHA1"
    assert plain.json()["hash_value"] == packed.json()["hash_value"] == sha1(file.content)
    assert gzip.decompress(packed_file.content) == file.content
    assert mainland.accepts(plain.headers, plain.content)


def test_the_file_is_unsigned_wants_a_signed_request_and_is_there_for_five_minutes(mainland: Any, box: Any) -> None:
    paid(mainland)
    answer = ask(mainland)
    url = answer.json()["download_url"]

    file = fetch(mainland, answer)
    stranger = requests.get(url, headers={"Accept": "*/*"}, timeout=5)
    unknown = mainland.call("GET", "/v3/billdownload/file?token=abc")
    box.control.clock(301)
    path = url.removeprefix(box.url)
    now = str(int(datetime.now(BEIJING).timestamp()) + 301)
    late = mainland.call(
        "GET", path, headers={"Authorization": mainland.authorization("GET", path, b"", timestamp=now)}
    )

    assert file.status_code == 200
    assert not [name for name in file.headers if name.startswith("Wechatpay-")]
    assert stranger.status_code == 401
    assert unknown.status_code == late.status_code == 404


# --- the statement ---------------------------------------------------------------------------------------------------


def test_the_statement_is_signed_by_its_hash(crossborder: Any, box: Any) -> None:
    paid(crossborder)

    answer = ask(crossborder)

    told = sha1(answer.content)
    assert answer.headers["Wechatpay-Statement-Sha1"] == told
    assert crossborder.accepts(answer.headers, b'{"sha1":"%s"}' % told.encode())
    assert not crossborder.accepts(answer.headers, answer.content)


def test_the_statement_names_three_currencies(crossborder: Any, box: Any) -> None:
    out_trade_no = paid(crossborder)
    no = refunded(crossborder, out_trade_no, 1000)

    lines, sums = table(content(crossborder))
    box.control.behaviour(statement_summary="no")
    bare = content(crossborder).decode("utf-8-sig").splitlines()

    assert len(lines[0]) == 38
    assert (lines[0]["标价币种"], lines[0]["订单金额(标价币种)"]) == ("EUR", "17.50")
    assert (lines[0]["用户支付币种"], lines[0]["用户支付金额"]) == ("CNY", "137.38")
    assert (lines[1]["商户退款单号"], lines[1]["申请退款金额"], lines[1]["用户退款金额"]) == (no, "10.00", "78.50")
    assert sums["申请退款总金额"] == "10.00"
    assert len(bare) == 3


def test_a_statement_of_another_merchant_is_refused(crossborder: Any) -> None:
    path = f"/v3/global/statements?date={today().replace('-', '')}&sp_mchid={crossborder.mchid}"

    assert crossborder.call("GET", path).json()["code"] == "NO_STATEMENT_EXIST"
    assert crossborder.call("GET", path + "&sub_mchid=1230000109").json()["code"] == "MCH_NOT_EXISTS"


# --- days ------------------------------------------------------------------------------------------------------------


def test_a_day_without_trades_has_no_bill(merchant: Any) -> None:
    answer = ask(merchant)

    assert (answer.status_code, answer.json()["code"]) == (400, "NO_STATEMENT_EXIST")
    assert merchant.accepts(answer.headers, answer.content)


def test_payments_and_refunds_are_on_the_day_they_were_made(merchant: Any, box: Any) -> None:
    out_trade_no = paid(merchant)
    box.control.age(86400)
    refunded(merchant, out_trade_no, 100)

    yesterday, _ = table(content(merchant, today(-1)))
    now, _ = table(content(merchant))

    assert [one["交易状态"] for one in yesterday] == ["SUCCESS"]
    assert [one["交易状态"] for one in now] == ["REFUND"]


def test_a_closed_refund_is_on_no_bill(merchant: Any, box: Any) -> None:
    box.control.next_refund("CLOSED")
    refunded(merchant, paid(merchant), 100)

    assert len(table(content(merchant))[0]) == 1


def test_with_the_real_timetable_a_bill_is_there_at_ten_on_the_next_day(merchant: Any, box: Any) -> None:
    paid(merchant)
    box.control.behaviour(bill_ready="at_ten")

    answer = ask(merchant)
    box.control.age(2 * 86400)

    assert (answer.status_code, answer.json()["code"]) == (400, "STATEMENT_CREATING")
    assert ask(merchant, today(-2)).status_code == 200


@pytest.mark.parametrize("day", [today(1), today(-200), "2026-13-01", "soon"])
def test_a_day_that_cannot_be_had_is_refused(merchant: Any, day: str) -> None:
    assert ask(merchant, day).json()["code"] in {"INVALID_REQUEST", "PARAM_ERROR"}


@pytest.mark.parametrize("more", ["&colour=red", "&bill_type=REFUND", "&tar_type=ZIP", "&bill_date=2026-01-01"])
def test_a_request_for_a_bill_that_is_not_as_documented_is_refused(mainland: Any, more: str) -> None:
    assert ask(mainland, more=more).json()["code"] == "PARAM_ERROR"


# --- faults ----------------------------------------------------------------------------------------------------------


def test_lines_can_be_missing_strange_or_of_another_amount(merchant: Any, box: Any) -> None:
    first, second, third = (paid(merchant) for _ in range(3))
    no = refunded(merchant, third, 100)
    box.control.bill_fault("missing_payment", number=first)
    box.control.bill_fault("other_amount", number=second, by=-50)
    box.control.bill_fault("unknown_payment", amount=4242)
    box.control.bill_fault("unknown_refund", number="XR1", amount=77)
    box.control.bill_fault("missing_refund", number=no)

    raw = content(merchant)
    lines, sums = table(raw)

    amount = "订单金额" if merchant.dialect == "mainland" else "订单金额(标价币种)"
    by_number = {one["商户订单号"]: one[amount] for one in lines if one["交易状态"] == "SUCCESS"}
    assert first not in by_number
    assert by_number[second] == "17.00"
    assert "42.42" in by_number.values()
    assert [one["商户退款单号"] for one in lines if one["交易状态"] == "REFUND"] == ["XR1"]
    assert sums["总交易单数"] == "4"
    assert content(merchant) == raw
    box.control.clear_bill_faults()
    assert len(table(content(merchant))[0]) == 4


def test_a_fault_can_be_for_one_bill_or_one_day_only(mainland: Any, box: Any) -> None:
    paid(mainland)
    box.control.bill_fault("missing_payment", bill="fund_flow")
    box.control.bill_fault("not_ready", day=today(-1))

    assert ask(mainland).status_code == 200
    assert ask(mainland, kind="fundflowbill").json()["code"] == "NO_STATEMENT_EXIST"
    assert ask(mainland, today(-1)).json()["code"] == "STATEMENT_CREATING"


@pytest.mark.parametrize("kind", ["wrong_hash", "truncated"])
def test_a_file_can_be_damaged(merchant: Any, box: Any, kind: str) -> None:
    paid(merchant)
    box.control.bill_fault(kind)

    answer = ask(merchant)
    if merchant.dialect == "mainland":
        told, file = answer.json()["hash_value"], fetch(merchant, answer).content
    else:
        told, file = answer.headers["Wechatpay-Statement-Sha1"], answer.content

    assert sha1(file) != told


def test_the_sums_can_be_wrong(merchant: Any, box: Any) -> None:
    paid(merchant)
    box.control.bill_fault("wrong_summary")

    assert table(content(merchant))[1]["订单总金额"] == "17.51"


def test_the_bill_can_be_looked_at_without_asking_for_it(merchant: Any, box: Any) -> None:
    out_trade_no = paid(merchant)
    kind = "trades" if merchant.dialect == "mainland" else "statement"

    assert out_trade_no in box.control.bill(kind, today())
    assert box.control.bill(kind, today(-1)) == ""


@pytest.mark.parametrize(
    ("fault", "path"), [("drop_before", "/v3/bill/"), ("drop_after", "/v3/billdownload/"), ("status", "/v3/bill")]
)
def test_asking_and_fetching_can_fail(mainland: Any, box: Any, fault: str, path: str) -> None:
    paid(mainland)
    box.control.fault(fault, path=path)

    try:
        answers = [ask(mainland)]
        answers.append(fetch(mainland, answers[0]) if answers[0].status_code == 200 else answers[0])
        failed = any(one.status_code == 500 for one in answers)
    except requests.ConnectionError:
        failed = True

    assert failed
    assert fetch(mainland, ask(mainland)).status_code == 200


@pytest.mark.parametrize(
    "wish", [{"kind": "burnt"}, {"kind": "truncated", "bill": "menu"}, {"kind": "other_amount", "by": "much"}, {}]
)
def test_a_bill_fault_that_makes_no_sense_is_refused(box: Any, wish: dict[str, Any]) -> None:
    answer = requests.post(f"{box.url}/__control__/bill-faults", json=wish, timeout=5)

    assert answer.status_code == 400
    assert box.control.bill_faults() == []
