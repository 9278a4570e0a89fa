"""Staff say that a flight is late: by hand or with a file."""

from datetime import timedelta
from io import BytesIO

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop.base import clock
from shop.orders.queries import OrderView, order_by_number

DELAYS = "/manage/delays/"


@pytest.fixture
def order(app: Flask) -> OrderView:
    now = clock.now()
    return builders.a_paid_order(now=now, date=(now + timedelta(days=3)).date())


def upload(office: FlaskClient, text: bytes) -> tuple[int, str]:
    answer = office.post(f"{DELAYS}file", data={"file": (BytesIO(text), "delays.csv")}, follow_redirects=True)
    return answer.status_code, " ".join(answer.text.split())


def test_a_delay_by_hand_moves_its_orders_and_is_listed(office: FlaskClient, order: OrderView) -> None:
    said = {"flight": "ca 932", "date": order.flight_date.isoformat(), "minutes": "90", "local": "", "on": ""}

    answer = office.post(DELAYS, data=said, follow_redirects=True)

    assert answer.status_code == 200
    assert "1 order leaves at another time now" in answer.text
    assert "<td>CA932</td>" in answer.text
    assert order_by_number(order.number).departs_at == order.departs_at + timedelta(minutes=90)


@pytest.mark.parametrize(
    ("said", "status", "words"),
    [
        ({"flight": "", "minutes": "5"}, 422, "Please fill in this field."),
        ({"date": "soon", "minutes": "5"}, 422, "Please give a date"),
        ({"minutes": "many"}, 422, "This cannot be right."),
        ({"local": "25:00"}, 422, "Please give a time"),
        ({}, 400, "either the new time or the minutes"),
        ({"minutes": "5", "local": "15:00"}, 400, "either the new time or the minutes"),
        ({"flight": "XX12", "local": "15:00"}, 404, "We do not know this flight"),
        ({"flight": "x'<b>", "minutes": "5"}, 400, "Please check the flight number"),
    ],
)
def test_what_cannot_be_is_refused_and_stays_typed(
    office: FlaskClient, order: OrderView, said: dict[str, str], status: int, words: str
) -> None:
    answer = office.post(DELAYS, data={"flight": "CA932", "date": order.flight_date.isoformat(), **said})

    assert answer.status_code == status
    assert words in answer.text
    if said.get("minutes") == "5" and said.get("flight"):
        assert 'value="5"' in answer.text
    assert order_by_number(order.number).departs_at == order.departs_at


def test_a_file_moves_all_its_flights(office: FlaskClient, order: OrderView) -> None:
    status, page = upload(office, f"flight,date,departs\nCA932,{order.flight_date},+45\n".encode())

    assert status == 200
    assert "1 flight is noted." in page
    assert order_by_number(order.number).departs_at == order.departs_at + timedelta(minutes=45)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "There is no delay in this file."),
        (b"\xff\xfe\x00rubbish", "Line 1: A line needs flight, date and departure"),
        (b"CA932,2026-02-30,+5\n", "Line 1: Please give a date"),
        (b"x" * 140_000, "That is too much data."),
    ],
)
def test_a_file_that_cannot_be_used_is_reported_line_by_line_and_changes_nothing(
    office: FlaskClient, order: OrderView, text: bytes, words: str
) -> None:
    before = builders.everything()

    status, page = upload(office, text)

    assert status == 400
    assert words in page
    assert builders.everything() == before


def test_no_file_at_all_is_refused_too(office: FlaskClient, app: Flask) -> None:
    answer = office.post(f"{DELAYS}file")

    assert answer.status_code == 400
    assert "There is no delay in this file." in answer.text


@pytest.mark.parametrize("language", ["zh", "en", "de"])
def test_the_page_is_there_in_every_language_and_ignores_rubbish_in_its_address(office: FlaskClient, app: Flask, language: str) -> None:
    answer = office.get(DELAYS, query_string={"lang": language, "flights": "x", "orders": "1"})

    assert answer.status_code == 200
    assert "alert-success" not in answer.text
