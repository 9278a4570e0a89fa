"""What holds for every page of counter and back office: no violation that axe can find, light and dark, and nothing wider than a
small screen. The storefront is in test_storefront_pages."""

from collections.abc import Callable, Iterable, Iterator, Mapping

import pytest
import turns
from browser import axe, looking
from browser.conftest import PHONE, Phone
from browser.looking import Look, Orders
from browser.open_shop import OpenShop
from playwright.sync_api import Page

LANGUAGES = {"zh": "zh-CN", "de": "de-DE"}
LONGEST_WORDS = LANGUAGES["de"]
WIDEST = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return '';
  const wide = [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > width + 1);
  return `${document.documentElement.scrollWidth} px: ${wide.slice(-1).map((one) => one.outerHTML.slice(0, 120))}`;
}"""
LETTERS = "size => { document.documentElement.style.fontSize = size }"
NARROW = {320: 640}
each_language = turns.cases("language", LANGUAGES.values(), ids=LANGUAGES)


def violations(page: Page, looks: Iterable[Look], *, fits: bool = False) -> list[str]:
    """All that axe finds on these pages; colours in light and dark, the rest once, for it does not depend on them. With `fits` also
    what is too wide for a phone."""
    found = []
    for look in looks:
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        look.go(page)
        wrong = [*axe.wrong_by_day_and_night(page), *(at_sizes(page, NARROW, too_wide) if fits else [])]
        found += [f"{look.name}, {one}" for one in wrong]
    return found


def at_sizes(page: Page, heights: Mapping[int, int], wrong: Callable[[Page], list[str]]) -> Iterator[str]:
    """What is wrong at these widths, and at 390 px with letters twice as large. The page is then as it was before."""
    before = page.viewport_size
    for width, height in heights.items():
        page.set_viewport_size({"width": width, "height": height})
        yield from (f"{width} px: {one}" for one in wrong(page))
    page.set_viewport_size(PHONE)
    page.evaluate(LETTERS, "200%")
    yield from (f"200 %: {one}" for one in wrong(page))
    page.evaluate(LETTERS, "")
    page.set_viewport_size(before or PHONE)


def too_wide(page: Page) -> list[str]:
    """The element that makes the page scroll sideways, if one does."""
    wide = page.evaluate(WIDEST)
    return [f"too wide: {wide}"] if wide else []


def fail_with(found: list[str]) -> None:
    """Each finding on a line of its own, whole."""
    if found:
        pytest.fail(f"{len(found)} findings:\n" + "\n".join(found), pytrace=False)


@each_language
def test_axe_finds_nothing_at_the_counter_and_its_longest_words_fit(
    phone: Phone, desk: Phone, shop: OpenShop, counter: Callable[..., Page], language: str
) -> None:
    context = phone(language)
    shop.sign_in(context, f"collects-{language}")
    stranger, page = desk(language).new_page(), counter(language=language)

    found = violations(stranger, [Look("sign-in", lambda page: page.goto("/counter/sign-in"))])

    fail_with(found + violations(page, looking.counters(shop, context), fits=language == LONGEST_WORDS))


@each_language
def test_axe_finds_nothing_in_the_back_office(
    phone: Phone, desk: Phone, shop: OpenShop, manager: Callable[..., Page], language: str
) -> None:
    context = phone(language)
    shop.sign_in(context, f"is-managed-{language}")
    stranger, page = desk(language).new_page(), manager(language=language, viewport={"width": 1280, "height": 800})

    found = violations(stranger, [Look("sign-in", lambda page: page.goto("/manage/sign-in"))])

    fail_with(found + violations(page, looking.managers(Orders.of(shop, context))))
