"""Who may give what to whom, invitations, and that somebody is always left who can put things right."""

from collections.abc import Callable
from datetime import timedelta

import builders
import pytest
from argon2 import PasswordHasher
from builders import NOW
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from shop.base import audit, audit_search
from shop.base.errors import ShopError
from shop.people import commands, inviting, passwords, rights, sessions, signing_in, staffing
from shop.people import queries as people
from shop.people.inviting import InvitationOver
from shop.people.queries import KnownStaff
from shop.people.rights import ROLES, Grant, Right, Role
from shop.people.staffing import LastAdmin, MayNotGive, NameTaken, NoSuchStaff, OwnAccount
from shop.people.states import DeviceKind

ADMIN = Grant(Role.ADMIN)
GRANTS = st.builds(Grant, st.sampled_from(list(Role)), st.sampled_from([None, 1, 2]))
DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


def somebody(*grants: Grant) -> KnownStaff:
    """A member of staff, as a request knows them."""
    staff_id = builders.a_colleague(*grants)
    return KnownStaff(staffing.StaffId(staff_id), "somebody", frozenset(grants), 0, False, True)


# --- rights -----------------------------------------------------------------------------------------------------------


@given(st.frozensets(GRANTS, max_size=4), GRANTS)
def test_nobody_can_give_what_they_do_not_have(mine: frozenset[Grant], wanted: Grant) -> None:
    allowed = rights.may_give(mine, wanted)

    if allowed:
        after = rights.rights_at([*mine, wanted], wanted.pickup_point_id)
        assert after == rights.rights_at(mine, wanted.pickup_point_id), "giving it to oneself changes nothing"
        assert rights.may(mine, Right.CHANGE_STAFF, wanted.pickup_point_id)
    if wanted.pickup_point_id is None and allowed:
        assert rights.points_of(mine, Right.CHANGE_STAFF) is None


@given(st.frozensets(GRANTS, max_size=5), st.sampled_from(list(Right)), st.sampled_from([1, 2]))
def test_a_right_holds_where_its_points_say(mine: frozenset[Grant], right: Right, point: int) -> None:
    points = rights.points_of(mine, right)

    assert rights.may(mine, right, point) == (points is None or point in points)
    assert rights.may(mine, right) == (points is None or bool(points))
    assert (right in rights.rights_at(mine, point)) == rights.may(mine, right, point)


@pytest.mark.parametrize(
    ("giver", "wanted", "may"),
    [
        (ADMIN, ADMIN, True),
        (ADMIN, Grant(Role.ACCOUNTANT, 1), True),
        (Grant(Role.MANAGER), Grant(Role.COUNTER, 2), True),
        (Grant(Role.MANAGER), Grant(Role.MANAGER), True),
        (Grant(Role.MANAGER), ADMIN, False),
        (Grant(Role.MANAGER), Grant(Role.ACCOUNTANT), False),
        (Grant(Role.MANAGER, 1), Grant(Role.PACKER, 1), True),
        (Grant(Role.MANAGER, 1), Grant(Role.PACKER, 2), False),
        (Grant(Role.MANAGER, 1), Grant(Role.PACKER), False),
        (Grant(Role.SUPERVISOR), Grant(Role.PACKER), False),
    ],
)
def test_examples_of_who_gives_what(giver: Grant, wanted: Grant, may: bool) -> None:
    assert rights.may_give([giver], wanted) is may


def test_a_manager_is_no_admin() -> None:
    assert ROLES[Role.MANAGER] < ROLES[Role.ADMIN]


# --- colleagues -------------------------------------------------------------------------------------------------------


def test_other_roles_end_every_session_at_once_and_are_on_record(app: Flask) -> None:
    admin, other = somebody(ADMIN), somebody(Grant(Role.COUNTER, 1))
    with builders.transaction() as session:
        token = sessions.start(session, other.id, True, sessions.Visit(), NOW)

    staffing.set_grants(admin, other.id, [Grant(Role.PACKER, 2), Grant(Role.COUNTER, 1)], NOW)

    assert sessions.known(token, NOW) is None
    row = audit_search.search(thing=f"staff:{other.id}").items[0]
    assert (row.actor, row.action) == (f"staff:{admin.id}", "staff.roles_set")
    assert (row.before, row.after) == ({"roles": ["counter@1"]}, {"roles": ["counter@1", "packer@2"]})


