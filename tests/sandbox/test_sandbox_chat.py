"""The account's pushes and menu, played: three tries, repeats, safe mode, and the limits of a menu."""
from collections.abc import Callable
from typing import Any

import pytest
import requests

from shop.sandbox import Sandbox
from shop.sandbox.push_sealing import COMPATIBLE, PLAIN, SAFE, answered, letter, seal, sign, unseal, written

LEAF = {"name": "商城", "type": "view", "url": "https://shop.example/"}


def test_a_message_is_pushed_three_times_to_a_shop_that_does_not_take_it(box: Sandbox, shop: Any) -> None:
    box.control.shop(shop.url)
    shop.judge = lambda _: 500

    box.control.say("wang", "hello")
    assert box.control.wait_for_pushes()

    assert [(one["try"], one["status"]) for one in box.control.pushes("wang")] == [(1, 500), (2, 500), (3, 500)]
    assert len({one.body for one in shop.got}) == 3  # sealed anew each time
    assert "出现故障" in box.control.inbox("wang")[-1]["text"]["content"]


def test_a_push_that_is_taken_is_not_repeated_unless_its_answer_gets_lost(box: Sandbox, shop: Any) -> None:
    box.control.shop(shop.url)
    shop.judge = lambda _: 200
    box.control.say("wang", "one")
    box.control.wait_for_pushes()
    box.control.behaviour(push_answers="lost")
    box.control.say("wang", "two")
    box.control.wait_for_pushes()
    box.control.behaviour(push_answers="heard", push_copies=3)
    box.control.say("wang", "three")
    box.control.wait_for_pushes()

    assert [one["text"] for one in box.control.pushes("wang")] == ["one", "two", "two", "three", "three", "three"]


@pytest.mark.parametrize("mode", [PLAIN, SAFE, COMPATIBLE])
def test_a_letter_can_be_opened_by_who_has_the_key(box: Sandbox, mode: str) -> None:
    numbers = box.world.keys.numbers
    query, body = letter(numbers, numbers.app_id, {"ToUserName": "gh", "FromUserName": "o1", "Content": "a]]>b"}, mode, 1_700_000_000)

    assert query["signature"] == sign(numbers.token, query["timestamp"], query["nonce"])
    assert ("encrypt_type" in query) is (mode != PLAIN)
    assert (b"a]]]]><![CDATA[>b" in body) is (mode != SAFE)


def test_an_answer_is_checked_before_it_counts(box: Sandbox) -> None:
    numbers = box.world.keys.numbers
    xml = written({"MsgType": "text", "Content": "x"})

    assert answered(numbers, numbers.app_id, b"success", SAFE) == {}
    assert answered(numbers, numbers.app_id, xml.encode(), PLAIN)["Content"] == "x"
    assert unseal(numbers, seal(numbers, "wx9", xml)) == (xml, "wx9")
    for wrong in (xml.encode(), b"<xml>", written({"Encrypt": seal(numbers, numbers.app_id, xml), "TimeStamp": 1, "Nonce": "n"}).encode()):
        with pytest.raises(ValueError):
            answered(numbers, numbers.app_id, wrong, SAFE)


@pytest.fixture
def call(box: Sandbox) -> Callable[..., dict[str, Any]]:
    numbers = box.world.keys.numbers
    asked = {"grant_type": "client_credential", "appid": numbers.app_id, "secret": numbers.app_secret}
    token = requests.post(f"{box.url}/cgi-bin/stable_token", json=asked, timeout=5).json()["access_token"]

    def ask(path: str, body: Any = None) -> dict[str, Any]:
        url, params = f"{box.url}/cgi-bin/{path}", {"access_token": token}
        answer = requests.get(url, params=params, timeout=5) if body is None else requests.post(url, params=params, json=body, timeout=5)
        return dict(answer.json())

    return ask


def test_a_menu_is_kept_given_back_and_deleted(box: Sandbox, call: Callable[..., dict[str, Any]]) -> None:
    assert call("menu/get")["errcode"] == 46003
    assert call("menu/create", {"button": [{"name": "a", "type": "click", "key": "k"}]})["errcode"] == 0
    assert call("menu/get")["menu"]["button"][0]["key"] == "k"
    assert call("menu/delete")["errcode"] == 0
    assert call("menu/get")["errcode"] == 46003


@pytest.mark.parametrize(("button", "errcode"), [
    ([], 40017), ([{"name": "a", "type": "click", "key": "k"}] * 4, 40017), ([{"name": "x" * 17, "type": "click", "key": "k"}], 40018),
    ([{"name": "a", "type": "magic"}], 40016), ([{"name": "a", "type": "click", "key": "k" * 129}], 40019),
    ([{"name": "a", "type": "view", "url": "x" * 1025}], 40020), ([{"name": "a", "type": "view", "url": "ftp://x"}], 40055),
    ([{"name": "a", "sub_button": [{"name": "b", "type": "click", "key": "k"}] * 6}], 40023),
    ([{"name": "a", "sub_button": [{"name": "x" * 61, "type": "click", "key": "k"}]}], 40025),
    ([{"name": "a", "sub_button": [{"name": "b", "type": "view", "url": f"https://{n}.example"} for n in range(4)]}], 65316),
])
def test_a_menu_beyond_the_limits_is_refused(call: Callable[..., dict[str, Any]], button: list, errcode: int) -> None:
    assert call("menu/create", {"button": button})["errcode"] == errcode


def test_the_phone_shows_a_chat_with_its_menu(box: Sandbox, call: Callable[..., dict[str, Any]]) -> None:
    assert requests.post(f"{box.url}/__control__/say/wang", json={"text": "<b>hi</b>"}, timeout=5).status_code == 200

    page = requests.get(f"{box.url}/phone/chat/wang", timeout=5).text

    assert "&lt;b&gt;hi&lt;/b&gt;" in page
    assert requests.get(f"{box.url}/phone/chat/nobody", timeout=5).status_code == 404
