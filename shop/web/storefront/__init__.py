"""The storefront: H5 pages for travellers, made for WeChat's browser, working in any and without JavaScript."""

from shop.web.storefront import (
    account,
    basket_pages,
    checkout,
    domain_files,
    legal,
    moving,
    orders,
    papers,
    pickup,
    signing_in,
    withdrawing,
)

OPEN = (legal.blueprint, signing_in.blueprint, basket_pages.blueprint, domain_files.blueprint, withdrawing.blueprint)
TRAVELLERS = (checkout.blueprint, orders.blueprint, pickup.blueprint, moving.blueprint, account.blueprint, papers.blueprint)
