"""The page of the audit log says in the reader's language what was done, and leads to what it was done to."""

import re
from collections.abc import Iterator

import builders
import pytest
from architecture.source import OWN
from flask import Flask
from flask.testing import FlaskClient

from shop.base.audit import Deed, record_all

CODE = re.compile(r"[a-z_]+\.[a-z_]+")
PUT_TOGETHER = {  # in the code out of two pieces
    f"{thing}.{deed}" for thing, deeds in {
        "brand": ("changed", "moved"), "category": ("changed", "moved"),
        "export": ("done", "failed", "refused", "cancelled", "retried"),
    }.items() for deed in deeds
}  # fmt: skip
LANGUAGES = {"zh": "zh-CN", "en": "en-GB", "de": "de-DE"}


def deeds(app: Flask, language: str = "en-GB") -> dict[str, str]:
    """What each code is called for a reader of this language."""
    with app.test_request_context(headers={"Accept-Language": language}):
        return dict(app.jinja_env.get_template("backoffice/_audit_words.html").make_module({}).DEEDS)  # type: ignore[attr-defined]


def written(kinds: set[str]) -> Iterator[str]:
    """The codes of these kinds of things that stand in modules that write into the log."""
    for text in (text for module in OWN if "audit" in module.text for text in module.strings() if CODE.fullmatch(text)):
        kind, _, rest = text.partition(".")
        if kind in kinds and rest != "html":
            yield text


def test_every_deed_that_is_written_down_has_words(app: Flask) -> None:
    said = deeds(app)
    found = set(written({code.partition(".")[0] for code in said}))

    assert len(found) > 60
    assert found | PUT_TOGETHER == set(said)


@pytest.mark.parametrize("language", LANGUAGES.values(), ids=LANGUAGES)
def test_no_two_deeds_are_called_the_same(app: Flask, language: str) -> None:
    said = deeds(app, language)

    assert len(set(said.values())) == len(said)


@pytest.fixture
def log(app: Flask) -> None:
    """An order, a product, a member of staff, a device; and a deed of a version to come."""
    things = {
        "order.moved": "order:D234567", "product.price_set": "product:SP-0001", "staff.invited": "staff:1", "device.made": "device:1",
        "thing.of_tomorrow": "thing:1",
    }  # fmt: skip
    with builders.transaction() as session:
        record_all(session, builders.NOW, [Deed("system", action, thing) for action, thing in things.items()])


@pytest.mark.usefixtures("log")
@pytest.mark.parametrize(
    ("language", "says"),
    [("zh-CN", "订单改航班"), ("en-GB", "Order moved to another flight"), ("de-DE", "Bestellung auf anderen Flug verschoben")],
)
def test_a_deed_is_said_in_the_readers_language_with_its_code(office: FlaskClient, language: str, says: str) -> None:
    page = office.get("/manage/audit/", headers={"Accept-Language": language}).text

    cells = re.findall(r"<td>(.*?)</td>", page, re.DOTALL)
    assert any(cell.startswith(says) and "order.moved" in cell for cell in cells)
    assert any(cell == "thing.of_tomorrow" for cell in cells)
    assert f'<option value="order.moved">{says}</option>' in page


@pytest.mark.usefixtures("log")
def test_a_thing_that_has_a_page_leads_there(office: FlaskClient) -> None:
    page = office.get("/manage/audit/").text

    links = {"order:D234567": "orders/D234567", "product:SP-0001": "catalogue/products/SP-0001", "staff:1": "staff/1"}
    assert all(f'<a href="/manage/{path}">{thing}</a>' in page for thing, path in links.items())
    assert ">device:1<" in page
