"""Where a visitor may be sent, and when a password may be tried."""
from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from shop.people import rules

OURS = "https://shop.example"


@pytest.mark.parametrize(
    "path",
    [
        "/", "/orders/D123456789", "/products/SP-1?lang=zh", "/search?q=%E8%8C%85%E5%8F%B0", "/search?q=http://evil.example/",
        "/search?q=茅台", "/orders/1#pay",
    ],
)  # fmt: skip
def test_a_path_of_our_own_is_kept(path: str) -> None:
    assert rules.safe_return_path(path) == path


@pytest.mark.parametrize(
    "wanted",
    [
        None, "", " ", "orders", "https://evil.example/", "http:evil.example", "javascript:alert(1)", "data:text/html,x",
        "//evil.example", "///evil.example", "////evil.example", "//evil.example/%2f..", "/\\evil.example", "\\\\evil.example",
        "/\t/evil.example", "/\n/evil.example", "/ /evil.example", "\t//evil.example", "/ok\r\nSet-Cookie: a=b", "/\x00", "/\x7f",
        "//evil℀.example", "//[", "http://[", "/sign-in", "/sign-in/wechat?code=1", "/callbacks/wechat-pay/payment", "/api/v1/orders",
        "/static/x.js", "/" + "a" * 500,
    ],
)  # fmt: skip
def test_whatever_is_not_a_path_of_the_storefront_leads_home(wanted: str | None) -> None:
    assert rules.safe_return_path(wanted) == "/"


@given(st.text(alphabet=st.sampled_from("/\\:@.?#[]%a\t\n e1℀"), max_size=12) | st.text(max_size=30))
@example("///evil.example")
@example("//[")
def test_no_text_ever_leads_off_our_own_host(wanted: str) -> None:
    safe = rules.safe_return_path(wanted)

    assert safe.startswith("/")
    assert safe[1:2] not in {"/", "\\"}, "a browser takes both for the start of a host"
    assert urlsplit(urljoin(OURS, safe)).netloc == "shop.example"
