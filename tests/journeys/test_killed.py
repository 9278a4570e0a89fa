"""`kill -9` of web and worker at any point between placing and hand-over: whoever asks again gets the same answer, nothing is lost."""
import random
import secrets
import threading
import time
from collections import Counter as Count

import pytest
from journeys.people import Counter, Traveller, eventually
from journeys.running import Shop
from properties import model
from sqlalchemy import select

from shop.base.db import db, reading
from shop.orders.models import Order
from shop.payments.models import Attempt
from shop.pickup.models import Scan

pytestmark = pytest.mark.journey
KILLS, BUYERS = 12, 3
SEED = 20261124


class Buyer(threading.Thread):
    """Orders, pays, collects, again and again until told to stop; the order in hand is then finished."""

    def __init__(self, shop: Shop, n: int, enough: threading.Event) -> None:
        super().__init__(daemon=True)
        self.traveller, self.counter = Traveller(shop), Counter(shop, n % len(shop.tokens))
        self.chance, self.enough = random.Random(SEED + n), enough
        self.collected: list[str] = []
        self.failed: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.enough.is_set():
                self.buy()
        except BaseException as error:
            self.failed = error

    def buy(self) -> None:
        skus = self.chance.sample([f"JOURNEY-{n}" for n in range(4)], self.chance.randint(1, 3))
        bought = self.traveller.buy_in_spite_of_everything({sku: self.chance.randint(1, 2) for sku in skus})
        scan_id = secrets.token_hex(8)
        for _ in range(2):  # the second time as if the first answer had been lost
            assert eventually(lambda: self.counter.scan(bought["token"], scan_id)) == "collected"
        assert eventually(lambda: self.counter.scan(bought["code"])) == "already_collected"
        self.collected.append(bought["number"])


def kill_again_and_again(shop: Shop) -> None:
    """Each kill at its own moment after the shop was back: all of web, one of its processes, all of web, the worker, …"""
    chance = random.Random(SEED)
    for turn in range(KILLS):
        time.sleep(chance.uniform(0.05, 0.7))
        if turn % 4 == 3:
            shop.kill("worker")
            shop.start_worker()
        elif turn % 4 == 1:
            shop.kill_one_of_web()
        else:
            shop.kill("web")
            shop.start_web()


def test_orders_survive_that_web_and_worker_are_killed_again_and_again(shop: Shop) -> None:
    enough = threading.Event()
    buyers = [Buyer(shop, n, enough) for n in range(BUYERS)]
    for buyer in buyers:
        buyer.start()

    kill_again_and_again(shop)
    enough.set()
    for buyer in buyers:
        buyer.join(90)

    assert [buyer.failed for buyer in buyers if buyer.failed] == []
    assert not any(buyer.is_alive() for buyer in buyers)
    collected = [number for buyer in buyers for number in buyer.collected]
    assert len(collected) >= BUYERS
    check_everything_adds_up(shop, collected)


def check_everything_adds_up(shop: Shop, collected: list[str]) -> None:
    """Each of these orders was collected once, and every payment that WeChat took is on exactly one order."""
    at_wechat = {one["transaction_id"]: one for one in shop.wechat.orders() if one["trade_state"] == "SUCCESS"}
    with shop.books.app_context():
        model.check_stock(shop.stock_at_first)
        model.check_orders()
        model.check_money({number: one["total"] for number, one in at_wechat.items()}, set(at_wechat))
        with reading() as session:
            numbers = {order.id: order.number for order in session.scalars(select(Order))}
            handed_over = Count(numbers[s.order_id or 0] for s in session.scalars(select(Scan)) if s.outcome == "collected")
            paid = Count(a.order_id for a in session.scalars(select(Attempt)) if a.transaction_id)
            attempts = {a.transaction_id: a.out_trade_no for a in session.scalars(select(Attempt)) if a.transaction_id}
        db.session.remove()
    assert {number: handed_over[number] for number in collected} == dict.fromkeys(collected, 1)
    assert set(paid.values()) == {1}
    assert attempts == {number: one["out_trade_no"] for number, one in at_wechat.items()}
