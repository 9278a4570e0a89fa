"""Fill a PostgreSQL database with a year of orders of three lines each: payments, refunds, parcels, scans, history.

Without --database a throw-away PostgreSQL is started, filled, and kept until Ctrl-C. The same --seed, --orders and --until
give the same rows, up to keys that the database numbers itself.
"""

import argparse
import signal
import sys
import tempfile
import threading
import time
from datetime import UTC, date, datetime
from pathlib import Path

import postgres_server

from . import filling


def say(text: str) -> None:
    print(text, flush=True)


def main() -> int:
    options = _options()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    server = None if options.database else postgres_server.start()
    try:
        url = options.database or postgres_server.create_database(server, "shop_large")
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            filling.prepare(url, Path(folder), say)
        filling.fill(url, options.orders, options.seed, options.until, say)
        say(f"{options.orders:,} orders in {time.monotonic() - began:.0f} s\n{url}")
        if server and not options.exit:
            say("The database is there until you press Ctrl-C.")
            threading.Event().wait()
    except filling.NotEmpty as refused:
        print(f"refused: {refused}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    finally:
        if server:
            server.stop()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/seed-large", description=__doc__)
    parser.add_argument(
        "--orders", type=_count, default=1_000_000, metavar="N", help="how many (default 1,000,000; at most 9,000,000)"
    )
    parser.add_argument(
        "--database",
        default="",
        metavar="URL",
        help="postgresql+psycopg://…, without orders (default: a throw-away one)",
    )
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another number, other orders (default 1)")
    parser.add_argument(
        "--until",
        type=date.fromisoformat,
        default=datetime.now(UTC).date(),
        metavar="DAY",
        help="the last day (default: today)",
    )
    parser.add_argument("--exit", action="store_true", help="do not keep the throw-away database: only measure")
    options = parser.parse_args()
    if options.database and not options.database.startswith("postgresql"):
        parser.error("--database: only PostgreSQL makes a million orders in minutes")
    return options


def _count(words: str) -> int:
    count = int(words.replace(",", "").replace("_", ""))
    if not 1 <= count <= filling.MOST:
        raise argparse.ArgumentTypeError(f"between 1 and {filling.MOST:,}")
    return count


if __name__ == "__main__":
    sys.exit(main())
