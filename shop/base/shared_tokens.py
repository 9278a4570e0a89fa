"""Short-lived tokens of other companies: one store for all processes, one fetch at a time, and what is wrong with a peer.

A token is kept sealed under the secret that it was bought with, so a copy of the database opens nothing. Whoever needs a
new one takes a lease first, in a transaction of its own; the network is asked after the commit. Everybody else waits for the
result, or goes on with the old token while that still lives.
"""

import base64
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from msgspec import Struct
from sqlalchemy import String, Text, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Mapped, mapped_column

from shop.base.db import Model, changed, reading, transaction
from shop.base.discreet import Discreet
from shop.base.errors import ShopError

if TYPE_CHECKING:  # the tables are wanted at every start, the sealing only with a token
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

LEASE = timedelta(seconds=20)  # longer than a fetch can take
PATIENCE, LOOK_AGAIN = 15.0, 0.05  # seconds that one waits for somebody else's fetch, and between two looks
EARLY = timedelta(seconds=240)  # how long before its end a token is renewed
AT_LEAST = timedelta(seconds=30)


class PeerToken(Model):
    """The newest token of one name. `serial` grows with every fetch, so that a token can be named without being shown."""

    __tablename__ = "peer_tokens"

    name: Mapped[str] = mapped_column(String(128), primary_key=True)
    serial: Mapped[int] = mapped_column(default=0)
    sealed: Mapped[str | None] = mapped_column(Text)
    renew_at: Mapped[datetime | None]
    expires_at: Mapped[datetime | None]
    lease_until: Mapped[datetime | None]
    lease_mark: Mapped[str | None] = mapped_column(String(32))


class PeerTrouble(Model):
    """What a peer refuses until somebody does something or time passes. Nobody asks it again before `until`."""

    __tablename__ = "peer_troubles"

    name: Mapped[str] = mapped_column(String(200), primary_key=True)
    errcode: Mapped[int]
    said: Mapped[str] = mapped_column(String(200))
    count: Mapped[int]
    since: Mapped[datetime]
    last_at: Mapped[datetime]
    until: Mapped[datetime]


class Held(Discreet, frozen=True):
    """A token that works as far as we know. `serial` names it."""

    hidden = frozenset({"value"})
    value: str
    serial: int


class Fetched(Discreet, frozen=True):
    """What the peer has just given us, and how long it lives."""

    hidden = frozenset({"value"})
    value: str
    lives: timedelta


class Trouble(Struct, frozen=True):
    name: str
    errcode: int
    said: str
    count: int
    since: datetime
    last_at: datetime
    until: datetime


class TokenBusy(Exception):
    """Somebody else fetches it, and has not been done in time."""


