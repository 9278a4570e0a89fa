"""Where certificates that were fetched are kept, so that web and worker, and the next start, know them too.

Whoever may write here may sign as WeChat Pay: the folder belongs to the shop's user alone. Only what was verified is
written (see `certificates`); what is read is believed for its own lifetime.
"""
import os
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding

from shop.gateways.pay.signing import KeyRing

UNKNOWN_MARK = "unknown-serial"  # its time is when a process last met a serial that nobody knew
LARGEST_CERTIFICATE = 64 * 1024
MOST_FILES = 64

Life = tuple[datetime, datetime]

log = structlog.get_logger("shop.gateways.pay")


class CertificateFolder:
    """A folder of `SERIAL.pem` files, or, with an empty path, none: then nothing is kept and it is False."""

    def __init__(self, path: str) -> None:
        self._path = Path(path) if path else None

    def __bool__(self) -> bool:
        return self._path is not None

    def read(self, ring: KeyRing) -> Iterator[tuple[str, RSAPublicKey, Life]]:
        """The certificates that `ring` does not know yet; a damaged file is skipped, a missing folder is empty."""
        for path in self._files():
            if path.stem in ring:
                continue
            try:
                found = x509.load_pem_x509_certificate(path.read_bytes()[:LARGEST_CERTIFICATE])
            except (OSError, ValueError):
                log.warning("pay_certificate_unreadable", serial=path.stem)
                continue
            key = found.public_key()
            if isinstance(key, RSAPublicKey) and f"{found.serial_number:X}" == path.stem:
                yield path.stem, key, (found.not_valid_before_utc, found.not_valid_after_utc)

    def ends(self) -> list[tuple[str, datetime]]:
        """Serial and last moment of every certificate kept."""
        return [(name, life[1]) for name, _, life in self.read(KeyRing({}))]

    def keep(self, certificate: x509.Certificate) -> None:
        """Whole or not at all; a folder that cannot be written is only worth a warning, the ring in memory works."""
        if self._path is None:
            return
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle, draft = tempfile.mkstemp(dir=self._path, suffix=".draft")
            with os.fdopen(handle, "wb") as file:
                file.write(certificate.public_bytes(Encoding.PEM))
            Path(draft).replace(self._path / f"{certificate.serial_number:X}.pem")
        except OSError as wrong:
            log.warning("pay_certificate_not_kept", why=wrong.strerror)

    def mark_unknown(self) -> None:
        if self._path is None:
            return
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
            (self._path / UNKNOWN_MARK).touch()
        except OSError as wrong:
            log.warning("pay_certificate_not_kept", why=wrong.strerror)

    def unknown_since(self, moment: datetime) -> bool:
        """Did any process meet an unknown serial after `moment`?"""
        if self._path is None:
            return False
        try:
            return datetime.fromtimestamp((self._path / UNKNOWN_MARK).stat().st_mtime, UTC) > moment
        except OSError:
            return False

    def _files(self) -> list[Path]:
        try:
            return sorted(self._path.glob("*.pem"))[:MOST_FILES] if self._path else []
        except OSError:
            return []
