"""The counter report, the audit of scans, and the conflicts a manager settles."""
import re
from datetime import datetime, timedelta

import builders
import pytest
from builders import NOW, OTHER_POINT, POINT, SECRET, a_device, a_paid_order, code_of
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import insert, update

from shop.base import clock
from shop.base.db import transaction
from shop.flights.models import PickupPoint
from shop.people.models import Device
from shop.people.queries import KnownDevice
from shop.people.rights import Grant, Role
from shop.pickup import commands as pickup
from shop.pickup import conflicts, undoing
from shop.pickup.commands import Asked
from shop.pickup.models import Scan

COUNTER, SCANS, CONFLICTS = "/manage/counter/", "/manage/counter/scans", "/manage/counter/conflicts/"
SECOND, MINUTE, HOUR, DAY = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOW + 4 * HOUR)


@pytest.fixture
def device(app: Flask) -> KnownDevice:
    return a_device()[0]


def give(device: KnownDevice, scan_id: str, at: datetime = NOW, code: str = "", **more: object) -> str:
    """Hand a new parcel over, forty seconds after the first look; answers its code."""
    code = code or code_of(a_paid_order())
    pickup.hand_over(Asked(code, scan_id, at, looked_at=at - 40 * SECOND, **more), device, SECRET, at)  # type: ignore[arg-type]
    return code


def a_conflict(device: KnownDevice) -> tuple[int, str]:
    """A parcel that two counters gave away without network: the conflict's id and the order's number."""
    order = a_paid_order()
    for n, one in enumerate((device, a_device()[0])):
        asked = Asked(code_of(order), f"offline-{order.number}-{n}", NOW + n * MINUTE, offline=True)
        pickup.hand_over(asked, one, SECRET, NOW + HOUR)
    return conflicts.conflicts()[-1].id, order.number


def made_by(staff: str, *scan_ids: str) -> None:
    """Somebody had said who they are when they made these scans."""
    with transaction() as session:
        session.execute(update(Scan).where(Scan.scan_id.in_(scan_ids)).values(staff=staff))


def many_scans(device: KnownDevice, count: int, at: datetime = NOW) -> None:
    """Refused scans of codes nobody knows, all received in one moment."""
    with transaction() as session:
        session.execute(
            insert(Scan),
            [
                {"scan_id": f"many-{n}", "device_id": device.id, "outcome": "unknown", "scanned_at": at, "received_at": at}
                for n in range(count)
            ],
        )


def text_of(page: str, section: str = "") -> str:
    if section:
        found = re.search(rf'<(section|div) [^>]*id="{section}">(.*?)</(section|form)>', page, re.DOTALL)
        assert found, section
        page = found[2]
    return " ".join(re.sub(r"<[^>]+>", " ", page).split())


def rows(page: str) -> list[int]:
    return [int(number) for number in re.findall(r'data-scan="(\d+)"', page)]


# --- the report -------------------------------------------------------------------------------------------------------


def test_todays_report_says_hand_overs_by_hour_outcomes_and_every_device(office: FlaskClient, device: KnownDevice) -> None:
    code = give(device, "scan-0001")
    give(device, "scan-0002", NOW + 2 * HOUR)
    give(device, "scan-0003", NOW + 2 * HOUR + MINUTE, code)
    give(device, "scan-0004", NOW + 3 * HOUR)
    undoing.undo("scan-0004", device, NOW + 3 * HOUR + MINUTE)

    page = office.get(COUNTER).text

    assert "2 Handed over 40 s From look to hand-over, median 1 Taken back 0 Conflicts" in text_of(page)
    assert "09:00 10:00 11:00 Total" in text_of(page, "hours")
    assert "Tue, 24 Nov Counter T1-B42 1 · 1 2" in text_of(page, "hours")
    assert "Handed over 3 Already collected 1" in text_of(page, "outcomes")
    assert "Tue, 24 Nov Counter T1-B42 Tablet 2 40 s 1 1 0 0" in text_of(page, "devices")


def test_a_line_of_the_report_leads_to_its_scans(office: FlaskClient, device: KnownDevice) -> None:
    give(device, "scan-0001")
    give(a_device()[0], "scan-0002")

    link = re.search(r'href="(/manage/counter/scans\?[^"]+)">Tablet', office.get(COUNTER).text)

    assert link
    assert len(rows(office.get(link[1].replace("&amp;", "&")).text)) == 1


