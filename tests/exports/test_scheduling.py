"""Saved reports that are made by themselves, and how their files reach somebody."""

import http.server
import json
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import builders
import pytest
from flask import Flask
from msgspec.structs import replace
from sqlalchemy import select, update

from shop.base.db import db, reading, transaction
from shop.exports import making, queries, saving, scheduling
from shop.exports.asking import Actor
from shop.exports.models import ExportJob, Schedule
from shop.exports.rules import Span, WrongExportPeriod, WrongRule
from shop.exports.saving import Kept, Plan, SavedNameTaken, WrongTarget
from shop.exports.ways import Ways
from shop.gateways.mail import Mail, MailNotSent
from shop.gateways.object_store import NotStored, ObjectStore
from shop.people.models import Staff
from shop.people.rights import Grant, Role

from .conftest import MailServer

NOW = builders.NOW  # a Tuesday, 9:00 in Frankfurt
TODAY = date(2026, 11, 24)
KEPT = Kept("Last week", "by_day", "csv", "en", Span.LAST_WEEK)
ALL = frozenset(saving.WAYS)
NO_WAYS = Ways(None, None, None, "https://shop.example")
DAILY = Plan("FREQ=DAILY", time(6, 30), "mail", "anna@example.org, ben@example.org")


def planned(actor: Actor, plan: Plan = DAILY, kept: Kept = KEPT) -> int:
    return saving.plan(saving.save(kept, actor, TODAY, NOW), plan, ALL, actor, TODAY, NOW)


def jobs() -> list[ExportJob]:
    with reading() as session:
        return list(session.scalars(select(ExportJob).order_by(ExportJob.id)))


def plan_of(key: int) -> Schedule:
    with reading() as session:
        return session.get_one(Schedule, key)


def made(folder: Path, at: datetime) -> None:
    making.make_all(folder, lambda: at)


def test_a_schedule_asks_for_its_export_when_it_is_due_and_only_once(actor: Actor) -> None:
    key, due = planned(actor), datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
    assert plan_of(key).next_run_at == due
    assert scheduling.run_due(due - timedelta(seconds=1)) == 0

    assert [scheduling.run_due(due), scheduling.run_due(due)] == [1, 0]

    (job,) = jobs()
    assert (job.actor, job.report, job.first_day, job.last_day) == (
        actor.key,
        "by_day",
        date(2026, 11, 16),
        date(2026, 11, 22),
    )
    assert plan_of(key).next_run_at == due + timedelta(days=1)


def test_runs_that_were_missed_are_caught_up_once(actor: Actor) -> None:
    key = planned(actor)
    late = datetime(2026, 12, 3, 12, 0, tzinfo=UTC)  # the worker stood still for a week

    assert scheduling.run_due(late) == 1

    assert len(jobs()) == 1
    assert plan_of(key).next_run_at == datetime(2026, 12, 4, 5, 30, tzinfo=UTC)
    assert scheduling.run_due(late + timedelta(minutes=1)) == 0


def test_a_schedule_ends_with_its_rule(actor: Actor) -> None:
    key = planned(actor, replace(DAILY, rule="FREQ=DAILY;UNTIL=20261125"))

    scheduling.run_due(datetime(2026, 11, 25, 5, 30, tzinfo=UTC))

    assert (plan_of(key).active, plan_of(key).next_run_at, len(jobs())) == (False, None, 1)


def test_a_letter_holds_a_link_that_asks_to_sign_in_and_no_figure(
    actor: Actor, folder: Path, mail_server: MailServer
) -> None:
    builders.a_paid_order({builders.a_product(price=77_31): 1}, now=NOW - timedelta(days=3))
    planned(actor)
    due = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
    scheduling.run_due(due)
    made(folder, due)
    ways = replace(NO_WAYS, post=Mail(mail_server.url, "Shop <shop@example.org>"))

    assert [
        scheduling.send_finished(ways, folder, due),
        scheduling.send_finished(ways, folder, due + timedelta(hours=1)),
    ] == [1, 0]

    ((to, letter),) = mail_server.letters
    text = letter.get_content()
    assert to == ["<anna@example.org>", "<ben@example.org>"]
    assert letter["Subject"] == "Report: Last week (By day)"
    assert f"https://shop.example/manage/exports/{jobs()[0].token}" in text
    assert "77" not in text
    assert not letter.is_multipart()
    assert jobs()[0].sent_at == due


def test_a_letter_that_is_not_taken_is_tried_again_later(actor: Actor, folder: Path, mail_server: MailServer) -> None:
    key = planned(actor)
    due = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
    scheduling.run_due(due)
    made(folder, due)
    ways = replace(NO_WAYS, post=Mail(mail_server.url, "shop@example.org"))
    mail_server.answer_to_recipients = (451, "later")

    assert scheduling.send_finished(ways, folder, due) == 0
    assert plan_of(key).said == "mail_not_sent"
    mail_server.answer_to_recipients = (250, "fine")
    assert scheduling.send_finished(ways, folder, due + timedelta(seconds=30)) == 0, "not at once"
    assert scheduling.send_finished(ways, folder, due + timedelta(minutes=2)) == 1

    assert len(mail_server.letters) == 1
    assert plan_of(key).said is None


