"""Chromium at 390x844 in front of the real shop; a complaint of the browser fails the test."""

import io
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from browser.faults import Faults
from browser.open_shop import MANAGER, PASSWORD, ROOT, OpenShop
from PIL import Image
from playwright.sync_api import BrowserContext, Page, Playwright

PHONE = {"width": 390, "height": 844}
FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip
PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chromium-headless-shell")
NO_BROWSER = (
    "The browser tests need Chromium. Do one of these:\n"
    "  apt install chromium fonts-noto-cjk\n"
    "  python -m playwright install --with-deps --only-shell chromium\n"
    "  export CHROMIUM=<path of a Chromium or Chrome>"
)
LONGEST = (
    "test_storefront_pages", "test_counter_offline", "test_accessibility", "test_counter_keyboards", "test_counter_camera", "test_packing",
    "test_counter_whole", "test_people", "test_mishaps", "test_catalogue",
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


def _program(playwright: Playwright) -> str | None:
    """The browser of this machine; None is Playwright's own. Fails, and never skips, when there is none."""
    named = os.environ.get("CHROMIUM")
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, PROGRAMS)), None)
    if found is None and (named or not Path(playwright.chromium.executable_path).exists()):
        pytest.fail(f"CHROMIUM is {named}, which is no program.\n{NO_BROWSER}" if named else NO_BROWSER, pytrace=False)
    return found


@pytest.fixture(scope="session")
def browser_type_launch_args(
    playwright: Playwright, browser_type_launch_args: dict[str, Any]
) -> dict[str, Any]:
    """With the back-forward cache that Playwright would switch off: travellers have it."""
    asked = {**browser_type_launch_args, "args": list(FLAGS), "ignore_default_args": ["--disable-back-forward-cache"]}
    program = _program(playwright)
    return {**asked, "executable_path": program} if program else asked


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenShop]:
    """The shop's processes, with the example data; stopped at the end."""
    made = OpenShop.start(tmp_path_factory.mktemp("shop"))
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

    def make(language: str = "zh-CN", **more: Any) -> BrowserContext:
        asked = {
            "viewport": PHONE, "locale": language, "timezone_id": "Asia/Shanghai", "base_url": shop.url,
            "color_scheme": "light", "reduced_motion": "reduce", "has_touch": True, **more,
        }  # fmt: skip
        context = new_context(**asked)
        context.set_default_timeout(10_000)
        faults.watch(context)
        return context

    return make


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
