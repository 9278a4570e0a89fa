"""An export from the wish to the file, and everything that may come between."""

import json
import threading
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import builders
import openpyxl
import pytest
from flask import Flask
from msgspec.structs import replace
from sqlalchemy import func, select, text, update

from shop.base.audit import AuditRow
from shop.base.db import db, reading, transaction
from shop.base.money import Currency
from shop.exchange import checking, commands
from shop.exchange import queries as imports
from shop.exports import asking, catalogue, making, permitting, queries
from shop.exports.asking import Actor, ExportKeyReused, TooManyExports, Wish
from shop.exports.models import ExportJob
from shop.exports.permitting import MayNotExport
from shop.exports.rules import WrongExportPeriod
from shop.exports.states import ExportState, NoSuchExportMove
from shop.people.models import Staff
from shop.people.rights import Grant, Role
from shop.people.staff_models import StaffRole
from shop.people.states import DeviceKind
from shop.reports.asked import UnknownReport, WrongFilter

NOW = builders.NOW
WISH = Wish("orders", "csv", date(2026, 11, 1), date(2026, 11, 30))


def now() -> datetime:
    return NOW


def ask(actor: Actor, wish: Wish = WISH, key: str = "k1") -> str:
    return asking.ask(wish, actor, key, NOW)


def deeds() -> list[tuple[str, str]]:
    with reading() as session:
        return [
            (row[0], row[1]) for row in session.execute(select(AuditRow.actor, AuditRow.action).order_by(AuditRow.id))
        ]


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_an_export_is_made_with_rows_and_totals_that_agree_with_the_database(
    actor: Actor, folder: Path, kind: str
) -> None:
    orders = [
        builders.a_paid_order({builders.a_product(price=12_34): 2, builders.a_product(price=1): 1}) for _ in range(3)
    ]
    token = ask(actor, replace(WISH, format=kind))

    assert making.make_all(folder, now) == 1

    export = queries.export_of(token, actor.key)
    with db.engine.connect() as connection:
        rows, goods = connection.execute(
            text("SELECT count(*), sum(quantity * unit_price_minor) FROM order_lines")
        ).one()
    assert (export.state, export.rows) == (ExportState.DONE, rows == 6 and rows)
    assert export.totals is not None
    assert (export.totals[0]["line_total"], export.totals[0]["currency"]) == (goods, "EUR")
    path = making.path_of(folder, token, kind)
    assert (path.stat().st_size, export.expires_at) == (export.size, NOW + making.KEPT)
    if kind == "xlsx":
        sheet = openpyxl.load_workbook(path).worksheets[0]
        assert round(sum(row[21] for row in sheet.iter_rows(min_row=2, max_row=7, values_only=True)) * 100) == goods
    else:
        assert path.read_text("utf-8-sig").count(orders[0].number) == 2
    assert [action for _, action in deeds()] == ["export.asked", "export.done"]
    assert [made.name for made in folder.iterdir()] == [path.name]


def test_the_same_key_is_the_same_export_and_another_wish_under_it_is_refused(actor: Actor) -> None:
    token = ask(actor)

    assert ask(actor) == token
    with pytest.raises(ExportKeyReused):
        ask(actor, replace(WISH, format="xlsx"))
    assert len(queries.exports_of(actor.key)) == 1


@pytest.mark.parametrize(
    ("wish", "refusal"),
    [
        (replace(WISH, report="secrets"), UnknownReport),
        (replace(WISH, format="pdf"), WrongFilter),
        (replace(WISH, filters={"name": "WANG"}), WrongFilter),
        (replace(WISH, filters={"state": "lost"}), WrongFilter),
        (replace(WISH, day="bank"), WrongFilter),
        (replace(WISH, day="x"), WrongFilter),
        (replace(WISH, header="x"), WrongFilter),
        (replace(WISH, language="fr"), WrongFilter),
        (replace(WISH, last=date(2026, 10, 31)), WrongExportPeriod),
        (replace(WISH, last=date(2036, 11, 1)), WrongExportPeriod),
    ],
)
def test_a_wish_that_makes_no_sense_is_refused_and_nothing_is_written(
    actor: Actor, wish: Wish, refusal: type[Exception]
) -> None:
    before = builders.everything()

    with pytest.raises(refusal):
        ask(actor, wish)

    assert builders.everything() == before


