"""Search, filters, sorting and brands, all as plain addresses that can be shared. No page here sets a cookie."""

import re
from collections.abc import Mapping
from decimal import Decimal
from urllib.parse import urlencode

from flask import render_template, request
from msgspec import Struct

from shop.base import clock
from shop.catalogue import listing, searching
from shop.catalogue import queries as catalogue
from shop.catalogue.listing import Label, Sort, Wanted
from shop.catalogue.rules import MOST_MINOR
from shop.catalogue.searching import Found
from shop.catalogue.shelving import NoSuchBrand
from shop.web.storefront import forms
from shop.web.storefront.browse import CODE, blueprint, kept
from shop.web.wiring import settings

BRAND = re.compile(r"[0-9a-z][0-9a-z-]{0,59}")
LONGEST_WORDS = 60
FIELDS = ("q", "category", "brand", "low", "high", "stock", "reduced", "alcohol", "sort")
# Tenths of a percent, as customs and shelves tell drinks apart: 12 % vol is where mainland China begins to count.
ALCOHOL: Mapping[str, tuple[int | None, int | None]] = {
    "none": (None, 0), "upto12": (1, 120), "over12": (121, None), "over22": (221, None), "over40": (401, None),
}  # fmt: skip
BRANDS_KEPT = 60.0  # seconds
POPULAR = 4  # products shown where nothing was found




class Asked(Struct, frozen=True):
    """What the address says: `said` is what was typed, `wanted` what it means, `errors` the codes of what means nothing."""

    said: dict[str, str]
    wanted: Wanted
    errors: dict[str, list[str]]

    @property
    def words(self) -> str:
        return self.said["q"]

    @property
    def anything(self) -> bool:
        """Whether there is something to list: words, or at least one thing that narrows or sorts."""
        return any(self.said.values())

    def address(self, **instead: str) -> str:
        """The same list with something else, `?q=…`; an empty value leaves it out."""
        values = {name: value for name, value in {**self.said, **instead}.items() if value}
        return f"?{urlencode(values)}" if values else "/search"

    @property
    def filters(self) -> list[str]:
        """The names of what narrows the list, words and sorting left out."""
        return [name for name in FIELDS if name not in ("q", "sort") and self.said[name]]


def asked() -> Asked:
    """Read the address. What no page of ours offers is as if it were not there; prices that are none are said to be wrong."""
    said = forms.typed(request.args, FIELDS)
    said["q"] = forms.clean(request.args.get("q"), LONGEST_WORDS)
    for name, pattern in (("category", CODE), ("brand", BRAND)):
        if said[name] and not pattern.fullmatch(said[name]):
            said[name] = ""
    said["alcohol"] = said["alcohol"] if said["alcohol"] in ALCOHOL else ""
    said["sort"] = said["sort"] if said["sort"] in set(Sort) else ""
    for name in ("stock", "reduced"):
        said[name] = "1" if said[name] else ""
    errors: dict[str, list[str]] = {}
    low, high = (_minor(said[name], name, errors) for name in ("low", "high"))
    if low is not None and high is not None and low > high:
        errors["high"] = ["wrong_range"]
    weakest, strongest = ALCOHOL.get(said["alcohol"], (None, None))
    wanted = Wanted(
        category=said["category"] or None, brand=said["brand"] or None, low=low, high=high, in_stock=bool(said["stock"]),
        reduced=bool(said["reduced"]), alcohol_from=weakest, alcohol_to=strongest, sort=Sort(said["sort"] or Sort.BEST),
    )  # fmt: skip
    return Asked(said, wanted, errors)


def _minor(text: str, name: str, errors: dict[str, list[str]]) -> int | None:
    plain = text.replace(" ", "").replace(",", ".")
    if not plain:
        return None
    if not re.fullmatch(r"[0-9]{1,8}(\.[0-9]{1,2})?", plain) or Decimal(plain) * 100 > MOST_MINOR:
        errors[name] = ["wrong_sum"]
        return None
    return int(Decimal(plain) * 100)


def _start() -> int:
    """How far into the list; rubbish is the beginning."""
    after = forms.cursor(request.args.get("after")) or "0"
    return int(after) if after.isdecimal() else 0


def _found(here: Asked) -> Found:
    start = _start()
    if here.words:
        return searching.search(here.words, here.wanted, start, now=clock.now())
    return Found(listing.products(here.wanted, start, now=clock.now()))


@blueprint.get("/search")
def search() -> tuple[str, int] | str:
    """Products that fit what was typed, narrowed and sorted; nothing asked for shows categories and brands."""
    here = asked()
    if not here.anything:
        return _page(here, None)
    if here.errors:
        return _page(here, None), 422
    return _page(here, _found(here))


def _brands(category: str | None) -> list[Label]:
    """What there is to choose from, kept for a while: to count the brands of a large shop takes longer than to search it."""
    keep = BRANDS_KEPT if settings().page_cache_seconds > 0 else 0
    return kept().brands.get(category, keep, lambda: listing.labels(category, now=clock.now()))


def _page(here: Asked, found: Found | None, brand: Label | None = None) -> str:
    shelves, now = catalogue.shelves(), clock.now()
    brands = _brands(here.wanted.category)
    nothing = found is not None and not found.listed.items
    return render_template(
        "storefront/search.html", here=here, found=found, shelves=shelves, brands=brands, brand=brand, first=_start() == 0,
        names={shelf.code: shelf.name for shelf in shelves}, brand_names={label.code: label.name for label in brands},
        popular=catalogue.page(limit=POPULAR, now=now, texts=False).items if nothing else [],
        sorts=tuple(Sort), strengths=tuple(ALCOHOL),
    )  # fmt: skip


@blueprint.get("/brands/")
def brands() -> str:
    """Every brand that has something on sale."""
    return render_template("storefront/brands.html", brands=_brands(None))


@blueprint.get("/brands/<code>")
def brand(code: str) -> str:
    """What a brand has on sale; narrowed further on the search's page. Raises NoSuchBrand."""
    found = listing.label(code, now=clock.now()) if BRAND.fullmatch(code) else None
    if found is None:
        raise NoSuchBrand
    here = Asked({**dict.fromkeys(FIELDS, ""), "brand": code}, Wanted(brand=code), {})
    return _page(here, _found(here), found)


