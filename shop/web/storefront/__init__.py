"""The storefront: H5 pages for travellers, made for WeChat's browser, working in any and without JavaScript."""

from shop.web.storefront import (
    account,
    basket_pages,
    browse,
    campaigns,
    checkout,
    domain_files,
    moving,
    orders,
    pickup,
    reaching,
    signing_in,
)

OPEN = (campaigns.blueprint, browse.blueprint, signing_in.blueprint, basket_pages.blueprint, domain_files.blueprint)
TRAVELLERS = (checkout.blueprint, orders.blueprint, pickup.blueprint, moving.blueprint, account.blueprint, reaching.blueprint)