def test_the_same_roles_again_change_nothing(app: Flask) -> None:
    admin, other = somebody(ADMIN), somebody(Grant(Role.COUNTER))
    before = builders.everything()

    staffing.set_grants(admin, other.id, [Grant(Role.COUNTER)], NOW)

    assert builders.everything() == before


ELSEWHERE: dict[str, Callable[[KnownStaff, KnownStaff], object]] = {
    "give": lambda me, other: staffing.set_grants(me, other.id, [Grant(Role.PACKER, 2), Grant(Role.COUNTER, 2)], NOW),
    "take": lambda me, other: staffing.set_grants(me, other.id, [], NOW),
    "deactivate": lambda me, other: staffing.deactivate(me, other.id, NOW),
    "reset": lambda me, other: staffing.reset_second_factor(me, other.id, NOW),
    "invite": lambda me, other: inviting.invite(me, "new", [Grant(Role.PACKER, 2)], NOW),
}


@pytest.mark.parametrize("deed", ELSEWHERE.values(), ids=ELSEWHERE)
def test_a_manager_of_one_point_has_no_say_at_another(app: Flask, deed: Callable[[KnownStaff, KnownStaff], object]) -> None:
    somebody(ADMIN)
    manager, other = somebody(Grant(Role.MANAGER, 1)), somebody(Grant(Role.PACKER, 2))
    before = builders.everything()

    with pytest.raises(MayNotGive):
        deed(manager, other)

    assert builders.everything() == before


def test_who_is_deactivated_is_out_at_once_and_may_come_back(app: Flask) -> None:
    admin, other = somebody(ADMIN), somebody(Grant(Role.COUNTER))
    with builders.transaction() as session:
        token = sessions.start(session, other.id, True, sessions.Visit(), NOW)

    for _ in range(2):
        staffing.deactivate(admin, other.id, NOW)
    assert sessions.known(token, NOW) is None
    staffing.reactivate(admin, other.id, NOW)

    assert staffing.colleague(other.id).active
    assert sessions.known(token, NOW) is None, "the old session stays ended"
    assert [row.action for row in audit_search.search(thing=f"staff:{other.id}").items] == ["staff.reactivated", "staff.deactivated"]


def a_token(maker: KnownStaff, kind: DeviceKind = DeviceKind.MANAGER, point: int | None = None) -> str:
    return commands.create_device("program", kind, point, maker.id, NOW)


def opens(token: str) -> bool:
    try:
        people.device_by_token(token)
    except people.WrongToken:
        return False
    return True


def test_a_program_s_token_ends_with_whoever_made_it_and_a_counter_goes_on(app: Flask) -> None:
    admin, leaver = somebody(Grant(Role.ADMIN)), somebody(Grant(Role.MANAGER))
    theirs, at_the_counter = a_token(leaver), a_token(leaver, DeviceKind.COUNTER, 1)
    others, of_a_shell = a_token(admin), commands.create_device("shell", DeviceKind.MANAGER, None, None, NOW)

    staffing.deactivate(admin, leaver.id, NOW)

    assert [opens(token) for token in (theirs, at_the_counter, others, of_a_shell)] == [False, True, True, True]
    staffing.reactivate(admin, leaver.id, NOW)
    assert not opens(theirs)
    assert "device.revoked" in [row.action for row in audit_search.search().items]


def test_a_program_s_token_ends_when_its_maker_has_its_rights_no_more(app: Flask) -> None:
    admin, other = somebody(Grant(Role.ADMIN)), somebody(Grant(Role.MANAGER))
    here, there, everywhere = (a_token(other, point=point) for point in (1, 2, None))

    staffing.set_grants(admin, other.id, [Grant(Role.MANAGER, 1)], NOW)

    assert [opens(token) for token in (here, there, everywhere)] == [True, False, False]


