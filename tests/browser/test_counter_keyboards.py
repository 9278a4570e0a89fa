"""The counter's keyboard: scanners on every layout, with network and without, and a person who has no mouse."""
# ruff: noqa: F811 - a fixture that is imported is named again by who asks for it

from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import parse_qs

import turns
from browser.conftest import Phone
from browser.keyboards import HOSTS, Host, Scanner
from browser.open_shop import OpenShop
from browser.test_counter_offline import Server, counter_page, fly_today, goes_offline, knows, server  # noqa: F401 - fixtures
from playwright.sync_api import Page, expect

from shop.base.ids import OrderNumber
from shop.pickup import scan_box
from shop.pickup.scan_box import BoardingPassScanned, Scanned

PASS = "M1MEYER-LANZ/LIZZY    EABC123 FRAPEKCA 0932 330Y012A0001 100"
TODAY = datetime.now(UTC).date()
UNDERSTOOD = "[data-outcome=look], [data-outcome=needs_check]"
COUNT_ANSWERS = """() => { window.answers = 0; const main = document.getElementById('main');
    new MutationObserver(() => { window.answers += 1; }).observe(main, { attributeFilter: ['data-took'] }); }"""
# Windows tells AltGr as Ctrl and Alt together; the DevTools protocol has no AltGr.
TYPE_WITH_ALTGR = """keys => keys.forEach(key => {
    const more = key === ']' ? { ctrlKey: true, altKey: true, modifierAltGraph: true } : {};
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true, ...more })); })"""


def told(scanned: Scanned) -> object:
    """Which it is, and of a boarding pass what finds its order."""
    if isinstance(scanned, BoardingPassScanned):
        read = scanned.boarding_pass
        return read.name.upper(), [(leg.flight, leg.origin, leg.destination) for leg in read.legs]
    return scanned


def texts(shop: OpenShop, phone: Phone, who: str) -> list[str]:
    """What a traveller and a bag show: token, typed code, label, boarding pass (also with its symbology's name)."""
    context = phone()
    shop.sign_in(context, who)
    number = shop.paid_order(context)
    pickup = shop.pickup(context, number)
    code = f"{pickup['code'][:5]}-{pickup['code'][5:]}"
    fly_today(shop)
    return [pickup["token"], code, scan_box.label_text(OrderNumber(number)), PASS, f"]L0{PASS}"]


def scan(page: Page, host: Host, text: str, *, in_field: bool, enter: bool) -> None:
    """Type it, and wait for the answer to it. `answered_once` says of all scans of a page that none had a second answer."""
    before = page.evaluate("() => window.answers")
    if in_field:
        page.locator("#code").focus()
    else:
        page.evaluate("() => document.activeElement.blur()")
    Scanner(page, host).type(text, enter=enter)
    page.wait_for_function("before => window.answers > before", arg=before)
    assert page.evaluate("() => window.answers") == before + 1, (host.name, text)


def answered_once(page: Page, scans: int) -> None:
    page.wait_for_timeout(300)  # a second answer to the last scan would come by now
    assert page.evaluate("() => window.answers") == scans


def ways(host: Host) -> list[tuple[bool, bool]]:
    """In the field or past it, with Enter or without; an input method works in fields only."""
    return [(True, True), (True, False)] if host.wide or host.pinyin else [(True, True), (True, False), (False, True), (False, False)]


@turns.cases("host", HOSTS, ids=lambda host: host.name)
def test_every_layout_says_to_the_server_what_was_scanned(
    phone: Phone, shop: OpenShop, counter: Callable[..., Page], host: Host
) -> None:
    shown = texts(shop, phone, f"is-scanned-on-{host.name}")
    page = counter(language="en-GB")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or "") if request.url.endswith("/counter/look") else None)
    expect(page.locator("#tools")).to_have_attribute("data-online", "true")
    page.evaluate(COUNT_ANSWERS)

    for n, text in enumerate(shown):
        in_field, enter = ways(host)[n % len(ways(host))]
        scan(page, host, text, in_field=in_field, enter=enter)

        sent = parse_qs(asked[-1])["code"][0]
        assert told(scan_box.what_is(sent, "any", TODAY)) == told(scan_box.what_is(text, "any", TODAY)), (text, sent)
        if n < 2:
            expect(page.locator(UNDERSTOOD)).to_be_visible()
    answered_once(page, len(shown))
    assert len(asked) == len(shown)


def test_every_layout_is_understood_without_network_too(
    phone: Phone, shop: OpenShop, server: Server, counter_page: Callable[..., Page]
) -> None:
    shown = texts(shop, phone, "is-scanned-without-network")
    page = counter_page()
    knows(page, 1)
    server.stop()
    page.reload()
    goes_offline(page)
    page.evaluate(COUNT_ANSWERS)

    for host in HOSTS:
        for n, text in enumerate(shown):
            in_field, enter = ways(host)[(n + 1) % len(ways(host))]
            scan(page, host, text, in_field=in_field, enter=enter)
            if n < 2:
                expect(page.locator(UNDERSTOOD), f"{host.name}: {text}").to_be_visible()
            else:
                expect(page.locator("[data-outcome]"), f"{host.name}: {text}").not_to_have_attribute("data-outcome", "unknown")
    answered_once(page, len(HOSTS) * len(shown))


def test_a_sign_made_with_altgr_is_part_of_the_scan(phone: Phone, shop: OpenShop, counter: Callable[..., Page]) -> None:
    [token, *_] = texts(shop, phone, "is-scanned-with-altgr")
    page = counter()
    page.evaluate("() => document.activeElement.blur()")

    page.evaluate(TYPE_WITH_ALTGR, [*f"]Q3{token}", "Enter"])

    expect(page.locator(UNDERSTOOD)).to_be_visible()
