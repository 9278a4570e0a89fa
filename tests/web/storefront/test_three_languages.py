"""Numbers, money, days, units and plurals on the storefront, each language in its own way."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from flask import Flask, g, render_template_string

from shop.base.money import Currency, Money
from shop.web.language import LOCALES
from shop.web.templates import template_folder

ROOT = Path(__file__).resolve().parents[3]
EUROS, YUAN = Money(129_950, Currency.EUR), Money(129_950, Currency.CNY)
WINTER, SUMMER = datetime(2026, 12, 2, 13, 5, tzinfo=UTC), datetime(2026, 7, 5, 4, 0, tzinfo=UTC)
PLURAL = re.compile(r"ngettext\('((?:[^'\\]|\\.)+)', *'((?:[^'\\]|\\.)+)'")


@contextmanager
def _reading(app: Flask, language: str) -> Iterator[None]:
    with app.test_request_context("/"):
        g.lang, g.locale = language, LOCALES[language]
        yield


def _said(app: Flask, language: str, template: str, **values: Any) -> str:
    with _reading(app, language):
        return re.sub(r"<[^>]+>", "", render_template_string(template, **values)).strip()


@pytest.mark.parametrize(
    ("language", "template", "value", "said"),
    [
        ("zh", "{{ v|price }}", EUROS, "€1,299.50"), ("en", "{{ v|price }}", EUROS, "€1,299.50"),
        ("de", "{{ v|price }}", EUROS, "1.299,50\xa0€"), ("zh", "{{ v|price }}", YUAN, "¥1,299.50"),
        ("en", "{{ v|price }}", YUAN, "CN¥1,299.50"), ("de", "{{ v|price }}", YUAN, "1.299,50\xa0CN¥"),
        ("zh", "{{ v|percent_vol }}", 375, "37.5"), ("en", "{{ v|percent_vol }}", 375, "37.5"),
        ("de", "{{ v|percent_vol }}", 375, "37,5"), ("de", "{{ v|percent_vol }}", 400, "40"),
        ("zh", "{{ v|local_moment }}", WINTER, "12月2日 周三 14:05"), ("en", "{{ v|local_moment }}", WINTER, "Wed, 2 Dec 14:05"),
        ("de", "{{ v|local_moment }}", WINTER, "Mi., 2. Dez. 14:05"), ("en", "{{ v|local_moment }}", SUMMER, "Sun, 5 Jul 06:00"),
        ("zh", "{{ v|full_day }}", date(2035, 1, 31), "2035年1月31日"), ("de", "{{ v|full_day }}", date(2035, 1, 31), "31.01.2035"),
        ("en", "{{ v|full_day }}", date(2035, 1, 31), "31 Jan 2035"),
    ],
)  # fmt: skip
def test_money_numbers_and_days_are_written_as_the_reader_writes_them(
    app: Flask, language: str, template: str, value: Any, said: str
) -> None:
    assert _said(app, language, template, v=value) == said


@pytest.mark.parametrize(
    ("language", "volume", "weight", "said"),
    [
        ("zh", 700, None, "700 毫升"), ("zh", 1000, None, "1 升"), ("zh", None, 250, "250 克"), ("en", 700, None, "700 ml"),
        ("en", 1000, None, "1 L"), ("de", 2000, None, "2 l"), ("de", 500, None, "500 ml"), ("de", None, 250, "250 g"),
    ],
)  # fmt: skip
def test_sizes_have_the_units_of_the_language(app: Flask, language: str, volume: int, weight: int, said: str) -> None:
    macro = "{% from '_layout/pieces.html' import size_of %}{{ size_of(v) }}"

    assert _said(app, language, macro, v={"volume_ml": volume, "weight_g": weight}).replace("\xa0", " ") == said


def _plurals() -> set[tuple[str, str]]:
    """Every plural that a page of the storefront uses: the sources for one and for many."""
    folder = template_folder()
    pages = [*(folder / "storefront").glob("*.html"), folder / "_layout" / "pieces.html"]
    return {pair for page in pages for pair in PLURAL.findall(page.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("language", LOCALES)
def test_every_plural_has_all_the_forms_of_its_language_and_says_the_number(language: str) -> None:
    with (ROOT / "translations" / language / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file)
    found = _plurals()
    assert len(found) > 2

    for one, many in found:
        message = catalogue.get(one)
        assert message is not None, one
        forms = list(message.string) if language != "en" else [one, many]
        assert message.id == (one, many), f"{one}: another plural than the page's"
        assert len(forms) == catalogue.num_plurals == (1 if language == "zh" else 2), one
        assert "%(num)" in forms[-1], f"{language}: {forms[-1]!r} does not say how many"


def test_one_and_many_read_differently_where_the_language_does(app: Flask) -> None:
    text = "{{ ngettext('%(num)d hour before departure', '%(num)d hours before departure', n) }}"

    said = {(language, n): _said(app, language, text, n=n) for language in LOCALES for n in (1, 3)}

    assert said["de", 1] == "1 Stunde vor Abflug"
    assert said["de", 3] == "3 Stunden vor Abflug"
    assert said["en", 1] == "1 hour before departure"
    assert said["zh", 3].replace("3", "1") == said["zh", 1]
