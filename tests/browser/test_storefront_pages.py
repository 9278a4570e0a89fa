"""Every page of the storefront in three languages: what axe finds, light and dark; what is cut or too wide at 320, 390 and 768 px
and with letters twice as large. Each page is opened once in each language; the list is `looking.anonymous` and `.travellers`.
"""

from collections.abc import Callable, Iterable

import turns
from browser import axe, looking
from browser.conftest import Phone
from browser.looking import Look, Orders
from browser.open_shop import BOTTLE, OpenShop
from browser.test_accessibility import LETTERS, at_sizes, fail_with, too_wide
from playwright.sync_api import BrowserContext, Page

Shot = Callable[[Page, str], None]
LANGUAGES = {"zh": "zh-CN", "en": "en-GB", "de": "de-DE"}
WIDTHS = {320: 640, 390: 844, 768: 1024}
# What docs/screenshots keeps of them: scheme, width, size of letters.
KEPT = {
    ("de-DE", "home"): ("dark", 390, ""), ("de-DE", "the checkout"): ("light", 320, ""), ("zh-CN", "a paid order"): ("light", 390, "200%"),
    ("de-DE", "a pickup code"): ("dark", 390, ""), ("en-GB", "a category"): ("light", 768, ""),
    ("zh-CN", "a companion's order to pay"): ("light", 390, ""),
}  # fmt: skip
# Text that its own box cuts off. A product's name in a grid ends after two lines on purpose.
CUT = """() => {
  const cut = [];
  for (const one of document.body.querySelectorAll('*')) {
    if (!one.clientWidth || one.matches('.sr-only, .card__name, select, option, input, svg, svg *, img')) continue;
    const { overflowX, overflowY } = getComputedStyle(one);
    const over = (how, inside, outside) => (how === 'hidden' || how === 'clip') && inside > outside + 1;
    if (over(overflowX, one.scrollWidth, one.clientWidth) || over(overflowY, one.scrollHeight, one.clientHeight)) {
      cut.push(`cut: ${one.outerHTML.slice(0, 120)}`);
    }
  }
  const bar = document.querySelector('.bar, .tabs');
  scrollTo(0, document.documentElement.scrollHeight);
  const hidden = bar ? document.querySelector('main').getBoundingClientRect().bottom - bar.getBoundingClientRect().top : 0;
  if (hidden > 1) cut.push(`the bottom bar hides the last ${Math.round(hidden)} px of the page`);
  if (bar && bar.offsetHeight > innerHeight / 3) cut.push(`the bottom bar takes ${bar.offsetHeight} px of ${innerHeight}`);
  scrollTo(0, 0);
  return cut;
}"""


def _show_all(page: Page) -> None:
    """A screen as tall as the page: nothing lies under the bottom bar by chance while axe looks."""
    height = max(WIDTHS[390], int(page.evaluate("() => document.documentElement.scrollHeight")))
    page.set_viewport_size({"width": 390, "height": height})


def _unfit(page: Page) -> list[str]:
    return [*too_wide(page), *page.evaluate(CUT)]


def _keep(page: Page, language: str, name: str, shot: Shot) -> None:
    scheme, width, letters = KEPT[language, name]
    page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    page.evaluate(LETTERS, letters)
    shot(page, "-".join(filter(None, (name.split()[-1], language[:2], str(width), letters.strip("%"), scheme))))
    page.set_viewport_size({"width": 390, "height": WIDTHS[390]})


def findings(page: Page, looks: Iterable[Look], language: str, shot: Shot) -> list[str]:
    """All that is wrong with these pages; colours in both schemes, what does not depend on them once."""
    found = []
    for look in looks:
        page.emulate_media(color_scheme="light", reduced_motion="reduce")
        page.set_viewport_size({"width": 390, "height": WIDTHS[390]})
        look.go(page)
        _show_all(page)
        wrong = [*axe.wrong_by_day_and_night(page), *at_sizes(page, WIDTHS, _unfit)]
        found += [f"{look.name}, {one}" for one in wrong]
        if (language, look.name) in KEPT:
            _keep(page, language, look.name, shot)
    return found


def shopper(phone: Phone, shop: OpenShop, language: str) -> tuple[BrowserContext, Orders]:
    """A signed-in traveller with orders of every kind and a bottle in the basket."""
    context = phone(language)
    shop.sign_in(context, f"shops-{language}")
    orders = Orders.of(shop, context)
    page = context.new_page()
    page.goto(f"/products/{BOTTLE}")
    page.locator("button[value=basket]").click()
    page.locator(".row").wait_for()  # a page that is closed while it goes elsewhere may wait for ever
    page.close()
    return context, orders


@turns.cases("language", LANGUAGES.values(), ids=LANGUAGES)
def test_every_page_is_clean_for_axe_and_fits_small_screens_and_large_letters(
    phone: Phone, shop: OpenShop, shot: Shot, language: str
) -> None:
    context, orders = shopper(phone, shop, language)
    stranger = phone(language).new_page()

    open_pages = findings(stranger, looking.anonymous(), language, shot)
    fail_with(open_pages + findings(context.new_page(), looking.travellers(orders), language, shot))
