"""An article's text as WeChat's HTML: Markdown and product blocks in, inline styles and nothing foreign out.

WeChat throws away scripts, classes and style sheets, takes pictures only from its own store and lets links lead only to its
own pages. So that nobody is surprised there, the same is done and said here.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from html import escape
from typing import Any

from msgspec import Struct

from shop.campaigns.rules import SKU

BLOCK = re.compile(rf"\s*\[\[\s*({SKU.pattern}(?:[\s,]+{SKU.pattern})*)\s*\]\]\s*")
PICTURE = re.compile(r"picture:([0-9]{1,3})")
SCRIPT = re.compile(
    r"<\s*/?\s*(?:script|iframe|object|embed|form|link|meta|base|svg|math|style|template|frame)\b|<[^>]*\bon[a-z]{3,20}\s*="
    r"|\b(?:javascript|vbscript)\s*:|\bdata\s*:\s*[a-z]+/",
    re.IGNORECASE,
)
TAG = re.compile(r"<\s*/?\s*[a-z!?]", re.IGNORECASE)
LINKS = ("https://mp.weixin.qq.com/",)
MOST_BLOCKS = 30
LONGEST = 60_000  # characters of the text; WeChat's own limit is about what becomes of it
STYLES = {
    "h1": "margin:32px 0 16px;font-size:22px;line-height:1.4;font-weight:bold;color:#1a1a1a",
    "h2": "margin:28px 0 12px;font-size:19px;line-height:1.4;font-weight:bold;color:#1a1a1a",
    "h3": "margin:24px 0 8px;font-size:17px;line-height:1.5;font-weight:bold;color:#1a1a1a",
    "p": "margin:0 0 16px;font-size:16px;line-height:1.75;color:#333333",
    "ul": "margin:0 0 16px;padding-left:24px;font-size:16px;line-height:1.75;color:#333333",
    "ol": "margin:0 0 16px;padding-left:24px;font-size:16px;line-height:1.75;color:#333333",
    "li": "margin:0 0 4px",
    "blockquote": "margin:0 0 16px;padding:8px 16px;border-left:3px solid #b89a5e;background:#f7f4ee;color:#555555",
    "hr": "margin:24px 0;border:0;border-top:1px solid #e5e5e5",
    "strong": "font-weight:bold", "em": "font-style:italic", "a": "color:#576b95;text-decoration:none",
    "img": "display:block;width:100%;height:auto;margin:0 auto 8px",
}  # fmt: skip
ALLOWED = {*STYLES, "section", "span", "br"}
# Articles are read in WeChat, and are in Chinese.
WORDS = {
    "scan": "长按识别二维码，免税预订", "more": "更多商品请点击下方“阅读原文”", "sold_out": "暂时售罄",
    "prices": "价格为{day}的免税价，以商城下单时为准。", "adults": "过量饮酒有害健康，未满18周岁请勿购买酒类。", "vol": "酒精度 {vol}% vol",
}  # fmt: skip


class Card(Struct, frozen=True):
    """What a product block shows. `price` is written as people read it."""

    sku: str
    name: str
    brand: str
    price: str
    alcohol_permille: int | None
    sold_out: bool
    has_picture: bool


class Problem(Struct, frozen=True):
    """What WeChat would not take, or we do not send. `line` from 1; 0: the article as a whole."""

    code: str
    line: int = 0
    what: str = ""


class Needed(Struct, frozen=True):
    """A picture of the article: `kind` is picture (its number), product or qr (its SKU)."""

    kind: str
    key: str


class Rendered(Struct, frozen=True):
    html: str
    problems: tuple[Problem, ...]
    needed: tuple[Needed, ...]
    skus: tuple[str, ...]


@dataclass
class _Work:
    """One rendering."""

    cards: Mapping[str, Card]
    pictures: frozenset[int]
    address: Callable[[Needed], str]
    problems: list[Problem] = field(default_factory=list)
    needed: dict[Needed, None] = field(default_factory=dict)
    skus: dict[str, None] = field(default_factory=dict)

    def image(self, needed: Needed, alt: str, style: str) -> str:
        self.needed[needed] = None
        return f'<img src="{escape(self.address(needed))}" alt="{escape(alt)}" style="{style}">'


def skus_in(body: str) -> list[str]:
    """The products that the text names in blocks."""
    found: dict[str, None] = {}
    for line in body.splitlines():
        if block := BLOCK.fullmatch(line):
            found.update(dict.fromkeys(re.split(r"[\s,]+", block[1])))
    return list(found)


def render(
    body: str, cards: Mapping[str, Card], pictures: Iterable[int], address: Callable[[Needed], str], day: str
) -> Rendered:
    """The article's HTML and what is wrong with its text. `address` says where a picture can be had; `day` is when prices held."""
    work = _Work(cards, frozenset(pictures), address)
    parts: list[str] = []
    waiting: list[str] = []
    start = 1
    for number, line in enumerate(body.splitlines(), start=1):
        _look_for_code(work, line, number)
        if block := BLOCK.fullmatch(line):
            parts.append(_words(work, waiting, start))
            parts += [_card(work, sku, number) for sku in re.split(r"[\s,]+", block[1])]
            waiting, start = [], number + 1
        else:
            waiting.append(line)
    parts.append(_words(work, waiting, start))
    if len(work.skus) > MOST_BLOCKS:
        work.problems.append(Problem("too_many_products"))
    html = _clean("".join((*parts, _footer(work, day))))
    return Rendered(html, tuple(work.problems), tuple(work.needed), tuple(work.skus))


