"""The back office's door: managers sign in by name, see orders and money, make devices, download reports."""

from shop.web.backoffice import (
    counter,
    delays,
    devices,
    home,
    money,
    orders,
    privacy,
    refunds,
    reports,
    settings,
    signing_in,
)

SIGN_IN = signing_in.blueprint
BLUEPRINTS = [
    home.blueprint, orders.blueprint, refunds.blueprint, money.blueprint, reports.blueprint, devices.blueprint,
    delays.blueprint, counter.blueprint, privacy.blueprint, *settings.BLUEPRINTS,
]  # fmt: skip
