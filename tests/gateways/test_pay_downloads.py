"""Bills and statements: fetched in pieces, believed by their hash, refused whole when one byte is not right."""
import gzip
import hashlib
import io
import json
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import requests
import responses

from shop.gateways.pay import (
    BillDamaged,
    BillKind,
    BillNotReady,
    NotOffered,
    PayRefused,
    PayUnavailable,
    WeChatPay,
    bill_ready_at,
)
from shop.gateways.pay import downloads as module
from shop.settings import PaySettings

from .peer import APP_ID, NOW, URL, WeChat, check_signature

Wire = responses.RequestsMock

DAY = date(2026, 11, 20)
TRADES = f"{URL}/v3/bill/tradebill"
FLOW = f"{URL}/v3/bill/fundflowbill"
DOWNLOAD = f"{URL}/v3/billdownload/file?token=6XIv5TUPto7pByrTQKhd6kwvyKLG2uY2wMMR8cNXqaA_Cv_isgaUtBzp4QtiozLO&tartype=gzip"
STATEMENT = f"{URL}/v3/global/statements"
TEXT = ("\ufeff交易时间,微信订单号\r\n" + "`2026-11-20 10:00:00,`42\r\n" * 5000).encode()
PACKED = gzip.compress(TEXT, mtime=0)


def sha1(content: bytes) -> str:
    return hashlib.sha1(content, usedforsecurity=False).hexdigest()


def announce(wechat: WeChat, url: str = TRADES, **changed: str) -> None:
    said = {"hash_type": "SHA1", "hash_value": sha1(TEXT), "download_url": DOWNLOAD, **changed}
    wechat.answers("GET", url, said)


def statement_headers(wechat: WeChat, content: bytes, **changed: Any) -> dict[str, str]:
    said = sha1(content)
    return {**wechat.signed(b'{"sha1":"%s"}' % said.encode(), **changed), "Wechatpay-Statement-Sha1": said}


def test_each_dialect_offers_its_files(mainland: WeChatPay, crossborder: WeChatPay) -> None:
    assert mainland.bill_kinds() == (BillKind.TRADES, BillKind.FUND_FLOW)
    assert crossborder.bill_kinds() == (BillKind.STATEMENT,)
    with pytest.raises(NotOffered):
        mainland.fetch_bill(BillKind.STATEMENT, DAY, io.BytesIO())


def test_ten_o_clock_in_beijing_is_two_o_clock_utc_of_the_next_day() -> None:
    assert bill_ready_at(DAY).isoformat() == "2026-11-21T10:00:00+08:00"


@pytest.mark.parametrize(("kind", "url", "query"), [
    (BillKind.TRADES, TRADES, "?bill_date=2026-11-20&bill_type=ALL&tar_type=GZIP"),
    (BillKind.FUND_FLOW, FLOW, "?bill_date=2026-11-20&account_type=BASIC&tar_type=GZIP"),
])
@pytest.mark.parametrize("packed", [True, False])
def test_a_mainland_bill_is_unpacked_on_the_way_and_its_plain_text_is_what_was_announced(
    mainland: WeChatPay, wechat: WeChat, wire: Wire, kind: BillKind, url: str, query: str, packed: bool
) -> None:
    announce(wechat, url)
    wire.get(DOWNLOAD, body=gzip.compress(TEXT) if packed else TEXT)  # unsigned, as WeChat's is
    into = io.BytesIO()

    fetched = mainland.fetch_bill(kind, DAY, into)

    assert into.getvalue() == TEXT
    assert fetched is not None
    assert (fetched.kind, fetched.day, fetched.compressed) == (kind, DAY, packed)
    assert (fetched.sha1, fetched.size) == (sha1(TEXT), len(TEXT))
    first, second = (call.request for call in wire.calls)
    assert first.path_url.endswith(query)
    assert second.url == DOWNLOAD
    check_signature(wechat, second)  # over the download's own path and query


@pytest.mark.parametrize("content", [TEXT[:-1], TEXT + b"\n", b"", TEXT.replace(b"42", b"43", 1)],
                         ids=["one byte less", "one more", "nothing", "one changed"])
@pytest.mark.parametrize("pack", [gzip.compress, bytes], ids=["packed", "plain"])
def test_a_bill_that_is_not_the_announced_one_is_damaged(
    mainland: WeChatPay, wechat: WeChat, wire: Wire, content: bytes, pack: Callable[[bytes], bytes]
) -> None:
    announce(wechat)
    wire.get(DOWNLOAD, body=pack(content))

    with pytest.raises(BillDamaged) as damaged:
        mainland.fetch_bill(BillKind.TRADES, DAY, io.BytesIO())

    assert damaged.value.why == "sha1"


