"""The counter with the server stopped: the page opens, scans are judged and kept, and sent when it is back."""

import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import turns
from browser import axe
from browser.conftest import Phone
from browser.looking import boarding_pass as pass_of
from browser.open_shop import OTHER_POINT, POINT, OpenShop
from browser.test_accessibility import each_language
from playwright.sync_api import BrowserContext, Page, expect

MANY = 50
READY = "() => navigator.serviceWorker.ready.then(() => caches.keys()).then(names => names.some(name => /^counter-[0-9a-f]/.test(name)))"
WAIT = 15_000  # ms; the page asks again every few seconds

# What the page keeps; -1 while it has made no store (the test must not make an empty one in its place).
COUNT = """() => new Promise(answer => { const open = indexedDB.open('counter');
    open.onupgradeneeded = () => open.transaction.abort();
    open.onerror = () => answer(-1);
    open.onsuccess = () => {
        const all = open.result.transaction('parcels').objectStore('parcels').count();
        all.onsuccess = () => { open.result.close(); answer(all.result); }; }; })"""
# The last contact was so many milliseconds ago (a negative number).
LAST_CONTACT = """shift => new Promise(answer => { const open = indexedDB.open('counter');
    open.onsuccess = () => {
        const change = open.result.transaction('facts', 'readwrite');
        for (const name of ['contact', 'seen']) change.objectStore('facts').put(Date.now() + shift, name);
        change.oncomplete = () => { open.result.close(); answer(true); }; }; })"""
NO_SCRIPT = "/counter/app.webmanifest"  # below /counter/, and no page
NO_STORE = "Object.defineProperty(window, 'indexedDB', { value: { open() { throw new DOMException('no', 'SecurityError') } } })"
# From inside the page, with nothing in focus: a busy test machine would type like a person.
TYPE_AS_SCANNER = """keys => { document.activeElement.blur();
    keys.forEach(key => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }))); }"""


class Server:
    """The shop's web process, to be stopped and started in the middle of a test."""

    def __init__(self, shop: OpenShop) -> None:
        self.processes = shop.processes
        line = self.processes.running["web"]
        self.port = int(urlsplit(_bound(line.pid)).port or 0)

    def stop(self) -> None:
        web = self.processes.running["web"]
        web.send_signal(signal.SIGTERM)
        web.wait(timeout=20)

    def start(self) -> None:
        if self.processes.running["web"].poll() is not None:
            self.processes.start_web(self.port)


def _bound(pid: int) -> str:
    with open(f"/proc/{pid}/environ", "rb") as file:
        named = dict(part.split(b"=", 1) for part in file.read().split(b"\0") if b"=" in part)
    return f"http://{named[b'SHOP_BIND'].decode()}"


@pytest.fixture
def server(shop: OpenShop) -> Iterator[Server]:
    """Running again when the test is over, whatever happened."""
    made = Server(shop)
    yield made
    made.start()


@pytest.fixture
def counter_page(new_context: Callable[..., BrowserContext], shop: OpenShop) -> Callable[..., Page]:
    """A signed-in counter whose browser has kept everything. Not watched for failed requests: they are meant to fail."""

    def make(language: str = "en-GB", **more: object) -> Page:
        context = new_context(locale=language, timezone_id="Europe/Berlin", base_url=shop.url, color_scheme="light", **more)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.goto("/counter/sign-in")
        page.locator("#token").fill(shop.counter_token)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{shop.url}/counter/")
        until(page, READY, bool)
        return page

    return make


def parcels(phone: Phone, shop: OpenShop, who: str, count: int = 1) -> list[dict[str, str]]:
    context = phone()
    shop.sign_in(context, who)
    found = [shop.pickup(context, shop.paid_order(context)) for _ in range(count)]
    fly_today(shop)
    return found


def fly_today(shop: OpenShop) -> None:
    """Orders can be placed for another day only; the list that a counter keeps is of the next hours."""
    times = [(datetime.now(UTC) + timedelta(hours=hours)).strftime("%Y-%m-%d %H:%M:%S.%f") for hours in (-1, 6, 0)]
    with closing(sqlite3.connect(shop.database, timeout=20)) as database, database:
        database.execute("UPDATE orders SET collect_from = ?, collect_until = ?, changed_at = ? WHERE state = 'paid'", times)


