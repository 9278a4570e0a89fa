"""Who works here and what they may do: roles, leaving, coming back, a lost phone. Whoever changes it can give what they have."""

from collections.abc import Callable, Collection, Iterable
from datetime import datetime

from msgspec import Struct
from sqlalchemy import delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import reading, transaction
from shop.base.errors import Kind, ShopError
from shop.base.ids import StaffId
from shop.people import passwords, rights, second_factor, sessions
from shop.people.models import Device, Staff
from shop.people.queries import KnownStaff
from shop.people.rights import DEVICES, Grant, Role
from shop.people.staff_models import Invitation, StaffRole
from shop.people.states import DeviceKind

FIRST_PERSON = frozenset({Grant(Role.ADMIN), Grant(Role.MANAGER)})


class NameTaken(ShopError):
    kind, code = Kind.CONFLICT, "name_taken"


class NoSuchStaff(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_staff"


class MayNotGive(ShopError):
    """A role, or a pickup point, that is not one's own to give or to take away."""

    kind, code = Kind.FORBIDDEN, "may_not_give"


class LastAdmin(ShopError):
    """Somebody must be left who can put things right."""

    kind, code = Kind.REFUSED, "last_admin"


class OwnAccount(ShopError):
    """Nobody deactivates themselves, or takes away their own second factor without showing it."""

    kind, code = Kind.REFUSED, "own_account"


class Colleague(Struct, frozen=True):
    id: StaffId
    name: str
    active: bool
    enrolled: bool
    created_at: datetime
    grants: frozenset[Grant]


def colleagues() -> list[Colleague]:
    """Everybody, those who left too, by name. Two statements."""
    with reading() as session:
        people = session.execute(
            select(Staff.id, Staff.name, Staff.active, Staff.totp_since, Staff.created_at).order_by(
                Staff.active.desc(), Staff.name
            )
        ).all()
        given: dict[int, set[Grant]] = {}
        for row in session.execute(select(StaffRole.staff_id, StaffRole.role, StaffRole.pickup_point_id)):
            given.setdefault(row.staff_id, set()).add(Grant(Role(row.role), row.pickup_point_id))
    return [
        Colleague(
            StaffId(row.id), row.name, row.active, row.totp_since is not None, row.created_at,
            frozenset(given.get(row.id, ())),
        )
        for row in people
    ]  # fmt: skip


def colleague(staff_id: int) -> Colleague:
    """One of them. Raises NoSuchStaff."""
    found = next((one for one in colleagues() if one.id == staff_id), None)
    if found is None:
        raise NoSuchStaff
    return found


def create_manager(name: str, password: str, now: datetime) -> StaffId:
    """Make somebody who may do everything: manager and admin at every point. For a shell, not for a page.

    Raises NameTaken, WeakPassword.
    """
    password_hash = passwords.hashed(password, name)
    with transaction() as session:
        staff_id = employ(session, name, password_hash, FIRST_PERSON, now)
        after = {"roles": in_words(FIRST_PERSON)}
        audit.record(session, "system", "staff.made", f"staff:{staff_id}", now, after=after)
    return staff_id


def employ(session: Session, name: str, password_hash: str, grants: Iterable[Grant], now: datetime) -> StaffId:
    """Write somebody down, in the caller's transaction. Raises NameTaken."""
    staff = Staff(name=name.strip(), password_hash=password_hash, created_at=now)
    session.add(staff)
    try:
        session.flush()
    except IntegrityError:
        raise NameTaken(name=name) from None
    _write_grants(session, staff.id, grants)
    return StaffId(staff.id)


def set_grants(me: KnownStaff, staff_id: int, wanted: Collection[Grant], now: datetime) -> None:
    """Give somebody these roles and no others, and sign them out everywhere. The same again changes nothing.

    Raises NoSuchStaff, MayNotGive, LastAdmin.
    """
    new = frozenset(wanted)
    _change_grants(me, staff_id, lambda _: new, now)


def change_grants(
    me: KnownStaff, staff_id: int, *, take: Collection[Grant], give: Collection[Grant], now: datetime
) -> None:
    """Take these roles away and give those; what a colleague gives or takes at the same moment stays so. As `set_grants`."""
    _change_grants(me, staff_id, lambda old: (old - frozenset(take)) | frozenset(give), now)


def _change_grants(
    me: KnownStaff, staff_id: int, wanted: Callable[[frozenset[Grant]], frozenset[Grant]], now: datetime
) -> None:
    with transaction() as session:
        _lock_admins(session)
        old = grants_of(session, staff_id)
        new = wanted(old)
        if old == new:
            return
        check_may_give(me.grants, old ^ new)
        session.execute(delete(StaffRole).where(StaffRole.staff_id == staff_id))
        _write_grants(session, staff_id, new)
        _check_admins(session)
        _shut_out(session, me, staff_id, new, now)
        before, after = {"roles": in_words(old)}, {"roles": in_words(new)}
        audit.record(session, f"staff:{me.id}", "staff.roles_set", f"staff:{staff_id}", now, before, after)


def deactivate(me: KnownStaff, staff_id: int, now: datetime) -> None:
    """Somebody leaves: signed out everywhere at once, and in no more; the tokens of programs they made end. Harmless twice.

    Raises NoSuchStaff, MayNotGive, LastAdmin, OwnAccount.
    """
    if me.id == staff_id:
        raise OwnAccount
    _set_active(me, staff_id, False, now)


def reactivate(me: KnownStaff, staff_id: int, now: datetime) -> None:
    """They are back, with the roles they had and without the tokens. Harmless twice. Raises NoSuchStaff, MayNotGive."""
    _set_active(me, staff_id, True, now)


def _set_active(me: KnownStaff, staff_id: int, active: bool, now: datetime) -> None:
    with transaction() as session:
        _lock_admins(session)
        theirs = grants_of(session, staff_id)
        check_may_give(me.grants, theirs)
        was = session.scalar(select(Staff.active).where(Staff.id == staff_id))
        if was == active:
            return
        session.execute(update(Staff).where(Staff.id == staff_id).values(active=active))
        _check_admins(session)
        _shut_out(session, me, staff_id, theirs if active else frozenset(), now)
        action = "staff.reactivated" if active else "staff.deactivated"
        audit.record(session, f"staff:{me.id}", action, f"staff:{staff_id}", now, {"active": was}, {"active": active})


def reset_second_factor(me: KnownStaff | None, staff_id: int, now: datetime) -> None:
    """Somebody lost phone and recovery codes: they are signed out, and set up a new one when they sign in. None: from a shell.

    Raises NoSuchStaff, MayNotGive, OwnAccount.
    """
    if me is not None and me.id == staff_id:
        raise OwnAccount
    with transaction() as session:
        hold(session, staff_id)
        theirs = grants_of(session, staff_id)
        if me is not None:
            check_may_give(me.grants, theirs)
        had = second_factor.take_away(session, staff_id)
        sessions.end_all(session, staff_id, now)
        who = "system" if me is None else f"staff:{me.id}"
        audit.record(session, who, "staff.second_factor_reset", f"staff:{staff_id}", now, {"had": had})


def by_name(name: str) -> StaffId:
    """The key of a name. Raises NoSuchStaff."""
    with reading() as session:
        found = session.scalar(select(Staff.id).where(Staff.name == name.strip()))
    if found is None:
        raise NoSuchStaff
    return StaffId(found)


def hold(session: Session, *staff_ids: int) -> None:
    """Whoever changes the roles of these waits until the caller's transaction ends. Staff are held before their links and
    sessions, by everybody; a row that only names one of them (NO KEY UPDATE) need not wait."""
    wanted = select(Staff.id).where(Staff.id.in_(staff_ids)).order_by(Staff.id)
    session.execute(wanted.with_for_update(key_share=True))


def check_still_may_give(session: Session, me: KnownStaff, grants: Iterable[Grant]) -> None:
    """As `check_may_give`, by what is true now, for what outlives the request: `me` is held. Raises MayNotGive."""
    if not session.scalar(select(Staff.active).where(Staff.id == me.id)):
        raise MayNotGive
    check_may_give(grants_of(session, me.id), grants)


def check_may_give(giver: Collection[Grant], grants: Iterable[Grant]) -> None:
    """Raises MayNotGive."""
    if not all(rights.may_give(giver, grant) for grant in grants):
        raise MayNotGive


def in_words(grants: Iterable[Grant]) -> list[str]:
    """For the audit log."""
    return sorted(grant.words for grant in grants)


def grants_of(session: Session, staff_id: int) -> frozenset[Grant]:
    """In the caller's transaction. Raises NoSuchStaff."""
    if session.scalar(select(Staff.id).where(Staff.id == staff_id)) is None:
        raise NoSuchStaff
    rows = session.execute(select(StaffRole.role, StaffRole.pickup_point_id).where(StaffRole.staff_id == staff_id))
    return frozenset(Grant(Role(row.role), row.pickup_point_id) for row in rows)


def _write_grants(session: Session, staff_id: int, grants: Iterable[Grant]) -> None:
    rows = [{"staff_id": staff_id, "role": grant.role.value, "pickup_point_id": grant.pickup_point_id} for grant in grants]
    if rows:
        session.execute(insert(StaffRole), rows)


def _lock_admins(session: Session) -> None:
    """Two admins who remove each other at the same moment come one after the other."""
    session.execute(select(Staff.id).where(Staff.active).order_by(Staff.id).with_for_update(key_share=True))


def _check_admins(session: Session) -> None:
    """Raises LastAdmin when nobody active is admin of every point."""
    everywhere = (StaffRole.role == Role.ADMIN.value, StaffRole.pickup_point_id.is_(None))
    left = select(Staff.id).join(StaffRole, StaffRole.staff_id == Staff.id).where(Staff.active, *everywhere).limit(1)
    if session.scalar(left) is None:
        raise LastAdmin


def _shut_out(session: Session, me: KnownStaff, staff_id: int, left: frozenset[Grant], now: datetime) -> None:
    """Their sign-ins end, and so do the links they made, with rights of before, those that were made for them, and the tokens of
    programs that may do more than what is `left` to them."""
    sessions.end_all(session, staff_id, now)
    theirs = or_(Invitation.made_by == staff_id, Invitation.for_staff_id == staff_id)
    session.execute(
        update(Invitation)
        .where(theirs, Invitation.staff_id.is_(None), Invitation.withdrawn_at.is_(None))
        .values(withdrawn_at=now)
    )
    _take_tokens(session, me, staff_id, left, now)


def _take_tokens(session: Session, me: KnownStaff, staff_id: int, left: frozenset[Grant], now: datetime) -> None:
    """Revoke the tokens of programs they made, which do what a manager does. A counter's or a packer's device is the point's:
    it goes on, whoever set it up."""
    kind = DeviceKind.MANAGER
    made = session.execute(
        select(Device.id, Device.pickup_point_id)
        .where(Device.created_by == staff_id, Device.kind == kind.value, Device.revoked_at.is_(None))
        .order_by(Device.id)
    )
    gone = [row.id for row in made if not DEVICES[kind] <= rights.rights_at(left, row.pickup_point_id)]
    if gone:
        session.execute(update(Device).where(Device.id.in_(gone)).values(revoked_at=now))
    for device_id in gone:
        audit.record(session, f"staff:{me.id}", "device.revoked", f"device:{device_id}", now, after={"made_by": staff_id})
