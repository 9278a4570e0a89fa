"""An article's text becomes WeChat's HTML: what may be in it is dressed, what may not is said and never leaves."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from shop.campaigns import rendering
from shop.campaigns.rendering import Card, Needed, Rendered, render

CARD = Card("SP-0001", "单一麦芽威士忌", "Glen", "€89.00", 400, False, True)


def rendered(body: str) -> Rendered:
    return render(body, {"SP-0001": CARD}, [1], lambda needed: f"https://mmbiz.qpic.cn/{needed.kind}/{needed.key}", "2026年11月29日")


def codes(body: str) -> list[tuple[str, int]]:
    return [(problem.code, problem.line) for problem in rendered(body).problems]


def test_markdown_becomes_html_with_inline_styles_alone() -> None:
    html = rendered("## 秋日\n\n**免税** *好物*\n\n- 一\n- 二\n\n> 引").html

    assert all(f"<{tag} style=" in html for tag in ("h2", "p", "strong", "em", "ul", "li", "blockquote"))
    assert "class=" not in html
    assert "<style" not in html


def test_a_product_block_is_a_card_with_price_picture_and_its_own_code() -> None:
    done = rendered("好酒\n\n[[SP-0001]]")

    assert "€89.00" in done.html
    assert "40% vol" in done.html
    assert "未满18周岁" in done.html
    assert done.needed == (Needed("product", "SP-0001"), Needed("qr", "SP-0001"))
    assert not done.problems


@pytest.mark.parametrize(
    ("body", "code", "line"),
    [
        ("好\n<script src=//evil.example/x.js></script>", "foreign_script", 2),
        ("<iframe src=https://evil.example>", "foreign_script", 1),
        ("<img src=x onerror=alert(1)>", "foreign_script", 1),
        ("[这里](javascript:alert(1))", "foreign_script", 1),
        ("<svg/onload=alert(1)>", "foreign_script", 1),
        ("<b>粗</b>", "html_not_taken", 1),
        ("一\n\n[店](https://evil.example/)", "link_not_taken", 3),
        ("[店](/products/SP-0001)", "link_not_taken", 1),
        ("![图](https://evil.example/x.png)", "foreign_picture", 1),
        ("![图](/pictures/x.png)", "foreign_picture", 1),
        ("![图](picture:2)", "no_such_article_picture", 1),
        ("![](picture:1)", "picture_without_words", 1),
        ("好\n[[NO-SUCH]]", "no_such_product", 2),
    ],
)
def test_what_wechat_would_not_take_is_said_with_its_line_and_does_not_leave(body: str, code: str, line: int) -> None:
    assert (code, line) in codes(body)
    assert "evil.example" not in re.sub(r"&lt;.*?(?:&gt;|</p>)", "", rendered(body).html)


def test_links_to_other_articles_stay() -> None:
    done = rendered("[上一篇](https://mp.weixin.qq.com/s/abc)")

    assert 'href="https://mp.weixin.qq.com/s/abc"' in done.html
    assert not done.problems


def test_ordinary_words_are_not_taken_for_code() -> None:
    assert codes("价格 only = 5 € · data: 3 · 2 < 3 · on time = good") == []


@settings(max_examples=150, deadline=None)
@given(
    body=st.lists(
        st.sampled_from(
            ["<script>", "</p>", "\"><img src=x onerror=1>", "[[SP-0001]]", "![a](picture:1)", "](javascript:1)", "[x", "**", "\n", "\n\n",
             "- ", "&lt;", "<!--", "]]>", "<svg onload=1>", "style=\"x:expression(1)\"", "`", "```", "    ", "\x0c", "好",
             "<a href='data:text/html,1'>"]
        ), max_size=30,
    ).map("".join)
)  # fmt: skip
def test_whatever_is_written_only_what_is_allowed_leaves(body: str) -> None:
    html = rendered(body).html

    for tag, attributes in re.findall(r"<([a-z0-9]+)((?:\s[^<>]*)?)/?>", html):
        assert tag in rendering.ALLOWED
        assert set(re.findall(r"\s([a-z-]+)=", re.sub(r'"[^"]*"', '""', attributes))) <= {"style", "href", "src", "alt", "start"}
    sources = re.findall(r'(?:src|href)="([^"]*)"', html)
    assert all(one.startswith(("https://mmbiz.qpic.cn/", "https://mp.weixin.qq.com/")) for one in sources)
    assert "<!--" not in html
