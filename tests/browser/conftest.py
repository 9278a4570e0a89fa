"""Chromium at 390x844 in front of the real shop; a complaint of the browser fails the test."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser import programs
from browser.faults import Faults
from browser.open_shop import MANAGER, PASSWORD, ROOT, OpenShop
from PIL import Image
from playwright.sync_api import BrowserContext, BrowserType, Page, Playwright

PHONE = {"width": 390, "height": 844}
LONGEST = (
    "test_counter_offline", "test_counter_camera", "test_accessibility", "test_storefront_pages", "test_mishaps", "test_catalogue_files",
    "test_traveller", "test_counter_whole", "test_people", "test_campaigns", "test_catalogue", "test_packing", "test_counter_keyboards",
)  # fmt: skip
LARGEST_PICTURE = 120_000  # bytes; docs/screenshots is looked at on the web
Phone = Callable[..., BrowserContext]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", action="store_true", help="write docs/screenshots while the browser tests run")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything in this folder drives a browser. The longest files come first, so that no worker is left with one at the end."""
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: LONGEST.index(item.path.stem) if item.path.stem in LONGEST else len(LONGEST))


@pytest.fixture(scope="session")
def browser_type_launch_args(playwright: Playwright, browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    return {**browser_type_launch_args, **programs.shell(playwright)}


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[OpenShop]:
    """The shop's processes, with the example data; stopped at the end."""
    own = tmp_path_factory.getbasetemp()
    made = OpenShop.start(tmp_path_factory.mktemp("shop"), shared=own if worker_id == "master" else own.parent)
    yield made
    made.stop()


@pytest.fixture
def asks(shop: OpenShop) -> Iterator[Callable[..., None]]:
    """Says what the first point asks for at a hand-over (`OpenShop.asks`); after the test it asks for nothing."""
    yield shop.asks
    shop.asks()


@pytest.fixture
def faults(shop: OpenShop) -> Iterator[Faults]:
    """Fails the test for every complaint of a browser that `phone` made."""
    made = Faults(shop.url)
    yield made
    assert not made.found, "the browser complained:\n" + "\n".join(made.found)


@pytest.fixture
def phone(new_context: Phone, shop: OpenShop, faults: Faults) -> Phone:
    """Makes browsers: 390x844, Chinese, light, unless told otherwise."""
    return lambda *words, **more: _phone(new_context, shop, faults, *words, **more)


@pytest.fixture
def whole_phone(playwright: Playwright, browser_type: BrowserType, shop: OpenShop, faults: Faults) -> Iterator[Phone]:
    """The same with all that Chromium has: going back finds the page as it was left."""
    browser = browser_type.launch(**programs.whole(playwright))
    yield lambda *words, **more: _phone(browser.new_context, shop, faults, *words, **more)
    browser.close()


def _phone(new_context: Phone, shop: OpenShop, faults: Faults, language: str = "zh-CN", **more: Any) -> BrowserContext:
    asked = {
        "viewport": PHONE, "locale": language, "timezone_id": "Asia/Shanghai", "base_url": shop.url,
        "color_scheme": "light", "reduced_motion": "reduce", "has_touch": True, **more,
    }  # fmt: skip
    context = new_context(**asked)
    context.set_default_timeout(10_000)
    faults.watch(context)
    return context


@pytest.fixture
def desk(phone: Phone) -> Callable[..., BrowserContext]:
    """A browser with a keyboard and no touch, as counters and managers have."""
    return lambda *words, **more: phone(*words, **{"has_touch": False, **more})


def _signed_in(desk: Phone, shop: OpenShop, home: str, typed: dict[str, str], **more: Any) -> Page:
    """A page at `home`; the first time through the sign-in form, then with the cookies of that time."""
    known = shop.signed_in.get(str(typed))
    page = desk(storage_state=known, **more).new_page()
    page.goto(home)
    if known is None or "/sign-in" in page.url:  # a test before this one has signed out
        for name, text in typed.items():
            page.locator(f"#{name}").fill(text)
        page.keyboard.press("Enter")
        page.wait_for_url(f"{shop.url}{home}")
        shop.signed_in[str(typed)] = page.context.storage_state()
    return page


@pytest.fixture
def counter(desk: Phone, shop: OpenShop) -> Callable[..., Page]:
    """Pages of counter browsers, signed in with the shop's device (or another token), at the scan box."""
    return lambda token="", **more: _signed_in(desk, shop, "/counter/", {"token": token or shop.counter_token}, **more)


@pytest.fixture
def manager(desk: Phone, shop: OpenShop) -> Callable[..., Page]:
    """Pages of managers' browsers, signed in."""
    return lambda **more: _signed_in(desk, shop, "/manage/", {"name": MANAGER, "password": PASSWORD}, **more)


@pytest.fixture
def shot(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Writes what a page looks like to docs/screenshots, when the run was asked for pictures."""
    wanted = request.config.getoption("screenshots", False)
    folder = ROOT / "docs" / "screenshots"

    def take(page: Page, name: str) -> None:
        if not wanted:
            return
        page.wait_for_load_state("networkidle")
        seen = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
        for colours in (256, 128, 64, 32):
            made = io.BytesIO()
            seen.quantize(colours, dither=Image.Dither.NONE).save(made, "PNG", optimize=True)
            if made.tell() <= LARGEST_PICTURE:
                break
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{name}.png").write_bytes(made.getvalue())

    return take