def test_who_has_left_makes_no_token_any_more(app: Flask) -> None:
    admin, leaver = somebody(Grant(Role.ADMIN)), somebody(Grant(Role.MANAGER))
    staffing.deactivate(admin, leaver.id, NOW)

    with pytest.raises(commands.NotStaffAnyMore):
        a_token(leaver)


def test_the_last_admin_stays(app: Flask) -> None:
    one, other = somebody(ADMIN), somebody(ADMIN)
    here = somebody(Grant(Role.ADMIN, 1), Grant(Role.MANAGER))
    assert here.id
    staffing.deactivate(one, other.id, NOW)
    before = builders.everything()

    with pytest.raises(LastAdmin):
        staffing.set_grants(one, one.id, [Grant(Role.MANAGER)], NOW)
    with pytest.raises(LastAdmin):
        staffing.set_grants(one, one.id, [Grant(Role.ADMIN, 1)], NOW)
    with pytest.raises(LastAdmin):
        staffing.deactivate(other, one.id, NOW)

    assert builders.everything() == before


def test_nobody_does_it_to_themselves(app: Flask) -> None:
    one = somebody(ADMIN)
    somebody(ADMIN)

    with pytest.raises(OwnAccount):
        staffing.deactivate(one, one.id, NOW)
    with pytest.raises(OwnAccount):
        staffing.reset_second_factor(one, one.id, NOW)


@pytest.mark.parametrize("deed", [staffing.deactivate, staffing.reactivate, staffing.reset_second_factor])
def test_who_does_not_exist_is_not_found(app: Flask, deed: object) -> None:
    with pytest.raises(NoSuchStaff):
        deed(somebody(ADMIN), 10**6, NOW)  # type: ignore[operator]


def test_the_first_person_may_do_everything_and_is_on_record(app: Flask) -> None:
    made = staffing.create_manager(" anna ", "a long password", NOW)

    person = staffing.colleague(made)
    assert (person.name, rights.rights_at(person.grants, None)) == ("anna", frozenset(Right))
    assert audit_search.search(actor="system").items[0].thing == f"staff:{made}"
    with pytest.raises(NameTaken):
        staffing.create_manager("anna", "another password", NOW)


# --- invitations ------------------------------------------------------------------------------------------------------


def test_an_invitation_makes_a_colleague_once(app: Flask) -> None:
    admin = somebody(ADMIN)
    token = inviting.invite(admin, " Wang Fang ", [Grant(Role.COUNTER, 1)], NOW)
    assert token not in repr(builders.everything()), "only its hash is kept"
    assert [one.name for one in inviting.waiting(NOW)] == ["Wang Fang"]

    assert inviting.accept(token, "three words and more", NOW + DAY) == "Wang Fang"

    made = next(one for one in staffing.colleagues() if one.name == "Wang Fang")
    assert made.grants == {Grant(Role.COUNTER, 1)}
    assert inviting.waiting(NOW) == []
    with pytest.raises(InvitationOver):
        inviting.accept(token, "three words and more", NOW + DAY)
    actions = [row.action for row in audit_search.search(action="staff").items]
    assert actions == ["staff.invitation_accepted", "staff.invited"]
    assert audit.verify().whole
    assert "Wang" not in repr(audit_search.search().items), "the log names people by number"


@pytest.mark.parametrize("why", ["old", "withdrawn", "inviter left", "inviter lost roles", "unknown"])
def test_an_invitation_that_is_over_makes_nobody(app: Flask, why: str) -> None:
    admin, manager = somebody(ADMIN), somebody(Grant(Role.MANAGER))
    token = inviting.invite(manager, "new", [Grant(Role.COUNTER)], NOW)
    now = NOW + DAY
    if why == "old":
        now = NOW + 7 * DAY
    elif why == "withdrawn":
        waiting = inviting.waiting(NOW)[0].id
        for _ in range(2):
            inviting.withdraw(admin, waiting, NOW)
    elif why == "inviter left":
        staffing.deactivate(admin, manager.id, NOW)
    elif why == "inviter lost roles":
        staffing.set_grants(admin, manager.id, [Grant(Role.PACKER)], NOW)
    else:
        token = "x" * 32
    before = builders.everything()

    with pytest.raises(InvitationOver):
        inviting.accept(token, "three words and more", now)

    assert builders.everything() == before


