"""A proof: an article as readers will see it, with everything that would keep WeChat, or us, from sending it."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from msgspec import Struct

from shop.base.money import Money
from shop.campaigns import dated, rendering, rules
from shop.campaigns.queries import ArticleView
from shop.campaigns.rendering import Card, Needed, Problem, Rendered
from shop.campaigns.rules import Hint
from shop.catalogue import queries as catalogue
from shop.catalogue.queries import Offer

BEIJING = ZoneInfo("Asia/Shanghai")
SIGNS = {"EUR": "€", "CNY": "¥"}


class Proof(Struct, frozen=True):
    """`problems` must be gone before it is sent; `hints` are for a person to weigh."""

    html: str
    problems: tuple[Problem, ...]
    hints: tuple[Hint, ...]
    needed: tuple[Needed, ...]
    offers: dict[str, Offer]

    @property
    def ready(self) -> bool:
        return not self.problems


def proof(article: ArticleView, address: Callable[[Needed], str], now: datetime) -> Proof:
    """Render the article as it stands. Two questions to the database at most; nothing is changed."""
    offers = catalogue.offers(rendering.skus_in(article.body), now)
    day = now.astimezone(BEIJING)
    rendered = rendering.render(
        article.body, {sku: _card(one) for sku, one in offers.items()}, [one.number for one in article.pictures], address,
        f"{day.year}年{day.month}月{day.day}日",
    )  # fmt: skip
    hints = _hints(article, offers, now)
    problems = [*_of_fields(article, now), *rendered.problems, *_of_size(rendered, now)]
    problems += [Problem("frowned_never", hint.line, hint.word) for hint in hints if hint.never]
    return Proof(rendered.html, tuple(problems), tuple(hint for hint in hints if not hint.never), rendered.needed, offers)


def _card(offer: Offer) -> Card:
    return Card(
        offer.sku, offer.name["zh"], offer.brand, _price(offer.price), offer.alcohol_permille, offer.stock_state == "sold_out",
        offer.picture is not None,
    )  # fmt: skip


def _price(money: Money) -> str:
    return f"{SIGNS.get(money.currency.value, money.currency.value)}{money.minor // 100}.{money.minor % 100:02d}"


def _hints(article: ArticleView, offers: dict[str, Offer], now: datetime) -> list[Hint]:
    """Of title, digest and text; and of the names of the products in it."""
    frowned = dated.frowned(now.astimezone(UTC).date())
    names = "\n".join(f"{one.brand} {one.name['zh']}" for one in offers.values())
    return [
        *rules.hints(f"{article.title}\n{article.digest}", frowned, line=0), *rules.hints(article.body, frowned),
        *(hint for hint in rules.hints(names, frowned, line=0) if hint.never),
    ]  # fmt: skip


def _of_fields(article: ArticleView, now: datetime) -> list[Problem]:
    limits = dated.limits(now.astimezone(UTC).date())
    said = {"title": article.title, "author": article.author, "digest": article.digest}
    found = [Problem(f"{name}_too_long", what=str(getattr(limits, name))) for name in rules.too_long(limits, said)]
    if not article.body.strip():
        found.append(Problem("text_missing"))
    if article.cover is None:
        found.append(Problem("cover_missing"))
    return found


def _of_size(rendered: Rendered, now: datetime) -> list[Problem]:
    limits = dated.limits(now.astimezone(UTC).date())
    if len(rendered.html) >= limits.content_characters:
        return [Problem("content_too_long", what=f"{len(rendered.html)} > {limits.content_characters}")]
    if len(rendered.html.encode()) >= limits.content_bytes:
        return [Problem("content_too_long", what=f"{limits.content_bytes}")]
    return []
