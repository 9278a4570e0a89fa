"""The table of admissions against the routes that there are, and against what every role really gets, by real requests."""

import re
from collections.abc import Iterator
from datetime import date, time
from typing import Any

import builders
import pytest
from builders import NOW, OTHER_POINT, POINT
from flask import Flask
from flask.testing import FlaskClient

from shop.exports import asking, saving
from shop.exports.rules import Span
from shop.people import inviting
from shop.people.rights import DEVICES, ROLES, Grant, Right, Role
from shop.people.states import DeviceKind
from shop.pickup import commands as pickup
from shop.pickup import conflicts
from shop.pickup.commands import Asked
from shop.web import doors
from shop.web.admission import ROWS, TABLE, Reach, Row, Who

DOORS = {
    "storefront": "/", "traveller": "/", "counter": "/counter/", "packing": "/counter/packing/", "backoffice": "/manage/",
    "api": "/api/v1/", "callbacks": "/callbacks/", "operations": "/",
}  # fmt: skip
OFFICE = [row for row in ROWS.values() if row.door == "backoffice" and row.asks not in (Who.ANYONE, Who.HALF_IN)]
FOR_DEVICES = [row for row in ROWS.values() if row.door in ("counter", "packing", "api") and isinstance(row.asks, Right)]
WHERE = ("own", "foreign", "all")
# The sentences of `shop/people/rights.py`, said again: who changes one there has to mean it.
EXPECTED = {
    Role.PACKER: "pack",
    Role.COUNTER: "hand_over pack see_orders",
    Role.SUPERVISOR: "hand_over pack see_orders change_orders supervise change_devices change_stock",
    Role.MANAGER: "see_orders change_orders refund see_money see_reports export change_catalogue change_prices change_stock "
    "change_settings change_staff see_audit change_devices pack hand_over supervise campaigns",
    Role.ACCOUNTANT: "see_orders see_money see_reports export see_tax_evidence see_audit",
    Role.MARKETING: "campaigns see_reports",
    Role.ADMIN: " ".join(Right),
}


def here(app: Flask) -> set[tuple[str, str]]:
    rules = app.url_map.iter_rules()
    return {(method, rule.rule) for rule in rules for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}}


# --- the table --------------------------------------------------------------------------------------------------------


def test_every_address_has_a_row_and_every_row_an_address(app: Flask) -> None:
    known = set(ROWS)

    assert not here(app) - known, f"shop/web/admission.py: who may use these? {sorted(here(app) - known)}"
    assert not known - here(app), f"shop/web/admission.py: these are gone: {sorted(known - here(app))}"
    assert len(ROWS) == len(TABLE.strip().splitlines()), "an address has two rows"


def test_a_row_names_the_door_through_which_its_address_is_reached(app: Flask) -> None:
    for row in ROWS.values():
        assert row.address.startswith(DOORS[row.door]), row
        assert row.door == "api" or not row.address.startswith("/api/"), row
        assert row.door == "backoffice" or not row.address.startswith("/manage/"), row


def test_what_is_open_in_the_table_is_behind_no_guard_and_the_other_way_round(app: Flask) -> None:
    for rule in app.url_map.iter_rules():
        door = str(rule.endpoint).split(".")[0]
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            row = ROWS[method, rule.rule]
            if row.door == "api":
                continue  # its calls check for themselves: asked below, and in test_wiring
            is_open = door in doors.OPEN or door == "static"
            asks_itself = row.asks in (Who.PEER, Who.MONITORING, Who.HALF_IN)
            assert is_open == (row.asks is Who.ANYONE or asks_itself), f"{row}: {door}"


def test_only_rights_reach_points(app: Flask) -> None:
    assert all(row.reach is Reach.NONE for row in ROWS.values() if not isinstance(row.asks, Right))


@pytest.mark.parametrize("role", list(Role))
def test_a_role_is_these_rights(role: Role) -> None:
    assert ROLES[role] == {Right(word) for word in EXPECTED[role].split()}


