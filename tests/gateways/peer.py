"""The other side of the wire for these tests: keys made for the run, signed answers, sealed notices."""
import base64
import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import requests
import responses
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID

from shop.base.ids import OutTradeNo
from shop.base.money import Currency, Money
from shop.gateways.pay import PrepayRequest
from shop.settings import Dialect, PaySettings

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
URL = "https://pay.example"
PUB_KEY_ID = "PUB_KEY_ID_0117000000012026112100000000000001"
MERCHANT_SERIAL = "1DDE55AD98ED71D6EDD4A4A16996DE7B47773A8C"
API_V3_KEY = "0123456789abcdefghijklmnopqrstuv"
NUMBER = OutTradeNo("T23456789ABCDEFGHJKMNPQR")
APP_ID = "wx8888888888888888"

MAINLAND_ORDERS = f"{URL}/v3/pay/transactions/out-trade-no/{NUMBER}"
GLOBAL_ORDERS = f"{URL}/v3/global/transactions/out-trade-no/{NUMBER}"
MAINLAND_PREPAY = f"{URL}/v3/pay/transactions/jsapi"
GLOBAL_PREPAY = f"{URL}/v3/global/transactions/jsapi"


def pem_of(private: rsa.RSAPrivateKey, form: PrivateFormat = PrivateFormat.PKCS8) -> bytes:
    return private.private_bytes(Encoding.PEM, form, NoEncryption())


def public_pem_of(private: rsa.RSAPrivateKey) -> bytes:
    return private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def certificate_of(private: rsa.RSAPrivateKey, serial: int, *, until: datetime = NOW + timedelta(days=900)) -> bytes:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "test")])
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(private.public_key())
        .serial_number(serial).not_valid_before(until - timedelta(days=1800)).not_valid_after(until)
        .sign(private, SHA256())
    )
    return made.public_bytes(Encoding.PEM)


@dataclass
class WeChat:
    """Signs and seals as WeChat would; `serial` and `key` may be exchanged to misbehave."""

    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    certified_key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    merchant_key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    certificate_serial: str = "0A11B22C33D44E55F66A77B88C99DAAEBBFCC0DD"
    serial: str = PUB_KEY_ID

    def write_keys(self, folder: Path) -> None:
        (folder / "apiclient_key.pem").write_bytes(pem_of(self.merchant_key))
        (folder / "apiclient_cert.pem").write_bytes(certificate_of(self.merchant_key, int(MERCHANT_SERIAL, 16)))
        (folder / "wechat_pub.pem").write_bytes(public_pem_of(self.key))
        (folder / "wechat_cert.pem").write_bytes(certificate_of(self.certified_key, int(self.certificate_serial, 16)))

    def signed(
        self, body: bytes, *, at: datetime = NOW, serial: str = PUB_KEY_ID, **changed: Any
    ) -> dict[str, str]:
        """The headers of an answer or a notice; `changed` replaces some of them, by the end of their names."""
        timestamp, nonce = str(int(at.timestamp())), "5K8264ILTKCH16CQ2502SI8ZNMTM67VS"
        key = self.certified_key if serial == self.certificate_serial else self.key
        signature = key.sign(f"{timestamp}\n{nonce}\n".encode() + body + b"\n", PKCS1v15(), SHA256())
        said = {"Timestamp": timestamp, "Nonce": nonce, "Serial": serial,
                "Signature": base64.b64encode(signature).decode(), "Signature-Type": "WECHATPAY2-SHA256-RSA2048"}
        said |= {name.replace("_", "-").title(): value for name, value in changed.items()}
        return {f"Wechatpay-{name}": value for name, value in said.items() if value}

    def answers(self, method: str, url: str, said: Any, status: int = 200, **changed: Any) -> None:
        """Register a signed answer with `responses`."""
        body = b"" if said is None else json.dumps(said, ensure_ascii=False).encode()
        responses.add(method, url, body=body, status=status, headers=self.signed(body, **changed))

    def notice(self, content: Any, *, event_type: str = "TRANSACTION.SUCCESS", key: str = API_V3_KEY,
               **resource: Any) -> bytes:
        """The body of a notice about `content`."""
        nonce, bound = "fdasflkja484", "transaction"
        plain = content if isinstance(content, bytes) else json.dumps(content).encode()
        sealed = AESGCM(key.encode()).encrypt(nonce.encode(), plain, bound.encode())
        envelope = {
            "id": "EV-2018022511223320873", "create_time": "2026-11-21T19:59:58+08:00", "event_type": event_type,
            "resource_type": "encrypt-resource", "summary": "支付成功",
            "resource": {"original_type": "transaction", "algorithm": "AEAD_AES_256_GCM", "nonce": nonce,
                         "associated_data": bound, "ciphertext": base64.b64encode(sealed).decode(), **resource},
        }
        return json.dumps(envelope, ensure_ascii=False).encode()