def test_period_and_point_are_an_address(office: FlaskClient, device: KnownDevice) -> None:
    give(device, "scan-0001", NOW - DAY)
    pickup.hand_over(Asked("2345678999", "scan-0002", NOW), a_device(point=OTHER_POINT)[0], SECRET, NOW)

    here = office.get(COUNTER, query_string={"from": "2026-11-23", "to": "2026-11-24", "point": POINT}).text
    there = office.get(COUNTER, query_string={"to": "2026-11-24", "point": OTHER_POINT}).text
    before = office.get(COUNTER, query_string={"to": "2026-11-22"}).text

    assert "Handed over 1" in text_of(here, "outcomes")
    assert "Unknown code" not in here
    assert "Unknown code 1" in text_of(there, "outcomes")
    assert "Nothing was handed over in these days." in there
    assert "Nothing was scanned in these days." in before
    assert 'value="2026-11-22"' in before


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        ({"from": "soon"}, "Please give a date"),
        ({"from": "2026-11-24", "to": "2026-11-01"}, "The last day lies before the first."),
        ({"from": "2026-10-01", "to": "2026-11-24"}, "Please choose at most 31 days."),
        ({"from": "1000-01-01"}, "Please give a date"),
        ({"point": "T9-X99"}, "Please choose one of the list."),
        ({"point": "x" * 40}, "That is too long."),
        ({"point": "a\x00b"}, "This cannot be right."),
    ],
)
@pytest.mark.parametrize("where", [COUNTER, SCANS])
def test_an_address_that_makes_no_sense_is_refused_and_keeps_what_was_typed(
    office: FlaskClient, device: KnownDevice, where: str, asked: dict[str, str], words: str
) -> None:
    answer = office.get(where, query_string=asked)

    assert answer.status_code == 400
    assert words in answer.text
    for text in asked.values():
        assert text in answer.text


def test_the_report_asks_as_often_however_much_there_is(office: FlaskClient, device: KnownDevice, statements: list[str]) -> None:
    office.get(COUNTER)
    counts = []
    for n in range(2):
        give(device, f"scan-000{n}")
        give(a_device()[0], f"scan-001{n}")
        statements.clear()
        office.get(COUNTER)
        counts.append(len(statements))

    assert counts[0] == counts[1] <= 3


def test_hand_overs_are_counted_by_person_and_counter(office: FlaskClient, device: KnownDevice) -> None:
    other = a_device(point=OTHER_POINT)[0]
    for n in range(3):
        give(device, f"scan-000{n}", NOW + n * MINUTE)
    give(other, "scan-0004", NOW, "2345678999")
    give(device, "scan-0005", NOW)
    undoing.undo("scan-0000", device, NOW + 5 * MINUTE)
    made_by("MEI", "scan-0000", "scan-0001", "scan-0002", "scan-0004")

    page = office.get(COUNTER).text

    said = text_of(page[page.index('id="people"'):])
    assert "nobody said Counter T1-B42 1 40 s 0 0" in said
    assert "MEI Counter T1-B42 2 40 s 0 1" in said
    assert "MEI Counter T3-H07 0 – 1 0" in said
    assert f'href="{SCANS}?from=2026-11-24&amp;to=2026-11-24&amp;staff=MEI&amp;point={POINT}"' in page


def test_a_conflict_says_who_gave_the_goods_away(office: FlaskClient, device: KnownDevice) -> None:
    key, number = a_conflict(device)
    made_by("MEI", f"offline-{number}-1")

    for page in (CONFLICTS, f"{CONFLICTS}{key}"):
        assert "Tablet, MEI" in office.get(page).text


# --- the audit --------------------------------------------------------------------------------------------------------


def test_the_audit_says_who_when_by_both_clocks_and_what_came_of_it(office: FlaskClient, device: KnownDevice) -> None:
    with transaction() as session:
        session.execute(update(Device).values(created_by=1))
    order = a_paid_order()
    pickup.hand_over(Asked(code_of(order), "scan-0001", NOW, offline=True), device, SECRET, NOW + 65 * SECOND)
    made_by("MEI", "scan-0001")
    undoing.undo("scan-0001", device, NOW + 2 * MINUTE)

    said = text_of(office.get(SCANS).text)

    assert (
        f"2026-11-24 09:01:05 2026-11-24 09:00:00 Counter T1-B42 Tablet ({device.id}) set up by lin MEI {order.number} Handed over – "
        "taken back 2026-11-24 09:02:00 by Tablet without network"
    ) in said


