"""A change of keys under way: which key signs how much, which certificates are listed, which API v3 key seals.

WeChat Pay, public-key mode: notices move to the new key over a week (0.1 → 1 → … → 100 %); old and new certificates are
listed together around a rotation. Shares are kept exactly, without chance: of ten answers at 30 % every third or fourth.
"""
import json
import os
import secrets
from dataclasses import dataclass, field, fields
from functools import lru_cache
from pathlib import Path
from typing import Any

from cryptography import x509

from shop.sandbox.faults import WrongFault
from shop.sandbox.keys import Keys, SigningKey, load_private, make_certificate, new_private, serial_of, write_private

CERTIFICATES = ("old", "both", "new")


@dataclass(frozen=True)
class NextKeys:
    """What comes after the keys of the folder: a second platform certificate and a second API v3 key."""

    platform: SigningKey
    certificate: x509.Certificate
    certificate_file: Path
    pem: bytes
    api_v3_key: str


def next_keys(keys: Keys) -> NextKeys:
    """Made in the folder when they are first wanted."""
    return _load(keys.folder)


@lru_cache(maxsize=8)
def _load(folder: Path) -> NextKeys:
    numbers, private, certificate = (folder / name for name in ("next.json", "next_key.pem", "next_certificate.pem"))
    if not numbers.is_file():
        key = new_private()
        _write(private, lambda path: write_private(path, key))
        _write(certificate, lambda path: path.write_bytes(make_certificate(key, "Tenpay.com sign (sandbox, next)")))
        made = json.dumps({"api_v3_key": secrets.token_hex(16)})
        _write(numbers, lambda path: path.write_text(made, "utf-8"))
    pem = certificate.read_bytes()
    loaded = x509.load_pem_x509_certificate(pem)
    return NextKeys(
        platform=SigningKey(serial_of(loaded), load_private(private)),
        certificate=loaded,
        certificate_file=certificate,
        pem=pem,
        api_v3_key=json.loads(numbers.read_text("utf-8"))["api_v3_key"],
    )


def _write(path: Path, fill: Any) -> None:
    new = path.with_name(f".{path.name}-{os.getpid()}")
    fill(new)
    new.replace(path)


@dataclass(kw_only=True)
class KeyChange:
    """The defaults are no change. Percentages: of what is signed with the newer of two keys; null: all or nothing,
    as `behaviour` has it."""

    answers_percent: float | None = None  # by the public key, the rest by a certificate
    notices_percent: float | None = None
    certificates: str = "old"  # listed: old, both or new
    new_certificate_percent: float = 0.0  # while both are listed: of the certificate's signatures
    api_v3_key_in_use: str = "old"
    _counts: dict[str, int] = field(default_factory=dict, repr=False)

    def __post_init__(self) -> None:
        for name in ("answers_percent", "notices_percent", "new_certificate_percent"):
            value = getattr(self, name)
            if value is None and name != "new_certificate_percent":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
                raise WrongFault(f"{name} must be a number from 0 to 100")
        if self.certificates not in CERTIFICATES:
            raise WrongFault(f"certificates must be one of {', '.join(CERTIFICATES)}")
        if self.api_v3_key_in_use not in {"old", "new"}:
            raise WrongFault("api_v3_key_in_use must be old or new")

    @classmethod
    def read(cls, wish: dict[str, Any], before: "KeyChange") -> "KeyChange":
        """From JSON; what is not named stays as it was. Raises WrongFault."""
        names = {one.name for one in fields(cls) if not one.name.startswith("_")}
        if unknown := set(wish) - names:
            raise WrongFault(f"unknown: {', '.join(sorted(unknown))}")
        return cls(**{**{name: getattr(before, name) for name in names}, **wish})

    def shown(self, keys: Keys) -> dict[str, Any]:
        later = next_keys(keys)
        return {
            **{one.name: getattr(self, one.name) for one in fields(self) if not one.name.startswith("_")},
            "public_key_id": keys.public_key.serial,
            "old_certificate": keys.platform.serial,
            "new_certificate": later.platform.serial,
            "new_certificate_file": str(later.certificate_file),
            "old_api_v3_key": keys.numbers.api_v3_key,
            "new_api_v3_key": later.api_v3_key,
        }

    def under_way(self) -> bool:
        return self.answers_percent is not None or self.notices_percent is not None or self.certificates != "old"

    def serials(self, keys: Keys) -> set[str]:
        """What a request may name in Wechatpay-Serial."""
        found = {keys.public_key.serial, keys.platform.serial}
        return found if self.certificates == "old" else found | {next_keys(keys).platform.serial}

    def signing(self, keys: Keys, what: str, mode: str) -> SigningKey:
        percent = getattr(self, f"{what}_percent")
        if percent is not None:
            mode = "public_key" if self._turn(what, percent) else "certificate"
        if mode == "public_key":
            return keys.public_key
        newer = self.certificates == "new" or (
            self.certificates == "both" and self._turn(f"{what}/certificate", self.new_certificate_percent)
        )
        return next_keys(keys).platform if newer else keys.platform

    def api_v3_key(self, keys: Keys) -> str:
        return keys.numbers.api_v3_key if self.api_v3_key_in_use == "old" else next_keys(keys).api_v3_key

    def _turn(self, name: str, percent: float) -> bool:
        """Whether it is the newer key's turn: true `percent` times of a hundred, evenly spread."""
        count = self._counts[name] = self._counts.get(name, 0) + 1
        return int(count * percent / 100) > int((count - 1) * percent / 100)


def listed(keys: Keys, change: KeyChange) -> list[dict[str, Any]]:
    """The certificates as /v3/certificates lists them, still to be sealed: serial, moments, PEM."""
    old = {
        "serial_no": keys.platform.serial,
        "effective_time": keys.platform_from.isoformat(timespec="seconds"),
        "expire_time": keys.platform_until.isoformat(timespec="seconds"),
        "pem": keys.platform_pem,
    }
    if change.certificates == "old":
        return [old]
    later = next_keys(keys)
    new = {
        "serial_no": later.platform.serial,
        "effective_time": later.certificate.not_valid_before_utc.isoformat(timespec="seconds"),
        "expire_time": later.certificate.not_valid_after_utc.isoformat(timespec="seconds"),
        "pem": later.pem,
    }
    return [old, new] if change.certificates == "both" else [new]
