"""What a traveller does in the storefront: the basket, the trip, signing in, ordering, paying, what is theirs."""

from shop.web.storefront import (
    account,
    again,
    basket_pages,
    checkout,
    journey,
    legal,
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

OPEN = (  # legal's is `browse.further`, and others' too
    legal.blueprint, signing_in.blueprint, basket_pages.blueprint, journey.blueprint, lists.blueprint, withdrawing.blueprint,
    wechat_page.blueprint,
)  # fmt: skip
TRAVELLERS = (
    checkout.blueprint, orders.blueprint, pickup.blueprint, moving.blueprint, account.blueprint, reaching.blueprint, again.blueprint,
    lists.wishes, journey.mine, papers.blueprint, pay_links.blueprint,
)  # fmt: skip
