"""The sandbox as something that runs: two ports, a world, and the settings the shop needs to meet it."""
import socket
import threading
from collections.abc import Callable
from email.utils import formatdate
from pathlib import Path
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from shop.sandbox import rates
from shop.sandbox.app import create_app
from shop.sandbox.browser import Browser
from shop.sandbox.client import Control
from shop.sandbox.keys import keys_in
from shop.sandbox.notices import NoticeBoard
from shop.sandbox.pushes import PushBoard
from shop.sandbox.state import CROSSBORDER, MAINLAND, World


class Sandbox:
    """A running sandbox. `stop()` ends it; use it as a context manager where that is handier."""

    def __init__(self, world: World, board: NoticeBoard, pushes: PushBoard, servers: "list[Listener]") -> None:
        self.world = world
        self.control = Control(world.url)
        self._board = board
        self._pushes = pushes
        self._servers = servers

    @classmethod
    def start(
        cls,
        *,
        keys_dir: Path | str,
        dialect: str = CROSSBORDER,
        shop_url: str = "",
        host: str = "127.0.0.1",
        port: int = 0,
        browser_port: int = 0,
        speed: float = 0.01,
    ) -> "Sandbox":
        """Run it in threads of this process. Port 0 takes a free one. Raises OSError when a port is taken."""
        world = World(keys_in(Path(keys_dir)), dialect=dialect, shop_url=shop_url, speed=speed)
        board, pushes = NoticeBoard(world), PushBoard(world)
        servers: list[Listener] = []
        try:
            servers.append(Listener(host, port, create_app(world, board, pushes), world.now))
            servers.append(Listener(host, browser_port, Browser(world, board), world.now))
        except BaseException:
            board.close()
            pushes.close()
            for one in servers:
                one.stop()
            raise
        world.url, world.browser_url = servers[0].url, servers[1].url
        return cls(world, board, pushes, servers)

    @property
    def url(self) -> str:
        """Where the API hosts, the sign-in page, the phone and the control API are."""
        return self.world.url

    @property
    def browser_url(self) -> str:
        """The shop, seen through WeChat's browser."""
        return self.world.browser_url

    @property
    def env(self) -> dict[str, str]:
        """Every setting the shop needs to talk to this sandbox in its dialect."""
        return settings(self.world)

    def stop(self) -> None:
        """End the servers, their connections and the notices on their way. May be called twice."""
        self._board.close()
        self._pushes.close()
        for one in self._servers:
            one.stop()

    def __enter__(self) -> "Sandbox":
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class Listener:
    """One port, served in threads; `stop()` also ends connections that are kept open. `now` is what `Date` says."""

    def __init__(self, host: str, port: int, app: Any, now: Callable[[], float]) -> None:
        self._open: set[socket.socket] = set()
        connections = self._open

        class Handler(WSGIRequestHandler):
            """Quiet, without Nagle's delay (headers and body go in two steps), and known to its listener."""

            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                connections.add(self.connection)

            def finish(self) -> None:
                connections.discard(self.connection)
                super().finish()

            def date_time_string(self, timestamp: float | None = None) -> str:
                return formatdate(now() if timestamp is None else timestamp, usegmt=True)

            def log(self, type: str, message: str, *args: Any) -> None:
                if type == "error":
                    super().log(type, message, *args)

        self._server: BaseWSGIServer = make_server(host, port, app, threaded=True, request_handler=Handler)
        self.url = f"http://{host}:{self._server.server_port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, name=f"sandbox-{self.url}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        if not self._thread.is_alive():
            return
        self._server.shutdown()
        self._thread.join(timeout=5)
        self._server.server_close()
        for connection in list(self._open):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # it ended by itself


def settings(world: World) -> dict[str, str]:
    keys, numbers = world.keys, world.keys.numbers
    found = {
        "WECHAT_APP_ID": numbers.app_id,
        "WECHAT_APP_SECRET": numbers.app_secret,
        "WECHAT_TOKEN": numbers.token,
        "WECHAT_AES_KEY": numbers.aes_key,
        "WECHAT_CONTENT_APP_ID": numbers.content_app_id,
        "WECHAT_CONTENT_APP_SECRET": numbers.content_secret,
        "WECHAT_SDK_URL": f"{world.url}/open/js/jweixin.js",
        "WECHAT_API_URL": world.url,
        "WECHAT_OPEN_URL": world.url,
        "SHOP_RATES_URL": world.url + rates.PATH,
        "WECHAT_PAY_DIALECT": world.dialect,
        "WECHAT_PAY_URL": world.url,
        "WECHAT_PAY_SERIAL_NO": keys.merchant_serial,
        "WECHAT_PAY_PRIVATE_KEY_FILE": str(keys.merchant_key_file),
        "WECHAT_PAY_API_V3_KEY": numbers.api_v3_key,
        "WECHAT_PAY_VERIFY_KEYS": keys.verify_keys(),
    }
    if world.dialect == MAINLAND:
        found["WECHAT_PAY_MCH_ID"] = numbers.mch_id
    else:
        found["WECHAT_PAY_SP_MCH_ID"] = numbers.sp_mch_id
        found["WECHAT_PAY_SUB_MCH_ID"] = numbers.sub_mch_id
        found["WECHAT_PAY_SP_APP_ID"] = numbers.sp_app_id
        found["WECHAT_PAY_MCC"] = numbers.mcc
    return found
