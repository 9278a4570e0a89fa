"""A traveller's way from the first look to the pickup code, and the turns it can take at the payment."""

import io
import re
from collections.abc import Callable

import zxingcpp
from browser.conftest import Phone
from browser.open_shop import BOTTLE, FLIGHT, POINT, TRIP_DAY, OpenShop
from PIL import Image
from playwright.sync_api import Page, expect

Shot = Callable[[Page, str], None]


def number_of(page: Page) -> str:
    found = re.search(r"/orders/(D[0-9A-Z]+)", page.url)
    assert found, f"no order at {page.url}"
    return found[1]


def pay_button(page: Page) -> None:
    page.locator("form[data-pay] button").click()
    page.locator("#wx-pay-sheet").wait_for()


def codes_on(page: Page) -> list[str]:
    """What a scanner reads from the screen."""
    return [code.text for code in zxingcpp.read_barcodes(Image.open(io.BytesIO(page.screenshot())))]


def test_a_traveller_orders_pays_and_gets_a_code_that_a_scanner_reads_from_a_screenshot(
    phone: Phone, shop: OpenShop, shot: Shot
) -> None:
    context = phone()
    page = context.new_page()
    page.goto("/")
    assert not context.cookies(), "a visitor who only looks around gets no cookie"
    shot(page, "home")

    page.locator(f"a.card[href='/products/{BOTTLE}']").click()
    expect(page.locator("h1.product__name")).to_be_visible()
    shot(page, "product")
    page.locator("button[name=then][value=basket]").click()
    expect(page.locator(".row")).to_have_count(1)
    shot(page, "basket")
    page.locator(".bar a[href='/checkout']").click()
    page.locator("#traveller-wang").click()

    expect(page).to_have_url(f"{shop.url}/checkout")
    page.locator("#flight").fill(FLIGHT.lower())
    page.locator("#date").fill(TRIP_DAY.isoformat())
    page.locator("button[name=find]").click()
    expect(page.locator("#final_destination")).to_have_value("PEK")
    expect(page.locator(f"input[name=pickup_point][value='{POINT}']")).to_be_checked()
    page.locator("#name").fill("WANG XIAOMING")
    page.locator("#adult").check()
    page.evaluate("() => scrollTo(0, 0)")
    shot(page, "checkout")
    page.locator("button[form=order]").click()

    expect(page.locator(".state--awaiting_payment")).to_be_visible()
    number = number_of(page)
    shot(page, "order")
    pay_button(page)
    shot(page, "payment")
    page.locator("#wx-pay-confirm").click()
    expect(page.locator(".state--paid")).to_be_visible()
    page.locator(f".bar a[href='/orders/{number}/pickup']").click()

    told = shop.pickup(context, number)
    expect(page.locator(".pickup-code")).to_have_text(f"{told['code'][:5]}-{told['code'][-5:]}")
    expect(page.locator(".qr img")).to_have_js_property("complete", True)
    assert codes_on(page) == [told["token"]]
    shot(page, "pickup")


def test_a_payment_that_is_cancelled_in_wechat_leaves_the_order_payable(phone: Phone, shop: OpenShop) -> None:
    context = phone()
    shop.sign_in(context, "cancels")
    number = shop.order(context)
    page = context.new_page()
    page.goto(f"/orders/{number}")

    pay_button(page)
    page.locator("#wx-pay-cancel").click()

    expect(page.locator("#pay-status")).to_contain_text("您还没有付款")
    expect(page.locator("form[data-pay] button")).to_be_enabled()
    assert shop.state(context, number) == "awaiting_payment"
    pay_button(page)
    page.locator("#wx-pay-confirm").click()
    expect(page.locator(".state--paid")).to_be_visible()


def test_an_ok_of_the_page_without_a_payment_does_not_make_the_order_paid(phone: Phone, shop: OpenShop) -> None:
    context = phone()
    shop.sign_in(context, "lies")
    number = shop.order(context)
    page = context.new_page()
    page.goto(f"/orders/{number}")

    pay_button(page)
    page.locator("#wx-pay-lie").click()
    page.locator("#wx-pay-sheet").wait_for(state="detached")
    expect(page.locator("#pay-status")).to_be_visible()
    page.wait_for_timeout(1500)  # a question later

    assert shop.state(context, number) == "awaiting_payment"
    page.reload()
    expect(page.locator(".state--awaiting_payment")).to_be_visible()
    expect(page.locator("form[data-pay] button")).to_be_enabled()
    assert page.goto(f"/orders/{number}/pickup").status == 404


