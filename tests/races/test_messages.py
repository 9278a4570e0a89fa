"""Workers at the same moment: one message goes out once, is planned once, and is sent again once."""
import time
from typing import Any

import builders
import pytest
from flask import Flask
from races.together import copies
from sqlalchemy import func, select, update

from shop.base.db import reading, transaction
from shop.messaging import commands, planning, queries, sending
from shop.messaging.models import Message
from shop.messaging.sending import Ways

pytestmark = pytest.mark.postgresql


class Slow:
    """An account that takes a moment for each message."""

    def __init__(self) -> None:
        self.calls: list[str] = []

    def call(self, path: str, payload: Any = None, *, again: bool = True) -> dict[str, Any]:
        self.calls.append(path)
        time.sleep(0.05)
        return {"errcode": 0, "msgid": 1}


def planned() -> int:
    """A message that waits; answers its key."""
    order = builders.a_paid_order()
    planning.tell_paid(int(order.id), {}, builders.NOW)
    with reading() as session:
        return int(session.scalars(select(Message.id)).one())


def test_8_workers_send_one_message_once(app: Flask) -> None:
    message, account = planned(), Slow()
    ways = Ways(account, None, "https://shop.example")  # type: ignore[arg-type]

    answers = copies(app, 8, lambda _: sending.send(message, ways, builders.NOW))

    assert len(account.calls) == 1
    assert sorted(map(bool, answers)) == [False] * 7 + [True]


def test_the_control_who_only_looks_before_sending_sends_several(app: Flask) -> None:
    message, account = planned(), Slow()

    def naive(_: int) -> None:
        if queries.waiting(message) is not None:
            account.call("/cgi-bin/message/custom/send")
            with transaction() as session:
                session.execute(update(Message).where(Message.id == message).values(state="accepted"))

    copies(app, 8, naive)

    assert len(account.calls) > 1


def test_8_workers_hear_of_one_payment_and_it_is_planned_once(app: Flask) -> None:
    order = builders.a_paid_order()

    copies(app, 8, lambda _: planning.tell_paid(int(order.id), {}, builders.NOW))

    assert len(queries.messages_of(order.id)) == 1


def test_8_clicks_on_send_again_are_one_message(app: Flask) -> None:
    message = planned()
    with transaction() as session:
        session.execute(update(Message).values(state="failed"))
    number = queries.for_a_person(builders.NOW)[0].order_number

    answers = copies(app, 8, lambda _: commands.send_again(str(number), message, "one-key", by="staff:1", now=builders.NOW))

    assert sorted(answers) == [False] * 7 + [True]
    with reading() as session:
        assert session.scalar(select(func.count(Message.id))) == 2
