"""How the counters did, from the audit alone."""
from datetime import date, timedelta

import pytest
from builders import NOW, OTHER_POINT, POINT, SECRET, a_device, a_paid_order, code_of, point_id, set_order
from flask import Flask

from shop.people.queries import KnownDevice
from shop.pickup import commands as pickup
from shop.pickup import undoing
from shop.pickup.commands import Asked
from shop.pickup.outcomes import Name
from shop.pickup.reporting import counter_report, seconds_of

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
TODAY = date(2026, 11, 24)


@pytest.fixture
def device(app: Flask) -> KnownDevice:
    return a_device()[0]


def give(device: KnownDevice, scan_id: str, after: timedelta, looked: int | None = None, code: str = "") -> str:
    """Hand a new parcel over `looked` seconds after the first look; answers its code."""
    at = NOW + after
    code = code or code_of(a_paid_order())
    pickup.hand_over(Asked(code, scan_id, at, looked_at=at - looked * SECOND if looked is not None else None), device, SECRET, at)
    return code


def test_the_report_counts_hand_overs_by_hour_and_outcomes(device: KnownDevice) -> None:
    code = give(device, "scan-0001", MINUTE, 30)
    give(device, "scan-0002", 2 * MINUTE, 50)
    give(device, "scan-0003", 61 * MINUTE, 41)
    give(device, "scan-0004", 62 * MINUTE, code=code)
    give(device, "scan-0005", 63 * MINUTE)
    undoing.undo("scan-0005", device, NOW + 64 * MINUTE)

    report = counter_report(NOW, NOW + 3 * HOUR)

    assert (report.handed_over, report.undone, report.conflicts, report.seconds) == (3, 1, 0, 41)
    assert report.outcomes == {Name.COLLECTED: 4, Name.ALREADY_COLLECTED: 1}
    assert report.hours == ((POINT, TODAY, 9, 2), (POINT, TODAY, 10, 1))
    [day] = report.days
    assert (day.point, day.day, day.device, day.handed_over, day.undone, day.refused, day.seconds) == (POINT, TODAY, "Tablet", 3, 1, 1, 41)


def test_conflicts_and_offline_hand_overs_are_counted_where_they_were(device: KnownDevice) -> None:
    order, other = a_paid_order(), a_device()[0]
    for n, one in enumerate((device, other)):
        asked = Asked(code_of(order), f"scan-000{n}", NOW - HOUR, offline=True)
        pickup.hand_over(asked, one, SECRET, NOW + HOUR)

    report = counter_report(NOW, NOW + 3 * HOUR)

    told = [(day.device_id, day.handed_over, day.offline, day.conflicts) for day in report.days]
    assert told == [(device.id, 1, 1, 0), (other.id, 0, 1, 1)]
    assert report.hours == ((POINT, TODAY, 8, 1),)


def test_a_report_of_a_point_leaves_the_others_out(device: KnownDevice) -> None:
    give(device, "scan-0001", MINUTE)
    elsewhere = a_device(point=OTHER_POINT)[0]
    pickup.hand_over(Asked("2345678999", "scan-0002", NOW), elsewhere, SECRET, NOW)

    here, there = (counter_report(NOW, NOW + HOUR, point_id=point_id(code)) for code in (POINT, OTHER_POINT))

    assert here.outcomes == {Name.COLLECTED: 1}
    assert there.outcomes == {Name.UNKNOWN: 1}


def test_only_what_was_received_in_the_period_counts_and_in_one_statement(device: KnownDevice, statements: list[str]) -> None:
    set_order(a_paid_order().number, state="packing")
    for n in range(3):
        give(device, f"scan-000{n}", n * HOUR)
    statements.clear()

    report = counter_report(NOW + HOUR, NOW + 2 * HOUR)

    assert (report.handed_over, len(statements)) == (1, 1)


def test_an_empty_period_has_an_empty_report(app: Flask) -> None:
    report = counter_report(NOW, NOW + HOUR)

    assert (report.handed_over, report.seconds, report.days, report.hours) == (0, None, (), ())


@pytest.mark.parametrize(
    ("looked_at", "scanned", "received", "seconds"),
    [
        ("2026-11-24T08:00:00+00:00", 40, 41, 40),     # the device's clock for both
        ("2026-11-24T08:00:00+00:00", 0, 41, 41),      # a page without script: both are the look
        ("2026-11-24T08:00:00+00:00", 3600, 3600, None),
        ("2026-11-24T09:00:00+00:00", 0, 1, None),
        ("2026-11-24T08:00:00", 40, 41, None),
        ("rubbish", 40, 41, None),
        (None, 40, 41, None),
    ],
)  # fmt: skip
def test_only_seconds_that_can_be_count(looked_at: str | None, scanned: int, received: int, seconds: float | None) -> None:
    assert seconds_of({"looked_at": looked_at}, NOW + scanned * SECOND, NOW + received * SECOND) == seconds
