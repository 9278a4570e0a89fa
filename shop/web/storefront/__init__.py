"""The storefront: H5 pages for travellers, made for WeChat's browser, working in any and without JavaScript."""

from shop.web.storefront import (
    account,
    basket_pages,
    browse,
    checkout,
    domain_files,
    journey,
    moving,
    orders,
    pickup,
    signing_in,
)

OPEN = (browse.blueprint, signing_in.blueprint, basket_pages.blueprint, journey.blueprint, domain_files.blueprint)
TRAVELLERS = (checkout.blueprint, orders.blueprint, pickup.blueprint, moving.blueprint, account.blueprint, journey.mine)
