"""The storefront in WebKit, the engine of iPhones: a smoke test beside the journeys in Chromium."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser.open_shop import BOTTLE, FLIGHT, POINT, TRIP_DAY, OpenShop
from browser.webkit import WebKit

PICTURES = "[...document.images].filter((one) => one.loading !== 'lazy').every((one) => one.complete && one.naturalWidth > 0)"
ICONS = "[...document.querySelectorAll('svg.icon')].every((one) => one.getBBox().width > 0)"

AT_THE_BOTTOM = "Math.abs(document.querySelector('.bar').getBoundingClientRect().bottom - innerHeight) < 2"


@pytest.fixture
def webkit(shop: OpenShop, tmp_path: Path) -> Iterator[WebKit]:
    made = WebKit.start(shop.url, tmp_path)
    yield made
    made.stop()


def test_webkit_shows_the_shop_fills_a_basket_and_comes_to_the_checkout(webkit: WebKit) -> None:
    webkit.go("/")
    webkit.find(f"a.card[href='/products/{BOTTLE}']")
    assert webkit.say(PICTURES), "a picture of the first screen is missing"
    assert webkit.say(ICONS), "an icon of the sprite is not drawn"
    assert webkit.say("document.documentElement.scrollWidth <= innerWidth")
    webkit.click(f"a.card[href='/products/{BOTTLE}']")

    webkit.find("h1.product__name")
    webkit.click("[data-step='1']")  # a button of the script
    assert webkit.say("document.querySelector('[name=quantity]').value") == "2"
    webkit.click("button[name=then][value=basket]")
    webkit.find(".row")
    assert webkit.say("document.querySelector('.row [name=quantity]').value") == "2"
    assert webkit.say(AT_THE_BOTTOM), "the bar left the bottom"
    webkit.click(".bar a[href='/checkout']")
    webkit.click("#traveller-wang")

    webkit.type("#flight", FLIGHT)
    webkit.say(f"document.querySelector('#date').value = '{TRIP_DAY.isoformat()}'")
    webkit.click("button[name=find]")
    webkit.find(".alert--good")
    assert webkit.say("document.querySelector('#final_destination').value") == "PEK"
    assert webkit.say(f"document.querySelector(\"[name=pickup_point][value='{POINT}']\").checked")
    webkit.say("document.querySelector('#name').value = ''")  # it may be known from an earlier order
    assert webkit.say("document.querySelector('#order').checkValidity()") is False, "a name is missing"