def test_scans_are_found_by_day_device_order_and_point(office: FlaskClient, device: KnownDevice) -> None:
    other, order = a_device(point=OTHER_POINT)[0], a_paid_order()
    give(device, "scan-0001", NOW - 10 * DAY, code_of(order))
    give(device, "scan-0002", NOW, code_of(order))
    give(device, "scan-0003", NOW + MINUTE)
    give(other, "scan-0004", NOW + MINUTE, "2345678999")
    made_by("MEI", "scan-0002")
    made_by("李 WEI", "scan-0004")
    found = [rows(office.get(SCANS, query_string=asked).text) for asked in (
        {}, {"device": str(device.id)}, {"order": order.number.lower()}, {"order": order.number, "to": "2026-11-24"},
        {"point": OTHER_POINT}, {"to": "2026-11-14"}, {"order": "D000"}, {"device": "999"}, {"after": "999999"},
        {"staff": " mei "}, {"staff": "李　Ｗｅｉ"}, {"staff": "M"}, {"staff": "mei", "point": OTHER_POINT},
    )]  # fmt: skip
    oldest, again, new, unknown = sorted({scan for listed in found for scan in listed})

    assert found == [
        [unknown, new, again], [new, again], [again, oldest], [again], [unknown], [oldest], [], [], [], [again], [unknown], [], [],
    ]  # fmt: skip


def test_fifty_scans_make_a_page_even_when_all_came_in_one_moment(office: FlaskClient, device: KnownDevice) -> None:
    many_scans(device, 103)
    seen: list[int] = []
    here, sizes = f"{SCANS}?device={device.id}&from=2026-11-24&to=2026-11-24", []
    while here:
        page = office.get(here).text
        sizes.append(len(rows(page)))
        seen += rows(page)
        older = re.search(r'href="([^"]+)"[^>]*>Older|rel="next" href="([^"]+)"', page)
        here = (older[1] or older[2]).replace("&amp;", "&") if older else ""

    assert sizes == [50, 50, 3]
    assert seen == sorted(set(seen), reverse=True)
    assert "Newest" in page


@pytest.mark.parametrize(
    "asked",
    [
        {"device": "x"}, {"device": "0"}, {"device": "9" * 30}, {"after": "-1"}, {"after": "x"}, {"order": "x" * 21},
        {"staff": "x" * 41}, {"staff": "\x00"},
    ],
)
def test_a_filter_of_the_audit_that_makes_no_sense_lists_nothing(
    office: FlaskClient, device: KnownDevice, asked: dict[str, str]
) -> None:
    give(device, "scan-0001")

    answer = office.get(SCANS, query_string=asked)

    assert (answer.status_code, rows(answer.text)) == (400, [])


def test_the_audit_asks_as_often_however_much_there_is(office: FlaskClient, device: KnownDevice, statements: list[str]) -> None:
    many_scans(device, 1)
    statements.clear()
    office.get(SCANS)
    few = len(statements)
    give(device, "scan-0001")
    a_conflict(device)
    statements.clear()

    office.get(SCANS)

    assert len(statements) == few <= 4


# --- conflicts --------------------------------------------------------------------------------------------------------


def test_a_parcel_that_left_twice_is_listed_and_shown_with_its_scans(office: FlaskClient, device: KnownDevice) -> None:
    key, number = a_conflict(device)

    listed, one = office.get(CONFLICTS).text, office.get(f"{CONFLICTS}{key}").text

    assert f'data-conflict="{key}"' in listed
    assert number in listed
    assert "Already collected" in text_of(one)
    assert len(rows(one)) == 2
    assert f"/manage/orders/{number}" in one
    assert f'{CONFLICTS}{key}"' in office.get(SCANS).text
    assert "1 Conflicts" in text_of(office.get(COUNTER).text)


def test_a_manager_settles_a_conflict_with_a_note_and_twice_is_once(office: FlaskClient, device: KnownDevice) -> None:
    key, number = a_conflict(device)

    answers = [office.post(f"{CONFLICTS}{key}", data={"note": " the second bag <b>came</b> back "}) for _ in range(2)]

    assert [answer.status_code for answer in answers] == [303, 303]
    assert "Noted." in office.get(answers[0].location).text
    [settled] = conflicts.conflicts(resolved=True)
    assert (settled.resolution, settled.resolved_by) == ("the second bag <b>came</b> back", "staff:1")
    assert number not in office.get(CONFLICTS).text
    shown = office.get(CONFLICTS, query_string={"state": "settled", "point": POINT}).text
    assert "the second bag &lt;b&gt;came&lt;/b&gt; back" in shown
    assert 'name="note"' not in office.get(f"{CONFLICTS}{key}").text


def test_what_another_has_settled_is_not_settled_again(office: FlaskClient, device: KnownDevice) -> None:
    key, _ = a_conflict(device)
    conflicts.resolve_conflict(key, "counted: nothing is missing", "staff:77", NOW)

    answer = office.post(f"{CONFLICTS}{key}", data={"note": "mine"})

    assert answer.status_code == 409
    assert 'data-code="conflict_moved_on"' in answer.text
    assert 'value="mine"' in answer.text
    assert [found.resolution for found in conflicts.conflicts(resolved=True)] == ["counted: nothing is missing"]


