"""At the counter in Chromium: taken back later, a boarding pass beside the open order, a part, a passport, whose clock and who."""

import json
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from browser.conftest import Phone
from browser.open_shop import BOTTLE, CHOCOLATE, POINT, TRIP_DAY, OpenShop
from browser.test_counter_offline import COUNT, until
from browser.test_counter_page import scan
from playwright.sync_api import BrowserContext, Page, expect

Counter = Callable[..., Page]


def asked(shop: OpenShop, question: str, *values: Any) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{quote(str(shop.database))}?mode=ro", uri=True, timeout=20)) as database:
        return database.execute(question, values).fetchall()


def a_parcel(phone: Phone, shop: OpenShop, who: str, lines: dict[str, int] | None = None) -> tuple[str, str]:
    """Number and pickup code of a paid order."""
    context = phone()
    shop.sign_in(context, who)
    number = shop.order(context, lines)
    shop.pay(context, number)
    assert shop.call(context, "POST", f"/orders/{number}/payment/check")["state"] == "paid"
    return number, shop.pickup(context, number)["code"]


def a_pass(name: str = "WANG/XIAOMING", flight: str = "CA 0932") -> str:
    return f"M1{name:<20}EABC123 FRAPEK{flight:<8}{TRIP_DAY:%j}Y012A0001 100"


@pytest.fixture
def rules(shop: OpenShop) -> Iterator[Callable[..., None]]:
    """Sets what the point asks for; nothing again when the test is over."""
    yield lambda *words: shop.processes.run("hand-over-rules", POINT, *words)
    shop.processes.run("hand-over-rules", POINT, "--nothing")


def hand_over(page: Page) -> None:
    page.locator("form[action='/counter/scan'] button").click()
    expect(page.locator("[data-outcome=collected]")).to_be_visible()


def test_a_parcel_that_went_is_taken_back_from_its_next_scan_and_by_a_supervisor_of_the_point(
    phone: Phone, shop: OpenShop, counter: Counter
) -> None:
    (_, code), page = a_parcel(phone, shop, "gave-back"), counter()
    scan(page, code)
    hand_over(page)
    scan(page, code)
    expect(page.locator("[data-outcome=already_collected]")).to_be_visible()
    page.locator("form[action='/counter/undo'] button").click()
    expect(page.locator("[data-outcome=undone]")).to_be_visible()
    scan(page, code)
    hand_over(page)

    token = shop.processes.run("create-device", "Supervisor", "--kind", "supervisor", "--point", POINT).strip().splitlines()[-1]
    supervisor = counter(token)
    scan(supervisor, code)
    supervisor.locator("form[action='/counter/undo'] button").press("Enter")
    expect(supervisor.locator("[data-outcome=undone]")).to_be_visible()

    other = counter(shop.processes.run("create-device", "Next desk", "--point", POINT).strip().splitlines()[-1])
    scan(page, code)
    hand_over(page)
    scan(other, code)
    expect(other.locator("[data-outcome=already_collected]")).to_be_visible()
    expect(other.locator("form[action='/counter/undo']")).to_have_count(0)


def test_a_boarding_pass_is_compared_with_the_open_order(
    phone: Phone, shop: OpenShop, counter: Counter, rules: Callable[..., None]
) -> None:
    rules("--boarding-pass", "--keep", "flight", "--keep", "name_match")
    (number, code), page = a_parcel(phone, shop, "shows-a-pass"), counter()
    scan(page, code)
    expect(page.locator("[name=check-boarding_pass]")).to_be_visible()

    scan(page, a_pass("SCHMIDT/ERIKA", "LH 0720"))
    expect(page.locator("[data-differs='flight name']")).to_be_visible()
    expect(page.locator("#parcel-title + span")).to_have_text(number)
    scan(page, a_pass())
    expect(page.locator("[data-outcome=look]")).to_be_visible()
    hand_over(page)

    [(details, staff)] = asked(shop, "SELECT details, staff FROM scans JOIN orders ON orders.id = order_id WHERE number = ?", number)
    assert json.loads(details)["checks"] == {"boarding_pass": {"flight": "CA932", "name_match": "same"}}
    assert staff is None


