"""What the counter's page keeps for the time without network, and what it brings back."""

import gzip
import json
import re
import time
from datetime import timedelta
from typing import Any

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from shop.base import clock
from shop.base.db import reading
from shop.base.errors import Kind, ShopError
from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.pickup import commands as pickup
from shop.pickup import conflicts
from shop.pickup.checks import Asks
from shop.pickup.models import Scan
from shop.pickup.outcomes import Outcome

SENT = {"X-CSRF-Token": "", "Origin": "http://localhost"}


@pytest.fixture
def counter(app: Flask, client: FlaskClient) -> FlaskClient:
    """A browser that is signed in as a counter's device."""
    builders.a_timetable()
    _, token = builders.a_device()
    client.post("/counter/sign-in", data={"token": token}, headers={"Origin": "http://localhost"})
    return client


def a_parcel() -> OrderView:
    order, now = builders.a_paid_order(), clock.now()
    today = {"collect_from": now - timedelta(hours=1), "collect_until": now + timedelta(hours=3)}
    builders.set_order(order.number, state=OrderState.READY.value, **today)
    return order


def listed(counter: FlaskClient) -> dict[str, Any]:
    answer = counter.get("/counter/manifest.json")
    assert answer.status_code == 200
    return dict(answer.json)


def send(counter: FlaskClient, *scans: dict[str, Any], token: str | None = None) -> Any:
    csrf = listed(counter)["csrf"] if token is None else token
    return counter.post("/counter/scans.json", json={"scans": list(scans)}, headers={**SENT, "X-CSRF-Token": csrf})


def a_scan(order: OrderView, scan_id: str, **more: Any) -> dict[str, Any]:
    code = builders.code_of(order)
    return {"code": code, "scan_id": scan_id, "scanned_at": (clock.now() - timedelta(hours=2)).isoformat(), "checks": {}, **more}


def test_the_list_holds_this_points_parcels_and_the_token_for_forms(counter: FlaskClient) -> None:
    order = a_parcel()

    answer = counter.get("/counter/manifest.json")

    assert [parcel["c"] for parcel in answer.json["parcels"]] == [builders.code_of(order)]
    assert answer.json["csrf"]
    assert answer.headers["Cache-Control"] == "no-store"


def test_what_waited_is_handed_over_once_with_the_time_it_was_scanned(counter: FlaskClient) -> None:
    order = a_parcel()
    scan = a_scan(order, "scan-0001")

    first, again = send(counter, scan), send(counter, scan)

    assert first.json["answers"][0]["outcome"] == again.json["answers"][0]["outcome"] == "collected"
    with reading() as session:
        [kept] = session.scalars(select(Scan)).all()
        assert kept.scanned_at.isoformat()[:19] == scan["scanned_at"][:19]


def test_each_scan_gets_an_answer_of_its_own_in_one_call(counter: FlaskClient) -> None:
    good, gone = a_parcel(), a_parcel()
    send(counter, a_scan(gone, "scan-0001"))

    answer = send(counter, a_scan(good, "scan-0002"), a_scan(gone, "scan-0003"))

    assert [(one["scan_id"], one["outcome"]) for one in answer.json["answers"]] == [
        ("scan-0002", "collected"), ("scan-0003", "already_collected"),
    ]  # fmt: skip
    assert answer.json["answers"][1]["by"]


def test_goods_given_under_the_id_of_another_scan_are_written_down_all_the_same(counter: FlaskClient) -> None:
    first, second, gone = a_parcel(), a_parcel(), a_parcel()
    builders.set_order(gone.number, state=OrderState.CANCELLED.value)
    scans = [a_scan(one, "scan-0001") for one in (first, second, gone)]

    answers = [[one["outcome"] for one in send(counter, *scans).json["answers"]] for _ in range(2)]

    assert answers == [["collected", "collected", "cancelled"]] * 2
    assert [order_by_number(one.number).state for one in (first, second)] == [OrderState.COLLECTED] * 2
    assert [(one.number, one.outcome.value) for one in conflicts.conflicts()] == [(gone.number, "cancelled")]
    with reading() as session:
        assert session.scalars(select(Scan.scan_id).order_by(Scan.id)).all() == ["scan-0001", "scan-0001-2", "scan-0001-3"]


class OrderElsewhere(ShopError):
    kind, code = Kind.CONFLICT, "order_state_changed"


@pytest.mark.parametrize("fault", [OrderElsewhere(), RuntimeError("a fault of ours")], ids=["may pass", "a fault"])
def test_a_scan_that_cannot_be_written_this_time_stays_and_those_behind_it_go_on(
    counter: FlaskClient, monkeypatch: pytest.MonkeyPatch, fault: Exception
) -> None:
    stuck, good, real = a_parcel(), a_parcel(), pickup.hand_over

    def hand_over(asked: pickup.Asked, *more: Any) -> Outcome:
        if asked.text == builders.code_of(stuck):
            raise fault
        return real(asked, *more)

    with monkeypatch.context() as for_now:
        for_now.setattr(pickup, "hand_over", hand_over)
        first = send(counter, a_scan(stuck, "scan-0001"), a_scan(good, "scan-0002")).json["answers"]
    then = send(counter, a_scan(stuck, "scan-0001")).json["answers"]

    assert [(one["scan_id"], one["outcome"]) for one in [*first, *then]] == [
        ("scan-0001", "later"), ("scan-0002", "collected"), ("scan-0001", "collected"),
    ]  # fmt: skip


