"""Signing in through WeChat: silent, once, bound to the browser; and what goes wrong."""

from urllib.parse import parse_qs, urlsplit

import builders
import pytest
import requests
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from shop.base.db import reading
from shop.people.models import Traveller
from shop.sandbox import Sandbox


def through_wechat(answer: TestResponse) -> str:
    """Follow a redirect to WeChat, as the browser does, and answer the path it sends the browser back to."""
    assert answer.status_code == 302
    back = requests.get(answer.location, allow_redirects=False, timeout=10)
    assert back.status_code == 302, back.text
    parts = urlsplit(back.headers["Location"])
    assert f"{parts.scheme}://{parts.netloc}" == "http://localhost"
    return f"{parts.path}?{parts.query}"


def traveller_in(client: FlaskClient) -> int | None:
    with client.session_transaction() as session:
        return session.get("traveller")


def travellers() -> int:
    with reading() as session:
        return session.scalar(select(func.count(Traveller.id))) or 0


def test_signing_in_is_silent_and_ends_where_the_visitor_wanted_to_go(client: FlaskClient) -> None:
    away = client.get("/sign-in?next=/orders/%3Ftab=to_pay")
    asked = parse_qs(urlsplit(away.location).query)
    back = client.get(through_wechat(away))

    assert asked["scope"] == ["snsapi_base"]
    assert asked["redirect_uri"] == ["http://localhost/sign-in/wechat"]
    assert (back.status_code, back.location) == (303, "/orders/?tab=to_pay")
    assert "code=" not in back.location
    assert client.get(back.location).status_code == 200


def test_a_returning_traveller_is_the_same_one(app: Flask, client: FlaskClient) -> None:
    client.get(through_wechat(client.get("/sign-in")))
    other = app.test_client()
    other.get(through_wechat(other.get("/sign-in")))

    assert traveller_in(client) == traveller_in(other)
    assert travellers() == 1


def test_the_basket_comes_along_and_nothing_else(client: FlaskClient) -> None:
    sku = builders.a_product()
    with client.session_transaction() as session:
        session["basket"], session["csrf"], session["staff"] = {sku: 2}, "old", 7

    client.get(through_wechat(client.get("/sign-in")))

    with client.session_transaction() as session:
        assert session["basket"] == {sku: 2}
        assert "staff" not in session
        assert session.get("csrf") != "old"


def test_a_form_that_was_being_filled_in_comes_along(client: FlaskClient) -> None:
    with client.session_transaction() as session:
        session["typed"] = {"name": "LI NA"}

    client.get(through_wechat(client.get("/sign-in?next=/checkout")))

    with client.session_transaction() as session:
        assert session["typed"] == {"name": "LI NA"}


def test_who_is_signed_in_is_not_sent_to_wechat_again(signed_in: FlaskClient) -> None:
    assert signed_in.get("/sign-in?next=/checkout").location == "/checkout"


@pytest.mark.parametrize(
    "wanted", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/sign-in", "\x00"]
)
def test_nobody_is_sent_to_a_strangers_page(client: FlaskClient, wanted: str) -> None:
    back = client.get(through_wechat(client.get("/sign-in", query_string={"next": wanted})))

    assert back.location == "/"


def test_the_return_address_loaded_twice_signs_in_once(client: FlaskClient) -> None:
    address = through_wechat(client.get("/sign-in?next=/orders/"))

    first, second = client.get(address), client.get(address)

    assert (first.status_code, first.location) == (second.status_code, second.location) == (303, "/orders/")
    assert travellers() == 1


def test_a_return_in_another_browser_is_refused(app: Flask, client: FlaskClient) -> None:
    address = through_wechat(client.get("/sign-in"))
    thief = app.test_client()
    thief.get("/sign-in")

    answer = thief.get(address)

    assert traveller_in(thief) is None
    assert answer.status_code == 302  # starts again by itself, as whoever the thief is


def test_a_browser_without_cookies_is_told_and_does_not_go_round_for_ever(app: Flask) -> None:
    bare = app.test_client(use_cookies=False)

    answer = bare.get(through_wechat(bare.get("/sign-in")) + "&lang=en")

    assert answer.status_code == 422
    assert 'href="/sign-in?next=/"' in answer.text