@pytest.mark.parametrize("content", [
    PACKED[:-20], PACKED[:15], b"\x1f\x8b", b"\x1f\x8bnot gzip at all", PACKED + b"more", PACKED + PACKED,
], ids=["without its end", "its beginning", "two bytes", "not gzip", "with more", "twice"])
def test_a_packed_bill_that_breaks_off_or_goes_on_is_damaged(
    mainland: WeChatPay, wechat: WeChat, wire: Wire, content: bytes
) -> None:
    announce(wechat)
    wire.get(DOWNLOAD, body=content)

    with pytest.raises(BillDamaged) as damaged:
        mainland.fetch_bill(BillKind.TRADES, DAY, io.BytesIO())

    assert damaged.value.why == "truncated"


@pytest.mark.parametrize("address", [
    "https://elsewhere.example/v3/billdownload/file?token=x", "http://pay.example/v3/billdownload/file?token=x",
    "https://pay.example:444/x", "https://pay.example@elsewhere.example/x", "https://[", "", "/v3/billdownload/file",
    "https://pay.example.elsewhere.example/x",
])
def test_a_download_on_a_host_that_is_not_ours_is_not_asked_for(
    mainland: WeChatPay, wechat: WeChat, wire: Wire, address: str
) -> None:
    announce(wechat, download_url=address)

    with pytest.raises(BillDamaged) as damaged:
        mainland.fetch_bill(BillKind.TRADES, DAY, io.BytesIO())

    assert damaged.value.why == "foreign_host"
    assert len(wire.calls) == 1


@pytest.mark.parametrize("changed", [{"hash_type": "MD5"}, {"hash_value": "x" * 40}, {"hash_value": "ab"}])
def test_a_hash_that_we_cannot_check_is_no_proof(
    mainland: WeChatPay, wechat: WeChat, wire: Wire, changed: dict[str, str]
) -> None:
    announce(wechat, **changed)

    with pytest.raises(BillDamaged) as damaged:
        mainland.fetch_bill(BillKind.TRADES, DAY, io.BytesIO())

    assert damaged.value.why == "hash_type"


def test_a_day_without_trades_is_none(mainland: WeChatPay, crossborder: WeChatPay, wire: Wire) -> None:
    wire.get(TRADES, json={"code": "NO_STATEMENT_EXIST", "message": "账单文件不存在"}, status=400)
    wire.get(STATEMENT, json={"code": "NO_STATEMENT_EXIST"}, status=400)

    assert mainland.fetch_bill(BillKind.TRADES, DAY, io.BytesIO()) is None
    assert crossborder.fetch_bill(BillKind.STATEMENT, DAY, io.BytesIO()) is None


@pytest.mark.parametrize("code", ["NO_STATEMENT_EXIST", "STATEMENT_CREATING", "PARAM_ERROR", "INVALID_REQUEST"])
def test_before_ten_in_beijing_no_bill_means_not_yet(mainland: WeChatPay, wire: Wire, code: str) -> None:
    wire.get(TRADES, json={"code": code}, status=400)

    with pytest.raises(BillNotReady):
        mainland.fetch_bill(BillKind.TRADES, NOW.date(), io.BytesIO())


def test_a_bill_that_is_being_made_is_not_ready_and_other_refusals_stay_refusals(
    mainland: WeChatPay, wire: Wire
) -> None:
    wire.get(TRADES, json={"code": "STATEMENT_CREATING"}, status=400)
    wire.get(FLOW, json={"code": "NO_AUTH"}, status=403)

    with pytest.raises(BillNotReady):
        mainland.fetch_bill(BillKind.TRADES, DAY, io.BytesIO())
    with pytest.raises(PayRefused) as refused:
        mainland.fetch_bill(BillKind.FUND_FLOW, DAY, io.BytesIO())
    assert refused.value.pay_code == "NO_AUTH"


def test_a_download_that_is_refused_is_read_for_its_code(mainland: WeChatPay, wechat: WeChat, wire: Wire) -> None:
    announce(wechat)
    wire.get(DOWNLOAD, json={"code": "INVALID_REQUEST", "message": "x" * 200_000}, status=400)

    with pytest.raises(PayUnavailable):  # so long an error is not WeChat's
        mainland.fetch_bill(BillKind.TRADES, DAY, io.BytesIO())


def test_a_download_that_breaks_off_is_unknown(mainland: WeChatPay, wechat: WeChat, wire: Wire) -> None:
    announce(wechat)
    wire.get(DOWNLOAD, body=requests.ConnectionError("https://secret"))

    with pytest.raises(PayUnavailable) as unknown:
        mainland.fetch_bill(BillKind.TRADES, DAY, io.BytesIO())

    assert unknown.value.reason == "connection"


