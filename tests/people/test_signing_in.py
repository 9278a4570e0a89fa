"""How staff get in: password, second factor, recovery codes; and how long they stay."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import builders
import pyotp
import pytest
from argon2 import PasswordHasher
from builders import NOW, SECRET
from flask import Flask
from sqlalchemy import select, update

from shop.base import audit_search
from shop.base.db import reading, transaction
from shop.people import commands, passwords, rules, second_factor, sessions, signing_in, staffing, tries
from shop.people.models import Staff
from shop.people.passwords import WeakPassword
from shop.people.queries import KnownStaff
from shop.people.rights import Grant, Role
from shop.people.second_factor import AlreadyEnrolled, SetUpElsewhere, WrongCode
from shop.people.sessions import Visit
from shop.people.signing_in import SignedIn, WrongPassword
from shop.people.staff_models import SignInTries, StaffSession
from shop.people.tries import TooManyTries

MINUTE = timedelta(minutes=1)
NAME, PASSWORD = "Li Na", "a long password"
HERE = Visit("Firefox", "192.0.2.7")


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Argon2 with next to no work: what makes a password slow to guess makes these tests slow to run."""
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
    passwords.nobody.cache_clear()


@pytest.fixture
def li_na(app: Flask) -> int:
    """Somebody who may do everything, called Li Na, with `a long password`."""
    return builders.a_staff_member(NAME, PASSWORD)


def enter(password: str = PASSWORD, now: Any = NOW, visit: Visit = HERE, name: str = NAME, **more: Any) -> SignedIn:
    return signing_in.sign_in(name, password, visit, now, **more)


def known(token: str, now: Any = NOW) -> KnownStaff:
    found = sessions.known(token, now)
    assert found is not None
    return found


def fail(times: int, now: Any = NOW, visit: Visit = HERE, name: str = NAME) -> None:
    for _ in range(times):
        with pytest.raises(WrongPassword):
            enter("wrong", now, visit, name)


@pytest.fixture
def enrolled(li_na: int) -> tuple[Callable[..., str], list[str]]:
    """Li Na has set up an app: what it shows at a moment, and her recovery codes."""
    me = known(enter().token)
    app = pyotp.TOTP(second_factor.begin(me, SECRET, "Shop").secret)
    codes = second_factor.confirm(me, app.at(NOW), SECRET, NOW)
    return lambda now: app.at(now), codes


# --- the password -----------------------------------------------------------------------------------------------------


def test_a_member_of_staff_signs_in_by_name_and_password(li_na: int) -> None:
    signed_in = enter(name=" Li Na ", second_factor=False)

    me = known(signed_in.token)
    assert (signed_in.passed, signed_in.enrolled) == (True, False)
    assert (me.id, me.name, me.passed, me.grants) == (li_na, NAME, True, staffing.FIRST_PERSON)
    assert signed_in.token not in repr(builders.everything()), "only its hash is kept"


