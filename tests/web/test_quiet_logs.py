"""What the logs of a day say of a traveller: nothing by which anybody would know them."""

import io
import logging
from collections.abc import Iterator
from datetime import timedelta

import builders
import pytest
import structlog
from builders import SECRET
from flask import Flask
from flask.testing import FlaskClient

from shop.base import clock, logs
from shop.people.rights import Grant, Role
from shop.pickup import commands as pickup
from shop.pickup.checks import Asks
from shop.pickup.commands import Asked
from shop.privacy import commands as privacy

NAME, OPENID, DOCUMENT, BORN = "OUYANG NAFANG", "oQUIETPLEASE0001", "E98765432", "1990-02-03"
PASS = "M1OUYANG/NAFANG       EQT7PNR CAFRAPEKCA 0932 330Y012A0042 100"
SECRETS = ("OUYANG", "NAFANG", OPENID, DOCUMENT, BORN, "QT7PNR")


@pytest.fixture
def written(app: Flask) -> Iterator[io.StringIO]:
    """Everything that is logged, as a machine reads it, also what is written only when somebody looks for a fault."""
    root, text = logging.getLogger(), io.StringIO()
    handlers, level = root.handlers, root.level
    logs.set_up("DEBUG")
    for handler in root.handlers:
        assert isinstance(handler, logging.StreamHandler)
        handler.setStream(text)
    logging.getLogger("shop").setLevel(logging.DEBUG)
    yield text
    root.handlers, root.level = handlers, level
    root.setLevel(level)
    logging.getLogger("shop").setLevel(logging.NOTSET)


def test_a_travellers_whole_journey_leaves_no_name_openid_or_boarding_pass_in_the_logs(
    app: Flask, client: FlaskClient, written: io.StringIO
) -> None:
    now = clock.now()
    traveller = builders.a_traveller(OPENID)
    order = builders.a_paid_order(traveller=traveller, now=now, date=(now + timedelta(days=2)).date(), name=NAME)
    device, token = builders.a_device()
    pickup.put_rules(builders.POINT, Asks(boarding_pass=True, identity=True, keeps=frozenset({"document_number"})))

    _as_traveller(client, int(traveller), order.number)
    _as_staff(client)
    _as_counter(client, token)
    shown = {"boarding_pass": {"flight": "CA932"}, "identity": {"document_number": DOCUMENT}}
    pickup.hand_over(Asked(builders.code_of(order), "quiet-scan-0002", now, checks=shown), device, SECRET, now)
    privacy.erase(traveller, by="traveller", now=now)

    said = written.getvalue()
    assert "traveller erased" in said, "the logs were listened to"
    assert said.count('"answered"') > 10
    assert [word for word in SECRETS if word in said] == []


def _as_traveller(client: FlaskClient, traveller: int, number: str) -> None:
    with client.session_transaction() as session:
        session["traveller"], session["csrf"] = traveller, "page"
    for address in (f"/orders/{number}", "/orders/", "/account/", "/account/data.json", f"/orders/{number}/pickup", "/orders/NOTMINE"):
        client.get(address)
    form = {"csrf_token": "page", "name": NAME, "birth_date": BORN, "flight": "CA932", "residence": "CN", "final_destination": "CDG"}
    client.post("/checkout", data=form)
    rubbish = {"traveller": {"name": NAME, "birth_date": BORN}, "lines": "rubbish"}
    client.post("/api/v1/orders", json=rubbish, headers={"X-CSRF-Token": "page"})
    client.post("/account/erase", data={"csrf_token": "page", "sure": "yes"})


def _as_staff(client: FlaskClient) -> None:
    with client.session_transaction() as session:
        session.clear()
    builders.sign_in_staff(client, builders.a_colleague(Grant(Role.ADMIN)))
    for address in (f"/manage/orders/?q={NAME}", "/manage/orders/DNOSUCH", f"/manage/privacy/traveller?order={OPENID}"):
        client.get(address)


def _as_counter(client: FlaskClient, token: str) -> None:
    counter = {"Authorization": f"Bearer {token}"}
    client.post("/api/v1/counter/look", json={"code": PASS}, headers=counter)
    client.post("/api/v1/counter/scans", json={"code": PASS, "scan_id": "quiet-scan-0001"}, headers=counter)
    client.post("/api/v1/counter/scans", json={"code": PASS, "scan_id": 7, "checks": {"identity": DOCUMENT}}, headers=counter)


def test_whatever_is_called_like_a_person_is_hidden(written: io.StringIO) -> None:
    logging.getLogger("shop.test").info("plain words")
    structlog.get_logger("shop.test").info("x", traveller_name=NAME, openid=OPENID, passport=DOCUMENT, facts={"birth_date": BORN})

    assert "plain words" in written.getvalue()
    assert [word for word in SECRETS if word in written.getvalue()] == []
