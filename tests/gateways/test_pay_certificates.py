"""Key changes: what is fetched, what of it is believed, how often, and that a failure leaves everything as it was."""
import base64
import json
import os
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import responses
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256

from shop.gateways.pay import NotAuthentic, PayMisconfigured, PayUnavailable, Reason, WeChatPay
from shop.settings import Dialect, PaySettings

from .peer import API_V3_KEY, APP_ID, NOW, PUB_KEY_ID, URL, WeChat, certificate_of, mainland_payment, settings_in

Wire = responses.RequestsMock

CERTIFICATES = f"{URL}/v3/certificates"
NEXT = rsa.generate_private_key(65537, 2048)
NEXT_SERIAL = "5A22B22C33D44E55F66A77B88C99DAAEBBFCC0DD"
OTHER_KEY = "another-key-of-thirty-two-bytes!"


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pay(key_folder: Path, clock: Clock) -> WeChatPay:
    return make(settings_in(key_folder, Dialect.MAINLAND), clock)


def make(settings: PaySettings, clock: Callable[[], datetime]) -> WeChatPay:
    return WeChatPay(settings, APP_ID, clock=clock, threads=4, pause=lambda _: None)


def sealed(pem: bytes, serial: str = NEXT_SERIAL, key: str = API_V3_KEY) -> dict[str, Any]:
    text = AESGCM(key.encode()).encrypt(b"61f9c719728a", pem, b"certificate")
    return {"serial_no": serial, "effective_time": "2026-11-01T00:00:00+08:00", "expire_time": "2031-11-01T00:00:00+08:00",
            "encrypt_certificate": {"algorithm": "AEAD_AES_256_GCM", "nonce": "61f9c719728a",
                                    "associated_data": "certificate", "ciphertext": base64.b64encode(text).decode()}}


def the_next(**changed: Any) -> dict[str, Any]:
    return sealed(certificate_of(NEXT, int(NEXT_SERIAL, 16)), **changed)


def signed_by(key: rsa.RSAPrivateKey, serial: str, body: bytes, at: datetime = NOW) -> dict[str, str]:
    stamp = str(int(at.timestamp()))
    signature = key.sign(f"{stamp}\nn\n".encode() + body + b"\n", PKCS1v15(), SHA256())
    return {"Wechatpay-Timestamp": stamp, "Wechatpay-Nonce": "n", "Wechatpay-Serial": serial,
            "Wechatpay-Signature": base64.b64encode(signature).decode()}


def believes(pay: WeChatPay, wechat: WeChat, at: datetime = NOW) -> bool:
    """Does it take a notice signed with the next certificate?"""
    body = wechat.notice(mainland_payment())
    try:
        return pay.read_notice(signed_by(NEXT, NEXT_SERIAL, body, at), body).ours
    except NotAuthentic as refused:
        return refused.reason is not Reason.UNKNOWN_SERIAL


def test_the_next_certificate_joins_the_old_keys(pay: WeChatPay, wechat: WeChat, wire: Wire) -> None:
    wechat.answers("GET", CERTIFICATES, {"data": [the_next()]})
    assert not believes(pay, wechat)

    assert pay.refresh_certificates() == 1

    assert believes(pay, wechat)
    body = wechat.notice(mainland_payment())
    for serial in (PUB_KEY_ID, wechat.certificate_serial):  # for a week WeChat signs with any of them
        assert pay.read_notice(wechat.signed(body, serial=serial), body).ours


def test_across_borders_the_list_is_at_its_own_address(key_folder: Path, wechat: WeChat, wire: Wire, clock: Clock) -> None:
    wechat.answers("GET", f"{URL}/v3/global/certificates", {"data": [the_next()]})

    assert make(settings_in(key_folder, Dialect.CROSSBORDER), clock).refresh_certificates() == 1


def test_a_list_may_be_signed_by_a_certificate_in_it(pay: WeChatPay, wechat: WeChat, wire: Wire) -> None:
    body = json.dumps({"data": [the_next()]}).encode()
    wire.get(CERTIFICATES, body=body, headers=signed_by(NEXT, NEXT_SERIAL, body))

    assert pay.refresh_certificates() == 1
    assert believes(pay, wechat)


