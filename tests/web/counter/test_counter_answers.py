"""What every answer has: an outcome with one look and one sound, and above it the travellers on the way."""

import re
from datetime import timedelta
from pathlib import Path

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.base import clock
from shop.orders.queries import OrderView
from shop.orders.states import OrderState
from shop.people.states import DeviceKind
from shop.pickup.outcomes import Name

ROOT = Path(__file__).resolve().parents[3]
CHOICE = re.compile(r'\{\{ "(\w+)" if (?:[\w.]+) else "(\w+)" \}\}|\{% if [^%]+ %\}(\w+)\{% else %\}(\w+)\{% endif %\}')


def classes() -> dict[str, str]:
    """The table of frontend/src/counter/outcomes.js, which screens and sounds made in the browser follow."""
    table = (ROOT / "frontend" / "src" / "counter" / "outcomes.js").read_text(encoding="utf-8")
    return dict(re.findall(r'(\w+): "(\w+)"', table))


def _either(text: str) -> list[str]:
    found = CHOICE.search(text)
    return [word for word in found.groups() if word] if found else [text]


def answers() -> list[tuple[str, str, str]]:
    """Template, outcome and class of each answer that the server makes."""
    found = []
    for path in sorted((ROOT / "templates" / "counter").glob("*.html")):
        text = path.read_text(encoding="utf-8")
        kind = re.search(r"\{% block kind %\}(.+?)\{% endblock %\}", text)
        outcome = re.search(r"\{% block outcome %\}(.+?)\{% endblock %\}", text)
        pairs = [(kind[1], outcome[1])] if kind and outcome and path.name != "answer.html" else []
        pairs += re.findall(r'<section class="answer answer--(\{%.*?endif %\}|\w+)[^"]*" data-outcome="(\{\{.*?\}\}|\w+)"', text)
        for looks, outcomes in pairs:
            kinds, names = _either(looks), _either(outcomes)
            assert len(kinds) == len(names), f"{path.name}: a look for each outcome"
            found += [(path.name, name, look) for look, name in zip(kinds, names, strict=True)]
    return found


@pytest.mark.parametrize(("template", "outcome", "look"), answers(), ids=lambda word: str(word))
def test_the_browser_sounds_as_the_page_looks(template: str, outcome: str, look: str) -> None:
    assert classes()[outcome] == look


def test_every_outcome_that_a_scan_or_the_browser_can_have_is_in_the_table(client: FlaskClient) -> None:
    screens = set(client.get("/counter/words/en").json["outcomes"]) - {"forged", "found"}  # these are of `unknown` and `needs_check`

    assert {name.value for name in Name} | screens <= set(classes())
    assert len(answers()) >= 25
    assert {"taken_back", "several", "undone", "refund", "shortage"} <= {outcome for _, outcome, _ in answers()}


@pytest.fixture
def counter(app: Flask, client: FlaskClient) -> FlaskClient:
    builders.a_timetable()
    _, token = builders.a_device()
    client.post("/counter/sign-in", data={"token": token}, headers={"Origin": "http://localhost"})
    return client


def is_coming(order: OrderView) -> OrderView:
    now = clock.now()
    builders.set_order(
        order.number, state=OrderState.READY.value, on_my_way_at=now - timedelta(minutes=5), departs_at=now + timedelta(hours=3),
        collect_from=now - timedelta(hours=1), collect_until=now + timedelta(hours=2),
    )  # fmt: skip
    return order


def test_the_list_of_travellers_on_the_way_stands_outside_of_the_answer_on_every_page(counter: FlaskClient) -> None:
    order = is_coming(builders.a_paid_order())

    home = counter.get("/counter/").text
    token = re.search(r'name="csrf_token" value="([^"]+)"', home)[1]  # type: ignore[index]
    answer = counter.post("/counter/look", data={"code": "7777788888", "csrf_token": token}).text

    before, main = home.split("<main ")
    assert f'data-number="{order.number}"' in before
    assert "data-live" not in main
    before, main = answer.split("<main ")
    assert 'data-live="20" data-address="/counter/" data-unknown></div>' in before  # the script asks for it at once
    assert "data-outcome" in main


def test_nobody_on_the_way_takes_no_room_and_a_label_leads_to_the_parcel(counter: FlaskClient) -> None:
    assert 'data-address="/counter/"></div>' in counter.get("/counter/").text
    order = is_coming(builders.a_paid_order())

    home = counter.get("/counter/").text
    form = re.search(r'<form method="post" action="/counter/look">.*?</form>', home, re.DOTALL)[0]  # type: ignore[index]
    sent = dict(re.findall(r'name="(\w+)" value="([^"]*)"', form))

    assert builders.code_of(order) not in home
    assert order.number in counter.post("/counter/look", data=sent).text


def test_the_list_of_a_device_of_all_points_names_the_point(app: Flask, client: FlaskClient) -> None:
    builders.a_timetable()
    is_coming(builders.a_paid_order())
    _, token = builders.a_device(DeviceKind.SUPERVISOR, None)
    client.post("/counter/sign-in", data={"token": token}, headers={"Origin": "http://localhost"})

    assert f"· {builders.POINT}" in client.get("/counter/").text
