"""Visitors and travellers of the storefront, with the sandbox as their WeChat. The clock is the real one."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace

from shop.base import clock
from shop.base.fragments import NowAndThen
from shop.base.ids import TravellerId
from shop.orders.queries import OrderView
from shop.sandbox import Sandbox
from shop.settings import Dialect, OfficialAccountSettings, PaySettings, Settings
from shop.web.storefront import forms


@pytest.fixture(scope="session")
def _wechat(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    with Sandbox.start(keys_dir=tmp_path_factory.mktemp("wechat") / "keys") as box:
        box.control.shop("http://localhost")
        yield box


@pytest.fixture
def wechat(_wechat: Sandbox) -> Iterator[Sandbox]:
    """WeChat, in which wang holds the phone."""
    _wechat.control.silent("wang")
    yield _wechat
    _wechat.control.reset()


@pytest.fixture
def settings(settings: Settings, wechat: Sandbox, tmp_path: Path) -> Settings:
    given = wechat.env
    return replace(
        settings,
        account=OfficialAccountSettings(
            app_id=given["WECHAT_APP_ID"], secret=given["WECHAT_APP_SECRET"], api_url=wechat.url, open_url=wechat.url,
            verify_files=("aBcDeF123456",),
        ),
        pay=PaySettings(
            dialect=Dialect.CROSSBORDER, url=wechat.url, serial_no=given["WECHAT_PAY_SERIAL_NO"],
            private_key_file=given["WECHAT_PAY_PRIVATE_KEY_FILE"], api_v3_keys=(given["WECHAT_PAY_API_V3_KEY"],),
            verify_keys=tuple(tuple(pair.split("=", 1)) for pair in given["WECHAT_PAY_VERIFY_KEYS"].split(",")),
            sp_mch_id=given["WECHAT_PAY_SP_MCH_ID"], sub_mch_id=given["WECHAT_PAY_SUB_MCH_ID"],
            sp_app_id=given["WECHAT_PAY_SP_APP_ID"], mcc=given["WECHAT_PAY_MCC"],
        ),
    )  # fmt: skip


@pytest.fixture
def statements(statements: list[str], monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Without what one page now and then asks for all: which orders nobody has paid."""
    monkeypatch.setattr(NowAndThen, "due", lambda _self: False)
    return statements


@pytest.fixture
def day() -> date:
    """The day of the flight: soon, but not too soon."""
    return (clock.now() + timedelta(days=3)).date()


@pytest.fixture
def traveller(app: Flask) -> TravellerId:
    return builders.a_traveller()


@pytest.fixture
def signed_in(client: FlaskClient, traveller: TravellerId) -> FlaskClient:
    """The traveller's browser."""
    with client.session_transaction() as session:
        session["traveller"], session["csrf"] = traveller, "page"
    return client


@pytest.fixture
def unpaid(traveller: TravellerId, day: date) -> OrderView:
    return builders.an_order(traveller=traveller, now=clock.now(), date=day)


@pytest.fixture
def paid(traveller: TravellerId, day: date) -> OrderView:
    return builders.a_paid_order(traveller=traveller, now=clock.now(), date=day)


@pytest.fixture
def checkout_form(day: date) -> dict[str, str]:
    """What a traveller types for CA932, without the lines."""
    return {
        "csrf_token": "page", "key": forms.new_key(), "flight": "ca 932", "date": day.isoformat(), "final_destination": "PEK",
        "pickup_point": builders.POINT, "name": "ZHANG WEI", "residence": "CN",
    }  # fmt: skip
