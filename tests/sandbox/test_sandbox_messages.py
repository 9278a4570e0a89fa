"""Messages of the Service Account: windows and their counts, templates and their fields, what arrives on a phone."""
from collections.abc import Callable
from typing import Any

import pytest
import requests

TEMPLATE = "ready-template-of-the-sandbox-000000000000002"
DATA = {"thing1": "T1-B42", "character_string2": "7KQ2M-9XDAB", "time3": "2026年11月26日 14:05", "thing4": "可以提货"}


@pytest.fixture
def account(box: Any) -> "Account":
    box.control.behaviour(template_seconds=0)
    return Account(box)


class Account:
    """Calls the API with a token, as any client would."""

    def __init__(self, box: Any) -> None:
        self.box, self.numbers = box, box.world.keys.numbers
        asked = {"grant_type": "client_credential", "appid": self.numbers.app_id, "secret": self.numbers.app_secret}
        self.token = requests.post(f"{box.url}/cgi-bin/stable_token", json=asked, timeout=5).json()["access_token"]

    def post(self, path: str, body: Any) -> dict[str, Any]:
        import json

        raw = json.dumps(body, ensure_ascii=False).encode()
        return dict(requests.post(self.box.url + path, params={"access_token": self.token}, data=raw, timeout=5).json())

    def openid(self, traveller: str = "wang") -> str:
        return str(self.box.world.travellers[traveller].openid(self.numbers.app_id))

    def chat(self, text: str = "您好", traveller: str = "wang") -> int:
        return int(self.post("/cgi-bin/message/custom/send",
                             {"touser": self.openid(traveller), "msgtype": "text", "text": {"content": text}})["errcode"])

    def notice(self, traveller: str = "wang", template: str = TEMPLATE, own: str = "", **data: str | None) -> dict[str, Any]:
        fields = {name: {"value": value} for name, value in {**DATA, **data}.items() if value is not None}
        more = {"client_msg_id": own} if own else {}
        return self.post("/cgi-bin/message/template/send",
                         {"touser": self.openid(traveller), "template_id": template, "data": fields, **more})


@pytest.mark.parametrize(("did", "most"), [("message", 5), ("menu", 3), ("scan", 3), ("payment", 8)])
def test_a_window_has_its_count_and_its_end(account: Account, did: str, most: int) -> None:
    assert account.chat() == 45015
    account.box.control.follower("wang", did=did)

    answers = [account.chat() for _ in range(8)]

    assert answers == [0] * most + [45047] * (8 - most)
    account.box.control.age(60 if did in ("menu", "scan") else 48 * 3600)
    account = Account(account.box)  # tokens are older now, too
    assert account.chat() == 45015
    account.box.control.follower("wang", did="message")
    assert account.chat() == 0
    account.box.control.follower("wang", follows=False)
    assert account.chat() == 45015


@pytest.mark.parametrize(
    ("body", "errcode"),
    [
        ({"touser": "oNobody", "msgtype": "text", "text": {"content": "x"}}, 40003), ({"msgtype": "fax"}, 40008),
        ({"msgtype": "text", "text": {"content": ""}}, 44004), ({"msgtype": "text", "text": {"content": "好" * 700}}, 45002), ([], 47001),
    ],
)  # fmt: skip
def test_a_wrong_chat_message_is_refused(account: Account, body: Any, errcode: int) -> None:
    assert account.post("/cgi-bin/message/custom/send", body)["errcode"] == errcode


def test_escaped_chinese_is_refused_as_at_wechat(account: Account) -> None:
    answer = requests.post(f"{account.box.url}/cgi-bin/message/custom/send", params={"access_token": account.token},
                           json={"touser": account.openid(), "msgtype": "text", "text": {"content": "您好"}}, timeout=5).json()

    assert answer["errcode"] == 40033


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("thing1", ""), ("thing1", None), ("thing1", "a\nb"), ("thing1", "🎉"), ("thing1", "一" * 21), ("character_string2", "订单"),
        ("character_string2", "x" * 33), ("time3", "11-26 14:05"), ("thing4", " "),
    ],
)  # fmt: skip
def test_a_field_that_does_not_fit_is_named(account: Account, field: str, value: str | None) -> None:
    answer = account.notice(**{field: value})

    assert answer["errcode"] == 47003
    assert f"data.{field}.value" in answer["errmsg"]
    assert account.box.control.inbox("wang") == []


def test_a_long_thing_is_cut_where_the_account_cuts(account: Account) -> None:
    account.box.control.behaviour(template_too_long="cut")

    assert account.notice(thing1="一" * 30)["errcode"] == 0
    assert "一" * 20 in account.box.control.inbox("wang")[0]["content"]
    assert "一" * 21 not in account.box.control.inbox("wang")[0]["content"]


def test_a_notice_needs_a_follower_and_a_template_that_is_there(account: Account) -> None:
    assert account.notice("zhao")["errcode"] == 43004
    assert account.notice(template="x" * 30)["errcode"] == 40037
    account.box.control.delete_template(TEMPLATE)
    assert account.notice()["errcode"] == 40037


def test_one_id_is_one_message_for_ten_minutes(account: Account) -> None:
    first, again = account.notice(own="a"), account.notice(own="a")
    account.box.control.age(601)
    later = account.notice(own="a")

    assert first["msgid"] == again["msgid"] != later["msgid"]
    assert first["msgid"] > 2**32
    assert len(account.box.control.inbox("wang")) == 2


def test_what_became_of_a_notice_is_told_later(account: Account, eventually: Callable[..., Any]) -> None:
    account.box.control.next_template_results("failed: system failed")
    account.notice()
    account.box.control.follower("li", blocked=True)
    account.notice("li")

    told = eventually(lambda: len(account.box.control.template_results()) == 2 and account.box.control.template_results())

    assert {one["Status"] for one in told} == {"failed: system failed", "failed:user block"}
    assert account.box.control.inbox() == []


def test_who_scans_a_code_of_the_account_follows_it(account: Account) -> None:
    made = account.post("/cgi-bin/qrcode/create",
                        {"expire_seconds": 600, "action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "order.D1"}}})

    page = requests.get(made["url"], timeout=5)
    done = requests.post(made["url"], data={"traveller": "zhao"}, timeout=5)

    assert "赵磊" in page.text
    assert "已关注" in done.text
    assert account.box.control.followers()["zhao"]["follows"]
    assert requests.get(f"{account.box.url}/phone/code/none", timeout=5).status_code == 404


@pytest.mark.parametrize(
    "wrong", [{"action_name": "X"}, {"action_info": {}}, {"action_info": {"scene": {"scene_str": "x" * 65}}}, {"expire_seconds": 2_592_001}]
)
def test_a_wrong_code_is_refused(account: Account, wrong: dict[str, Any]) -> None:
    right = {"expire_seconds": 60, "action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "a"}}}

    assert account.post("/cgi-bin/qrcode/create", {**right, **wrong})["errcode"] != 0
    assert "ticket" in account.post("/cgi-bin/qrcode/create", right)


def test_the_phone_shows_what_has_arrived(account: Account) -> None:
    account.notice()
    account.box.control.follower("wang", did="message")
    account.chat("<b>您好</b>")

    page = requests.get(f"{account.box.url}/phone/messages/wang", timeout=5).text

    assert "取货提醒" in page
    assert "7KQ2M-9XDAB" in page
    assert "&lt;b&gt;您好" in page
    assert requests.get(f"{account.box.url}/phone/messages", timeout=5).status_code == 200
    assert requests.get(f"{account.box.url}/phone/messages/nobody", timeout=5).status_code == 404
