"""Our signing and decrypting against the values that WeChat Pay's own libraries are tested with."""
import base64
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_der_private_key, load_der_public_key

from shop.base.money import Currency, Money
from shop.gateways.pay import BillKind, BillLine, BillUnreadable, read_bill
from shop.gateways.pay.errors import NotAuthentic, Reason
from shop.gateways.pay.notices import open_resource
from shop.gateways.pay.signing import KeyRing, Signer

HERE = Path(__file__).parent / "vectors"
JAVA: dict[str, Any] = json.loads((HERE / "wechatpay_java.json").read_text())
GO: dict[str, Any] = json.loads((HERE / "wechatpay_go.json").read_text())


def private(text: str) -> RSAPrivateKey:
    key = load_der_private_key(base64.b64decode(text), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key


def certified(text: str) -> RSAPublicKey:
    key = x509.load_der_x509_certificate(base64.b64decode(text)).public_key()
    assert isinstance(key, RSAPublicKey)
    return key


def test_the_java_library_s_signature_comes_out_byte_by_byte() -> None:
    signer = Signer(private(JAVA["merchant_private_key"]), sender="1234567891", serial=JAVA["merchant_serial"])

    assert signer.sign(JAVA["message"].encode()) == JAVA["signature"]


def test_the_go_library_s_signature_comes_out_byte_by_byte() -> None:
    signer = Signer(private(GO["private_key"]), sender="1", serial="D7CE59D1F522D701")

    assert signer.sign(GO["message"].encode()) == GO["signature"]


def test_the_java_merchant_certificate_has_the_key_and_the_serial_it_says() -> None:
    certificate = x509.load_der_x509_certificate(base64.b64decode(JAVA["merchant_certificate"]))

    assert certificate.public_key() == private(JAVA["merchant_private_key"]).public_key()
    assert f"{certificate.serial_number:X}" == JAVA["merchant_serial"]


def test_wechat_s_java_key_pair_makes_answers_that_we_believe_and_the_merchant_s_does_not() -> None:
    theirs, ours = private(JAVA["wechat_private_key"]), private(JAVA["merchant_private_key"])
    public = load_der_public_key(base64.b64decode(JAVA["wechat_public_key"]))
    assert isinstance(public, RSAPublicKey)
    ring, now = KeyRing({"440024045C4A427599D09BB4E3DE0279F2E813FD": public}), datetime(2026, 1, 1, tzinfo=UTC)
    stamp = str(int(now.timestamp()))

    def headers(key: RSAPrivateKey) -> dict[str, str]:
        signature = key.sign(f"{stamp}\nn\nbody\n".encode(), PKCS1v15(), SHA256())
        return {"Wechatpay-Timestamp": stamp, "Wechatpay-Nonce": "n",
                "Wechatpay-Serial": "440024045C4A427599D09BB4E3DE0279F2E813FD",
                "Wechatpay-Signature": base64.b64encode(signature).decode()}

    ring.verify(headers(theirs), b"body", now)
    with pytest.raises(NotAuthentic) as refused:
        ring.verify(headers(ours), b"body", now)
    assert refused.value.reason is Reason.BAD_SIGNATURE


def test_the_authorization_header_has_the_five_attributes_over_the_five_lines() -> None:
    said = JAVA["credential"]
    key = private(JAVA["merchant_private_key"])
    signer = Signer(key, sender=said["merchant"], serial=JAVA["merchant_serial"])

    header = signer.authorization("GET", said["path"], b"", timestamp=said["timestamp"], nonce=said["nonce"])

    scheme, _, rest = header.partition(" ")
    attributes = dict(part.split("=", 1) for part in rest.split(","))
    message = f'GET\n{said["path"]}\n{said["timestamp"]}\n{said["nonce"]}\n\n'.encode()
    assert scheme == "WECHATPAY2-SHA256-RSA2048"
    assert attributes.keys() == {"mchid", "nonce_str", "signature", "timestamp", "serial_no"}
    assert attributes["mchid"] == '"1234567891"'
    assert attributes["serial_no"] == f'"{JAVA["merchant_serial"]}"'
    assert attributes["nonce_str"] == f'"{said["nonce"]}"'
    assert attributes["timestamp"] == '"1652750623"'
    key.public_key().verify(base64.b64decode(attributes["signature"].strip('"')), message, PKCS1v15(), SHA256())


def test_the_java_message_opens() -> None:
    assert open_resource(JAVA["sealed_message"], [JAVA["api_v3_key"].encode()]) == b"message"


def test_a_real_platform_certificate_opens_and_has_the_serial_it_was_announced_with() -> None:
    opened = open_resource(JAVA["sealed_certificate"], [JAVA["api_v3_key"].encode()])

    certificate = x509.load_pem_x509_certificate(opened)
    assert f"{certificate.serial_number:X}" == JAVA["sealed_certificate_serial"]


def test_the_go_notice_is_believed_at_its_time_and_only_then() -> None:
    said = GO["notice"]
    ring, body = KeyRing({"D7CE59D1F522D701": certified(said["certificate"])}), said["body"].encode()
    then = datetime.fromtimestamp(1624523846, UTC)

    ring.verify(said["headers"], body, then)
    with pytest.raises(NotAuthentic) as refused:
        ring.verify(said["headers"], body, datetime(2026, 1, 1, tzinfo=UTC))
    assert refused.value.reason is Reason.STALE
    with pytest.raises(NotAuthentic) as refused:
        ring.verify(said["headers"], body + b" ", then)
    assert refused.value.reason is Reason.BAD_SIGNATURE


@pytest.mark.parametrize(("resource", "key"), [
    (GO["short_sealed"], GO["short_key"]),
    (json.loads(GO["notice"]["body"])["resource"], GO["notice"]["api_v3_key"]),
])
def test_a_key_of_16_bytes_is_refused_although_it_would_open_the_go_vectors(resource: Any, key: str) -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        open_resource(resource, [key.encode()])


def test_the_php_library_s_bill_reads_to_its_totals() -> None:
    lines = list(read_bill(HERE / "wechatpay_php_bill.csv", BillKind.TRADES, Currency.CNY))

    payments = [line for line in lines if line.kind == "payment"]
    refunds = [line for line in lines if line.kind == "refund"]
    assert (len(payments), len(refunds)) == (31, 14)
    assert sum((line.amount for line in payments), Money(0, Currency.CNY)) == Money(47, Currency.CNY)
    assert sum((line.amount for line in refunds), Money(0, Currency.CNY)) == Money(14, Currency.CNY)
    assert sum(line.fee.minor for line in lines if line.fee) == 8
    assert lines[0] == BillLine(
        kind="refund", at=datetime(2019, 2, 18, 21, 1, 46, tzinfo=UTC), transaction_id="4200000263201902167700134212",
        out_trade_no="autotest_20190216081946_82335", refund_id="50000709672019011908420787722",
        out_refund_no="REF4200000263201902167700963919", amount=Money(1, Currency.CNY), fee=Money(0, Currency.CNY),
        state_said="SUCCESS", number=2)


def test_one_cent_more_in_the_php_library_s_bill_is_found() -> None:
    text = (HERE / "wechatpay_php_bill.csv").read_text()

    with pytest.raises(BillUnreadable, match="the total says 0.47, the lines say 0.48"):
        list(read_bill(text.replace("`0.03,`0.00,`\n", "`0.04,`0.00,`\n", 1).encode().splitlines(),
                       BillKind.TRADES, Currency.CNY))