def test_a_part_is_handed_over_with_its_refund_in_one_step(phone: Phone, shop: OpenShop, counter: Counter) -> None:
    (number, code), page = a_parcel(phone, shop, "takes-a-part", {BOTTLE: 1, CHOCOLATE: 2}), counter()
    scan(page, code)
    page.locator("details:has(form[action='/counter/part']) summary").click()
    page.locator("form[action='/counter/part'] input[type=number]").first.fill("0")
    page.locator("form[action='/counter/part'] button").click()
    expect(page.locator("[data-outcome=part]")).to_be_visible()

    hand_over(page)

    expect(page.locator(".answer__text")).to_contain_text("未交付")
    assert asked(shop, "SELECT state FROM orders WHERE number = ?", number) == [("partly_collected",)]


@pytest.fixture
def tablet(new_context: Callable[..., BrowserContext], shop: OpenShop) -> Page:
    """A signed-in counter that keeps its parcels, and whose network can be cut."""
    context = new_context(locale="en-GB", timezone_id="Europe/Berlin", base_url=shop.url, color_scheme="light")
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto("/counter/sign-in")
    page.locator("#token").fill(shop.counter_token)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{shop.url}/counter/")
    return page


def test_without_network_too_a_passport_is_read_and_it_is_known_who_and_when_and_what_was_refused(
    phone: Phone, shop: OpenShop, tablet: Page, rules: Callable[..., None]
) -> None:
    rules("--identity", "--keep", "document_number", "--keep", "residence")
    (number, code), page = a_parcel(phone, shop, "reads-a-passport"), tablet
    moments = [(datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M:%S.%f") for hours in (-1, 6, 0)]
    with closing(sqlite3.connect(shop.database, timeout=20)) as database, database:
        database.execute("UPDATE orders SET collect_from = ?, collect_until = ?, changed_at = ? WHERE number = ?", (*moments, number))
    before = asked(shop, "SELECT coalesce(max(id), 0) FROM scans")[0][0]
    page.goto("/counter/shift")
    page.locator("#name").fill("mei")
    with page.expect_response(lambda response: "/counter/manifest.json" in response.url and "9999999999999" not in response.url):
        page.keyboard.press("Enter")
    expect(page.locator("#tools[data-online=true]")).to_be_attached()
    until(page, COUNT, lambda found: found >= 1)
    page.context.set_offline(True)

    scan(page, "7777788888")
    expect(page.locator("[data-outcome=not_listed]")).to_be_visible()
    scan(page, code)
    page.locator("[name=check-identity]").check()
    page.get_by_label("Number of the passport").fill("E12345678")
    page.get_by_label("Residence").fill("China")
    hand_over(page)
    page.context.set_offline(False)
    page.evaluate("() => window.dispatchEvent(new Event('online'))")
    expect(page.locator("#tools[data-online=true][data-waiting='0']")).to_be_attached(timeout=30_000)

    found = asked(shop, "SELECT outcome, staff, details FROM scans WHERE id > ? ORDER BY id", before)
    assert [row[:2] for row in found] == [("unknown", "MEI"), ("collected", "MEI")]
    assert json.loads(found[0][2]) == {"offline": True, "look": True, "told": "not_listed"}
    assert json.loads(found[1][2])["checks"] == {"identity": {"document_number": "E12345678", "residence": "CHINA"}}
    assert page.locator("[data-tool=refused]").is_hidden()


def test_the_time_of_a_scan_is_the_devices_and_a_clock_that_is_wrong_by_years_hands_over(
    phone: Phone, shop: OpenShop, counter: Counter
) -> None:
    (number, code), page = a_parcel(phone, shop, "has-a-wrong-clock"), counter()
    page.evaluate("() => { const Real = Date; Date = class extends Real { constructor(...of) { super(...(of.length ? of : [0])); } }; }")

    scan(page, code)
    hand_over(page)

    scanned = "SELECT scanned_at, received_at, collected_at FROM scans JOIN orders ON orders.id = order_id WHERE number = ?"
    [(scanned_at, received_at, collected_at)] = asked(shop, scanned, number)
    assert scanned_at.startswith("1970-01-01 00:00:00")
    assert received_at[:10] == collected_at[:10] == datetime.now(UTC).date().isoformat()
