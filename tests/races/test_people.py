"""Two at once: who signs in, who leaves, who accepts."""

from collections import Counter
from datetime import timedelta
from functools import partial

import builders
import pyotp
import pytest
from argon2 import PasswordHasher
from builders import NOW, SECRET
from flask import Flask
from races.together import AT_ONCE, Unguarded, copies, in_turn, together
from sqlalchemy import select

from shop.base import audit
from shop.base.db import transaction
from shop.people import inviting, passwords, second_factor, sessions, signing_in, staffing
from shop.people.queries import KnownStaff
from shop.people.rights import Grant, Role
from shop.people.sessions import Visit
from shop.people.staff_models import SignInTries, StaffRole

pytestmark = pytest.mark.postgresql
ADMIN = Grant(Role.ADMIN)


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def names(answers: list[object]) -> Counter[str]:
    return Counter(type(answer).__name__ for answer in answers)


def known(staff_id: int, *grants: Grant) -> KnownStaff:
    return KnownStaff(staffing.StaffId(staff_id), "x", frozenset(grants), 0, False, True)


def test_two_admins_who_remove_each_other_leave_one(app: Flask) -> None:
    for _ in range(8):
        builders.give_staff()
        one, other = builders.a_colleague(ADMIN), builders.a_colleague(ADMIN)

        answers = together(
            app,
            [
                partial(staffing.deactivate, known(one, ADMIN), other, NOW),
                partial(staffing.set_grants, known(other, ADMIN), one, [Grant(Role.MANAGER)], NOW),
            ],
        )

        assert names(answers) == {"NoneType": 1, "LastAdmin": 1}, answers
    assert audit.verify().whole


def test_admins_who_only_look_would_both_go(app: Flask) -> None:
    """The control: the same without the lock."""
    meeting = Unguarded(2)
    people = [builders.a_colleague(ADMIN) for _ in range(2)]

    def leave(n: int) -> bool:
        with transaction() as session:
            others = session.scalars(select(StaffRole.id).where(StaffRole.staff_id != people[n])).all()
            meeting.wait()
            return bool(others)

    assert copies(app, 2, leave) == [True, True]


def test_eight_wrong_passwords_at_once_are_five_tries(app: Flask) -> None:
    builders.a_staff_member("anna", "a long password")

    answers = copies(app, AT_ONCE, lambda _: signing_in.sign_in("anna", "wrong", Visit("", "192.0.2.1"), NOW))

    assert names(answers) == {"WrongPassword": 5, "TooManyTries": 3}, answers


def test_tries_that_are_counted_after_a_look_would_be_eight(app: Flask) -> None:
    """The control: look whether it is locked, wait, then try."""
    meeting = Unguarded(AT_ONCE)

    def look(_: int) -> bool:
        with transaction() as session:
            tried = session.scalar(select(SignInTries.tries)) or 0
            meeting.wait()
            return tried < 5

    assert copies(app, AT_ONCE, look) == [True] * AT_ONCE


def test_of_eight_who_accept_one_invitation_one_does(app: Flask) -> None:
    token = inviting.invite(None, "new", [Grant(Role.COUNTER)], NOW)

    answers = copies(app, AT_ONCE, lambda _: inviting.accept(token, "three words and more", NOW))

    assert names(answers) == {"str": 1, "InvitationOver": AT_ONCE - 1}, answers
    assert len(staffing.colleagues()) == 1


@pytest.mark.parametrize("with_app", [True, False])
def test_one_code_shown_by_four_browsers_at_once_lets_one_in(app: Flask, with_app: bool) -> None:
    staff_id = builders.a_colleague(ADMIN)
    with transaction() as session:
        tokens = [sessions.start(session, staff_id, False, Visit(), NOW) for _ in range(5)]
    browsers = [sessions.known(token, NOW) for token in tokens]
    assert browsers[4]
    totp = pyotp.TOTP(second_factor.begin(browsers[4], SECRET, "Shop").secret)
    codes = second_factor.confirm(browsers[4], totp.at(NOW), SECRET, NOW)
    with transaction() as session:
        tokens = [sessions.start(session, staff_id, False, Visit(), NOW) for _ in range(4)]
    code = totp.at(NOW + timedelta(seconds=30)) if with_app else codes[0]

    def show(n: int) -> None:
        me = sessions.known(tokens[n], NOW)
        assert me
        second_factor.show(me, code, SECRET, NOW)

    assert names(copies(app, 4, show)) == {"NoneType": 1, "WrongCode": 3}


