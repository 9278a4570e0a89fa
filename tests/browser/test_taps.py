"""How many taps it takes: from the first look to a paid order once the trip is known, and to another flight."""

from dataclasses import dataclass

from browser.conftest import Phone
from browser.open_shop import BOTTLE, FLIGHT, TRIP_DAY, OpenShop
from playwright.sync_api import Page, expect

MOST, MOST_FOR_A_FLIGHT = 9, 2


@dataclass
class Thumb:
    """Counts what it touches; a field that is typed into was touched first."""

    page: Page
    taps: int = 0

    def tap(self, css: str) -> None:
        self.taps += 1
        self.page.locator(css).first.tap()

    def type(self, css: str, text: str) -> None:
        self.tap(css)
        self.page.keyboard.type(text)


def test_a_first_visit_ends_with_a_paid_order_after_nine_taps_at_most(phone: Phone, shop: OpenShop) -> None:
    context = phone()
    page = context.new_page()
    page.goto("/")
    thumb = Thumb(page)

    thumb.tap(f"a.card[href='/products/{BOTTLE}']")
    thumb.tap("button[name=then][value=basket]")
    thumb.tap(".bar a[href='/checkout']")
    thumb.tap("#traveller-wang")  # WeChat asks once whether the shop may know who it is
    page.locator("#flight").fill(FLIGHT)  # the trip is not counted: once known, it is filled in
    page.locator("#date").fill(TRIP_DAY.isoformat())
    page.locator("button[name=find]").click()
    expect(page.locator("#final_destination")).to_have_value("PEK")
    thumb.type("#name", "WANG XIAOMING")
    thumb.tap("#adult")  # there is whisky in it
    thumb.tap("button[form=order]")
    thumb.tap("form[data-pay] button")
    thumb.tap("#wx-pay-confirm")

    expect(page.locator(".state--paid")).to_be_visible()
    assert thumb.taps <= MOST


def test_another_flight_takes_two_taps_from_the_orders_page(phone: Phone, shop: OpenShop) -> None:
    context = phone()
    shop.sign_in(context, "flies-later")
    number = shop.paid_order(context)
    page = context.new_page()
    page.goto(f"/orders/{number}")
    thumb = Thumb(page)

    thumb.tap(f"#other-flights a[href^='/orders/{number}/trip?flight=LH720']")
    thumb.tap("button[form=move]")

    expect(page.locator("#trip .facts")).to_contain_text("LH720")
    assert thumb.taps <= MOST_FOR_A_FLIGHT
    assert shop.state(context, number) == "paid"
