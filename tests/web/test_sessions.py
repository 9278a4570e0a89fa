"""The session's cookie holds as long on a phone whose clock is wrong."""

import pytest
from flask.testing import FlaskClient

pytestmark = pytest.mark.database


def test_the_session_says_its_age_in_seconds_and_no_date(client: FlaskClient) -> None:
    answer = client.get("/sign-in?next=/orders/")

    (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if "shop=" in one]
    assert f"Max-Age={30 * 24 * 3600}" in cookie
    assert "Expires=" not in cookie
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_signing_out_still_takes_the_cookie_away(client: FlaskClient) -> None:
    client.get("/sign-in?next=/orders/")
    with client.session_transaction() as session:
        token = session.get("csrf", "")
    answer = client.post("/sign-out", data={"csrf_token": token}, headers={"Origin": "http://localhost"})

    assert any("shop=;" in one and "Max-Age=0" in one for one in answer.headers.getlist("Set-Cookie")), answer.headers
