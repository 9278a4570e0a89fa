"""Signing in: a traveller through WeChat, staff by password, devices by a token."""
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import builders
import pytest
from builders import NOW
from flask import Flask
from sqlalchemy import select

from shop.base.db import holds_connection, reading
from shop.base.ids import DeviceId
from shop.people import commands, queries
from shop.people.commands import SignedIn, SignInExpired, StillSigningIn
from shop.people.models import SignIn, Traveller
from shop.people.states import DeviceKind

BROWSER = "the secret in this browser's cookie"
MINUTE = timedelta(minutes=1)


@dataclass(frozen=True)
class Visitor:
    openid: str = "oAlice"
    unionid: str | None = None
    snapshot: bool = False


class Account:
    """The Official Account as a sign-in sees it: answers one visitor and counts the codes it was given."""

    def __init__(self, visitor: Visitor, meanwhile: Callable[[], object] | None = None) -> None:
        self.visitor, self.meanwhile, self.codes = visitor, meanwhile, list[str]()

    def exchange(self, code: str) -> Visitor:
        assert not holds_connection(), "nothing may be locked while WeChat thinks"
        self.codes.append(code)
        if self.meanwhile:
            self.meanwhile()
        return self.visitor


def _return(state: str, account: Account, browser: str = BROWSER, code: str = "c1", later: timedelta = MINUTE) -> SignedIn | StillSigningIn:
    return commands.finish_sign_in(state, code, browser, "wx1", account, NOW + later)


def _travellers() -> list[Traveller]:
    with reading() as session:
        return list(session.scalars(select(Traveller).order_by(Traveller.id)))


def test_a_traveller_who_comes_back_is_sent_where_they_wanted_to_go(app: Flask) -> None:
    state = commands.start_sign_in(BROWSER, "/orders", NOW)

    done = _return(state, Account(Visitor()))

    assert isinstance(done, SignedIn)
    assert done.return_path == "/orders"
    assert [(t.id, t.openid, t.app_id) for t in _travellers()] == [(done.traveller_id, "oAlice", "wx1")]


def test_a_return_path_of_somebody_else_is_not_remembered(app: Flask) -> None:
    state = commands.start_sign_in(BROWSER, "https://evil.example/", NOW)

    assert _return(state, Account(Visitor())).return_path == "/"


def test_a_return_that_is_loaded_twice_exchanges_the_code_once(app: Flask) -> None:
    account = Account(Visitor())
    state = commands.start_sign_in(BROWSER, "/", NOW)

    first, second = _return(state, account), _return(state, account)

    assert first == second
    assert account.codes == ["c1"]


def test_a_second_load_while_the_first_is_still_asking_wechat_is_told_to_wait(app: Flask) -> None:
    seen: list[object] = []
    state = commands.start_sign_in(BROWSER, "/cart", NOW)
    account = Account(Visitor(), meanwhile=lambda: seen.append(_return(state, account)))

    assert isinstance(_return(state, account), SignedIn)
    assert seen == [StillSigningIn("/cart")]
    assert account.codes == ["c1"]


def test_another_code_for_a_finished_sign_in_is_refused(app: Flask) -> None:
    account = Account(Visitor())
    state = commands.start_sign_in(BROWSER, "/", NOW)
    _return(state, account)

    with pytest.raises(SignInExpired):
        _return(state, account, code="c2")

    assert account.codes == ["c1"]


def test_another_browser_cannot_finish_a_sign_in_and_does_not_spoil_it(app: Flask) -> None:
    account = Account(Visitor())
    state = commands.start_sign_in(BROWSER, "/", NOW)

    with pytest.raises(SignInExpired):
        _return(state, account, browser="somebody else's")

    assert account.codes == []
    assert isinstance(_return(state, account), SignedIn)


@pytest.mark.parametrize("minutes", [10, 11, 600])
def test_a_sign_in_that_took_too_long_is_refused(app: Flask, minutes: int) -> None:
    account = Account(Visitor())
    state = commands.start_sign_in(BROWSER, "/", NOW)

    with pytest.raises(SignInExpired):
        _return(state, account, later=minutes * MINUTE)

    assert account.codes == []


