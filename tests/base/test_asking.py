"""Questions asked past the layers answer as those that go through them: values, transactions, errors, lost connections."""

from datetime import UTC, timedelta, timezone

import builders
import pytest
from flask import Flask
from sqlalchemy import JSON, bindparam, literal, select, text
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError

from shop.base.asking import Question
from shop.base.db import holds_connection, reading, transaction
from shop.base.outbox import Announcement, announce

COLUMNS = Announcement.__table__.c
BY_NAME = Question(
    select(COLUMNS.id, COLUMNS.name, COLUMNS.subject, COLUMNS.facts, COLUMNS.at, COLUMNS.spread_at)
    .where(COLUMNS.name == bindparam("p_name"))
    .order_by(COLUMNS.id)
)


@pytest.fixture
def two(app: Flask) -> None:
    with transaction() as session:
        announce(session, "said", builders.NOW, 7, colour="赤")
        announce(session, "said", builders.NOW, 8)


def test_rows_have_names_and_the_values_that_were_written(two: None) -> None:
    with reading() as session:
        first, second = BY_NAME.rows(session, {"p_name": "said"})

    assert (first.subject, first.facts, first.at, first.spread_at) == (7, {"colour": "赤"}, builders.NOW, None)
    assert first.at.utcoffset() == builders.NOW.astimezone(UTC).utcoffset()
    assert (second.subject, second.facts) == (8, None)
    assert not holds_connection()


def test_the_first_row_or_none(two: None) -> None:
    with reading() as session:
        assert BY_NAME.row(session, {"p_name": "said"}).subject == 7  # type: ignore[union-attr]
        assert BY_NAME.row(session, {"p_name": "silent"}) is None


AT = Question(select(COLUMNS.subject).where(COLUMNS.at == bindparam("p_at")))
SAID = Question(select(bindparam("p_said", type_=JSON).label("said"), literal(1).label("one")))


def test_values_are_checked_and_converted_by_their_types(two: None) -> None:
    with reading() as session:
        assert [row.subject for row in AT.rows(session, {"p_at": builders.NOW.astimezone(timezone(timedelta(hours=8)))})] == [7, 8]
        assert SAID.rows(session, {"p_said": {"colour": "赤"}})[0].said == {"colour": "赤"}
    with pytest.raises((ValueError, DBAPIError, StatementError), match="naive"), reading() as session:
        AT.rows(session, {"p_at": builders.NOW.replace(tzinfo=None)})


def test_a_question_inside_a_transaction_sees_what_it_has_written(two: None) -> None:
    seen = []

    def look_and_give_up() -> None:
        with transaction() as session:
            announce(session, "said", builders.NOW, 9)
            seen.extend(row.subject for row in BY_NAME.rows(session, {"p_name": "said"}))
            raise LookupError

    with pytest.raises(LookupError):
        look_and_give_up()

    assert seen == [7, 8, 9]
    assert [subject for _, subject in builders.announced("said")] == [7, 8]


def test_a_question_is_counted_like_any_statement(two: None, statements: list[str]) -> None:
    with reading() as session:
        BY_NAME.rows(session, {"p_name": "said"})

    assert len(statements) == 1


def test_whatever_the_database_refuses_is_the_usual_error(app: Flask) -> None:
    wrong = Question(select(text("no_such_column")).select_from(Announcement.__table__))

    with pytest.raises(DBAPIError, match="no_such_column"), reading() as session:
        wrong.rows(session)


@pytest.mark.postgresql
def test_after_the_server_has_hung_up_one_question_fails_and_the_next_is_answered(two: None) -> None:
    hang_up = Question(select(text("pg_terminate_backend(pg_backend_pid())")))

    with pytest.raises(OperationalError), reading() as session:
        hang_up.rows(session)
    with reading() as session:
        rows = BY_NAME.rows(session, {"p_name": "said"})

    assert len(rows) == 2
