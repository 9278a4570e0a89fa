"""The account around the shop: its menu and chat on the traveller's phone, its pages in the back office, a page that is shared."""

import json
import re
from collections.abc import Callable
from urllib.parse import urlsplit

from browser.conftest import Phone
from browser.looking import Look
from browser.open_shop import BOTTLE, OpenShop
from browser.test_accessibility import fail_with, violations
from playwright.sync_api import Page, expect

WECHAT = "Mozilla/5.0 (Linux; Android 12; M2102) AppleWebKit/537.36 Chrome/107.0 Mobile Safari/537.36 MicroMessenger/8.0.76"


def test_a_published_menu_is_tapped_and_the_chat_answers(manager: Callable[..., Page], phone: Phone, shop: OpenShop) -> None:
    office = manager(viewport={"width": 1280, "height": 900})
    office.goto("/manage/menu/?lang=en")
    office.on("dialog", lambda dialog: dialog.accept())
    office.get_by_role("button", name="Publish the saved menu").click()
    expect(office.locator("#live")).to_contain_text("WeChat has this menu")

    page = phone().new_page()
    page.goto(f"{shop.control.url}/phone/chat/wang")
    page.get_by_text("客服/帮助").click()
    page.get_by_role("button", name="营业时间").click()
    for _ in range(20):  # the worker hears it within a second or two; WeChat would show it by itself
        if page.locator('[data-message="customer_service"]', has_text="06:00").count():
            break
        page.wait_for_timeout(500)
        page.goto(f"{shop.control.url}/phone/chat/wang")
    expect(page.locator('[data-message="customer_service"]', has_text="06:00").first).to_be_visible()

    office.goto("/manage/chat/?lang=en")
    office.get_by_role("link", name="Traveller").first.click()
    expect(office.locator(".talk")).to_contain_text("Opening hours")
    address = office.url
    fail_with(violations(office, [Look("conversation", lambda page: page.goto(address))]))


def test_an_entry_of_the_menu_gets_a_campaign_on_a_phone_and_a_mistake_opens_it(manager: Callable[..., Page]) -> None:
    page = manager(viewport={"width": 390, "height": 844})
    page.goto("/manage/campaigns/?lang=en")
    page.locator("#kind").select_option("menu")
    page.locator("#title").fill("Wine in the menu")
    page.locator("#mark").fill("m-wine")
    page.locator("main form button").click()
    page.goto("/manage/menu/?lang=en")
    rows = page.locator(".menu-row")
    expect(page.locator("[id='2_0_target']")).to_be_hidden()

    rows.nth(5).locator("summary").click()  # the first one below the second button
    page.locator("[id='1_0_name']").fill("葡萄酒")
    page.locator("[id='1_0_target']").fill("https://wine.example/")
    page.locator("[id='1_0_campaign']").select_option("m-wine")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.locator("[id='1_0_campaign-error']")).to_be_visible()
    page.locator("[id='1_0_target']").fill("/categories/wine")
    page.get_by_role("button", name="Save", exact=True).click()

    expect(page.locator(".alert-success")).to_be_visible()
    expect(rows.nth(5).locator("summary")).to_contain_text("葡萄酒 /categories/wine · Wine in the menu")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    address = page.url
    fail_with(violations(page, [Look("menu with a campaign", lambda page: page.goto(address))]))


def test_the_pages_of_the_chat_fit_on_a_phone_and_axe_finds_nothing(manager: Callable[..., Page]) -> None:
    page = manager(viewport={"width": 390, "height": 844})
    places = [f"/manage/{place}?lang=de" for place in ("menu/", "chat/answers", "chat/answers/new", "chat/")]
    looks = [Look(place, lambda page, place=place: page.goto(place)) for place in places]  # type: ignore[misc]
    fail_with(violations(page, looks, fits=True))


def test_a_product_opened_in_wechat_can_be_shared_and_an_order_cannot(phone: Phone, shop: OpenShop) -> None:
    context = phone(user_agent=WECHAT)
    page = context.new_page()
    page.goto(f"/products/{BOTTLE}?lang=zh#top")
    expect(page.locator("html")).to_have_attribute("data-wx-share", re.compile("title"))
    card = json.loads(page.locator("html").get_attribute("data-wx-share") or "{}")
    assert urlsplit(card["link"]).path == f"/products/{BOTTLE}"
    assert card["title"]
    assert card["imgUrl"].startswith(shop.url)

    shop.sign_in(context, "wang")
    page.goto("/orders/")
    expect(page.locator("html")).to_have_attribute("data-wx-hidden", re.compile("copyUrl"))
    assert page.locator("html").get_attribute("data-wx-share") is None
