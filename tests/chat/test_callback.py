"""What WeChat pushes is believed only with its signature, written down once, and answered at once."""
import secrets
import time

import pytest
from builders import NOW, announced
from flask import Flask
from flask.testing import FlaskClient
from msgspec.structs import replace
from races.together import copies
from sqlalchemy import select

from shop.base.db import reading
from shop.base.outbox import Announcement
from shop.chat import hearing, queries
from shop.chat.models import ChatEntry
from shop.gateways.official_account import Push
from shop.people.follower_models import Follower
from shop.sandbox import Sandbox
from shop.sandbox.push_sealing import COMPATIBLE, PLAIN, letter, sign

from .playing import ADDRESS, Phone


def entries() -> list[ChatEntry]:
    with reading() as session:
        return list(session.scalars(select(ChatEntry).order_by(ChatEntry.id)))


def facts(name: str) -> list[dict]:
    with reading() as session:
        return list(session.scalars(select(Announcement.facts).where(Announcement.name == name).order_by(Announcement.id)))


def the_follower() -> Follower:
    with reading() as session:
        return session.scalars(select(Follower)).one()


def test_the_address_is_confirmed_with_the_text_that_was_sent_and_only_to_wechat(client: FlaskClient, box: Sandbox) -> None:
    token, now = box.world.keys.numbers.token, str(int(time.time()))
    asked = {"timestamp": now, "nonce": "1", "echostr": "5971357", "signature": sign(token, now, "1")}

    right = client.get(ADDRESS, query_string=asked)
    wrong = [client.get(ADDRESS, query_string=asked | change) for change in (
        {"signature": "0" * 40}, {"signature": ""}, {"nonce": "2"}, {"timestamp": "1"}, {"signature": "ä"})]
    empty = client.get(ADDRESS, query_string={key: value for key, value in asked.items() if key != "echostr"})

    assert (right.status_code, right.data, right.mimetype) == (200, b"5971357", "text/plain")
    assert {one.status_code for one in wrong} == {401}
    assert all(b"5971357" not in one.data for one in wrong)
    assert empty.status_code == 400


@pytest.mark.parametrize("mode", ["safe", COMPATIBLE])
def test_a_message_is_written_down_and_announced(phone: Phone, mode: str) -> None:
    phone.mode = mode

    answer = phone.say("营业时间")

    assert (answer.status_code, answer.data) == (200, b"success")
    (entry,) = entries()
    assert (entry.way, entry.kind, entry.text, entry.topic) == ("in", "text", "营业时间", "hours")
    assert announced("chat.message_arrived") == [("chat.message_arrived", the_follower().id)]
    assert the_follower().message_at is not None


def test_an_account_in_plain_mode_is_heard_too(plain_client: FlaskClient, box: Sandbox) -> None:
    phone = Phone(plain_client, box, "wang", PLAIN)

    assert phone.say("hello").data == b"success"
    assert entries()[0].text == "hello"


def test_where_there_is_a_key_a_plain_body_is_refused(phone: Phone) -> None:
    phone.mode = PLAIN

    answer = phone.say("hello")

    assert (answer.status_code, answer.data) == (401, b"plain")
    assert entries() == []


@pytest.mark.parametrize("change", [
    {"msg_signature": "0" * 40}, {"msg_signature": ""}, {"nonce": "other"}, {"timestamp": "1700000000"}, {"timestamp": "x"},
    {"encrypt_type": "raw"},
])
def test_what_is_not_signed_as_it_is_is_refused_and_leaves_nothing(phone: Phone, change: dict[str, str]) -> None:
    answer = phone.send(phone.fields(MsgType="text", Content="x", MsgId=1), **change)

    assert answer.status_code == 401
    assert entries() == []
    assert announced("chat.message_arrived") == []


def test_what_was_signed_too_long_ago_is_refused(phone: Phone) -> None:
    late = phone.send(phone.fields(MsgType="text", Content="x", MsgId=1), at=time.time() - 301)
    early = phone.send(phone.fields(MsgType="text", Content="x", MsgId=2), at=time.time() + 330)

    assert (late.data, early.data) == (b"stale", b"stale")


def test_a_message_for_another_account_is_refused(phone: Phone) -> None:
    answer = phone.send(phone.fields(MsgType="text", Content="x", MsgId=1), app_id="wx_somebody_else")

    assert (answer.status_code, answer.data) == (401, b"foreign_account")


