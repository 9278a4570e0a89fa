"""A manager has a report made, watches it finish, fetches it, keeps it and plans it."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

from browser import axe
from browser.conftest import Phone
from browser.open_shop import OpenShop
from playwright.sync_api import Page, expect


def check_axe(page: Page) -> None:
    """No violation that axe can find, in light and dark."""
    found = axe.wrong_by_day_and_night(page)
    assert not found, f"{page.url}: {found}"


def test_an_export_is_made_while_its_page_is_open_and_fetched(
    phone: Phone, shop: OpenShop, manager: Callable[..., Page], tmp_path: Path
) -> None:
    context, page = phone(), manager()
    shop.sign_in(context, "is-exported")
    number = shop.paid_order(context)
    page.goto("/manage/reports/")
    page.locator("a[href='/manage/reports/show/orders']").click()
    expect(page.locator("#rows tbody tr").first).to_be_visible()  # the first page of what all tests have ordered
    check_axe(page)

    page.locator("#file #format").select_option("csv")
    page.locator("#file #header").select_option("technical")
    page.locator("#file form button").click()
    page.wait_for_url("**/manage/exports/*")
    expect(page.locator("a[href$='/file']")).to_be_visible(timeout=90_000)  # without a reload; the process is modest
    check_axe(page)
    with page.expect_download() as started:
        page.locator("a[href$='/file']").click()
    file = tmp_path / "orders.csv"
    started.value.save_as(file)

    rows = list(csv.DictReader(io.StringIO(file.read_text("utf-8-sig"), newline="")))
    assert number in [row["order_no"] for row in rows]
    page.goto("/manage/exports/")
    expect(page.locator("main table tbody tr")).to_have_count(1)
    check_axe(page)


def test_a_report_is_kept_previewed_and_planned(manager: Callable[..., Page]) -> None:
    page = manager()
    page.goto("/manage/reports/show/by_day?day=pickup")
    if page.locator("#save").count() == 0:
        page.goto("/manage/reports/show/stock_valuation")
    page.locator("#save #name").fill("Every <Monday>")
    page.locator("#save #span").select_option("last_week")
    page.locator("#save form button").click()
    expect(page.locator("h1")).to_have_text("Every <Monday>")

    page.locator("#every").select_option("rule")
    page.locator("#rule").fill("FREQ=HOURLY")
    page.locator("#way").select_option("folder")
    page.locator("#schedules form button").first.click()
    expect(page.locator("#rule-error")).to_be_visible()
    expect(page.locator("#rule")).to_have_value("FREQ=HOURLY")
    check_axe(page)
    page.locator("#rule").fill("FREQ=WEEKLY;BYDAY=MO,TH")
    page.locator("button[name=preview]").click()
    expect(page.locator("#runs + ul li")).to_have_count(5)
    page.locator("#schedules form.filters button").first.click()

    expect(page.locator("#schedules tbody tr")).to_contain_text("FREQ=WEEKLY;BYDAY=MO,TH")
    check_axe(page)
    page.goto("/manage/reports/saved/")
    expect(page.locator("main table")).to_contain_text("Every <Monday>")
