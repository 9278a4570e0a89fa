"""One token for everybody: bought once, renewed in time, and given up when WeChat keeps refusing it."""
import subprocess
import sys
from typing import Any

import pytest
import requests
import responses
from flask import Flask
from races.together import copies
from sqlalchemy import select

from shop.base import shared_tokens
from shop.base.db import reading, transaction
from shop.base.http import NetworkInsideTransaction
from shop.base.shared_tokens import PeerToken
from shop.gateways.official_account import (
    AccountMisconfigured,
    AccountUnavailable,
    IpNotAllowed,
    NotThere,
    OfficialAccount,
    QuotaUsedUp,
    TokenRejected,
)
from shop.sandbox import Sandbox
from shop.settings import OfficialAccountSettings

from .playing import GIVEN, MENU, TOKEN, Clock

CALL = "/cgi-bin/ticket/getticket"


def ask(account: OfficialAccount) -> str:
    return str(account.call(CALL, params={"type": "jsapi"})["ticket"])


def paths(box: Sandbox) -> list[str]:
    return [one["path"] for one in box.control.requests("/cgi-bin/")]


def test_twenty_threads_with_an_empty_store_buy_one_token(app: Flask, account: OfficialAccount, box: Sandbox) -> None:
    answers = copies(app, 20, lambda n: ask(account))

    assert isinstance(answers[0], str)
    assert len(set(answers)) == 1
    assert paths(box).count("/cgi-bin/stable_token") == 1
    assert paths(box).count(CALL) == 20


def test_another_process_uses_the_token_that_is_there(
    app: Flask, account: OfficialAccount, account_settings: OfficialAccountSettings, clock: Clock, box: Sandbox
) -> None:
    ask(account)
    ask(OfficialAccount(account_settings, clock=clock))

    assert paths(box).count("/cgi-bin/stable_token") == 1


def test_processes_that_start_together_buy_one_token(
    app: Flask, account_settings: OfficialAccountSettings, box: Sandbox
) -> None:
    each = [OfficialAccount(account_settings) for _ in range(4)]

    answers = copies(app, 8, lambda n: ask(each[n % 4]))

    assert isinstance(answers[0], str)
    assert len(set(answers)) == 1
    assert paths(box).count("/cgi-bin/stable_token") == 1


def test_a_token_is_renewed_before_it_ends(account: OfficialAccount, clock: Clock, box: Sandbox) -> None:
    ask(account)
    clock.turn(seconds=6900)
    ask(account)
    assert paths(box).count("/cgi-bin/stable_token") == 1

    clock.turn(seconds=70)
    ask(account)
    assert paths(box).count("/cgi-bin/stable_token") == 2


def test_a_token_that_somebody_else_renewed_is_fetched_once_and_the_call_made_again(account: OfficialAccount, box: Sandbox) -> None:
    ask(account)
    box.control.age(7300)

    assert ask(account)
    assert paths(box) == ["/cgi-bin/stable_token", CALL, CALL, "/cgi-bin/stable_token", CALL]


def test_a_token_that_is_refused_for_good_costs_two_calls_and_one_refresh_and_rings(
    account: OfficialAccount, clock: Clock, box: Sandbox
) -> None:
    ask(account)
    box.control.clear_requests()
    box.control.fault("errcode", path=CALL, errcode=40001, message="invalid credential", count=0)

    with pytest.raises(TokenRejected):
        ask(account)
    assert paths(box) == [CALL, "/cgi-bin/stable_token", CALL]

    with pytest.raises(TokenRejected):  # and the next ones nothing at all, for a minute
        ask(account)
    assert len(paths(box)) == 3
    (rings,) = shared_tokens.troubles()
    assert (rings.name, rings.errcode, rings.count) == (account.name, 40001, 1)

    box.control.clear_faults()
    clock.turn(seconds=61)
    assert ask(account)
    assert shared_tokens.troubles() == []


def test_twenty_threads_whose_token_is_refused_for_good_fetch_one_new_one(app: Flask, account: OfficialAccount, box: Sandbox) -> None:
    ask(account)
    box.control.clear_requests()
    box.control.fault("errcode", path=CALL, errcode=40001, count=0)

    answers = copies(app, 20, lambda n: ask(account))

    assert {type(one) for one in answers} == {TokenRejected}
    assert paths(box).count("/cgi-bin/stable_token") == 1
    assert paths(box).count(CALL) <= 40