def test_the_content_account_is_heard_at_the_same_address(phone: Phone, box: Sandbox) -> None:
    content = box.world.keys.numbers.content_app_id
    fields = phone.fields(MsgType="event", Event="PUBLISHJOBFINISH", PublishEventInfo={
        "publish_id": 2247503051, "publish_status": 0, "article_id": "A1",
        "article_detail": {"count": 1, "item": {"idx": 1, "article_url": "https://mp.example/s/1"}}})

    assert phone.send(fields, app_id=content).data == b"success"

    (said,) = facts("chat.publish_finished")
    assert said | {"entry": 0} == {
        "entry": 0, "publish_id": "2247503051", "status": "0", "article_id": "A1", "url": "https://mp.example/s/1"}
    assert the_follower().app_id == content


def test_the_same_push_again_is_answered_alike_and_changes_nothing(phone: Phone) -> None:
    message = phone.fields(MsgType="text", Content="x", MsgId=24123456789012345)
    event = phone.fields(MsgType="event", Event="subscribe", EventKey="")

    answers = [phone.send(fields).data for fields in (message, event) for _ in range(3)]

    assert answers == [b"success"] * 6
    assert len(entries()) == 2
    assert len(announced()) == 2


def test_events_that_differ_in_anything_are_two(phone: Phone) -> None:
    first = phone.fields(MsgType="event", Event="CLICK", EventKey="hours")
    for one in (first, first | {"EventKey": "orders"}, first | {"Event": "VIEW"}, first | {"CreateTime": first["CreateTime"] + 1}):
        phone.send(one)

    assert len(entries()) == 4


def test_the_same_push_ten_times_at_once_is_handled_once(app: Flask, phone: Phone) -> None:
    push = Push(app_id="wx1", openid="oA", to="gh", kind="text", text="x", msg_id="1", sent_at=NOW, sealed=True)

    taken = copies(app, 8, lambda n: hearing.accept(push, NOW))

    assert sorted(one.new for one in taken) == [False] * 7 + [True]
    assert len(entries()) == 1
    assert len(announced("chat.message_arrived")) == 1


def test_first_pushes_of_one_person_at_once_are_all_kept(app: Flask) -> None:
    push = Push(app_id="wx1", openid="oA", to="gh", kind="text", text="x", msg_id="1", sent_at=NOW, sealed=True)

    taken = copies(app, 2, lambda n: hearing.accept(replace(push, msg_id=str(n)), NOW))

    assert [one.new for one in taken] == [True, True]
    assert len(entries()) == 2


def test_who_follows_comes_by_a_code_scans_and_leaves_is_known(phone: Phone) -> None:
    phone.event("subscribe", EventKey="qrscene_order-1", Ticket="gQ")
    first = the_follower()
    phone.event("SCAN", EventKey="poster-7", Ticket="gQ")
    second = the_follower()
    phone.event("unsubscribe", EventKey="")

    assert (first.follows, first.scene, first.followed_at is not None) == (True, "order-1", True)
    assert (second.scene, second.scan_at is not None) == ("poster-7", True)
    assert not the_follower().follows
    assert [one["scene"] for one in facts("chat.followed") + facts("chat.scanned")] == ["order-1", "poster-7"]
    assert len(facts("chat.unfollowed")) == 1


def test_an_unsubscribe_that_comes_late_does_not_undo_a_later_follow(phone: Phone) -> None:
    now = int(time.time())
    phone.send(phone.fields(MsgType="event", Event="subscribe", EventKey="") | {"CreateTime": now})
    phone.send(phone.fields(MsgType="event", Event="unsubscribe", EventKey="") | {"CreateTime": now - 60})

    assert the_follower().follows


def test_results_of_template_messages_are_passed_on(phone: Phone) -> None:
    phone.event("TEMPLATESENDJOBFINISH", MsgID=3_000_000_000_000_000_001, Status="failed:user block")
    phone.event("TEMPLATESENDJOBFINISH", MsgID=3_000_000_000_000_000_002, Status="success")

    assert [(one["msg_id"], one["status"]) for one in facts("chat.template_finished")] == [
        ("3000000000000000001", "failed:user block"), ("3000000000000000002", "success")]


