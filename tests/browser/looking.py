"""Every page there is, as addresses or as a form to fill in, for what is asked of all of them."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from browser.open_shop import BOTTLE, FLIGHT, OTHER_POINT, POINT, TRIP_DAY, OpenShop
from playwright.sync_api import BrowserContext, Page

from shop.base.ids import OrderNumber
from shop.pickup.scan_box import label_text

SOLD_OUT = "SP-0015"


@dataclass(frozen=True)
class Look:
    """One page: its name, and how to get there. `shows` is its template of the storefront; every one of these has a look."""

    name: str
    go: Callable[[Page], object]
    shows: str = ""


def _at(name: str, address: str, shows: str = "") -> Look:
    return Look(name, lambda page: page.goto(address), shows)


def _refused_checkout(page: Page) -> None:
    page.goto("/checkout")
    page.locator("#order").evaluate("form => { form.noValidate = true }")
    page.locator("#flight").fill("CA9999")
    page.locator("#date").fill(TRIP_DAY.isoformat())
    page.locator("#name").fill("7")
    page.locator("button[form=order]").click()
    page.locator(".alert--bad").wait_for()


def _tell(page: Page, flight: str) -> None:
    page.goto("/trip")
    if not page.locator("#flight").is_visible():
        page.locator("summary.summary").click()
    page.locator("#flight").fill(flight)
    page.locator("#date").fill(TRIP_DAY.isoformat())
    page.locator("#trip button").click()


def _unknown_flight(page: Page) -> None:
    _tell(page, "XX12")
    page.locator("#departure_time").wait_for()


def _stated_trip(page: Page) -> None:
    _tell(page, FLIGHT)
    page.locator("#allowance").wait_for()


def _refused_basket(page: Page) -> None:
    page.goto("/basket")
    page.locator("[data-autosubmit]").evaluate("form => { form.noValidate = true; form.quantity.value = '77'; form.requestSubmit() }")
    page.locator(".row .error").wait_for()


@dataclass(frozen=True)
class Orders:
    """One order of each kind that a page can show."""

    unpaid: str
    paid: str
    cancelled: str
    to_pay_for: str = "/orders/pay/x"  # the pay link of another traveller's order
    paid_by_others: str = "/orders/pay/y"

    @classmethod
    def of(cls, shop: OpenShop, context: BrowserContext) -> "Orders":
        unpaid, cancelled = shop.order(context), shop.order(context)
        shop.call(context, "POST", f"/orders/{cancelled}/cancel")
        assert context.browser is not None
        with context.browser.new_context(base_url=shop.url) as other:
            shop.sign_in(other, "another")
            numbers = shop.order(other), shop.order(other)
            links = [pay_link(shop, other, number) for number in numbers]
            shop.pay(other, numbers[1])
            shop.call(other, "POST", f"/orders/{numbers[1]}/payment/check")
        return cls(unpaid, shop.paid_order(context), cancelled, *links)


def pay_link(shop: OpenShop, context: BrowserContext, number: str) -> str:
    """The address with which somebody else can pay this traveller's order, as the order's page has it."""
    found = re.search(r'href="(/orders/pay/[^"]+)"', context.request.get(f"{shop.url}/orders/{number}").text())
    assert found, f"no pay link on the page of {number}"
    return found[1]


def _withdraw(page: Page, name: str, step: str) -> None:
    page.goto(f"/withdraw?number=D{datetime.now(UTC):%H%M%S}")
    page.locator("#withdraw").evaluate("form => { form.noValidate = true }")
    page.locator("#name").fill(name)
    page.locator("button[value=check]").click()
    if not name:
        page.locator("#name-error").wait_for()
    elif step == "confirm":
        page.locator("button[value=confirm]").click()
        page.locator(".alert--good").wait_for()
    else:
        page.locator("button[value=confirm]").wait_for()


def anonymous() -> Iterator[Look]:
    yield _at("home", "/", "home")
    yield _at("categories", "/categories/", "categories")
    yield _at("a category", "/categories/wine", "category")
    yield _at("found", f"/search?q={BOTTLE}", "search")
    yield _at("nothing found", "/search?q=xyzzy", "search")
    yield _at("a search that was meant otherwise", "/search?q=whysky&stock=1", "search")
    yield _at("filters that cannot be", "/search?q=wein&low=9&high=3", "search")
    yield _at("what was seen", f"/recently-seen?sku={BOTTLE}", "seen")
    yield _at("nothing fits the filters", "/search?q=gin&low=9000", "search")
    yield _at("brands", "/brands/", "brands")
    yield _at("a brand", "/brands/fichtental", "search")
    yield _at("no favourites", "/favourites", "favourites")
    yield _at("nothing seen", "/recently-seen", "seen")
    yield _at("a product", f"/products/{BOTTLE}?added=1", "product")
    yield _at("a product that is sold out", f"/products/{SOLD_OUT}", "product")
    yield _at("an empty basket", "/basket", "basket")
    yield _at("counters", f"/pickup-points?flight={FLIGHT}&date={TRIP_DAY}", "points")
    yield _at("counters for a wrong flight", "/pickup-points?flight=7&date=7", "points")
    yield _at("no such page", "/nothing/here", "../errors/refused")
    yield _at("data that was erased", "/account/erased", "account_erased")
    yield _at("signing in failed", "/sign-in/wechat?state=x", "sign_in_failed")
    yield _at("which flight", "/trip", "journey")
    yield Look("a flight that nobody knows", _unknown_flight, "journey")
    for page, shows in (("imprint", "imprint"), ("terms", "terms"), ("withdrawal", "withdrawal_notice"), ("privacy", "privacy")):
        yield _at(f"legal: {page}", f"/legal/{page}", shows)
    yield _at("a withdrawal", "/withdraw?number=D2345", "withdraw")
    yield Look("a refused withdrawal", lambda page: _withdraw(page, "", "check"), "withdraw")
    yield Look("a withdrawal to confirm", lambda page: _withdraw(page, "LI NA", "check"), "withdraw_confirm")
    yield Look("a withdrawal that is received", lambda page: _withdraw(page, "LI NA", "confirm"), "withdrawn")
    yield _at("where to begin to search", "/search", "search")


def _send(page: Page, number: str) -> None:
    page.goto(f"/orders/{number}")
    page.locator("#companion").click()
    page.locator("#pay-link").wait_for()


def travellers(orders: Orders) -> Iterator[Look]:
    """For a signed-in traveller with something in the basket."""
    yield _at("no orders in a tab", "/orders/?tab=collected", "orders")
    yield _at("orders", "/orders/", "orders")
    yield _at("an unpaid order", f"/orders/{orders.unpaid}?asked=1", "order")
    yield Look("a link to send", lambda page: _send(page, orders.unpaid), "pay_link_send")
    yield _at("a companion's order to pay", orders.to_pay_for, "pay_link")
    yield _at("a link that is over", orders.paid_by_others, "pay_link")
    yield _at("a paid order", f"/orders/{orders.paid}", "order")
    yield _at("a cancelled order", f"/orders/{orders.cancelled}", "order")
    yield _at("another flight", f"/orders/{orders.paid}/trip", "trip")
    yield _at("a flight to move to", f"/orders/{orders.paid}/trip?flight={FLIGHT}&date={TRIP_DAY + timedelta(days=7)}", "trip")
    yield _at("a flight that does not go", f"/orders/{orders.paid}/trip?flight={FLIGHT}&date=7", "trip")
    yield _at("a pickup code", f"/orders/{orders.paid}/pickup", "pickup")
    yield _at("my data", "/account/", "account")
    yield _at("messages by e-mail", "/account/mail", "mail")
    yield _at("erasing that an open order stands against", "/account/erase", "account_erase")
    yield _at("a basket", "/basket", "basket")
    yield Look("a refused basket", _refused_basket, "basket")
    yield _at("the checkout", "/checkout", "checkout")
    yield Look("a refused checkout", _refused_checkout, "checkout")
    yield _at("a receipt", f"/orders/{orders.paid}/receipt", "receipt")
    yield _at("a withdrawal from one's own order", f"/withdraw?number={orders.paid}", "withdraw")
    yield Look("a trip", _stated_trip, "journey")
    yield _at("a basket for a trip", "/basket", "basket")
    yield _at("orders to pay together", "/orders/together", "together")


TO_SCAN, OUTCOME = "/counter/", "[data-outcome], #scan-error"


def boarding_pass(name: str = "WANG/XIAOMING", day: date = TRIP_DAY) -> str:
    """What the bar code of a boarding pass of the flight says."""
    return f"M1{name:20}EABC123 FRAPEKCA 0932 {day.timetuple().tm_yday:03}Y012A0001 100"


def scan(text: str) -> Callable[[Page], None]:
    """At a counter: into the scan box, whatever it shows now."""

    def go(page: Page) -> None:
        if not page.url.endswith(TO_SCAN):
            page.goto(TO_SCAN)
        page.locator("#tools[data-online=true]").wait_for()
        page.locator("#main").evaluate("main => { delete main.dataset.took }")
        page.locator("#code").fill(text)
        page.keyboard.press("Enter")
        page.locator("#main[data-took]").wait_for()
        page.locator(OUTCOME).wait_for()

    return go


def counters(shop: OpenShop, context: BrowserContext) -> Iterator[Look]:
    """For a signed-in counter; the parcels are this traveller's. Leaves the point asking for nothing."""
    here, there = (shop.paid_order(context, point=point) for point in (POINT, OTHER_POINT))
    codes = {number: shop.pickup(context, number) for number in (here, there)}
    forged = codes[here]["token"][:-1] + ("0" if codes[here]["token"][-1] != "0" else "1")

    def again(page: Page) -> None:
        page.goto(TO_SCAN)
        scan(codes[here]["code"])(page)

    def hand_over(page: Page) -> None:
        again(page)
        page.locator("form[action='/counter/scan'] button").click()
        page.locator("[data-outcome=collected]").wait_for()

    yield _at("the scan box", TO_SCAN)
    yield Look("an empty scan", scan(" "))
    yield Look("a look", scan(codes[here]["token"]))
    yield Look("handed over", hand_over)
    yield Look("already collected", again)
    yield Look("another counter", scan(codes[there]["code"]))
    yield Look("unknown", scan("7777788888"))
    yield Look("forged", scan(forged))
    yield from _checks(shop, context)
    yield from _states(shop, context)
    yield _at("who is here", "/counter/shift")


