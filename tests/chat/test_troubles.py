"""What WeChat refuses is told where somebody can do something about it: on the pages, to monitoring, and by `check-config`."""
import builders
import pytest
from flask.testing import FlaskClient
from msgspec.structs import replace

from shop import checking
from shop.sandbox import Sandbox
from shop.settings import Settings


@pytest.fixture
def config(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.setattr(Settings, "from_env", classmethod(lambda cls: settings))
    return settings


def test_check_config_says_that_wechat_gives_a_token(config: Settings, box: Sandbox) -> None:
    lines: list[str] = []
    checking.check(lines.append)

    assert sum("WeChat gives a token" in one for one in lines) == 2


def test_check_config_names_the_address_that_is_not_allowed(config: Settings, box: Sandbox) -> None:
    box.control.allow_ips("203.0.113.7")

    lines: list[str] = []
    assert checking.check(lines.append) == 1

    (line,) = [one for one in lines if "WECHAT access" in one]
    assert "WRONG" in line
    assert "WeChat does not let 127.0.0.1 in" in line
    assert "IP allowlist" in line


@pytest.mark.parametrize(("errcode", "words"), [
    (89503, "an administrator of the account has to confirm"), (89506, "24 hours"), (89507, "an hour"), (40125, "app id or secret"),
    (45009, "does something else fetch them"), (-1, "could not be tried"), (50004, "app id or secret"), (99999, "number 99999"),
])
def test_check_config_says_what_to_do_about_each_refusal(config: Settings, box: Sandbox, errcode: int, words: str) -> None:
    box.control.fault("errcode", path="/cgi-bin/stable_token", errcode=errcode, count=0)

    lines: list[str] = []
    checking.check(lines.append)

    assert any(words in one for one in lines), lines
    assert config.account.secret not in " ".join(lines)


def test_a_permanent_refusal_rings_on_the_pages_and_in_the_metrics(client: FlaskClient, box: Sandbox, settings: Settings) -> None:
    builders.sign_in_staff(client, builders.a_staff_member("boss", "a good long password"))
    box.control.fault("errcode", path="/cgi-bin/menu/get", errcode=40001, count=0)

    client.get("/manage/menu/")

    assert "WeChat does not accept our access" in client.get("/manage/menu/?lang=en").text
    assert 'data-alarm="account"' in client.get("/manage/").text
    metrics = client.get("/metrics").text
    assert f'shop_account_troubles{{account="{settings.account.app_id}",errcode="40001"}} 1.0' in metrics


@pytest.mark.parametrize("key", ["short", "ä" * 43, "a" * 42 + "!", "a" * 44])
def test_a_wrong_aes_key_or_token_is_refused_before_anything_starts(settings: Settings, key: str) -> None:
    wrong = replace(settings, account=replace(settings.account, aes_key=key, token="x"))

    problems = " ".join(wrong.problems())
    assert "WECHAT_TOKEN" in problems
    assert "WECHAT_AES_KEY" in problems