@pytest.mark.parametrize("forged", ["signature", "sealed", "stranger", "unsigned", "serial"])
def test_a_list_that_is_not_wechat_s_changes_nothing(
    pay: WeChatPay, wechat: WeChat, wire: Wire, forged: str
) -> None:
    entry = the_next(key=OTHER_KEY) if forged == "sealed" else the_next()
    if forged == "serial":
        entry["serial_no"] = "ABCDEF0123"
    body = json.dumps({"data": [entry]}).encode()
    stranger = rsa.generate_private_key(65537, 2048)
    headers = {
        "signature": wechat.signed(body, signature="b3RoZXI="),
        "sealed": signed_by(NEXT, NEXT_SERIAL, body),
        "stranger": signed_by(stranger, "77AA", body),
        "unsigned": {},
        "serial": signed_by(NEXT, NEXT_SERIAL, body),
    }[forged]
    wire.get(CERTIFICATES, body=body, headers=headers)

    with pytest.raises(PayUnavailable):
        pay.refresh_certificates()

    assert not believes(pay, wechat)
    known = wechat.notice(mainland_payment())
    assert pay.read_notice(wechat.signed(known), known).ours


def test_a_list_that_our_key_does_not_open_names_the_setting(pay: WeChatPay, wechat: WeChat, wire: Wire) -> None:
    wechat.answers("GET", CERTIFICATES, {"data": [the_next(key=OTHER_KEY)]})

    with pytest.raises(PayMisconfigured, match="WECHAT_PAY_API_V3_KEY"):
        pay.refresh_certificates()


def test_while_the_api_v3_key_changes_either_opens_a_certificate(
    key_folder: Path, wechat: WeChat, wire: Wire, clock: Clock
) -> None:
    wechat.answers("GET", CERTIFICATES, {"data": [the_next()]})
    pay = make(settings_in(key_folder, Dialect.MAINLAND, api_v3_keys=(OTHER_KEY, API_V3_KEY)), clock)

    assert pay.refresh_certificates() == 1


@pytest.mark.parametrize("content", [b"{}", b'{"data": 1}', b'{"data": [{"serial_no": "A"}]}', b"[]"])
def test_a_signed_list_that_makes_no_sense_is_unknown(
    pay: WeChatPay, wechat: WeChat, wire: Wire, content: bytes
) -> None:
    wire.get(CERTIFICATES, body=content, headers=wechat.signed(content))

    with pytest.raises(PayUnavailable):
        pay.refresh_certificates()


def test_a_certificate_counts_for_its_own_time_only(pay: WeChatPay, wechat: WeChat, wire: Wire, clock: Clock) -> None:
    ends = NOW + timedelta(days=2)
    old = sealed(certificate_of(NEXT, 0xDEAD01, until=NOW - timedelta(days=1)), serial="DEAD01")
    wechat.answers("GET", CERTIFICATES, {"data": [
        old, sealed(certificate_of(NEXT, int(NEXT_SERIAL, 16), until=ends))]})

    assert pay.refresh_certificates() == 1
    clock.now = ends + timedelta(minutes=1)
    assert not believes(pay, wechat, clock.now)


def test_a_pinned_key_is_never_replaced(pay: WeChatPay, wechat: WeChat, wire: Wire) -> None:
    imposter = sealed(certificate_of(NEXT, int(wechat.certificate_serial, 16)), serial=wechat.certificate_serial)
    wechat.answers("GET", CERTIFICATES, {"data": [imposter]})

    assert pay.refresh_certificates() == 0
    body = wechat.notice(mainland_payment())
    assert pay.read_notice(wechat.signed(body, serial=wechat.certificate_serial), body).ours


@pytest.mark.parametrize("status", [404, 500])
def test_who_only_has_the_public_key_is_told_there_are_none(pay: WeChatPay, wire: Wire, status: int) -> None:
    wire.get(CERTIFICATES, json={"code": "RESOURCE_NOT_EXISTS", "message": "无可用的平台证书"}, status=status)

    assert pay.refresh_certificates() == 0
    assert len(wire.calls) == 1


def test_wechat_is_asked_every_twelve_hours(pay: WeChatPay, wechat: WeChat, wire: Wire, clock: Clock) -> None:
    wire.get(CERTIFICATES, json={"code": "RESOURCE_NOT_EXISTS"}, status=404)
    for minutes, calls in ((0, 1), (1, 1), (11, 1), (719, 1), (720, 2), (721, 2)):
        clock.now = NOW + timedelta(minutes=minutes)
        pay.refresh_certificates()
        assert len(wire.calls) == calls