def test_nobody_has_more_than_five_waiting(actor: Actor, folder: Path) -> None:
    for n in range(asking.AT_ONCE):
        ask(actor, key=f"k{n}")
    with pytest.raises(TooManyExports):
        ask(actor, key="one more")

    assert making.make_all(folder, now) == asking.AT_ONCE
    ask(actor, key="one more")


def test_an_export_that_was_cancelled_half_way_leaves_no_file(
    actor: Actor, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        builders.an_order()
    monkeypatch.setattr(making, "RENEW_SECONDS", 0.0)
    token = ask(actor)
    job = making.claim(NOW)
    assert job is not None
    half: list[int] = []

    def clock() -> datetime:  # asked while the rows are written
        half.append(len(list(folder.iterdir())))
        if len(half) == 2:
            asking.cancel(token, actor, NOW)
        return NOW

    made = making.make(job, folder, clock)

    assert (made, queries.export_of(token, actor.key).state) == (False, ExportState.CANCELLED)
    assert half[1] == 1, "it was begun"
    assert list(folder.iterdir()) == []
    assert db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]


def test_an_export_is_not_finished_after_it_was_cancelled(actor: Actor, folder: Path) -> None:
    token = ask(actor)
    job = making.claim(NOW)
    assert job is not None
    asking.cancel(token, actor, NOW)

    assert not making.make(job, folder, now)

    assert queries.export_of(token, actor.key).state is ExportState.CANCELLED
    assert list(folder.iterdir()) == []
    with pytest.raises(NoSuchExportMove):
        asking.cancel(token, actor, NOW)


def test_what_was_cancelled_can_be_made_after_all(actor: Actor, folder: Path) -> None:
    token = ask(actor)
    asking.cancel(token, actor, NOW)
    assert making.make_all(folder, now) == 0

    asking.retry(token, actor, NOW)

    assert making.make_all(folder, now) == 1
    with pytest.raises(NoSuchExportMove):
        asking.retry(token, actor, NOW)


def test_an_export_whose_process_died_is_made_by_the_next_one(actor: Actor, folder: Path) -> None:
    token = ask(actor)
    dead = making.claim(NOW)
    assert dead is not None
    (folder / f"{token}.csv.part").write_bytes(b"half a file")
    assert not making.any_waiting(NOW)
    assert making.claim(NOW) is None, "its lease still runs"
    later = NOW + making.LEASE + timedelta(seconds=1)
    assert making.any_waiting(later)

    assert making.make_all(folder, lambda: later) == 1

    assert queries.export_of(token, actor.key).tries == 2
    assert [path.name for path in folder.iterdir()] == [f"{token}.csv"]
    assert not making.make(dead, folder, lambda: later), "the dead one comes back too late"
    assert queries.export_of(token, actor.key).state is ExportState.DONE


def test_an_export_that_kills_every_process_is_given_up(actor: Actor, folder: Path) -> None:
    token, at = ask(actor), NOW
    for _ in range(making.MOST_TRIES):
        assert making.claim(at) is not None
        at += making.LEASE + timedelta(seconds=1)

    assert making.claim(at) is None

    export = queries.export_of(token, actor.key)
    assert (export.state, export.said) == (ExportState.FAILED, "gave_up")