def test_a_mail_server_that_is_not_there_is_a_refusal_of_ours() -> None:
    with pytest.raises(MailNotSent):
        Mail("smtp://127.0.0.1:1", "shop@example.org").send("anna@example.org", "Hello", "Text")


@pytest.mark.parametrize("way", ["folder", "mail"])
def test_whoever_left_sends_nothing_any_more(
    actor: Actor, folder: Path, tmp_path: Path, mail_server: MailServer, way: str
) -> None:
    planned(actor, replace(DAILY, way=way))
    due = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
    scheduling.run_due(due)
    made(folder, due)
    with transaction() as session:
        session.execute(update(Staff).values(active=False))
    there = Ways(Mail(mail_server.url, "shop@example.org"), tmp_path / "out", None, "https://shop.example")

    assert scheduling.send_finished(there, folder, due) == 0

    assert (mail_server.letters, list((tmp_path / "out").glob("*"))) == ([], [])
    assert scheduling.send_finished(there, folder, due + timedelta(days=1)) == 0, "and it is not tried again"


def test_a_report_that_could_not_be_made_is_told_by_mail(actor: Actor, folder: Path, mail_server: MailServer) -> None:
    planned(actor)
    due = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
    scheduling.run_due(due)
    builders.give_staff(Grant(Role.PACKER))
    made(folder, due)

    scheduling.send_finished(replace(NO_WAYS, post=Mail(mail_server.url, "shop@example.org")), folder, due)

    ((_, letter),) = mail_server.letters
    assert "could not be made (may_not_export)" in letter.get_content()


def test_a_file_for_a_folder_comes_with_what_it_is(actor: Actor, folder: Path, tmp_path: Path) -> None:
    builders.a_paid_order(now=NOW - timedelta(days=3))
    planned(actor, replace(DAILY, way="folder"))
    due = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
    scheduling.run_due(due)
    made(folder, due)

    assert scheduling.send_finished(replace(NO_WAYS, folder=tmp_path / "out"), folder, due) == 1

    name = f"{jobs()[0].token[:8]}-by-day-2026-11-16-to-2026-11-22.csv"
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [name, f"{name}.json"]
    facts = json.loads((tmp_path / "out" / f"{name}.json").read_text())
    assert (facts["rows"], facts["totals"][0]["taken"], facts["made_by"], facts["sha256"]) == (
        1,
        50_00,
        "anna",
        jobs()[0].sha256,
    )
    assert (tmp_path / "out" / name).read_bytes() == making.path_of(folder, jobs()[0].token, "csv").read_bytes()


class _Bucket(http.server.BaseHTTPRequestHandler):
    server: "Buckets"

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        signed = self.headers.get("Authorization", "").startswith("AWS4-HMAC-SHA256 Credential=AKEY/")
        dated = bool(self.headers.get("x-amz-date") and self.headers.get("x-amz-content-sha256"))
        if self.server.open and signed and dated:
            self.server.stored[self.path] = body
        self.send_response(200 if self.server.open and signed and dated else 403)
        self.send_header("ETag", '"0123"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


class Buckets(http.server.ThreadingHTTPServer):
    """An S3-compatible store on loopback that wants signed requests."""

    open = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Bucket)
        self.stored: dict[str, bytes] = {}

    @property
    def url(self) -> str:
        return f"http://AKEY:SECRET@127.0.0.1:{self.server_port}/reports?region=eu-central-1"


@pytest.fixture
def buckets() -> Iterator[Buckets]:
    with Buckets() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_a_file_for_a_store_is_signed_and_comes_with_what_it_is(actor: Actor, folder: Path, buckets: Buckets) -> None:
    planned(actor, replace(DAILY, way="store"))
    due = datetime(2026, 11, 25, 5, 30, tzinfo=UTC)
    scheduling.run_due(due)
    made(folder, due)

    assert scheduling.send_finished(replace(NO_WAYS, store=ObjectStore(buckets.url)), folder, due) == 1

    name = f"/reports/{jobs()[0].token[:8]}-by-day-2026-11-16-to-2026-11-22.csv"
    assert set(buckets.stored) == {name, f"{name}.json"}
    assert buckets.stored[name] == making.path_of(folder, jobs()[0].token, "csv").read_bytes()
    assert [path.suffix for path in folder.iterdir()] == [".csv"]


def test_a_store_that_refuses_is_a_refusal_of_ours(buckets: Buckets, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"x")
    buckets.open = False

    with pytest.raises(NotStored):
        ObjectStore(buckets.url).put("x", tmp_path / "x", "text/csv")


