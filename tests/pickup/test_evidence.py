"""The evidence of a hand-over is kept as long as the law asks, and not a day longer."""
from datetime import UTC, date, datetime, timedelta
from typing import Any

import builders
import pytest
from builders import DAY, NOW, POINT, SECRET, a_device, a_paid_order, code_of
from flask import Flask
from huey import MemoryHuey
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from shop import worker
from shop.base import clock
from shop.base.db import reading, transaction
from shop.base.ids import OrderId
from shop.people.queries import KnownDevice
from shop.pickup import commands as pickup
from shop.pickup import evidence
from shop.pickup.checks import EVIDENCE, Asks
from shop.pickup.commands import Asked
from shop.pickup.evidence import Kept
from shop.pickup.models import Scan
from shop.privacy import forgetting
from shop.settings import WrongSettings

SHOWN = {
    "boarding_pass": {"flight": "CA932", "date": DAY.isoformat(), "destination": "PEK", "name_match": "same"},
    "identity": {"document_number": "E12345678", "residence": "CN"}, "age": "adult", "sealed_bag": "STEB-0042",
}  # fmt: skip
LAST_MOMENT = datetime(2026, 12, 31, 22, 59, 59, tzinfo=UTC)  # in Berlin the year ends a second later
YEAR_2027 = LAST_MOMENT + timedelta(seconds=1)


@pytest.fixture
def device(app: Flask) -> KnownDevice:
    return a_device()[0]


def hand_over(device: KnownDevice, received_at: datetime, *, keeps: frozenset[str] = EVIDENCE, sent: Any = None) -> str:
    """A hand-over with its evidence, received then; the scan's id."""
    order = a_paid_order()
    scan_id = f"scan-{order.number}"
    pickup.put_rules(POINT, Asks(boarding_pass=True, identity=True, keeps=keeps))
    pickup.hand_over(Asked(code_of(order), scan_id, NOW, checks=SHOWN if sent is None else sent), device, SECRET, NOW)
    with transaction() as session:
        session.execute(update(Scan).where(Scan.scan_id == scan_id).values(received_at=received_at))
    return scan_id


def forget_old(years: int, now: datetime) -> int:
    return forgetting.forget_by(forgetting.RULES["evidence"], now, years)


def scan(scan_id: str) -> Any:
    with reading() as session:
        return session.execute(select(Scan.outcome, Scan.order_id, Scan.details).where(Scan.scan_id == scan_id)).one()


def test_the_traveller_is_told_what_is_kept_and_until_when(device: KnownDevice) -> None:
    hand_over(device, LAST_MOMENT)
    hand_over(device, YEAR_2027, keeps=frozenset({"flight"}), sent={**SHOWN, "identity": "seen"})
    hand_over(device, NOW, sent={"boarding_pass": "seen", "identity": "seen"}, keeps=frozenset())
    told = [evidence.kept_of(OrderId(number), 8) for number in (1, 2, 3)]

    everything = ("age", "date", "destination", "document_number", "flight", "name_match", "residence", "sealed_bag")
    assert told[0] == Kept(everything, date(2035, 1, 1))
    assert told[1] == Kept(("age", "flight", "sealed_bag"), date(2036, 1, 1))
    assert told[2] is None
    evidence.forget_old(8, datetime(2035, 1, 2, tzinfo=UTC))
    assert evidence.kept_of(OrderId(1), 8) is None


def test_evidence_is_kept_to_the_end_of_the_last_year_and_gone_the_day_after(device: KnownDevice) -> None:
    scan_id = hand_over(device, LAST_MOMENT)
    new_year = datetime(2034, 12, 31, 23, tzinfo=UTC)  # midnight in Berlin, eight calendar years after 2026
    before = scan(scan_id)

    assert forget_old(8, new_year - timedelta(seconds=1)) == 0
    assert scan(scan_id) == before
    assert before.details["checks"]["identity"] == {"document_number": "E12345678", "residence": "CN"}

    assert forget_old(8, new_year) == 1
    assert forget_old(8, new_year) == 0


