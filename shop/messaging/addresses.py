"""An address for mail that a traveller gives: a letter asks whether it is theirs, and only then anything else goes there."""

import re
import secrets
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import insert, select, update

from shop.base.db import reading, transaction
from shop.base.errors import Kind, ShopError
from shop.base.ids import TravellerId
from shop.base.outbox import announce
from shop.messaging import events
from shop.messaging.models import MailAddress

ADDRESSES: Any = MailAddress.__table__
ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}")
KEY = re.compile(r"[0-9A-Za-z_-]{1,40}")
LONGEST = 254
LASTS = timedelta(days=7)
MOST_LETTERS = 5  # for one traveller: nobody floods a stranger's letter box through us


class WrongAddress(ShopError):
    kind, code = Kind.INVALID, "wrong_mail_address"


class TooManyLetters(ShopError):
    """As many confirmations were sent for this traveller as we send."""

    kind, code = Kind.TOO_OFTEN, "too_many_letters"


class WrongMailLink(ShopError):
    """The link is not one of ours, too old, or of an address that was changed since."""

    kind, code = Kind.NOT_FOUND, "wrong_mail_link"


class AddressView(Struct, frozen=True):
    address: str
    language: str
    given_at: datetime
    confirmed_at: datetime | None
    key: str


def address_of(traveller_id: TravellerId) -> AddressView | None:
    """None: none was given, or it was taken back."""
    with reading() as session:
        row = session.execute(select(ADDRESSES).where(ADDRESSES.c.traveller_id == traveller_id, ADDRESSES.c.address != "")).first()
    return AddressView(row.address, row.language, row.given_at, row.confirmed_at, row.key) if row else None


def give(traveller_id: TravellerId, address: str, language: str, now: datetime) -> None:
    """Keep an address and ask by a letter whether it is theirs; the one before is forgotten. The same again, once confirmed,
    changes nothing. Raises WrongAddress, TooManyLetters.
    """
    clean = address.strip()
    if len(clean) > LONGEST or not ADDRESS.fullmatch(clean):
        raise WrongAddress(fields={"email": ["wrong_mail_address"]})
    with transaction() as session:
        row = session.execute(select(ADDRESSES).where(ADDRESSES.c.traveller_id == traveller_id).with_for_update()).first()
        if row is not None and row.address == clean and row.confirmed_at is not None:
            return
        if row is not None and row.letters >= MOST_LETTERS:
            raise TooManyLetters(fields={"email": ["too_many_letters"]})
        values = {"address": clean, "language": language, "given_at": now, "confirmed_at": None, "key": secrets.token_urlsafe(24)}
        if row is None:
            session.execute(insert(ADDRESSES).values(traveller_id=traveller_id, letters=1, **values))
        else:
            mine = update(ADDRESSES).where(ADDRESSES.c.traveller_id == traveller_id)
            session.execute(mine.values(letters=row.letters + 1, **values))
        announce(session, events.ADDRESS_GIVEN, now, traveller_id)


def to_confirm(key: str, now: datetime) -> AddressView:
    """The address that a letter's link is about. Raises WrongMailLink: not one of ours, too old, changed or taken back since."""
    row = None
    if KEY.fullmatch(key):
        with reading() as session:
            row = session.execute(select(ADDRESSES).where(ADDRESSES.c.key == key, ADDRESSES.c.address != "")).first()
    if row is None or (row.confirmed_at is None and now > row.given_at + LASTS):
        raise WrongMailLink
    return AddressView(row.address, row.language, row.given_at, row.confirmed_at, row.key)


def confirm(key: str, now: datetime) -> None:
    """Whoever reads the letters of this address wants our messages there. Harmless twice. Raises WrongMailLink."""
    to_confirm(key, now)
    with transaction() as session:
        mine = update(ADDRESSES).where(ADDRESSES.c.key == key, ADDRESSES.c.address != "", ADDRESSES.c.confirmed_at.is_(None))
        session.execute(mine.values(confirmed_at=now))


def take_back(traveller_id: TravellerId) -> None:
    """No more mail: the address is forgotten, and no link leads to it. The count of letters stays."""
    gone = {"address": "", "confirmed_at": None, "key": secrets.token_urlsafe(24)}
    with transaction() as session:
        session.execute(update(ADDRESSES).where(ADDRESSES.c.traveller_id == traveller_id).values(gone))


def letter(view: AddressView, link: str, shop: str) -> tuple[str, str]:
    """Subject and text of the letter that asks, in the traveller's language."""
    subject, text = LETTERS[view.language]
    return subject.format(shop=shop), text.format(link=link)


LETTERS = {
    "zh": (
        "请确认您的邮箱 · {shop}",
        "您希望用此邮箱接收订单消息。请在七天内打开下面的链接确认：\n\n{link}\n\n如果不是您本人操作，请忽略此邮件。",
    ),
    "en": (
        "Please confirm your address · {shop}",
        "Messages about your orders should go to this address. Please open this link within a week:\n\n{link}\n\nNot you? Do nothing.",
    ),
    "de": (
        "Bitte bestätigen Sie Ihre Adresse · {shop}",
        "Nachrichten zu Ihren Bestellungen kommen hierher. Bitte öffnen Sie binnen einer Woche:\n\n{link}\n\nNicht Sie? Tun Sie nichts.",
    ),
}
