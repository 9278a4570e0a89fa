"""Pushes that are none: wrong in one way or another, and rightly signed as often as not."""

import random
import secrets
import time
from typing import Any

from shop.sandbox.push_sealing import PLAIN, SAFE, letter, sign, written

BOMB = b'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><xml><MsgType>&b;</MsgType></xml>'
FILE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><xml><MsgType>text</MsgType><Content>&e;</Content></xml>'


def rubbish(numbers: Any, chance: random.Random) -> tuple[dict[str, str], bytes, str]:
    """A push that is wrong in one way or another, rightly signed as often as not: query, body, mode of the account."""
    mode = chance.choice((SAFE, PLAIN))
    fields: dict[str, Any] = {
        "ToUserName": "gh_1", "FromUserName": "o" + "x" * 27, "CreateTime": int(time.time()), "MsgType": "text", "Content": "x", "MsgId": 1,
    }
    kind = chance.randrange(12)
    if kind == 0:
        fields["Content"] = chance.choice(["]]><MsgType>event</MsgType>", "&lt;", "\U0001f600" * 50, "<![CDATA[", "' OR 1=1 --"])
    elif kind == 1:
        fields[chance.choice(list(fields))] = chance.choice(["", "x" * 9000, "-1", "9" * 30, "ä\u0301", "../../etc"])
    elif kind == 2:
        fields.pop(chance.choice([name for name in fields if not name.endswith("UserName")]))
    app_id, late = chance.choice([numbers.app_id, numbers.app_id, "wx0"]), chance.choice([0, 0, -900])
    query, body = letter(numbers, app_id, fields, mode, time.time() + late)
    raw = bytearray(body)
    if kind == 3:
        body = chance.choice([BOMB, FILE, b"", b"<xml>" + b"<a>" * 9000, b"{}", b"\x00" * 500, b"<xml/>" * 1000])
    elif kind == 4:
        for _ in range(chance.randrange(1, 20)):
            raw[chance.randrange(len(raw))] = chance.randrange(256)
        body = bytes(raw)
    elif kind == 5:
        body = body[: chance.randrange(len(body))]
    elif kind == 6:
        body = secrets.token_bytes(chance.choice([1, 100, 5000, 70_000]))
    elif kind == 7:
        query[chance.choice(list(query))] = chance.choice(["", "0", "ä", "x" * 500])
    elif kind == 8 and mode == SAFE:
        seal = chance.choice(["AAAA", "A" * 64, "%", "A" * 4096])
        query["msg_signature"] = sign(numbers.token, query["timestamp"], query["nonce"], seal)
        body = written({"Encrypt": seal}).encode()
    elif kind == 9:
        body = b"<xml>" + b"".join(b"<f%d>%s</f%d>" % (n, b"x" * 10, n) for n in range(chance.randrange(1, 2000))) + b"</xml>"
    return query, body, mode
