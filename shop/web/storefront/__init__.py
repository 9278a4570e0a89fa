"""The storefront: H5 pages for travellers, made for WeChat's browser, working in any and without JavaScript."""

from shop.web.storefront import (
    account,
    basket_pages,
    browse,
    checkout,
    domain_files,
    moving,
    orders,
    pickup,
    reaching,
    signing_in,
    wechat_page,
)

OPEN = (browse.blueprint, signing_in.blueprint, basket_pages.blueprint, domain_files.blueprint, wechat_page.blueprint)
TRAVELLERS = (checkout.blueprint, orders.blueprint, pickup.blueprint, moving.blueprint, account.blueprint, reaching.blueprint)