def test_after_an_unknown_serial_and_after_a_failure_ten_minutes_are_enough(
    pay: WeChatPay, wechat: WeChat, wire: Wire, clock: Clock
) -> None:
    wire.get(CERTIFICATES, json={"code": "RESOURCE_NOT_EXISTS"}, status=404)
    pay.refresh_certificates()
    assert not believes(pay, wechat)
    assert len(wire.calls) == 1  # the notice itself asked nobody

    for minutes, calls in ((9, 1), (10, 2), (20, 2)):
        clock.now = NOW + timedelta(minutes=minutes)
        pay.refresh_certificates()
        assert len(wire.calls) == calls

    wire.replace("GET", CERTIFICATES, json={"code": "NO_AUTH"}, status=403)
    clock.now = NOW + timedelta(hours=13)
    for minutes in (0, 5, 10):
        clock.now = NOW + timedelta(hours=13, minutes=minutes)
        if minutes == 5:
            assert pay.refresh_certificates() == 0
        else:
            with pytest.raises(Exception, match="pay_refused"):
                pay.refresh_certificates()
    assert len(wire.calls) == 4


def test_what_the_worker_fetched_the_web_knows_by_the_folder(
    key_folder: Path, wechat: WeChat, wire: Wire, clock: Clock, tmp_path: Path
) -> None:
    wechat.answers("GET", CERTIFICATES, {"data": [the_next()]})
    folder = tmp_path / "certificates"
    settings = settings_in(key_folder, Dialect.MAINLAND, certificate_folder=str(folder))
    web, worker = make(settings, clock), make(settings, clock)
    body = wechat.notice(mainland_payment())
    assert web.read_notice(wechat.signed(body), body).ours  # its keys are loaded, and the folder was empty

    assert worker.refresh_certificates() == 1
    assert believes(web, wechat)
    assert believes(make(settings, clock), wechat)  # and so does the next start
    assert [path.name for path in folder.glob("*.pem")] == [f"{NEXT_SERIAL}.pem"]
    assert len(wire.calls) == 1


def test_a_serial_unknown_to_the_web_hurries_the_worker(
    key_folder: Path, wechat: WeChat, wire: Wire, clock: Clock, tmp_path: Path
) -> None:
    wire.get(CERTIFICATES, json={"code": "RESOURCE_NOT_EXISTS"}, status=404)
    settings = settings_in(key_folder, Dialect.MAINLAND, certificate_folder=str(tmp_path))
    web, worker = make(settings, clock), make(settings, clock)
    worker.refresh_certificates()

    web.problems()
    body = wechat.notice(mainland_payment())
    web.read_notice(wechat.signed(body), body)
    assert not believes(web, wechat)
    mark = tmp_path / "unknown-serial"
    os.utime(mark, (NOW.timestamp() + 60, NOW.timestamp() + 60))

    clock.now = NOW + timedelta(minutes=10)
    worker.refresh_certificates()
    assert len(wire.calls) == 2


def test_a_damaged_or_renamed_file_in_the_folder_is_not_believed(
    key_folder: Path, wechat: WeChat, clock: Clock, tmp_path: Path
) -> None:
    (tmp_path / f"{NEXT_SERIAL}.pem").write_bytes(certificate_of(NEXT, 0xABC123))
    (tmp_path / "ABC.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nnonsense")

    pay = make(settings_in(key_folder, Dialect.MAINLAND, certificate_folder=str(tmp_path)), clock)

    assert not believes(pay, wechat)


def test_keys_near_their_end_are_named_unless_the_next_are_known(
    tmp_path: Path, key_folder: Path, clock: Clock
) -> None:
    soon = NOW + timedelta(days=20)
    (tmp_path / "cert.pem").write_bytes(certificate_of(NEXT, int(NEXT_SERIAL, 16), until=soon))
    alone = ((NEXT_SERIAL, str(tmp_path / "cert.pem")),)
    both = (*alone, (PUB_KEY_ID, str(key_folder / "wechat_pub.pem")))

    def ending(now: datetime, known: tuple[tuple[str, str], ...]) -> list[tuple[str, datetime]]:
        return make(settings_in(key_folder, Dialect.MAINLAND, verify_keys=known), clock).keys_ending(now)

    assert ending(NOW, alone) == [(f"WECHAT_PAY_VERIFY_KEYS {NEXT_SERIAL}", soon)]
    assert ending(NOW - timedelta(days=30), alone) == []
    assert ending(NOW, both) == []
    assert ending(NOW + timedelta(days=880), both) == [("WECHAT_PAY_SERIAL_NO", NOW + timedelta(days=900))]
