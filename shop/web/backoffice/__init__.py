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
    orders,
    privacy,
    refunds,
    reports,
    settings,
    signing_in,
    staff,
)

SIGN_IN = [signing_in.blueprint, invitation.blueprint]
BLUEPRINTS = [
    home.blueprint, orders.blueprint, refunds.blueprint, money.blueprint, reports.blueprint, devices.blueprint,
    delays.blueprint, counter.blueprint, account.blueprint, staff.blueprint, audit.blueprint,
    catalogue.blueprint, exchange.blueprint, privacy.blueprint, *settings.BLUEPRINTS,
]  # fmt: skip
