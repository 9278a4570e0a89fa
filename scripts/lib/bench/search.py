"""What a search costs the server with 20,000 products: by kind of question, as a page and as an answer of the API, on PostgreSQL.

Server time is CPU time, of the web process and of PostgreSQL together: what a request takes on a machine that does nothing else. The
clock's time stands beside it; on a busy machine it is as long as the others let it be.
"""

import os
import random
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import postgres_server
from processes import ROOT

from . import machine

PRODUCTS = 20_000
GATE = 50.0  # ms of server time, 95 of 100
SEED = 6
KINDS = {
    "Chinese": ("威士忌", "精华", "口红", "巧克力", "香水", "单一麦芽", "葡萄酒", "面膜"),
    "pinyin": ("weishiji", "jinghua", "kouhong", "qiaokeli", "xiangshui", "putaojiu", "mianmo"),
    "initials": ("wsj", "jh", "kh", "qkl", "xs", "ptj"),
    "brand": ("fichtental", "elbtal", "moorhof", "wiesengrund"),
    "one letter": ("a", "s", "w"),
    "mixed": ("威士忌 700ml", "wsj 12", "xiangshui 50ml", "精华 30ml"),
    "narrowed": ("威士忌&sort=price&stock=1", "jinghua&low=20&high=90", "&category=spirits&sort=price_down"),
    "misspelt": ("whiskey", "choclate", "parfume", "weshiji", "fichtenthal"),
    "no blanks": ("单一麦芽威士忌700", "玫瑰精华面霜"),
    "nothing": ("qqqqzzzz", "龘龘龘"),
}


def say(text: str) -> None:
    print(text, flush=True)


def run(database: str, count: int, rounds: int) -> int:
    """Measure and print; 1 when the gate fails. Without `database` one is filled and thrown away."""
    with _database(database) as (url, postmaster):
        os.environ |= {
            "SHOP_ENV": "demo", "SHOP_DATABASE_URL": url, "SHOP_LOG_LEVEL": "ERROR", "SHOP_PUBLIC_URL": "http://127.0.0.1",
            "SHOP_PAGE_CACHE_SECONDS": "2",
        }  # fmt: skip
        from shop import tables  # noqa: F401 - the mappers
        from shop.app import create_app

        app = create_app()
        with app.app_context():
            words = _filled(count)
        return _told(_measured(app, words, rounds, postmaster), count)


@contextmanager
def _database(database: str) -> Iterator[tuple[str, int | None]]:
    from shop.base import schema

    (ROOT / "instance").mkdir(exist_ok=True)
    if database:
        schema.upgrade(database)
        yield database, _postmaster_of(database)
        return
    server = postgres_server.start(durable=True)
    try:
        url = postgres_server.create_database(server, "shop_search")
        schema.upgrade(url)
        yield url, machine.postmaster(server.folder)
    finally:
        server.stop()


def _postmaster_of(database: str) -> int | None:
    """The number of PostgreSQL's first process, when it runs on this machine."""
    from sqlalchemy import create_engine, text

    engine = create_engine(database)
    with engine.connect() as connection:
        folder = Path(connection.execute(text("SHOW data_directory")).scalar_one())
    engine.dispose()
    file = folder / "postmaster.pid"
    return int(file.read_text().split()[0]) if file.exists() else None


def _filled(count: int) -> list[str]:
    """Names put together from those of the example shop; answers the brands. What an earlier run has filled stays."""
    from sqlalchemy import insert, text

    from shop import seed
    from shop.base.db import transaction
    from shop.catalogue import indexing
    from shop.catalogue.models import Brand, Category, Product, Stock

    with transaction() as session:
        if labels := session.execute(text("SELECT name FROM brands ORDER BY name")).scalars().all():
            return list(labels)
    data, chance, now = seed.load(), random.Random(SEED), datetime.now(UTC)
    say(f"filling the shop with {count:,} products …")
    began = time.monotonic()
    with transaction() as session:
        categories = [{"code": c["code"], "rank": c["rank"], "hidden": False, **{f"name_{k}": v for k, v in c["name"].items()}}
                      for c in data.categories]  # fmt: skip
        session.execute(insert(Category), categories)
        shelves = {row.code: row.id for row in session.execute(text("SELECT id, code FROM categories"))}
        made_up = [f"{one} {two}" for one in ("Maison", "Haus", "Atelier") for two in "ABCDEFGH"]
        labels = sorted({p["brand"] for p in data.products}) + made_up
        session.execute(insert(Brand), [{"code": f"b{n}", "name": name, "rank": n, "hidden": False} for n, name in enumerate(labels)])
        brands = {row.name: row.id for row in session.execute(text("SELECT id, name FROM brands"))}
        rows = [_row(n, chance, data.products, shelves, brands, now) for n in range(count)]
        for start in range(0, count, 2000):
            session.execute(insert(Product), rows[start : start + 2000])
        keys = session.execute(text("SELECT id FROM products ORDER BY id")).scalars().all()
        stock = [{"product_id": key, "on_hand": key % 30, "held": 0, "allocated": 0, "handed_over": 0} for key in keys]
        session.execute(insert(Stock), stock)
    say(f"  {time.monotonic() - began:.0f} s; indexing …")
    began = time.monotonic()
    while indexing.index_due():
        pass
    with transaction() as session:
        sizes = {name: session.execute(text(f"SELECT count(*) FROM {name}")).scalar_one() for name in ("search_terms", "search_spellings")}  # noqa: S608
    _analyze()
    say(f"  {time.monotonic() - began:.0f} s; {sizes['search_terms']:,} terms, {sizes['search_spellings']:,} keys of words")
    return labels


