"""The packing pages in a browser: a wave packed with a scanner, the board by itself, paper, and what axe finds."""

import re
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from browser.conftest import Phone, _signed_in
from browser.keyboards import HOSTS, Scanner, tab_to
from browser.looking import Look
from browser.open_shop import BOTTLE, CHOCOLATE, POINT, OpenShop
from browser.test_accessibility import LONGEST_WORDS, each_language, fail_with, violations
from playwright.sync_api import Locator, Page, expect

from shop.base.ids import OrderNumber
from shop.pickup.scan_box import label_text

HOME = "/counter/packing/"
TABLET = {"width": 800, "height": 1280}  # ten inches
Packer = Callable[..., Page]


@dataclass(frozen=True)
class BackRoom:
    """The shop seen from the packing table: a packer's token, and ways to get orders there."""

    shop: OpenShop
    token: str

    def order(self, phone: Phone, who: str, lines: dict[str, int], hours: float) -> str:
        """A paid order for a flight that leaves in so many hours; its number."""
        context = phone()
        self.shop.sign_in(context, who)
        number = self.shop.order(context, lines)
        self.shop.pay(context, number)
        self.shop.call(context, "POST", f"/orders/{number}/payment/check")
        departs = datetime.now(UTC) + timedelta(hours=hours)
        moments = [moment.strftime("%Y-%m-%d %H:%M:%S.%f") for moment in (departs, departs - timedelta(hours=4))]
        self.change("UPDATE orders SET departs_at = ?, collect_from = ? WHERE number = ?", *moments, number)
        return number

    def ean(self, sku: str) -> str:
        with closing(sqlite3.connect(self.shop.database, timeout=20)) as database:
            return str(database.execute("SELECT ean FROM products WHERE sku = ?", (sku,)).fetchone()[0])

    def change(self, statement: str, *values: object) -> None:
        """Behind the shop's back: today's flights, and the shelf."""
        with closing(sqlite3.connect(self.shop.database, timeout=20)) as database, database:
            database.execute(statement, values)


@pytest.fixture(scope="module")
def back_room(shop: OpenShop) -> BackRoom:
    token = shop.processes.run("create-device", "Packing 1", "--kind", "packer", "--point", POINT).strip().splitlines()[-1]
    made = BackRoom(shop, token)
    # The example data may have slots of its own: these two are the shelf of these tests.
    made.change("UPDATE shelf_slots SET active = 0 WHERE pickup_point_id = (SELECT id FROM pickup_points WHERE code = ?)", POINT)
    for code, capacity in (("A1", 2), ("A2", 6)):
        made.change(
            "INSERT INTO shelf_slots (pickup_point_id, code, capacity, active) SELECT id, ?, ?, 1 FROM pickup_points WHERE code = ?"
            " ON CONFLICT (pickup_point_id, code) DO UPDATE SET capacity = excluded.capacity, active = 1",
            code, capacity, POINT,
        )  # fmt: skip
    made.change("UPDATE products SET location = 'A-00-7' WHERE sku = ?", BOTTLE)
    return made


@pytest.fixture
def packer(desk: Phone, shop: OpenShop, back_room: BackRoom) -> Packer:
    """Pages of packers' tablets, signed in, at the due board."""
    return lambda **more: _signed_in(
        desk, shop, HOME, {"token": back_room.token}, **{"language": "en-GB", "viewport": TABLET, **more}
    )


def scan(page: Page, text: str) -> None:
    """As a USB scanner does: into the box that has the focus, then Enter. The page that answers is loaded."""
    expect(page.locator("#scan")).to_be_focused()
    with page.expect_navigation():
        page.keyboard.type(text, delay=4)
        page.keyboard.press("Enter")


