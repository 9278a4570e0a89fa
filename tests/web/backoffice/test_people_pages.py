"""Signing in with a second factor, one's own account, colleagues and invitations: as pages."""

import base64
import html
import io
import logging
import re
from collections.abc import Callable
from zoneinfo import ZoneInfo

import builders
import pyotp
import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace
from PIL import Image

from shop.base import clock
from shop.people import inviting, passwords, sessions, staffing
from shop.people.rights import Grant, Role
from shop.pickup import codes
from shop.settings import Settings

SIGN_IN, ACCOUNT, STAFF = "/manage/sign-in", "/manage/account/", "/manage/staff/"
NAME, PASSWORD = "anna", "a long password"
NEXT = "/manage/orders/"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "HASHER", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, require_second_factor=True)


@pytest.fixture
def visitor(app: Flask) -> Callable[[], FlaskClient]:
    """Makes browsers without cookies."""

    def make() -> FlaskClient:
        made = app.test_client()
        made.environ_base |= {"HTTP_ORIGIN": "http://localhost", "HTTP_ACCEPT_LANGUAGE": "en", "HTTP_USER_AGENT": "Firefox/1 (Windows)"}
        return made

    return make


def send(client: FlaskClient, path: str, **typed: str) -> tuple[int, str, str]:
    """Post a form of this session: status, where it leads, page."""
    with client.session_transaction() as session:
        token = session.get("csrf", "")
    answer = client.post(path, data={"csrf_token": token, **typed})
    return answer.status_code, answer.headers.get("Location", ""), answer.text


def on(page: str, id_: str) -> str:
    found = re.search(rf'id="{id_}">\s*([^<]+?)\s*<', page)
    assert found, f"nothing called {id_} on the page"
    return html.unescape(found[1])


def enrol(client: FlaskClient) -> tuple[pyotp.TOTP, list[str]]:
    """Set an app up on this half-in browser: the app, and the recovery codes."""
    page = client.get(f"{SIGN_IN}/set-up").text
    app = pyotp.TOTP(on(page, "secret").replace(" ", ""))
    status, _, shown = send(client, f"{SIGN_IN}/set-up", code=app.now(), next=NEXT)
    assert status == 200
    return app, re.findall(r"<li>([A-Z0-9-]{19})</li>", shown)


def test_a_manager_sets_the_second_factor_up_before_anything_else(visitor: Callable[[], FlaskClient]) -> None:
    builders.a_staff_member(NAME, PASSWORD)
    one = visitor()
    assert send(one, SIGN_IN, name=NAME, password=PASSWORD, next=NEXT)[:2] == (303, NEXT)

    for path in ("/manage/", NEXT, STAFF, ACCOUNT, "/manage/audit/"):
        answer = one.get(path)
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, f"{SIGN_IN}/set-up"), path
    page = one.get(f"{SIGN_IN}/set-up?next={NEXT}")
    assert page.headers["Cache-Control"] == "no-store"
    app, recovery = enrol(one)

    assert len(recovery) == 10
    assert one.get(NEXT).status_code == 200
    other = visitor()
    send(other, SIGN_IN, name=NAME, password=PASSWORD)
    assert other.get(NEXT).headers["Location"].startswith(f"{SIGN_IN}/code")
    assert send(other, f"{SIGN_IN}/code", code="000000")[0] == 401
    assert send(other, f"{SIGN_IN}/code", code=app.now())[0] == 401, "this code was used to set it up"
    assert send(other, f"{SIGN_IN}/code", code=recovery[0], next=NEXT)[:2] == (303, NEXT)
    assert other.get(NEXT).status_code == 200
    assert other.get(f"{SIGN_IN}/code").status_code == 303, "nothing more is asked"


def test_the_picture_says_what_the_app_needs(visitor: Callable[[], FlaskClient]) -> None:
    builders.a_staff_member(NAME, PASSWORD)
    one = visitor()
    send(one, SIGN_IN, name=NAME, password=PASSWORD)

    page = one.get(f"{SIGN_IN}/set-up").text

    picture = re.search(r'src="data:image/svg\+xml;base64,([^"]+)"', page)
    assert picture
    secret = on(page, "secret").replace(" ", "")
    uri = pyotp.TOTP(secret).provisioning_uri(name=NAME, issuer_name="免税预订")
    assert base64.b64decode(picture[1]) == codes.picture_svg(uri)
    assert Image.open(io.BytesIO(codes.picture_png(uri))).size[0] > 200
    assert one.get(f"{SIGN_IN}/set-up").text.count(on(page, "secret")) == 1