class SharedToken:
    """One name's token, for the threads of this process; the database joins the processes.

    `fetch` asks the peer and may raise ShopError, which comes out of `get` unless the old token still lives.
    """

    def __init__(
        self, name: str, secret: str, fetch: Callable[[], Fetched], clock: Callable[[], datetime],
        pause: Callable[[float], None] = time.sleep,
    ) -> None:  # fmt: skip
        self.name, self._fetch, self._clock, self._pause = name, fetch, clock, pause
        self._secret, self._cipher = secret, None if not secret else _cipher(secret, name)
        self._turn = threading.Lock()

    def get(self, rejected: int | None = None) -> Held:
        """The token; a new one when it ends soon, or when the peer has refused the one with the serial `rejected`.

        Raises TokenBusy and what `fetch` raises.
        """
        held, _old, _bad = self._look(rejected)
        if held is not None:
            return held
        with self._turn:  # one thread of this process looks and asks; the others find what it found
            return self._wait_or_fetch(rejected)

    def _wait_or_fetch(self, rejected: int | None) -> Held:
        end = time.monotonic() + PATIENCE
        while True:
            held, old, bad = self._look(rejected)
            if held is not None:
                return held
            if self._lease(bad):
                return self._fetched(old)
            if old is not None:
                return old
            if time.monotonic() > end:
                raise TokenBusy(self.name)
            self._pause(LOOK_AGAIN)

    def _look(self, rejected: int | None) -> tuple[Held | None, Held | None, int | None]:
        """The token when it is good for a while; any that lives and was not refused; the serial of one that is of no use."""
        now = self._clock()
        with reading() as session:
            row = session.execute(
                select(PeerToken.serial, PeerToken.sealed, PeerToken.renew_at, PeerToken.expires_at).where(PeerToken.name == self.name)
            ).first()
        if row is None or row.sealed is None or row.serial == rejected or row.expires_at <= now:
            return None, None, rejected
        value = self._open(row.sealed)
        if value is None:
            return None, None, row.serial
        held = Held(value, row.serial)
        return (held if row.renew_at > now else None), held, None

    def _lease(self, bad: int | None) -> bool:
        """Whether it is ours to fetch; only when it still has to be."""
        now, me = self._clock(), secrets.token_hex(8)
        free = or_(PeerToken.lease_until.is_(None), PeerToken.lease_until < now)
        needed = or_(PeerToken.sealed.is_(None), PeerToken.renew_at <= now, PeerToken.serial == (-1 if bad is None else bad))
        change = update(PeerToken).where(PeerToken.name == self.name, free, needed).values(lease_until=now + LEASE, lease_mark=me)
        try:
            with transaction() as session:
                won = changed(session.execute(change))
                if not won and session.scalar(select(PeerToken.name).where(PeerToken.name == self.name)) is None:
                    row = {"name": self.name, "serial": 0, "lease_until": now + LEASE, "lease_mark": me}
                    session.execute(insert(PeerToken).values(row))
                    won = 1
        except IntegrityError:  # another process made the row, and has the lease
            return False
        self._me = me
        return bool(won)

    def _fetched(self, old: Held | None) -> Held:
        me = self._me
        mine = (PeerToken.name == self.name, PeerToken.lease_mark == me)
        try:
            fetched = self._fetch()
        except BaseException as error:
            with transaction() as session:
                session.execute(update(PeerToken).where(*mine).values(lease_until=None, lease_mark=None))
            if old is not None and isinstance(error, ShopError):
                return old
            raise
        now = self._clock()
        renew_at = now + min(max(fetched.lives - EARLY, AT_LEAST), fetched.lives)
        with transaction() as session:
            session.execute(
                update(PeerToken).where(*mine).values(
                    serial=PeerToken.serial + 1, sealed=self._seal(fetched.value), renew_at=renew_at, expires_at=now + fetched.lives,
                    lease_until=None, lease_mark=None,
                )
            )  # fmt: skip
            serial = session.scalar(select(PeerToken.serial).where(PeerToken.name == self.name))
        return Held(fetched.value, serial or 0)

    def _seal(self, value: str) -> str:
        nonce = secrets.token_bytes(12)
        return base64.b64encode(nonce + self._key().encrypt(nonce, value.encode(), None)).decode()

    def _open(self, sealed: str) -> str | None:
        from cryptography.exceptions import InvalidTag

        raw = base64.b64decode(sealed)
        try:
            return self._key().decrypt(raw[:12], raw[12:], None).decode()
        except InvalidTag:  # the secret was changed: the token of the old one is of no use
            return None

    def _key(self) -> "AESGCM":
        if self._cipher is None:
            raise RuntimeError(f"{self.name}: no secret to keep its token under")
        return self._cipher


def _cipher(secret: str, name: str) -> "AESGCM":
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    return AESGCM(HKDF(algorithm=SHA256(), length=32, salt=b"peer token", info=name.encode()).derive(secret.encode()))


def trouble(name: str, errcode: int, said: str, now: datetime, until: datetime) -> None:
    """Remember what is wrong; nobody asks again before `until`. The same trouble again is counted."""
    values = {"errcode": errcode, "said": said[:200], "last_at": now, "until": until}
    again = update(PeerTrouble).where(PeerTrouble.name == name).values(count=PeerTrouble.count + 1, **values)
    for last_try in (False, True):
        try:
            with transaction() as session:
                if not changed(session.execute(again)):
                    session.execute(insert(PeerTrouble).values({"name": name, "count": 1, "since": now, **values}))
            return
        except IntegrityError:
            if last_try:
                raise


def over(names: Sequence[str]) -> None:
    """These troubles are over."""
    with transaction() as session:
        session.execute(delete(PeerTrouble).where(PeerTrouble.name.in_(names)))


def troubles(names: Sequence[str] | None = None) -> list[Trouble]:
    """What is wrong (with these names only, when some are given), the newest first."""
    wanted = select(
        PeerTrouble.name, PeerTrouble.errcode, PeerTrouble.said, PeerTrouble.count, PeerTrouble.since, PeerTrouble.last_at,
        PeerTrouble.until,
    ).order_by(PeerTrouble.last_at.desc())  # fmt: skip
    if names is not None:
        wanted = wanted.where(PeerTrouble.name.in_(names))
    with reading() as session:
        return [Trouble(*row) for row in session.execute(wanted.limit(200))]
