"""The keys and numbers of both sides, made once and kept in a folder.

The folder holds what a merchant downloads from WeChat Pay (its certificate, the WeChat public key, the platform
certificate), the merchant's own private key, and what only WeChat would know (the two private keys it signs with).
"""
import json
import os
import secrets
import shutil
import string
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey, generate_private_key
from cryptography.x509.oid import NameOID

NUMBERS_FILE = "numbers.json"
LIFETIME = timedelta(days=5 * 365)  # as long as a real platform certificate


@dataclass(frozen=True, kw_only=True)
class Numbers:
    """Who the merchant is: what the consoles of the Service Account and of WeChat Pay would show."""

    app_id: str
    app_secret: str
    token: str
    aes_key: str  # 43 characters, as WeChat shows it
    mch_id: str
    sp_mch_id: str
    sub_mch_id: str
    sp_app_id: str
    mcc: str
    api_v3_key: str  # 32 ASCII characters
    public_key_id: str
    content_app_id: str = "wx0c0ffee0c0ffee00"  # in folders that were made before there was a content account
    content_secret: str = "5a6e9d0c4f1b2837a6e9d0c4f1b28375"  # noqa: S105 - of the sandbox


@dataclass(frozen=True)
class SigningKey:
    """A key WeChat signs with, and the serial it announces in `Wechatpay-Serial`."""

    serial: str
    private: RSAPrivateKey


@dataclass(frozen=True)
class Keys:
    """Everything in the folder, loaded."""

    folder: Path
    numbers: Numbers
    merchant_serial: str
    merchant_public: RSAPublicKey
    public_key: SigningKey  # 微信支付公钥
    platform: SigningKey  # 平台证书
    platform_pem: bytes
    platform_from: datetime
    platform_until: datetime

    def signing(self, mode: str) -> SigningKey:
        """The key of a mode: `public_key` or `certificate`."""
        return self.public_key if mode == "public_key" else self.platform

    @property
    def merchant_key_file(self) -> Path:
        return self.folder / "merchant_key.pem"

    def verify_keys(self) -> str:
        """`ID=FILE,ID=FILE`: both keys the shop may verify with."""
        return (
            f"{self.public_key.serial}={self.folder / 'wechat_public_key.pem'},"
            f"{self.platform.serial}={self.folder / 'platform_certificate.pem'}"
        )


def keys_in(folder: Path) -> Keys:
    """The keys of `folder`, made there if it holds none. Loaded once per process."""
    return _load(folder.resolve())


@lru_cache(maxsize=8)
def _load(folder: Path) -> Keys:
    if not (folder / NUMBERS_FILE).is_file():
        _make(folder)
    numbers = Numbers(**json.loads((folder / NUMBERS_FILE).read_text("utf-8")))
    merchant = x509.load_pem_x509_certificate((folder / "merchant_certificate.pem").read_bytes())
    platform_pem = (folder / "platform_certificate.pem").read_bytes()
    platform = x509.load_pem_x509_certificate(platform_pem)
    merchant_public = merchant.public_key()
    if not isinstance(merchant_public, RSAPublicKey):
        raise ValueError("merchant_certificate.pem holds no RSA key")
    return Keys(
        folder=folder,
        numbers=numbers,
        merchant_serial=serial_of(merchant),
        merchant_public=merchant_public,
        public_key=SigningKey(numbers.public_key_id, load_private(folder / "wechat_key.pem")),
        platform=SigningKey(serial_of(platform), load_private(folder / "platform_key.pem")),
        platform_pem=platform_pem,
        platform_from=platform.not_valid_before_utc,
        platform_until=platform.not_valid_after_utc,
    )


def serial_of(certificate: x509.Certificate) -> str:
    """The serial as WeChat Pay writes it: hexadecimal, upper case, no separators."""
    return f"{certificate.serial_number:X}"


def load_private(path: Path) -> RSAPrivateKey:
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise ValueError(f"{path.name} holds no RSA key")
    return key


def _make(folder: Path) -> None:
    """Write a new set beside `folder` and move it there in one step: two processes may start together."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    new = folder.with_name(f".{folder.name}-{os.getpid()}-{secrets.token_hex(4)}")
    new.mkdir(mode=0o700)
    try:
        _fill(new)
        try:
            new.rename(folder)
        except OSError:
            # Either another process was quicker, or the folder holds other files already.
            if not (folder / NUMBERS_FILE).is_file():
                for file in sorted(new.iterdir(), key=lambda file: file.name == NUMBERS_FILE):
                    file.replace(folder / file.name)
    finally:
        shutil.rmtree(new, ignore_errors=True)


def new_private() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


def _fill(folder: Path) -> None:
    numbers = _new_numbers()
    merchant, wechat, platform = (new_private() for _ in range(3))
    write_private(folder / "merchant_key.pem", merchant)
    write_private(folder / "wechat_key.pem", wechat)
    write_private(folder / "platform_key.pem", platform)
    (folder / "merchant_certificate.pem").write_bytes(make_certificate(merchant, numbers.sp_mch_id))
    (folder / "platform_certificate.pem").write_bytes(make_certificate(platform, "Tenpay.com sign (sandbox)"))
    (folder / "wechat_public_key.pem").write_bytes(
        wechat.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )
    (folder / NUMBERS_FILE).write_text(json.dumps(asdict(numbers), indent=1), "utf-8")


def _new_numbers() -> Numbers:
    def digits(count: int) -> str:
        return "".join(secrets.choice("0123456789") for _ in range(count))

    return Numbers(
        app_id="wx" + secrets.token_hex(8),
        app_secret=secrets.token_hex(16),
        token=secrets.token_hex(12),
        aes_key="".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(42)) + "A",  # whole base64
        mch_id="16" + digits(8),
        sp_mch_id="17" + digits(8),
        sub_mch_id="18" + digits(8),
        sp_app_id="wx" + secrets.token_hex(8),
        mcc="5309",
        api_v3_key=secrets.token_hex(16),
        public_key_id="PUB_KEY_ID_0" + digits(27),
        content_app_id="wx" + secrets.token_hex(8),
        content_secret=secrets.token_hex(16),
    )


def write_private(path: Path, key: RSAPrivateKey) -> None:
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.touch(mode=0o600)
    path.write_bytes(pem)


def make_certificate(key: RSAPrivateKey, common_name: str) -> bytes:
    """A self-made certificate of 40 hexadecimal digits of serial (never a leading zero: some readers cut it)."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])
    start = datetime.now(UTC) - timedelta(days=1)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number((1 << 158) | secrets.randbits(150))
        .not_valid_before(start)
        .not_valid_after(start + LIFETIME)
        .sign(key, hashes.SHA256())
        .public_bytes(serialization.Encoding.PEM)
    )
