"""Fetching a day's bill or statement: in pieces, never held whole, believed only when its SHA-1 is the announced one.

WeChat Pay, bills: mainland answers with an address and the SHA-1 of the plain file; the download itself is not signed.
Across borders the file comes at once, its SHA-1 in a header, and the signature is over `{"sha1":"<that header>"}`.
"""
import hashlib
import re
import time
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime, timedelta
from datetime import time as clock_time
from typing import BinaryIO
from urllib.parse import urlsplit

from shop.gateways.pay import reading
from shop.gateways.pay.dialect import BEIJING, Dialect
from shop.gateways.pay.errors import (
    BillDamaged,
    BillNotReady,
    NoStatement,
    NotAuthentic,
    PayRefused,
    PayUnavailable,
    Reason,
    bill_refusal,
    normal,
)
from shop.gateways.pay.hosts import Hosts
from shop.gateways.pay.keys import KeyStore
from shop.gateways.pay.transport import PIECE, Call, Transport
from shop.gateways.pay.values import BillKind, FetchedBill
from shop.settings import PaySettings

READ_SECONDS = 60.0
LONGEST_SECONDS = 900.0
LARGEST_BILL = 1 << 30
LONGEST_ADDRESS = 2048
READY_AT = clock_time(10, 0)
NOT_YET = frozenset({"PARAMERROR", "INVALIDREQUEST"})  # also said of a day whose file is not due
GZIP = b"\x1f\x8b"
GZIP_WINDOW = 16 + zlib.MAX_WBITS
SHA1 = re.compile(r"[0-9A-Fa-f]{40}")


def ready_at(day: date) -> datetime:
    """When the files of a day in Beijing are made: ten o'clock there on the next day (WeChat Pay, bills)."""
    return datetime.combine(day + timedelta(days=1), READY_AT, BEIJING)


class Downloads:
    """Fetches what one dialect offers."""

    def __init__(
        self, dialect: Dialect, settings: PaySettings, store: KeyStore, transport: Transport, hosts: Hosts,
        clock: Callable[[], datetime],
    ) -> None:
        self._dialect, self._settings, self._store = dialect, settings, store
        self._transport, self._hosts, self._clock = transport, hosts, clock

    def fetch(self, kind: BillKind, day: date, into: BinaryIO) -> FetchedBill | None:
        """See `WeChatPay.fetch_bill`."""
        early = self._clock() < ready_at(day)
        path = self._dialect.bill_path(kind, day, self._settings)
        try:
            fetch = self._statement if kind is BillKind.STATEMENT else self._bill
            return fetch(kind, day, path, into)
        except NoStatement:
            if early:  # "there is none" is only true once it should be there
                raise BillNotReady from None
            return None
        except PayRefused as refused:
            if early and normal(refused.pay_code) in NOT_YET:
                raise BillNotReady from None
            raise

    def _bill(self, kind: BillKind, day: date, path: str, into: BinaryIO) -> FetchedBill:
        answer = self._transport.call(Call("GET", path, sort=bill_refusal))
        try:
            said = reading.json_object(answer.body)
            hash_type, announced = reading.needed(said, "hash_type"), reading.needed(said, "hash_value")
            address = reading.text(said, "download_url", LONGEST_ADDRESS)
        except reading.Unreadable:
            raise PayUnavailable("answer_unreadable") from None
        if hash_type.upper() != "SHA1" or not SHA1.fullmatch(announced):
            raise BillDamaged("hash_type")
        host, place = self._own(address or "")
        # The address lives five minutes, so it is used at once. Its content is unsigned: the SHA-1 above is the proof.
        call = Call("GET", place, sort=bill_refusal, stream=True, read_seconds=READ_SECONDS, host=host, prove=_later)
        with self._transport.stream(call) as pieces:
            took = _Taken(into).all(pieces)
        if took.plain.hexdigest() != announced.lower():
            raise BillDamaged("sha1")
        return took.fetched(kind, day)

    def _own(self, address: str) -> tuple[str, str]:
        """Host and path of a download, which must be on a host of the settings: our signature goes nowhere else."""
        try:
            parts = urlsplit(address)
        except ValueError:
            raise BillDamaged("foreign_host") from None
        host = f"{parts.scheme}://{parts.netloc}"
        if host not in self._hosts.urls or not parts.path.startswith("/"):
            raise BillDamaged("foreign_host")
        return host, f"{parts.path}?{parts.query}" if parts.query else parts.path

    def _statement(self, kind: BillKind, day: date, path: str, into: BinaryIO) -> FetchedBill:
        announced: list[str] = []

        def prove(headers: Mapping[str, str], _body: bytes) -> None:
            sha1 = headers.get("Wechatpay-Statement-Sha1", "")
            if not SHA1.fullmatch(sha1):
                raise NotAuthentic(Reason.MISSING_HEADER)
            self._store.get().ring.verify(headers, b'{"sha1":"%s"}' % sha1.encode(), self._clock())
            announced[:] = [sha1.lower()]

        call = Call("GET", path, sort=bill_refusal, stream=True, read_seconds=READ_SECONDS, prove=prove)
        with self._transport.stream(call) as pieces:
            took = _Taken(into).all(pieces)
        # Nobody says whether the SHA-1 of a compressed statement is of the plain text; either proves every byte.
        if announced[0] not in (took.plain.hexdigest(), took.raw.hexdigest()):
            raise BillDamaged("sha1")
        return took.fetched(kind, day)