def test_counter_staff_need_no_second_factor_and_may_have_one(visitor: Callable[[], FlaskClient]) -> None:
    builders.a_staff_member(NAME, PASSWORD)
    builders.give_staff(Grant(Role.COUNTER))
    one = visitor()
    send(one, SIGN_IN, name=NAME, password=PASSWORD)
    assert one.get("/manage/").status_code == 200
    assert "whoever knows your password can be you" in one.get(ACCOUNT).text

    app, recovery = enrol(one)
    assert send(one, f"{ACCOUNT}second-factor", code=app.now())[0] == 401
    assert send(one, f"{ACCOUNT}second-factor", code=recovery[0])[0] == 303

    assert "whoever knows your password can be you" in one.get(ACCOUNT).text
    other = visitor()
    send(other, SIGN_IN, name=NAME, password=PASSWORD)
    assert other.get("/manage/").status_code == 200


def test_who_was_in_on_a_browser_is_not_locked_out_of_it_by_others(visitor: Callable[[], FlaskClient]) -> None:
    builders.a_staff_member(NAME, PASSWORD)
    one, other = visitor(), visitor()
    send(one, SIGN_IN, name=NAME, password=PASSWORD)
    assert one.get_cookie("staff_before", path="/manage/") is None, "half in is not in"
    enrol(one)
    one.get("/manage/")
    send(one, "/manage/sign-out")
    kept = one.get_cookie("staff_before", path="/manage/")
    assert kept
    assert (kept.http_only, kept.same_site, bool(kept.max_age)) == (True, "Strict", True)
    assert one.get("/manage/").status_code == 302, "it opens nothing"
    for _ in range(5):
        send(other, SIGN_IN, name=NAME, password="wrong")

    assert send(other, SIGN_IN, name=NAME, password=PASSWORD)[0] == 429
    assert send(one, SIGN_IN, name=NAME, password=PASSWORD)[0] == 303


def test_half_in_nothing_is_changed(visitor: Callable[[], FlaskClient]) -> None:
    builders.a_staff_member(NAME, PASSWORD)
    one = visitor()
    send(one, SIGN_IN, name=NAME, password=PASSWORD)

    status, where, _ = send(one, STAFF, name="new", role="admin", point="")

    assert (status, where.split("?")[0]) == (302, f"{SIGN_IN}/set-up")
    assert inviting.waiting(clock.now()) == []


def test_the_sign_in_page_says_when_no_second_factor_is_asked(app: Flask, client: FlaskClient, settings: Settings) -> None:
    assert "data-relaxed" not in client.get(SIGN_IN).text
    app.extensions["shop"] = replace(app.extensions["shop"], settings=replace(settings, require_second_factor=False))
    try:
        assert "data-relaxed" in client.get(SIGN_IN).text
    finally:
        app.extensions["shop"] = replace(app.extensions["shop"], settings=settings)


# --- one's own account --------------------------------------------------------------------------------------------------


def test_sessions_are_listed_and_ended_one_by_one_and_everywhere(visitor: Callable[[], FlaskClient]) -> None:
    me = builders.a_colleague(Grant(Role.COUNTER), name=NAME)
    here, there = visitor(), visitor()
    mine, theirs = builders.sign_in_staff(here, me), builders.sign_in_staff(there, me)
    page = here.get(ACCOUNT).text
    assert page.count("127.0.0.1") == 2
    assert "this one" in page

    assert here.post(f"{ACCOUNT}sessions/{theirs.session_id}/end").headers["Location"].endswith("said=ended")
    assert there.get("/manage/").status_code == 302
    assert here.get("/manage/").status_code == 200
    assert here.post(f"{ACCOUNT}sessions/end").headers["Location"] == SIGN_IN

    assert here.get("/manage/").status_code == 302
    assert sessions.open_sessions(mine.id, clock.now()) == []


def test_a_password_is_changed_with_the_old_one(visitor: Callable[[], FlaskClient]) -> None:
    me, one = builders.a_staff_member(NAME, PASSWORD), visitor()
    builders.give_staff(Grant(Role.COUNTER))
    builders.sign_in_staff(one, me)

    wrong = one.post(f"{ACCOUNT}password", data={"old": "wrong", "password": "three words and more"})
    weak = one.post(f"{ACCOUNT}password", data={"old": PASSWORD, "password": "password123"})
    good = one.post(f"{ACCOUNT}password", data={"old": PASSWORD, "password": "three words and more"})

    assert (wrong.status_code, weak.status_code, good.status_code) == (401, 400, 303)
    assert 'id="old-error"' in wrong.text
    assert 'id="password-error"' in weak.text
    assert "three words" not in wrong.text
    assert send(visitor(), SIGN_IN, name=NAME, password="three words and more")[0] == 303


