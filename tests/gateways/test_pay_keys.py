"""Key files as they come from the merchant platform, from Windows, and from mistakes."""
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, PrivateFormat, PublicFormat

from shop.gateways.pay import PayMisconfigured, WeChatPay
from shop.gateways.pay import keys as key_module
from shop.gateways.pay.keys import KeyStore, private_key, public_key
from shop.settings import Dialect, PaySettings

from .peer import (
    APP_ID,
    MERCHANT_SERIAL,
    NOW,
    PUB_KEY_ID,
    WeChat,
    certificate_of,
    pem_of,
    public_pem_of,
    settings_in,
)

OTHER = rsa.generate_private_key(65537, 2048)


def problems(settings: PaySettings, app_id: str = APP_ID) -> list[str]:
    return WeChatPay(settings, app_id, clock=lambda: NOW, threads=16).problems()


@pytest.mark.parametrize("form", [PrivateFormat.PKCS8, PrivateFormat.TraditionalOpenSSL])
@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_private_keys_load_in_both_forms_and_with_windows_line_ends(
    wechat: WeChat, tmp_path: Path, form: PrivateFormat, ending: bytes
) -> None:
    path = tmp_path / "key.pem"
    path.write_bytes(b"\xef\xbb\xbf" + pem_of(wechat.merchant_key, form).replace(b"\n", ending))

    assert private_key(str(path)).public_key() == wechat.merchant_key.public_key()


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_public_keys_and_certificates_load_with_windows_line_ends(
    wechat: WeChat, tmp_path: Path, ending: bytes
) -> None:
    plain, certified = tmp_path / "pub.pem", tmp_path / "cert.pem"
    plain.write_bytes(public_pem_of(wechat.key).replace(b"\n", ending))
    certified.write_bytes(certificate_of(wechat.key, 77).replace(b"\n", ending))

    assert public_key("a", str(plain)) == public_key("b", str(certified)) == wechat.key.public_key()


def test_good_settings_have_no_problems(mainland_settings: PaySettings, global_settings: PaySettings) -> None:
    assert problems(mainland_settings) == []
    assert problems(global_settings) == []


def test_missing_numbers_are_named(key_folder: Path) -> None:
    found = problems(settings_in(key_folder, Dialect.CROSSBORDER, sub_mch_id="", sp_app_id="", mcc="53"), app_id="")

    assert "WECHAT_APP_ID is missing" in found
    assert "WECHAT_PAY_SUB_MCH_ID is missing" in found
    assert "WECHAT_PAY_SP_APP_ID is missing" in found
    assert "WECHAT_PAY_MCC must be four digits" in found


@pytest.mark.parametrize(("changed", "complaint"), [
    ({"private_key_file": ""}, "WECHAT_PAY_PRIVATE_KEY_FILE is missing"),
    ({"private_key_file": "/nowhere/key.pem"}, "cannot be read"),
    ({"api_v3_keys": ()}, "WECHAT_PAY_API_V3_KEY is missing"),
    ({"api_v3_keys": ("0123456789abcdef",)}, "must be 32 bytes"),
    ({"verify_keys": ()}, "WECHAT_PAY_VERIFY_KEYS is missing"),
    ({"verify_keys": (("PUB_KEY_ID_1", "/nowhere/pub.pem"),)}, "PUB_KEY_ID_1 cannot be read"),
    ({"serial_no": "not hexadecimal"}, "hexadecimal serial"),
    ({"serial_no": "ABCDEF0123"}, "is not the serial of the merchant certificate"),
])
def test_a_setting_that_cannot_work_is_named(key_folder: Path, changed: dict[str, Any], complaint: str) -> None:
    found = problems(settings_in(key_folder, Dialect.MAINLAND, **changed))

    assert any(complaint in problem for problem in found), found


def test_a_private_key_that_does_not_belong_to_its_certificate_is_found(tmp_path: Path) -> None:
    WeChat().write_keys(tmp_path)
    (tmp_path / "apiclient_key.pem").write_bytes(pem_of(OTHER))

    found = problems(settings_in(tmp_path, Dialect.MAINLAND))

    assert found == ["WECHAT_PAY_PRIVATE_KEY_FILE does not belong to the merchant certificate beside it"]


def test_exchanged_and_expired_verify_keys_are_found(wechat: WeChat, key_folder: Path, tmp_path: Path) -> None:
    own, old = tmp_path / "own.pem", tmp_path / "old.pem"
    own.write_bytes(certificate_of(wechat.merchant_key, int(MERCHANT_SERIAL, 16)))
    old.write_bytes(certificate_of(OTHER, 0xABCDEF, until=NOW - timedelta(days=1)))
    known = (("ABCDEF", str(old)), (MERCHANT_SERIAL, str(own)), ("ABCD", str(old)), ("PUB_KEY_ID_1", str(old)))

    found = problems(settings_in(key_folder, Dialect.MAINLAND, verify_keys=known))

    assert "WECHAT_PAY_VERIFY_KEYS ABCDEF expired on 2026-11-20" in found
    assert f"WECHAT_PAY_VERIFY_KEYS {MERCHANT_SERIAL} is the merchant's own key; WeChat's is needed" in found
    assert "WECHAT_PAY_VERIFY_KEYS ABCD holds a certificate with another serial" in found
    assert "WECHAT_PAY_VERIFY_KEYS PUB_KEY_ID_1 names a public key, but the file holds a certificate" in found


def test_keys_of_the_wrong_kind_are_refused(tmp_path: Path) -> None:
    curve = ec.generate_private_key(ec.SECP256R1())
    files = {
        "short": pem_of(rsa.generate_private_key(65537, 1024)),  # noqa: S505 - it is here to be refused
        "curve": curve.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"secret")),
        "rubbish": b"-----BEGIN PRIVATE KEY-----\nnonsense\n-----END PRIVATE KEY-----\n",
        "public": curve.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo),
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)

    for name in ("short", "curve", "rubbish", "public"):
        with pytest.raises(PayMisconfigured):
            private_key(str(tmp_path / name))
    for name in ("rubbish", "public"):
        with pytest.raises(PayMisconfigured):
            public_key(PUB_KEY_ID, str(tmp_path / name))


def test_ten_threads_that_come_at_once_load_the_keys_once(
    mainland_settings: PaySettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    loads: list[int] = []
    real, start, store = key_module.load, Barrier(10), KeyStore(mainland_settings)

    def counted(settings: PaySettings, **hook: Any) -> key_module.Keys:
        loads.append(1)
        return real(settings, **hook)

    def come() -> None:
        start.wait()
        store.get()

    monkeypatch.setattr(key_module, "load", counted)
    threads = [Thread(target=come) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert loads == [1]


def test_nothing_is_read_before_the_first_use_and_problems_hold_no_secret(key_folder: Path) -> None:
    settings = settings_in(key_folder, Dialect.MAINLAND, private_key_file="/nowhere", api_v3_keys=("too short a key",))

    pay = WeChatPay(settings, APP_ID, clock=lambda: NOW, threads=4)

    assert pay.problems()
    assert not any("too short a key" in problem for problem in pay.problems())
    with pytest.raises(PayMisconfigured):
        pay.read_notice({}, b"{}")
