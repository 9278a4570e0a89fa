"""How a counter device gets in, stays in, and is thrown out."""
import builders
import pytest
from flask.testing import FlaskClient

from shop.people import commands as people
from shop.people.states import DeviceKind

SIGN_IN = "/counter/sign-in"


def sign_in(client: FlaskClient, token: str) -> int:
    return client.post(SIGN_IN, data={"token": token}).status_code


def test_a_device_signs_in_with_its_token_and_sees_the_scan_box(client: FlaskClient) -> None:
    _, token = builders.a_device()

    answer = client.post(SIGN_IN, data={"token": f"  {token}\n"}, follow_redirects=True)

    assert answer.status_code == 200
    assert 'name="code"' in answer.text
    assert "Tablet" in answer.text


def test_who_is_not_signed_in_is_sent_to_the_sign_in(client: FlaskClient) -> None:
    for path in ("/counter/", "/counter/look"):
        answer = client.get(path)

        assert answer.status_code == 302
        assert answer.headers["Location"] == SIGN_IN


def test_the_address_of_an_answer_leads_back_to_the_scan_box(client: FlaskClient) -> None:
    sign_in(client, builders.a_device()[1])

    assert client.get("/counter/scan").headers["Location"] == "/counter/"


@pytest.mark.parametrize(("token", "status"), [("", 400), ("nonsense", 401), ("x" * 5000, 401), ("\x00\u200b口令", 401)])
def test_a_wrong_token_is_refused_and_not_shown_again(client: FlaskClient, token: str, status: int) -> None:
    answer = client.post(SIGN_IN, data={"token": token})

    assert answer.status_code == status
    assert 'aria-invalid="true"' in answer.text
    assert not token or token not in answer.text


def test_a_token_for_something_else_opens_no_counter(client: FlaskClient) -> None:
    _, token = builders.a_device(DeviceKind.MANAGER)

    assert sign_in(client, token) == 403
    assert client.get("/counter/").status_code == 302


def test_a_revoked_device_is_sent_to_the_sign_in_and_hands_nothing_over(client: FlaskClient) -> None:
    device, token = builders.a_device()
    order = builders.a_paid_order()
    sign_in(client, token)
    people.revoke_device(device.id, builders.NOW)

    answer = client.post("/counter/scan", data={"code": builders.code_of(order), "scan_id": "a-scan-that-is-new"})

    assert answer.headers["Location"] == SIGN_IN
    assert builders.order_by_number(order.number).collected_at is None


def test_a_device_signs_out(client: FlaskClient) -> None:
    sign_in(client, builders.a_device()[1])
    client.get("/counter/")
    with client.session_transaction() as session:
        token = session["csrf"]

    answer = client.post("/counter/sign-out", data={"csrf_token": token})

    assert answer.status_code == 303
    assert client.get("/counter/").status_code == 302


def test_signing_in_leaves_other_visitors_of_the_browser_alone_and_makes_old_forms_worthless(client: FlaskClient) -> None:
    with client.session_transaction() as session:
        session["traveller"], session["csrf"] = 7, "old"

    client.post(SIGN_IN, data={"token": builders.a_device()[1], "csrf_token": "old"})

    with client.session_transaction() as session:
        assert session["traveller"] == 7
        assert session.get("csrf") != "old"


def test_the_sign_in_page_sets_no_cookie(client: FlaskClient) -> None:
    answer = client.get(SIGN_IN)

    assert answer.status_code == 200
    assert "Set-Cookie" not in answer.headers
