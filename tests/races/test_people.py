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
from races.together import AT_ONCE, Unguarded, copies, together
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