def _look_for_code(work: _Work, line: str, number: int) -> None:
    if found := SCRIPT.search(line):
        work.problems.append(Problem("foreign_script", number, found[0][:20]))
    elif found := TAG.search(line):
        work.problems.append(Problem("html_not_taken", number, line[found.start() : found.start() + 20]))


# --- words


@cache
def _markdown() -> Any:
    from markdown_it import MarkdownIt

    made = MarkdownIt("commonmark", {"html": False, "breaks": True})
    made.disable(["code", "fence", "backticks", "html_block", "html_inline", "reference", "autolink", "lheading"])
    return made


def _words(work: _Work, lines: list[str], start: int) -> str:
    if not any(line.strip() for line in lines):
        return ""
    reader = _markdown()
    tokens = reader.parse("\n".join(lines))
    for token in tokens:
        line = start + (token.map[0] if token.map else 0)
        if token.tag in ("h4", "h5", "h6"):
            token.tag = "h3"
        _dress(token)
        if token.children:
            token.children = _inline(work, token.children, line)
    return str(reader.renderer.render(tokens, reader.options, {}))


def _dress(token: Any) -> None:
    if token.nesting >= 0 and token.tag in STYLES:
        token.attrSet("style", STYLES[token.tag])


def _inline(work: _Work, tokens: list[Any], line: int) -> list[Any]:
    """The tokens without links that lead elsewhere (their words stay) and without pictures of others."""
    kept: list[Any] = []
    open_links: list[bool] = []
    for token in tokens:
        if token.type in ("softbreak", "hardbreak"):
            line += 1
        if token.type == "link_open":
            href = str(token.attrGet("href") or "")
            open_links.append(href.startswith(LINKS))
            if not open_links[-1]:
                work.problems.append(Problem("link_not_taken", line, href[:60]))
                continue
        if token.type == "link_close" and not open_links.pop():
            continue
        if token.type == "image" and not _own_picture(work, token, line):
            continue
        _dress(token)
        kept.append(token)
    return kept


def _own_picture(work: _Work, token: Any, line: int) -> bool:
    source = str(token.attrGet("src") or "")
    found = PICTURE.fullmatch(source)
    if found is None:
        work.problems.append(Problem("foreign_picture", line, source[:60]))
        return False
    if int(found[1]) not in work.pictures:
        work.problems.append(Problem("no_such_article_picture", line, source))
        return False
    if not token.content.strip():
        work.problems.append(Problem("picture_without_words", line, source))
    needed = Needed("picture", str(int(found[1])))
    work.needed[needed] = None
    token.attrSet("src", work.address(needed))
    return True


# --- products


def _card(work: _Work, sku: str, line: int) -> str:
    card = work.cards.get(sku)
    if card is None:
        work.problems.append(Problem("no_such_product", line, sku))
        return ""
    work.skus[sku] = None
    picture = work.image(Needed("product", sku), card.name, STYLES["img"]) if card.has_picture else ""
    lines = [
        ("font-size:13px;color:#8a6d3b", card.brand), ("font-size:17px;line-height:1.4;font-weight:bold;color:#1a1a1a", card.name),
        ("font-size:13px;color:#888888", WORDS["vol"].format(vol=f"{card.alcohol_permille / 10:g}") if card.alcohol_permille else ""),
        ("font-size:20px;font-weight:bold;color:#b4282d", WORDS["sold_out"] if card.sold_out else card.price),
    ]  # fmt: skip
    said = "".join(f'<p style="margin:0 0 4px;{style}">{escape(text)}</p>' for style, text in lines if text)
    qr = work.image(Needed("qr", sku), WORDS["scan"], "display:block;width:140px;height:140px;margin:12px auto 4px")
    hint = f'<p style="margin:0;font-size:13px;color:#888888;text-align:center">{WORDS["scan"]}</p>'
    frame = "margin:16px 0;padding:16px;border:1px solid #e8e0d0;border-radius:8px;background:#ffffff"
    return f'<section style="{frame}">{picture}{said}{qr}{hint}</section>'


def _footer(work: _Work, day: str) -> str:
    if not work.skus:
        return ""
    lines = [WORDS["more"], WORDS["prices"].format(day=day)]
    if any(work.cards[sku].alcohol_permille for sku in work.skus):
        lines.append(WORDS["adults"])
    small = "margin:0 0 4px;font-size:13px;line-height:1.6;color:#888888"
    return f'<section style="margin:24px 0 0">{"".join(f"<p style={chr(34)}{small}{chr(34)}>{line}</p>" for line in lines)}</section>'


# --- the second lock: whatever got this far, only this leaves


def _clean(html: str) -> str:
    import nh3

    return nh3.clean(
        html, tags=ALLOWED, clean_content_tags={"script", "style"},
        attributes={"*": {"style"}, "a": {"href"}, "img": {"src", "alt"}, "ol": {"start"}}, url_schemes={"https", "http"},
        filter_style_properties={part.split(":")[0] for style in STYLES.values() for part in style.split(";")} | {
            "border", "border-radius", "text-align"}, link_rel=None,
    )  # fmt: skip
