"""A manager at the order desk: finds, filters, moves, cancels, writes; and a dashboard whose charts say what its tables say."""
import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from browser.conftest import Phone
from browser.looking import Look
from browser.open_shop import TRIP_DAY, OpenShop
from browser.test_accessibility import violations
from playwright.sync_api import Page, expect

DESK = {"width": 1280, "height": 800}
Shot = Callable[[Page, str], None]


def test_filters_stay_in_the_address_and_over_the_back_button(phone: Phone, shop: OpenShop, manager: Callable[..., Page]) -> None:
    context, page = phone(), manager(viewport=DESK)
    shop.sign_in(context, "is-filtered")
    number = shop.paid_order(context)
    page.goto("/manage/orders/")

    page.locator("#q").fill("wang")
    page.locator("#state").select_option("paid")
    page.locator("#q").press("Enter")

    expect(page).to_have_url(re.compile(r"/manage/orders/\?q=wang&state=paid$"))  # and nothing that is empty
    expect(page.locator("[data-taken-for=name]")).to_be_visible()
    page.locator("main table").get_by_role("link", name=number).click()
    expect(page.locator("h1")).to_have_text(number)
    page.go_back(wait_until="commit")
    expect(page.locator("#q")).to_have_value("wang")
    expect(page.locator("#state")).to_have_value("paid")
    expect(page.locator("#point")).to_be_enabled()
    page.locator("thead a").nth(1).click()
    expect(page).to_have_url(re.compile(r"q=wang&state=paid&sort=departure"))
    expect(page.locator("th[aria-sort=descending]")).to_have_count(1)


def test_an_order_is_moved_noted_and_cancelled_on_its_page(phone: Phone, shop: OpenShop, manager: Callable[..., Page], shot: Shot) -> None:
    context, page = phone(), manager(viewport=DESK)
    shop.sign_in(context, "is-helped")
    number = shop.order(context)
    page.on("dialog", lambda dialog: dialog.accept())
    page.goto(f"/manage/orders/{number}")

    page.locator("#text").fill("Rings again on Monday")
    page.locator("#notes button").click()
    expect(page.locator("[data-note]")).to_contain_text("Rings again on Monday")
    page.reload()
    expect(page.locator("[data-note]")).to_have_count(1)

    page.locator(f"a[href='/manage/orders/{number}/trip']").click()
    page.locator("#date").fill((TRIP_DAY + timedelta(days=1)).isoformat())
    page.locator("main form button").click()
    expect(page.locator("#trips tbody tr")).to_have_count(1)
    shot(page, "order-desk")

    page.locator("form[action$='/cancel'] button").click()
    expect(page.locator("main .state--cancelled").first).to_be_visible()
    expect(page.locator("form[action$='/cancel']")).to_have_count(0)
    assert shop.state(context, number) == "cancelled"


def test_a_refund_is_mended_looked_at_and_paid_back_once(phone: Phone, shop: OpenShop, manager: Callable[..., Page]) -> None:
    context, page = phone(), manager()
    shop.sign_in(context, "is-refunded")
    number = shop.paid_order(context)
    page.goto(f"/manage/orders/{number}#refund")
    left = Decimal(page.locator("#refund strong").inner_text().split()[0])

    page.locator("#what-amount").check()
    page.locator("#amount").fill("a lot")
    page.locator("#note").fill("Said sorry")
    page.locator("form[action$='/refund'] .btn-primary").click()
    expect(page.locator("#amount-error")).to_be_visible()
    expect(page.locator("#note")).to_have_value("Said sorry")
    page.locator("#amount").fill("5,50")
    page.locator("form[action$='/refund'] .btn-primary").click()
    expect(page.locator("#plan")).to_contain_text("5.50 EUR")
    assert shop.call(context, "GET", f"/orders/{number}")["refund_state"] == "none", "nothing happens before it is confirmed"
    page.locator("button[value=confirm]").click()

    expect(page.locator("main .state--refund").first).to_be_visible()
    page.reload()  # as somebody does who is not sure
    expect(page.locator("#refund strong")).to_have_text(f"{left - Decimal('5.50')} EUR")
    assert shop.call(context, "GET", f"/orders/{number}")["refund_state"] in ("requested", "partly_refunded")


def test_charts_are_drawn_from_the_tables_and_every_figure_leads_to_its_orders(
    phone: Phone, shop: OpenShop, manager: Callable[..., Page], shot: Shot
) -> None:
    context, page = phone(), manager(viewport=DESK)
    shop.sign_in(context, "is-counted")
    number = shop.paid_order(context)
    page.goto("/manage/?days=7")
    expect(page.locator("html")).to_have_attribute("data-charts", re.compile("[1-9]"))
    shot(page, "dashboard")

    card = page.locator("[data-figure=paid] a")
    count = int(card.inner_text())
    days = page.locator("#by-day tbody tr td:nth-of-type(2)").all_text_contents()
    points = page.locator("#by-point td:first-of-type").all_text_contents()
    assert count == sum(map(int, points)) == sum(map(int, days)) > 0
    box = page.locator("canvas[data-chart=by-day]").bounding_box()
    assert box
    assert box["width"] > 300 < box["height"] + 200
    card.click()
    expect(page.locator("main tbody tr")).to_have_count(min(count, 50))
    expect(page.locator("main table").get_by_role("link", name=number)).to_be_visible()


def test_the_dashboard_says_the_same_without_script(phone: Phone, manager: Callable[..., Page]) -> None:
    page = manager(viewport=DESK, java_script_enabled=True)
    state = page.context.storage_state()
    plain = phone(storage_state=state, java_script_enabled=False, has_touch=False).new_page()
    plain.goto("/manage/?days=1")

    assert plain.locator("[data-figure]").count() >= 8
    expect(plain.locator("#by-day tbody tr")).to_have_count(1)


def test_the_desks_pages_fit_a_desk_and_are_accessible_there_in_light_and_dark(
    phone: Phone, shop: OpenShop, manager: Callable[..., Page]
) -> None:
    context = phone()
    shop.sign_in(context, "is-looked-at")
    number = shop.order(context)
    page = manager(viewport=DESK)
    pages = {"dashboard": "/manage/?days=30", "list": "/manage/orders/?q=wang&least=1", "order": f"/manage/orders/{number}"}

    looks = [Look(name, lambda page, address=address: page.goto(address)) for name, address in pages.items()]  # type: ignore[misc]
    assert violations(page, looks) == []
    for address in pages.values():
        page.goto(address)
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), f"{address} is wider than the screen"
