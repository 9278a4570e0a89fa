"""Who packs in these tests, and what."""

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from web.counter.packing_table import signed_in, soon

from shop.orders.queries import OrderView


@pytest.fixture
def packer(client: FlaskClient) -> FlaskClient:
    """A browser on which a packer's device of the first pickup point is signed in."""
    return signed_in(client)


@pytest.fixture
def order(app: Flask) -> OrderView:
    """Two pieces of one product and one of another, for a flight that leaves in five hours."""
    return soon(builders.a_paid_order({builders.a_product("SP-TWO", price=50_00): 2, builders.a_product("SP-ONE", price=20_00): 1}))
