"""A browser without JavaScript: everything but the payment sheet works, and the page says what to do about that."""

import re

from browser.conftest import Phone
from browser.open_shop import BOTTLE, FLIGHT, POINT, TRIP_DAY, OpenShop
from playwright.sync_api import expect


def test_without_script_one_browses_orders_and_has_the_payment_found(phone: Phone, shop: OpenShop) -> None:
    context = phone("en-GB", java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.locator(".chips a", has_text="Spirits").click()
    page.locator(f"a.card[href='/products/{BOTTLE}']").click()
    page.locator("input[name=quantity]").fill("2")
    page.locator("button[name=then][value=basket]").click()
    expect(page.locator(".row input[name=quantity]")).to_have_value("2")
    page.locator(".row input[name=quantity]").fill("1")
    page.get_by_role("button", name="Change").click()
    expect(page.locator(".row input[name=quantity]")).to_have_value("1")

    page.locator(".bar a[href='/checkout']").click()
    page.locator("#traveller-li").click()
    page.locator("#flight").fill(FLIGHT)
    page.locator("#date").fill(TRIP_DAY.isoformat())
    page.get_by_role("button", name="Look up this flight").click()
    expect(page.locator("#final_destination")).to_have_value("PEK")
    expect(page.locator(f"input[value='{POINT}']")).to_be_checked()
    page.locator("#name").fill("LI NA")
    page.locator("button[form=order]").click()
    expect(page.locator("#adult-error")).to_be_visible()
    page.locator("#adult").check()
    page.locator("button[form=order]").click()
    expect(page.locator("noscript .alert")).to_contain_text("WeChat Pay opens only inside WeChat")
    number = re.sub(r".*/orders/", "", page.url)

    page.get_by_role("button", name="I have paid").click()
    expect(page.get_by_text("has no payment for this order yet")).to_be_visible()
    shop.control.next_notice(lose=True)  # so that only the question can find it
    shop.pay(context, number)
    page.get_by_role("button", name="I have paid").click()

    expect(page.locator(".state--paid")).to_be_visible()
    page.get_by_role("link", name="Show the pickup code").click()
    expect(page.locator(".qr img")).to_be_visible()


def test_without_script_an_unpaid_order_is_cancelled(phone: Phone, shop: OpenShop) -> None:
    context = phone("de-DE", java_script_enabled=False)
    shop.sign_in(context, "cancels-without-script")
    number = shop.order(context)
    page = context.new_page()
    page.goto(f"/orders/{number}")

    page.locator("summary").click()
    page.locator(f"form[action='/orders/{number}/cancel'] button").click()

    expect(page.locator(".state--cancelled")).to_be_visible()
    assert shop.state(context, number) == "cancelled"


def test_without_script_and_without_signing_in_one_withdraws_from_an_order(phone: Phone, shop: OpenShop) -> None:
    buyer, stranger = phone("de-DE"), phone("de-DE", java_script_enabled=False)
    shop.sign_in(buyer, "withdraws-without-script")
    number = shop.paid_order(buyer)
    code = shop.pickup(buyer, number)["code"]
    page = stranger.new_page()
    page.goto("/")

    page.get_by_role("link", name="Vertrag widerrufen").click()
    page.locator("#number").fill(number.lower())
    page.get_by_role("button", name="Weiter").click()
    expect(page.locator("#number")).to_have_value(number.lower())
    page.locator("#name").fill("Wang Xiaoming")
    page.locator("#code").fill(code)
    page.get_by_role("button", name="Weiter").click()
    expect(page.get_by_text("Ich widerrufe diesen Vertrag")).to_be_visible()
    assert shop.state(buyer, number) == "paid"
    page.get_by_role("button", name="Widerruf bestätigen").click()

    expect(page.locator(".alert--good")).to_contain_text("Eingegangen am")
    file = stranger.request.get(page.url + ".pdf")
    assert file.body().startswith(b"%PDF-")
    assert shop.state(buyer, number) == "cancelled"
    assert stranger.cookies() == []


def test_without_script_a_counter_hands_a_parcel_over(phone: Phone, desk: Phone, shop: OpenShop) -> None:
    traveller = phone()
    shop.sign_in(traveller, "collects-without-script")
    code = shop.pickup(traveller, shop.paid_order(traveller))["code"]
    page = desk(java_script_enabled=False).new_page()
    page.goto("/counter/")
    page.locator("#token").fill(shop.counter_token)
    page.keyboard.press("Enter")
    page.locator("#code").fill(code.lower())
    page.keyboard.press("Enter")

    page.locator("form[action='/counter/scan'] button").click()

    expect(page.locator("[data-outcome=collected]")).to_be_visible()
