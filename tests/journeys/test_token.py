"""Four gunicorn workers with twenty threads each, and nobody has a token: WeChat is asked for one, once."""
from collections.abc import Iterator

import pytest
from journeys.running import Shop
from sqlalchemy import delete

from scripts.lib.bench.at_once import ask_at_once
from shop.base.db import transaction
from shop.base.shared_tokens import PeerToken

pytestmark = pytest.mark.journey
WORKERS, THREADS = 4, 20


@pytest.fixture
def large(shop: Shop) -> Iterator[Shop]:
    """The shop's web process started anew, so large, with an empty store."""
    usual = {name: shop.processes.env[name] for name in ("WEB_CONCURRENCY", "SHOP_THREADS")}
    shop.stop("web")
    shop.stop("worker")
    with shop.books.app_context(), transaction() as session:
        session.execute(delete(PeerToken))
    shop.processes.env |= {"WEB_CONCURRENCY": str(WORKERS), "SHOP_THREADS": str(THREADS)}
    shop.wechat.clear_requests()
    shop.start_web()
    yield shop
    shop.processes.env |= usual
    shop.stop("web")  # the next test starts it in its usual size


def test_eighty_threads_with_an_empty_store_make_one_call_for_a_token(large: Shop) -> None:
    statuses = set(ask_at_once(large.origin, WORKERS * THREADS))

    assert statuses == {200}
    asked = [one["path"] for one in large.wechat.requests("/cgi-bin/")]
    assert (asked.count("/cgi-bin/stable_token"), asked.count("/cgi-bin/ticket/getticket")) == (1, 1)
