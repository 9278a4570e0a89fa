"""The counter's camera: Chromium plays a film made by the test, its own camera code and our decoder read it."""

import io
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import qrcode
import turns
import zxingcpp
from browser import programs
from browser.conftest import Phone
from browser.looking import boarding_pass
from browser.open_shop import OpenShop
from PIL import Image
from playwright.sync_api import Browser, BrowserType, Page, Playwright, expect

from shop.base.ids import OrderNumber
from shop.pickup import codes, scan_box

SIZE = (1280, 720)
QUICK = 300  # ms from the picture to the answer on the screen, median
READS = 16
TILT = 15  # degrees
FAKE = ("--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream")
TIMES = """() => { window.took = []; const main = document.getElementById('main');
    new MutationObserver(() => window.took.push(Number(main.dataset.took))).observe(main, { attributeFilter: ['data-took'] }); }"""
# Chromium's pretended cameras have no light.
TORCH = """() => { const could = MediaStreamTrack.prototype.getCapabilities; window.lit = [];
    MediaStreamTrack.prototype.getCapabilities = function () { return { ...could.call(this), torch: true }; };
    MediaStreamTrack.prototype.applyConstraints = async (asked) => { window.lit.push(asked.advanced[0].torch); }; }"""


def qr(text: str) -> Image.Image:
    return qrcode.make(text, box_size=6, border=4).convert("RGB")


def code(text: str, kind: zxingcpp.BarcodeFormat, scale: int) -> Image.Image:
    return Image.fromarray(zxingcpp.create_barcode(text, kind).to_image(scale=scale)).convert("RGB")


def held(picture: Image.Image, degrees: float = 0) -> Image.Image:
    """What a camera sees of a code that is held before it: grey around, a little turned."""
    scene = Image.new("RGB", SIZE, (96, 96, 96))
    bordered = Image.new("RGB", (picture.width + 40, picture.height + 40), "white")
    bordered.paste(picture, (20, 20))
    turned = bordered.rotate(degrees, expand=True, resample=Image.Resampling.BICUBIC, fillcolor=(96, 96, 96))
    scene.paste(turned, ((SIZE[0] - turned.width) // 2, (SIZE[1] - turned.height) // 2))
    return scene


def film(path: Path, scenes: list[Image.Image | None], frames: int) -> Path:
    """A film of JPEGs one after another (MJPEG), as Chromium's camera plays it in a loop; None is nothing but grey."""
    with path.open("wb") as file:
        for scene in scenes:
            made = io.BytesIO()
            (scene or Image.new("RGB", SIZE, (96, 96, 96))).save(made, "JPEG", quality=85)
            file.write(made.getvalue() * frames)
    return path


@pytest.fixture
def with_flags(playwright: Playwright, browser_type: BrowserType, shop: OpenShop) -> Iterator[Callable[..., Page]]:
    """A signed-in counter in a browser of its own, started with these flags."""
    started: list[Browser] = []

    def make(*flags: str, before: str = "", **more: Any) -> Page:
        asked = programs.whole(playwright)
        browser = browser_type.launch(**{**asked, "args": [*asked["args"], *flags]})
        started.append(browser)
        page = browser.new_context(locale="en-GB", base_url=shop.url, **more).new_page()
        page.set_default_timeout(30_000)
        if before:
            page.add_init_script(f"({before})()")
        page.goto("/counter/sign-in")
        page.locator("#token").fill(shop.counter_token)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{shop.url}/counter/")
        page.locator("[data-tool=camera]").wait_for()
        return page

    yield make
    for browser in started:
        browser.close()


@pytest.fixture
def with_camera(with_flags: Callable[..., Page]) -> Callable[[Path], Page]:
    """A signed-in counter whose camera sees a film."""
    return lambda seen: with_flags(*FAKE, f"--use-file-for-fake-video-capture={seen}", permissions=["camera"])


def switch_on(page: Page) -> None:
    page.locator("[data-tool=camera]").click()
    expect(page.locator("[data-tool=camera]")).to_have_attribute("aria-pressed", "true", timeout=30_000)


def test_the_picture_on_the_travellers_page_is_read_askew_and_answered_at_once(
    phone: Phone, shop: OpenShop, with_camera: Callable[[Path], Page], tmp_path: Path
) -> None:
    context = phone()
    shop.sign_in(context, "holds-up-a-phone")
    numbers = [shop.paid_order(context) for _ in range(3)]
    pictures = [context.request.get(f"/orders/{number}/pickup.png").body() for number in numbers]
    scenes = [held(Image.open(io.BytesIO(picture)).convert("RGB"), turn) for picture, turn in zip(pictures, (0, TILT, -TILT), strict=True)]
    page = with_camera(film(tmp_path / "film.mjpeg", scenes, 35))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.post_data or "") if request.url.endswith("/counter/look") else None)
    page.evaluate(TIMES)

    switch_on(page)

    expect(page.locator("#parcel-title")).to_have_text("WANG XIAOMING")
    page.wait_for_function("reads => window.took.length > reads", arg=READS, timeout=90_000)
    took = page.evaluate("() => window.took.slice(1)")  # the first one starts the decoder
    print(f"\nQR picture to answer, {len(took)} reads: median {statistics.median(took)} ms of {sorted(took)}")
    assert len(took) >= READS
    assert statistics.median(took) < QUICK, took
    assert all(any(shop.pickup(context, number)["token"] in body for body in asked) for number in numbers)