def test_a_small_file_that_stands_for_a_huge_one_is_stopped(
    mainland: WeChatPay, wechat: WeChat, wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGEST_BILL", 1_000_000)
    announce(wechat)
    wire.get(DOWNLOAD, body=gzip.compress(b"\0" * 50_000_000))
    into = io.BytesIO()

    with pytest.raises(BillDamaged) as damaged:
        mainland.fetch_bill(BillKind.TRADES, DAY, into)

    assert damaged.value.why == "too_large"
    assert len(into.getvalue()) <= 1_000_000


@pytest.mark.parametrize("packed", [True, False])
def test_a_statement_is_signed_over_the_hash_in_its_header(
    crossborder: WeChatPay, wechat: WeChat, wire: Wire, packed: bool
) -> None:
    content = gzip.compress(TEXT) if packed else TEXT
    wire.get(STATEMENT, body=content, headers=statement_headers(wechat, content))
    into = io.BytesIO()

    fetched = crossborder.fetch_bill(BillKind.STATEMENT, DAY, into)

    assert into.getvalue() == TEXT
    assert fetched is not None
    assert (fetched.sha1, fetched.size, fetched.compressed) == (sha1(TEXT), len(TEXT), packed)
    assert wire.calls[0].request.path_url.endswith("?date=20261120&sp_mchid=1900000100&sub_mchid=1900000109")


def test_a_packed_statement_may_announce_the_hash_of_its_plain_text(
    crossborder: WeChatPay, wechat: WeChat, wire: Wire
) -> None:
    wire.get(STATEMENT, body=gzip.compress(TEXT), headers=statement_headers(wechat, TEXT))

    assert crossborder.fetch_bill(BillKind.STATEMENT, DAY, io.BytesIO()) is not None


def test_a_statement_whose_content_is_another_is_damaged(crossborder: WeChatPay, wechat: WeChat, wire: Wire) -> None:
    wire.get(STATEMENT, body=TEXT + b" ", headers=statement_headers(wechat, TEXT))

    with pytest.raises(BillDamaged) as damaged:
        crossborder.fetch_bill(BillKind.STATEMENT, DAY, io.BytesIO())

    assert damaged.value.why == "sha1"


@pytest.mark.parametrize("spoil", ["sha1", "missing", "spaces", "signature", "stale", "body", "short"])
def test_a_statement_that_wechat_did_not_sign_is_not_believed(
    crossborder: WeChatPay, wechat: WeChat, wire: Wire, spoil: str
) -> None:
    headers = statement_headers(wechat, TEXT)
    match spoil:
        case "sha1":
            headers["Wechatpay-Statement-Sha1"] = sha1(b"other")
        case "missing":
            del headers["Wechatpay-Statement-Sha1"]
        case "spaces":  # the pseudo-body has none, and the signature must be over exactly that
            headers |= wechat.signed(b'{"sha1": "%s"}' % sha1(TEXT).encode())
        case "signature":
            headers["Wechatpay-Signature"] = "b3RoZXI="
        case "stale":
            headers = statement_headers(wechat, TEXT, at=NOW - timedelta(minutes=6))
        case "body":
            headers |= wechat.signed(TEXT)
        case "short":
            headers = {**wechat.signed(b'{"sha1":"ab"}'), "Wechatpay-Statement-Sha1": "ab"}
    wire.get(STATEMENT, body=TEXT, headers=headers)
    into = io.BytesIO()

    with pytest.raises(PayUnavailable) as unknown:
        crossborder.fetch_bill(BillKind.STATEMENT, DAY, into)

    assert unknown.value.reason == "answer_not_authentic"
    assert into.getvalue() == b""


def test_the_bill_s_address_is_not_logged_with_its_token(
    mainland_settings: PaySettings, wechat: WeChat, wire: Wire, capsys: pytest.CaptureFixture[str]
) -> None:
    announce(wechat)
    wire.get(DOWNLOAD, body=TEXT)
    pay = WeChatPay(mainland_settings, APP_ID, clock=lambda: NOW, threads=4)

    pay.fetch_bill(BillKind.TRADES, DAY, io.BytesIO())

    assert "6XIv5TUPto7" not in "".join(capsys.readouterr())


@pytest.mark.parametrize("said", [b"{", json.dumps({"hash_type": "SHA1"}).encode()])
def test_an_announcement_that_makes_no_sense_is_unknown(
    mainland: WeChatPay, wechat: WeChat, wire: Wire, said: bytes
) -> None:
    wire.get(TRADES, body=said, headers=wechat.signed(said))

    with pytest.raises(PayUnavailable):
        mainland.fetch_bill(BillKind.TRADES, DAY, io.BytesIO())