def test_every_right_is_somebodys_beside_the_admin() -> None:
    assert set(Right) - set().union(*(rights for role, rights in ROLES.items() if role is not Role.ADMIN)) == {Right.ERASE_TRAVELLERS}


# --- the back office: every route × every role × own, foreign and all pickup points -------------------------------------


@pytest.fixture
def things(app: Flask) -> dict[str, dict[str, Any]]:
    """One of everything that an address can name, at each of two pickup points."""
    made: dict[str, dict[str, Any]] = {}
    for where, point in (("own", POINT), ("foreign", OTHER_POINT)):
        device, _ = builders.a_device(point=point)
        order = builders.a_paid_order(pickup_point=point)
        for n in range(2):
            one = device if n == 0 else builders.a_device(point=point)[0]
            asked = Asked(builders.code_of(order), f"{where}-{n}-scan", NOW, offline=True)
            pickup.hand_over(asked, one, builders.SECRET, NOW)
        grant = Grant(Role.PACKER, builders.point_id(point))
        inviting.invite(None, f"invited {where}", [grant], NOW.replace(year=2050))
        made[where] = {
            "number": order.number, "sku": order.lines[0].sku, "device_id": device.id, "conflict_id": conflicts.conflicts()[-1].id,
            "staff_id": builders.a_colleague(grant), "invitation_id": len(made) + 1, "name": "by_day", "point": point,
            **a_report_of(point),
        }  # fmt: skip
    builders.a_colleague(Grant(Role.ADMIN), name="another admin")
    return made


def a_report_of(point: str) -> dict[str, Any]:
    """Of a manager there: an export, and a saved report with its schedule that others may use."""
    day = date(2026, 11, 24)
    key = builders.a_colleague(Grant(Role.MANAGER, builders.point_id(point)))
    boss, filters = asking.Actor(f"staff:{key}", "boss"), {"point": point}
    kept = saving.Kept(f"Of {point}", "by_day", "csv", "en", Span.LAST_WEEK, filters=filters, shared=True)
    saved = saving.save(kept, boss, day, NOW)
    plan = saving.Plan("FREQ=DAILY", time(6, 30), "folder", "")
    return {
        "token": asking.ask(asking.Wish("by_day", "csv", day, day, filters=filters), boss, "k", NOW), "saved_id": saved,
        "schedule_id": saving.plan(saved, plan, frozenset({"folder"}), boss, day, NOW),
    }  # fmt: skip


def ask(client: FlaskClient, row: Row, things: dict[str, Any]) -> int:
    """The row's address, of these things; of what it does not know the first, or a made-up one."""

    def fill(part: re.Match[str]) -> str:
        return str(things.get(part[1].rpartition(":")[2], 1))

    path = re.sub(r"<([^>]+)>", fill, row.address)
    if row.address.startswith("/manage/reports/show/"):
        path += f"?point={things['point']}"
    return client.open(path, method=row.method, data={} if row.method == "POST" else None).status_code


def expected(row: Row, role: Role, limited: bool, foreign: bool) -> set[int] | None:
    """The answers that are right; None: anything but a refusal of the person."""
    if isinstance(row.asks, Right) and row.asks not in ROLES[role]:
        return {403}
    if limited and row.reach is Reach.EVERY:
        return {403}
    if foreign and row.reach is Reach.OWN and "<" in row.address:
        return {400} if row.address.startswith("/manage/reports/show/") else {403, 404}
    if not foreign and row.address == "/manage/reports/saved/<int(max=2147483647):saved_id>" and row.method == "GET":
        return {200}  # shared with whoever may see the report of this point
    return None


