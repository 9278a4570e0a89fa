"""Whoever copies a push on its way and sends it again within its five minutes achieves nothing: no list of nonces is needed for that."""
import time
from datetime import timedelta
from typing import Any

import pytest
from builders import NOW, announced
from sqlalchemy import func, select

from shop.base.db import reading
from shop.chat import keeping
from shop.chat.models import ChatEntry
from shop.people.follower_models import Follower
from shop.sandbox.push_sealing import SAFE, letter, sign, written

from .playing import ADDRESS, Phone

PUSHES: dict[str, dict[str, Any]] = {
    "text": {"MsgType": "text", "Content": "我的订单", "MsgId": 24123456789012345},
    "for a person": {"MsgType": "text", "Content": "人工", "MsgId": 24123456789012346},
    "picture": {"MsgType": "image", "PicUrl": "http://127.0.0.1/x", "MediaId": "m", "MsgId": 24123456789012347},
    "follows": {"MsgType": "event", "Event": "subscribe", "EventKey": "qrscene_x", "Ticket": "gQ"},
    "scans": {"MsgType": "event", "Event": "SCAN", "EventKey": "c.gate", "Ticket": "gQ"},
    "taps": {"MsgType": "event", "Event": "CLICK", "EventKey": "hours"},
    "leaves": {"MsgType": "event", "Event": "unsubscribe", "EventKey": ""},
    "template": {"MsgType": "event", "Event": "TEMPLATESENDJOBFINISH", "MsgID": 1, "Status": "success"},
    "mass send": {"MsgType": "event", "Event": "MASSSENDJOBFINISH", "MsgID": 2, "Status": "send success", "TotalCount": 9, "SentCount": 9},
    "publication": {"MsgType": "event", "Event": "PUBLISHJOBFINISH", "PublishEventInfo": {"publish_id": 3, "publish_status": 0}},
}


def everything(phone: Phone) -> tuple[Any, ...]:
    """All that a push could have changed, here and on the phone, once the worker is through."""
    heard = phone.heard()
    with reading() as session:
        followers = [(one.follows, one.scene, one.message_at, one.changed_at) for one in session.scalars(select(Follower))]
        count = session.scalar(select(func.count()).select_from(ChatEntry))
    return followers, count, len(announced()), heard


@pytest.mark.parametrize("kind", PUSHES)
def test_a_copied_push_is_answered_alike_and_changes_nothing(phone: Phone, kind: str) -> None:
    keeping.set_hours({str(day): "00:00-23:59" for day in range(1, 8)}, "staff:1", NOW - timedelta(days=7))
    phone.box.control.follower(phone.who, follows=True, did="message")
    query, body = letter(phone.numbers, phone.numbers.app_id, phone.fields(**PUSHES[kind]), SAFE, time.time())

    def push() -> tuple[int, str]:
        answer = phone.client.post(ADDRESS, query_string=query, data=body)
        return answer.status_code, phone.answer(answer).get("MsgType", answer.text)

    first = push()
    once = everything(phone)
    again = [push() for _ in range(4)]

    assert first[0] == 200
    assert again == [first] * 4
    assert everything(phone) == once


def test_nothing_of_a_copied_push_can_be_changed(phone: Phone) -> None:
    query, body = letter(phone.numbers, phone.numbers.app_id, phone.fields(MsgType="text", Content="x", MsgId=1), SAFE, time.time())
    _, other = letter(phone.numbers, phone.numbers.app_id, phone.fields(MsgType="text", Content="y", MsgId=2), SAFE, time.time())
    later = str(int(query["timestamp"]) + 60)
    made_up = sign("not the token", later, query["nonce"])

    refused = [
        phone.client.post(ADDRESS, query_string={**query, **change}, data=data)
        for change, data in [
            ({}, other), ({"timestamp": later}, body), ({"nonce": "1"}, body), ({"msg_signature": query["signature"]}, body),
            ({"timestamp": later, "msg_signature": made_up}, body),
            ({"encrypt_type": "raw"}, written(phone.fields(MsgType="text")).encode()),
        ]
    ]  # fmt: skip

    assert {answer.status_code for answer in refused} == {401}
    with reading() as session:
        assert session.scalar(select(func.count()).select_from(ChatEntry)) == 0
