"""What the worker does about campaigns when nobody waits: scans that WeChat tells of, publications that have ended."""

import builders
import pytest
from flask import Flask
from sqlalchemy import select

from shop import worker
from shop.base.db import reading, transaction
from shop.campaigns import commands
from shop.campaigns.models import Campaign, FollowerTouch, OrderTouch
from shop.campaigns.states import CampaignKind
from shop.orders.queries import OrderView, order_by_number
from shop.people.following import Contact, heard
from shop.people.models import Traveller
from shop.privacy import telling

from .conftest import ME, NOW


@pytest.fixture
def order(app: Flask) -> OrderView:
    commands.create(CampaignKind.POSTER, "Gate", "/", "gate-b42", ME, NOW)
    return builders.a_paid_order()


@pytest.fixture
def follower(order: OrderView) -> int:
    """Who ordered, as somebody who follows the account."""
    with transaction() as session:
        who = session.scalars(select(Traveller).where(Traveller.id == order.traveller_id)).one()
        return heard(session, who.app_id, who.openid, Contact.FOLLOW, order.placed_at, scene="c.gate-b42")


def touches() -> list[FollowerTouch]:
    with reading() as session:
        return list(session.scalars(select(FollowerTouch)))


def test_a_scan_of_a_poster_is_kept_and_credited_when_the_order_is_paid(order: OrderView, follower: int) -> None:
    worker.note_scan(follower, {"entry": 1, "scene": "c.gate-b42"}, order.placed_at)
    worker.note_scan(follower, {"entry": 1, "scene": "c.gate-b42"}, order.placed_at)
    worker.credit_follower(order.id, {}, NOW)
    worker.credit_follower(order.id, {}, NOW)

    assert len(touches()) == 1
    assert order_by_number(order.number).campaign == "gate-b42"
    with reading() as session:
        key = session.scalars(select(Campaign.id).where(Campaign.mark == "gate-b42")).one()
        assert session.scalars(select(OrderTouch.last_id)).all() == [key]
    told = telling.tell(order.traveller_id, 8, NOW)["campaigns"]
    assert [one["last_campaign"] for one in told] == ["gate-b42", "gate-b42"]  # the order's, and the scan


@pytest.mark.parametrize("scene", ["", "D234567.abcdef", "c.made-up", "c.", "c.'; DROP", "gate-b42"])
def test_scenes_that_are_no_campaigns_are_left_alone(order: OrderView, follower: int, scene: str) -> None:
    worker.note_scan(follower, {"entry": 1, "scene": scene}, NOW)
    worker.credit_follower(order.id, {}, NOW)

    assert touches() == []
    assert order_by_number(order.number).campaign is None


def test_the_end_of_a_publication_that_is_none_of_ours_asks_nobody(app: Flask) -> None:
    worker.hear_publication(1, {"publish_id": "100", "status": "0"}, NOW)
    worker.hear_publication(1, {}, NOW)

    assert touches() == []
