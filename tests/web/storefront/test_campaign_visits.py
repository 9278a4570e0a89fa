"""Visits with a mark: counted once, kept by the browser, credited at the order; pages without one stay as they were."""

from collections.abc import Callable
from datetime import timedelta

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.base import clock
from shop.base.db import reading
from shop.campaigns import commands, rules
from shop.campaigns.models import Campaign, CampaignDay, OrderTouch
from shop.campaigns.rules import KEPT, Came, Touches
from shop.campaigns.states import CampaignKind
from shop.orders.models import Order

COOKIE = "shop-from"


@pytest.fixture
def marks(app: Flask) -> None:
    for mark in ("autumn-1", "gate-b42"):
        commands.create(CampaignKind.POSTER, mark, "/products/SP-0001", mark, "staff:1", clock.now())


@pytest.fixture
def sku(app: Flask) -> str:
    return str(builders.a_product("SP-0001"))


def come(client: FlaskClient, path: str, **headers: str) -> int:
    """Open a page to its end; answers how many cookies of ours the browser has then."""
    answer = client.get(path, headers=headers)
    answer.close()
    return answer.status_code


def visits() -> dict[str, int]:
    with reading() as session:
        rows = session.execute(select(Campaign.mark, CampaignDay.visits).join(CampaignDay, CampaignDay.campaign_id == Campaign.id))
        return {row.mark: row.visits for row in rows}


@pytest.fixture
def place(signed_in: FlaskClient, checkout_form: dict[str, str]) -> Callable[[], Order]:
    """Order a bottle by the form; the order as it is kept."""

    def placed() -> Order:
        answer = signed_in.post("/checkout", data={**checkout_form, "line": f"{builders.a_product()}:1"})
        assert answer.status_code == 303
        with reading() as session:
            return session.scalars(select(Order).order_by(Order.id.desc()).limit(1)).one()

    return placed


def kept(client: FlaskClient) -> Touches | None:
    cookie = client.get_cookie(COOKIE)
    return rules.read_touches(cookie.value) if cookie else None


def test_a_visit_with_a_mark_is_counted_once_and_kept_for_a_month(client: FlaskClient, marks: None, sku: str) -> None:
    assert come(client, f"/products/{sku}?c=autumn-1") == 200
    come(client, f"/products/{sku}?c=autumn-1")
    come(client, "/?c=autumn-1")

    assert visits() == {"autumn-1": 1}
    found = kept(client)
    assert found is not None
    assert (found.first.mark, found.last.mark) == ("autumn-1", "autumn-1")
    assert client.get("/?c=autumn-1").headers["Set-Cookie"].count(f"Max-Age={int(KEPT.total_seconds())}") == 1


def test_another_mark_moves_the_last_touch_and_the_first_one_stays(client: FlaskClient, marks: None) -> None:
    come(client, "/?c=autumn-1")
    come(client, "/?c=gate-b42")

    found = kept(client)
    assert found is not None
    assert (found.first.mark, found.last.mark) == ("autumn-1", "gate-b42")
    assert visits() == {"autumn-1": 1, "gate-b42": 1}


def test_a_page_without_a_mark_sets_no_cookie_and_asks_nothing_more(
    client: FlaskClient, marks: None, sku: str, statements: list[str]
) -> None:
    client.get("/").close()
    statements.clear()
    plain = client.get(f"/products/{sku}?after=x")
    plain.close()
    without = len(statements)
    statements.clear()
    client.get(f"/products/{sku}?c=made-up").close()
    unknown = len(statements)
    statements.clear()
    marked = client.get(f"/products/{sku}?c=autumn-1")
    before_the_end = len(statements)
    marked.close()

    assert "Set-Cookie" not in plain.headers
    assert unknown == without + 1
    assert before_the_end == without + 1, "the visitor waits for one look-up of the mark, and for no counting"
    assert len(statements) == without + 2


@pytest.mark.parametrize("mark", ["made-up", "A%20B", "x" * 33, "'; DROP", "%00", "autumn-1%0d%0aSet-Cookie:x=1"])
def test_marks_that_nobody_gave_out_count_and_set_nothing(client: FlaskClient, marks: None, mark: str) -> None:
    assert come(client, f"/?c={mark}") == 200

    assert visits() == {}
    assert kept(client) is None


@pytest.mark.parametrize("header", ["DNT", "Sec-GPC"])
def test_who_does_not_want_to_be_followed_is_counted_and_keeps_nothing(client: FlaskClient, marks: None, header: str) -> None:
    come(client, "/?c=autumn-1", **{header: "1"})

    assert visits() == {"autumn-1": 1}
    assert kept(client) is None


@pytest.mark.parametrize("headers", [{"User-Agent": "SomeBot/1.0"}, {"Sec-Purpose": "prefetch"}])
def test_machines_are_no_visitors(client: FlaskClient, marks: None, headers: dict[str, str]) -> None:
    come(client, "/?c=autumn-1", **headers)

    assert visits() == {}


def test_the_short_link_leads_to_the_campaigns_page(client: FlaskClient, marks: None) -> None:
    assert client.get("/go/gate-b42").headers["Location"] == "/products/SP-0001?c=gate-b42"
    assert client.get("/go/made-up").headers["Location"] == "/"
    assert client.get("/go/" + "x" * 40).headers["Location"] == "/"


def test_the_mark_goes_through_signing_in_and_stands_on_the_order(signed_in: FlaskClient, place: Callable[[], Order], marks: None) -> None:
    come(signed_in, "/?c=gate-b42")
    come(signed_in, "/?c=autumn-1")

    order = place()

    with reading() as session:
        touch = session.scalars(select(OrderTouch).where(OrderTouch.order_id == order.id)).one()
        names = {row.id: row.mark for row in session.scalars(select(Campaign))}
    assert order.campaign == "autumn-1"
    assert (names[touch.first_id], names[touch.last_id]) == ("gate-b42", "autumn-1")


def test_a_cookie_that_somebody_made_up_credits_nothing(signed_in: FlaskClient, place: Callable[[], Order], marks: None) -> None:
    at = clock.now() - timedelta(hours=1)
    signed_in.set_cookie(COOKIE, Touches(Came("made-up", at), Came("made-up", at)).written())

    assert place().campaign is None


@pytest.mark.parametrize("text", ["x", "~.~", "a~1.b~2", "autumn-1~99999999999.autumn-1~99999999999", "\u00e9" * 10])
def test_rubbish_in_the_cookie_harms_nobody(signed_in: FlaskClient, place: Callable[[], Order], marks: None, text: str) -> None:
    signed_in.set_cookie(COOKIE, text)

    assert come(signed_in, "/?c=autumn-1") == 200
    assert place().campaign == "autumn-1"
