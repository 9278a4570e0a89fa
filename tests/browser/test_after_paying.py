"""After paying, on real screens: one screenshot is enough for the counter, and a receipt can be kept."""

import io

import pytest
from browser.conftest import Phone
from browser.open_shop import OpenShop
from PIL import Image
from playwright.sync_api import expect
from zxingcpp import read_barcodes

SCREENS = {"large": (390, 844), "small": (320, 640)}


@pytest.mark.parametrize("screen", SCREENS.values(), ids=SCREENS)
def test_one_screenshot_of_the_pickup_page_is_enough_for_the_counter(phone: Phone, shop: OpenShop, screen: tuple[int, int]) -> None:
    width, height = screen
    context = phone("de-DE", viewport={"width": width, "height": height})
    shop.sign_in(context, f"takes-a-screenshot-{width}")
    number = shop.paid_order(context)
    told = shop.pickup(context, number)
    page = context.new_page()
    page.emulate_media(color_scheme="dark")

    page.goto(f"/orders/{number}/pickup")
    expect(page.locator(".qr img")).to_be_visible()
    picture = Image.open(io.BytesIO(page.screenshot()))

    [found] = read_barcodes(picture.resize((width, height)))  # as blurred as a screenshot that was passed on
    assert found.text == told["token"]
    for words in (number, f"{told['code'][:5]}-{told['code'][-5:]}", "Schalter B42", "Abholung", "CA932"):
        box = page.locator(".pickup-card").get_by_text(words).first.bounding_box()
        assert box is not None, words
        assert box["y"] + box["height"] <= height, f"{words} is below the screen"


def test_the_receipt_can_be_kept(phone: Phone, shop: OpenShop) -> None:
    context = phone("zh-CN")
    shop.sign_in(context, "keeps-the-receipt")
    page = context.new_page()
    page.goto(f"/orders/{shop.paid_order(context)}")

    page.locator("#more a").first.click()
    with page.expect_download() as kept:
        page.get_by_role("link", name="下载 PDF").click()

    assert kept.value.suggested_filename.startswith("receipt-D")
    assert kept.value.path().read_bytes().startswith(b"%PDF-")