# --- colleagues -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def admin(visitor: Callable[[], FlaskClient]) -> FlaskClient:
    """An admin's browser (for whom a second factor is set up, as the guard asks)."""
    one = visitor()
    builders.a_staff_member("admin", PASSWORD)
    send(one, SIGN_IN, name="admin", password=PASSWORD)
    enrol(one)
    one.get("/manage/")
    with one.session_transaction() as session:
        one.environ_base["HTTP_X_CSRF_TOKEN"] = session["csrf"]
    return one


def test_an_invitation_is_made_shown_once_and_accepted_in_another_browser(admin: FlaskClient, visitor: Callable[[], FlaskClient]) -> None:
    made = admin.post(STAFF, data={"name": "Wang Fang", "role": "counter", "point": builders.POINT})
    link = on(made.text, "link").removeprefix("http://localhost")
    assert (made.status_code, made.headers["Cache-Control"]) == (201, "no-store")
    assert "Wang Fang" in admin.get(STAFF).text
    assert link not in admin.get(STAFF).text

    one = visitor()
    assert "Wang Fang" in one.get(link).text
    assert one.get(link).headers["Referrer-Policy"] == "no-referrer"
    assert send(one, link, password="password123")[0] == 400
    status, where, _ = send(one, link, password="three words and more")

    assert (status, where) == (303, "/manage/")
    assert one.get(NEXT).status_code == 200
    assert one.get(STAFF).status_code == 403
    assert visitor().get(link).status_code == 404
    person = next(one for one in staffing.colleagues() if one.name == "Wang Fang")
    assert person.grants == {Grant(Role.COUNTER, builders.point_id(builders.POINT))}


@pytest.mark.parametrize(
    ("field", "rubbish"), [("name", ""), ("name", "x" * 81), ("name", "a\x00b"), ("role", "root"), ("role", ""), ("point", "T9-Z99")]
)
def test_an_invitation_with_a_wrong_field_is_not_made_and_the_rest_is_kept(admin: FlaskClient, field: str, rubbish: str) -> None:
    answer = admin.post(STAFF, data={"name": "<b>Wang", "role": "counter", "point": builders.POINT, field: rubbish})

    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert field == "name" or 'value="&lt;b&gt;Wang"' in answer.text
    assert inviting.waiting(clock.now()) == []