def _checks(shop: OpenShop, context: BrowserContext) -> Iterator[Look]:
    """What is asked before a hand-over: everything there is, of a big order on a connecting flight; and by label and pass."""
    number, _another = (shop.paid_order(context, destination="HKG") for _ in range(2))  # a boarding pass fits both
    code, label = shop.pickup(context, number)["code"], label_text(OrderNumber(number))
    coming = {"on_my_way_at": datetime.now(UTC), "departs_at": datetime.now(UTC) + timedelta(hours=3)}

    def missing(page: Page) -> None:
        scan(code)(page)
        page.locator("form[action='/counter/scan']").evaluate("form => { form.noValidate = true; form.requestSubmit() }")
        page.locator("[data-outcome=needs_check]", has=page.locator("h1")).wait_for()

    shop.asks(boarding_pass=1, age=1, sealed_bag=1, identity=1, pieces=1)
    try:
        yield Look("checks of a big order", scan(code))
        yield Look("checks that were not made", missing)
        yield Look("found by its label", scan(label))
        yield Look("several", scan(boarding_pass()))
        yield Look("one of several", lambda page: page.locator(f"#main [data-number='{number}']").click())
        shop.set_order(number, birth_date=(TRIP_DAY - timedelta(days=16 * 365)).isoformat())
        yield Look("under age", scan(code))
    finally:
        shop.asks()
    shop.set_order(number, **coming)
    yield _at("on the way", TO_SCAN)
    shop.set_order(number, on_my_way_at=None, departs_at=datetime.now(UTC) + timedelta(days=3))


