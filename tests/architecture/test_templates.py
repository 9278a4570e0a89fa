"""Every template that is rendered exists, and every template that exists is used."""
import ast
import re
from functools import cache

from browser import looking
from flask import Flask
from jinja2 import Environment, TemplateError, meta

from .source import OWN, ROOT, TEMPLATES

NAMES = sorted(path.relative_to(TEMPLATES).as_posix() for path in TEMPLATES.rglob("*.html"))
# Not looked at: it leaves by itself after a second; it is opened from a letter, with the letter's key.
PASSING = {"signing_in", "mail_confirm"}
PAGE = re.compile(r"[a-z_]+/[a-z_0-9]+\.html")


@cache
def _rendered() -> dict[str, str]:
    """Template to the module that renders it: every string in the code that looks like one."""
    return {text: module.name for module in OWN for text in module.strings() if PAGE.fullmatch(text)}


@cache
def _patterns() -> list[str]:
    """Regular expressions of templates whose name is put together: f"counter/{outcome}.html"."""
    found = []
    for module in OWN:
        for node in module.nodes:
            if isinstance(node, ast.JoinedStr):
                parts = [re.escape(str(v.value)) if isinstance(v, ast.Constant) else "[a-z_]+" for v in node.values]
                if "".join(parts).endswith(re.escape(".html")):
                    found.append("".join(parts))
    return found


@cache
def _referenced(name: str) -> set[str]:
    """What a template extends, includes and imports."""
    source = (TEMPLATES / name).read_text(encoding="utf-8")
    tree = Environment(autoescape=True, extensions=["jinja2.ext.i18n"]).parse(source)
    return {found for found in meta.find_referenced_templates(tree) if found}


def test_every_template_that_is_rendered_exists() -> None:
    missing = {name: module for name, module in _rendered().items() if name not in NAMES}

    assert not missing, f"write these pages below templates/, or take the code out: {missing}"


def test_every_template_a_template_needs_exists() -> None:
    missing = {name: gone for name in NAMES if (gone := _referenced(name) - set(NAMES))}

    assert not missing, f"write these templates, or need others: {missing}"


def test_every_template_is_used() -> None:
    used, new = set[str](), {name for name in NAMES if name in _rendered() or any(re.fullmatch(p, name) for p in _patterns())}
    while new:
        used |= new
        new = {needed for name in new for needed in _referenced(name)} - used

    assert sorted(set(NAMES) - used) == [], "nobody renders, extends or includes these: take them out"


def test_every_template_compiles_with_the_shops_own_filters(app: Flask) -> None:
    broken = {}
    for name in NAMES:
        try:
            app.jinja_env.get_template(name)
        except TemplateError as error:
            broken[name] = error

    assert not broken


def test_no_template_marks_text_as_safe_or_goes_around_the_policy() -> None:
    sources = {name: (TEMPLATES / name).read_text(encoding="utf-8") for name in NAMES}
    marked = [name for name, source in sources.items() if "|safe" in source.replace(" ", "")]
    scripts = [name for name, source in sources.items() if re.search(r"<script(?![^>]*(\bsrc=|type=.application/json))", source)]
    styles = [name for name, source in sources.items() if re.search(r"\s(style|on[a-z]+)=", source)]

    assert not marked, f"{marked}: Markup belongs to the code that can promise it, not to a page"
    assert not scripts, f"{scripts}: the policy runs no script in a page"
    assert not styles, f"{styles}: the content security policy allows no style or handler here"


def test_every_icon_is_drawn_and_every_drawing_is_used() -> None:
    drawn = {path.stem for path in (ROOT / "frontend" / "src" / "shop" / "sprite").glob("*.svg")}
    calls = re.findall(r"\bicon\(([^)]*)\)", "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in NAMES))
    used = {name for call in calls for name in re.findall(r"'([a-z-]+)'", call)}

    assert drawn == used, "frontend/src/shop/sprite holds what the pages show, in one sprite, and nothing else"


def test_every_page_of_the_storefront_is_looked_at_in_the_browser() -> None:
    orders = looking.Orders("D1", "D2", "D3")
    looked_at = {look.shows for look in (*looking.anonymous(), *looking.travellers(orders))}
    pages = {path.stem for path in (TEMPLATES / "storefront").glob("[!_]*.html")} - PASSING

    assert pages - looked_at == set(), "give each page a line in tests/browser/looking.py: axe, widths, large letters, three languages"
    assert {name for name in looked_at if "/" not in name} - pages == set(), "these looks name no page, or none at all"