def _analyze() -> None:
    from sqlalchemy import text

    from shop.base.db import db

    with db.engine.connect() as connection:
        connection.execute(text("VACUUM ANALYZE"))  # as PostgreSQL does by itself, a little later


def _row(n: int, chance: random.Random, products: Any, shelves: dict[str, int], brands: dict[str, int], now: datetime) -> dict[str, Any]:
    one, other = chance.choice(products), chance.choice(products)
    brand = chance.choice(list(brands))
    names = {k: f"{one['name'][k]} {other['name'][k].split()[0]}" for k in ("en", "de")}
    names["zh"] = f"{other['name']['zh'][:4]}{one['name']['zh']}"
    sku, ean = f"S-{n:06}", f"23{n:011}"
    return {
        "sku": sku, "ean": ean, "category_id": shelves[one["category"]], "brand": brand, "brand_id": brands[brand],
        **{f"name_{k}": v[:120] for k, v in names.items()}, **{f"text_{k}": one["text"][k] for k in names},
        "volume_ml": one["volume_ml"], "alcohol_permille": one["alcohol_permille"], "weight_g": one["weight_g"],
        "price_minor": chance.randrange(500, 30_000), "price_currency": "EUR", "picture": None, "active": True, "rank": n, "version": 1,
        "search_text": " ".join([sku, ean, brand, *names.values()]).lower(), "picture_kind": "webp", "first_on_sale_at": now,
    }  # fmt: skip


def _measured(app: Any, labels: list[str], rounds: int, postmaster: int | None) -> dict[str, list[tuple[float, float]]]:
    """CPU time and clock time of every request in milliseconds, by kind; the first round only warms up."""
    client, found = app.test_client(), {kind: list[tuple[float, float]]() for kind in KINDS}
    kinds = {**KINDS, "brand": tuple(labels[:6])}
    for n in range(rounds + 1):
        for kind, questions in kinds.items():
            for question in questions:
                for address in (f"/search?q={question}", f"/api/v1/products?q={question.split('&')[0]}"):
                    began, before = time.perf_counter(), _cpu(postmaster)
                    answer = client.get(address)
                    took = (_cpu(postmaster) - before, (time.perf_counter() - began) * 1000)
                    assert answer.status_code == 200, f"{address}: {answer.status_code}"
                    if n:
                        found[kind].append(took)
    return found


def _cpu(postmaster: int | None) -> float:
    """Milliseconds of CPU time of this thread and of all that PostgreSQL has started."""
    total = time.thread_time_ns()
    for pid in machine.children(postmaster) if postmaster else ():
        with suppress(OSError):  # it has just ended
            total += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    return total / 1e6


def _told(found: dict[str, list[tuple[float, float]]], count: int) -> int:
    say(f"\nms of server time, {count:,} products")
    say(f"{'kind':<12} {'requests':>8} {'median':>8} {'p95':>8} {'worst':>8} {'p95 by clock':>14}")
    every = [took for times in found.values() for took in times]
    for kind, times in (*found.items(), ("all", every)):
        cpu, clock = ([one[n] for one in times] for n in (0, 1))
        figures = f"{statistics.median(cpu):>8.1f} {_share(cpu, 0.95):>8.1f} {max(cpu):>8.1f} {_share(clock, 0.95):>14.1f}"
        say(f"{kind:<12} {len(times):>8} {figures}")
    p95 = _share([cpu for cpu, _ in every], 0.95)
    say(f"\n{'kept' if p95 < GATE else 'FAILED'}: search p95 {p95:.1f} ms, below {GATE:.0f} ms is promised")
    return 0 if p95 < GATE else 1


def _share(times: list[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