@pytest.mark.parametrize(
    ("plan", "field"),
    [
        (replace(DAILY, target=""), "target"), (replace(DAILY, target="anna"), "target"), (replace(DAILY, target="a@b"), "target"),
        (replace(DAILY, target="a@example.org\r\nBcc: evil@example.org"), "target"), (replace(DAILY, target="A <a@example.org>"), "target"),
        (replace(DAILY, target=", ".join(f"a{n}@example.org" for n in range(11))), "target"), (replace(DAILY, way="fax"), "way"),
    ],
)  # fmt: skip
def test_a_place_that_is_none_is_refused(actor: Actor, plan: Plan, field: str) -> None:
    saved = saving.save(KEPT, actor, TODAY, NOW)

    with pytest.raises(WrongTarget) as refusal:
        saving.plan(saved, plan, ALL, actor, TODAY, NOW)

    assert list(refusal.value.fields) == [field]


def test_a_way_that_the_shop_is_not_set_up_for_is_refused(actor: Actor) -> None:
    with pytest.raises(WrongTarget) as refusal:
        saving.plan(saving.save(KEPT, actor, TODAY, NOW), DAILY, NO_WAYS.names, actor, TODAY, NOW)

    assert refusal.value.fields == {"way": ["way_not_set_up"]}


def test_a_rule_that_never_happens_is_not_planned(actor: Actor) -> None:
    saved = saving.save(KEPT, actor, TODAY, NOW)

    for rule in ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "FREQ=DAILY;UNTIL=20200101", "often"):
        with pytest.raises(WrongRule):
            saving.plan(saved, replace(DAILY, rule=rule), ALL, actor, TODAY, NOW)


def test_a_saved_report_is_its_owners_until_it_is_shared(app: Flask, actor: Actor) -> None:
    other = builders.a_colleague(Grant(Role.ADMIN), name="ben")
    mine, shared = (
        saving.save(KEPT, actor, TODAY, NOW),
        saving.save(replace(KEPT, name="For all", shared=True), actor, TODAY, NOW),
    )

    assert [one.id for one in queries.saved_reports(other)] == [shared]
    with pytest.raises(queries.NoSuchSavedReport):
        queries.saved_report(mine, other)
    with pytest.raises(queries.NoSuchSavedReport):
        saving.forget(shared, Actor(f"staff:{other}", "ben"), NOW)


def test_two_saved_reports_of_one_person_have_two_names(actor: Actor) -> None:
    saving.save(KEPT, actor, TODAY, NOW)

    with pytest.raises(SavedNameTaken):
        saving.save(KEPT, actor, TODAY, NOW)
    with pytest.raises(WrongExportPeriod):
        saving.save(replace(KEPT, name="fixed", span=Span.FIXED), actor, TODAY, NOW)


def test_a_saved_report_goes_with_its_schedules_and_what_they_made_stays(actor: Actor, folder: Path) -> None:
    planned(actor)
    scheduling.run_due(datetime(2026, 11, 25, 5, 30, tzinfo=UTC))
    (saved,) = queries.saved_reports(int(actor.key.partition(":")[2]))

    saving.forget(saved.id, actor, NOW)

    assert queries.saved_reports(saved.owner_id) == []
    assert len(queries.exports_of(actor.key)) == 1
    assert scheduling.run_due(NOW + timedelta(days=9)) == 0


def test_a_schedule_can_be_ended_by_its_owner_alone(actor: Actor) -> None:
    key = planned(actor)
    other = Actor(f"staff:{builders.a_colleague(Grant(Role.ADMIN), name='ben')}", "ben")

    with pytest.raises(saving.NoSuchSchedule):
        saving.end_plan(key, other, NOW)
    saving.end_plan(key, actor, NOW)

    assert scheduling.run_due(NOW + timedelta(days=9)) == 0
    with pytest.raises(saving.NoSuchSchedule):
        saving.end_plan(key, actor, NOW)


def test_saved_reports_are_two_questions(actor: Actor, statements: list[str]) -> None:
    for n in range(3):
        planned(actor, kept=replace(KEPT, name=f"Week {n}"))
    statements.clear()

    found = queries.saved_reports(int(actor.key.partition(":")[2]))

    assert [len(one.schedules) for one in found] == [1, 1, 1]
    assert len(statements) == 2


@pytest.mark.postgresql
def test_two_workers_run_a_schedule_once(app: Flask, actor: Actor) -> None:
    planned(actor)
    due, together = datetime(2026, 11, 25, 5, 30, tzinfo=UTC), threading.Barrier(6)
    counts: list[int] = []

    def work() -> None:
        with app.app_context():
            together.wait()
            counts.append(scheduling.run_due(due))
            db.session.remove()

    threads = [threading.Thread(target=work) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert (sum(counts), len(jobs())) == (1, 1)
