"""Signing in on the web, API tokens and the ticket."""
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

SHOP = "http://127.0.0.1:8000"


@pytest.fixture
def account(box: Any) -> "Account":
    box.control.shop(SHOP)
    return Account(box)


class Account:
    def __init__(self, box: Any) -> None:
        self.box = box
        self.numbers = box.world.keys.numbers

    def get(self, path: str, **params: Any) -> requests.Response:
        return requests.get(self.box.url + path, params=params, timeout=5, allow_redirects=False)

    def authorize(self, **changes: Any) -> requests.Response:
        asked = {
            "appid": self.numbers.app_id,
            "redirect_uri": f"{SHOP}/sign-in/wechat?next=1",
            "response_type": "code",
            "scope": "snsapi_base",
            "state": "abc123",
        }
        return self.get("/connect/oauth2/authorize", **(asked | changes))

    def code(self, traveller: str = "wang", **changes: Any) -> str:
        back = self.authorize(traveller=traveller, **changes).headers["Location"]
        return parse_qs(urlsplit(back).query)["code"][0]

    def exchange(self, code: str, **changes: Any) -> dict[str, Any]:
        asked = {
            "appid": self.numbers.app_id,
            "secret": self.numbers.app_secret,
            "grant_type": "authorization_code",
        }
        return dict(self.get("/sns/oauth2/access_token", **({**asked, "code": code} | changes)).json())

    def token(self, path: str = "/cgi-bin/token", **changes: Any) -> dict[str, Any]:
        asked = {
            "appid": self.numbers.app_id,
            "secret": self.numbers.app_secret,
            "grant_type": "client_credential",
        } | changes
        if path.endswith("stable_token"):
            return dict(requests.post(self.box.url + path, json=asked, timeout=5).json())
        return dict(self.get(path, **asked).json())


def test_the_page_offers_travellers_and_each_leads_back_with_code_and_state(account: Account) -> None:
    page = account.authorize()
    back = account.authorize(traveller="li")

    assert page.status_code == 200
    assert all(name in page.text for name in ("王小明", "李娜", "张伟"))
    assert "traveller=li" in page.text
    assert back.status_code == 302
    where = urlsplit(back.headers["Location"])
    assert f"{where.scheme}://{where.netloc}{where.path}" == f"{SHOP}/sign-in/wechat"
    assert parse_qs(where.query)["state"] == ["abc123"]
    assert parse_qs(where.query)["next"] == ["1"]


def test_a_silent_traveller_needs_no_page(account: Account) -> None:
    account.box.control.silent("zhang")
    assert account.authorize().status_code == 302
    account.box.control.silent(None)
    assert account.authorize().status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        {"appid": "wx0"},
        {"redirect_uri": "https://elsewhere.example/"},
        {"redirect_uri": "http://127.0.0.1:8001/"},
        {"redirect_uri": ""},
        {"redirect_uri": "javascript:alert(1)"},
        {"response_type": "token"},
        {"scope": "everything"},
        {"state": "a-b"},
        {"state": "x" * 129},
    ],
)
def test_a_wrong_sign_in_gets_a_page_and_no_code(account: Account, change: dict[str, str]) -> None:
    answer = account.authorize(traveller="wang", **change)

    assert answer.status_code == 400
    assert "Location" not in answer.headers


def test_the_browsers_own_address_is_a_good_way_back(account: Account) -> None:
    assert account.authorize(traveller="wang", redirect_uri=account.box.browser_url + "/x").status_code == 302


def test_a_code_says_once_who_it_is(account: Account) -> None:
    code = account.code()
    who = account.box.control.travellers()["wang"]

    first, second = account.exchange(code), account.exchange(code)

    assert first["openid"] == who["openid"]
    assert first["unionid"] == who["unionid"]
    assert first["scope"] == "snsapi_base"
    assert len(first["openid"]) == 28
    assert "is_snapshotuser" not in first
    assert second["errcode"] == 40163


def test_a_code_lives_five_minutes(account: Account) -> None:
    code = account.code()
    account.box.control.age(301)
    assert account.exchange(code)["errcode"] == 42003