def _later(_headers: Mapping[str, str], _body: bytes) -> None:
    """An unsigned download: what is in it is checked when it is there."""


class _Taken:
    """Writes plain text into a file while it counts and hashes, unpacking gzip on the way."""

    def __init__(self, into: BinaryIO) -> None:
        self._into = into
        self.raw = hashlib.sha1(usedforsecurity=False)  # WeChat's choice; the value itself came signed
        self.plain = hashlib.sha1(usedforsecurity=False)
        self.size, self.compressed = 0, False

    def all(self, pieces: Iterable[bytes]) -> "_Taken":
        """Take everything. Raises BillDamaged(truncated | too_large), PayUnavailable when it takes for ever."""
        began = time.monotonic()
        for piece in self._plain(self._hashed(pieces)):
            self.size += len(piece)
            if self.size > LARGEST_BILL:
                raise BillDamaged("too_large")
            if time.monotonic() - began > LONGEST_SECONDS:
                raise PayUnavailable("timeout")
            self.plain.update(piece)
            self._into.write(piece)
        return self

    def _hashed(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self.raw.update(piece)
            yield piece

    def _plain(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        head = b""
        for piece in pieces:
            head += piece
            if len(head) >= len(GZIP):
                break
        self.compressed = head.startswith(GZIP)
        if not self.compressed:
            yield head
            yield from pieces
            return
        yield from _unpacked(head, pieces)

    def fetched(self, kind: BillKind, day: date) -> FetchedBill:
        return FetchedBill(
            kind=kind, day=day, sha1=self.plain.hexdigest(), size=self.size, compressed=self.compressed
        )


def _unpacked(head: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Gunzip without ever holding more than a piece, however much one compressed byte stands for."""
    unpacker = zlib.decompressobj(GZIP_WINDOW)
    waiting = head
    try:
        while not unpacker.eof:
            plain = unpacker.decompress(waiting, PIECE)
            waiting = unpacker.unconsumed_tail
            if plain:
                yield plain
            elif not waiting and not unpacker.eof:
                waiting = next(pieces, b"")
                if not waiting:
                    raise BillDamaged("truncated")
    except zlib.error:
        raise BillDamaged("truncated") from None
    if unpacker.unused_data or next(pieces, b""):
        raise BillDamaged("truncated")  # something follows the end: not the file that was packed
