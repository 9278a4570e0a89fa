"""What holds for every page of counter and back office: no violation that axe can find, light and dark, and nothing wider than a
small screen. The storefront is in test_storefront_pages."""

from collections.abc import Callable, Iterable

import pytest
from browser import axe, looking
from browser.conftest import Phone
from browser.looking import Look, Orders
from browser.open_shop import OpenShop
from playwright.sync_api import Page

LANGUAGES = {"zh": "zh-CN", "de": "de-DE"}
WIDEST = """() => {
  const width = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= width) return '';
  const wide = [...document.body.querySelectorAll('*')].filter((one) => one.getBoundingClientRect().right > width + 1);
  return `${document.documentElement.scrollWidth} px: ${wide.slice(-1).map((one) => one.outerHTML.slice(0, 120))}`;
}"""
AS_BEFORE = "() => { document.documentElement.style.fontSize = '' }"
NARROW, LARGE = {"width": 320, "height": 640}, "() => { document.documentElement.style.fontSize = '200%' }"
each_language = pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)


def violations(page: Page, looks: Iterable[Look]) -> list[str]:
    """All that axe finds on these pages; colours in light and dark, the rest once, for it does not depend on them."""
    found = []
    for look in looks:
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        look.go(page)
        found += [f"{look.name}, {one}" for one in axe.wrong_by_day_and_night(page)]
    return found


def too_wide(page: Page, looks: Iterable[Look]) -> list[str]:
    """What does not fit 320 px, and 390 px with letters twice as large."""
    found = []
    for look in looks:
        page.set_viewport_size(NARROW)
        page.evaluate(AS_BEFORE)  # a counter's page stays from one look to the next
        look.go(page)
        narrow = page.evaluate(WIDEST)
        page.set_viewport_size({"width": 390, "height": 844})
        page.evaluate(LARGE)
        found += [f"{look.name}, {how}: {wide}" for how, wide in (("320 px", narrow), ("200 %", page.evaluate(WIDEST))) if wide]
    return found


def fail_with(found: list[str]) -> None:
    """Each finding on a line of its own, whole."""
    if found:
        pytest.fail(f"{len(found)} findings:\n" + "\n".join(found), pytrace=False)


@each_language
def test_axe_finds_nothing_at_the_counter(
    phone: Phone, desk: Phone, shop: OpenShop, counter: Callable[..., Page], language: str
) -> None:
    context = phone(language)
    shop.sign_in(context, f"collects-{language}")
    stranger, page = desk(language).new_page(), counter(language=language)

    found = violations(stranger, [Look("sign-in", lambda page: page.goto("/counter/sign-in"))])

    fail_with(found + violations(page, looking.counters(shop, context)))


@each_language
def test_axe_finds_nothing_in_the_back_office(
    phone: Phone, desk: Phone, shop: OpenShop, manager: Callable[..., Page], language: str
) -> None:
    context = phone(language)
    shop.sign_in(context, f"is-managed-{language}")
    stranger, page = desk(language).new_page(), manager(language=language, viewport={"width": 1280, "height": 800})

    found = violations(stranger, [Look("sign-in", lambda page: page.goto("/manage/sign-in"))])

    fail_with(found + violations(page, looking.managers(Orders.of(shop, context))))


def test_the_counter_fits_a_narrow_screen_and_large_letters(
    phone: Phone, shop: OpenShop, counter: Callable[..., Page]
) -> None:
    context = phone()
    shop.sign_in(context, "collects-in-a-narrow-place")

    fail_with(too_wide(counter(language="de-DE"), looking.counters(shop, context)))
