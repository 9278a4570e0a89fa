"""The storefront: H5 pages for travellers, made for WeChat's browser, working in any and without JavaScript."""

from shop.web.storefront import (
    account,
    again,
    basket_pages,
    checkout,
    domain_files,
    finding,
    lists,
    moving,
    orders,
    pickup,
    signing_in,
)

OPEN = (finding.blueprint, signing_in.blueprint, basket_pages.blueprint, lists.blueprint, domain_files.blueprint)  # finding's is browse's
TRAVELLERS = (checkout.blueprint, orders.blueprint, pickup.blueprint, moving.blueprint, account.blueprint, again.blueprint, lists.wishes)