def test_the_label_of_a_parcel_that_is_held_askew_opens_it(
    phone: Phone, shop: OpenShop, with_camera: Callable[[Path], Page], tmp_path: Path
) -> None:
    context = phone()
    shop.sign_in(context, "has-a-label")
    number = shop.paid_order(context)
    printed = Image.open(io.BytesIO(codes.picture_png(scan_box.label_text(OrderNumber(number))))).convert("RGB")
    page = with_camera(film(tmp_path / "film.mjpeg", [held(printed, TILT)], 30))

    switch_on(page)

    expect(page.locator("[data-outcome=needs_check]")).to_be_visible()
    expect(page.locator("#parcel-title + .number")).to_have_text(number)


@turns.cases(
    ("kind", "scale"),
    [
        (zxingcpp.BarcodeFormat.PDF417, 4), (zxingcpp.BarcodeFormat.Aztec, 10), (zxingcpp.BarcodeFormat.DataMatrix, 10),
        (zxingcpp.BarcodeFormat.QRCode, 8),
    ],
    ids=["pdf417", "aztec", "datamatrix", "qr"],
)  # fmt: skip
def test_a_boarding_pass_that_is_held_askew_opens_its_travellers_parcel(
    phone: Phone, shop: OpenShop, with_camera: Callable[[Path], Page], tmp_path: Path, kind: zxingcpp.BarcodeFormat, scale: int
) -> None:
    context = phone()
    shop.sign_in(context, f"shows-a-pass-{kind.name}")
    number, name = shop.paid_order(context), f"CHEN/{kind.name.upper()}"[:20]
    shop.set_order(number, traveller_name=name.replace("/", " "))  # nobody else of this flight has it
    page = with_camera(film(tmp_path / "film.mjpeg", [held(code(boarding_pass(name), kind, scale), TILT)], 30))

    switch_on(page)

    expect(page.locator("[data-outcome=look]")).to_be_visible()
    expect(page.locator("#parcel-title + .number")).to_have_text(number)
    expect(page.locator("form[action='/counter/scan'] button")).to_be_visible()


def test_one_code_in_view_is_one_scan_and_the_camera_stops_with_its_button(
    with_camera: Callable[[Path], Page], tmp_path: Path
) -> None:
    page = with_camera(film(tmp_path / "film.mjpeg", [held(qr("7777788888"))], 30))
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if request.url.endswith("/counter/look") else None)
    switch_on(page)
    page.locator("[data-outcome=unknown]").wait_for()
    page.wait_for_timeout(1500)
    assert len(asked) == 1

    page.locator("[data-tool=camera]").click()

    expect(page.locator("[data-tool=camera]")).to_have_attribute("aria-pressed", "false")
    assert page.evaluate("() => document.querySelector('video').srcObject === null")


