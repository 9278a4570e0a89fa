"""The trip first: two fields on a phone, then every page says until when to order and the basket what customs allow."""

import re
from collections.abc import Callable

from browser.conftest import Phone
from browser.open_shop import FLIGHT, TRIP_DAY
from playwright.sync_api import Page, expect

GIN = "SP-0011"  # half a litre, 47 % vol
Shot = Callable[[Page, str], None]


def test_a_trip_is_stated_in_two_fields_and_the_meter_turns_with_the_fourth_bottle(phone: Phone, shot: Shot) -> None:
    page = phone().new_page()
    page.goto("/?lang=en")
    page.locator("a.trip-bar").click()
    page.locator("#flight").fill(FLIGHT.lower())
    page.locator("#date").fill(TRIP_DAY.isoformat())
    page.locator("#trip button").click()

    expect(page.locator(".alert--good")).to_contain_text("You buy duty free.")
    expect(page.locator("#final_destination")).to_have_value("PEK")
    shot(page, "trip")
    page.locator(".bar a").click()
    expect(page.locator("a.trip-bar")).to_contain_text(re.compile(rf"Order until \d\d:\d\d for {FLIGHT}"))
    shot(page, "home-with-trip")

    page.goto(f"/products/{GIN}")
    page.locator("[data-stepper] input").fill("3")
    page.locator("button[name=then][value=basket]").click()
    level = page.locator(".allowance__level")
    expect(level).to_contain_text("Just within the allowance")
    page.locator("[data-step='1']").click()

    expect(level).to_contain_text("More than the allowance: please declare it")
    expect(page.locator(".meter--over")).to_contain_text("2,000 ml / 1,500 ml")
    shot(page, "basket-over")


def test_without_script_a_trip_can_be_stated_changed_and_forgotten(phone: Phone) -> None:
    page = phone(java_script_enabled=False).new_page()
    page.goto("/trip?lang=en")
    page.locator("#flight").fill("XX12")
    page.locator("#date").fill(TRIP_DAY.isoformat())
    page.locator("#trip button").click()
    page.locator("#destination").select_option("MUC")
    page.locator("#departure_time").fill("18:30")
    page.locator("#trip button").click()

    expect(page.locator(".alert--warn")).to_contain_text("Your journey ends in the EU")
    page.locator("summary.summary").click()
    page.get_by_role("button", name="Forget this trip").click()
    expect(page.locator("a.trip-bar--none")).to_have_count(0)
    expect(page.locator("#flight")).to_have_value("")
