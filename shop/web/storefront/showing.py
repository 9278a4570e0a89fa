"""How storefront pages write sizes, hours and the link to the same page in another language; prices are in `prices`."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from babel.dates import get_day_names
from babel.numbers import format_currency, format_decimal
from flask import g, request, session
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext
from markupsafe import Markup

from shop.base import clock
from shop.flights.queries import Point
from shop.web.storefront import prices
from shop.web.storefront.basket import Basket
from shop.web.wiring import settings

# What of an address a link to another language repeats.
KEPT = (
    "q", "category", "brand", "low", "high", "stock", "reduced", "alcohol", "sort", "sku", "after", "tab", "flight", "date",
    "final_destination",
)  # fmt: skip
BADGE_HERE = Markup("<!--badge-->")  # stands for the badge in a page that is kept for everybody
COUNTRIES_FIRST = ("CN", "HK", "MO", "TW")
# Of Babel's territories these are no home of anybody: groups, private codes, and islands without inhabitants.
NOT_A_HOME = {
    "AC", "AQ", "BV", "CP", "CQ", "DG", "EA", "EU", "EZ", "GS", "HM", "IC", "IO", "QO", "TA", "TF", "UM", "UN", "XA", "XB", "ZZ",
}  # fmt: skip


def percent_vol(permille: int) -> str:
    """400 → `40`, 375 → `37.5` or `37,5`."""
    return str(format_decimal(Decimal(permille) / 10, locale=g.locale))


def measured(number: int, unit: str) -> str:
    """A number of the allowance meter in its unit: `¥4,459.56`, `1,500 ml`."""
    if unit in ("ml", "pieces"):
        return f"{format_decimal(number, locale=g.locale)}{' ml' if unit == 'ml' else ''}"
    return str(format_currency(Decimal(number) / 100, unit, locale=g.locale))


def rate_number(value: Decimal) -> str:
    """An exchange rate with as many digits as it has, four at least and six at most."""
    return str(format_decimal(value, "#,##0.0000##", locale=g.locale))


def country_choices() -> list[tuple[str, str]]:
    """Code and name of every country of residence: mainland China, Hong Kong, Macau and Taiwan first."""
    from babel import Locale

    names = {str(code): str(name) for code, name in Locale.parse(g.locale).territories.items()}
    own = {"TW": "中国台湾"} if g.lang == "zh" else {}
    first = [(code, own.get(code, names[code])) for code in COUNTRIES_FIRST]
    others = {code for code in names if len(code) == 2 and code.isalpha()} - NOT_A_HOME - set(COUNTRIES_FIRST)
    return first + sorted(((code, names[code]) for code in others), key=lambda pair: pair[1])


def hours(open_days: dict[str, list[str]]) -> list[tuple[str, str]]:
    """Opening hours as (`Mon–Fri`, `06:00–21:30`), days with the same hours together; one pair with "" when all are alike."""
    names = get_day_names("abbreviated", locale=g.locale)
    groups: list[tuple[int, int, str]] = []
    for day in range(7):
        span = open_days.get(str(day + 1))
        text = " ".join(f"{opens}–{closes}" for opens, closes in zip(span[::2], span[1::2], strict=True)) if span else ""
        if groups and groups[-1][2] == text:
            groups[-1] = (groups[-1][0], day, text)
        else:
            groups.append((day, day, text))
    if len(groups) == 1:
        return [("", groups[0][2])]
    return [
        (str(names[start]) if start == end else f"{names[start]}–{names[end]}", text)
        for start, end, text in groups
        if text
    ]


def hours_of(point: Point) -> dict[str, list[str]]:
    """The week of opening hours that holds today at a pickup point."""
    return point.week_of(clock.now().astimezone(ZoneInfo(point.tz)).date())


def other_days(point: Point) -> list[tuple[date, str]]:
    """Days of the next month on which a pickup point is open at other hours ("" is closed), soonest first."""
    today = clock.now().astimezone(ZoneInfo(point.tz)).date()
    return [
        (day, " ".join(f"{opens}–{closes}" for opens, closes in zip(times[::2], times[1::2], strict=True)))
        for day, times in sorted(point.plan.exceptions.items())
        if today <= day <= today + timedelta(days=31)
    ]


def minutes_left(until: datetime) -> int:
    """Whole minutes from now, at least 1 while there is time at all, 0 after."""
    seconds = (until - clock.now()).total_seconds()
    return max(1, int(seconds // 60)) if seconds > 0 else 0


def in_language(language: str) -> str:
    """The address of this page in another language. A page that answers a form has `g.here`, the page to ask for."""
    kept: Mapping[str, str] = {}
    if "for_everybody" in g:  # a visitor's own address must not get into a page that others see
        kept = g.for_everybody
    elif "here" not in g:
        kept = {name: value for name, value in request.args.items() if name in KEPT}
    return f"{g.get('here', '')}?{urlencode({**kept, 'lang': language})}"


def badge() -> Markup:
    """How many things are in the visitor's basket, or nothing; only looks at the cookie."""
    if "for_everybody" in g:
        return BADGE_HERE
    count = Basket.of(session).count
    if not count:
        return Markup("")
    return Markup('<span class="weui-badge"><span class="sr-only">{}</span> {}</span>').format(gettext("Items:"), count)


def shop_name() -> str:
    return settings().shop_name


def register(state: BlueprintSetupState) -> None:
    """Give the templates these words. Error pages of every door use `shop_name` too."""
    names: dict[str, Any] = {
        "badge": badge, "country_choices": country_choices, "in_language": in_language,
        "minutes_left": minutes_left, "shop_name": shop_name,
    }  # fmt: skip
    state.app.jinja_env.globals.update(names)
    filters: dict[str, Any] = {
        "percent_vol": percent_vol, "hours": hours, "hours_of": hours_of, "other_days": other_days,
        "measured": measured, "rate_number": rate_number,
    }  # fmt: skip
    state.app.jinja_env.filters.update(filters)
    prices.register(state)