def test_a_weak_password_does_not_use_the_invitation_up(app: Flask) -> None:
    token = inviting.invite(None, "new", [Grant(Role.COUNTER)], NOW)
    for word in ("short", "password1234", "new1234567890"):
        with pytest.raises(passwords.WeakPassword):
            inviting.accept(token, word, NOW)

    assert inviting.accept(token, "three words and more", NOW) == "new"


def test_a_name_that_is_taken_is_not_invited_nor_made_twice(app: Flask) -> None:
    admin = somebody(ADMIN)
    first, second = (inviting.invite(admin, "new", [Grant(Role.COUNTER)], NOW) for _ in range(2))
    inviting.accept(first, "three words and more", NOW)

    for refused in (
        lambda: inviting.accept(second, "three words and more", NOW),
        lambda: inviting.invite(admin, "new", [Grant(Role.COUNTER)], NOW),
    ):
        with pytest.raises(ShopError) as said:
            refused()
        assert said.value.code == "name_taken"


def test_a_manager_invites_no_admin(app: Flask) -> None:
    with pytest.raises(MayNotGive):
        inviting.invite(somebody(Grant(Role.MANAGER)), "new", [ADMIN], NOW)


# --- a forgotten password ---------------------------------------------------------------------------------------------


def test_a_forgotten_password_is_chosen_anew_with_a_link_that_works_once(app: Flask) -> None:
    admin, other = somebody(ADMIN), somebody(Grant(Role.COUNTER))
    first = inviting.renew_password(admin, other.id, NOW)
    second = inviting.renew_password(admin, other.id, NOW)
    with builders.transaction() as session:
        token = sessions.start(session, other.id, True, sessions.Visit(), NOW)
    assert not inviting.look(second, NOW).is_new
    assert inviting.waiting(NOW) == []

    name = inviting.accept(second, "three words and more", NOW)

    assert name == staffing.colleague(other.id).name
    assert signing_in.sign_in(name, "three words and more", sessions.Visit(), NOW).token
    assert sessions.known(token, NOW) is None
    for void in (first, second):
        with pytest.raises(InvitationOver):
            inviting.accept(void, "three words and more", NOW)


def test_such_a_link_lasts_a_day_and_ends_when_they_leave(app: Flask) -> None:
    admin, other = somebody(ADMIN), somebody(Grant(Role.COUNTER))
    old, void = inviting.renew_password(admin, other.id, NOW), ""
    with pytest.raises(InvitationOver):
        inviting.look(old, NOW + DAY)
    void = inviting.renew_password(admin, other.id, NOW)

    staffing.deactivate(admin, other.id, NOW)

    with pytest.raises(InvitationOver):
        inviting.accept(void, "three words and more", NOW)


def test_a_manager_makes_no_such_link_for_an_admin_nor_anybody_for_themselves(app: Flask) -> None:
    admin, manager = somebody(ADMIN), somebody(Grant(Role.MANAGER))

    with pytest.raises(MayNotGive):
        inviting.renew_password(manager, admin.id, NOW)
    with pytest.raises(OwnAccount):
        inviting.renew_password(admin, admin.id, NOW)


def test_a_link_for_a_new_password_is_withdrawn_only_by_who_could_have_made_it(app: Flask) -> None:
    admin, other, manager = somebody(ADMIN), somebody(ADMIN), somebody(Grant(Role.MANAGER, 1))
    token = inviting.renew_password(admin, other.id, NOW)
    number = inviting.look(token, NOW).id

    with pytest.raises(MayNotGive):
        inviting.withdraw(manager, number, NOW)
    assert inviting.look(token, NOW).id == number
    inviting.withdraw(admin, number, NOW)

    with pytest.raises(InvitationOver):
        inviting.look(token, NOW)