def test_an_address_that_is_not_allowed_is_named(account: OfficialAccount, clock: Clock, box: Sandbox) -> None:
    box.control.allow_ips("203.0.113.7")

    for _ in range(3):
        with pytest.raises(IpNotAllowed) as refused:
            ask(account)
        assert (refused.value.errcode, refused.value.ip) == (40164, "127.0.0.1")
    assert paths(box) == ["/cgi-bin/stable_token"]

    box.control.allow_ips()
    clock.turn(seconds=31)
    assert ask(account)


def test_a_wrong_secret_is_our_configuration(app: Flask, account_settings: OfficialAccountSettings, box: Sandbox, clock: Clock) -> None:
    wrong = OfficialAccount(OfficialAccountSettings(app_id=account_settings.app_id, secret="x", api_url=box.url), clock=clock)

    with pytest.raises(AccountMisconfigured):
        ask(wrong)


def test_without_an_account_nobody_is_asked(app: Flask) -> None:
    nobody = OfficialAccount(OfficialAccountSettings(api_url="http://127.0.0.1:1"))

    assert not nobody.configured
    with pytest.raises(AccountMisconfigured):
        nobody.call("/cgi-bin/menu/get")


def test_an_old_token_serves_while_no_new_one_can_be_had(played: OfficialAccount, clock: Clock, wire: responses.RequestsMock) -> None:
    wire.post(TOKEN, json=GIVEN)
    wire.post(TOKEN, status=502)
    wire.get(MENU, json={"menu": {}})
    played.call("/cgi-bin/menu/get")

    clock.turn(seconds=7000)
    assert played.call("/cgi-bin/menu/get") == {"menu": {}}
    clock.turn(seconds=201)
    with pytest.raises(AccountUnavailable):
        played.call("/cgi-bin/menu/get")


def test_the_token_is_kept_sealed_and_a_changed_secret_buys_a_new_one(
    app: Flask, played: OfficialAccount, clock: Clock, wire: responses.RequestsMock
) -> None:
    wire.post(TOKEN, json=GIVEN)
    wire.get(MENU, json={"menu": {}})
    played.call("/cgi-bin/menu/get")

    with reading() as session:
        kept = str(session.execute(select(PeerToken.__table__)).all())
    assert "T-1" not in kept

    other = OfficialAccount(OfficialAccountSettings(app_id="wx8", secret="new", api_url="http://127.0.0.1:9"), clock=clock)
    other.call("/cgi-bin/menu/get")
    assert [call.request.path_url for call in wire.calls].count("/cgi-bin/stable_token") == 2


@pytest.mark.parametrize("said", [
    {}, {"access_token": 5, "expires_in": 7200}, {"access_token": "T", "expires_in": "x"}, {"access_token": "T", "expires_in": -1},
    [], "x", None,
])
def test_a_token_answer_that_makes_no_sense_is_no_token(played: OfficialAccount, wire: responses.RequestsMock, said: Any) -> None:
    wire.post(TOKEN, json=said)

    with pytest.raises(AccountUnavailable):
        played.call("/cgi-bin/menu/get")


def test_a_fetch_that_died_is_taken_over_after_its_lease(
    played: OfficialAccount, clock: Clock, wire: responses.RequestsMock
) -> None:
    wire.post(TOKEN, json=GIVEN)
    wire.get(MENU, json={"menu": {}})
    with transaction() as session:
        session.add(PeerToken(name=f"{played.name}/token", serial=3, lease_until=clock.now, lease_mark="gone"))
    clock.turn(seconds=1)

    assert played.call("/cgi-bin/menu/get") == {"menu": {}}


def test_quotas_are_not_tried_again_until_they_may_be_back(played: OfficialAccount, clock: Clock, wire: responses.RequestsMock) -> None:
    wire.post(TOKEN, json=GIVEN)
    wire.get(MENU, json={"errcode": 45009, "errmsg": "reach max api daily quota limit"})
    wire.get("http://127.0.0.1:9/cgi-bin/other", json={"errcode": 0})

    for _ in range(3):
        with pytest.raises(QuotaUsedUp):
            played.call("/cgi-bin/menu/get")
    assert len(wire.calls) == 2
    assert played.call("/cgi-bin/other") == {"errcode": 0}

    clock.turn(minutes=61)
    with pytest.raises(QuotaUsedUp):
        played.call("/cgi-bin/menu/get")
    (rings,) = shared_tokens.troubles()
    assert rings.count == 2


def test_a_busy_wechat_is_asked_three_times(played: OfficialAccount, clock: Clock, wire: responses.RequestsMock) -> None:
    wire.post(TOKEN, json=GIVEN)
    wire.get(MENU, json={"errcode": -1, "errmsg": "system error"})
    wire.get(MENU, json={"errcode": -1, "errmsg": "system error"})
    wire.get(MENU, json={"menu": {}})

    assert played.call("/cgi-bin/menu/get") == {"menu": {}}
    assert clock.waits == [0.5, 1.5]


