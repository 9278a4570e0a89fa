"""A shop whose account pushes in safe mode, and WeChat's side of it by the sandbox's own code."""
from collections.abc import Callable, Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace

from shop.app import create_app
from shop.sandbox import Sandbox
from shop.settings import Settings

from .playing import Phone


@pytest.fixture
def box(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    yield running_sandbox
    running_sandbox.control.reset()
    running_sandbox.world.shop_url = ""


@pytest.fixture
def settings(settings: Settings, box: Sandbox) -> Settings:
    """The sandbox's account, in safe mode."""
    env = box.env
    account = replace(settings.account, app_id=env["WECHAT_APP_ID"], secret=env["WECHAT_APP_SECRET"], token=env["WECHAT_TOKEN"],
                      aes_key=env["WECHAT_AES_KEY"], api_url=box.url)
    content = replace(account, app_id=env["WECHAT_CONTENT_APP_ID"], secret=env["WECHAT_CONTENT_APP_SECRET"])
    return replace(settings, account=account, content=content)


@pytest.fixture
def phone(client: FlaskClient, box: Sandbox) -> Phone:
    """Somebody who writes to the account."""
    return Phone(client, box, "wang")


@pytest.fixture
def phone_of(client: FlaskClient, box: Sandbox) -> Callable[[str], Phone]:
    return lambda who: Phone(client, box, who)


@pytest.fixture
def plain_settings(settings: Settings) -> Settings:
    return replace(settings, account=replace(settings.account, aes_key=""))


@pytest.fixture
def plain_client(plain_settings: Settings, app: Flask, _made: dict[Settings, Flask]) -> Iterator[FlaskClient]:
    """The same shop with an account that pushes in plain mode."""
    made = _made.get(plain_settings) or _made.setdefault(plain_settings, create_app(plain_settings))
    with made.app_context():
        yield made.test_client()