def slowness() -> float:
    """How many times longer work takes now than on a machine that does nothing else; 1.0 when it does nothing else."""
    wall, own = time.perf_counter(), time.process_time()
    while time.process_time() - own < 0.04:
        sum(range(10_000))
    return max(1.0, (time.perf_counter() - wall) / (time.process_time() - own))


def test_2000_parcels_reach_the_page_small_and_quick(counter: FlaskClient) -> None:
    names = (f"Single Malt 十二年单一麦芽威士忌 {n}" for n in range(3))
    order = builders.a_paid_order({builders.a_product(alcohol=400, name=builders.same(name)): 1 for name in names})
    now = clock.now()
    builders.set_order(order.number, collect_from=now - timedelta(hours=1), collect_until=now + timedelta(hours=3))
    pickup.put_rules(builders.POINT, Asks(age=True, sealed_bag=True))
    builders.copies(order, 1999)
    took = []
    for _ in range(8):
        others = slowness()
        began = time.perf_counter()
        answer = counter.get("/counter/manifest.json", headers={"Accept-Encoding": "gzip, br"})
        took.append((time.perf_counter() - began) / others)
    print(f"\nmanifest of 2,000 parcels: {len(answer.data):,} bytes, {sorted(round(one * 1000) for one in took)} ms")

    assert len(json.loads(gzip.decompress(answer.data))["parcels"]) == 2000
    assert (answer.headers["Content-Encoding"], answer.headers["Vary"]) == ("gzip", "Accept-Encoding, Cookie")
    assert len(answer.data) < 300_000
    assert min(took) < 0.2


def test_who_does_not_take_gzip_gets_plain_words(counter: FlaskClient) -> None:
    for accepted in ("", "br", "gzip;q=0"):
        answer = counter.get("/counter/manifest.json", headers={"Accept-Encoding": accepted})
        assert "Content-Encoding" not in answer.headers
        assert answer.json["full"] is True


@pytest.mark.parametrize(
    "sent", [{}, {"scans": []}, {"scans": [{}]}, {"scans": [{"code": "x", "scan_id": "short", "scanned_at": "yesterday"}]}, [], "x"]
)
def test_what_is_no_list_of_scans_is_refused_and_nothing_is_written(counter: FlaskClient, sent: Any) -> None:
    csrf = listed(counter)["csrf"]

    answer = counter.post("/counter/scans.json", json=sent, headers={**SENT, "X-CSRF-Token": csrf})

    assert answer.status_code == 400
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(Scan)) == 0


def test_another_sites_form_hands_nothing_over(counter: FlaskClient) -> None:
    listed(counter)

    assert send(counter, a_scan(a_parcel(), "scan-0001"), token="made up").status_code == 403


def test_a_device_that_is_not_signed_in_is_sent_to_the_way_in(client: FlaskClient) -> None:
    answer = client.get("/counter/manifest.json")

    assert answer.status_code == 302
    assert answer.location.endswith("/counter/sign-in")


def test_the_service_worker_keeps_files_that_exist_and_changes_with_them(client: FlaskClient) -> None:
    answer = client.get("/counter/sw.js")
    kept = json.loads(re.match(r"self\.SHELL = (\{.*\});\n", answer.text)[1])  # type: ignore[index]

    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"
    for address in [*kept["files"], *kept["pages"].values()]:
        with client.get(address) as found:
            assert found.status_code == 200, address
    assert kept["version"] == json.loads(re.match(r"self\.SHELL = (\{.*\});\n", client.get("/counter/sw.js").text)[1])["version"]  # type: ignore[index]


@pytest.mark.parametrize(("lang", "words"), [("zh", "提货柜台"), ("en", "Pickup counter"), ("de", "Abholschalter")])
def test_the_kept_page_belongs_to_nobody(client: FlaskClient, lang: str, words: str) -> None:
    answer = client.get(f"/counter/shell/{lang}")

    assert words in answer.text
    assert "Set-Cookie" not in answer.headers
    assert 'name="csrf_token" value=""' in answer.text
    assert client.get(f"/counter/words/{lang}").json["outcomes"]["collected"]["says"]


def test_a_language_that_is_not_ours_has_no_page(client: FlaskClient) -> None:
    assert client.get("/counter/shell/xx").status_code == client.get("/counter/words/xx").status_code == 404


def test_the_page_can_be_installed(client: FlaskClient) -> None:
    answer = client.get("/counter/app.webmanifest")

    assert answer.mimetype == "application/manifest+json"
    assert (answer.json["start_url"], answer.json["scope"], answer.json["display"]) == ("/counter/", "/counter/", "standalone")
    for icon in answer.json["icons"]:
        with client.get(icon["src"]) as picture:
            assert picture.mimetype == "image/png"