def test_some_travellers_have_no_unionid_and_some_are_snapshots(account: Account) -> None:
    account.box.control.add_traveller("test", bound=False)

    assert "unionid" not in account.exchange(account.code("zhao"))
    assert "unionid" not in account.exchange(account.code("test"))
    assert account.exchange(account.code("snapshot"))["is_snapshotuser"] == 1


@pytest.mark.parametrize(
    ("change", "errcode"),
    [
        ({"code": "unknown"}, 40029),
        ({"code": ""}, 41008),
        ({"secret": "wrong"}, 40125),
        ({"secret": ""}, 41004),
        ({"appid": "wx0"}, 40013),
        ({"appid": ""}, 41002),
        ({"grant_type": "password"}, 40002),
    ],
)
def test_a_wrong_exchange_is_refused_with_its_number(account: Account, change: dict[str, str], errcode: int) -> None:
    code = account.code()

    assert account.exchange(**({"code": code} | change))["errcode"] == errcode
    assert "openid" in account.exchange(code)


def test_the_nickname_needs_the_wider_scope(account: Account) -> None:
    narrow = account.exchange(account.code())
    wide = account.exchange(account.code(scope="snsapi_userinfo"))

    def userinfo(signed_in: dict[str, Any]) -> dict[str, Any]:
        found = account.get("/sns/userinfo", access_token=signed_in["access_token"], openid=signed_in["openid"])
        return dict(found.json())

    assert userinfo(narrow)["errcode"] == 48001
    assert userinfo(wide)["nickname"] == "王小明"
    assert userinfo({**wide, "openid": "oOther"})["errcode"] == 40003
    assert userinfo({**wide, "access_token": "x"})["errcode"] == 40001


def test_a_stable_token_stays_and_a_classic_one_changes(account: Account) -> None:
    first = account.token("/cgi-bin/stable_token")
    account.box.control.age(1000)
    again = account.token("/cgi-bin/stable_token")
    forced = account.token("/cgi-bin/stable_token", force_refresh=True)

    assert first["expires_in"] in {7199, 7200}
    assert again["access_token"] == first["access_token"]
    assert 6198 <= again["expires_in"] <= 6200
    assert forced["access_token"] != first["access_token"]
    assert account.token()["access_token"] != account.token()["access_token"]


def test_a_stable_token_is_renewed_five_minutes_early(account: Account) -> None:
    first = account.token("/cgi-bin/stable_token")
    account.box.control.age(7200 - 200)

    second = account.token("/cgi-bin/stable_token")

    assert second["access_token"] != first["access_token"]
    assert second["expires_in"] > 7000
    assert account.get("/cgi-bin/ticket/getticket", access_token=first["access_token"], type="jsapi").json()["ticket"]


@pytest.mark.parametrize(
    ("change", "errcode"), [({"secret": "x"}, 40125), ({"appid": "x"}, 40013), ({"grant_type": "x"}, 40002)]
)
@pytest.mark.parametrize("path", ["/cgi-bin/token", "/cgi-bin/stable_token"])
def test_a_wrong_token_request_is_refused(account: Account, path: str, change: dict[str, str], errcode: int) -> None:
    assert account.token(path, **change)["errcode"] == errcode


def test_a_stable_token_must_be_posted(account: Account) -> None:
    assert account.get("/cgi-bin/stable_token").json()["errcode"] == 43002
    assert requests.post(f"{account.box.url}/cgi-bin/stable_token", data="x", timeout=5).json()["errcode"] == 47001


def test_the_ticket_stays_while_it_lives(account: Account) -> None:
    token = account.token("/cgi-bin/stable_token")["access_token"]

    first = account.get("/cgi-bin/ticket/getticket", access_token=token, type="jsapi").json()
    second = account.get("/cgi-bin/ticket/getticket", access_token=token, type="jsapi").json()

    assert first["errcode"] == 0
    assert first["ticket"] == second["ticket"]
    assert account.get("/cgi-bin/ticket/getticket", access_token="x", type="jsapi").json()["errcode"] == 40001
    account.box.control.age(7201)
    assert account.get("/cgi-bin/ticket/getticket", access_token=token, type="jsapi").json()["errcode"] == 42001