def test_the_order_page_changes_by_itself_when_the_notice_comes(phone: Phone, shop: OpenShop) -> None:
    context = phone()
    shop.sign_in(context, "waits")
    number = shop.order(context)
    page = context.new_page()
    page.goto(f"/orders/{number}")
    expect(page.locator(".state--awaiting_payment")).to_be_visible()

    shop.pay(context, number)

    expect(page.locator(".state--paid")).to_be_visible(timeout=15_000)


def test_going_back_after_the_payment_shows_the_paid_order(phone: Phone, shop: OpenShop) -> None:
    context = phone()
    shop.sign_in(context, "goes-back")
    number = shop.order(context)
    page = context.new_page()
    page.goto(f"/orders/{number}")
    expect(page.locator(".state--awaiting_payment")).to_be_visible()
    page.goto("/pickup-points")
    shop.pay(context, number)
    shop.call(context, "POST", f"/orders/{number}/payment/check")

    page.evaluate("() => { history.back() }")

    expect(page.locator(".state--paid")).to_be_visible()
    expect(page.locator("form[data-pay]")).to_have_count(0)


def test_back_after_paying_finds_the_paid_order_and_nothing_to_pay_or_order_again(phone: Phone, shop: OpenShop) -> None:
    context = phone()
    shop.sign_in(context, "goes-back-and-back")
    page = context.new_page()
    fill_checkout(page)
    page.locator("button[form=order]").click()
    expect(page.locator(".state--awaiting_payment")).to_be_visible()
    number = number_of(page)
    pay_button(page)
    page.locator("#wx-pay-confirm").click()
    expect(page.locator(".state--paid")).to_be_visible()

    for _ in range(4):  # over the order to the checkout, the basket, the product
        page.evaluate("() => { setTimeout(() => history.back(), 0) }")
        page.wait_for_timeout(1500)
        expect(page.locator("form[data-pay]")).to_have_count(0)
        if page.locator("button[form=order]").count():  # the form as it was left: sent again it is the same order
            page.locator("button[form=order]").click()
            expect(page).to_have_url(f"{shop.url}/orders/{number}")
            expect(page.locator(".state--paid")).to_be_visible()
            break

    assert [one["number"] for one in shop.call(context, "GET", "/orders")["items"]] == [number]


def test_a_lost_notice_is_found_by_the_page_and_by_the_worker_alone(phone: Phone, shop: OpenShop) -> None:
    context = phone()
    shop.sign_in(context, "notice-lost")
    page, other = context.new_page(), shop.order(context)
    page.goto(f"/orders/{shop.order(context)}")
    shop.control.next_notice(lose=True)
    pay_button(page)
    page.locator("#wx-pay-confirm").click()
    expect(page.locator(".state--paid")).to_be_visible()  # the page asks as soon as WeChat's sheet has closed

    page.goto(f"/orders/{other}")
    shop.control.next_notice(lose=True)
    shop.pay(context, other)  # as if the phone had gone out before the page could ask

    expect(page.locator(".state--paid")).to_be_visible(timeout=60_000)  # the worker asks after 5 and after 30 seconds


def test_only_pages_that_ask_again_come_back_new_from_the_back_forward_cache(whole_phone: Phone) -> None:
    """The control of the test before: without the mark, Chromium brings the page back as it was left."""
    page = whole_phone().new_page()
    kept = {}
    for marked in (True, False):
        page.goto(f"/products/{BOTTLE}")
        page.evaluate(f"() => {{ window.left = true; document.body.toggleAttribute('data-fresh', {str(marked).lower()}) }}")
        page.goto("/pickup-points")
        page.evaluate("() => { history.back() }")
        expect(page.locator("h1.product__name")).to_be_visible()
        page.wait_for_timeout(500)  # time for the reload, which must not come in one of the two cases
        kept[marked] = page.evaluate("() => window.left === true")

    assert kept == {True: False, False: True}


