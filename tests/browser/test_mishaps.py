"""What goes wrong between two clicks: a session that is gone, a last bottle that is sold, fields full of rubbish."""

from collections.abc import Callable
from datetime import timedelta

import turns
from browser.conftest import Phone
from browser.open_shop import BOTTLE, CHOCOLATE, FLIGHT, POINT, TRIP_DAY, OpenShop
from playwright.sync_api import Page, expect

RUBBISH = {
    "endless": "长" * 1500,
    "emoji": "👩🏽‍✈️🧳\U0001f469‍👩‍👧🇨🇳 ‮gnihtyna‬",
    "script": "1' OR '1'='1' \"><script>window.pwned=1</script><img src=x onerror=window.pwned=1>{{7*7}}",
    "control": "a\x00b\x01\x1b[31m\x7f\ufeff￾",
}
each_rubbish = turns.cases("rubbish", RUBBISH.values(), ids=RUBBISH)
SEND = """([form, values, button]) => {
  const element = document.querySelector(form);
  element.noValidate = true;
  for (const [name, value] of Object.entries(values)) {
    const fields = [...element.elements].filter((field) => field.name === name);
    for (const field of fields) {
      if (field.tagName === 'SELECT') field.add(new Option(value, value, true, true));
      else if (field.type === 'radio') { field.value = value; field.checked = field === fields[0]; }
      else { if (field.type !== 'hidden') field.type = 'text'; field.removeAttribute('maxlength'); field.value = value; }
    }
  }
  element.requestSubmit(button ? document.querySelector(button) : null);
}"""
TRIP = {
    "flight": FLIGHT, "date": TRIP_DAY.isoformat(), "final_destination": "PEK", "pickup_point": POINT, "name": "WANG XIAOMING",
    "residence": "CN", "birth_date": "1990-05-01",
}  # fmt: skip


def send(page: Page, form: str, values: dict[str, str], button: str = "") -> int:
    """Put `values` into the fields of a form, whatever the fields allow, and send it. The answer's status."""
    with page.expect_navigation() as answer:
        page.evaluate(SEND, [form, values, button])
    assert page.evaluate("() => window.pwned") is None
    return answer.value.status if answer.value else 0


def scan(page: Page, text: str) -> int:
    """Put `text` into the scan box, whose page stays where it is while the answer comes. The answer's status."""
    with page.expect_response(lambda answer: answer.request.method == "POST") as answer:
        page.evaluate(SEND, ["form[data-scan]", {"code": text}, ""])
    return answer.value.status


def a_basket(page: Page, sku: str) -> None:
    page.goto(f"/products/{sku}")
    page.locator("button[name=then][value=basket]").click()
    expect(page.locator(".row")).to_have_count(1)


def test_a_session_that_is_gone_at_the_checkout_leads_back_to_what_was_typed(phone: Phone, shop: OpenShop) -> None:
    context = phone()
    shop.sign_in(context, "wang")
    page = context.new_page()
    a_basket(page, BOTTLE)
    page.goto("/checkout")
    page.locator("#name").fill("WANG XIAOMING")
    context.clear_cookies()

    status = send(page, "#order", TRIP)
    assert status == 200
    page.locator("#traveller-wang").click()

    expect(page).to_have_url(f"{shop.url}/checkout")
    expect(page.locator("#name")).to_have_value("WANG XIAOMING")
    expect(page.locator("[name=line]")).to_have_value(f"{BOTTLE}:1")


def test_a_page_from_before_the_session_changes_nothing_and_says_so(phone: Phone, shop: OpenShop) -> None:
    context = phone()
    page = context.new_page()
    page.goto(f"/products/{BOTTLE}")
    shop.sign_in(context, "wang")
    shop.call(context, "GET", "/orders")
    context.request.get(f"{shop.url}/orders/")  # the session has a secret from here on

    page.locator("button[name=then][value=basket]").click()

    expect(page.locator(".alert--warn")).to_be_visible()
    expect(page.locator(".row")).to_have_count(0)


def test_when_somebody_else_buys_the_last_one_the_form_says_so_and_keeps_everything(phone: Phone, shop: OpenShop) -> None:
    shop.leave_in_stock(CHOCOLATE, 1)
    slow, quick = phone(), phone()
    shop.sign_in(slow, "slow")
    shop.sign_in(quick, "quick")
    page = slow.new_page()
    a_basket(page, CHOCOLATE)
    page.goto("/checkout")
    shop.order(quick, {CHOCOLATE: 1})

    status = send(page, "#order", TRIP)

    assert status == 409
    expect(page.locator(".alert--bad")).to_contain_text("不足")
    expect(page.locator("#name")).to_have_value("WANG XIAOMING")
    expect(page.locator("#flight")).to_have_value(FLIGHT)
    page.locator(".alert--bad a").click()
    expect(page.locator(".row .error")).to_be_visible()
    assert shop.call(slow, "GET", "/orders")["items"] == []
    shop.leave_in_stock(CHOCOLATE, 40)


@each_rubbish
def test_rubbish_in_any_field_of_the_checkout_gets_the_page_again_with_what_was_typed(
    phone: Phone, shop: OpenShop, rubbish: str
) -> None:
    context = phone()
    shop.sign_in(context, "types-rubbish")
    page = context.new_page()
    a_basket(page, BOTTLE)
    page.goto("/checkout")
    for name in [*TRIP, "departure_time"]:
        values = {**TRIP, name: rubbish}
        if name == "departure_time":
            values["flight"] = "CA9999"  # only for a flight that is not known is the time asked for
            send(page, "#order", {**values, "departure_time": ""})
            values["departure_time"] = rubbish

        status = send(page, "#order", values)

        assert status in (400, 404, 409, 422), f"{name}: {status}"
        expect(page.locator(".alert--bad")).to_be_visible()
        expect(page.locator(f"#{name}-error")).to_be_visible()
        kept = "name" if name != "name" else "date"
        expect(page.locator(f"#{kept}")).to_have_value(TRIP[kept])
    assert shop.call(context, "GET", "/orders")["items"] == []


