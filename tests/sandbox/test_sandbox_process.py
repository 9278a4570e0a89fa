"""The sandbox as a process of its own, its keys on disk, and an independent client's opinion of what it signs."""
import gzip
import json
import os
import signal
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import requests
import wechatpayv3
from cryptography import x509
from cryptography.hazmat.primitives import serialization

from shop.sandbox import Control, Sandbox
from shop.sandbox.keys import keys_in

ROOT = Path(__file__).resolve().parents[2]


def test_the_command_says_where_everything_is_and_ends_when_told(sandbox_keys: Path) -> None:
    keys_in(sandbox_keys)
    command = [sys.executable, "-m", "shop.sandbox", "--keys", str(sandbox_keys), "--dialect", "mainland"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, env={**os.environ})
    try:
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        control = Control(ready["url"])
        control.shop("http://127.0.0.1:8000")
        page = requests.get(ready["url"], timeout=5)

        assert ready["ready"] is True
        assert ready["env"]["WECHAT_PAY_DIALECT"] == "mainland"
        assert ready["env"]["WECHAT_PAY_MCH_ID"]
        assert "WECHAT_PAY_SP_MCH_ID" not in ready["env"]
        assert page.status_code == 200
        assert control.travellers()["wang"]["name"] == "王小明"
    finally:
        process.send_signal(signal.SIGTERM)
        process.stdout.close() if process.stdout else None
    assert process.wait(10) == 0


def test_a_taken_port_is_reported(sandbox_keys: Path, box: Any) -> None:
    port = box.url.rpartition(":")[2]
    command = [sys.executable, "-m", "shop.sandbox", "--keys", str(sandbox_keys), "--port", port]

    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=20, check=False)

    assert ended.returncode == 1
    assert "in use" in ended.stderr.lower()


def test_the_settings_name_keys_that_fit_each_other(box: Any) -> None:
    env = box.env

    private: Any = serialization.load_pem_private_key(Path(env["WECHAT_PAY_PRIVATE_KEY_FILE"]).read_bytes(), None)
    certificate = x509.load_pem_x509_certificate((box.world.keys.folder / "merchant_certificate.pem").read_bytes())

    assert certificate.public_key() == private.public_key()
    assert env["WECHAT_PAY_SERIAL_NO"] == f"{certificate.serial_number:X}"
    assert len(env["WECHAT_PAY_API_V3_KEY"].encode()) == 32
    assert len(env["WECHAT_AES_KEY"]) == 43
    public_key, certificate_file = env["WECHAT_PAY_VERIFY_KEYS"].split(",")
    assert public_key.startswith("PUB_KEY_ID_")
    assert certificate_file.endswith(".pem")
    assert (box.world.keys.folder / "merchant_key.pem").stat().st_mode & 0o077 == 0


def test_keys_are_made_once_also_in_a_folder_that_holds_other_things(tmp_path: Path) -> None:
    (tmp_path / "other.txt").write_text("mine")

    first = keys_in(tmp_path)
    again = keys_in(tmp_path)

    assert first is again
    assert (tmp_path / "other.txt").read_text() == "mine"
    assert sorted(file.name for file in tmp_path.parent.iterdir() if file.name.startswith(f".{tmp_path.name}")) == []


def test_a_sandbox_can_be_stopped_twice_and_frees_its_ports(sandbox_keys: Path) -> None:
    first = Sandbox.start(keys_dir=sandbox_keys)
    port = int(first.url.rpartition(":")[2])
    first.stop()
    first.stop()

    with Sandbox.start(keys_dir=sandbox_keys, port=port) as second:
        assert second.url == first.url
        assert second.control.orders() == []


def independent_client(mainland: Any, notify_url: str) -> Any:
    box = mainland.box
    client = wechatpayv3.WeChatPay(
        wechatpay_type=wechatpayv3.WeChatPayType.JSAPI,
        mchid=mainland.numbers.mch_id,
        private_key=Path(box.env["WECHAT_PAY_PRIVATE_KEY_FILE"]).read_text(),
        cert_serial_no=mainland.serial,
        appid=mainland.numbers.app_id,
        apiv3_key=mainland.numbers.api_v3_key,
        notify_url=notify_url,
        public_key=(box.world.keys.folder / "wechat_public_key.pem").read_text(),
        public_key_id=mainland.key_id,
        timeout=(3, 10),
    )
    client._core._gate_way = box.url
    return client


def test_an_independent_client_accepts_what_the_sandbox_signs(mainland: Any, box: Any, shop: Any) -> None:
    client = independent_client(mainland, f"{shop.url}/notice")
    payer = {"openid": mainland.openid}

    opened, answer = client.pay("免税预订", "W1234567", amount={"total": 990}, payer=payer)
    launch = mainland.jsapi(json.loads(answer)["prepay_id"])
    launch["paySign"] = client.sign([launch["appId"], launch["timeStamp"], launch["nonceStr"], launch["package"]])
    heard = box.control.launch(launch)
    box.control.send_notice("W1234567")
    asked, found = client.query(out_trade_no="W1234567")
    notice = client.callback(dict(shop.got[0].headers), shop.got[0].body)
    closed, _ = client.close("W7654321")

    assert opened == 200
    assert heard == {"err_msg": "get_brand_wcpay_request:ok"}
    assert (asked, json.loads(found)["trade_state"]) == (200, "SUCCESS")
    assert notice["event_type"] == "TRANSACTION.SUCCESS"
    assert notice["resource"]["out_trade_no"] == "W1234567"
    assert closed == 204


def test_an_independent_client_refunds_and_fetches_the_bill(mainland: Any, box: Any, shop: Any) -> None:
    client = independent_client(mainland, shop.url)
    out_trade_no, _ = mainland.opened()
    box.control.pay(out_trade_no, notify=False)
    amount = {"refund": 700, "total": 1750, "currency": "CNY"}

    taken, _ = client.refund("W-R-1", amount, out_trade_no=out_trade_no, reason="取消", notify_url=shop.url)
    box.control.end_refund("W-R-1", notify=False)
    box.control.send_refund_notice("W-R-1")
    asked, found = client.query_refund("W-R-1")
    notice = client.callback(dict(shop.got[0].headers), shop.got[0].body)
    today = f"{datetime.now(timezone(timedelta(hours=8))):%Y-%m-%d}"
    told, answer = client.trade_bill(today)
    fetched, bill = client.download_bill(json.loads(answer)["download_url"])

    assert (taken, asked, told, fetched) == (200, 200, 200, 200)
    assert json.loads(found)["status"] == "SUCCESS"
    assert notice["event_type"] == "REFUND.SUCCESS"
    assert notice["resource"]["out_refund_no"] == "W-R-1"
    assert out_trade_no.encode() in gzip.decompress(bill)
