"""An order that is placed by the API with a campaign remembers the last and the first touch, as one from the form does."""
from collections.abc import Callable
from typing import Any

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import aliased

from shop.base import clock
from shop.base.db import reading
from shop.campaigns import commands
from shop.campaigns.models import Campaign, OrderTouch
from shop.campaigns.states import CampaignKind
from shop.orders.queries import order_by_number

Body = Callable[..., dict[str, Any]]
Place = Callable[..., Any]


@pytest.fixture(autouse=True)
def marks(app: Flask) -> None:
    for mark in ("autumn", "gate"):
        commands.create(CampaignKind.LINK, mark, "/", mark, "staff:1", clock.now())


def touched() -> list[tuple[str, str]]:
    """First and last mark of every order that has them."""
    first, last = aliased(Campaign), aliased(Campaign)
    wanted = select(first.mark, last.mark).select_from(OrderTouch).join(first, first.id == OrderTouch.first_id)
    with reading() as session:
        return [(row[0], row[1]) for row in session.execute(wanted.join(last, last.id == OrderTouch.last_id))]


def test_the_campaign_that_is_said_is_first_and_last_when_nothing_is_known_before(place: Place, body: Body) -> None:
    number = place(body({builders.a_product(): 1}, campaign="gate")).json["number"]

    assert touched() == [("gate", "gate")]
    assert order_by_number(number).campaign == "gate"


def test_what_the_browser_has_kept_stays_the_first_touch(signed_in: FlaskClient, place: Place, body: Body) -> None:
    signed_in.get("/?c=autumn").close()

    number = place(body({builders.a_product(): 1}, campaign="gate")).json["number"]

    assert touched() == [("autumn", "gate")]
    assert order_by_number(number).campaign == "gate"


def test_nothing_said_is_what_the_browser_has_kept(signed_in: FlaskClient, place: Place, body: Body) -> None:
    signed_in.get("/?c=autumn").close()

    number = place(body({builders.a_product(): 1})).json["number"]

    assert touched() == [("autumn", "autumn")]
    assert order_by_number(number).campaign == "autumn"


@pytest.mark.parametrize("said", ["partner's own", "x" * 64, "made-up", "'; --"])
def test_a_word_of_the_caller_s_own_stays_on_the_order_and_counts_for_no_campaign(
    signed_in: FlaskClient, place: Place, body: Body, said: str
) -> None:
    signed_in.get("/?c=autumn").close()

    number = place(body({builders.a_product(): 1}, campaign=said)).json["number"]

    assert touched() == []
    assert order_by_number(number).campaign == said


def test_the_same_request_again_changes_nothing(place: Place, body: Body) -> None:
    wanted = body({builders.a_product(): 1}, campaign="gate")
    answers = [place(wanted, headers={"Idempotency-Key": "touched-once-1"}).json["number"] for _ in range(2)]

    assert answers[0] == answers[1]
    assert touched() == [("gate", "gate")]
