"""Who gets into the back office, and who is locked out."""
import builders
import pytest
from flask.testing import FlaskClient

from shop.people import staffing

SIGN_IN = "/manage/sign-in"
NAME, PASSWORD = "lin", "a long password"


@pytest.fixture
def manager(client: FlaskClient) -> FlaskClient:
    """A browser in front of the sign-in page of a shop that has one manager."""
    staffing.create_manager(NAME, PASSWORD, builders.NOW)
    return client


def test_a_manager_signs_in_and_reaches_the_page_that_was_wanted(manager: FlaskClient) -> None:
    sent_away = manager.get("/manage/orders/")
    assert sent_away.headers["Location"].startswith(SIGN_IN)

    answer = manager.post(SIGN_IN, data={"name": NAME, "password": PASSWORD, "next": "/manage/orders/"})

    assert answer.status_code == 303
    assert answer.headers["Location"] == "/manage/orders/"
    assert manager.get("/manage/orders/").status_code == 200


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example/", "//evil.example", "/manage//evil.example", "/manage/\\evil", "/orders", "/manage/nowhere", "",
     "/manage/\r\nX: y", "/manage/devices/3/revoke", "/manage/" + "a" * 500],
)  # fmt: skip
def test_a_sign_in_leads_nowhere_else(manager: FlaskClient, wanted: str) -> None:
    answer = manager.post(SIGN_IN, data={"name": NAME, "password": PASSWORD, "next": wanted})

    assert answer.headers["Location"] == "/manage/"


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        ({"name": NAME, "password": "wrong"}, 401), ({"name": "nobody", "password": PASSWORD}, 401), ({"name": NAME}, 400), ({}, 400),
        ({"name": "x" * 81, "password": "y"}, 400), ({"name": "a\x00b", "password": "y"}, 400),
        ({"name": NAME, "password": "y" * 2000}, 400),
    ],
)  # fmt: skip
def test_a_wrong_sign_in_keeps_the_name_and_never_the_password(manager: FlaskClient, sent: dict[str, str], status: int) -> None:
    answer = manager.post(SIGN_IN, data=sent)

    assert answer.status_code == status
    assert f'value="{sent.get("name", "")}"' in answer.text
    assert not sent.get("password") or f'value="{sent["password"]}"' not in answer.text
    assert manager.get("/manage/").status_code == 302


def test_five_wrong_passwords_lock_the_name_even_for_the_right_one(manager: FlaskClient) -> None:
    wrong = [manager.post(SIGN_IN, data={"name": NAME, "password": "wrong"}).status_code for _ in range(5)]

    answer = manager.post(SIGN_IN, data={"name": NAME, "password": PASSWORD})

    assert wrong == [401] * 5
    assert answer.status_code == 429
    assert manager.get("/manage/").status_code == 302


def test_a_manager_signs_out(manager: FlaskClient) -> None:
    manager.post(SIGN_IN, data={"name": NAME, "password": PASSWORD})
    manager.get("/manage/")
    with manager.session_transaction() as session:
        token = session["csrf"]

    manager.post("/manage/sign-out", data={"csrf_token": token})

    assert manager.get("/manage/").status_code == 302


def test_signing_in_makes_old_forms_worthless(manager: FlaskClient) -> None:
    with manager.session_transaction() as session:
        session["csrf"], session["basket"] = "old", {"SP-1": 1}

    manager.post(SIGN_IN, data={"name": NAME, "password": PASSWORD, "csrf_token": "old"})

    with manager.session_transaction() as session:
        assert session.get("csrf") != "old"
        assert session["basket"] == {"SP-1": 1}


def test_a_signed_out_browser_reaches_no_page(client: FlaskClient) -> None:
    for path in ("", "orders/", "orders/D23456789A", "reports/", "reports/orders", "devices/"):
        assert client.get(f"/manage/{path}").status_code == 302, path