def test_a_wave_is_picked_packed_and_put_on_the_shelf_with_the_scanner_alone(
    phone: Phone, shop: OpenShop, back_room: BackRoom, packer: Packer, shot: Callable[[Page, str], None]
) -> None:
    number, page = back_room.order(phone, "is-packed", {BOTTLE: 2, CHOCOLATE: 1}, 4.6), packer()
    page.goto(HOME)
    expect(page.locator(".due__row--red", has_text=number)).to_be_visible()
    shot(page, "packing-board")

    page.get_by_role("link", name="Waves").click()
    with page.expect_navigation():
        page.get_by_role("button", name="Put new orders into waves").click()
    lists = [link.get_attribute("href") or "" for link in page.get_by_role("link", name=re.compile(r"^Pick list \d+")).all()]
    mine = next(address for address in lists if page.goto(address) and page.locator(".pick-parcel", has_text=number).count())
    page.goto(mine)
    expect(page.locator(".pick tbody")).to_contain_text("A-00-7")
    expect(page.locator(".pick-parcel", has_text=number).first).to_contain_text("2 ×")

    page.goto(HOME)
    scan(page, number)
    expect(page.locator("h1")).to_have_text(number)
    scan(page, back_room.ean(BOTTLE))
    expect(page.locator("[data-outcome=piece]")).to_contain_text("1 of 2")
    scan(page, "4006381333931")
    expect(page.locator("[data-outcome=refused]")).to_contain_text("Wrong product")
    shot(page, "packing-wrong-product")
    scan(page, back_room.ean(BOTTLE))
    scan(page, back_room.ean(CHOCOLATE))
    expect(page.locator(".answer--go")).to_contain_text("Complete")
    shot(page, "packing-complete")

    expect(page.locator("#slot")).to_have_value("A1")
    page.get_by_role("button", name="Ready for the traveller").focus()
    page.keyboard.press("Enter")

    expect(page.locator("[data-outcome=ok]")).to_contain_text("Shelf slot A1")
    page.get_by_role("link", name="Label").click()
    expect(page.locator(".label__number")).to_have_text(f"{number[:5]} {number[5:]}")
    shot(page, "packing-label")


def test_a_scan_is_heard_wherever_the_focus_is(phone: Phone, back_room: BackRoom, packer: Packer) -> None:
    number, page = back_room.order(phone, "is-heard", {BOTTLE: 1}, 5.5), packer()
    page.goto(f"{HOME}orders/{number}")
    page.evaluate("() => document.activeElement.blur()")

    page.evaluate(
        "keys => keys.forEach(key => document.body.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true })))",
        [*back_room.ean(BOTTLE), "Enter"],
    )

    expect(page.locator(".answer--go")).to_contain_text("Complete")


def test_a_scanner_without_enter_packs_a_parcel_from_its_label_to_its_last_piece(
    phone: Phone, back_room: BackRoom, packer: Packer
) -> None:
    number, page = back_room.order(phone, "has-no-enter", {BOTTLE: 1, CHOCOLATE: 1}, 5.5), packer()
    page.goto(HOME)

    for text, then in (
        (label_text(OrderNumber(number)), "h1"), (back_room.ean(BOTTLE), "[data-outcome=piece]"), (back_room.ean(CHOCOLATE), ".answer--go"),
    ):  # fmt: skip
        expect(page.locator("#scan")).to_be_focused()
        page.evaluate("() => { window.isOld = true }")
        Scanner(page, HOSTS[0]).type(text, enter=False)
        page.wait_for_function("() => !window.isOld")
        expect(page.locator(then)).to_contain_text({"h1": number}.get(then, ""))

    expect(page.locator(".answer--go")).to_contain_text("Complete")


def press(page: Page, target: Locator) -> None:
    """Come to it with the tab key alone, and press Enter."""
    tab_to(page, target)
    page.keyboard.press("Enter")


def test_a_shortage_is_found_confirmed_and_refunded_with_the_keyboard_alone(
    phone: Phone, back_room: BackRoom, packer: Packer
) -> None:
    number, page = back_room.order(phone, "is-short", {BOTTLE: 2}, 5.5), packer()
    page.goto(f"{HOME}orders/{number}")

    press(page, page.locator("details summary").first)
    press(page, page.locator("form[action$='/shortage'] button").first)
    expect(page.locator("[data-outcome=shortage]")).to_be_visible()
    press(page, page.locator("form[action$='/shortage/start'] button"))

    expect(page.locator("[data-outcome=changed]")).to_contain_text("Refund started")


def test_a_parcel_goes_back_to_stock_with_the_keyboard_alone(phone: Phone, back_room: BackRoom, packer: Packer) -> None:
    number, page = back_room.order(phone, "never-comes", {BOTTLE: 1}, 5.0), packer()
    page.goto(f"{HOME}orders/{number}")
    press(page, page.locator("button[name=by_hand]"))
    expect(page.locator("[data-outcome=ok]")).to_be_visible()
    back_room.change("UPDATE orders SET state = 'no_show' WHERE number = ?", number)

    press(page, page.locator(f"a[href='{HOME}returns/']"))
    expect(page.locator("main")).to_contain_text(number)
    scan(page, label_text(OrderNumber(number)))

    expect(page.locator("[data-outcome=ok]")).to_contain_text("Back in stock")
    expect(page.locator("table", has_text=number)).to_have_count(0)