@each_rubbish
def test_rubbish_in_the_other_forms_of_the_storefront_breaks_nothing(phone: Phone, shop: OpenShop, rubbish: str) -> None:
    page = phone().new_page()
    page.goto("/")
    assert send(page, "form.search", {"q": rubbish[:300]}) == 200
    expect(page.locator("main")).to_be_visible()  # some of its letters may find something
    page.goto("/pickup-points")
    assert send(page, "main form", {"flight": FLIGHT, "date": rubbish[:100]}) == 422
    expect(page.locator("#date")).to_have_attribute("aria-invalid", "true")
    assert send(page, "main form", {"flight": rubbish[:100], "date": TRIP["date"]}) == 422
    expect(page.locator("#flight")).to_have_attribute("aria-invalid", "true")

    page.goto(f"/products/{BOTTLE}")
    page.evaluate("() => document.querySelector('[name=quantity]').type = 'text'")
    assert send(page, "#buy", {"quantity": rubbish}, "#buy [value=basket]") == 422
    expect(page.locator(".alert--bad")).to_be_visible()
    assert send(page, "#buy", {"sku": rubbish, "quantity": "1"}, "#buy [value=basket]") == 404
    a_basket(page, BOTTLE)
    assert send(page, ".row form[data-autosubmit]", {"quantity": rubbish}) == 422
    expect(page.locator(".row .error")).to_be_visible()
    page.goto("/basket")
    expect(page.locator(".row input[name=quantity]")).to_have_value("1")


FIELDS = """() => [...document.querySelectorAll('main form')].map((form, place) => {
  form.setAttribute('data-fuzz', place);
  const fields = [...form.elements].filter((one) => one.name && one.name !== 'csrf_token' && one.type !== 'submit');
  return [place, form.getAttribute('action') || '', [...new Set(fields.map((one) => one.name))]];
})"""
NOT_FOR_RUBBISH = ("/erase", "/cancel")


@each_rubbish
def test_rubbish_in_every_field_of_every_form_a_traveller_has_is_a_page(phone: Phone, shop: OpenShop, rubbish: str) -> None:
    """Whatever form stands on these pages, each of its fields in turn; the browser's listeners fail the test for a fault."""
    context = phone()
    shop.sign_in(context, "types-rubbish-everywhere")
    unpaid, paid = shop.order(context), shop.paid_order(context)
    page = context.new_page()
    a_basket(page, BOTTLE)
    tried: set[tuple[str, str]] = set()
    addresses = (
        "/trip", "/basket", f"/products/{BOTTLE}", "/search?q=wein", "/favourites", f"/orders/{unpaid}", f"/orders/{paid}",
        f"/orders/{paid}/trip", f"/orders/{paid}/trip?flight={FLIGHT}&date={TRIP_DAY + timedelta(days=7)}", f"/orders/{paid}/receipt",
        f"/withdraw?number={paid}", "/account/mail", "/pickup-points",
    )  # fmt: skip
    for address in addresses:
        page.goto(address)
        for place, target, names in page.evaluate(FIELDS):
            for name in names:
                if (target, name) in tried or target.endswith(NOT_FOR_RUBBISH):
                    continue
                page.goto(address)
                page.evaluate(FIELDS)
                if not page.locator(f"[data-fuzz='{place}']").count():
                    continue
                tried.add((target, name))

                status = send(page, f"[data-fuzz='{place}']", {name: rubbish[:300]})

                assert status in (200, 400, 403, 404, 409, 422), f"{address} {target} {name}: {status}"
                expect(page.locator("main")).to_be_visible()

    assert len(tried) >= 15, tried
    assert shop.state(context, paid) == "paid"


@each_rubbish
def test_rubbish_at_the_counter_is_an_unknown_code_or_a_refusal(
    desk: Phone, counter: Callable[..., Page], rubbish: str
) -> None:
    stranger = desk().new_page()
    stranger.goto("/counter/")
    assert send(stranger, "form.scan-box", {"token": rubbish}) in (400, 401)
    expect(stranger.locator("#token-error")).to_be_visible()
    page = counter()

    assert scan(page, rubbish) == 200

    expect(page.locator("[data-outcome=unknown]")).to_be_visible()
    assert page.evaluate("() => window.pwned") is None


@each_rubbish
def test_rubbish_in_the_back_office_gets_the_page_again_with_messages(
    desk: Phone, manager: Callable[..., Page], rubbish: str
) -> None:
    stranger = desk().new_page()
    stranger.goto("/manage/")
    assert send(stranger, "main form", {"name": rubbish, "password": rubbish}) in (400, 401)
    expect(stranger.locator("main .alert-danger, main .invalid-feedback").first).to_be_visible()
    page, short = manager(), rubbish[:80]

    page.goto("/manage/orders/")
    wrong = {"state": short, "from": short, "to": short, "point": short, "q": short}
    assert send(page, "main form", wrong) == 400
    expect(page.locator("main [aria-invalid=true]")).not_to_have_count(0)
    page.goto("/manage/reports/")
    assert send(page, "main form", {"from": short, "to": short, "format": short}) == 400
    expect(page.locator("main .invalid-feedback").first).to_be_visible()
    page.goto("/manage/devices/")
    assert send(page, "main form.filters", {"name": rubbish, "kind": rubbish, "point": rubbish}) == 400
    expect(page.locator("#kind-error")).to_be_visible()
