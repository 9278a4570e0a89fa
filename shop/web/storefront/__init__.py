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
    lists,
    moving,
    orders,
    papers,
    pay_links,
    pickup,
    reaching,
    signing_in,
    wechat_page,
    withdrawing,
)
from shop.web.storefront import legal as legal  # its pages are browse's too

OPEN = (  # finding's is browse's
    campaigns.blueprint, finding.blueprint, signing_in.blueprint, basket_pages.blueprint, journey.blueprint, lists.blueprint,
    domain_files.blueprint, withdrawing.blueprint,
    wechat_page.blueprint,
)  # fmt: skip
TRAVELLERS = (
    checkout.blueprint, orders.blueprint, pickup.blueprint, moving.blueprint, account.blueprint, reaching.blueprint, again.blueprint,
    lists.wishes, journey.mine, papers.blueprint, pay_links.blueprint,
)  # fmt: skip
