"""Staff: sign in with a second factor, invite a colleague, who sees less, and sign out everywhere."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyotp
from browser.conftest import Phone
from browser.looking import Look
from browser.open_shop import OpenShop
from browser.test_accessibility import LONGEST_WORDS, fail_with, violations
from playwright.sync_api import Page, expect

CHIEF, PASSWORD = "Chen Jing", "three words and more"


def sign_in(page: Page, name: str) -> None:
    page.goto("/manage/sign-in?lang=en")
    page.locator("#name").fill(name)
    page.locator("#password").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("h1")).not_to_have_text("Sign in")


def set_up(page: Page) -> pyotp.TOTP:
    """From the account's page: the app that was set up."""
    page.goto("/manage/account/")
    page.get_by_role("link", name="Set it up").click()
    app = pyotp.TOTP((page.locator("#secret").text_content() or "").replace(" ", "").strip())
    page.locator("#code").fill(app.now())
    page.keyboard.press("Enter")
    expect(page.locator("#codes li")).to_have_count(10)
    page.get_by_role("link", name="I have kept them: go on").click()
    return app


def test_a_second_factor_an_invitation_and_signing_out_everywhere(desk: Phone, shop: OpenShop, tmp_path: Path) -> None:
    secret = tmp_path / "password"
    secret.write_text(PASSWORD)
    shop.processes.run("create-manager", CHIEF, "--password-file", str(secret))
    first, second, theirs = (desk(language="en-GB").new_page() for _ in range(3))

    sign_in(first, CHIEF)
    app = set_up(first)
    sign_in(second, CHIEF)
    expect(second.locator("h1")).to_have_text("Second factor")
    second.locator("#code").fill(app.at(datetime.now(UTC) + timedelta(seconds=30)))  # the one of now was used to set it up
    second.keyboard.press("Enter")
    expect(second.locator("h1")).to_have_text("Start")

    second.get_by_role("navigation", name="Main").get_by_role("link", name="Staff").click()
    second.locator("#name").fill("Wang Fang")
    second.locator("#role").select_option("counter")
    second.get_by_role("button", name="Make a link").click()
    link = (second.locator("#link").text_content() or "").strip()
    fail_with(violations(theirs, [Look("invitation", lambda page: page.goto(link))]))
    theirs.goto(link)
    theirs.locator("#password").fill(PASSWORD)
    theirs.keyboard.press("Enter")
    expect(theirs.locator("h1")).to_have_text("Start")
    names = theirs.get_by_role("navigation", name="Main").get_by_role("link").all_text_contents()
    assert names == ["Start", "Orders", "Delays"], "counter staff see no money, no devices, no colleagues"
    expect(theirs.locator("main")).not_to_contain_text("Devices")

    first.goto("/manage/account/")
    expect(first.locator("#sessions tbody tr")).to_have_count(2)
    first.get_by_role("button", name="Sign out everywhere").click()
    expect(first.locator("h1")).to_have_text("Sign in")
    second.goto("/manage/")
    expect(second).to_have_url(re.compile("/manage/sign-in"))
    theirs.goto("/manage/")
    expect(theirs.locator("h1")).to_have_text("Start")


def looks(shop: OpenShop) -> list[Look]:
    def invite(page: Page) -> None:
        page.goto("/manage/staff/")
        page.locator("#name").fill(f"Invited {datetime.now(UTC).timestamp()}")
        page.locator("#invite form button").click()
        page.locator("#link").wait_for()

    def refused(page: Page) -> None:
        page.goto("/manage/account/")
        page.locator("#old").fill("wrong")
        page.locator("#password").fill("wrong")
        page.locator("#password-part button").click()
        page.locator("#old-error").wait_for()

    def colleague(page: Page) -> None:
        page.goto("/manage/staff/")
        page.locator("main table a").first.click()
        page.locator("#roles").wait_for()

    pages = {
        "staff": "/manage/staff/", "account": "/manage/account/", "audit": "/manage/audit/", "audit checked": "/manage/audit/?check=1",
        "wrong filters": "/manage/audit/?from=x&after=x", "set up": "/manage/sign-in/set-up", "invitation over": "/manage/invitation/x",
    }  # fmt: skip
    made = [Look(name, lambda page, path=path: page.goto(path)) for name, path in pages.items()]  # type: ignore[misc]
    return [*made, Look("invited", invite), Look("a refused password", refused), Look("a colleague", colleague)]


def test_axe_finds_nothing_on_the_pages_of_people_and_they_fit(shop: OpenShop, manager: Callable[..., Page]) -> None:
    for language in ("zh-CN", "de-DE"):
        page = manager(language=language, viewport={"width": 1280, "height": 800})
        fail_with(violations(page, looks(shop), fits=language == LONGEST_WORDS))
