"""A manager changes opening hours and takes it back; a traveller is erased, by themselves and by staff, in two steps."""

import re
from collections.abc import Callable

from browser.conftest import Phone
from browser.open_shop import OTHER_POINT, POINT, OpenShop
from playwright.sync_api import BrowserContext, Page, expect

Shot = Callable[[Page, str], None]
HOURS = f"/manage/settings/point_hours/{OTHER_POINT}"


def collected_order(shop: OpenShop, context: BrowserContext, counter: Page) -> str:
    """An order of this traveller that was paid and handed over."""
    number = shop.paid_order(context, point=POINT)
    counter.locator("#code").fill(shop.pickup(context, number)["code"])
    counter.keyboard.press("Enter")
    counter.locator("form[action='/counter/scan'] button").click()
    counter.locator("[data-outcome=collected]").wait_for()
    counter.goto("/counter/")
    return number


def test_opening_hours_are_looked_at_changed_and_taken_back(
    phone: Phone, shop: OpenShop, manager: Callable[..., Page], shot: Shot
) -> None:
    traveller, page = phone(), manager(viewport={"width": 1280, "height": 900})
    shop.sign_in(traveller, "reads-the-hours")
    number = shop.paid_order(traveller, point=OTHER_POINT)
    order = traveller.new_page()
    page.goto(HOURS)
    before = page.locator("#day_1").input_value()
    for day in range(1, 8):
        page.locator(f"#day_{day}").fill("11:15-12:00, 12:45-19:30")

    page.locator("button[value=check]").click()
    expect(page.locator("#effect")).to_contain_text("11:15–12:00, 12:45–19:30")
    expect(page.locator("[data-moved]")).to_contain_text(number)
    shot(page, "settings-hours")
    page.locator("button[value=edit]").click()
    expect(page.locator("#day_1")).to_have_value("11:15-12:00, 12:45-19:30")
    page.locator("button[value=check]").click()
    page.locator("button[value=confirm]").click()
    expect(page.locator(".alert-success")).to_be_visible()

    order.goto(f"/orders/{number}")
    expect(order.locator("#pickup")).to_contain_text("11:15–12:00 12:45–19:30")

    page.locator("#history a").first.click()
    expect(page.locator("#effect ins").first).to_have_text(before)
    page.locator("form button").last.click()
    expect(page.locator(".alert-success")).to_be_visible()
    expect(page.locator("#day_1")).to_have_value(before)
    order.reload()
    expect(order.locator("#pickup")).not_to_contain_text("11:15")


def test_the_pages_of_settings_fit_a_phone(phone: Phone, manager: Callable[..., Page]) -> None:
    page = manager(viewport={"width": 390, "height": 844}, language="de-DE")
    for address in ("/manage/settings/", HOURS, f"/manage/settings/points/{POINT}", "/manage/settings/allowance/CN", "/manage/privacy/"):
        page.goto(address)

        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0, address


def test_a_traveller_erases_themself_in_two_steps_and_is_new_when_they_come_back(
    phone: Phone, shop: OpenShop, counter: Callable[..., Page], shot: Shot
) -> None:
    context = phone()
    shop.sign_in(context, "wants-to-be-forgotten")
    number = collected_order(shop, context, counter())
    page = context.new_page()
    page.goto("/orders/")
    page.locator("a[href='/account/']").click()
    shot(page, "account")

    page.locator("a[href='/account/erase']").click()
    page.locator("form[action='/account/erase'] button").click()
    expect(page.locator("#sure-error")).to_be_visible()
    page.locator("#sure").check()
    page.locator("form[action='/account/erase'] button").click()
    expect(page.locator("[data-erased]")).to_be_visible()

    shop.sign_in(context, "wants-to-be-forgotten")
    page.goto("/orders/")
    expect(page.locator(".order-card")).to_have_count(0)
    assert context.request.get(f"{shop.url}/orders/{number}").status == 404


def test_staff_erase_a_traveller_who_asked_with_the_number_typed_twice(
    phone: Phone, shop: OpenShop, counter: Callable[..., Page], manager: Callable[..., Page]
) -> None:
    context, page = phone(), manager()
    shop.sign_in(context, "asks-the-staff")
    number = collected_order(shop, context, counter())

    page.goto("/manage/privacy/traveller")
    page.locator("#order").fill(number)
    page.keyboard.press("Enter")
    with page.expect_download() as started:
        page.locator("form[action='/manage/privacy/traveller/data'] button").click()
    assert re.fullmatch(rf"traveller-of-{number}\.json", started.value.suggested_filename)
    page.locator("#again").fill("D")
    page.locator("form[action='/manage/privacy/traveller/erase'] button").click()
    expect(page.locator("#again-error")).to_be_visible()
    page.locator("#again").fill(number)
    page.locator("form[action='/manage/privacy/traveller/erase'] button").click()

    expect(page.locator(".alert-success")).to_be_visible()
    page.goto(f"/manage/orders/{number}")
    expect(page.locator("main")).not_to_contain_text("WANG XIAOMING")
