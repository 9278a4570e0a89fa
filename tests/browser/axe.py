"""What axe finds on a page that is open. Its script is read once per page, and only what fails comes back."""

from collections.abc import Mapping
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
EVERYTHING = {"runOnly": TAGS}
COLOURS = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
# No second look at the style sheets, no selectors that nobody reads, no list of what is well: that takes longer than to look.
QUICK = {"preload": False, "resultTypes": ["violations"], "selectors": False}
RUN = """async (options) => (await axe.run(document, options)).violations.map((one) => [one.id, one.nodes.slice(0, 3).map(
  (node) => `${node.html.slice(0, 140)} (${node.failureSummary.slice(-160)})`).join('; ')])"""


def wrong(page: Page, asked: Mapping[str, Any]) -> list[str]:
    """The rule and up to three places of every violation."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    return [f"{rule}: {places}" for rule, places in page.evaluate(RUN, {**asked, **QUICK})]


def wrong_by_day_and_night(page: Page) -> list[str]:
    """All rules in the light scheme; in the dark one those about colours, for the rest does not depend on it."""
    found = []
    for scheme, asked in (("light", EVERYTHING), ("dark", COLOURS)):
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")  # type: ignore[arg-type]
        found += [f"{scheme}: {one}" for one in wrong(page, asked)]
    return found
