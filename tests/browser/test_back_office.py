"""A manager: finds an order, downloads the report, makes a counter device and takes it back."""

from collections.abc import Callable
from pathlib import Path

from browser.conftest import Phone
from browser.open_shop import POINT, OpenShop
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

Shot = Callable[[Page, str], None]


def test_a_manager_finds_an_order_and_its_money(phone: Phone, shop: OpenShop, manager: Callable[..., Page]) -> None:
    context, page = phone(), manager()
    shop.sign_in(context, "is-looked-up")
    number = shop.paid_order(context)

    page.locator("a[href='/manage/orders/']").first.click()
    page.locator("#q").fill(number)
    page.keyboard.press("Enter")
    page.locator("main table").get_by_role("link", name=number).click()

    expect(page.locator("h1")).to_have_text(number)
    expect(page.locator("main .state--paid").first).to_be_visible()
    expect(page.locator("main table").nth(3)).to_be_visible()  # lines, history, all about its money, what was announced; and messages


def test_the_downloaded_report_opens_and_holds_the_order(
    phone: Phone, shop: OpenShop, manager: Callable[..., Page], shot: Shot, tmp_path: Path
) -> None:
    context, page = phone(), manager()
    shop.sign_in(context, "is-reported")
    number = shop.paid_order(context)
    page.goto("/manage/reports/")
    shot(page, "report")

    with page.expect_download() as started:
        page.locator("main form button").click()
    file = tmp_path / started.value.suggested_filename
    started.value.save_as(file)

    assert file.suffix == ".xlsx"
    book = load_workbook(file, read_only=True)
    rows = [row for row in book.worksheets[0].iter_rows(values_only=True) if number in row]
    assert len(rows) == 1
    book.close()
    expect(page.locator("main form button")).to_be_enabled()


def test_a_device_is_made_signs_in_and_is_sent_away_when_it_is_revoked(
    manager: Callable[..., Page], counter: Callable[..., Page]
) -> None:
    page = manager()
    page.goto("/manage/devices/")
    page.locator("#name").fill("Tablet <7>")
    page.locator("#point").select_option(POINT)
    page.locator("main form button").first.click()
    tablet = counter(page.locator("#token").inner_text())
    expect(tablet.locator("header")).to_contain_text("Tablet <7>")

    page.goto("/manage/devices/")
    page.on("dialog", lambda dialog: dialog.accept())
    page.locator("tr", has_text="Tablet <7>").get_by_role("button").click()
    expect(page.locator("tr", has_text="Tablet <7>").get_by_role("button")).to_have_count(0)
    tablet.locator("#code").fill("7777788888")
    tablet.keyboard.press("Enter")

    expect(tablet).to_have_url(f"{tablet.url.split('/counter')[0]}/counter/sign-in")
    expect(tablet.locator("#token")).to_be_focused()


def test_a_device_is_kept_when_the_question_is_answered_with_no(manager: Callable[..., Page]) -> None:
    page = manager()
    page.goto("/manage/devices/")
    page.on("dialog", lambda dialog: dialog.dismiss())
    row = page.locator("tr", has_text="Counter B42")

    row.get_by_role("button").click()

    page.reload()
    expect(row.get_by_role("button")).to_have_count(1)


def test_a_signed_out_manager_comes_back_to_the_page_that_was_asked_for(desk: Phone, manager: Callable[..., Page]) -> None:
    page = manager()
    page.locator("form[action='/manage/sign-out'] button").click()
    page.goto("/manage/reports/")
    expect(page.locator("#password")).to_be_visible()

    page.locator("#name").fill("manager")
    page.locator("#password").fill("not the password")
    page.keyboard.press("Enter")
    expect(page.locator(".alert-danger")).to_be_visible()
    expect(page.locator("#name")).to_have_value("manager")
    page.locator("#password").fill("a-password-for-tests")
    page.keyboard.press("Enter")

    page.wait_for_url("**/manage/reports/")
