"""The counter: a scanner that types like a keyboard, a hand-over without a mouse, two counters at one code."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from browser.conftest import Phone
from browser.keyboards import tab_to
from browser.looking import boarding_pass
from browser.open_shop import OTHER_POINT, OpenShop
from playwright.sync_api import Page, expect

Counter = Callable[..., Page]
Shot = Callable[[Page, str], None]


def a_parcel(phone: Phone, shop: OpenShop, who: str) -> dict[str, str]:
    """The pickup code and token of a paid order."""
    context = phone()
    shop.sign_in(context, who)
    return shop.pickup(context, shop.paid_order(context))


def scan(page: Page, text: str) -> None:
    """As a USB scanner does: keys 4 ms apart, then Enter."""
    page.keyboard.type(text, delay=4)
    page.keyboard.press("Enter")


def scan_past_the_fields(page: Page, text: str) -> None:
    """The same keys with nothing in focus. Sent from inside the page: a busy test machine would type like a person."""
    page.evaluate("() => document.activeElement.blur()")
    page.evaluate(
        "keys => keys.forEach(key => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })))",
        [*text, "Enter"],
    )


def test_a_scanned_code_is_looked_at_and_handed_over_with_the_keyboard_alone(
    phone: Phone, shop: OpenShop, counter: Counter, shot: Shot
) -> None:
    parcel, page = a_parcel(phone, shop, "collects"), counter()
    scan(page, parcel["token"])
    expect(page.locator("[data-outcome=look]")).to_be_visible()
    expect(page.locator("#parcel-title")).to_have_text("WANG XIAOMING")
    shot(page, "counter")

    tab_to(page, page.locator("form[action='/counter/scan'] button"), 6)
    page.keyboard.press("Enter")

    expect(page.locator("[data-outcome=collected]")).to_be_visible()
    shot(page, "handed-over")


def press(page: Page, selector: str, key: str = "Enter") -> None:
    tab_to(page, page.locator(selector).first)
    page.keyboard.press(key)


def test_checks_are_made_the_goods_given_and_taken_back_with_the_keyboard_alone(
    phone: Phone, shop: OpenShop, counter: Counter, asks: Callable[..., None]
) -> None:
    context, page = phone(), counter()
    shop.sign_in(context, "is-checked")
    number = shop.paid_order(context, destination="HKG")
    asks(boarding_pass=1, age=1, sealed_bag=1, identity=1, pieces=1)
    scan(page, shop.pickup(context, number)["code"])
    expect(page.locator("[data-outcome=needs_check]")).to_be_visible()

    for check in ("boarding_pass", "identity", "age"):
        press(page, f"#check-{check}", "Space")
        expect(page.locator(f"#check-{check}")).to_be_checked()
    tab_to(page, page.locator("#check-sealed_bag"))
    page.keyboard.type("AB_1234")
    press(page, "form[action='/counter/scan'] button")
    assert page.locator("#check-sealed_bag").evaluate("field => field.validity.patternMismatch")
    tab_to(page, page.locator("#check-sealed_bag"))
    page.keyboard.press("Control+a")
    page.keyboard.type("AB-1234")
    press(page, "form[action='/counter/scan'] button")
    expect(page.locator("[data-outcome=collected]")).to_be_visible()
    press(page, "form[action='/counter/undo'] button")

    expect(page.locator("[data-outcome=undone]")).to_be_visible()
    assert shop.state(context, number) == "paid"


def test_of_several_parcels_one_is_chosen_and_refunded_with_the_keyboard_alone(
    phone: Phone, shop: OpenShop, counter: Counter
) -> None:
    context, page = phone(), counter()
    shop.sign_in(context, "has-several")
    first, second = (shop.paid_order(context) for _ in range(2))
    scan(page, boarding_pass())
    expect(page.locator("[data-outcome=several]")).to_be_visible()
    expect(page.locator(f"#main [data-number='{second}']")).to_be_visible()

    press(page, f"#main [data-number='{first}']")
    expect(page.locator("#parcel-title + .number")).to_have_text(first)
    press(page, "details summary")
    press(page, "button[value=everything]")
    expect(page.locator("[data-outcome=refund]")).to_be_visible()
    press(page, "form[action='/counter/refund/start'] button")

    expect(page.locator("#main")).to_contain_text("退款")
    assert shop.call(context, "GET", f"/orders/{first}")["refund_state"] != "none"


def test_who_is_here_is_said_and_the_tools_are_worked_with_the_keyboard_alone(counter: Counter) -> None:
    page = counter(language="en-GB")
    expect(page.locator("#tools[data-online=true]")).to_be_attached()
    press(page, "[data-tool=sound]")
    expect(page.locator("[data-tool=sound]")).to_have_attribute("aria-pressed", "false")
    page.keyboard.press("Enter")
    expect(page.locator("[data-tool=sound]")).to_have_attribute("aria-pressed", "true")

    press(page, "a[href='/counter/shift']")
    expect(page.locator("#name")).to_be_focused()
    page.keyboard.type("LW")
    page.keyboard.press("Enter")

    page.wait_for_url("**/counter/")
    expect(page.locator("a[href='/counter/shift']")).to_contain_text("LW")


def test_a_counter_that_works_keeps_seeing_who_is_on_the_way(
    phone: Phone, shop: OpenShop, counter: Counter
) -> None:
    context = phone()
    shop.sign_in(context, "sets-out")
    number, other = shop.paid_order(context), shop.paid_order(context)
    page = counter()
    page.clock.install()
    page.goto("/counter/")
    expect(page.locator("#tools[data-online=true]")).to_be_attached()
    scan(page, shop.pickup(context, other)["code"])
    expect(page.locator("[data-outcome=look]")).to_be_visible()
    coming = page.locator(f".coming [data-number='{number}']")
    expect(coming).to_have_count(0)

    shop.set_order(number, on_my_way_at=datetime.now(UTC), departs_at=datetime.now(UTC) + timedelta(hours=3))
    page.bring_to_front()
    page.clock.run_for(21_000)
    expect(coming).to_be_visible()
    expect(page.locator("[data-outcome=look]")).to_be_visible()

    scan(page, "7777788888")
    expect(page.locator("[data-outcome=unknown]")).to_be_visible()
    expect(coming).to_be_visible()
    coming.press("Enter")
    expect(page.locator("#parcel-title + .number")).to_have_text(number)
    expect(coming).to_be_visible()
    shop.set_order(number, on_my_way_at=None)


def test_the_next_scan_is_heard_wherever_the_focus_is(phone: Phone, shop: OpenShop, counter: Counter) -> None:
    parcel, page = a_parcel(phone, shop, "scanned-anywhere"), counter()

    scan_past_the_fields(page, parcel["token"])

    expect(page.locator("[data-outcome=look]")).to_be_visible()


def test_a_second_scan_says_when_and_where_it_was_collected(phone: Phone, shop: OpenShop, counter: Counter) -> None:
    parcel, page = a_parcel(phone, shop, "comes-twice"), counter()
    scan(page, parcel["code"])
    page.locator("form[action='/counter/scan'] button").click()
    expect(page.locator("[data-outcome=collected]")).to_be_visible()

    scan(page, parcel["token"])

    expect(page.locator("[data-outcome=already_collected]")).to_contain_text("Counter B42")
    expect(page.locator("form[action='/counter/scan']")).to_have_count(0)


def test_a_made_up_code_and_a_forged_one_are_told_apart(phone: Phone, shop: OpenShop, counter: Counter) -> None:
    parcel, page = a_parcel(phone, shop, "is-copied"), counter()
    scan(page, "7777788888")
    expect(page.locator("[data-outcome=unknown]")).to_be_visible()
    unknown = page.locator(".answer__title").inner_text()

    scan(page, parcel["token"][:-1] + ("0" if parcel["token"][-1] != "0" else "1"))

    expect(page.locator(".answer__title")).not_to_have_text(unknown)
    expect(page.locator("[data-outcome=unknown]")).to_be_visible()


def test_a_parcel_of_another_counter_is_sent_there(phone: Phone, shop: OpenShop, counter: Counter) -> None:
    context, page = phone(), counter()
    shop.sign_in(context, "goes-elsewhere")
    token = shop.pickup(context, shop.paid_order(context, point=OTHER_POINT))["token"]

    scan(page, token)

    expect(page.locator("[data-outcome=other_point]")).to_be_visible()
    expect(page.locator("form[action='/counter/scan']")).to_have_count(0)


def test_of_two_counters_at_one_code_one_hands_over(phone: Phone, shop: OpenShop, counter: Counter) -> None:
    parcel, pages = a_parcel(phone, shop, "goes-to-two"), [counter(), counter()]
    for page in pages:
        scan(page, parcel["token"])
        expect(page.locator("[data-outcome=look]")).to_be_visible()

    for page in pages:
        page.evaluate("() => void setTimeout(() => document.querySelector('form[action=\"/counter/scan\"] button').click(), 100)")
    for page in pages:
        page.locator("[data-outcome=collected], [data-outcome=already_collected]").wait_for()

    answers = sorted(str(page.locator("[data-outcome]").get_attribute("data-outcome")) for page in pages)
    assert answers == ["already_collected", "collected"]


def test_a_hand_over_that_is_pressed_twice_is_one(phone: Phone, shop: OpenShop, counter: Counter) -> None:
    parcel, page = a_parcel(phone, shop, "pressed-twice"), counter()
    scan(page, parcel["token"])

    page.locator("form[action='/counter/scan'] button").dblclick()

    expect(page.locator("[data-outcome=collected]")).to_be_visible()


def test_the_traveller_sees_that_the_parcel_is_collected(phone: Phone, shop: OpenShop, counter: Counter) -> None:
    context = phone()
    shop.sign_in(context, "looks-after-it")
    number = shop.paid_order(context)
    mine = context.new_page()
    mine.goto(f"/orders/{number}")
    expect(mine.locator(".state--paid")).to_be_visible()
    page = counter()
    scan(page, shop.pickup(context, number)["token"])
    page.locator("form[action='/counter/scan'] button").click()
    expect(page.locator("[data-outcome=collected]")).to_be_visible()

    mine.bring_to_front()

    expect(mine.locator(".state--collected")).to_be_visible(timeout=20_000)
