"""One order from sign-in to hand-over between real processes, with everything well and with parts of it missing."""
import secrets

import pytest
from journeys.people import Counter, Traveller, eventually
from journeys.running import Shop
from sqlalchemy import select, update

from shop.base.db import reading, transaction
from shop.catalogue.models import Product, Stock
from shop.orders.models import Order

pytestmark = pytest.mark.journey


def free(shop: Shop, sku: str) -> int:
    with shop.books.app_context(), reading() as session:
        row = session.scalars(select(Stock).join(Product).where(Product.sku == sku)).one()
        return row.on_hand - row.held - row.allocated


def test_an_order_is_placed_paid_by_notice_and_collected_once(traveller: Traveller, counter: Counter) -> None:
    order = traveller.place({"JOURNEY-0": 2, "JOURNEY-1": 1})
    assert order["state"] == "awaiting_payment"

    traveller.pay(order["number"])
    eventually(lambda: traveller.state(order["number"]) == "paid")
    ticket = traveller.ticket(order["number"])

    scan_id = secrets.token_hex(8)
    assert counter.look(ticket["token"]) == "collected"
    assert counter.scan(ticket["token"], scan_id) == "collected"
    assert counter.scan(ticket["token"], scan_id) == "collected"
    assert counter.scan(ticket["code"]) == "already_collected"
    assert traveller.state(order["number"]) == "collected"


def test_a_payment_whose_notice_is_lost_is_found_by_the_worker(shop: Shop, traveller: Traveller) -> None:
    order = traveller.place({"JOURNEY-0": 1})
    shop.wechat.next_notice(lose=True)

    traveller.pay(order["number"])

    eventually(lambda: traveller.state(order["number"]) == "paid", seconds=25)


def test_a_payment_whose_notice_is_lost_is_found_by_the_order_page_when_no_worker_runs(shop: Shop, traveller: Traveller) -> None:
    with shop.without_worker():
        order = traveller.place({"JOURNEY-0": 1})
        shop.wechat.next_notice(lose=True)
        traveller.pay(order["number"])

        assert traveller.state(order["number"]) == "awaiting_payment"
        assert traveller.check(order["number"]) == "paid"


def test_without_a_worker_orders_are_placed_paid_and_collected_and_stock_frees_itself(
    shop: Shop, traveller: Traveller, counter: Counter
) -> None:
    with shop.without_worker():
        unpaid = traveller.place({"JOURNEY-RARE": 2})
        assert free(shop, "JOURNEY-RARE") == 0
        _let_time_pass(shop, unpaid["number"])
        assert traveller.state(unpaid["number"]) == "expired"

        order = traveller.place({"JOURNEY-RARE": 1})
        traveller.pay(order["number"])
        eventually(lambda: traveller.state(order["number"]) == "paid")

        assert counter.scan(traveller.ticket(order["number"])["code"]) == "collected"
        assert free(shop, "JOURNEY-RARE") == 1


def _let_time_pass(shop: Shop, number: str) -> None:
    """As if the order had been placed an hour ago."""
    with shop.books.app_context(), transaction() as session:
        order = session.scalars(select(Order).where(Order.number == number)).one()
        hour = order.hold_until - order.placed_at
        session.execute(
            update(Order).where(Order.id == order.id)
            .values(placed_at=order.placed_at - hour, pay_before=order.pay_before - hour, hold_until=order.placed_at)
        )  # fmt: skip