# --- one just before the other ----------------------------------------------------------------------------------------


def held(staff_id: int) -> str:
    return f"SELECT id FROM staff WHERE id = {staff_id} FOR UPDATE"  # noqa: S608 - a number of ours


def test_who_becomes_an_admin_at_this_moment_gets_no_password_link_from_a_manager(app: Flask) -> None:
    admin, manager, other = (builders.a_colleague(grant) for grant in (ADMIN, Grant(Role.MANAGER), Grant(Role.COUNTER)))
    promote = partial(staffing.set_grants, known(admin, ADMIN), other, [ADMIN], NOW)
    for deed in (inviting.renew_password, staffing.reset_second_factor):
        staffing.set_grants(known(admin, ADMIN), other, [Grant(Role.COUNTER)], NOW)

        answers = in_turn(app, held(other), [promote, partial(deed, known(manager, Grant(Role.MANAGER)), other, NOW)])

        assert names(answers) == {"NoneType": 1, "MayNotGive": 1}, answers


def test_who_loses_their_roles_at_this_moment_leaves_no_invitation_behind(app: Flask) -> None:
    admin, manager = builders.a_colleague(ADMIN), builders.a_colleague(Grant(Role.MANAGER))
    me, grants = known(manager, Grant(Role.MANAGER)), [Grant(Role.MANAGER)]
    for deed in (
        partial(staffing.set_grants, known(admin, ADMIN), manager, [Grant(Role.PACKER)], NOW),
        partial(staffing.deactivate, known(admin, ADMIN), manager, NOW),
    ):
        answers = in_turn(app, held(manager), [deed, partial(inviting.invite, me, "accomplice", grants, NOW)])

        assert names(answers) == {"NoneType": 1, "MayNotGive": 1}, answers
        staffing.set_grants(known(admin, ADMIN), manager, grants, NOW)
    assert inviting.waiting(NOW) == []


def test_a_link_used_while_the_roles_change_is_over_and_nobody_waits_for_ever(app: Flask) -> None:
    admin, other = builders.a_colleague(ADMIN), builders.a_colleague(Grant(Role.COUNTER))
    link = inviting.renew_password(known(admin, ADMIN), other, NOW)
    promote = partial(staffing.set_grants, known(admin, ADMIN), other, [ADMIN], NOW)

    answers = in_turn(app, held(other), [promote, partial(inviting.accept, link, "three words and more", NOW)])

    assert names(answers) == {"NoneType": 1, "InvitationOver": 1}, answers


def test_who_signs_in_with_the_old_password_while_it_is_changed_is_not_in(app: Flask) -> None:
    me = known(builders.a_staff_member("anna", "a long password"), ADMIN)
    change = partial(signing_in.change_password, me, "a long password", "three words and more", NOW)
    enter = partial(signing_in.sign_in, "anna", "a long password", Visit("", "192.0.2.1"), NOW)

    answers = in_turn(app, held(me.id), [change, enter])

    assert names(answers) == {"NoneType": 1, "WrongPassword": 1}, answers
    assert sessions.open_sessions(me.id, NOW) == []


def test_of_two_who_change_one_password_at_once_the_second_has_the_old_one_no_more(app: Flask) -> None:
    me = known(builders.a_staff_member("anna", "a long password"), ADMIN)
    words = ("three words and more", "another three words")
    changes = [partial(signing_in.change_password, me, "a long password", new, NOW) for new in words]

    answers = in_turn(app, held(me.id), changes)

    assert names(answers) == {"NoneType": 1, "WrongPassword": 1}, answers
    assert signing_in.sign_in("anna", words[0], Visit("", "192.0.2.1"), NOW).token
