"""The audit log is written with the deed, is never changed, and shows it when somebody got past that."""
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, timedelta, timezone
from pathlib import Path
from typing import Any

import builders
import pytest
from builders import NOW
from flask import Flask
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DatabaseError

from shop.base import audit
from shop.base.audit import START, AuditHead, AuditRow
from shop.base.db import reading, transaction

ROOT = Path(__file__).parents[2]


def say(count: int = 1, **more: Any) -> None:
    for n in range(count):
        with transaction() as session:
            audit.record(session, "staff:1", "product.price_set", f"product:SP-{n:04}", NOW, **more)


@contextmanager
def without_guards() -> Iterator[Any]:
    """What somebody with the keys of the database can do."""
    with transaction() as session:
        postgresql = builders.engine_name() == "postgresql"
        if postgresql:
            guards = [("audit_log", "")]
            session.execute(text("ALTER TABLE audit_log DISABLE TRIGGER USER"))
            session.execute(text("ALTER TABLE audit_head DISABLE TRIGGER USER"))
        else:
            found = session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'audit%'"))
            guards = [(row.name, row.sql) for row in found]
            for name, _ in guards:
                session.execute(text(f"DROP TRIGGER {name}"))
        yield session
        if postgresql:
            session.execute(text("ALTER TABLE audit_log ENABLE TRIGGER USER"))
            session.execute(text("ALTER TABLE audit_head ENABLE TRIGGER USER"))
        else:
            for _, made in guards:
                session.execute(text(made))


def test_a_deed_is_on_record_with_before_and_after(app: Flask) -> None:
    say(before={"price": 50_00}, after={"price": 45_00, "from": "2026-12-01"})

    with reading() as session:
        row = session.execute(select(AuditRow.__table__)).one()
    assert (row.id, row.at, row.actor, row.action, row.thing) == (1, NOW, "staff:1", "product.price_set", "product:SP-0000")
    assert (row.before, row.after) == ({"price": 50_00}, {"price": 45_00, "from": "2026-12-01"})
    assert row.previous_hash == START
    assert audit.verify() == audit.Chain(1, row.hash)


def undone() -> None:
    with transaction() as session:
        audit.record(session, "staff:1", "order.refunded", "order:1", NOW)
        _ = 1 / 0


def test_a_deed_that_did_not_happen_is_not_on_record(app: Flask) -> None:
    say()
    with pytest.raises(ZeroDivisionError):
        undone()

    say()

    assert (audit.verify().length, audit.verify().whole) == (2, True)


def test_an_empty_log_is_whole(app: Flask) -> None:
    assert audit.verify() == audit.Chain(0, START)


def test_what_is_written_reads_back_to_the_same_hash(app: Flask) -> None:
    say(before={"text": "é中\u0000\"\\", "n": 1.5, "list": [None, True, {"z": 1, "a": 2}], 7: "number as a name"}, after={})  # type: ignore[dict-item]
    with transaction() as session:
        audit.record(session, "x", "y", "z", NOW.astimezone(timezone(timedelta(hours=8))) + timedelta(microseconds=7))

    assert audit.verify().whole


@pytest.mark.parametrize("words", [{"price": float("nan")}, {"when": NOW}])
def test_what_json_cannot_say_is_refused_and_nothing_is_kept(app: Flask, words: dict[str, Any]) -> None:
    with pytest.raises((TypeError, ValueError)):
        say(after=words)

    assert audit.verify().length == 0


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'nobody'",
        "DELETE FROM audit_log",
        "UPDATE audit_head SET length = 0",
        "DELETE FROM audit_head",
        pytest.param("TRUNCATE audit_log", marks=pytest.mark.postgresql),
    ],
)
def test_the_database_refuses_to_change_the_log(app: Flask, statement: str) -> None:
    say(2)

    with pytest.raises(DatabaseError, match="never changed"), transaction() as session:
        session.execute(text(statement))

    assert audit.verify().length == 2


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit_log SET actor = 'staff:2' WHERE id = 3", 3),
        ("UPDATE audit_log SET after = '{\"price\": 1}' WHERE id = 4", 4),
        ("UPDATE audit_log SET before = NULL WHERE id = 2", 2),
        ("UPDATE audit_log SET hash = previous_hash WHERE id = 2", 2),
        ("DELETE FROM audit_log WHERE id = 1", 1),
        ("DELETE FROM audit_log WHERE id = 3", 3),
        ("DELETE FROM audit_log WHERE id >= 5", 5),
        ("DELETE FROM audit_log", 1),
        ("UPDATE audit_head SET length = 4", 5),
        ("UPDATE audit_head SET hash = ''", 5),
        ("DELETE FROM audit_head", 1),
        ("SELECT 1", None),
    ],
)
def test_the_first_row_that_is_not_as_it_was_written_is_found(
    app: Flask, monkeypatch: pytest.MonkeyPatch, statement: str, broken: int | None
) -> None:
    monkeypatch.setattr(audit, "AT_A_TIME", 2)
    say(5, before={"price": 3}, after={"price": 2})

    with without_guards() as session:
        session.execute(text(statement))

    assert audit.verify().broken == broken


def test_a_row_put_in_by_hand_is_found(app: Flask) -> None:
    say(2)
    with transaction() as session:
        session.execute(insert(AuditRow).values(id=3, at=NOW, actor="a", action="b", thing="c", previous_hash="d", hash="e"))

    assert audit.verify().broken == 3


def test_a_chain_made_anew_does_not_hold_the_head_that_was_noted(app: Flask) -> None:
    say(3)
    noted = (audit.verify().length, audit.verify().hash)
    say(1)
    assert audit.verify(noted).whole

    with without_guards() as session:
        session.execute(text("DELETE FROM audit_log"))
        session.execute(text("DELETE FROM audit_head"))
    say(4, before={"a": "better story"})

    assert audit.verify().whole
    assert audit.verify(noted).broken == 3


def test_the_command_line_says_whether_the_chain_is_whole(app: Flask, database_url: str) -> None:
    def verify(*more: str) -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "SHOP_ENV": "demo", "SHOP_DATABASE_URL": database_url}
        words = [sys.executable, "-m", "shop", "audit", "verify", *more]
        return subprocess.run(words, capture_output=True, text=True, check=False, env=environment, cwd=ROOT)

    say(2)
    good = verify()
    kept = verify("--expect", good.stdout.split()[-1])
    with without_guards() as session:
        session.execute(text("UPDATE audit_log SET thing = 'product:other' WHERE id = 2"))
    bad = verify()

    assert (good.returncode, kept.returncode, bad.returncode) == (0, 0, 1), good.stderr + kept.stderr
    assert "2 rows" in good.stdout
    assert "row 2 of 2" in bad.stderr


def test_a_record_costs_three_statements(app: Flask, statements: list[str]) -> None:
    say()

    assert len(statements) == 3
    assert NOW.tzinfo is UTC
    with reading() as session:
        assert session.scalar(select(AuditHead.length)) == 1
