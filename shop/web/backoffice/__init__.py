"""The back office's door: staff sign in, see orders and money, make devices, download reports, and say who may do what."""

from shop.web.backoffice import (
    account,
    audit,
    catalogue,
    counter,
    delays,
    devices,
    exchange,
    home,
    invitation,
    money,
    one_order,
    order_actions,
    orders,
    privacy,
    refunds,
    reports,
    settings,
    signing_in,
    staff,
)

ORDERS = orders.blueprint, one_order.page, order_actions.note  # three modules, one door
SIGN_IN = [signing_in.blueprint, invitation.blueprint]
BLUEPRINTS = [
    home.blueprint, ORDERS[0], refunds.blueprint, money.blueprint, reports.blueprint, devices.blueprint,
    delays.blueprint, counter.blueprint, account.blueprint, staff.blueprint, audit.blueprint,
    catalogue.blueprint, exchange.blueprint, privacy.blueprint, *settings.BLUEPRINTS,
]  # fmt: skip
