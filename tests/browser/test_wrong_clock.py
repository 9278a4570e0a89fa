"""A phone whose clock is wrong: the shop goes by its own."""

from datetime import UTC, datetime, timedelta

import pytest
from browser.conftest import Phone
from browser.open_shop import BOTTLE, FLIGHT, TRIP_DAY, OpenShop
from browser.test_traveller import pay_button
from playwright.sync_api import expect

WRONG = {"a year behind": timedelta(days=-365), "three days ahead": timedelta(days=3, hours=7)}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_phone_with_a_wrong_clock_orders_pays_and_is_told_the_right_times(
    phone: Phone, shop: OpenShop, wrong: timedelta
) -> None:
    context = phone(timezone_id="America/Los_Angeles")
    context.clock.install(time=datetime.now(UTC) + wrong)
    shop.sign_in(context, "lives-in-another-time")
    page = context.new_page()
    page.goto(f"/products/{BOTTLE}")
    page.locator("button[name=then][value=basket]").click()
    page.goto("/checkout")
    assert abs(page.evaluate("() => Date.now() / 1000") - datetime.now(UTC).timestamp()) > timedelta(days=2).total_seconds()
    page.locator("#flight").fill(FLIGHT)
    page.locator("#date").fill(TRIP_DAY.isoformat())
    page.locator("button[name=find]").click()
    page.locator("#name").fill("WANG XIAOMING")
    page.locator("#adult").check()
    page.locator("button[form=order]").click()

    expect(page.locator(".deadline")).to_contain_text("29")  # minutes, as the server counts them
    pay_button(page)
    page.locator("#wx-pay-confirm").click()

    expect(page.locator(".state--paid")).to_be_visible()
    noted = datetime.fromisoformat(str(page.locator(".history time").first.get_attribute("datetime")))
    assert abs(datetime.now(UTC) - noted) < timedelta(minutes=5)
