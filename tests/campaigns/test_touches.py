"""Visits are counted and touches kept: of two browsers, of a poster in WeChat, up to the order and its forgetting."""

from datetime import date, timedelta
from threading import Thread

import builders
import pytest
from flask import Flask
from sqlalchemy import select

from shop.base.db import reading
from shop.campaigns import commands, queries
from shop.campaigns.commands import MarkTaken
from shop.campaigns.models import CampaignDay, FollowerTouch, OrderTouch
from shop.campaigns.queries import NoSuchCampaign
from shop.campaigns.rules import KEPT, Came, Touches
from shop.campaigns.states import CampaignKind
from shop.orders.queries import order_by_number
from shop.privacy import forgetting

from .conftest import ME, NOW

DAY = date(2026, 11, 24)


@pytest.fixture
def marks(app: Flask) -> tuple[str, str]:
    for mark in ("a-1", "p-1"):
        commands.create(CampaignKind.POSTER if mark[0] == "p" else CampaignKind.LINK, f"Campaign {mark}", "/", mark, ME, NOW)
    return "a-1", "p-1"


def visits() -> dict[int, int]:
    with reading() as session:
        return {row.campaign_id: row.visits for row in session.scalars(select(CampaignDay))}


def touch_of(order_id: int) -> OrderTouch | None:
    with reading() as session:
        return session.scalar(select(OrderTouch).where(OrderTouch.order_id == order_id))


def test_a_mark_is_never_given_out_twice(marks: tuple[str, str]) -> None:
    commands.end("a-1", ME, NOW)

    with pytest.raises(MarkTaken):
        commands.create(CampaignKind.LINK, "Again", "/", "a-1", ME, NOW)
    with pytest.raises(NoSuchCampaign):
        commands.end("nobody", ME, NOW)

    assert [row.campaign.mark for row in queries.listed(ended=True)] == ["a-1"]


def test_visits_of_a_day_add_up_whoever_comes_at_once(app: Flask, marks: tuple[str, str]) -> None:
    key = queries.campaign("a-1").id

    def come() -> None:
        with app.app_context():
            commands.count_visit(key, DAY)

    everybody = [Thread(target=come) for _ in range(8)]
    for one in everybody:
        one.start()
    for one in everybody:
        one.join()

    assert visits() == {key: 8}


def test_an_order_keeps_its_first_and_its_last_touch(marks: tuple[str, str]) -> None:
    order = builders.an_order(campaign="a-1")
    touches = Touches(Came("p-1", NOW - timedelta(days=3)), Came("a-1", NOW - timedelta(hours=1)))

    commands.credit(order.id, touches, NOW)
    commands.credit(order.id, touches, NOW)

    kept = touch_of(order.id)
    assert kept is not None
    assert (kept.first_id, kept.last_id) == (queries.campaign("p-1").id, queries.campaign("a-1").id)
    assert order_by_number(order.number).campaign == "a-1"


def test_marks_that_nobody_gave_out_count_for_nothing(marks: tuple[str, str]) -> None:
    order = builders.an_order()

    commands.credit(order.id, Touches(Came("made-up", NOW), Came("made-up", NOW)), NOW)

    assert touch_of(order.id) is None
    assert order_by_number(order.number).campaign is None


def test_who_scanned_a_poster_in_wechat_is_known_at_the_order(marks: tuple[str, str]) -> None:
    order = builders.a_paid_order(campaign="a-1")
    commands.credit(order.id, Touches(Came("a-1", NOW - timedelta(days=1)), Came("a-1", NOW - timedelta(days=1))), NOW)
    with reading() as session:
        from shop.people.models import Traveller

        who = session.scalars(select(Traveller).where(Traveller.id == order.traveller_id)).one()

    assert commands.scanned(who.app_id, who.openid, "p-1", NOW - timedelta(days=2))
    commands.credit_follower(order.id, NOW)

    kept = touch_of(order.id)
    assert kept is not None
    assert (kept.first_id, kept.last_id) == (queries.campaign("p-1").id, queries.campaign("a-1").id)
    assert not commands.scanned(who.app_id, who.openid, "made-up", NOW)


def test_a_scan_is_forgotten_with_its_time(marks: tuple[str, str]) -> None:
    commands.scanned("wx1", "o-1", "p-1", NOW)

    before = forgetting.forget_due(NOW + KEPT, 8)["follower_touches"]
    after = forgetting.forget_due(NOW + KEPT + timedelta(seconds=1), 8)["follower_touches"]

    with reading() as session:
        assert session.scalars(select(FollowerTouch)).all() == []
    assert (before, after) == (0, 1)