def _states(shop: OpenShop, context: BrowserContext) -> Iterator[Look]:
    """A parcel in each state in which it is not given, one after the other; and its refund."""
    number = shop.paid_order(context)
    code = shop.pickup(context, number)["code"]

    def undone(page: Page) -> None:
        scan(code)(page)
        page.locator("form[action='/counter/scan'] button").click()
        page.locator("form[action='/counter/undo'] button").click()
        page.locator("[data-outcome=undone]").wait_for()

    def refund(page: Page) -> None:
        scan(code)(page)
        page.locator("details summary").click()

    def confirm(page: Page) -> None:
        page.locator("button[value=everything]").click()
        page.locator("[data-outcome=refund]").wait_for()

    def refused_refund(page: Page) -> None:
        page.goto(TO_SCAN)
        refund(page)
        page.locator("button[value=pieces]").click()
        page.locator("#refund-error").wait_for()

    yield Look("taken back", undone)
    yield Look("a refund", refund)
    yield Look("a refund to confirm", confirm)
    yield Look("a refund of nothing", refused_refund)
    for name, values in (
        ("not ready", {"state": "packing"}), ("not paid", {"state": "awaiting_payment"}), ("cancelled", {"state": "cancelled"}),
        ("refunded", {"state": "cancelled", "refund_state": "refunded"}),
    ):  # fmt: skip
        shop.set_order(number, **values)
        yield Look(name, scan(code))
    shop.set_order(number, state="paid", refund_state="none")
    shop.change("UPDATE pickups SET revoked_at = issued_at WHERE code = ?", code)
    yield Look("revoked", scan(code))
    shop.change("UPDATE pickups SET revoked_at = NULL WHERE code = ?", code)
    shop.change("UPDATE pickup_points SET hands_over_early = 0 WHERE code = ?", POINT)
    try:
        yield Look("the wrong day", scan(code))
    finally:
        shop.change("UPDATE pickup_points SET hands_over_early = 1 WHERE code = ?", POINT)


