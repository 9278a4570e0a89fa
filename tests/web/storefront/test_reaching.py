"""How a traveller is told: a code to follow the account, and an address for mail that a letter has to confirm."""
import io
import re
from collections.abc import Iterator

import builders
import pytest
import zxingcpp
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image

from shop import reacting
from shop.base import clock, delivering
from shop.base.ids import TravellerId
from shop.messaging import addresses, follow_codes
from shop.messaging.addresses import TooManyLetters, WrongMailLink
from shop.sandbox import Sandbox

ME = "me@example.com"


class Letters:
    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []

    def send(self, to: str, subject: str, text: str) -> None:
        self.sent.append((to, subject, text))


@pytest.fixture
def letters(app: Flask) -> Iterator[Letters]:
    """A mail server for the worker and the pages."""
    wiring = app.extensions["shop"]
    mail = Letters()
    app.extensions["shop"] = builders.replace(wiring, ways=builders.replace(wiring.ways, post=mail))
    yield mail
    app.extensions["shop"] = wiring


@pytest.fixture
def mine(client: FlaskClient) -> TravellerId:
    """Whoever is signed in on the client."""
    key = builders.a_traveller()
    with client.session_transaction() as session:
        session["traveller"], session["csrf"] = key, "t"
    client.environ_base["HTTP_X_CSRF_TOKEN"] = "t"
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return key


def hear() -> None:
    now = clock.now()
    delivering.spread(reacting.REACTIONS, now)
    for delivery in delivering.due(now):
        assert delivering.deliver(delivery, reacting.REACTIONS, clock.now)


def test_an_address_is_used_only_after_its_letter_was_answered(
    client: FlaskClient, mine: TravellerId, letters: Letters, app: Flask
) -> None:
    client.post("/account/mail", data={"email": f" {ME} "})
    hear()
    to, _, text = letters.sent[0]
    link = re.search(r"http://localhost(/mail/\S+)", text)
    assert link
    stranger = app.test_client()
    stranger.environ_base["HTTP_ORIGIN"] = "http://localhost"

    looked = stranger.get(link[1])
    before = addresses.address_of(mine)
    stranger.post(link[1])
    again = stranger.post(link[1], follow_redirects=True)

    assert to == ME
    assert 'data-mail="asked"' in looked.text
    assert before is not None
    assert before.confirmed_at is None, "looking alone changes nothing"
    assert 'data-mail="confirmed"' in again.text
    assert 'data-mail="confirmed"' in client.get("/account/mail").text
    assert "Set-Cookie" not in looked.headers


def test_an_address_that_was_taken_back_or_changed_is_reached_by_no_old_link(
    client: FlaskClient, mine: TravellerId, letters: Letters
) -> None:
    client.post("/account/mail", data={"email": ME})
    old = addresses.address_of(mine)
    client.post("/account/mail", data={"email": "other@example.com"})
    new = addresses.address_of(mine)
    client.post("/account/mail", data={"step": "forget"})

    assert old
    assert new
    for key in (old.key, new.key, "", "x" * 300, "%00"):
        assert client.get(f"/mail/{key}").status_code == 404
    assert addresses.address_of(mine) is None
    assert ME not in client.get("/account/mail").text
    with pytest.raises(WrongMailLink):
        addresses.confirm(new.key, clock.now())


WRONG = ["", "me", "me@", "@example.com", "me@example", "a b@example.com", "me@example.com\nBcc: x@y.de", "x" * 400 + "@a.de"]


@pytest.mark.parametrize("typed", WRONG)
def test_what_is_no_address_is_refused_beside_the_field(client: FlaskClient, mine: TravellerId, letters: Letters, typed: str) -> None:
    answer = client.post("/account/mail", data={"email": typed})

    assert answer.status_code == 400
    assert 'id="email-error"' in answer.text
    assert addresses.address_of(mine) is None


def test_nobody_floods_a_letter_box_through_us(mine: TravellerId, app: Flask) -> None:
    for number in range(5):
        addresses.give(mine, f"victim{number}@example.com", "en", builders.NOW)
        addresses.take_back(mine)

    with pytest.raises(TooManyLetters):
        addresses.give(mine, ME, "en", builders.NOW)


def test_the_letter_s_link_ends_after_a_week(mine: TravellerId, app: Flask) -> None:
    addresses.give(mine, ME, "zh", builders.NOW)
    view = addresses.address_of(mine)

    assert view
    with pytest.raises(WrongMailLink):
        addresses.confirm(view.key, builders.NOW + addresses.LASTS * 1.01)


def test_a_paid_order_shows_a_code_that_leads_to_the_account_with_the_order_s_scene(
    client: FlaskClient, mine: TravellerId, wechat: Sandbox
) -> None:
    order, unpaid = builders.a_paid_order(traveller=mine), builders.an_order(traveller=mine)
    foreign = builders.a_paid_order()

    page = client.get(f"/orders/{order.number}").text
    pictures = [client.get(f"/orders/{order.number}/follow.png") for _ in range(2)]

    assert f'src="/orders/{order.number}/follow.png"' in page
    assert zxingcpp.read_barcodes(Image.open(io.BytesIO(pictures[0].data)))[0].text.startswith(f"{wechat.url}/phone/code/")
    assert pictures[0].data == pictures[1].data
    assert len(wechat.control.requests("/cgi-bin/qrcode/create")) == 1, "WeChat is asked once for each order"
    assert list(wechat.world.scene_codes.values())[0][0] == follow_codes.scene_of(order.number, builders.SECRET)
    assert client.get(f"/orders/{foreign.number}/follow.png").status_code == 404
    assert "follow.png" not in client.get(f"/orders/{unpaid.number}").text


def test_the_page_works_without_the_code(client: FlaskClient, mine: TravellerId, wechat: Sandbox) -> None:
    order = builders.a_paid_order(traveller=mine)
    wechat.control.fault("errcode", path="/cgi-bin/qrcode/create", errcode=48001, count=1)

    assert client.get(f"/orders/{order.number}/follow.png").status_code == 502
    assert client.get(f"/orders/{order.number}").status_code == 200


def test_a_scene_is_ours_or_none() -> None:
    number = builders.OrderNumber("D7K3M9PQ2X")
    scene = follow_codes.scene_of(number, builders.SECRET)

    assert len(scene) <= 64
    assert follow_codes.order_in(scene, builders.SECRET) == number
    other = scene[:-1] + ("0" if scene[-1] != "0" else "1")
    for wrong in (other, scene.replace("D7", "D8"), "order.D7K3M9PQ2X.", "", "campaign.1", scene + "0"):
        assert follow_codes.order_in(wrong, builders.SECRET) is None
