"""What the gateway tests share: keys made once per run, both dialects, no real network and no real waiting."""
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import responses
from flask import Flask

from shop.base.db import db
from shop.gateways.pay import WeChatPay
from shop.settings import Dialect, PaySettings

from .peer import APP_ID, NOW, WeChat, settings_in


@pytest.fixture(scope="session")
def wechat() -> WeChat:
    return WeChat()


@pytest.fixture(scope="session")
def key_folder(wechat: WeChat, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    wechat.write_keys(folder)
    return folder


@pytest.fixture(autouse=True)
def app_context() -> Iterator[None]:
    """A database that nobody uses: the transport asks whether a connection is held before it sends."""
    app = Flask("gateway-tests")
    app.config["SQLALCHEMY_DATABASE_URI"] = "sqlite://"
    db.init_app(app)
    with app.app_context():
        yield


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    """Nothing leaves the machine; answers are registered per test, in order."""
    with responses.mock as mock:
        yield mock
    responses.reset()


@pytest.fixture
def pauses() -> list[float]:
    """How long the transport waited between tries; it does not really wait."""
    return []


@pytest.fixture(scope="session")
def mainland_settings(key_folder: Path) -> PaySettings:
    return settings_in(key_folder, Dialect.MAINLAND)


@pytest.fixture(scope="session")
def global_settings(key_folder: Path) -> PaySettings:
    return settings_in(key_folder, Dialect.CROSSBORDER)


@pytest.fixture
def build(pauses: list[float]) -> Callable[[PaySettings], WeChatPay]:
    return lambda settings: WeChatPay(settings, APP_ID, clock=lambda: NOW, threads=16, pause=pauses.append)


@pytest.fixture
def mainland(build: Callable[[PaySettings], WeChatPay], mainland_settings: PaySettings) -> WeChatPay:
    return build(mainland_settings)


@pytest.fixture
def crossborder(build: Callable[[PaySettings], WeChatPay], global_settings: PaySettings) -> WeChatPay:
    return build(global_settings)
