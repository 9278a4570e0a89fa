"""The back office's door: managers sign in by name, see orders and money, make devices, download reports."""

from shop.web.backoffice import (
    catalogue,
    counter,
    delays,
    devices,
    exchange,
    home,
    money,
    orders,
    refunds,
    reports,
    signing_in,
)

SIGN_IN = signing_in.blueprint
BLUEPRINTS = [
    home.blueprint, orders.blueprint, refunds.blueprint, money.blueprint, reports.blueprint, devices.blueprint,
    delays.blueprint, counter.blueprint, catalogue.blueprint, exchange.blueprint,
]  # fmt: skip