def fill_checkout(page: Page) -> None:
    page.goto(f"/products/{BOTTLE}")
    page.locator("button[name=then][value=basket]").click()
    page.locator(".bar a[href='/checkout']").click()
    page.locator("#flight").fill(FLIGHT)
    page.locator("#date").fill(TRIP_DAY.isoformat())
    page.locator("#final_destination").select_option("PEK")
    page.locator(f"input[value='{POINT}']").check()
    page.locator("#name").fill("LI NA")
    page.locator("#adult").check()


def test_a_double_tap_on_the_order_button_makes_one_order(phone: Phone, shop: OpenShop) -> None:
    for javascript in (True, False):
        context = phone(java_script_enabled=javascript)
        shop.sign_in(context, f"taps-twice-{javascript}")
        page = context.new_page()
        fill_checkout(page)

        page.locator("button[form=order]").dblclick()

        expect(page.locator(".state--awaiting_payment")).to_be_visible()
        assert len(shop.call(context, "GET", "/orders")["items"]) == 1


def test_the_same_form_sent_again_from_the_history_shows_the_first_order(phone: Phone, shop: OpenShop) -> None:
    """The same page in a second tab, as somebody has it who went back before the order's page had come."""
    context = phone()
    shop.sign_in(context, "sends-again")
    page = context.new_page()
    fill_checkout(page)
    key = page.locator("input[name=key]").input_value()
    csrf = page.locator("#order input[name=csrf_token]").input_value()
    page.locator("button[form=order]").click()
    expect(page.locator(".state--awaiting_payment")).to_be_visible()

    form = {
        "csrf_token": csrf, "key": key, "line": f"{BOTTLE}:1", "flight": FLIGHT, "date": TRIP_DAY.isoformat(),
        "final_destination": "PEK", "pickup_point": POINT, "name": "LI NA", "residence": "CN", "adult": "yes",
    }  # fmt: skip
    again = context.request.post(f"{shop.url}/checkout", form=form, headers={"Origin": shop.url})

    assert again.url == page.url
    assert len(shop.call(context, "GET", "/orders")["items"]) == 1


def test_the_basket_follows_the_stepper_by_itself(phone: Phone) -> None:
    page = phone().new_page()
    page.goto(f"/products/{BOTTLE}")
    page.locator("button[name=then][value=stay]").click()
    expect(page.locator(".alert--good")).to_be_visible()
    page.goto("/basket")
    price = page.locator(".bar .price").inner_text()

    page.locator("[data-step='1']").click()

    expect(page.locator(".bar .price")).not_to_have_text(price)
    expect(page.locator(".row input[name=quantity]")).to_have_value("2")
    page.locator("button.link-button").click()
    expect(page.locator(".empty")).to_be_visible()


def test_the_language_changes_on_every_page_and_stays(phone: Phone) -> None:
    page = phone().new_page()
    page.goto(f"/products/{BOTTLE}?added=1")
    names = {}
    for language, html in (("de", "de"), ("en", "en"), ("zh", "zh-CN")):
        page.locator(f".langs a[lang={language}]").click()
        expect(page.locator("html")).to_have_attribute("lang", html)
        expect(page.locator(f".langs a[lang={language}]")).to_have_attribute("aria-current", "true")
        names[language] = page.locator("h1.product__name").inner_text()
        page.goto("/basket")
        expect(page.locator("html")).to_have_attribute("lang", html)
        page.goto(f"/products/{BOTTLE}")

    assert len(set(names.values())) == 3


def test_a_signed_out_traveller_is_asked_again_and_comes_back_to_the_order(phone: Phone, shop: OpenShop) -> None:
    context = phone()
    shop.sign_in(context, "wang")
    number = shop.order(context)
    context.clear_cookies()
    page = context.new_page()

    page.goto(f"/orders/{number}")
    page.locator("#traveller-wang").click()

    expect(page).to_have_url(f"{shop.url}/orders/{number}")
    expect(page.locator(".state--awaiting_payment")).to_be_visible()
