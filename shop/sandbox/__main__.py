"""python -m shop.sandbox: run until interrupted; the first line of output says, as JSON, where everything is."""
import argparse
import json
import signal
import sys
import threading
from pathlib import Path

from shop.sandbox.server import Sandbox
from shop.sandbox.state import CROSSBORDER, MAINLAND


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m shop.sandbox", description="WeChat for development and tests.")
    parser.add_argument("--keys", required=True, type=Path, metavar="DIR", help="folder of the keys; made once")
    parser.add_argument("--shop-url", default="", help="where the shop is (may be told later by /__control__/shop)")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="API, sign-in page, phone, control; 0: a free one")
    parser.add_argument("--browser-port", type=int, default=0, help="the shop in WeChat's browser; 0: a free one")
    parser.add_argument("--dialect", choices=(CROSSBORDER, MAINLAND), default=CROSSBORDER)
    parser.add_argument("--speed", type=float, default=0.01, help="factor on the waits between a notice's tries")
    asked = parser.parse_args()
    try:
        box = Sandbox.start(
            keys_dir=asked.keys,
            dialect=asked.dialect,
            shop_url=asked.shop_url,
            host=asked.host,
            port=asked.port,
            browser_port=asked.browser_port,
            speed=asked.speed,
        )
    except OSError as problem:
        sys.stderr.write(f"the sandbox cannot start: {problem}\n")
        return 1
    enough = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: enough.set())
    ready = {"ready": True, "url": box.url, "browser_url": box.browser_url, "env": box.env}
    sys.stdout.write(json.dumps(ready) + "\n")
    sys.stdout.flush()
    enough.wait()
    box.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