@pytest.mark.parametrize(("name", "password"), [(NAME, "wrong"), (NAME, ""), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_name_and_a_wrong_password_look_the_same(li_na: int, name: str, password: str) -> None:
    with pytest.raises(WrongPassword) as refused:
        enter(password, name=name)

    assert (refused.value.facts, refused.value.fields) == ({}, {})


def test_a_name_that_does_not_exist_takes_as_much_hashing(li_na: int, monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: Any, password: Any) -> Any:
            tried.append(str(hash))
            return super().verify(hash, password)

    monkeypatch.setattr(passwords, "HASHER", Counting(time_cost=1, memory_cost=64, parallelism=1))
    for name in (NAME, "nobody"):
        fail(1, name=name)

    assert len(tried) == 2
    assert tried[0].split("$")[1:4] == tried[1].split("$")[1:4], "the same work for both"


@pytest.mark.parametrize("name", [NAME, "nobody at all"])
def test_five_wrong_passwords_lock_a_name_whether_it_exists_or_not(li_na: int, name: str) -> None:
    fail(5, name=name)

    with pytest.raises(TooManyTries):
        enter(name=name, now=NOW + 14 * MINUTE)
    with pytest.raises(TooManyTries):
        enter(name=name, now=NOW + 14 * MINUTE + timedelta(seconds=59))
    if name == NAME:
        assert enter(now=NOW + 15 * MINUTE).token


def test_the_lock_is_no_longer_for_those_who_keep_trying(li_na: int) -> None:
    fail(5)
    for minute in range(1, 15):
        with pytest.raises(TooManyTries):
            enter("wrong", NOW + minute * MINUTE)

    assert enter(now=NOW + 15 * MINUTE).token


def test_after_a_lock_is_over_one_typing_mistake_does_not_lock_again(li_na: int) -> None:
    fail(5)
    fail(1, NOW + 16 * MINUTE)

    assert enter(now=NOW + 17 * MINUTE).token


def test_the_right_password_forgets_the_wrong_ones(li_na: int) -> None:
    for _ in range(3):
        fail(4)
        assert enter().token


def test_an_address_that_tries_many_names_is_locked_and_others_are_not(li_na: int) -> None:
    for n in range(rules.TRIES_AT_ONE_ADDRESS):
        fail(1, name=f"somebody {n}")

    with pytest.raises(TooManyTries):
        enter()
    assert enter(visit=Visit("", "192.0.2.8")).token


def test_the_addresses_of_one_ipv6_network_count_as_one() -> None:
    assert tries.address_key("2001:db8:1:2::1") == tries.address_key("2001:db8:1:2:ffff::9") != tries.address_key("2001:db8:1:3::1")
    assert tries.address_key("192.0.2.7") != tries.address_key("192.0.2.8")
    assert len(tries.address_key("x" * 500)) <= 80


def test_nobody_is_kept_out_of_a_browser_where_they_were_in_by_others_who_try_their_name(li_na: int) -> None:
    before = enter(second_factor=False).token
    signing_in_here = Visit("Firefox", HERE.address, before)
    fail(5)
    for n in range(rules.TRIES_AT_ONE_ADDRESS - 5):
        fail(1, name=f"somebody {n}")
    for locked in ("", "x" * 43, before + "x"):
        with pytest.raises(TooManyTries):
            enter(visit=Visit("Firefox", HERE.address, locked))

    assert enter(visit=signing_in_here).token
    with pytest.raises(TooManyTries):
        enter()  # its own count is not theirs


def test_a_known_browser_has_five_tries_too_and_is_known_for_its_own_name_only(li_na: int) -> None:
    builders.a_staff_member("anna", PASSWORD)
    before, half = enter(second_factor=False).token, enter(name="anna").token
    fail(5, name="anna", visit=Visit("", "192.0.2.8"))
    for token in (before, half):
        with pytest.raises(TooManyTries):
            enter(name="anna", visit=Visit("", "192.0.2.9", token))
    fail(5, visit=Visit("", "192.0.2.9", before))

    with pytest.raises(TooManyTries):
        enter(visit=Visit("", "192.0.2.9", before))
    assert enter(visit=Visit("", "192.0.2.9")).token


def test_right_passwords_do_not_lock_the_address_of_a_busy_office(li_na: int) -> None:
    for _ in range(rules.TRIES_AT_ONE_ADDRESS + 5):
        enter()

    with reading() as session:
        assert max(session.scalars(select(SignInTries.tries)), default=0) == 0


def test_whoever_left_gets_the_answer_of_a_wrong_password(li_na: int) -> None:
    with transaction() as session:
        session.execute(update(Staff).values(active=False))

    fail(1)


def test_a_hash_of_weaker_days_is_made_anew(li_na: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=2, memory_cost=64, parallelism=1))

    enter()

    with reading() as session:
        assert ",t=2," in session.scalars(select(Staff.password_hash)).one()
    assert enter().token


def test_another_password_signs_all_other_browsers_out(li_na: int) -> None:
    here, there = enter().token, enter().token

    signing_in.change_password(known(here), PASSWORD, "three words and more", NOW)

    assert sessions.known(here, NOW) is not None
    assert sessions.known(there, NOW) is None
    fail(1)
    assert enter("three words and more").token


@pytest.mark.parametrize(
    ("old", "new"), [("wrong", "three words and more"), (PASSWORD, "short"), (PASSWORD, "password1234"), (PASSWORD, "Li Na 1234567")]
)
def test_a_password_is_not_changed_without_the_old_one_or_to_a_weak_one(li_na: int, old: str, new: str) -> None:
    me = known(enter().token)

    with pytest.raises((WrongPassword, WeakPassword)) as refused:
        signing_in.change_password(me, old, new, NOW)

    assert set(refused.value.fields) == ({"old"} if old == "wrong" else {"password"})
    assert enter().token


# --- the second factor ------------------------------------------------------------------------------------------------


def test_a_manager_is_only_half_in_until_a_code_was_shown(enrolled: tuple[Callable[..., str], list[str]]) -> None:
    shows, _ = enrolled
    signed_in = enter(now=NOW + MINUTE)
    me = known(signed_in.token, NOW + MINUTE)
    assert (signed_in.passed, signed_in.enrolled, me.passed) == (False, True, False)

    second_factor.show(me, shows(NOW + MINUTE), SECRET, NOW + MINUTE)

    assert known(signed_in.token, NOW + MINUTE).passed


@pytest.mark.parametrize("role", list(Role))
def test_whose_roles_may_do_much_needs_a_second_factor(app: Flask, role: Role) -> None:
    builders.a_staff_member(NAME, PASSWORD)
    builders.give_staff(Grant(role))

    assert enter().passed == (role not in (Role.MANAGER, Role.ADMIN, Role.ACCOUNTANT))


def test_who_has_a_second_factor_is_asked_for_it_whatever_the_installation_asks(enrolled: Any) -> None:
    assert not enter(now=NOW + MINUTE, second_factor=False).passed


def test_the_same_code_opens_once(enrolled: tuple[Callable[..., str], list[str]]) -> None:
    shows, _ = enrolled
    moment = NOW + MINUTE
    first, second = (known(enter(now=moment).token, moment) for _ in range(2))
    second_factor.show(first, shows(moment), SECRET, moment)

    with pytest.raises(WrongCode):
        second_factor.show(second, shows(moment), SECRET, moment + timedelta(seconds=5))
    second_factor.show(second, shows(moment + timedelta(seconds=30)), SECRET, moment + timedelta(seconds=30))


def test_a_code_of_an_earlier_half_minute_opens_nothing_once_a_later_one_did(enrolled: tuple[Callable[..., str], list[str]]) -> None:
    shows, _ = enrolled
    moment = NOW + MINUTE
    first, second = (known(enter(now=moment).token, moment) for _ in range(2))
    second_factor.show(first, shows(moment), SECRET, moment)

    with pytest.raises(WrongCode):
        second_factor.show(second, shows(moment - timedelta(seconds=30)), SECRET, moment)


@pytest.mark.parametrize("seconds", [-60, -90, 60, 3600])
def test_a_code_of_another_time_is_wrong(enrolled: tuple[Callable[..., str], list[str]], seconds: int) -> None:
    shows, _ = enrolled
    moment = NOW + 5 * MINUTE
    me = known(enter(now=moment).token, moment)

    with pytest.raises(WrongCode):
        second_factor.show(me, shows(moment + timedelta(seconds=seconds)), SECRET, moment)


@pytest.mark.parametrize("text", ["", "000000x", "12345", "口口口口口口", "\x00", "1" * 500, "' OR 1=1"])
def test_rubbish_is_no_code(enrolled: Any, text: str) -> None:
    me = known(enter(now=NOW + MINUTE).token, NOW + MINUTE)

    with pytest.raises(WrongCode):
        second_factor.show(me, text, SECRET, NOW + MINUTE)


def test_five_wrong_codes_lock_even_the_right_one(enrolled: tuple[Callable[..., str], list[str]]) -> None:
    shows, codes = enrolled
    moment = NOW + MINUTE
    me = known(enter(now=moment).token, moment)
    for _ in range(5):
        with pytest.raises(WrongCode):
            second_factor.show(me, "nonsense", SECRET, moment)

    for code in (shows(moment), codes[0]):
        with pytest.raises(TooManyTries):
            second_factor.show(me, code, SECRET, moment)
    assert not known(enter(now=moment).token, moment).passed


def test_a_recovery_code_opens_once_however_it_is_typed(enrolled: tuple[Callable[..., str], list[str]]) -> None:
    _, codes = enrolled
    moment = NOW + MINUTE
    first, second = (known(enter(now=moment).token, moment) for _ in range(2))
    second_factor.show(first, f" {codes[3].lower().replace('-', ' ')} ", SECRET, moment)

    with pytest.raises(WrongCode):
        second_factor.show(second, codes[3], SECRET, moment)
    assert second_factor.left(first.id) == len(set(codes)) - 1 == 9
    assert not any(code.replace("-", "") in repr(builders.everything()) for code in codes), "only hashes are kept"


def test_the_database_alone_does_not_hold_the_secret(enrolled: Any) -> None:
    with reading() as session:
        salt = session.scalars(select(Staff.totp_salt)).one()

    assert second_factor.secret_of(SECRET, salt or "") not in repr(builders.everything())
    assert second_factor.secret_of(SECRET, salt or "") != second_factor.secret_of("another secret", salt or "")


def test_a_second_factor_that_is_set_up_cannot_be_set_up_by_whoever_has_the_password(enrolled: Any) -> None:
    me = known(enter(now=NOW + MINUTE).token, NOW + MINUTE)

    with pytest.raises(AlreadyEnrolled):
        second_factor.begin(me, SECRET, "Shop")
    with pytest.raises(AlreadyEnrolled):
        second_factor.confirm(me, "123456", SECRET, NOW + MINUTE)
    with pytest.raises(WrongCode):
        second_factor.start_anew(me, "123456", SECRET, NOW + MINUTE)


def test_another_phone_needs_a_code_of_the_old_one_and_voids_it(enrolled: tuple[Callable[..., str], list[str]]) -> None:
    shows, codes = enrolled
    moment = NOW + MINUTE
    token = enter(now=moment).token
    second_factor.show(known(token, moment), shows(moment), SECRET, moment)
    me = known(token, moment)
    thief = known(enter(now=moment).token, moment)

    second_factor.start_anew(me, codes[0], SECRET, moment)
    app = pyotp.TOTP(second_factor.begin(me, SECRET, "Shop").secret)
    theirs = second_factor.begin(thief, SECRET, "Shop").secret
    with pytest.raises(SetUpElsewhere):  # by the password alone nobody is faster
        second_factor.confirm(thief, pyotp.TOTP(theirs).at(moment), SECRET, moment)
    fresh = second_factor.confirm(me, app.at(moment), SECRET, moment)

    assert app.at(moment) != shows(moment)
    assert not set(fresh) & set(codes)
    later = known(enter(now=moment + MINUTE).token, moment + MINUTE)
    with pytest.raises(WrongCode):
        second_factor.show(later, codes[1], SECRET, moment + MINUTE)


def test_setting_it_up_signs_out_whoever_was_in_with_the_password_alone(li_na: int) -> None:
    thief, me = enter().token, known(enter().token)
    app = pyotp.TOTP(second_factor.begin(me, SECRET, "Shop").secret)
    assert second_factor.begin(me, SECRET, "Shop").secret == app.secret, "the picture stays when the page is loaded again"

    second_factor.confirm(me, app.at(NOW), SECRET, NOW)

    assert sessions.known(thief, NOW) is None


def test_who_saw_the_picture_in_another_browser_has_nothing_once_it_is_set_up_here(li_na: int) -> None:
    thief, me = known(enter().token), known(enter().token)
    seen = pyotp.TOTP(second_factor.begin(thief, SECRET, "Shop").secret)
    app = pyotp.TOTP(second_factor.begin(me, SECRET, "Shop").secret)

    second_factor.confirm(me, app.at(NOW), SECRET, NOW)

    later = NOW + MINUTE
    again = known(enter(now=later).token, later)
    with pytest.raises(WrongCode):
        second_factor.show(again, seen.at(later), SECRET, later)
    second_factor.show(again, app.at(later), SECRET, later)


# --- sessions ---------------------------------------------------------------------------------------------------------


def test_an_hour_without_a_page_ends_a_session(li_na: int) -> None:
    token = enter(second_factor=False).token

    assert sessions.known(token, NOW + 59 * MINUTE) is not None
    assert sessions.known(token, NOW + 59 * MINUTE + 59 * MINUTE) is not None, "each page begins the hour anew"
    assert sessions.known(token, NOW + 59 * MINUTE + 59 * MINUTE + 60 * MINUTE) is None


def test_half_in_nobody_stays_for_the_next_one_at_the_same_desk(li_na: int) -> None:
    token = enter().token

    assert sessions.known(token, NOW + 14 * MINUTE) is not None
    assert sessions.known(token, NOW + 15 * MINUTE) is None
    assert sessions.open_sessions(staffing.StaffId(li_na), NOW + 15 * MINUTE) == []


def test_twelve_hours_end_it_whatever_is_done(li_na: int) -> None:
    token = enter(second_factor=False).token
    for minutes in range(0, 12 * 60, 30):
        assert sessions.known(token, NOW + minutes * MINUTE) is not None

    assert sessions.known(token, NOW + 12 * 60 * MINUTE) is None


def test_who_is_there_costs_one_statement_and_another_one_once_a_minute(li_na: int, statements: list[str]) -> None:
    token = enter().token
    counts = []
    for seconds in (1, 30, 61, 62):
        statements.clear()
        sessions.known(token, NOW + timedelta(seconds=seconds))
        counts.append(len(statements))

    assert counts == [1, 1, 2, 1]


def test_one_browser_is_signed_out_and_never_somebody_elses(li_na: int) -> None:
    other = builders.a_colleague()
    mine, second = enter().token, enter().token
    me = known(mine)

    assert not sessions.end(type(me.id)(other), me.session_id, NOW)
    assert sessions.known(mine, NOW) is not None
    assert sessions.end(me.id, known(second).session_id, NOW)
    assert sessions.known(second, NOW) is None
    assert [one.browser for one in sessions.open_sessions(me.id, NOW)] == ["Firefox"]


def test_signing_out_everywhere_leaves_nothing_open(li_na: int) -> None:
    tokens = [enter().token for _ in range(3)]

    assert sessions.end_everywhere(known(tokens[0]).id, NOW) == 3

    assert [sessions.known(token, NOW) for token in tokens] == [None] * 3
    assert audit_search.search(action="staff.signed_out_everywhere").items[0].after == {"ended": 3}


@pytest.mark.parametrize("token", ["", "x", "' OR 1=1 --", "中" * 500])
def test_a_token_nobody_has_opens_nothing(li_na: int, token: str) -> None:
    enter()

    assert sessions.known(token, NOW) is None


def test_old_sessions_and_tries_are_forgotten(li_na: int) -> None:
    enter()
    fail(1)

    commands.forget_old_sign_ins(NOW + timedelta(hours=23))
    with reading() as session:
        assert session.scalars(select(SignInTries.key)).all()
    commands.forget_old_sign_ins(NOW + timedelta(days=31))

    with reading() as session:
        assert session.scalars(select(SignInTries.key)).all() == []
        assert session.scalars(select(StaffSession.id)).all() == []
