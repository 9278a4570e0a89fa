"""A chain of changes does the same on both engines, and in one round trip where the database can do that."""
from collections.abc import Sequence
from typing import Any

import builders
import pytest
from flask import Flask
from sqlalchemy import FromClause, bindparam, select, update

from shop.base.db import NestedTransaction, UtcDateTime, holds_connection, is_postgresql, reading, transaction
from shop.base.onego import CameShort, OneGo, Part
from shop.base.outbox import Announcement, announce, announce_part

TABLE: Any = Announcement.__table__


def _chain(must: dict[str, int] | None = None, beside: Any = None) -> OneGo:
    """Mark the announcement of a subject as spread, rename its neighbours, and announce that."""
    first = (
        update(TABLE)
        .where(TABLE.c.subject == bindparam("p_subject"), TABLE.c.spread_at.is_(None))
        .values(spread_at=bindparam("p_now", type_=UtcDateTime))
        .returning(TABLE.c.id, TABLE.c.at)
    )

    def then(source: FromClause) -> Sequence[Part]:
        others = update(TABLE).where(TABLE.c.id.not_in(select(source.c.id)), TABLE.c.at == select(source.c.at).scalar_subquery())
        return [("renamed", others.values(name="renamed")), announce_part(source, "chained")]

    return OneGo(first, then, must, beside)


CHAIN = _chain()
NAMES = select(TABLE.c.subject.label("said_of"), TABLE.c.name.label("said")).order_by(TABLE.c.subject)


@pytest.fixture
def three(app: Flask) -> None:
    with transaction() as session:
        for subject in (1, 2, 3):
            announce(session, f"said.{subject}", builders.NOW, subject)


def test_every_change_of_a_chain_is_made_and_counted(three: None) -> None:
    with transaction() as session:
        went = CHAIN.run(session, {"p_subject": 2, "p_now": builders.NOW})

    assert went.row is not None
    assert dict(went.counts) == {"renamed": 2, "announced": 1}
    assert builders.announced() == [("renamed", 1), ("said.2", 2), ("renamed", 3), ("chained", went.row.id)]


def test_nothing_follows_a_first_change_that_changed_nothing(three: None) -> None:
    before = builders.everything()

    with transaction() as session:
        went = CHAIN.run(session, {"p_subject": 99, "p_now": builders.NOW})

    assert (went.row, went.counts) == (None, {})
    assert builders.everything() == before


def test_a_chain_can_be_run_again_with_other_values(three: None) -> None:
    for subject in (1, 2, 2):
        with transaction() as session:
            CHAIN.run(session, {"p_subject": subject, "p_now": builders.NOW})

    assert len(builders.announced("chained")) == 2


def test_a_chain_is_one_statement_where_the_database_can_do_that(three: None, statements: list[str]) -> None:
    with reading() as session:
        expected = 1 if is_postgresql(session) else 3
    statements.clear()

    with transaction() as session:
        CHAIN.run(session, {"p_subject": 1, "p_now": builders.NOW})

    assert len(statements) == expected


def test_a_chain_alone_is_its_own_transaction_and_one_statement(three: None, statements: list[str]) -> None:
    with reading() as session:
        expected = 1 if is_postgresql(session) else 3
    statements.clear()

    went = CHAIN.alone({"p_subject": 2, "p_now": builders.NOW})

    assert dict(went.counts) == {"renamed": 2, "announced": 1}
    assert len(statements) == expected
    assert len(builders.announced("renamed", "chained")) == 3


@pytest.mark.parametrize("subject", [1, 99])
def test_a_chain_that_changes_what_it_must_is_kept(three: None, subject: int) -> None:
    went = _chain({"renamed": 2}).alone({"p_subject": subject, "p_now": builders.NOW})

    assert (went.row is not None) == (subject == 1)


def test_of_a_chain_that_came_short_nothing_stays(three: None) -> None:
    before = builders.everything()

    with pytest.raises(CameShort):
        _chain({"renamed": 3}).alone({"p_subject": 1, "p_now": builders.NOW})
    with pytest.raises(CameShort), transaction() as session:
        _chain({"renamed": 3}).run(session, {"p_subject": 1, "p_now": builders.NOW})

    assert builders.everything() == before
    assert not holds_connection()


@pytest.mark.parametrize("subject", [1, 99])
def test_a_question_beside_a_chain_tells_how_things_were_whether_it_went_or_not(three: None, subject: int) -> None:
    went = _chain({"renamed": 2}, NAMES).alone({"p_subject": subject, "p_now": builders.NOW})

    assert (went.row is not None) == (subject == 1)
    assert [(row.said_of, row.said) for row in went.beside] == [(1, "said.1"), (2, "said.2"), (3, "said.3")]


def test_a_chain_with_a_question_beside_it_still_is_one_statement(three: None, statements: list[str]) -> None:
    with reading() as session:
        expected = 1 if is_postgresql(session) else 4
    statements.clear()

    _chain(beside=NAMES).alone({"p_subject": 1, "p_now": builders.NOW})

    assert len(statements) == expected


def test_a_chain_that_came_short_with_a_question_beside_it_leaves_nothing(three: None) -> None:
    before = builders.everything()

    with pytest.raises(CameShort):
        _chain({"renamed": 3}, NAMES).alone({"p_subject": 1, "p_now": builders.NOW})

    assert builders.everything() == before


def test_a_chain_alone_does_not_nest(three: None) -> None:
    with pytest.raises(NestedTransaction), transaction():
        CHAIN.alone({"p_subject": 1, "p_now": builders.NOW})
