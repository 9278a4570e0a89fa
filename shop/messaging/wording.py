"""The words of one message: what its placeholders stand for, the text of a chat or a mail, the fields of a template."""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from shop.base.money import Money
from shop.base.versions import HERE
from shop.orders.queries import LineView, OrderView
from shop.pickup import codes
from shop.policies import message_rules, wechat_fields
from shop.policies.rules import filled, placeholders

LANGUAGES = {"zh": "zh_CN", "en": "en", "de": "de"}
DAY_AND_TIME = {"zh": "%-m月%-d日 %H:%M", "en": "%-d %b %H:%M", "de": "%-d.%-m. %H:%M"}
HIDDEN = "•••••"
MOST_NAMED = 2


class Facts(Struct, frozen=True):
    """What a message can say. `values` are texts, moments and money by placeholder; `zone` is the airport's."""

    values: Mapping[str, str | datetime | Money]
    zone: ZoneInfo
    language: str
    now: datetime


def of_order(order: OrderView, code: str | None, now: datetime, **more: str | Money) -> Facts:
    """Every placeholder that an order can fill; `more` are those of the moment, like the amount of a refund."""
    point = order.point
    values: dict[str, str | datetime | Money] = {
        "number": order.number, "counter": point.code, "terminal": point.terminal, "zone": point.zone, "flight": order.flight_number,
        "collect_from": order.collect_from, "collect_until": order.collect_until, "departs": order.departs_at, "amount": order.total,
        "code": codes.shown(code) if code else "", **more,
    }  # fmt: skip
    return Facts(values, ZoneInfo(point.tz), order.language, now)


def of_product(name: str, language: str, now: datetime) -> Facts:
    """What can be said of a product."""
    return Facts({"name": name}, HERE, language, now)


def named(lines: Mapping[int, LineView], pieces: Mapping[int, int], language: str) -> str:
    """The products of these pieces in a few words: `Riesling × 2, Lübecker Marzipan +1`."""
    found = [(lines[at].name, count) for at, count in sorted(pieces.items()) if at in lines]
    words = [f"{name.get(language) or name['zh']}{f' × {count}' if count > 1 else ''}" for name, count in found[:MOST_NAMED]]
    more = len(found) - MOST_NAMED
    return ("、" if language == "zh" else ", ").join(words) + (f" +{more}" if more > 0 else "")


def text(template: str, facts: Facts, *, hidden: bool = False) -> str:
    """A text with its placeholders filled in; `hidden`: without the pickup code, for keeping."""
    asked = set(placeholders(template))
    same_day = "collect_from" in asked and _day(facts, "collect_from") == _day(facts, "collect_until")
    plain = {name: _plain(name, facts, short=same_day and name == "collect_until") for name in asked}
    if hidden and plain.get(message_rules.CODE):
        plain[message_rules.CODE] = HIDDEN
    return filled(template, plain)


def fields(pairs: list[list[str]], line: str, facts: Facts, *, hidden: bool = False) -> dict[str, str]:
    """The fields of a template as WeChat takes them; `line` is the moment's own. Raises UnfitField."""
    own = wechat_fields.cleaned(text(line, facts, hidden=hidden))
    found = {}
    for field, template in pairs:
        values = {name: _in_field(field, name, facts, own) for name in placeholders(template)}
        if hidden and values.get(message_rules.CODE):
            values[message_rules.CODE] = HIDDEN
            found[field] = filled(template, values)
        else:
            found[field] = wechat_fields.fitted(field, filled(template, values))
    return found


def _day(facts: Facts, name: str) -> object:
    value = facts.values[name]
    return value.astimezone(facts.zone).date() if isinstance(value, datetime) else value


def _plain(name: str, facts: Facts, *, short: bool = False) -> str:
    value = facts.values[name]
    if isinstance(value, datetime):
        local = value.astimezone(facts.zone)
        today = facts.now.astimezone(facts.zone).date() == local.date()
        return f"{local:%H:%M}" if short or today else local.strftime(DAY_AND_TIME[facts.language])
    return _money(value, facts.language) if isinstance(value, Money) else value


def _in_field(field: str, name: str, facts: Facts, line: str) -> str:
    if name == message_rules.LINE:
        return line
    value = facts.values[name]
    if isinstance(value, datetime):
        return wechat_fields.moment_text(field, value, facts.zone) or _plain(name, facts)
    if isinstance(value, Money):
        return wechat_fields.amount_text(field, value) or _plain(name, facts)
    return value


def _money(value: Money, language: str) -> str:
    from decimal import Decimal

    from babel.numbers import format_currency

    return str(format_currency(Decimal(value.minor) / 100, value.currency.value, locale=LANGUAGES[language]))