def until(page: Page, question: str, holds: Callable[[Any], bool]) -> None:
    """Ask until the answer is right. (`wait_for_function` takes a promise for a yes.)"""
    end = time.monotonic() + WAIT / 1000
    while not holds(said := page.evaluate(question)):
        assert time.monotonic() < end, said
        page.wait_for_timeout(100)


def knows(page: Page, count: int) -> None:
    """Wait until the browser has this many parcels; a counter that was just opened has asked by itself."""
    page.reload()
    until(page, COUNT, lambda found: found >= count)


def scan(page: Page, text: str) -> None:
    page.keyboard.type(text)
    page.keyboard.press("Enter")


def hand_over(page: Page, text: str) -> None:
    """Scan, look, hand over: all with the keyboard."""
    scan(page, text)
    page.locator("[data-outcome=look], [data-outcome=needs_check]").wait_for()
    for box in page.locator("main .form-check-input").all():
        box.check()
    page.locator("form[action='/counter/scan'] button").press("Enter")
    page.locator("[data-outcome=collected]").wait_for()


def scans(shop: OpenShop, after: int = 0) -> list[tuple[str, str, str]]:
    """`scan_id`, outcome and the device's time of each scan after the first so many, in the order in which they came."""
    with closing(sqlite3.connect(f"file:{quote(str(shop.database))}?mode=ro", uri=True, timeout=20)) as database:
        asked = "SELECT scan_id, outcome, scanned_at FROM scans ORDER BY id LIMIT -1 OFFSET ?"
        return database.execute(asked, (after,)).fetchall()


def goes_offline(page: Page) -> None:
    expect(page.locator("#tools[data-online=false]")).to_be_attached(timeout=WAIT)


def test_fifty_hand_overs_without_the_server_reach_it_once_each_with_their_times(
    phone: Phone, shop: OpenShop, server: Server, counter_page: Callable[..., Page]
) -> None:
    codes = [one["code"] if n % 2 else one["token"] for n, one in enumerate(parcels(phone, shop, "one-of-many", MANY))]
    before = len(scans(shop))
    page = counter_page()
    knows(page, MANY)
    server.stop()

    for n, code in enumerate(codes):
        if n in (0, 20, 35):
            page.reload()
            page.locator("#code").wait_for()
            goes_offline(page)
        hand_over(page, code)
    expect(page.locator(f"#tools[data-waiting='{MANY}']")).to_be_attached()
    scan(page, codes[0])
    expect(page.locator("[data-outcome=already_collected]")).to_be_visible()
    expect(page.locator(f"#tools[data-waiting='{MANY + 1}']")).to_be_attached()
    kept = page.evaluate(
        """() => new Promise(answer => { const open = indexedDB.open('counter'); open.onsuccess = () => {
            const all = open.result.transaction('queue').objectStore('queue').getAll();
            all.onsuccess = () => { open.result.close(); answer(all.result); }; }; })"""
    )
    server.start()
    expect(page.locator("#tools[data-online=true][data-waiting='0']")).to_be_attached(timeout=60_000)

    written = scans(shop, before)
    assert [(one["scan_id"], one.get("refused", "collected")) for one in kept] == [row[:2] for row in written]
    assert [row[1] for row in written] == ["collected"] * MANY + ["already_collected"]
    assert len({row[0] for row in written}) == MANY + 1
    for one, row in zip(kept, written, strict=True):
        assert one["scanned_at"][:19] == row[2][:19].replace(" ", "T")
    assert page.locator("[data-tool=refused]").is_hidden()


def test_the_page_opens_without_the_server_in_the_language_of_last_time(
    shop: OpenShop, server: Server, counter_page: Callable[..., Page]
) -> None:
    page = counter_page("de-DE")
    server.stop()

    page.goto("/counter/")

    goes_offline(page)
    assert page.locator("html").get_attribute("lang") == "de"
    scan(page, "7777788888")
    expect(page.locator("[data-outcome=not_listed]")).to_be_visible()


def test_the_counter_tells_a_forged_code_from_a_genuine_one_by_itself(
    phone: Phone, shop: OpenShop, server: Server, counter_page: Callable[..., Page]
) -> None:
    context = phone()
    shop.sign_in(context, "shows-a-copy")
    here, there = (shop.pickup(context, shop.paid_order(context, point=point)) for point in (POINT, OTHER_POINT))
    fly_today(shop)
    page = counter_page()
    knows(page, 1)
    server.stop()
    scan(page, here["token"][:-1] + ("0" if here["token"][-1] != "0" else "1"))
    expect(page.locator("[data-outcome=unknown]")).to_contain_text("Not a genuine code")

    scan(page, there["token"])
    expect(page.locator("[data-outcome=not_listed]")).to_be_visible()
    scan(page, here["token"])
    expect(page.locator("[data-outcome=look], [data-outcome=needs_check]")).to_be_visible()


