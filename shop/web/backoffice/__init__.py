"""The back office's door: staff sign in, see orders and money, make devices, download reports, and say who may do what."""

from shop.web.backoffice import (
    account,
    audit,
    campaigns,
    catalogue,
    chat,
    counter,
    delays,
    devices,
    exchange,
    exports,
    home,
    invitation,
    menu,
    money,
    one_order,
    order_actions,
    order_messages,
    orders,
    privacy,
    refunds,
    report_pages,
    reports,
    saved,
    settings,
    signing_in,
    staff,
    withdrawals,
)

ORDERS = orders.blueprint, one_order.page, order_actions.note, order_messages.send_again  # four modules, one door
SIGN_IN = [signing_in.blueprint, invitation.blueprint]
BLUEPRINTS = [
    home.blueprint, ORDERS[0], refunds.blueprint, money.blueprint, reports.blueprint, devices.blueprint,
    delays.blueprint, counter.blueprint, account.blueprint, staff.blueprint, audit.blueprint,
    catalogue.blueprint, campaigns.blueprint, exchange.blueprint, privacy.blueprint, *settings.BLUEPRINTS,
    report_pages.blueprint, exports.blueprint, saved.blueprint, chat.blueprint, menu.blueprint, order_messages.blueprint,
    withdrawals.blueprint,
]  # fmt: skip
