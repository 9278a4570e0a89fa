"""Error pages: words for every code there is, for anybody, in every language."""

import re
from pathlib import Path

import pytest
from flask import Flask, render_template
from flask.testing import FlaskClient

from shop.base.errors import ShopError
from shop.orders.states import OrderState, RefundState
from shop.web import language

ROOT = Path(__file__).parents[3]
CODES = sorted(
    {
        code
        for file in (ROOT / "shop").rglob("*.py")
        if not {"sandbox", "api"} & set(file.parts)  # an API says codes, not words
        for code in re.findall(r'^    kind, code = Kind\.\w+, "(\w+)"', file.read_text(encoding="utf-8"), re.MULTILINE)
    }
    | {"no_such_page", "method_not_allowed", "too_large", "bad_request"}
)
# Said to machines, to our own code, or into the log of the worker only.
NOT_FOR_PEOPLE = {
    "notice_not_authentic", "push_not_genuine", "push_unreadable", "wrong_settings", "not_a_boarding_pass", "rates_unavailable",
    "rates_of_tomorrow",
}  # fmt: skip


def words(app: Flask, code: str, lang: str) -> str:
    with app.test_request_context(f"/?lang={lang}"):
        app.preprocess_request()
        return render_template("errors/refused.html", status=422, code=code, facts={})


@pytest.mark.parametrize("lang", list(language.LOCALES))
def test_every_refusal_has_words_of_its_own(app: Flask, lang: str) -> None:
    fallback = re.findall(r"<p>(.*?)</p>", words(app, "nobody_knows_this", lang))[0]

    without = [code for code in CODES if code not in NOT_FOR_PEOPLE and fallback in words(app, code, lang)]

    assert fallback
    assert not without, ", ".join(without)


@pytest.mark.parametrize("lang", list(language.LOCALES))
def test_every_state_has_words_of_its_own(app: Flask, lang: str) -> None:
    module = app.jinja_env.get_template("_layout/words.html").module
    with app.test_request_context(f"/?lang={lang}"):
        app.preprocess_request()
        said = [module.order_state(state.value).strip() for state in OrderState]  # type: ignore[attr-defined]
        refunds = [module.refund_state(state.value).strip() for state in RefundState]  # type: ignore[attr-defined]

    assert not {state.value for state in OrderState} & set(said)
    assert not {state.value for state in RefundState} & set(refunds)
    assert len(set(said)) == len(OrderState) - 1  # paid and packing are one to a traveller


def test_a_refusal_outside_every_page_is_a_page(client: FlaskClient) -> None:
    answer = client.post("/", data={})

    assert answer.status_code == 405
    assert answer.mimetype == "text/html"
    assert set(answer.allow) == {"GET", "HEAD", "OPTIONS"}
    assert 'href="/"' in answer.text


def test_a_form_that_is_too_large_is_refused(client: FlaskClient) -> None:
    answer = client.post("/basket", data={"do": "add", "sku": "x" * 400_000})

    assert answer.status_code == 413


def test_a_fault_shows_its_reference_and_nothing_else(app: Flask, client: FlaskClient) -> None:
    def broken() -> str:
        raise RuntimeError("the secret inside")

    app.view_functions["storefront.categories"] = broken

    answer = client.get("/categories/", headers={"X-Request-Id": "abcdef0123456789"})

    assert answer.status_code == 500
    assert "abcdef0123456789" in answer.text
    assert "the secret inside" not in answer.text


def test_a_refusal_never_prints_its_facts_as_markup(app: Flask) -> None:
    class Odd(ShopError):
        code = "wrong_quantity"

    app.view_functions["storefront.categories"] = lambda: (_ for _ in ()).throw(Odd(most="<b>9</b>"))

    page = app.test_client().get("/categories/").text

    assert "<b>9" not in page