def test_a_spent_code_starts_again_once_and_then_says_so(client: FlaskClient, wechat: Sandbox) -> None:
    address = through_wechat(client.get("/sign-in?next=/orders/"))
    spent = address.split("code=")[1].split("&")[0]
    again = client.get(address.replace(spent, "0" * 32))
    second = through_wechat(again)
    failed = client.get(second.replace(second.split("code=")[1].split("&")[0], "0" * 32) + "&lang=en")

    assert again.status_code == 302
    assert again.location.startswith(wechat.url)
    assert failed.status_code == 401
    assert "This sign-in is too old" in failed.text
    assert 'href="/sign-in?next=/orders/"' in failed.text


def test_starting_again_by_itself_ends_where_the_visitor_wanted_to_go(client: FlaskClient) -> None:
    client.get("/sign-in?next=/orders/")

    again = client.get("/sign-in/wechat?state=old&code=old")

    assert client.get(through_wechat(again)).location == "/orders/"


def test_a_return_while_another_load_is_at_work_looks_again_and_not_for_ever(client: FlaskClient) -> None:
    address = through_wechat(client.get("/sign-in"))
    spent = address.split("code=")[1].split("&")[0]
    wrong = address.replace(spent, "0" * 32)
    with client.session_transaction() as session:
        session["sign_in_again"] = True
    client.get(wrong)  # claims the state, fails at WeChat

    waiting = client.get(wrong)
    last = client.get(wrong + "&look=8")

    assert waiting.status_code == 200
    assert '<meta http-equiv="refresh" content="1;url=/sign-in/wechat?' in waiting.text
    assert "look=1" in waiting.text
    assert last.status_code == 302


def test_a_preview_visitor_does_not_become_a_customer(client: FlaskClient, wechat: Sandbox) -> None:
    wechat.control.silent("snapshot")

    answer = client.get(through_wechat(client.get("/sign-in")) + "&lang=zh")

    assert answer.status_code == 403
    assert "请点右下角「使用完整服务」" in answer.text
    assert traveller_in(client) is None
    assert travellers() == 0


def test_wechat_out_of_order_is_said_and_can_be_tried_again(client: FlaskClient, wechat: Sandbox) -> None:
    address = through_wechat(client.get("/sign-in?next=/orders/"))
    wechat.control.fault("status", status=500, count=0, path="/sns/oauth2/access_token")

    answer = client.get(address + "&lang=en")

    assert answer.status_code == 502
    assert "WeChat does not answer at the moment" in answer.text
    assert 'href="/sign-in?next=/orders/"' in answer.text


@pytest.mark.parametrize(
    "query", ["", "state=x", "code=x", "state=%00&code=%00", "state=" + "a" * 900 + "&code=" + "b" * 900]
)
def test_a_rubbish_return_is_refused(client: FlaskClient, query: str) -> None:
    answer = client.get(f"/sign-in/wechat?{query}")

    assert answer.status_code == 422
    assert traveller_in(client) is None


def test_an_old_return_address_of_a_signed_in_traveller_leads_on(signed_in: FlaskClient) -> None:
    answer = signed_in.get("/sign-in/wechat?state=old&code=old")

    assert (answer.status_code, answer.location) == (303, "/")


def test_signing_out_forgets_the_traveller(signed_in: FlaskClient) -> None:
    answer = signed_in.post("/sign-out", data={"csrf_token": "page"})

    assert answer.location == "/"
    assert traveller_in(signed_in) is None


def test_another_site_cannot_sign_a_traveller_out(signed_in: FlaskClient) -> None:
    answer = signed_in.post("/sign-out", data={"csrf_token": "page"}, headers={"Origin": "https://evil.example"})

    assert answer.status_code == 403
    assert traveller_in(signed_in) is not None


def test_the_domain_file_is_its_id_and_others_do_not_exist(client: FlaskClient) -> None:
    answer = client.get("/MP_verify_aBcDeF123456.txt")

    assert (answer.status_code, answer.text, answer.mimetype) == (200, "aBcDeF123456", "text/plain")
    assert client.get("/MP_verify_other.txt").status_code == 404
