"""Managers at the catalogue: a price now and later, a picture, many products at once, and two of them at one product."""

import io
import re
from collections.abc import Callable

import pytest
from browser.conftest import Phone
from browser.open_shop import OpenShop
from browser.test_accessibility import LONGEST_WORDS, Look, each_language, fail_with, violations
from PIL import Image
from playwright.sync_api import Page, expect

PRODUCT, LIST = "/manage/catalogue/products/{}", "/manage/catalogue/"
DESK = {"width": 1280, "height": 800}
each_size = pytest.mark.parametrize("viewport", [{"width": 390, "height": 844}, DESK], ids=["390 px", "1280 px"])
Manager = Callable[..., Page]


def _price(page: Page) -> str:
    return re.sub(r"\s", "", page.locator("p.price").inner_text())


@each_size
def test_a_price_changes_now_and_another_is_planned_and_withdrawn(phone: Phone, manager: Manager, viewport: dict[str, int]) -> None:
    page, shopper = manager(language="en-GB", viewport=viewport), phone("en-GB").new_page()
    sku = "PE-0001" if viewport["width"] == 390 else "PE-0002"
    page.goto(PRODUCT.format(sku))
    form = page.locator("#price-form")
    form.locator("#amount").fill("12.34")
    form.get_by_role("button").click()
    expect(page.get_by_role("status")).to_have_text("The price counts from now on.")
    expect(page.locator("[data-shown-as=reduced]")).to_contain_text("lowest price of the last 30 days")
    shopper.goto(f"/products/{sku}")
    assert _price(shopper) == "€12.34"
    expect(shopper.locator(".price__was")).to_contain_text("Lowest price of the last 30 days before:")

    form.locator("#amount").fill("99")
    form.locator("#valid_from").fill("2098-01-01T08:00")
    form.get_by_role("button").click()
    planned = page.locator("#prices table").first.locator("tr", has_text="€99.00")
    expect(planned).to_be_visible()
    shopper.reload()
    assert _price(shopper) == "€12.34"
    planned.get_by_role("button").click()
    expect(page.get_by_role("status")).to_have_text("The planned price is withdrawn.")


def _photo() -> bytes:
    made = io.BytesIO()
    Image.linear_gradient("L").resize((900, 1200)).convert("RGB").save(made, "JPEG", quality=90)
    return made.getvalue()


def test_a_picture_is_uploaded_and_the_shop_shows_it_in_every_format(phone: Phone, manager: Manager) -> None:
    page, shopper = manager(language="en-GB", viewport=DESK), phone("en-GB").new_page()
    page.goto(PRODUCT.format("CO-0001"))
    form = page.locator("#picture-form")

    form.locator("#picture").set_input_files({"name": "fake.jpg", "mimeType": "image/jpeg", "buffer": b"no picture"})
    form.locator("#alt_en").fill("A box of chocolates")
    form.locator("button").click()
    expect(page.get_by_role("alert")).to_contain_text("This file is no picture that we can read.")
    expect(form.locator("#alt_en")).to_have_value("A box of chocolates")
    form.locator("#picture").set_input_files({"name": "box.jpg", "mimeType": "image/jpeg", "buffer": _photo()})
    form.locator("button").click()
    expect(page.get_by_role("status")).to_contain_text("The picture is there.")

    def sizes_are_there() -> bool:
        shopper.goto("/products/CO-0001")
        return shopper.locator("picture img[alt='A box of chocolates']").count() == 1

    for _ in range(60):
        if sizes_are_there():
            break
        shopper.wait_for_timeout(250)
    shown = shopper.locator("picture img[alt='A box of chocolates']")
    shown.scroll_into_view_if_needed()
    expect(shown).to_have_js_property("complete", True)
    assert str(shown.evaluate("image => image.currentSrc")).endswith(".avif")
    assert shown.evaluate("image => image.naturalWidth") > 0
    fail_with(violations(shopper, [Look("a product with pictures", lambda page: page.goto("/products/CO-0001"))]))


@each_size
def test_chosen_products_change_their_prices_after_a_look_at_each(manager: Manager, viewport: dict[str, int]) -> None:
    page = manager(language="en-GB", viewport=viewport)
    page.goto(f"{LIST}?category=health&sort=sku")
    rows = page.locator("main tbody tr")
    count = rows.count()
    page.locator("[data-choose-all]").check()
    expect(page.locator("input[name=sku]:checked")).to_have_count(count)
    page.locator("input[name=sku]").first.uncheck()
    page.locator("#deed-percent").check()
    page.locator("#percent").fill("-10")
    page.locator("#bulk").get_by_role("button").click()

    expect(page.locator("main tbody tr")).to_have_count(count - 1)
    before, after = (page.locator("main tbody tr").first.locator("td.number").nth(n).inner_text().split()[0] for n in (1, 2))
    assert round(float(before) * 0.9 + 1e-9, 2) == float(after)
    page.get_by_role("button", name="Do it").click()

    expect(page.get_by_role("status")).to_contain_text(f"{count - 1} products were changed.")
    assert "category=health" in page.url


def test_of_two_managers_at_one_product_the_second_is_told_and_loses_nothing(manager: Manager) -> None:
    one, two = manager(language="en-GB", viewport=DESK), manager(language="en-GB", viewport=DESK)
    for page in (one, two):
        page.goto(PRODUCT.format("SK-0001"))
    one.locator("#name_en").fill("Cream by Anna")
    one.locator("#product-form").get_by_role("button").click()
    expect(one.get_by_role("status")).to_have_text("Saved.")

    two.locator("#name_en").fill("Cream by Ben")
    two.locator("#text_de").fill("Bens Text")
    two.locator("#product-form").get_by_role("button").click()

    expect(two.get_by_role("alert")).to_contain_text("Somebody else has saved this product")
    expect(two.locator("#name_en")).to_have_value("Cream by Ben")
    expect(two.locator("#text_de")).to_have_value("Bens Text")
    expect(two.locator("[data-meanwhile=name_en]")).to_have_text("Saved meanwhile: Cream by Anna")
    two.locator("#product-form").get_by_role("button").click()
    expect(two.get_by_role("status")).to_have_text("Saved.")
    expect(two.locator("h1")).to_have_text("Cream by Ben")


def _refused(page: Page) -> None:
    page.goto(PRODUCT.format("SP-0002"))
    page.locator("#ean").fill("1")
    page.locator("#product-form").get_by_role("button").click()
    page.locator(".invalid-feedback").first.wait_for()


def _checked(page: Page) -> None:
    page.goto(f"{LIST}?category=wine")
    page.locator("input[name=sku]").first.check()
    page.locator("#deed-unpublish").check()
    page.locator("#bulk").get_by_role("button").click()
    page.locator("input[name=mark]").wait_for(state="attached")


def _looks() -> list[Look]:
    addresses = ("", "?q=xyzzy", "?state=x", "new", "categories/", "brands/", "products/SP-0002", "products/SP-0002/stock")
    looks = [Look(address or "list", lambda page, to=address: page.goto(LIST + to)) for address in addresses]  # type: ignore[misc]
    return [*looks, Look("a refused product", _refused), Look("many, looked at", _checked)]


@each_language
def test_axe_finds_nothing_in_the_catalogue_and_it_fits_every_screen(shop: OpenShop, manager: Manager, language: str) -> None:
    page = manager(language=language, viewport=DESK)

    fail_with(violations(page, _looks(), fits=language == LONGEST_WORDS))
