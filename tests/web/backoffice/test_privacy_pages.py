"""Staff see what is due, hand out a traveller's file and erase a traveller, and it is on record."""

import builders
import pytest
from builders import NOW, SECRET
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.base.audit import AuditRow
from shop.base.db import reading
from shop.orders.queries import OrderView, order_by_number
from shop.pickup import commands as pickup
from shop.pickup.commands import Asked
from shop.privacy import forgetting
from shop.privacy.fields import PERSONAL
from shop.privacy.rules import NOBODY

PRIVACY = "/manage/privacy/"


@pytest.fixture
def collected(app: Flask) -> OrderView:
    order = builders.a_paid_order(traveller=builders.a_traveller("oWANG"))
    pickup.hand_over(Asked(builders.code_of(order), "scan-privacy", NOW), builders.a_device()[0], SECRET, NOW)
    return order


def deeds() -> list[tuple[str, str]]:
    """What was done to travellers: by what kind of actor, and what."""
    wanted = select(AuditRow).where(AuditRow.action.startswith("traveller.")).order_by(AuditRow.id)
    with reading() as session:
        return [(row.actor.partition(":")[0], row.action) for row in session.execute(wanted).scalars()]


@pytest.mark.parametrize("language", ["zh", "en", "de"])
def test_the_page_names_every_field_and_every_rule(office: FlaskClient, collected: OrderView, language: str) -> None:
    page = office.get(PRIVACY, query_string={"lang": language})

    assert page.status_code == 200
    assert all(f"<code>{column}</code>" in page.text for column in PERSONAL)
    assert 'data-rule="orders_flown"' in page.text
    assert office.get(f"{PRIVACY}traveller", query_string={"lang": language, "order": collected.number}).status_code == 200


def test_a_travellers_file_is_handed_out_and_that_is_written_down(office: FlaskClient, collected: OrderView) -> None:
    answer = office.post(f"{PRIVACY}traveller/data", data={"order": collected.number.lower()})

    assert answer.mimetype == "application/json"
    assert "oWANG" in answer.text
    assert answer.headers["Cache-Control"] == "no-store"
    assert deeds() == [("staff", "traveller.exported")]
    assert "oWANG" not in repr(list(builders.everything()["audit_log"]))


def test_a_traveller_is_erased_when_the_number_is_typed_twice(office: FlaskClient, collected: OrderView) -> None:
    page = office.get(f"{PRIVACY}traveller?order={collected.number}")
    wrong = office.post(f"{PRIVACY}traveller/erase", data={"order": collected.number, "again": "D1"})

    assert "WANG" not in page.text, "nobody needs the name for that"
    assert wrong.status_code == 422
    assert "Nobody was erased" in wrong.text
    assert order_by_number(collected.number).traveller_name == "WANG XIAOMING"

    done = office.post(f"{PRIVACY}traveller/erase", data={"order": collected.number, "again": collected.number}, follow_redirects=True)

    assert "The traveller is erased." in done.text
    assert order_by_number(collected.number).traveller_name == NOBODY
    assert deeds() == [("staff", "traveller.erased")]
    again = office.post(f"{PRIVACY}traveller/erase", data={"order": collected.number, "again": collected.number})
    assert again.status_code == 404
    assert "no such traveller" in again.text


def test_an_open_order_stands_against_it(office: FlaskClient, app: Flask) -> None:
    order = builders.a_paid_order()

    page = office.get(f"{PRIVACY}traveller?order={order.number}")
    refused = office.post(f"{PRIVACY}traveller/erase", data={"order": order.number, "again": order.number})

    assert "data-blocked" in page.text
    assert refused.status_code == 422
    assert order_by_number(order.number).traveller_name == "WANG XIAOMING"


def test_rubbish_finds_nobody(office: FlaskClient, app: Flask) -> None:
    for number in ("NOSUCH", "'; --", "x" * 500, "中文", "\x00"):
        assert office.get(f"{PRIVACY}traveller", query_string={"order": number}).status_code == 404
        assert office.post(f"{PRIVACY}traveller/data", data={"order": number}).status_code == 404


def test_the_page_costs_few_statements(office: FlaskClient, collected: OrderView, statements: list[str]) -> None:
    statements.clear()
    office.get(PRIVACY)

    assert len(statements) <= len(forgetting.RULES) + 2, "one for each rule, and who is there"