def test_a_fault_is_told_and_may_be_tried_again(actor: Actor, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    token = ask(actor)

    def broken(*_: Any, **__: Any) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as patched:
        patched.setattr(making, "write_report", broken)
        assert making.make_all(folder, now) == 0
    export = queries.export_of(token, actor.key)
    assert (export.state, export.said, export.may_be_retried) == (ExportState.FAILED, "fault", True)

    asking.retry(token, actor, NOW)

    assert making.make_all(folder, now) == 1


def test_whoever_was_deactivated_meanwhile_gets_nothing(actor: Actor, folder: Path) -> None:
    token = ask(actor)
    with transaction() as session:
        session.execute(update(Staff).values(active=False))

    assert making.make_all(folder, now) == 0

    export = queries.export_of(token, actor.key)
    assert (export.state, export.said) == (ExportState.REFUSED, "may_not_export")
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize(
    ("role", "report", "may"),
    [
        (Role.MANAGER, "orders", True), (Role.MANAGER, "refunds", True), (Role.MANAGER, "tax_evidence", False),
        (Role.ACCOUNTANT, "tax_evidence", True), (Role.MARKETING, "orders", False), (Role.COUNTER, "orders", False),
        (Role.PACKER, "staff", False), (Role.ADMIN, "tax_evidence", True),
    ],
)  # fmt: skip
def test_a_role_may_have_what_its_rights_say(app: Flask, role: Role, report: str, may: bool) -> None:
    key = builders.a_colleague(Grant(role), name="ben")
    wish = replace(WISH, report=report)

    if may:
        assert asking.ask(wish, Actor(f"staff:{key}", "ben"), "k", NOW)
    else:
        with pytest.raises(MayNotExport):
            asking.ask(wish, Actor(f"staff:{key}", "ben"), "k", NOW)


def test_a_right_at_one_point_is_not_one_at_every_point(app: Flask) -> None:
    key = builders.a_colleague(Grant(Role.MANAGER, builders.point_id(builders.POINT)), name="ben")

    for filters in ({}, {"point": builders.OTHER_POINT}, {"point": "T9-X99"}, {"flight": "CA932"}):
        with pytest.raises(MayNotExport):
            asking.ask(replace(WISH, filters=filters), Actor(f"staff:{key}", "ben"), "k", NOW)
    with pytest.raises(MayNotExport):
        permitting.check_actor(f"staff:{key}", "stock_valuation", {"point": builders.POINT})


def test_who_has_one_pickup_point_has_its_reports_made_as_long_as_they_have_it(app: Flask, folder: Path) -> None:
    mine, other = builders.a_paid_order(), builders.a_paid_order(pickup_point=builders.OTHER_POINT)
    here, there = builders.point_id(builders.POINT), builders.point_id(builders.OTHER_POINT)
    key = builders.a_colleague(Grant(Role.MANAGER, here), name="ben")
    ben, wish = Actor(f"staff:{key}", "ben"), replace(WISH, filters={"point": builders.POINT})
    token = asking.ask(wish, ben, "k1", NOW)

    making.make_all(folder, now)

    text = (folder / f"{token}.csv").read_text()
    assert mine.number in text
    assert other.number not in text
    late = asking.ask(wish, ben, "k2", NOW)
    with transaction() as session:
        session.execute(update(StaffRole).where(StaffRole.staff_id == key).values(pickup_point_id=there))
    making.make_all(folder, now)
    assert queries.export_of(late, ben.key).state is ExportState.REFUSED
    assert not (folder / f"{late}.csv").exists()


def test_a_device_of_one_pickup_point_has_that_points_reports_alone(app: Flask) -> None:
    device, _ = builders.a_device(DeviceKind.MANAGER, builders.POINT)

    permitting.check_actor(f"device:{device.id}", "orders", {"point": builders.POINT})

    for filters in ({}, {"point": builders.OTHER_POINT}):
        with pytest.raises(MayNotExport):
            permitting.check_actor(f"device:{device.id}", "orders", filters)


def test_a_managers_device_may_until_it_is_revoked(app: Flask) -> None:
    device, _ = builders.a_device(DeviceKind.MANAGER, None)
    counter, _ = builders.a_device(DeviceKind.COUNTER)
    permitting.check_actor(f"device:{device.id}", "orders", {})

    for actor, report in (
        (f"device:{device.id}", "tax_evidence"),
        (f"device:{counter.id}", "orders"),
        ("device:999", "orders"),
    ):
        with pytest.raises(MayNotExport):
            permitting.check_actor(actor, report, {})


def test_files_go_when_their_time_is_over(actor: Actor, folder: Path) -> None:
    token = ask(actor)
    making.make_all(folder, now)
    assert making.expire(folder, NOW + making.KEPT - timedelta(seconds=1)) == 0

    assert making.expire(folder, NOW + making.KEPT) == 1

    assert queries.export_of(token, actor.key).state is ExportState.EXPIRED
    assert list(folder.iterdir()) == []
    asking.retry(token, actor, NOW)
    assert making.make_all(folder, now) == 1


def test_an_export_of_somebody_else_is_not_there(actor: Actor) -> None:
    token = ask(actor)
    other = Actor(f"staff:{builders.a_colleague(Grant(Role.ADMIN), name='ben')}", "ben")

    for ask_for in (lambda: queries.export_of(token, other.key), lambda: asking.cancel(token, other, NOW)):
        with pytest.raises(queries.NoSuchExport):
            ask_for()


def test_tax_evidence_is_logged_at_each_look_and_without_personal_data(actor: Actor, folder: Path) -> None:
    wish = replace(WISH, report="tax_evidence")
    asking.note_look(wish.asked(), actor, "page", NOW)
    asking.note_look(WISH.asked(), actor, "page", NOW)
    ask(actor, wish)
    making.make_all(folder, now)

    assert deeds() == [(actor.key, "report.seen"), (actor.key, "export.asked"), ("system", "export.done")]
    with reading() as session:
        said = session.scalars(select(AuditRow.after).order_by(AuditRow.id)).first()
    assert said == {"how": "page", "from": "2026-11-01", "to": "2026-11-30", "filters": {}}


def test_a_list_of_exports_is_one_question(actor: Actor, statements: list[str]) -> None:
    for n in range(4):
        ask(actor, key=f"k{n}")
    statements.clear()

    assert len(queries.exports_of(actor.key)) == 4
    assert len(statements) == 1


@pytest.mark.postgresql
def test_two_workers_never_take_the_same_export(app: Flask, actor: Actor) -> None:
    for n in range(5):
        ask(actor, key=f"k{n}")
    taken: list[str] = []
    together = threading.Barrier(8)

    def work() -> None:
        with app.app_context():
            together.wait()
            while (job := making.claim(NOW)) is not None:
                taken.append(job.token)
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(taken) == len(set(taken)) == 5


@pytest.mark.postgresql
def test_wishes_at_the_same_moment_are_counted_for_each_other(app: Flask, actor: Actor) -> None:
    together, refused = threading.Barrier(8), list[str]()

    def work(n: int) -> None:
        with app.app_context():
            together.wait()
            try:
                ask(actor, key=f"k{n}")
            except TooManyExports as refusal:
                refused.append(refusal.code)
            db.session.remove()

    threads = [threading.Thread(target=work, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    with reading() as session:
        assert session.scalar(select(func.count()).select_from(ExportJob)) == asking.AT_ONCE
    assert len(refused) == 3


def test_filters_and_totals_are_kept_as_plain_values(actor: Actor, folder: Path) -> None:
    token = ask(actor, replace(WISH, report="by_day", filters={"point": builders.POINT}, header="both"))
    builders.a_paid_order()
    making.make_all(folder, now)

    export = queries.export_of(token, actor.key)

    assert json.loads(json.dumps(export.filters)) == {"point": builders.POINT}
    assert json.loads(json.dumps(export.totals))[0]["taken"] == 50_00


@pytest.mark.parametrize("kind", ["csv", "xlsx"])
def test_the_whole_catalogue_is_made_as_any_export_and_sent_back_it_changes_nothing(actor: Actor, folder: Path, kind: str) -> None:
    for _ in range(3):
        builders.a_product()
    token = catalogue.ask(kind, "zh", actor, "k1", NOW)
    assert catalogue.ask(kind, "zh", actor, "k1", NOW) == token, "the same press twice is one export"

    assert making.make_all(folder, now) == 1

    export = queries.export_of(token, actor.key)
    path = making.path_of(folder, token, kind)
    assert (export.state, export.rows, export.size) == (ExportState.DONE, 3, path.stat().st_size)
    with path.open("rb") as file:
        sent = commands.take_in(file, path.name, Currency.EUR, actor.key, NOW)
    checking.check(sent, {}, NOW)
    found = imports.one(sent)
    assert (found.unchanged, found.new, found.changed, found.faulty) == (3, 0, 0, 0)


def test_who_may_not_change_the_catalogue_gets_no_file_of_it(app: Flask, folder: Path) -> None:
    accountant = builders.a_colleague(Grant(Role.ACCOUNTANT))

    with pytest.raises(MayNotExport):
        catalogue.ask("xlsx", "zh", Actor(f"staff:{accountant}", "ac"), "k", NOW)
    with pytest.raises(WrongFilter):
        catalogue.ask("pdf", "zh", Actor(f"staff:{accountant}", "ac"), "k", NOW)