@pytest.mark.parametrize(("answer", "maybe_done"), [
    ({"status": 502}, True), ({"body": b"<html>"}, True), ({"body": b"[" * 100_000}, True), ({"json": []}, True),
    ({"json": {"errcode": "x"}}, True), ({"status": 302, "headers": {"Location": "https://elsewhere.example/"}}, True),
    ({"body": requests.ReadTimeout("https://api?access_token=T-1")}, True),
    ({"body": requests.ConnectTimeout("https://api?access_token=T-1")}, False),
    ({"body": requests.ConnectionError("https://api?access_token=T-1")}, True),
])
def test_trouble_on_the_way_says_whether_something_may_have_been_done_and_leaks_nothing(
    played: OfficialAccount, wire: responses.RequestsMock, answer: dict[str, Any], maybe_done: bool
) -> None:
    wire.post(TOKEN, json=GIVEN)
    wire.post("http://127.0.0.1:9/cgi-bin/menu/create", **answer)

    with pytest.raises(AccountUnavailable) as refused:
        played.call("/cgi-bin/menu/create", {"button": []})

    assert refused.value.maybe_done is maybe_done
    assert "T-1" not in repr(refused.value) + str(refused.value) + str(refused.value.facts)
    assert refused.value.__suppress_context__ or refused.value.__context__ is None


def test_a_port_where_nobody_listens_has_certainly_done_nothing(app: Flask, clock: Clock) -> None:
    nobody = OfficialAccount(OfficialAccountSettings(app_id="wx8", secret="s", api_url="http://127.0.0.1:1"), clock=clock)

    with pytest.raises(AccountUnavailable) as refused:
        nobody.call("/cgi-bin/menu/get")
    assert (refused.value.reason, refused.value.maybe_done) == ("connection", False)


def test_the_network_is_never_asked_inside_a_transaction(played: OfficialAccount) -> None:
    with transaction(), pytest.raises(NetworkInsideTransaction):
        played.call("/cgi-bin/menu/get")


def test_text_goes_out_as_plain_utf8(played: OfficialAccount, wire: responses.RequestsMock) -> None:
    wire.post(TOKEN, json=GIVEN)
    wire.post("http://127.0.0.1:9/cgi-bin/menu/create", json={"errcode": 0})

    played.call("/cgi-bin/menu/create", {"button": [{"name": "免税商城"}]})

    body = wire.calls[1].request.body
    assert isinstance(body, bytes)
    assert "免税商城" in body.decode()


def test_wechatpys_groups_run_over_our_transport(played: OfficialAccount, wire: responses.RequestsMock) -> None:
    wire.post(TOKEN, json=GIVEN)
    wire.post("http://127.0.0.1:9/cgi-bin/menu/create", json={"errcode": 0})
    wire.post("http://127.0.0.1:9/cgi-bin/message/template/send", json={"errcode": 0, "msgid": 1})  # a group with its own address
    wire.get(MENU, json={"errcode": 46003, "errmsg": "menu no exist"})

    played.api.menu.create({"button": [{"name": "免税商城", "type": "view", "url": "https://a"}]})
    played.api.message.send_template("oA", "T1", {"thing1": {"value": "x"}})
    with pytest.raises(NotThere):
        played.call("/cgi-bin/menu/get")

    sent = [call.request for call in wire.calls]
    assert [str(one.url).split("?")[0].removeprefix("http://127.0.0.1:9") for one in sent][1] == "/cgi-bin/menu/create"
    assert all(str(one.url).startswith("http://127.0.0.1:9/") for one in sent)
    assert str(sent[1].url).count("access_token=T-1") == 1


def test_a_file_is_sent_as_a_form(played: OfficialAccount, wire: responses.RequestsMock) -> None:
    wire.post(TOKEN, json=GIVEN)
    wire.post("http://127.0.0.1:9/cgi-bin/media/uploadimg", json={"url": "https://mmbiz/1"})

    assert played.upload("/cgi-bin/media/uploadimg", "a.png", b"\x89PNG", "image/png")["url"] == "https://mmbiz/1"
    body = wire.calls[1].request.body
    assert isinstance(body, bytes)
    assert b'name="media"; filename="a.png"' in body


def test_starting_the_shop_still_does_not_load_wechatpy() -> None:
    script = "import shop.app, sys; print('wechatpy' in sys.modules)"

    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert loaded.stdout.strip() == "False"
