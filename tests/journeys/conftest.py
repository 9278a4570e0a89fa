"""One running shop for all journeys of a test process, put in order before each."""
import os
from collections.abc import Iterator

import pytest
from journeys import running
from journeys.people import Counter, Traveller
from journeys.running import Shop


@pytest.fixture(scope="session")
def _running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("journeys")
    if os.environ.get("SHOP_TEST_DATABASE") == "postgresql":
        import postgres_server

        server = postgres_server.start()
        url = postgres_server.create_database(server, f"journeys_{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}")
    else:
        server, url = None, f"sqlite:///{folder}/shop.db"
    shop = running.start(folder, url)
    yield shop
    shop.end()
    if server is not None:
        server.stop()


@pytest.fixture
def shop(_running: Shop) -> Iterator[Shop]:
    """Everything runs."""
    _running.whole()
    yield _running
    _running.wechat.clear_faults()


@pytest.fixture
def traveller(shop: Shop) -> Traveller:
    return Traveller(shop)


@pytest.fixture
def counter(shop: Shop) -> Counter:
    return Counter(shop)
