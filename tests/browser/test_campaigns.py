"""Through both accounts: an article written, published, read in WeChat and followed into the shop; the order told and asked for in the
chat of the Service Account, packed and collected; all of it in the campaign report."""

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

from browser.conftest import Phone
from browser.looking import Look
from browser.open_shop import BOTTLE, FLIGHT, POINT, TRIP_DAY, OpenShop
from browser.test_accessibility import violations
from browser.test_counter_page import scan
from browser.test_traveller import number_of, pay_button
from PIL import Image
from playwright.sync_api import BrowserContext, Page, expect

DESK = {"width": 1280, "height": 800}
Shot = Callable[[Page, str], None]


def write_article(page: Page, title: str, picture: Path) -> None:
    """Begin an article with a cover and a product."""
    page.goto("/manage/campaigns/articles/")
    page.locator("#title").fill(title)
    page.locator("main form button").click()
    page.locator("#author").fill("小王")
    page.locator("#digest").fill("起飞前免税预订，机场提货")
    page.locator("#target").fill(f"/products/{BOTTLE}")
    page.locator("#body").fill(f"## 秋日好物\n\n**免税**预订，机场提货。\n\n![机场一角](picture:1)\n\n[[{BOTTLE}]]")
    page.locator("#picture").set_input_files(picture)
    page.locator("#article-form button.btn-primary").click()
    expect(page.locator(".alert-success")).to_be_visible()


def a_picture(folder: Path) -> Path:
    file = folder / "airport.jpg"
    Image.radial_gradient("L").resize((900, 500)).convert("RGB").save(file)
    return file


def told(shop: OpenShop, page: Page, *words: str) -> None:
    """Wait until Li's phone has a message of the Service Account with these words; then look at it in the chat."""
    for _ in range(60):
        if any(all(word in str(one) for word in words) for one in shop.control.inbox("li") if one["channel"] != "mine"):
            break
        page.wait_for_timeout(500)
    page.goto(f"{shop.control.url}/phone/chat/li")
    arrived = page.locator("[data-message=customer_service], [data-message=template]")
    for word in words:
        arrived = arrived.filter(has_text=word)
    expect(arrived.first).to_be_visible()


def by_day_and_night(page: Page) -> None:
    """Quiet hours of no length, so that this test may run at night."""
    page.goto("/manage/settings/messaging/all")
    for name in ("quiet_from", "quiet_until"):
        page.locator(f"[name={name}]").fill("00:00")
    page.locator("button[value=check]").click()
    page.locator("button[value=confirm]").click()
    expect(page.locator(".alert-success")).to_be_visible()


def make_ready(shop: OpenShop, context: BrowserContext, number: str) -> None:
    """Pack the parcel, as the back room does."""
    token = shop.processes.run("create-device", "Table 7", "--kind", "packer", "--point", POINT).strip().splitlines()[-1]
    headers, path = {"Authorization": f"Bearer {token}"}, f"{shop.url}/api/v1/packing/orders/{number}"
    slot = context.request.get(path, headers=headers).json()["proposed_slot"]
    answer = context.request.post(f"{path}/ready", headers=headers, data={"slot": slot, "by_hand": True})
    assert answer.ok, answer.text()


