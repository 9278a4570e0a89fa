"""Who follows an account, and what they did last: it decides whether, and how, they can be written to."""

from datetime import datetime
from enum import StrEnum
from typing import Any

from msgspec import Struct
from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from shop.base.db import reading
from shop.base.errors import Kind, ShopError
from shop.base.ids import TravellerId
from shop.people.follower_models import Follower
from shop.people.models import Traveller

FOLLOWERS: Any = Follower.__table__


class Contact(StrEnum):
    """What somebody did at the account."""

    MESSAGE = "message"
    MENU = "menu"  # tapped an entry that sends something
    FOLLOW = "follow"
    SCAN = "scan"
    LEAVE = "leave"  # does not follow any more
    PERSON = "person"  # one of us took the chat over
    PERSON_LEFT = "person_left"
    OTHER = "other"


class NoSuchFollower(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_follower"


class FollowerView(Struct, frozen=True):
    """`traveller_id` None: they have never signed in to the shop."""

    id: int
    app_id: str
    openid: str
    follows: bool
    changed_at: datetime
    scene: str | None
    followed_at: datetime | None
    message_at: datetime | None
    menu_at: datetime | None
    scan_at: datetime | None
    with_person_at: datetime | None
    first_at: datetime
    last_at: datetime
    traveller_id: TravellerId | None
    language: str | None


# Which moment a contact is; who writes, taps or scans is there, whatever was lost on the way.
_MOMENTS = {Contact.MESSAGE: "message_at", Contact.MENU: "menu_at", Contact.SCAN: "scan_at", Contact.FOLLOW: "followed_at"}

_FIRST = ("changed_at", "first_at", "last_at")


def heard(session: Session, app_id: str, openid: str, contact: Contact, at: datetime, *, scene: str = "") -> int:
    """Write down what they did at `at`, in the caller's transaction; answers the key of the follower.

    What comes late changes nothing that is newer. Raises IntegrityError when somebody else writes their first row just now.
    """
    mine = (FOLLOWERS.c.app_id == app_id, FOLLOWERS.c.openid == openid)
    row = session.execute(select(FOLLOWERS).where(*mine).with_for_update()).first()
    values = _changes(row, contact, at)
    if scene and contact in (Contact.FOLLOW, Contact.SCAN):
        values["scene"] = scene[:64]
    if row is None:
        first = {"app_id": app_id, "openid": openid, "follows": contact is not Contact.LEAVE, **dict.fromkeys(_FIRST, at)}
        made: int = session.execute(insert(FOLLOWERS).values({**first, **values}).returning(FOLLOWERS.c.id)).scalar_one()
        return made
    if values:
        session.execute(update(FOLLOWERS).where(FOLLOWERS.c.id == row.id).values(values))
    return int(row.id)


def _changes(row: Any, contact: Contact, at: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {}
    name = _MOMENTS.get(contact)
    if name and (row is None or getattr(row, name) is None or getattr(row, name) < at):
        values[name] = at
    if contact is Contact.PERSON:
        values["with_person_at"] = at
    elif contact in (Contact.PERSON_LEFT, Contact.LEAVE):
        values["with_person_at"] = None
    if row is None:
        return values
    if row.last_at < at:
        values["last_at"] = at
    if at >= row.changed_at and contact not in (Contact.OTHER, Contact.PERSON, Contact.PERSON_LEFT):
        follows = contact is not Contact.LEAVE
        if follows != row.follows:
            values |= {"follows": follows, "changed_at": at}
    return values


_WITH_TRAVELLER = select(
    *(FOLLOWERS.c[name] for name in FollowerView.__struct_fields__ if name not in ("traveller_id", "language")),
    Traveller.id.label("traveller_id"), Traveller.language,
).outerjoin(Traveller, (Traveller.app_id == FOLLOWERS.c.app_id) & (Traveller.openid == FOLLOWERS.c.openid))  # fmt: skip


def _view(row: Any) -> FollowerView:
    return FollowerView(**row._mapping)


def follower(follower_id: int) -> FollowerView:
    """One follower. Raises NoSuchFollower."""
    with reading() as session:
        row = session.execute(_WITH_TRAVELLER.where(FOLLOWERS.c.id == follower_id)).first()
    if row is None:
        raise NoSuchFollower
    return _view(row)


def follower_of(traveller_id: TravellerId) -> FollowerView | None:
    """What the account knows of a traveller; None: they have never done anything there that we heard of."""
    with reading() as session:
        row = session.execute(_WITH_TRAVELLER.where(Traveller.id == traveller_id)).first()
    return _view(row) if row else None


def followers(keys: list[int]) -> dict[int, FollowerView]:
    """Several at once, by key, in one statement."""
    if not keys:
        return {}
    with reading() as session:
        return {row.id: _view(row) for row in session.execute(_WITH_TRAVELLER.where(FOLLOWERS.c.id.in_(keys)))}
