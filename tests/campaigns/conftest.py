"""A room with the sandbox as its WeChat: a content account that publishes, and somebody who writes."""

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import builders
import pytest
from flask import Flask
from PIL import Image

from shop.campaigns import writing
from shop.campaigns.drafting import Desk
from shop.campaigns.queries import ArticleView, article
from shop.campaigns.writing import Text
from shop.gateways.official_account import OfficialAccount
from shop.sandbox import Sandbox
from shop.settings import OfficialAccountSettings

ME, NOW = "staff:1", builders.NOW


def a_picture(colour: str = "teal", kind: str = "PNG", side: int = 640) -> bytes:
    out = BytesIO()
    Image.new("RGB", (side, side * 3 // 4), colour).save(out, kind)
    return out.getvalue()


@pytest.fixture
def box(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    running_sandbox.control.press(seconds=0)
    yield running_sandbox
    running_sandbox.control.reset()


@pytest.fixture
def content(app: Flask, box: Sandbox) -> OfficialAccount:
    env = box.env
    return OfficialAccount(
        OfficialAccountSettings(
            app_id=env["WECHAT_CONTENT_APP_ID"], secret=env["WECHAT_CONTENT_APP_SECRET"], api_url=box.url, open_url=box.url
        ),
        pause=lambda seconds: None,
    )


@pytest.fixture
def desk(content: OfficialAccount, tmp_path: Path) -> Desk:
    return Desk(content, "https://shop.example", tmp_path)


@pytest.fixture
def written(app: Flask) -> ArticleView:
    """An article that can be sent: a title, a picture, a text with a product."""
    builders.a_product("SP-0001")
    made = writing.begin("秋日好物", ME, NOW)
    number = writing.add_picture(made, a_picture(), ME, NOW)
    text = Text("秋日好物", "小王", "免税好物", f"你好\n\n![图](picture:{number})\n\n[[SP-0001]]", "/products/SP-0001", number)
    writing.save(made, article(made).revision, text, ME, NOW)
    return article(made)
