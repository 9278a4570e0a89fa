"""Fetching WeChat Pay's platform certificates before the old ones end (WeChat Pay, certificates).

Two things must be true before a certificate joins the ring: it was sealed with our API v3 key, and the answer it came
in is signed by a key that is pinned already or by one of the certificates in it. Never asked for because a notice
names an unknown serial, only on the worker's beat; a failed attempt leaves the ring as it is.
"""
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import structlog
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from shop.gateways.pay import notices, reading
from shop.gateways.pay.errors import (
    NotAuthentic,
    PaymentNotFound,
    PayMisconfigured,
    PayUnavailable,
    Reason,
    certificate_refusal,
)
from shop.gateways.pay.keys import OWN, SHORTEST_KEY_BITS, Keys, KeyStore, ends_of_certificates
from shop.gateways.pay.signing import PUBLIC_KEY_MARK, KeyRing, ring_name
from shop.gateways.pay.transport import Call, Transport
from shop.settings import PaySettings

REGULARLY = timedelta(hours=12)  # WeChat Pay, certificates: at least every twelve hours
AT_MOST = timedelta(minutes=10)
NEAR = timedelta(days=30)
MOST_CERTIFICATES = 16

log = structlog.get_logger("shop.gateways.pay")


class Certificates:
    """Decides when to fetch, and what of the answer is believed."""

    def __init__(self, path: str, store: KeyStore, transport: Transport, clock: Callable[[], datetime]) -> None:
        self._path, self._store, self._transport, self._clock = path, store, transport, clock
        self._lock = Lock()
        self._asked: datetime | None = None
        self._answered: datetime | None = None

    def refresh(self) -> int:
        """How many new certificates joined the ring; 0 as well when it is not time, or when WeChat has none for us.

        Every twelve hours; after an unknown serial or a failure sooner, but ten minutes apart. Raises PayUnavailable,
        PayBusy, PayRefused and PayMisconfigured.
        """
        now = self._clock()
        with self._lock:
            if not self._due(now):
                return 0
            self._asked = now
        self._store.unknown_seen = False
        found = self._fetch()
        self._answered = now
        return sum(self._believe(certificate) for certificate in found)

    def _due(self, now: datetime) -> bool:
        if self._asked is None:
            return True
        if now - self._asked < AT_MOST:
            return False
        failed = self._answered is None or self._answered < self._asked
        unknown = self._store.unknown_seen or self._store.folder.unknown_since(self._asked)
        return failed or unknown or now - self._asked >= REGULARLY

    def _fetch(self) -> Sequence[x509.Certificate]:
        try:
            answer = self._transport.call(Call("GET", self._path, prove=self._prove, sort=certificate_refusal))
            return open_certificates(answer.body, self._store.get(), self._clock())
        except PaymentNotFound:  # WeChat Pay, public keys: who has only the public key is told that there is nothing
            return []
        except NotAuthentic:
            raise PayMisconfigured(["WECHAT_PAY_API_V3_KEY does not open WeChat Pay's certificates"]) from None

    def _prove(self, headers: Mapping[str, str], body: bytes) -> None:
        """Signed by a key of the ring, or by a certificate in this very answer that our API v3 key opens."""
        keys, now = self._store.get(), self._clock()
        try:
            keys.ring.verify(headers, body, now)
        except NotAuthentic as refused:
            if refused.reason is not Reason.UNKNOWN_SERIAL:
                raise
            inside = {f"{found.serial_number:X}": _key(found) for found in open_certificates(body, keys, now)}
            KeyRing(inside).verify(headers, body, now)

    def _believe(self, certificate: x509.Certificate) -> bool:
        serial = f"{certificate.serial_number:X}"
        life = (certificate.not_valid_before_utc, certificate.not_valid_after_utc)
        if not self._store.get().ring.add(serial, _key(certificate), life):
            return False
        self._store.folder.keep(certificate)
        log.info("pay_certificate_added", serial=serial, until=life[1].isoformat())
        return True


def open_certificates(body: bytes, keys: Keys, now: datetime) -> list[x509.Certificate]:
    """The certificates in an answer that are whole and live now.

    Raises PayUnavailable when it is no list of certificates; NotAuthentic(WRONG_KEY) when no API v3 key opens one.
    """
    try:
        sealed = reading.json_object(body).get("data")
        if not isinstance(sealed, list):
            raise reading.Unreadable("data")
        found = [_open(entry, keys) for entry in sealed[:MOST_CERTIFICATES] if isinstance(entry, dict)]
    except reading.Unreadable:
        raise PayUnavailable("answer_unreadable") from None
    return [entry for entry in found if entry.not_valid_before_utc <= now <= entry.not_valid_after_utc]


def _open(entry: Mapping[str, Any], keys: Keys) -> x509.Certificate:
    pem = notices.open_resource(reading.part(entry, "encrypt_certificate"), keys.api_v3)
    try:
        found = x509.load_pem_x509_certificate(pem)
    except ValueError:
        raise reading.Unreadable("certificate") from None
    key = found.public_key()
    if not isinstance(key, RSAPublicKey) or key.key_size < SHORTEST_KEY_BITS:
        raise reading.Unreadable("certificate")
    if f"{found.serial_number:X}" != ring_name(reading.needed(entry, "serial_no")):
        raise reading.Unreadable("serial_no")
    return found


def _key(certificate: x509.Certificate) -> RSAPublicKey:
    key = certificate.public_key()
    if not isinstance(key, RSAPublicKey):
        raise TypeError("WeChat Pay's certificates hold RSA keys")
    return key


def keys_ending(
    settings: PaySettings, store: KeyStore, now: datetime, within: timedelta = NEAR
) -> list[tuple[str, datetime]]:
    """Certificates in use that end `within` this time or have ended, soonest first. Public keys have no end.

    A certificate of the settings is not named once WeChat's next one, or its public key, is known too: nothing stops
    working when it ends.
    """
    ends = dict(ends_of_certificates(settings))
    own = [(OWN, ends.pop(OWN))] if OWN in ends else []
    theirs = {**ends, **dict(store.folder.ends())}
    covered = any(name.startswith(PUBLIC_KEY_MARK) for name, _ in settings.verify_keys)
    covered = covered or any(end > now + within for end in theirs.values())
    watched = own if covered else own + list(theirs.items())
    return sorted(((name, end) for name, end in watched if end <= now + within), key=lambda pair: pair[1])
