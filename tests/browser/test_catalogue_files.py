"""A manager sends a file of products in: with errors, then corrected, then applied; with and without JavaScript."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from browser.looking import Look
from browser.test_accessibility import fail_with, violations
from openpyxl import Workbook, load_workbook
from playwright.sync_api import Page, expect

EXCHANGE = "/manage/exchange/"
WORKED = 20_000  # milliseconds until a worker has surely done it
HEADER = ["sku", "ean", "category", "brand", "name_zh", "price", "remark"]
WRONG = [
    ["XT-1", "4006381333931", "spirits", "Fichtental", "测试酒", "1.234", "x"],
    ["xt 2", 4006381333948, "nowhere", "New Brand", "测试", 5, "y"],
]
Pages = Callable[..., Page]


def workbook(path: Path, *rows: list[object]) -> Path:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.save(path)
    return path


def send(page: Page, path: Path, state: str) -> None:
    """Choose the file, and wait for what the worker says of it; nobody presses anything for that."""
    page.goto(EXCHANGE)
    page.locator("#file").set_input_files(path)
    page.locator("form[enctype] button").click()
    expect(page.locator(f"[data-state={state}]")).to_be_visible(timeout=WORKED)


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_an_import_with_errors_is_corrected_and_applied(manager: Pages, tmp_path: Path, script: bool) -> None:
    page = manager(language="en-GB", java_script_enabled=script)
    sku = f"XT-{script:d}"

    send(page, workbook(tmp_path / "new.xlsx", HEADER, *WRONG), "faulty")
    expect(page.locator("tr[data-line='2'] [data-code=unclear_number]")).to_contain_text("1.234")
    expect(page.locator("tr[data-line='3'] [data-code=no_such_category]")).to_be_visible()
    expect(page.locator("[data-state]")).to_contain_text("remark")
    expect(page.get_by_role("button", name="Apply")).to_have_count(0)

    right = tmp_path / "new.csv"
    row = f"{sku};40063813339{31 + 17 * script};spirits;Fichtental;测试酒;12,50"
    right.write_bytes(f"sku;ean;category;brand;name_zh;price\n{row}\n".encode("gbk"))
    send(page, right, "checked")
    expect(page.locator("main")).to_contain_text("Read as CSV in GB18030 (GBK), separated by semicolons")
    page.get_by_role("button", name="Apply").click()

    expect(page.locator("[data-state=applied]")).to_be_visible(timeout=WORKED)
    page.go_back()
    page.goto(f"/manage/catalogue/products/{sku}")
    expect(page.locator("h1")).to_contain_text("测试酒")


def test_the_catalogue_is_downloaded_and_sent_back_unchanged(manager: Pages, tmp_path: Path) -> None:
    page = manager(language="en-GB")
    page.goto("/manage/catalogue/")
    page.locator("a[href='/manage/exchange/']").click()
    with page.expect_download() as started:
        page.locator("a[href$='format=xlsx']").first.click()
    file = tmp_path / started.value.suggested_filename
    started.value.save_as(file)
    assert [cell.value for cell in load_workbook(file).worksheets[0][1]][0] == "sku"

    send(page, file, "checked")

    expect(page.locator("[data-state]")).to_contain_text("there is nothing to apply")


def looks(page: Page, folder: Path) -> Iterator[Look]:
    """Every kind of page an import has."""
    faulty = workbook(folder / "faulty.xlsx", HEADER, *WRONG)
    new = folder / "new.csv"
    new.write_text("sku,ean,category,brand,name_zh,price,text_de\n" + "\n".join(
        f"XN-{n},40063813{n:05},spirits,Neue Marke,测试酒,12.50,{'Ein langer Text. ' * 20}" for n in range(8)))  # fmt: skip
    broken = folder / "broken.xlsx"
    broken.write_bytes(b"PK\x03\x04")
    yield Look("import and export", lambda page: (page.goto(EXCHANGE), page.locator("summary").first.click()))
    for path, state in ((faulty, "faulty"), (new, "checked"), (broken, "unreadable")):
        send(page, path, state)
        address = page.url
        yield Look(f"an import that is {state}", lambda page, address=address: page.goto(address))


def test_axe_finds_nothing_on_the_pages_of_imports_and_they_fit(manager: Pages, tmp_path: Path) -> None:
    page = manager(language="de-DE", viewport={"width": 1280, "height": 900})
    found = list(looks(page, tmp_path))

    fail_with(violations(page, found, fits=True))
