"""Who is at this counter: said once, shown on every page, forgotten after the shift."""
import html
from datetime import timedelta

import builders
import pytest
from flask.testing import FlaskClient
from sqlalchemy import insert

from shop.base import clock
from shop.base.db import transaction
from shop.pickup.models import Scan
from shop.pickup.shifts import LONGEST_SHIFT
from shop.web.counter import shift

SHIFT, HOME, CSRF = "/counter/shift", "/counter/", "made-by-a-page"


def sign_in(client: FlaskClient) -> int:
    device, token = builders.a_device()
    client.post("/counter/sign-in", data={"token": token})
    with client.session_transaction() as session:
        session["csrf"] = CSRF
    client.environ_base |= {"HTTP_ACCEPT_LANGUAGE": "en", "HTTP_X_CSRF_TOKEN": CSRF}
    return device.id


@pytest.fixture
def counter(client: FlaskClient) -> FlaskClient:
    sign_in(client)
    return client


def say(client: FlaskClient, name: str) -> int:
    return client.post(SHIFT, data={"name": name}).status_code


def present(client: FlaskClient) -> tuple[str | None, dict[str, str] | None]:
    """What this browser would say with a scan, and what it is told for the time without network."""
    with client:
        client.get(HOME)
        return shift.at_the_counter(), shift.for_the_browser()


def test_a_name_is_said_once_and_stands_on_the_counters_page(counter: FlaskClient) -> None:
    assert "Who is here?" in counter.get(HOME).text

    answer = counter.post(SHIFT, data={"name": " mei "})

    assert (answer.status_code, answer.headers["Location"]) == (303, HOME)
    assert ">MEI</a>" in counter.get(HOME).text
    assert present(counter)[0] == "MEI"


def test_the_next_person_takes_over_and_an_empty_name_is_nobody(counter: FlaskClient) -> None:
    said = []
    for name in ("mei", "李伟", "  "):
        say(counter, name)
        said.append(present(counter)[0])

    assert said == ["MEI", "李伟", None]


def test_the_name_is_forgotten_when_the_shift_is_over(counter: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    began = clock.now()
    monkeypatch.setattr(clock, "now", lambda: began)
    say(counter, "mei")
    assert present(counter) == ("MEI", {"name": "MEI", "until": (began + LONGEST_SHIFT).isoformat()})

    monkeypatch.setattr(clock, "now", lambda: began + LONGEST_SHIFT)

    assert present(counter) == (None, None)
    assert "Who is here?" in counter.get(HOME).text


def test_another_device_in_this_browser_does_not_inherit_the_name(counter: FlaskClient) -> None:
    say(counter, "mei")

    sign_in(counter)

    assert present(counter)[0] is None


def test_a_scanned_code_is_no_name(counter: FlaskClient) -> None:
    code = builders.code_of(builders.a_paid_order())

    answer = counter.post(SHIFT, data={"name": code})

    assert answer.status_code == 400
    assert "That is a code, not a name." in answer.text
    assert code not in answer.text
    assert present(counter)[0] is None


@pytest.mark.parametrize("name", ["", "\x00", "x" * 100_000, "<script>alert(1)</script>", "‮gnp", "\ud83d", "🛍"])
def test_whatever_is_typed_is_a_name_or_none_and_never_a_fault(counter: FlaskClient, name: str) -> None:
    assert say(counter, name.encode("utf-8", "replace").decode()) == 303

    assert "<script>alert" not in counter.get(HOME).text


def test_names_of_lately_are_offered(counter: FlaskClient) -> None:
    device_id = builders.a_device()[0].id  # another tablet of the same counter
    with transaction() as session:
        row = {"device_id": device_id, "outcome": "unknown", "scanned_at": clock.now(), "received_at": clock.now() - timedelta(hours=1)}
        session.execute(insert(Scan), [{**row, "scan_id": f"scan-000{n}", "staff": name} for n, name in enumerate(("ANNA", "A<B"))])

    page = html.unescape(counter.get(SHIFT).text)

    assert 'name="name" value="ANNA">ANNA</button>' in page
    assert 'name="name" value="A<B">A<B</button>' in page


def test_who_is_not_signed_in_says_nothing(client: FlaskClient) -> None:
    assert client.get(SHIFT).status_code == 302
    assert say(client, "mei") == 302
