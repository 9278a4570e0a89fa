"""An account in the sandbox, and one whose answers a test writes itself."""
from collections.abc import Iterator

import pytest
import responses
from flask import Flask

from shop.gateways.official_account import OfficialAccount
from shop.sandbox import Sandbox
from shop.settings import OfficialAccountSettings

from .playing import Clock


@pytest.fixture
def box(running_sandbox: Sandbox) -> Iterator[Sandbox]:
    yield running_sandbox
    running_sandbox.control.reset()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def account_settings(box: Sandbox) -> OfficialAccountSettings:
    env = box.env
    return OfficialAccountSettings(
        app_id=env["WECHAT_APP_ID"], secret=env["WECHAT_APP_SECRET"], token=env["WECHAT_TOKEN"], aes_key=env["WECHAT_AES_KEY"],
        api_url=box.url, open_url=box.url)


@pytest.fixture
def account(app: Flask, account_settings: OfficialAccountSettings, clock: Clock) -> OfficialAccount:
    """The sandbox's Service Account; it waits for nothing."""
    return OfficialAccount(account_settings, clock=clock, pause=lambda seconds: None)


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    """Nothing leaves the machine; answers are registered per test, in order."""
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


@pytest.fixture
def played(app: Flask, clock: Clock, wire: responses.RequestsMock) -> OfficialAccount:
    """An account whose answers the test registers with `wire`."""
    return OfficialAccount(
        OfficialAccountSettings(app_id="wx8", secret="s3cr3t", api_url="http://127.0.0.1:9"), clock=clock, pause=clock.waits.append)