def test_a_parcel_that_another_counter_gave_meanwhile_is_said_to_staff(
    phone: Phone, shop: OpenShop, server: Server, counter_page: Callable[..., Page]
) -> None:
    [parcel] = parcels(phone, shop, "goes-twice")
    first, second = counter_page(), counter_page()
    knows(first, 1)
    knows(second, 1)
    server.stop()
    for page in (first, second):
        hand_over(page, parcel["code"])
    server.start()
    for page in (first, second):
        expect(page.locator("#tools[data-online=true][data-waiting='0']")).to_be_attached(timeout=60_000)

    told = [page for page in (first, second) if page.locator("[data-tool=refused]").is_visible()]

    assert len(told) == 1
    expect(told[0].locator("[data-tool=refused]")).to_contain_text("Already collected")
    told[0].locator("[data-tool=refused] button").click()
    expect(told[0].locator("[data-tool=refused]")).to_be_hidden()


def test_signing_out_leaves_no_parcel_in_the_browser(
    phone: Phone, shop: OpenShop, counter_page: Callable[..., Page]
) -> None:
    parcels(phone, shop, "is-forgotten")
    page = counter_page()
    knows(page, 1)

    page.locator("form[action='/counter/sign-out'] button").click()

    page.wait_for_url("**/counter/sign-in")
    assert page.evaluate(COUNT) == 0


def test_a_lost_device_that_was_revoked_loses_its_parcels_and_is_sent_to_the_way_in(
    phone: Phone, shop: OpenShop, new_context: Callable[..., BrowserContext]
) -> None:
    parcels(phone, shop, "has-lost-nothing")
    token = shop.processes.run("create-device", "Lost tablet", "--point", POINT).strip().splitlines()[-1]
    page = new_context(base_url=shop.url).new_page()
    page.goto("/counter/sign-in")
    page.locator("#token").fill(token)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{shop.url}/counter/")
    knows(page, 1)
    with closing(sqlite3.connect(shop.database, timeout=20)) as database, database:
        database.execute("UPDATE devices SET revoked_at = created_at WHERE name = 'Lost tablet'")

    page.evaluate("() => dispatchEvent(new Event('online'))")  # it asks, as it does every minute

    page.wait_for_url("**/counter/sign-in")
    assert page.evaluate(COUNT) == 0


@turns.cases(
    ("typed", "ends"),
    [("{}", ""), ("{}", "Tab"), ("]Q3{}", "Enter"), ("{}", "Enter")],
    ids=["no end", "Tab", "the symbology's name before it", "Enter"],
)
def test_a_scanner_is_understood_however_it_ends_without_network_too(
    phone: Phone, shop: OpenShop, server: Server, counter_page: Callable[..., Page], typed: str, ends: str
) -> None:
    [parcel] = parcels(phone, shop, f"is-scanned-with-{ends or 'nothing'}-{len(typed)}")
    page = counter_page()
    knows(page, 1)
    server.stop()
    page.reload()
    goes_offline(page)

    page.evaluate(TYPE_AS_SCANNER, [*typed.format(parcel["token"]), *([ends] if ends else [])])

    expect(page.locator("[data-outcome=look], [data-outcome=needs_check]")).to_be_visible()


def today(hours: float = 0) -> datetime:
    return datetime.now(UTC) + timedelta(hours=hours)


