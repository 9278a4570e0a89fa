"""Transactions are whole, never nest, and never hold a connection while the network is slow."""
from datetime import datetime, timedelta, timezone

import builders
import pytest
import requests
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import StatementError

from shop.base.db import NestedTransaction, holds_connection, reading, transaction
from shop.base.http import NetworkInsideTransaction, peer_session
from shop.base.outbox import Announcement, announce


def test_a_fault_inside_a_transaction_leaves_nothing_behind(app: Flask) -> None:
    def fails_halfway() -> None:
        with transaction() as session:
            announce(session, "it.happened", builders.NOW, 1)
            raise LookupError

    with pytest.raises(LookupError):
        fails_halfway()

    assert builders.announced() == []
    assert not holds_connection()


def test_a_command_cannot_call_a_command(app: Flask) -> None:
    def calls_another() -> None:
        with transaction() as session:
            announce(session, "it.happened", builders.NOW, 1)
            with transaction():
                pass

    with pytest.raises(NestedTransaction):
        calls_another()

    assert builders.announced() == [], "the outer one must not half-commit"


def test_after_a_nested_transaction_was_refused_the_next_one_works(app: Flask) -> None:
    with pytest.raises(NestedTransaction), transaction(), transaction():
        pass

    with transaction() as session:
        announce(session, "it.happened", builders.NOW, 7)

    assert builders.announced() == [("it.happened", 7)]


def test_a_question_inside_a_transaction_sees_what_it_has_changed(app: Flask) -> None:
    with transaction() as session:
        announce(session, "it.happened", builders.NOW, 3)
        with reading() as same:
            assert same.scalars(select(Announcement.subject)).all() == [3]
        announce(session, "and.more", builders.NOW, 4)

    assert len(builders.announced()) == 2


def test_a_question_gives_its_connection_back(app: Flask) -> None:
    with reading() as session:
        session.execute(text("SELECT 1"))
        assert holds_connection()

    assert not holds_connection()


@pytest.mark.parametrize("scope", [transaction, reading], ids=["transaction", "reading"])
def test_nothing_is_sent_while_a_connection_is_held(app: Flask, scope: object) -> None:
    def asks_a_peer() -> None:
        with scope() as session:  # type: ignore[operator]
            session.execute(text("SELECT 1"))
            peer_session("http://127.0.0.1:1").get("https://example.test/")

    with pytest.raises(NetworkInsideTransaction):
        asks_a_peer()


def test_without_a_connection_the_peer_is_called_at_its_address(app: Flask) -> None:
    with reading() as session:
        session.execute(text("SELECT 1"))

    with pytest.raises(requests.ConnectionError):  # nobody listens there, so it was tried
        peer_session("http://127.0.0.1:1").get("https://example.test/")


def test_a_moment_without_a_zone_is_refused(app: Flask) -> None:
    with pytest.raises(StatementError, match="naive datetime"), transaction() as session:
        announce(session, "it.happened", datetime(2026, 11, 24, 8, 0), 1)  # noqa: DTZ001


def test_a_moment_of_any_zone_comes_back_in_utc(app: Flask) -> None:
    beijing = datetime(2026, 11, 24, 16, 0, tzinfo=timezone(timedelta(hours=8)))

    with transaction() as session:
        announce(session, "it.happened", beijing, 1)

    with reading() as session:
        stored = session.scalars(select(Announcement.at)).one()
    assert stored == beijing
    assert stored.utcoffset() == timedelta(0)