def test_an_article_brings_an_order_that_is_told_asked_for_packed_collected_and_reported(
    phone: Phone, shop: OpenShop, manager: Callable[..., Page], counter: Callable[..., Page], tmp_path: Path, shot: Shot
) -> None:
    shop.control.press(seconds=0.2)
    page = manager(viewport=DESK)
    page.on("dialog", lambda dialog: dialog.accept())
    by_day_and_night(page)
    write_article(page, "秋日免税好物", a_picture(tmp_path))
    paper = page.frame_locator("iframe.article-phone")
    expect(paper.locator("section img").first).to_have_js_property("naturalWidth", 720)
    expect(paper.locator("body")).to_contain_text("€")
    expect(page.locator("[data-problem]")).to_have_count(0)
    shot(page, "article")

    page.locator("button[value=draft]").click()
    expect(page.locator("[data-state=drafted]")).to_be_visible()
    page.locator("button[value=publish]").click()
    expect(page.locator("[data-state=publishing]")).to_be_visible()
    page.wait_for_timeout(400)
    page.locator("button[value=look]").click()
    address = page.locator("a[target=_blank]").get_attribute("href")
    mark = page.locator("main a.number").first.inner_text()

    context = phone()
    reader = context.new_page()
    reader.goto(str(address))
    expect(reader.locator("#js_content")).to_contain_text("机场提货")
    assert reader.locator("#js_content img").count() == 3  # the picture, the product's and its QR code
    shot(reader, "article-in-wechat")
    reader.locator("#js_view_source").click()
    expect(reader).to_have_url(f"{shop.url}/products/{BOTTLE}?c={mark}")
    assert [cookie["name"] for cookie in context.cookies()] == ["shop-from"]
    reader.locator("button[name=then][value=basket]").click()
    reader.locator(".bar a[href='/checkout']").click()
    reader.locator("#traveller-li").click()
    reader.locator("#flight").fill(FLIGHT)
    reader.locator("#date").fill(TRIP_DAY.isoformat())
    reader.locator("button[name=find]").click()
    reader.locator("#name").fill("LI NA")
    reader.locator("#adult").check()
    reader.locator("button[form=order]").click()
    expect(reader.locator(".state--awaiting_payment")).to_be_visible()
    pay_button(reader)
    reader.locator("#wx-pay-confirm").click()
    expect(reader.locator(".state--paid")).to_be_visible()
    number = number_of(reader)
    code = shop.pickup(context, number)["code"]

    reader.goto(f"{shop.control.url}/phone/chat/li")
    reader.locator("input[name=text]").fill("我的订单")
    reader.locator("button.send").click()
    told(shop, reader, number, "备货中")
    shot(reader, "chat-my-order")
    make_ready(shop, context, number)
    told(shop, reader, number, "已备好")
    desk = counter()
    scan(desk, code)
    desk.locator("form[action='/counter/scan'] button").click()
    expect(desk.locator("[data-outcome=collected]")).to_be_visible()

    page.goto("/manage/reports/show/campaigns")
    row = page.locator("main tbody tr", has_text=mark)
    expect(row).to_contain_text("秋日免税好物")
    cells = row.locator("td").all_inner_texts()
    assert cells[3:7] == ["1", "1", "1", "1"], cells  # visits, orders, by first touch, paid
    shot(page, "campaign-report")


def test_marketings_pages_have_no_barriers_and_fit_a_phone(shop: OpenShop, manager: Callable[..., Page], tmp_path: Path) -> None:
    page = manager(viewport={"width": 390, "height": 844})
    write_article(page, "无障碍", a_picture(tmp_path))
    article = page.url.partition("?")[0]
    shop.control.add_tag("已同意优惠", others=1200)
    page.goto("/manage/campaigns/")
    page.locator("#title").fill("Gate B42")
    page.locator("main form button").click()
    poster = page.url.partition("?")[0]

    lists = [f"/manage/campaigns/{name}" for name in ("", "sends/", "costs")]
    pages = [*lists, poster, f"{poster}/poster", article, f"{article}/send"]
    assert violations(page, [Look(address, partial(Page.goto, url=address)) for address in pages], fits=True) == []


def test_a_refused_article_keeps_every_word_on_the_page(shop: OpenShop, manager: Callable[..., Page], tmp_path: Path) -> None:
    page = manager(viewport=DESK)
    write_article(page, "先写的", a_picture(tmp_path))
    other = page.context.new_page()
    other.goto(page.url)
    other.locator("#body").fill("同事的话")
    other.locator("#article-form button.btn-primary").click()
    expect(other.locator(".alert-success")).to_be_visible()

    page.locator("#body").fill("我的话\n\n<script src='https://evil.example/x.js'></script>")
    page.context.set_default_timeout(10_000)
    with page.expect_response(re.compile("/articles/")) as answered:
        page.locator("#article-form button.btn-primary").click()

    assert answered.value.status == 409
    expect(page.locator(".article-theirs")).to_have_text("同事的话")
    expect(page.locator("#body")).to_have_value(re.compile("我的话"))
    page.locator("#article-form button.btn-primary").click()
    expect(page.locator("[data-problem=foreign_script]")).to_be_visible()
