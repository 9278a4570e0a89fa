"""The back office's door: managers sign in by name, see orders and money, make devices, download reports."""

from shop.web.backoffice import (
    counter,
    delays,
    devices,
    home,
    money,
    one_order,
    order_actions,
    orders,
    refunds,
    reports,
    signing_in,
)

ORDERS = orders.blueprint, one_order.page, order_actions.note  # three modules, one door
SIGN_IN = signing_in.blueprint
BLUEPRINTS = [
    home.blueprint, ORDERS[0], refunds.blueprint, money.blueprint, reports.blueprint, devices.blueprint,
    delays.blueprint, counter.blueprint,
]  # fmt: skip