def attributes(request: requests.PreparedRequest) -> dict[str, str]:
    """Of the Authorization header."""
    return dict(re.findall(r'(\w+)="([^"]*)"', str(request.headers["Authorization"])))


def check_signature(wechat: WeChat, request: requests.PreparedRequest) -> None:
    """As WeChat would: over method, path with query, time, nonce and the bytes that came in."""
    said, body = attributes(request), request.body or b""
    assert isinstance(body, bytes)
    lines = f'{request.method}\n{request.path_url}\n{said["timestamp"]}\n{said["nonce_str"]}\n'.encode()
    signature = base64.b64decode(said["signature"])
    wechat.merchant_key.public_key().verify(signature, lines + body + b"\n", PKCS1v15(), SHA256())


def settings_in(folder: Path, dialect: Dialect, **changed: Any) -> PaySettings:
    numbers: dict[str, Any] = {"mch_id": "1900000001"} if dialect is Dialect.MAINLAND else {
        "sp_mch_id": "1900000100", "sub_mch_id": "1900000109", "sp_app_id": "wx9999999999999999"}
    known = ((PUB_KEY_ID, str(folder / "wechat_pub.pem")),
             ("0A11B22C33D44E55F66A77B88C99DAAEBBFCC0DD", str(folder / "wechat_cert.pem")))
    values: dict[str, Any] = {
        "dialect": dialect, "url": URL, "serial_no": MERCHANT_SERIAL, "api_v3_keys": (API_V3_KEY,),
        "private_key_file": str(folder / "apiclient_key.pem"), "verify_keys": known, **numbers, **changed,
    }
    return PaySettings(**values)


def a_request(**changed: Any) -> PrepayRequest:
    values: dict[str, Any] = {
        "out_trade_no": NUMBER, "description": "法兰克福机场免税预订", "amount": Money(12900, Currency.EUR),
        "openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o", "notify_url": "https://shop.example/callbacks/wechat-pay/payment",
        "time_expire": NOW + timedelta(minutes=30), **changed,
    }
    return PrepayRequest(**values)


def mainland_payment(**changed: Any) -> dict[str, Any]:
    return {
        "appid": APP_ID, "mchid": "1900000001", "out_trade_no": NUMBER,
        "transaction_id": "4200001234202611211234567890", "trade_type": "JSAPI", "trade_state": "SUCCESS",
        "trade_state_desc": "支付成功", "bank_type": "OTHERS",
        "success_time": "2026-11-21T19:59:57+08:00", "payer": {"openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
        "amount": {"total": 99900, "payer_total": 98900, "currency": "CNY", "payer_currency": "CNY"}, **changed,
    }


def global_payment(**changed: Any) -> dict[str, Any]:
    return {
        "sp_appid": "wx9999999999999999", "sub_appid": APP_ID, "sp_mchid": "1900000100", "sub_mchid": "1900000109",
        "out_trade_no": NUMBER, "id": "4200001234202611211234567890", "trade_type": "JSAPI", "trade_state": "SUCCESS",
        "success_time": "2026-11-21T19:59:57+08:00", "payer": {"sub_openid": "oUpF8uMuAJO_M2pxb1Q9zNjWeS6o"},
        "amount": {"total": 12900, "currency": "EUR", "payer_total": 101234, "payer_currency": "CNY",
                   "exchange_rate": {"type": "SETTLEMENT_RATE", "rate": 784760000}}, **changed,
    }