def test_what_goes_wrong_with_an_invitation_leaves_its_link_out_of_the_log(
    admin: FlaskClient, visitor: Callable[[], FlaskClient], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    link = on(admin.post(STAFF, data={"name": "new", "role": "packer"}).text, "link").removeprefix("http://localhost")
    words = {"password": "three words and more"}

    def fall_over(*_: object) -> None:
        raise RuntimeError

    assert visitor().post(link, data=words, headers={"Origin": "http://elsewhere.example"}).status_code == 403
    monkeypatch.setattr(inviting, "accept", fall_over)
    assert visitor().post(link, data=words).status_code == 500

    said = [record.getMessage() for record in caplog.records if record.name == "shop.web"]
    assert [("/manage/invitation/…" in line) for line in said] == [True, True]
    assert link.rpartition("/")[2] not in caplog.text


def test_an_invitation_that_waits_is_withdrawn(admin: FlaskClient, visitor: Callable[[], FlaskClient]) -> None:
    link = on(admin.post(STAFF, data={"name": "new", "role": "packer"}).text, "link").removeprefix("http://localhost")
    waiting = inviting.waiting(clock.now())[0].id

    assert admin.post(f"{STAFF}invitations/{waiting}/withdraw").status_code == 303

    assert visitor().get(link).status_code == 404


def test_roles_are_kept_taken_away_and_added(admin: FlaskClient) -> None:
    point = builders.point_id(builders.POINT)
    other = builders.a_colleague(Grant(Role.COUNTER, point), Grant(Role.PACKER))
    page = admin.get(f"{STAFF}{other}").text
    assert f'value="counter@{point}" checked' in page

    ticked = {"seen": [f"counter@{point}", "packer@*"], "keep": [f"counter@{point}"]}
    answer = admin.post(f"{STAFF}{other}/roles", data={**ticked, "role": "supervisor"})

    assert answer.status_code == 303
    assert staffing.colleague(other).grants == {Grant(Role.COUNTER, point), Grant(Role.SUPERVISOR)}
    assert "The roles are changed" in admin.get(answer.headers["Location"]).text


def test_of_two_who_change_roles_at_once_neither_undoes_the_other(admin: FlaskClient) -> None:
    other = builders.a_colleague(Grant(Role.COUNTER), Grant(Role.PACKER))
    page = {"seen": ["counter@*", "packer@*"]}  # as both of them see it

    admin.post(f"{STAFF}{other}/roles", data={**page, "keep": ["counter@*", "packer@*"], "role": "marketing"})
    admin.post(f"{STAFF}{other}/roles", data={**page, "keep": ["counter@*"]})

    assert staffing.colleague(other).grants == {Grant(Role.COUNTER), Grant(Role.MARKETING)}


def test_what_is_refused_says_why_and_changes_nothing(admin: FlaskClient) -> None:
    me = staffing.by_name("admin")

    last = admin.post(f"{STAFF}{me}/roles", data={"seen": ["admin@*", "manager@*"], "keep": ["manager@*"]})
    own = admin.post(f"{STAFF}{me}/deactivate")
    rubbish = admin.post(f"{STAFF}{me}/roles", data={"keep": ["x", "admin@99", "manager@*", "admin@*"], "role": "root"})

    assert (last.status_code, own.status_code, rubbish.status_code) == (422, 422, 400)
    assert "this is the last one" in last.text
    assert "You cannot do that to your own account" in own.text
    assert staffing.colleague(me).grants == staffing.FIRST_PERSON
    assert admin.get(f"{STAFF}999").status_code == 404


def test_leaving_coming_back_and_a_lost_phone(admin: FlaskClient, visitor: Callable[[], FlaskClient]) -> None:
    other = builders.a_colleague(Grant(Role.COUNTER))
    theirs = visitor()
    builders.sign_in_staff(theirs, other)
    assert theirs.get("/manage/").status_code == 200

    admin.post(f"{STAFF}{other}/deactivate")
    assert theirs.get("/manage/").status_code == 302
    admin.post(f"{STAFF}{other}/reactivate")
    link = on(admin.post(f"{STAFF}{other}/new-password").text, "link").removeprefix("http://localhost")
    assert send(visitor(), link, password="three words and more")[:2] == (303, "/manage/")
    answer = admin.post(f"{STAFF}{other}/reset-second-factor")

    assert "taken away" in admin.get(answer.headers["Location"]).text
    log = admin.get(f"/manage/audit/?thing=staff:{other}").text
    for action in ("staff.deactivated", "staff.reactivated", "staff.second_factor_reset"):
        assert action in log


# --- the audit log ----------------------------------------------------------------------------------------------------------


def test_the_log_is_searched_by_who_what_thing_and_day(admin: FlaskClient) -> None:
    other = builders.a_colleague(Grant(Role.COUNTER))
    admin.post(f"{STAFF}{other}/roles", data={"seen": ["counter@*"], "keep": ["counter@*"], "role": "packer"})
    today = clock.now().astimezone(ZoneInfo("Europe/Berlin")).date().isoformat()  # the log has days as Frankfurt has them

    def rows(**asked: str) -> int:
        answer = admin.get("/manage/audit/", query_string=asked)
        assert answer.status_code == 200
        return len(re.findall(r"<td class=\"number\">\d+</td>", answer.text))

    assert rows(who="admin") == rows(who=f"staff:{staffing.by_name('admin')}") >= 2
    assert (rows(what="staff.roles_set"), rows(what="order"), rows(what="staf"), rows(thing=f"staff:{other}")) == (1, 0, 0, 1)
    assert rows(who="nobody") == rows(**{"from": "2100-01-01"}) == rows(to="2001-01-01") == 0
    assert rows(**{"from": today, "to": today}) > 0
    page = admin.get(f"/manage/audit/?thing=staff:{other}").text
    assert "counter@*" in html.unescape(page)
    assert "packer@*" in html.unescape(page)
    assert admin.get("/manage/audit/?from=x&after=y&who=" + "z" * 99).status_code == 400


def test_the_log_is_paged_checked_and_costs_the_same_however_long(admin: FlaskClient, statements: list[str]) -> None:
    admin.get("/manage/audit/")
    statements.clear()
    admin.get("/manage/audit/")
    short = len(statements)
    with builders.transaction() as session:
        from shop.base.audit import Deed, record_all

        record_all(session, builders.NOW, [Deed("system", "test.written", f"thing:{n}") for n in range(120)])
    statements.clear()

    first = admin.get("/manage/audit/?what=test")
    assert len(statements) == short <= 5
    second = admin.get(html.unescape(re.findall(r'rel="next" href="([^"]+)"', first.text)[0]))

    assert "thing:119" in first.text
    assert "thing:69<" in second.text
    assert "thing:70<" not in second.text
    assert "as it was written: 1" in admin.get("/manage/audit/?check=1").text
