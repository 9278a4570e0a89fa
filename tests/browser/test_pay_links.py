"""Two travellers, each with their own WeChat: one orders and sends the link, the other one pays."""

from browser.conftest import Phone
from browser.looking import pay_link
from browser.open_shop import OpenShop
from playwright.sync_api import expect


def test_a_companion_opens_the_link_is_signed_in_silently_and_pays(phone: Phone, shop: OpenShop) -> None:
    mine, hers = phone(), phone()
    shop.sign_in(mine, "orders-for-herself")
    shop.sign_in(hers, "pays-for-others")
    hers.clear_cookies()  # known to WeChat, not yet to this browser
    number = shop.order(mine)
    page = mine.new_page()
    page.goto(f"/orders/{number}")
    page.locator("#companion").click()
    link = page.locator("#pay-link").input_value()

    shop.control.silent("pays-for-others")
    try:
        paying = hers.new_page()
        paying.goto(link)
    finally:
        shop.control.silent(None)
    expect(paying.locator("main")).to_contain_text("W. X.")
    assert "XIAOMING" not in paying.content()
    paying.locator("form[data-pay] button").click()
    paying.locator("#wx-pay-confirm").click()

    expect(paying.locator("[data-paid-for]")).to_be_visible()
    assert paying.goto(f"/orders/{number}").status == 404
    assert paying.goto(f"/orders/{number}/pickup").status == 404
    expect(page).to_have_url(f"{shop.url}/orders/{number}", timeout=20_000)  # the page with the link looks by itself
    expect(page.locator(".state--paid")).to_be_visible()
    expect(page.locator("#by-companion")).to_be_visible()
    assert shop.control.orders()[-1]["openid"] == shop.control.travellers()["pays-for-others"]["openid"]


def test_the_sheet_that_was_opened_first_cannot_pay_any_more_when_the_other_one_pays(phone: Phone, shop: OpenShop) -> None:
    mine, hers = phone(), phone()
    shop.sign_in(mine, "opens-first")
    shop.sign_in(hers, "opens-second")
    number = shop.order(mine)
    link = pay_link(shop, mine, number)
    page, paying = mine.new_page(), hers.new_page()
    page.goto(f"/orders/{number}")
    page.locator("form[data-pay] button").click()
    page.locator("#wx-pay-sheet").wait_for()

    paying.goto(link)
    paying.locator("form[data-pay] button").click()
    paying.locator("#wx-pay-sheet").wait_for()
    page.locator("#wx-pay-confirm").click()
    expect(page.locator("#pay-status")).to_be_visible()
    assert shop.state(mine, number) == "awaiting_payment"
    paying.locator("#wx-pay-confirm").click()

    expect(paying.locator("[data-paid-for]")).to_be_visible()
    assert shop.state(mine, number) == "paid"
