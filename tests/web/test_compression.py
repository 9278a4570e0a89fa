"""Pages are small on the way for browsers that can read them so, and whole for everybody else."""

import gzip

import pytest
from flask.testing import FlaskClient

pytestmark = pytest.mark.database


def test_a_page_is_packed_for_who_accepts_it_and_says_the_same(client: FlaskClient) -> None:
    plain, packed = client.get("/pickup-points"), client.get("/pickup-points", headers={"Accept-Encoding": "gzip, br"})

    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data
    assert int(packed.headers["Content-Length"]) == len(packed.data) < len(plain.data) / 2
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert "Accept-Encoding" in plain.headers["Vary"]


@pytest.mark.parametrize("accepted", ["", "identity", "br", "gzip;q=0", "notgzip"])
def test_who_does_not_accept_gzip_gets_the_page_as_it_is(client: FlaskClient, accepted: str) -> None:
    answer = client.get("/pickup-points", headers={"Accept-Encoding": accepted})

    assert answer.status_code == 200
    assert "Content-Encoding" not in answer.headers
    assert answer.text.lstrip().startswith("<!doctype html>")


def test_a_refusal_is_packed_too_and_files_are_left_alone(client: FlaskClient) -> None:
    accepts = {"Accept-Encoding": "gzip"}
    refused, calls = client.get("/nothing/here", headers=accepts), client.get("/api/v1/nothing", headers=accepts)

    assert refused.status_code == 404
    assert b"<!doctype html>" in (gzip.decompress(refused.data) if refused.content_encoding == "gzip" else refused.data)
    assert "Content-Encoding" not in calls.headers
