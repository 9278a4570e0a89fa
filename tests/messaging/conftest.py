"""A shop whose Official Account is the sandbox's, a mail server in memory, a clock to turn, and settings of messages."""
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import builders
import pytest
from flask import Flask
from sqlalchemy import select

from shop.base.db import holds_connection, reading
from shop.base.ids import TravellerId
from shop.gateways.mail import MailNotSent
from shop.gateways.official_account import OfficialAccount
from shop.messaging import planning, sending
from shop.messaging.models import Message
from shop.messaging.sending import Ways
from shop.orders.queries import OrderView
from shop.policies import commands as policies
from shop.sandbox import Sandbox
from shop.settings import OfficialAccountSettings

PAID, READY = "paid-template-of-the-sandbox-0000000000000001", "ready-template-of-the-sandbox-000000000000002"


class Clock:
    """Stands still until it is turned."""

    def __init__(self) -> None:
        self.now = builders.NOW

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **more: float) -> datetime:
        self.now += timedelta(**more)
        return self.now


@dataclass
class Letters:
    """A mail server in memory."""

    sent: list[tuple[str, str, str]] = field(default_factory=list)
    refusals: list[MailNotSent] = field(default_factory=list)

    def send(self, to: str, subject: str, text: str) -> None:
        assert not holds_connection(), "nothing may be locked while a letter is sent"
        if self.refusals:
            raise self.refusals.pop(0)
        self.sent.append((to, subject, text))


@pytest.fixture
def box(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    running_sandbox.control.behaviour(template_seconds=0)
    yield running_sandbox
    running_sandbox.control.reset()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def letters() -> Letters:
    return Letters()


@pytest.fixture
def ways(app: Flask, box: Sandbox, letters: Letters, clock: Clock) -> Ways:
    """The sandbox's account over HTTP, and the letters."""
    env = box.env
    account = OfficialAccount(
        OfficialAccountSettings(app_id=env["WECHAT_APP_ID"], secret=env["WECHAT_APP_SECRET"], api_url=box.url, open_url=box.url),
        clock=clock, pause=lambda seconds: None,
    )  # fmt: skip
    return Ways(account, letters, "https://shop.example")


@pytest.fixture
def wang(app: Flask, box: Sandbox) -> TravellerId:
    """Follows the account."""
    return builders.a_traveller(openid_of(box, "wang"))


def openid_of(box: Sandbox, traveller: str) -> str:
    return str(box.control.travellers()[traveller]["openid"])


@pytest.fixture
def paid(wang: TravellerId) -> OrderView:
    """An order of Wang's that is paid, and not told of yet."""
    return builders.a_paid_order(traveller=wang)


@pytest.fixture
def set_template(app: Flask) -> Callable[..., None]:
    """Choose a template of the sandbox for a moment."""

    def choose(moment: str, template_id: str = READY, fields: list[list[str]] | None = None) -> None:
        usual = [["thing1", "{counter}"], ["character_string2", "{code}"], ["time3", "{collect_until}"], ["thing4", "{line}"]]
        value = {"template_id": template_id, "fields": usual if fields is None else fields}
        policies.change("template", moment, value, seen=None, by="staff:1", now=builders.NOW)

    return choose


def messages() -> list[Any]:
    """Every message, oldest first."""
    with reading() as session:
        return list(session.execute(select(Message.__table__).order_by(Message.id)))


def the_message() -> Any:
    found = messages()
    assert len(found) == 1
    return found[0]


def send(ways: Ways, clock: Clock) -> int:
    return sending.send_due(ways, clock)


def tell_paid(order: OrderView, clock: Clock) -> None:
    planning.tell_paid(int(order.id), {}, clock())