@each_language
def test_axe_finds_nothing_on_the_screens_made_in_the_browser(
    phone: Phone, shop: OpenShop, server: Server, counter_page: Callable[..., Page], asks: Callable[..., None], language: str
) -> None:
    context = phone()
    shop.sign_in(context, f"is-read-aloud-{language}")
    numbers = [shop.paid_order(context, destination="HKG") for _ in range(2)]
    code = shop.pickup(context, numbers[0])["code"]
    fly_today(shop)
    shop.set_order(numbers[1], on_my_way_at=today(-0.1), departs_at=today(3))
    asks(boarding_pass=1, age=1, sealed_bag=1, identity=1, pieces=1)
    page = counter_page(language, viewport={"width": 390, "height": 844})
    knows(page, 2)
    server.stop()
    found = []

    def look_for_faults(outcome: str) -> None:
        page.locator(outcome).wait_for()
        found.extend(f"{outcome}, {one}" for one in axe.wrong_by_day_and_night(page))

    page.reload()
    goes_offline(page)
    look_for_faults(f".coming [data-number='{numbers[1]}']")
    scan(page, "7777788888")
    look_for_faults("[data-outcome=not_listed]")
    scan(page, pass_of())
    look_for_faults("[data-outcome=several]")
    page.locator(f"#main [data-number='{numbers[0]}']").click()
    look_for_faults("[data-outcome=needs_check]:has(~ section)")
    scan(page, code)
    look_for_faults("#check-sealed_bag")
    page.locator("#check-sealed_bag").fill("AB 1234")
    for box in page.locator("main .form-check-input").all():
        box.check()
    page.locator("form[action='/counter/scan'] button").press("Enter")
    look_for_faults("[data-outcome=collected]")
    scan(page, code)
    look_for_faults("[data-outcome=already_collected]")

    assert not found, "\n".join(found)


def test_travellers_on_the_way_are_listed_without_network_too_until_they_have_their_goods(
    phone: Phone, shop: OpenShop, server: Server, counter_page: Callable[..., Page]
) -> None:
    context = phone()
    shop.sign_in(context, "is-on-the-way")
    number = shop.paid_order(context)
    code = shop.pickup(context, number)["code"]
    fly_today(shop)
    shop.set_order(number, on_my_way_at=today(-0.1), departs_at=today(3))
    page = counter_page()
    knows(page, 1)
    server.stop()
    page.reload()
    goes_offline(page)
    coming = page.locator(f".coming [data-number='{number}']")
    expect(coming).to_contain_text("since")

    coming.press("Enter")
    expect(page.locator("[data-outcome=needs_check]")).to_contain_text("now scan the traveller")
    expect(coming).to_be_visible()
    hand_over(page, code)

    expect(coming).to_have_count(0)


def test_a_list_that_is_slow_does_not_take_the_counter_off_the_line(
    phone: Phone, shop: OpenShop, counter_page: Callable[..., Page]
) -> None:
    [parcel] = parcels(phone, shop, "waits-for-a-slow-list")
    page = counter_page()
    page.route(re.compile(r"manifest\.json\?since=(?!9{13})"), lambda _route: None)  # never answered
    page.reload()
    expect(page.locator("#tools[data-online=true]")).to_be_attached()
    page.wait_for_timeout(5000)

    scan(page, parcel["code"])

    expect(page.locator("[data-outcome=look]")).to_be_visible()
    expect(page.locator("#tools")).to_have_attribute("data-online", "true")
    assert "WANG XIAOMING" in page.locator("#main").inner_text()  # the server's page: the browser knows initials only


def test_a_private_window_is_back_on_the_line_after_a_lost_request(
    phone: Phone, shop: OpenShop, counter_page: Callable[..., Page]
) -> None:
    [parcel] = parcels(phone, shop, "stands-at-a-private-window")
    page = counter_page()
    page.add_init_script(NO_STORE)
    page.reload()
    expect(page.locator("#tools[data-online=true]")).to_be_attached()
    page.route("**/counter/look", lambda route: route.abort(), times=1)
    scan(page, parcel["code"])
    expect(page.locator("[data-outcome=needs_network]")).to_be_visible()

    expect(page.locator("#tools[data-online=true]")).to_be_attached(timeout=WAIT)
    scan(page, parcel["code"])

    expect(page.locator("[data-outcome=look]")).to_be_visible()


def test_what_a_device_knows_is_gone_when_anything_of_it_is_opened_after_the_shift(
    phone: Phone, shop: OpenShop, counter_page: Callable[..., Page]
) -> None:
    parcels(phone, shop, "is-on-a-lost-device")
    page = counter_page()
    knows(page, 1)
    page.evaluate(LAST_CONTACT, -17 * 3600 * 1000)
    page.goto(NO_SCRIPT)  # so that it is the service worker that forgets
    page.wait_for_timeout(300)
    assert page.evaluate(COUNT) >= 1

    page.evaluate(LAST_CONTACT, -19 * 3600 * 1000)
    page.goto(NO_SCRIPT)

    until(page, COUNT, lambda found: found == 0)
