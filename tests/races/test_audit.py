"""Many deeds at once make one chain."""
import builders
import pytest
from builders import NOW
from flask import Flask
from races.together import AT_ONCE, Unguarded, copies
from sqlalchemy import select

from shop.base import audit
from shop.base.audit import START, AuditHead
from shop.base.db import transaction

pytestmark = pytest.mark.postgresql


def test_eight_writers_at_once_never_fork_the_chain(app: Flask) -> None:
    def write(n: int) -> None:
        for round_ in range(5):
            with transaction() as session:
                audit.record(session, f"staff:{n}", "product.price_set", f"product:{round_}", NOW)

    answers = copies(app, AT_ONCE, write)

    assert answers == [None] * AT_ONCE
    assert (audit.verify().length, audit.verify().whole) == (5 * AT_ONCE, True)


def test_the_very_first_rows_come_in_turn_too(app: Flask) -> None:
    def write(n: int) -> None:
        with transaction() as session:
            audit.record(session, f"staff:{n}", "product.price_set", "product:1", NOW)

    assert copies(app, 4, write) == [None] * 4
    assert audit.verify().length == 4


def test_writers_that_only_read_the_head_would_fork_it(app: Flask) -> None:
    """The control: the same race without the lock that `record` takes."""
    meeting = Unguarded(4)

    def write(_: int) -> int:
        with transaction() as session:
            head = session.execute(select(AuditHead.length)).scalar_one_or_none() or 0
            meeting.wait()
            return head + 1

    assert copies(app, 4, write) == [1] * 4, "all of them would have written row 1"
    assert audit.verify().hash == START
    assert builders.engine_name() == "postgresql"