@pytest.mark.parametrize("note", ["", "   ", "x" * 201, "a\x07b"])
def test_a_note_that_cannot_be_is_refused_and_kept(office: FlaskClient, device: KnownDevice, note: str) -> None:
    key, _ = a_conflict(device)

    answer = office.post(f"{CONFLICTS}{key}", data={"note": note})

    assert answer.status_code == 400
    assert f'value="{note}"' in answer.text
    assert len(conflicts.conflicts()) == 1


def test_a_form_without_its_token_and_whoever_is_no_manager_settle_nothing(office: FlaskClient, device: KnownDevice) -> None:
    key, _ = a_conflict(device)
    builders.give_staff(Grant(Role.COUNTER))
    refused = office.post(f"{CONFLICTS}{key}", data={"note": "mine"})
    del office.environ_base["HTTP_X_CSRF_TOKEN"]

    assert refused.status_code == 403
    assert 'data-code="may_not"' in refused.text
    assert office.post(f"{CONFLICTS}{key}", data={"note": "mine"}).status_code == 403
    assert len(conflicts.conflicts()) == 1


@pytest.mark.parametrize("number", ["999", "99999999999", "x", "-1"])
def test_a_conflict_that_does_not_exist_is_not_found(office: FlaskClient, number: str) -> None:
    assert office.get(CONFLICTS + number).status_code == 404
    assert office.post(CONFLICTS + number, data={"note": "mine"}).status_code in (404, 405)


def test_a_conflict_of_an_unknown_code_has_no_order_and_belongs_to_the_devices_point(office: FlaskClient, device: KnownDevice) -> None:
    pickup.hand_over(Asked("2345678999", "scan-0001", NOW, offline=True), device, SECRET, NOW)
    [found] = conflicts.conflicts()

    assert conflicts.conflict_by_id(found.id) == found
    assert "The code belongs to no order." in office.get(f"{CONFLICTS}{found.id}").text
    assert f'data-conflict="{found.id}"' in office.get(CONFLICTS, query_string={"point": POINT}).text
    assert "There is no open conflict." in office.get(CONFLICTS, query_string={"point": OTHER_POINT}).text
    assert office.get(CONFLICTS, query_string={"state": "lost"}).status_code == 400


def test_conflicts_are_asked_for_as_often_however_many_there_are(office: FlaskClient, device: KnownDevice, statements: list[str]) -> None:
    key, _ = a_conflict(device)
    counts = []
    for _ in range(2):
        for where in (CONFLICTS, f"{CONFLICTS}{key}"):
            statements.clear()
            office.get(where)
            counts.append(len(statements))
        a_conflict(device)

    assert counts[:2] == counts[2:]
    assert max(counts) <= 3


@pytest.mark.parametrize("language", ["zh", "en", "de"])
def test_every_page_is_there_in_every_language(office: FlaskClient, device: KnownDevice, language: str) -> None:
    key, _ = a_conflict(device)

    for where in (COUNTER, SCANS, CONFLICTS, f"{CONFLICTS}{key}"):
        assert office.get(where, query_string={"lang": language}).status_code == 200


def test_strangers_are_sent_to_sign_in(client: FlaskClient, device: KnownDevice) -> None:
    for where in (COUNTER, SCANS, CONFLICTS):
        answer = client.get(where)
        assert answer.status_code == 302
        assert "/manage/sign-in" in answer.location


@pytest.mark.parametrize("page", [COUNTER, SCANS, CONFLICTS])
def test_who_supervises_a_point_that_is_closed_sees_no_others(client: FlaskClient, device: KnownDevice, page: str) -> None:
    conflict, number = a_conflict(device)
    builders.sign_in_staff(client, builders.a_colleague(Grant(Role.SUPERVISOR, builders.point_id(OTHER_POINT))))
    with transaction() as session:
        session.execute(update(PickupPoint).where(PickupPoint.code == OTHER_POINT).values(active=False))

    answers = [client.get(page, query_string=asked) for asked in ({}, {"point": ""}, {"point": POINT}, {"point": OTHER_POINT})]

    assert [answer.status_code for answer in answers] == [400] * 4
    assert not any(number in answer.text or device.name in answer.text for answer in answers)
    assert client.get(f"{CONFLICTS}{conflict}").status_code == 404


def test_the_devices_to_choose_from_are_those_of_ones_own_points(client: FlaskClient, device: KnownDevice) -> None:
    own, _ = a_device(point=OTHER_POINT)
    with transaction() as session:
        session.execute(update(Device).where(Device.id == device.id).values(name="Far away"))
        session.execute(update(Device).where(Device.id == own.id).values(name="At hand"))
    builders.sign_in_staff(client, builders.a_colleague(Grant(Role.SUPERVISOR, builders.point_id(OTHER_POINT))))

    page = client.get(SCANS).text

    assert "At hand" in page
    assert "Far away" not in page