@pytest.mark.parametrize("fields", [
    {"MsgType": "event", "Event": "some_event_of_next_year", "List": {"a": "b"}}, {"MsgType": "hologram", "Content": "?"},
    {"MsgType": "image", "PicUrl": "http://x", "MediaId": "m", "MsgId": 1}, {"MsgType": "location", "Location_X": "1", "MsgId": 2},
    {"MsgType": "event", "Event": ""}, {"MsgType": "text", "Content": "]]><x>&amp;\U0001f600", "MsgId": 3},
    {"MsgType": "text", "Content": "x" * 8000, "MsgId": 4}, {"MsgType": "event", "Event": "CLICK", "EventKey": "somebody-elses"},
])
def test_what_nobody_has_heard_of_is_survived(phone: Phone, fields: dict) -> None:
    answer = phone.send(phone.fields(**fields))

    assert (answer.status_code, answer.data) == (200, b"success")
    assert len(entries()) == 1


def test_neither_coordinates_nor_pictures_are_kept(phone: Phone) -> None:
    phone.send(phone.fields(MsgType="location", Location_X="50.033", Location_Y="8.570", Label="Terminal", MsgId=2))

    with reading() as session:
        kept = str(session.execute(select(ChatEntry.__table__)).all()) + str(session.execute(select(Announcement.__table__)).all())
    assert "50.033" not in kept
    assert "Terminal" not in kept


BOMB = b"""<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">
<!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;">]><xml><MsgType>&c;</MsgType></xml>"""
FILE = b"""<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><MsgType>text</MsgType><Content>&e;</Content></xml>"""


@pytest.mark.parametrize("body", [
    b"", b"{}", b'{"MsgType":"text"}', b"<xml>", b"<xml/>", b"\xff\xfe\x00", BOMB, FILE, b"<xml>" + b"<a>" * 9000, b"x" * 70_000,
    b"<xml><Encrypt>AAAA</Encrypt></xml>", b"<xml><MsgType>text</MsgType></xml>",
    "<?xml version='1.0' encoding='utf-16'?><xml><MsgType>text</MsgType></xml>".encode("utf-16"),
])
def test_bodies_that_are_none_get_an_answer_without_a_fault(
    phone: Phone, plain_client: FlaskClient, box: Sandbox, body: bytes
) -> None:
    query, _ = letter(phone.numbers, phone.numbers.app_id, phone.fields(MsgType="text"), "safe", time.time())
    plain, _ = letter(phone.numbers, phone.numbers.app_id, phone.fields(MsgType="text"), PLAIN, time.time())

    for client, asked in ((phone.client, query), (plain_client, plain)):
        answer = client.post(ADDRESS, query_string=asked, data=body)
        assert answer.status_code in (400, 401)
        assert len(answer.data) < 40
        assert b"root:" not in answer.data
    assert entries() == []


def test_a_seal_that_was_changed_is_refused_without_saying_where(phone: Phone) -> None:
    numbers = phone.numbers
    stamp, nonce = str(int(time.time())), secrets.token_hex(4)
    for seal in ("AAAA", "A" * 64, "ä", "%%%", "A" * 88, ""):
        body = f"<xml><Encrypt><![CDATA[{seal}]]></Encrypt></xml>".encode()
        query = {"encrypt_type": "aes", "timestamp": stamp, "nonce": nonce, "msg_signature": sign(numbers.token, stamp, nonce, seal)}

        answer = phone.client.post(ADDRESS, query_string=query, data=body)

        assert (answer.status_code, answer.data) in ((401, b"bad_seal"), (400, b"unreadable"))


def test_a_shop_without_a_token_believes_nobody(app: Flask, settings: object) -> None:
    from shop.app import create_app

    bare = create_app(replace(settings, account=replace(settings.account, token="", aes_key="")))  # type: ignore[type-var,attr-defined]
    answer = bare.test_client().get(ADDRESS, query_string={"signature": sign("", "1", "1"), "timestamp": "1", "nonce": "1", "echostr": "x"})

    assert (answer.status_code, answer.data) == (401, b"not_set_up")


def test_a_push_costs_few_statements(phone: Phone, statements: list[str]) -> None:
    phone.say("hello")
    statements.clear()
    phone.say("hello again")

    assert len(statements) <= 9, statements


def test_a_conversation_is_listed_with_its_last_line(phone: Phone) -> None:
    phone.say("one")
    phone.say("two")
    phone.event("VIEW", EventKey="https://shop")

    (listed,) = queries.conversations()
    assert (listed.count, listed.last.text) == (2, "two")
    assert [one.text for one in queries.conversation(listed.follower.id).entries] == ["one", "two", None]
