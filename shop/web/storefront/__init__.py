"""The storefront: H5 pages for travellers, made for WeChat's browser, working in any and without JavaScript."""

from shop.web.storefront import (
    account,
    again,
    basket_pages,
    campaigns,
    checkout,
    domain_files,
    finding,
    journey,
    legal,
    lists,
    moving,
    orders,
    papers,
    pickup,
    reaching,
    signing_in,
    wechat_page,
    withdrawing,
)

OPEN = (  # finding's is browse's
    campaigns.blueprint, finding.blueprint, signing_in.blueprint, basket_pages.blueprint, journey.blueprint, lists.blueprint,
    domain_files.blueprint, withdrawing.blueprint, legal.blueprint,
    wechat_page.blueprint,
)  # fmt: skip
TRAVELLERS = (
    checkout.blueprint, orders.blueprint, pickup.blueprint, moving.blueprint, account.blueprint, reaching.blueprint, again.blueprint,
    lists.wishes, journey.mine, papers.blueprint,
)  # fmt: skip
