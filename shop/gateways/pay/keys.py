"""The merchant's key, WeChat's keys and the API v3 keys, read from the files of the settings once per process."""
import time
from collections.abc import Callable
from datetime import datetime
from functools import partial
from pathlib import Path
from threading import Lock
from typing import TypeVar

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key
from msgspec import Struct

from shop.gateways.pay.certificate_folder import CertificateFolder
from shop.gateways.pay.errors import PayMisconfigured
from shop.gateways.pay.signing import PUBLIC_KEY_MARK, KeyRing, Signer, ring_name
from shop.settings import PaySettings

API_V3_KEY_BYTES = 32
SHORTEST_KEY_BITS = 2048
CERTIFICATE_MARK = b"BEGIN CERTIFICATE"
OWN = "WECHAT_PAY_SERIAL_NO"  # how the merchant's own certificate is called
LOOK_AGAIN_SECONDS = 10.0
MERCHANT_CERTIFICATE = "apiclient_cert.pem"  # its name in the archive that the merchant platform hands out

_Key = TypeVar("_Key")


class Keys(Struct, frozen=True):
    """Everything that signs, verifies or decrypts."""

    signer: Signer
    ring: KeyRing
    api_v3: tuple[bytes, ...]


class KeyStore:
    """Loads on first use and once, however many threads come at the same time: a private key costs about 55 ms.

    Certificates that were fetched (see `certificates`) join the ring: this process's own at once, those that another
    process wrote to the folder of the settings when a serial turns up that nobody here knows.
    """

    def __init__(self, settings: PaySettings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._keys: Keys | None = None
        self._looked = float("-inf")
        self.folder = CertificateFolder(settings.certificate_folder)
        self.unknown_seen = False  # since the last refresh, by this process

    def get(self) -> Keys:
        """Raises PayMisconfigured with every problem found, and tries again next time."""
        if self._keys is None:
            with self._lock:
                if self._keys is None:
                    keys = load(self._settings, unknown=self._met_unknown)
                    self._keys = self._with_fetched(keys)
        return self._keys

    def _with_fetched(self, keys: Keys) -> Keys:
        for certificate in self.folder.read(keys.ring):
            keys.ring.add(*certificate)
        return keys

    def _met_unknown(self) -> bool:
        """Somebody named a key we do not have: look into the folder, at most every few seconds, and leave a mark."""
        self.unknown_seen = True
        now = time.monotonic()
        if self._keys is None or not self.folder or now - self._looked < LOOK_AGAIN_SECONDS:
            return False
        self._looked = now
        self.folder.mark_unknown()
        ring = self._keys.ring
        return sum(ring.add(*certificate) for certificate in self.folder.read(ring)) > 0


def load(settings: PaySettings, *, unknown: Callable[[], bool] | None = None) -> Keys:
    """Read all keys of the settings. `unknown` is the ring's. Raises PayMisconfigured."""
    problems: list[str] = []
    private = _attempt(problems, partial(private_key, settings.private_key_file))
    ring: dict[str, RSAPublicKey] = {}
    for name, path in settings.verify_keys:
        public = _attempt(problems, partial(public_key, name, path))
        if public is not None:
            ring[name] = public
    if not settings.verify_keys:
        problems.append("WECHAT_PAY_VERIFY_KEYS is missing")
    api_v3 = tuple(key.encode() for key in settings.api_v3_keys)
    if not api_v3:
        problems.append("WECHAT_PAY_API_V3_KEY is missing")
    if any(len(key) != API_V3_KEY_BYTES for key in api_v3):
        problems.append("WECHAT_PAY_API_V3_KEY must be 32 bytes (each, when there are two)")
    if problems or private is None:
        raise PayMisconfigured(problems)
    return Keys(Signer(private, sender=settings.sender, serial=settings.serial_no), KeyRing(ring, unknown=unknown), api_v3)


def private_key(path: str) -> RSAPrivateKey:
    """The merchant's key, PKCS#1 or PKCS#8. Raises PayMisconfigured."""
    setting = "WECHAT_PAY_PRIVATE_KEY_FILE"
    pem = _read(setting, path)
    try:
        key = load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise PayMisconfigured([f"{setting} is not an unencrypted PEM private key"]) from None
    if not isinstance(key, RSAPrivateKey) or key.key_size < SHORTEST_KEY_BITS:
        raise PayMisconfigured([f"{setting} must be an RSA key of 2048 bits or more"])
    return key


def public_key(name: str, path: str) -> RSAPublicKey:
    """One of WeChat's keys: a public key or a certificate, whatever the file holds. Raises PayMisconfigured."""
    setting = f"WECHAT_PAY_VERIFY_KEYS {name}"
    pem = _read(setting, path)
    try:
        certified = CERTIFICATE_MARK in pem
        key = x509.load_pem_x509_certificate(pem).public_key() if certified else load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise PayMisconfigured([f"{setting} is neither a PEM public key nor a PEM certificate"]) from None
    if not isinstance(key, RSAPublicKey):
        raise PayMisconfigured([f"{setting} must be an RSA key"])
    return key


def problems_of_keys(settings: PaySettings, now: datetime) -> list[str]:
    """What is wrong with the key files, in sentences without secrets: unreadable, mismatched, exchanged, expired."""
    try:
        load(settings)
    except PayMisconfigured as wrong:
        return wrong.problems
    return _merchant_problems(settings) + _ring_problems(settings, now)


def _merchant_problems(settings: PaySettings) -> list[str]:
    """Does the merchant's certificate, if it lies in or beside the key file, belong to key and serial?"""
    key_file = Path(settings.private_key_file)
    beside = key_file.parent / MERCHANT_CERTIFICATE
    certificate = _certificate(key_file) or (_certificate(beside) if beside.is_file() else None)
    if certificate is None:
        return []
    found = []
    if certificate.public_key() != private_key(settings.private_key_file).public_key():
        found.append("WECHAT_PAY_PRIVATE_KEY_FILE does not belong to the merchant certificate beside it")
    if f"{certificate.serial_number:X}" != ring_name(settings.serial_no):
        found.append("WECHAT_PAY_SERIAL_NO is not the serial of the merchant certificate beside the private key")
    return found


def _ring_problems(settings: PaySettings, now: datetime) -> list[str]:
    found = []
    own = private_key(settings.private_key_file).public_key()
    for name, path in settings.verify_keys:
        setting = f"WECHAT_PAY_VERIFY_KEYS {name}"
        if public_key(name, path) == own:
            found.append(f"{setting} is the merchant's own key; WeChat's is needed")
        certificate = _certificate(Path(path))
        if certificate is None:
            if not name.startswith(PUBLIC_KEY_MARK):
                found.append(f"{setting} names a certificate serial, but the file holds a public key")
            continue
        if name.startswith(PUBLIC_KEY_MARK):
            found.append(f"{setting} names a public key, but the file holds a certificate")
        elif f"{certificate.serial_number:X}" != ring_name(name):
            found.append(f"{setting} holds a certificate with another serial")
        if certificate.not_valid_after_utc < now:
            found.append(f"{setting} expired on {certificate.not_valid_after_utc:%Y-%m-%d}")
    return found


def ends_of_certificates(settings: PaySettings) -> list[tuple[str, datetime]]:
    """Every certificate of the settings' files, the merchant's own included, with the moment at which it ends."""
    key_file = Path(settings.private_key_file)
    files = [(OWN, key_file if _certificate(key_file) else key_file.parent / MERCHANT_CERTIFICATE)]
    files += [(f"WECHAT_PAY_VERIFY_KEYS {name}", Path(path)) for name, path in settings.verify_keys]
    found = ((name, _certificate(path)) for name, path in files)
    return [(name, certificate.not_valid_after_utc) for name, certificate in found if certificate]


def _certificate(path: Path) -> x509.Certificate | None:
    try:
        pem = path.read_bytes()
        return x509.load_pem_x509_certificate(pem) if CERTIFICATE_MARK in pem else None
    except (OSError, ValueError):
        return None


def _read(setting: str, path: str) -> bytes:
    if not path:
        raise PayMisconfigured([f"{setting} is missing"])
    try:
        return Path(path).read_bytes()
    except OSError as wrong:
        raise PayMisconfigured([f"{setting} cannot be read: {wrong.strerror}"]) from None


def _attempt(problems: list[str], read: Callable[[], _Key]) -> _Key | None:
    try:
        return read()
    except PayMisconfigured as wrong:
        problems.extend(wrong.problems)
        return None