def test_a_finished_sign_in_opens_nothing_any_more_when_its_time_is_over(app: Flask) -> None:
    account = Account(Visitor())
    state = commands.start_sign_in(BROWSER, "/", NOW)
    _return(state, account)

    with pytest.raises(SignInExpired):
        _return(state, account, later=11 * MINUTE)


def test_a_state_nobody_started_is_refused(app: Flask) -> None:
    with pytest.raises(SignInExpired):
        _return("f" * 48, Account(Visitor()))


def test_a_snapshot_visitor_never_becomes_a_customer(app: Flask) -> None:
    state = commands.start_sign_in(BROWSER, "/", NOW)

    with pytest.raises(commands.SnapshotVisitor):
        _return(state, Account(Visitor(snapshot=True)))

    assert _travellers() == []


def test_somebody_who_comes_again_is_the_same_traveller(app: Flask) -> None:
    keys = {_return(commands.start_sign_in(BROWSER, "/", NOW), Account(Visitor())).traveller_id for _ in range(3)}  # type: ignore[union-attr]

    assert len(keys) == 1
    assert _travellers()[0].last_seen_at == NOW + MINUTE


@pytest.mark.parametrize(
    ("before", "said", "kept"),
    [
        (None,  None,  None),
        (None,  "u-1", "u-1"),
        ("u-1", None,  "u-1"),   # a silent sign-in does not say it again
        ("u-1", "u-2", "u-2"),
    ],
)  # fmt: skip
def test_a_unionid_once_known_is_kept(app: Flask, before: str | None, said: str | None, kept: str | None) -> None:
    for unionid in (before, said):
        _return(commands.start_sign_in(BROWSER, "/", NOW), Account(Visitor(unionid=unionid)))

    assert [t.unionid for t in _travellers()] == [kept]


def test_two_first_visits_of_one_traveller_at_once_make_one_traveller(app: Flask) -> None:
    """The second one finishes while the first one waits for WeChat."""
    other = commands.start_sign_in(BROWSER, "/", NOW)
    inner = Account(Visitor())
    outer = Account(Visitor(), meanwhile=lambda: _return(other, inner, code="c2"))

    done = _return(commands.start_sign_in(BROWSER, "/", NOW), outer)

    assert isinstance(done, SignedIn)
    assert [t.id for t in _travellers()] == [done.traveller_id]


def test_state_and_browser_are_not_stored_as_they_are(app: Flask) -> None:
    state = commands.start_sign_in(BROWSER, "/", NOW)

    with reading() as session:
        row = session.scalars(select(SignIn)).one()
    assert state not in vars(row).values()
    assert BROWSER not in vars(row).values()


def test_old_sign_ins_are_forgotten_and_fresh_ones_kept(app: Flask) -> None:
    commands.start_sign_in(BROWSER, "/", NOW - timedelta(hours=2))
    commands.start_sign_in(BROWSER, "/", NOW)

    assert commands.forget_old_sign_ins(NOW) == 1
    assert commands.forget_old_sign_ins(NOW) == 0


# --- devices ----------------------------------------------------------------------------------------------------------


def test_a_device_is_known_by_its_token_which_is_not_stored(app: Flask) -> None:
    device, token = builders.a_device(DeviceKind.COUNTER, builders.POINT)

    assert (device.kind, device.pickup_point_id) == (DeviceKind.COUNTER, builders.point_id(builders.POINT))
    assert token not in repr(builders.everything())


def test_a_revoked_token_opens_nothing_and_revoking_twice_is_harmless(app: Flask) -> None:
    device, token = builders.a_device()
    commands.revoke_device(device.id, NOW)
    commands.revoke_device(device.id, NOW + MINUTE)

    with pytest.raises(queries.WrongToken):
        queries.device_by_token(token)
    assert [row.revoked_at for row in queries.devices()] == [NOW]


@pytest.mark.parametrize("token", ["", "counter-", "' OR 1=1 --", "中" * 500])
def test_a_token_nobody_made_is_refused(app: Flask, token: str) -> None:
    builders.a_device()

    with pytest.raises(queries.WrongToken):
        queries.device_by_token(token)


def test_revoking_a_device_that_does_not_exist_changes_nothing(app: Flask) -> None:
    before = builders.everything()

    commands.revoke_device(DeviceId(99), NOW)

    assert builders.everything() == before
