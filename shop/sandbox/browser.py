"""WeChat's own browser, played by a proxy in front of the shop.

It passes everything through as it is, adds MicroMessenger to the User-Agent, and puts one script first into the head of
every page: the bridge that offers WeixinJSBridge and shows the payment sheet. Everything it adds comes from its own
origin, so a page with a strict Content-Security-Policy works unchanged, as it would in WeChat.
"""
import hashlib
import http.client
import json
import re
import socket
from collections.abc import Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from werkzeug.wrappers import Request, Response

from shop.sandbox.notices import NoticeBoard
from shop.sandbox.phone import DECISIONS, FAIL, CannotPay, decide, look
from shop.sandbox.state import World

WECHAT = "MicroMessenger/8.0.76"
OWN = "/__wechat__/"
SCRIPT = b'<script src="/__wechat__/bridge.js"></script>'
HEAD = re.compile(rb"<head(?:\s[^>]*)?>", re.IGNORECASE)
# RFC 9110: these belong to one connection and are not passed on.
HOP_BY_HOP = {"connection", "keep-alive", "proxy-authenticate", "proxy-authorization", "proxy-connection", "te",
              "trailer", "transfer-encoding", "upgrade"}
PATIENCE = 60  # seconds for the shop to answer
BLOCK = 64 * 1024


class Browser:
    """A WSGI application; one connection to the shop per request."""

    def __init__(self, world: World, board: NoticeBoard) -> None:
        self._world = world
        self._board = board

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request = Request(environ)
        answer = self._own(request) if request.path.startswith(OWN) else self._pass_on(request)
        return answer(environ, start_response)

    def _own(self, request: Request) -> Response:
        if request.path == OWN + "bridge.js":
            return Response(bridge(), content_type="text/javascript; charset=utf-8",
                            headers={"Cache-Control": "no-store"})
        if request.path == OWN + "jssdk" and request.method == "POST":
            return as_json({"errMsg": checked(self._world, request.get_json(force=True, silent=True))})
        if request.path in {OWN + "look", OWN + "pay"} and request.method == "POST":
            return self._phone(request)
        return Response("not found", 404)

    def _phone(self, request: Request) -> Response:
        """The page's launch: look at the sheet, then decide."""
        given = request.get_json(force=True, silent=True)
        if not isinstance(given, dict):
            return as_json({"err_msg": FAIL, "err_desc": "the parameters must be an object"})
        if request.path.endswith("/look"):
            try:
                return as_json({"sheet": look(self._world, given).shown()})
            except CannotPay as reason:
                return as_json({"err_msg": FAIL, "err_desc": str(reason)})
        decision = given.get("decision")
        if decision not in DECISIONS:
            return as_json({"err_msg": FAIL, "err_desc": f"decision must be one of {sorted(DECISIONS)}"})
        return as_json(decide(self._world, self._board, given, decision))

    def _pass_on(self, request: Request) -> Response:
        if not self._world.shop_url:
            return Response("the sandbox does not know yet where the shop is: POST /__control__/shop", 502)
        try:
            return forward(request, self._world.shop_url)
        except (OSError, http.client.HTTPException) as problem:
            return Response(f"the shop does not answer: {type(problem).__name__}", 502)


def checked(world: World, given: Any) -> str:
    """What `wx.config` comes to: the signature must be of the ticket that is in force, and of the page's own address."""
    app_id = world.keys.numbers.app_id
    if not isinstance(given, dict) or given.get("appId") != app_id:
        return "config:fail,invalid appid"
    ticket, ends = world.tickets.get(app_id, ("", 0.0))
    text = f"jsapi_ticket={ticket}&noncestr={given.get('nonceStr')}&timestamp={given.get('timestamp')}&url={given.get('url')}"
    right = hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - that is how WeChat signs
    return "config:ok" if ticket and world.now() < ends and given.get("signature") == right else "config:fail,invalid signature"


def as_json(value: Any) -> Response:
    return Response(json.dumps(value, ensure_ascii=False), content_type="application/json; charset=utf-8",
                    headers={"Cache-Control": "no-store"})


@lru_cache(maxsize=1)
def bridge() -> bytes:
    return (Path(__file__).parent / "pages" / "bridge.js").read_bytes()


def forward(request: Request, shop_url: str) -> Response:
    """Send the request on as it is and give the answer back as it comes, with the bridge in front of a page's head."""
    shop = urlsplit(shop_url)
    kind = http.client.HTTPSConnection if shop.scheme == "https" else http.client.HTTPConnection
    connection = kind(shop.hostname or "", shop.port, timeout=PATIENCE)
    try:
        connection.connect()
        connection.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        send(connection, request)
        came = connection.getresponse()
    except BaseException:
        connection.close()
        raise
    headers = [(name, value) for name, value in came.getheaders() if name.lower() not in HOP_BY_HOP]
    framed = request.headers.get("Sec-Fetch-Dest") == "iframe"  # the bridge belongs to the page that the person is on
    is_page = not framed and (came.getheader("Content-Type") or "").lower().startswith("text/html")
    if is_page and not came.getheader("Content-Encoding"):
        page = came.read()
        connection.close()
        if request.method == "HEAD" or came.status in {204, 304}:
            return Response(page, came.status, headers)
        headers = [(name, value) for name, value in headers if name.lower() != "content-length"]
        return Response(with_bridge(page), came.status, headers)
    answer = Response(blocks(came, connection), came.status, headers, direct_passthrough=True)
    answer.call_on_close(connection.close)
    return answer


def send(connection: http.client.HTTPConnection, request: Request) -> None:
    """The request line, the client's headers (Host among them) and the body."""
    target = request.environ.get("RAW_URI") or request.full_path
    connection.putrequest(request.method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in request.headers:
        if name.lower() in HOP_BY_HOP | {"content-length", "accept-encoding", "user-agent"}:
            continue
        connection.putheader(name, value)
    connection.putheader("User-Agent", f"{request.headers.get('User-Agent', '')} {WECHAT}".strip())
    # A page must come as plain text, or the bridge could not be put into it.
    if "text/html" not in request.headers.get("Accept", "") and "Accept-Encoding" in request.headers:
        connection.putheader("Accept-Encoding", request.headers["Accept-Encoding"])
    else:
        connection.putheader("Accept-Encoding", "identity")
    connection.putheader("Connection", "close")
    body = request.get_data(cache=False)
    if body or "Content-Length" in request.headers:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body or None)


def with_bridge(page: bytes) -> bytes:
    """The page with the bridge as the first thing in its head; a page without a head gets it in front."""
    if found := HEAD.search(page):
        return page[: found.end()] + SCRIPT + page[found.end() :]
    return page


def blocks(came: http.client.HTTPResponse, connection: http.client.HTTPConnection) -> Iterator[bytes]:
    try:
        while block := came.read1(BLOCK):
            yield block
    finally:
        connection.close()