@pytest.mark.parametrize("role", list(Role))
def test_every_page_of_the_back_office_lets_in_whom_the_table_says(
    app: Flask, client: FlaskClient, things: dict[str, dict[str, Any]], role: Role
) -> None:
    wrong = []
    for where in WHERE:
        limited, foreign = where != "all", where == "foreign"
        me = builders.a_colleague(Grant(role, builders.point_id(POINT) if limited else None))
        builders.sign_in_staff(client, me)
        for row in OFFICE:
            if foreign and "<" not in row.address:
                continue  # the same request as for one's own
            status, right = ask(client, row, things["foreign" if foreign else "own"]), expected(row, role, limited, foreign)
            if right is not None and status not in right:
                wrong.append(f"{where}: {row.method} {row.address}: {status}, not {right}")
            if right is None and (status in (401, 403) or status >= 500):
                wrong.append(f"{where}: {row.method} {row.address}: {status} for somebody who may")
            if row.method == "POST" and row.asks is Who.SIGNED_IN:
                builders.sign_in_staff(client, me)  # some of them sign out

    assert not wrong, "\n".join(wrong)
    assert len(OFFICE) >= 41


def test_nobody_sees_in_a_list_what_belongs_to_another_pickup_point(client: FlaskClient, things: dict[str, dict[str, Any]]) -> None:
    builders.sign_in_staff(client, builders.a_colleague(Grant(Role.MANAGER, builders.point_id(POINT))))

    pages = {path: client.get(f"/manage/{path}").text for path in ("orders/", "devices/", "staff/", "counter/conflicts/", "counter/scans")}

    for path, own in (("orders/", "number"), ("staff/", "staff_id"), ("counter/conflicts/", "conflict_id")):
        assert f"/{things['own'][own]}" in pages[path], path
    for path, page in pages.items():
        assert str(things["foreign"]["number"]) not in page, path
    assert f"/manage/devices/{things['foreign']['device_id']}/revoke" not in pages["devices/"]
    assert f"/manage/devices/{things['own']['device_id']}/revoke" in pages["devices/"]
    assert "invited foreign" not in pages["staff/"]
    assert "invited own" in pages["staff/"]
    assert client.get(f"/manage/orders/?point={OTHER_POINT}").status_code == 400


def test_a_page_without_a_row_opens_for_nobody(app: Flask, client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    builders.sign_in_staff(client, builders.a_colleague(Grant(Role.ADMIN)))
    assert client.get("/manage/delays/").status_code == 200

    monkeypatch.delitem(ROWS, ("GET", "/manage/delays/"))

    assert client.get("/manage/delays/").status_code == 403


def test_the_links_lead_only_to_pages_that_open(client: FlaskClient) -> None:
    for role in Role:
        builders.sign_in_staff(client, builders.a_colleague(Grant(role)))
        links = set(re.findall(r'href="(/manage/[a-z/]*)[#?"]', client.get("/manage/").text))

        assert "/manage/account/" in links
        assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


# --- devices: every call and page × every kind of token ------------------------------------------------------------------


def answers(client: FlaskClient, token: str) -> Iterator[tuple[Row, int]]:
    with client.session_transaction() as session:
        session["device_token"], session["csrf"] = token, "made-by-a-page"
    for row in FOR_DEVICES:
        with client.session_transaction() as session:
            session["device_token"] = token
        path = re.sub(r"<int:[^>]+>", "1", row.address)
        path = re.sub(r"<lang>", "en", re.sub(r"<(number|scan_id)>", "D23456789A", path))
        headers = {"Authorization": f"Bearer {token}", "X-CSRF-Token": "made-by-a-page"}
        json = {} if row.door == "api" and row.method == "POST" else None
        yield row, client.open(path, method=row.method, headers=headers, json=json).status_code


@pytest.mark.parametrize("kind", list(DeviceKind))
def test_a_device_gets_through_where_the_table_says(client: FlaskClient, kind: DeviceKind) -> None:
    _, token = builders.a_device(kind)

    for row, status in answers(client, token):
        may = row.asks in DEVICES[kind]
        refused = status == 403 if row.door == "api" else status == 302
        if may:
            assert not (row.door == "api" and status in (401, 403)), f"{row}: {status}"
        else:
            assert refused, f"{row}: {status}"
    assert len(FOR_DEVICES) > 50
