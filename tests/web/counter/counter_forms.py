"""How tests use the counter's pages: with the forms that are on them."""

import re
from datetime import date
from typing import Any

import builders
from flask.testing import FlaskClient

from shop.orders.queries import OrderView
from shop.people.states import DeviceKind
from shop.pickup.models import Scan


def signed_in(client: FlaskClient, kind: DeviceKind = DeviceKind.COUNTER, point: str | None = builders.POINT) -> FlaskClient:
    """A browser on which a device is signed in, in English."""
    _, token = builders.a_device(kind, point)
    post(client, "/counter/sign-in", {"token": token})
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def post(client: FlaskClient, path: str, fields: dict[str, str]) -> Any:
    with client.session_transaction() as session:
        token = str(session.setdefault("csrf", "made-by-a-page"))
    return client.post(path, data={**fields, "csrf_token": token})


def scan(client: FlaskClient, page: str, text: str) -> str:
    """Put something into the scan box of a page."""
    return str(post(client, "/counter/look", {**form_in(page, "/counter/look"), "code": text}).text)


def look(client: FlaskClient, order: OrderView) -> str:
    return scan(client, client.get("/counter/").text, builders.code_of(order))


def form_in(page: str, action: str, which: int = 1) -> dict[str, str]:
    """The hidden fields of the page's first form with this address (-1: its last), and the numbers in it."""
    form = page.split(f'action="{action}"')[which].split("</form>")[0]
    hidden = re.findall(r'type="hidden" name="([\w-]+)" value="([^"]*)"', form)
    return dict(hidden + re.findall(r'type="number"[^>]* name="([\w-]+)" value="([^"]*)"', form))


def outcome_of(page: str) -> str:
    found = re.search(r'data-outcome="(\w+)"', page)
    assert found, "a page without an outcome"
    return found[1]


def scans() -> list[Scan]:
    with builders.reading() as session:
        return list(session.query(Scan).order_by(Scan.id))


def a_pass(name: str = "WANG/XIAOMING", flight: str = "CA 0932", day: date = builders.DAY, to: str = "PEK") -> str:
    """The text of a boarding pass of that name and flight."""
    return f"M1{name:<20}EABC123 FRA{to}{flight:<8}{day:%j}Y012A0001 100"
