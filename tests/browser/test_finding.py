"""Finding something on a phone: misspelt, narrowed, marked, sold out and back again, seen before."""

from browser.conftest import Phone
from browser.open_shop import BOTTLE, OpenShop
from playwright.sync_api import expect

GONE = "SP-0003"


def test_a_traveller_searches_narrows_marks_and_is_told_when_it_is_back(phone: Phone, shop: OpenShop) -> None:
    context = phone()
    shop.sign_in(context, "finds")
    shop.leave_in_stock(GONE, 0)
    page = context.new_page()
    page.goto("/")

    page.locator("input[type=search]").fill("weishiji")
    page.keyboard.press("Enter")
    expect(page.locator(f".card[href='/products/{BOTTLE}']")).to_be_visible()
    page.locator("input[type=search]").fill("whysky")
    page.keyboard.press("Enter")
    expect(page.locator(".meant")).to_contain_text("Whisky")

    page.locator(".filters summary").click()
    page.locator("#sort").select_option("price")
    page.locator("#high").fill("100")
    page.locator(".filters__form button").click()
    expect(page.locator(".filters-on a")).to_have_count(1)
    shown = page.locator(".card .price").all_inner_texts()
    amounts = [float(text.replace("€", "").replace(",", "")) for text in shown]
    assert amounts
    assert amounts == sorted(amounts)
    assert amounts[-1] <= 100
    address = page.url
    page.locator(".filters-on a").click()
    assert "high=" not in page.url
    stranger = phone("en-GB").new_page()
    stranger.goto(address)  # shared
    assert len(stranger.locator(".card").all()) == len(shown)

    page.goto(f"/products/{GONE}")
    page.locator(".favourite__button").click()
    expect(page.locator(".favourite__button")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="到货通知我").click()
    expect(page.get_by_role("button", name="取消通知")).to_be_visible()
    page.goto("/favourites")
    expect(page.locator(f".card[href='/products/{GONE}']")).to_have_count(2)  # a favourite, and waited for

    shop.leave_in_stock(GONE, 2)
    page.goto(f"/products/{GONE}")
    expect(page.locator(".product .stock")).to_have_text("仅剩 2 件")
    page.goto("/")
    expect(page.locator("[data-seen] .card").first).to_have_attribute("href", f"/products/{GONE}")
