"""Every page there is, as addresses or as a form to fill in, for what is asked of all of them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from browser.open_shop import BOTTLE, FLIGHT, OTHER_POINT, POINT, TRIP_DAY, OpenShop
from playwright.sync_api import BrowserContext, Page

SOLD_OUT = "SP-0015"


@dataclass(frozen=True)
class Look:
    """One page: its name, and how to get there."""

    name: str
    go: Callable[[Page], object]


def _at(name: str, address: str) -> Look:
    return Look(name, lambda page: page.goto(address))


def _refused_checkout(page: Page) -> None:
    page.goto("/checkout")
    page.locator("#order").evaluate("form => { form.noValidate = true }")
    page.locator("#flight").fill("CA9999")
    page.locator("#date").fill(TRIP_DAY.isoformat())
    page.locator("#name").fill("7")
    page.locator("button[form=order]").click()
    page.locator(".alert--bad").wait_for()


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

    @classmethod
    def of(cls, shop: OpenShop, context: BrowserContext) -> "Orders":
        unpaid, cancelled = shop.order(context), shop.order(context)
        shop.call(context, "POST", f"/orders/{cancelled}/cancel")
        return cls(unpaid, shop.paid_order(context), cancelled)


def anonymous() -> Iterator[Look]:
    yield _at("home", "/")
    yield _at("categories", "/categories/")
    yield _at("a category", "/categories/wine")
    yield _at("found", f"/search?q={BOTTLE}")
    yield _at("nothing found", "/search?q=xyzzy")
    yield _at("a product", f"/products/{BOTTLE}?added=1")
    yield _at("a product that is sold out", f"/products/{SOLD_OUT}")
    yield _at("an empty basket", "/basket")
    yield _at("counters", f"/pickup-points?flight={FLIGHT}&date={TRIP_DAY}")
    yield _at("counters for a wrong flight", "/pickup-points?flight=7&date=7")
    yield _at("no such page", "/nothing/here")
    yield _at("signing in failed", "/sign-in/wechat?state=x")


def travellers(orders: Orders) -> Iterator[Look]:
    """For a signed-in traveller with something in the basket."""
    yield _at("no orders in a tab", "/orders/?tab=collected")
    yield _at("orders", "/orders/")
    yield _at("an unpaid order", f"/orders/{orders.unpaid}?asked=1")
    yield _at("a paid order", f"/orders/{orders.paid}")
    yield _at("a cancelled order", f"/orders/{orders.cancelled}")
    yield _at("a pickup code", f"/orders/{orders.paid}/pickup")
    yield _at("a basket", "/basket")
    yield Look("a refused basket", _refused_basket)
    yield _at("the checkout", "/checkout")
    yield Look("a refused checkout", _refused_checkout)


def counters(shop: OpenShop, context: BrowserContext) -> Iterator[Look]:
    """For a signed-in counter; the parcels are this traveller's."""
    here, there = (shop.paid_order(context, point=point) for point in (POINT, OTHER_POINT))
    codes = {number: shop.pickup(context, number) for number in (here, there)}
    forged = codes[here]["token"][:-1] + ("0" if codes[here]["token"][-1] != "0" else "1")

    def scan(text: str) -> Callable[[Page], None]:
        def go(page: Page) -> None:
            page.goto("/counter/")
            page.locator("#code").fill(text)
            page.keyboard.press("Enter")
            page.locator("[data-outcome], #scan-error").wait_for()

        return go

    def hand_over(page: Page) -> None:
        scan(codes[here]["code"])(page)
        page.locator("form[action='/counter/scan'] button").click()
        page.locator("[data-outcome=collected]").wait_for()

    yield _at("the scan box", "/counter/")
    yield Look("an empty scan", scan(" "))
    yield Look("a look", scan(codes[here]["token"]))
    yield Look("handed over", hand_over)
    yield Look("already collected", scan(codes[here]["code"]))
    yield Look("another counter", scan(codes[there]["code"]))
    yield Look("unknown", scan("7777788888"))
    yield Look("forged", scan(forged))


def managers(orders: Orders) -> Iterator[Look]:
    def make_device(page: Page) -> None:
        page.goto("/manage/devices/")
        page.locator("#name").fill("Tablet")
        page.locator("main form.filters button").click()
        page.locator("#token").wait_for()

    yield _at("the start", "/manage/")
    yield _at("the orders", "/manage/orders/")
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