def managers(orders: Orders) -> Iterator[Look]:
    def make_device(page: Page) -> None:
        page.goto("/manage/devices/")
        page.locator("#name").fill("Tablet")
        page.locator("main form.filters button").click()
        page.locator("#token").wait_for()

    yield _at("the start", "/manage/")
    yield _at("the start with a month", "/manage/?days=30")
    yield _at("a period that makes no sense", "/manage/?days=8&from=x")
    yield _at("the orders", "/manage/orders/")
    yield _at("orders found by name", "/manage/orders/?q=wang&least=1&sort=total")
    yield _at("another flight for an order", f"/manage/orders/{orders.unpaid}/trip")
    yield _at("wrong filters", "/manage/orders/?state=x&from=x&to=x&point=x")
    yield _at("an order", f"/manage/orders/{orders.paid}")
    yield _at("an unpaid order", f"/manage/orders/{orders.unpaid}")
    yield _at("the report", "/manage/reports/")
    yield _at("a wrong report", "/manage/reports/orders?from=x&to=x&format=x")
    yield _at("a report", "/manage/reports/show/orders")
    yield _at("a report of days", "/manage/reports/show/by_day?day=pickup")
    yield _at("a wrong wish", "/manage/reports/show/orders?from=x&state=x&day=x")
    yield _at("the exports", "/manage/exports/")
    yield _at("the saved reports", "/manage/reports/saved/")
    yield Look("a device's token", make_device)
    yield _at("the devices", "/manage/devices/")
    yield _at("no such order", "/manage/orders/DXXXX")
    yield _at("the settings", "/manage/settings/")
    yield _at("a counter's settings", f"/manage/settings/points/{POINT}")
    yield _at("a new counter", "/manage/settings/points/new")
    yield _at("a counter's hand-over", f"/manage/settings/point_hand_over/{POINT}")
    yield Look("refused hours", _refused_hours)
    yield Look("hours that are looked at", _checked_hours)
    yield _at("an allowance", "/manage/settings/allowance/CN")
    yield _at("a message", "/manage/settings/message/ready.zh")
    yield _at("the seller", "/manage/settings/seller/all")
    yield _at("the way to a counter", f"/manage/settings/point_ways/{POINT}")
    yield _at("withdrawals", "/manage/withdrawals/?all=1")
    yield _at("a message's template", "/manage/settings/template/ready?library=1")
    yield _at("how the shop writes", "/manage/settings/messaging/all")
    yield _at("messages that did not arrive", "/manage/messages/")
    yield _at("privacy", "/manage/privacy/")
    yield _at("a traveller's data", f"/manage/privacy/traveller?order={orders.paid}")


def _refused_hours(page: Page) -> None:
    page.goto(f"/manage/settings/point_hours/{POINT}")
    page.locator("#day_1").fill("all day")
    page.locator("button[value=check]").click()
    page.locator("#day_1-error").wait_for()


def _checked_hours(page: Page) -> None:
    page.goto(f"/manage/settings/point_hours/{POINT}")
    page.locator("#day_1").fill("07:00-12:00, 13:00-20:00")
    page.locator("button[value=check]").click()
    page.locator("#effect").wait_for()