def test_of_two_cameras_one_is_chosen_and_still_is_after_the_page_was_opened_anew(with_flags: Callable[..., Page]) -> None:
    page = with_flags(FAKE[0], f"{FAKE[1]}=device-count=2", permissions=["camera"])
    switch_on(page)
    choice = page.get_by_label("Which camera")
    expect(choice.locator("option")).to_have_count(2)
    names = [option.inner_text() for option in choice.locator("option").all()]
    other = next(option for option in choice.locator("option").all() if option.get_attribute("value") != choice.input_value())
    chosen = str(other.get_attribute("value"))
    choice.select_option(chosen)
    used = "() => document.querySelector('video').srcObject?.getVideoTracks()[0].getSettings().deviceId"
    page.wait_for_function(f"chosen => ({used})() === chosen", arg=chosen)

    page.reload()

    expect(page.locator("[data-tool=camera]")).to_have_attribute("aria-pressed", "true", timeout=30_000)
    assert len(set(names)) == 2
    assert page.evaluate(used) == chosen == choice.input_value()


def test_a_chosen_camera_that_is_gone_gives_way_to_another(with_flags: Callable[..., Page]) -> None:
    page = with_flags(*FAKE, permissions=["camera"])
    page.evaluate("() => localStorage.setItem('counter-camera-which', 'of-another-day')")

    switch_on(page)

    expect(page.locator("[data-tool=view]")).to_be_visible()
    expect(page.locator("[data-tool=choice]")).to_be_hidden()
    expect(page.locator("[data-tool=torch]")).to_be_hidden()


def test_a_camera_with_a_light_has_a_button_for_it(with_flags: Callable[..., Page]) -> None:
    page = with_flags(*FAKE, before=TORCH, permissions=["camera"])
    switch_on(page)
    light = page.get_by_role("button", name="Light")
    light.click()
    expect(light).to_have_attribute("aria-pressed", "true")
    light.press("Enter")
    expect(light).to_have_attribute("aria-pressed", "false")

    assert page.evaluate("() => window.lit") == [True, False]


@pytest.mark.parametrize(
    ("flags", "says"),
    [
        (("--deny-permission-prompts", FAKE[1]), "The browser may not use the camera"),
        ((FAKE[0], f"{FAKE[1]}=device-count=0"), "This device has no camera"),
    ],
    ids=["refused", "missing"],
)
def test_why_there_is_no_picture_is_said_and_the_scan_box_works_on(
    with_flags: Callable[..., Page], flags: tuple[str, ...], says: str
) -> None:
    page = with_flags(*flags)

    page.locator("[data-tool=camera]").click()

    expect(page.get_by_role("alert")).to_contain_text(says)
    expect(page.locator("[data-tool=camera]")).to_have_attribute("aria-pressed", "false")
    expect(page.locator("[data-tool=view]")).to_be_hidden()
    page.locator("#code").fill("7777788888")
    page.keyboard.press("Enter")
    expect(page.locator("[data-outcome=unknown]")).to_be_visible()


def test_a_camera_that_is_pulled_out_is_said_and_can_be_started_again(with_flags: Callable[..., Page]) -> None:
    page = with_flags(*FAKE, permissions=["camera"])
    switch_on(page)

    page.evaluate("() => document.querySelector('video').srcObject.getVideoTracks()[0].dispatchEvent(new Event('ended'))")

    expect(page.get_by_role("alert")).to_contain_text("The camera was switched off or pulled out")
    expect(page.locator("[data-tool=view]")).to_be_hidden()
    switch_on(page)
    expect(page.get_by_role("alert")).to_be_hidden()


def test_only_counter_pages_may_use_the_camera_and_compile_its_decoder(
    with_camera: Callable[[Path], Page], tmp_path: Path, shop: OpenShop
) -> None:
    page = with_camera(film(tmp_path / "film.mjpeg", [None], 1))

    counter, home = (page.request.get(f"{shop.url}{path}").headers for path in ("/counter/", "/"))

    assert "'wasm-unsafe-eval'" in counter["content-security-policy"]
    assert "'unsafe-eval'" not in counter["content-security-policy"]
    assert counter["permissions-policy"].startswith("camera=(self)")
    assert "wasm" not in home["content-security-policy"]
    assert home["permissions-policy"].startswith("camera=()")