def test_the_scan_stays_and_says_which_checks_were_made_but_nothing_that_was_read(device: KnownDevice) -> None:
    scan_id = hand_over(device, LAST_MOMENT)
    before = scan(scan_id)

    forget_old(8, datetime(2035, 1, 1, 12, tzinfo=UTC))

    after = scan(scan_id)
    assert after.outcome == "collected"
    assert (after.outcome, after.order_id) == (before.outcome, before.order_id)
    assert after.details == {"checked": ["age", "boarding_pass", "identity", "sealed_bag"]}
    everywhere = repr(builders.everything())
    assert not [word for word in ("E12345678", "STEB-0042") if word in everywhere]


def test_what_else_is_known_of_a_scan_is_left_alone(device: KnownDevice) -> None:
    looked = {"looked_at": "2026-11-24T09:00:00.000+00:00", "missing": [[0, 1]]}

    assert evidence.without_evidence({**looked, "checks": {"age": "adult"}}) == {**looked, "checked": ["age"]}


def test_only_what_is_old_enough_goes(device: KnownDevice) -> None:
    old, young = hand_over(device, LAST_MOMENT), hand_over(device, YEAR_2027)
    bare = hand_over(device, LAST_MOMENT, sent={})

    assert forget_old(8, datetime(2035, 6, 1, tzinfo=UTC)) == 1

    assert "checks" not in scan(old).details
    assert scan(young).details["checks"]["boarding_pass"]["flight"] == "CA932"
    assert "checks" not in (scan(bare).details or {})


def test_a_longer_time_holds_for_what_is_stored_already(device: KnownDevice) -> None:
    scan_id = hand_over(device, LAST_MOMENT)

    assert forget_old(10, datetime(2036, 12, 31, 12, tzinfo=UTC)) == 0
    assert "checks" in scan(scan_id).details
    assert forget_old(10, datetime(2037, 1, 1, 12, tzinfo=UTC)) == 1


def test_much_evidence_is_deleted_in_portions_and_logged_as_a_count(
    device: KnownDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(forgetting, "AT_A_TIME", 2)
    for _ in range(5):
        hand_over(device, LAST_MOMENT)
    told: list[tuple[str, dict[str, Any]]] = []
    monkeypatch.setattr(forgetting.LOG, "info", lambda words, **more: told.append((words, more)), raising=False)

    assert forget_old(8, datetime(2035, 1, 2, tzinfo=UTC)) == 5

    assert told == [("forgotten", {"rule": "evidence", "rows": 5, "years": 8})]


def test_the_worker_does_it_once_a_day_with_the_years_that_are_set(
    app: Flask, device: KnownDevice, monkeypatch: pytest.MonkeyPatch
) -> None:
    scan_id, huey = hand_over(device, LAST_MOMENT), MemoryHuey(immediate=True)
    worker.wire(app, huey)
    (task,) = [one for one in huey._registry.periodic_tasks if one.name == "every_night"]
    minutes = [datetime(2035, 1, 1, tzinfo=UTC) + timedelta(minutes=n) for n in range(24 * 60)]
    monkeypatch.setattr(clock, "now", lambda: datetime(2035, 1, 1, 2, 41, tzinfo=UTC))

    assert sum(task.validate_datetime(minute) for minute in minutes) == 1
    huey.execute(task)

    assert "checks" not in scan(scan_id).details


@given(st.integers(0, 40 * 366 * 24), st.integers(1, 30))
def test_the_date_is_always_a_new_year_so_many_full_years_later(hours: int, years: int) -> None:
    received_at = NOW + timedelta(hours=hours)
    gone = evidence.deletion_date(received_at, years)
    local = received_at.astimezone(evidence.YEARS_OF).date()

    assert (gone.month, gone.day) == (1, 1)
    assert gone.year - local.year == years + 1
    assert date(local.year + years, local.month, 1) < gone


@pytest.mark.parametrize("years", ["0", "31", "-8"])
def test_a_time_that_cannot_be_meant_is_refused(monkeypatch: pytest.MonkeyPatch, years: str) -> None:
    from shop.settings import Settings

    monkeypatch.setenv("SHOP_ENV", "demo")
    monkeypatch.setenv("SHOP_EVIDENCE_YEARS", years)

    with pytest.raises(WrongSettings, match="SHOP_EVIDENCE_YEARS"):
        Settings.from_env(read_dot_env=False)
