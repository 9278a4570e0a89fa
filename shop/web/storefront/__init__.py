"""The storefront: H5 pages for travellers, made for WeChat's browser, working in any and without JavaScript."""

from shop.web.storefront import (
    account,
    again,
    basket_pages,
    campaigns,
    checkout,
    domain_files,
    finding,
    lists,
    moving,
    orders,
    pickup,
    reaching,
    signing_in,
)

OPEN = (  # finding's is browse's
    campaigns.blueprint, finding.blueprint, signing_in.blueprint, basket_pages.blueprint, lists.blueprint, domain_files.blueprint,
)  # fmt: skip
TRAVELLERS = (
    checkout.blueprint, orders.blueprint, pickup.blueprint, moving.blueprint, account.blueprint, reaching.blueprint, again.blueprint,
    lists.wishes,
)  # fmt: skip
