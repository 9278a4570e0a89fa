"""WeChat Pay's side of the wire for the bench: keys made for this run, and notices that are sealed and signed with them."""

import base64
import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from .slow_pay import signature

SERIAL = "PUB_KEY_ID_0117000000012026112100000000000001"
API_V3_KEY = "bench-key-of-thirty-two-bytes-00"
SENDER, MERCHANT, APP_ID = "1900000001", "1900000109", "wxbench"


@dataclass(frozen=True)
class WeChat:
    """`folder` holds the key files that the shop's settings name."""

    folder: Path
    key: RSAPrivateKey

    @classmethod
    def make(cls, folder: Path) -> "WeChat":
        folder.mkdir(parents=True, exist_ok=True)
        wechat, merchant = generate_private_key(65537, 2048), generate_private_key(65537, 2048)
        for name, key in (("wechat.pem", wechat), ("merchant.pem", merchant)):
            (folder / name).write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        public = wechat.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        (folder / "wechat_pub.pem").write_bytes(public)
        return cls(folder, wechat)

    def settings(self, url: str) -> dict[str, str]:
        """The shop's settings for a merchant across borders whose WeChat Pay is at `url`."""
        return {
            "WECHAT_APP_ID": APP_ID, "WECHAT_APP_SECRET": "bench", "WECHAT_API_URL": url, "WECHAT_OPEN_URL": url,
            "WECHAT_PAY_DIALECT": "crossborder", "WECHAT_PAY_URL": url, "WECHAT_PAY_SP_MCH_ID": SENDER,
            "WECHAT_PAY_SUB_MCH_ID": MERCHANT, "WECHAT_PAY_SP_APP_ID": "wxinstitution", "WECHAT_PAY_SERIAL_NO": "5157F09EFDC096DE",
            "WECHAT_PAY_PRIVATE_KEY_FILE": str(self.folder / "merchant.pem"), "WECHAT_PAY_API_V3_KEY": API_V3_KEY,
            "WECHAT_PAY_VERIFY_KEYS": f"{SERIAL}={self.folder / 'wechat_pub.pem'}",
        }  # fmt: skip

    def notice(self, out_trade_no: str, amount: int) -> tuple[dict[str, str], bytes]:
        """Headers and body of a notice that this attempt was paid; good for five minutes."""
        now = datetime.now(UTC).isoformat(timespec="seconds")
        told = {
            "sp_mchid": SENDER, "sub_mchid": MERCHANT, "sub_appid": APP_ID, "out_trade_no": out_trade_no,
            "id": f"4200{secrets.randbelow(10**24):024}", "trade_type": "JSAPI", "trade_state": "SUCCESS", "success_time": now,
            "payer": {"sub_openid": "obench"},
            "amount": {
                "total": amount, "currency": "EUR", "payer_total": amount * 8, "payer_currency": "CNY",
                "exchange_rate": {"type": "SETTLEMENT_RATE", "rate": 800_000_000},
            },
        }  # fmt: skip
        nonce = secrets.token_hex(6)
        sealed = AESGCM(API_V3_KEY.encode()).encrypt(nonce.encode(), json.dumps(told).encode(), b"transaction")
        body = json.dumps(
            {
                "id": secrets.token_hex(16), "create_time": now, "resource_type": "encrypt-resource",
                "event_type": "TRANSACTION.SUCCESS", "summary": "支付成功",
                "resource": {
                    "algorithm": "AEAD_AES_256_GCM", "ciphertext": base64.b64encode(sealed).decode(), "nonce": nonce,
                    "associated_data": "transaction", "original_type": "transaction",
                },
            }
        ).encode()  # fmt: skip
        stamp, salt = str(int(time.time())), secrets.token_hex(16)
        return {
            "Wechatpay-Timestamp": stamp, "Wechatpay-Nonce": salt, "Wechatpay-Serial": SERIAL,
            "Wechatpay-Signature": signature(self.key, stamp, salt, body),
            "Wechatpay-Signature-Type": "WECHATPAY2-SHA256-RSA2048",
        }, body  # fmt: skip