def test_the_board_shows_a_new_order_by_itself(phone: Phone, back_room: BackRoom, packer: Packer) -> None:
    page = packer()
    page.clock.install()
    page.goto(HOME)
    number = back_room.order(phone, "comes-late", {CHOCOLATE: 1}, 4.7)
    expect(page.locator(".due", has_text=number)).to_have_count(0)
    page.locator("#scan").fill("half a num")

    page.bring_to_front()
    page.clock.run_for(21_000)

    expect(page.locator(".due__row", has_text=number)).to_be_visible()
    expect(page.locator("#scan")).to_have_value("half a num")


def test_without_script_everything_can_be_packed(phone: Phone, desk: Phone, back_room: BackRoom, packer: Packer) -> None:
    number, known = back_room.order(phone, "has-no-script", {BOTTLE: 1}, 5.0), packer()
    page = desk("en-GB", storage_state=known.context.storage_state(), java_script_enabled=False).new_page()
    page.goto(f"{HOME}orders/{number}")

    page.locator("#scan").fill(back_room.ean(BOTTLE))
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Ready for the traveller").click()

    expect(page.locator("[data-outcome=ok]")).to_contain_text("order page says so at once")


def test_paper_has_nothing_to_press_on_it(phone: Phone, back_room: BackRoom, packer: Packer) -> None:
    number, page = back_room.order(phone, "is-printed", {BOTTLE: 1}, 5.0), packer()
    page.goto(f"{HOME}orders/{number}/label")
    expect(page.get_by_role("button", name="Print")).to_be_visible()

    page.emulate_media(media="print")

    expect(page.get_by_role("button", name="Print")).to_be_hidden()
    expect(page.get_by_role("link")).to_have_count(0)
    expect(page.locator(".label__qr")).to_be_visible()


def looks(phone: Phone, back_room: BackRoom, who: str) -> Iterator[Look]:
    """Every packing page, and the answers of a parcel."""
    late, soon = (back_room.order(phone, f"{who}-{n}", {BOTTLE: 2, CHOCOLATE: 1}, 4.4 + n / 2) for n in range(2))
    refund = f"{HOME}orders/{soon}"

    def at(name: str, address: str) -> Look:
        return Look(name, lambda page: page.goto(address))

    def typed(address: str, text: str, then: str) -> Callable[[Page], None]:
        def go(page: Page) -> None:
            page.goto(address)
            page.locator("#scan").fill(text)
            page.keyboard.press("Enter")
            page.locator(then).wait_for()

        return go

    def in_a_wave(link: str) -> Callable[[Page], None]:
        def go(page: Page) -> None:
            page.goto(f"{HOME}waves/")
            page.locator("main > form button").click()
            page.locator("article").first.wait_for()
            page.locator(f"article {link}").first.click()
            page.locator("main").wait_for()

        return go

    def short(page: Page) -> None:
        page.goto(refund)
        page.locator("details summary").first.click()
        page.locator("form[action$='/shortage'] button").first.click()
        page.locator("[data-outcome=shortage]").wait_for()

    def ready(page: Page) -> None:
        page.goto(f"{HOME}orders/{late}")
        page.locator("button[name=by_hand]").click()
        page.locator("[data-outcome=ok]").wait_for()

    yield at("the board", HOME)
    yield Look("no label", typed(HOME, "?", "#scan-error"))
    yield at("the waves", f"{HOME}waves/")
    yield Look("a wave", in_a_wave("h2 a"))
    yield Look("a pick list on paper", in_a_wave("a[href$='/print']"))
    yield Look("labels", in_a_wave("a[href$='/labels']"))
    yield at("a parcel", f"{HOME}orders/{soon}")
    yield Look("a piece", typed(f"{HOME}orders/{soon}", back_room.ean(CHOCOLATE), ".answer, [data-outcome=refused]"))
    yield Look("a wrong product", typed(f"{HOME}orders/{soon}", "4006381333931", "[data-outcome=refused]"))
    yield Look("a shortage", short)
    yield at("parcels to empty", f"{HOME}returns/")
    yield at("the shelf", f"{HOME}shelf/")
    yield Look("nothing to empty", typed(f"{HOME}returns/", soon, "[data-outcome=refused]"))
    yield Look("ready", ready)


@each_language
def test_axe_finds_nothing_on_the_packing_pages_and_they_fit_a_phone(
    phone: Phone, back_room: BackRoom, packer: Packer, language: str
) -> None:
    fail_with(violations(packer(language=language), looks(phone, back_room, f"axe-{language}"), fits=language == LONGEST_WORDS))
