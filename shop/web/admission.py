"""Who may use which address: one table for every door, and the guard of the back office reads it.

A line is: door, method, address, what it asks of the visitor, and how it treats somebody whose right holds at some pickup
points only. What it asks is one of the rights of `shop/people/rights.py` (a member of staff or a device has it), or one of
the words of `Who`. `own`: the page shows and changes only what belongs to these points, the rest is not there. `every`: the
right must hold at every point. `-`: it is not about points.

A new address needs a line here; without one the back office answers 403, and a test fails that says so.
"""

from enum import StrEnum

from flask import current_app, request
from msgspec import Struct

from shop.people.rights import Right


class Who(StrEnum):
    """What an address asks of its visitor when it is not a right."""

    ANYONE = "anyone"
    TRAVELLER = "traveller"  # signed in through WeChat
    SIGNED_IN = "signed_in"  # any member of staff
    HALF_IN = "half_in"  # a member of staff who has shown the password, not yet the second factor
    PEER = "peer"  # proves itself by a signature
    MONITORING = "monitoring"  # with a token of its own


class Reach(StrEnum):
    OWN = "own"
    EVERY = "every"
    NONE = "-"


class Row(Struct, frozen=True):
    door: str
    method: str
    address: str
    asks: Right | Who
    reach: Reach


TABLE = """
storefront GET  /                                                                  anyone           -
storefront GET  /account/                                                          traveller        -
storefront GET  /account/data.json                                                 traveller        -
storefront GET  /account/erase                                                     traveller        -
storefront POST /account/erase                                                     traveller        -
storefront GET  /account/erased                                                    anyone           -
storefront GET  /account/mail                                                      traveller        -
storefront POST /account/mail                                                      traveller        -
storefront GET  /basket                                                            anyone           -
storefront POST /basket                                                            anyone           -
storefront POST /basket/people                                                     anyone           -
storefront GET  /brands/                                                           anyone           -
storefront GET  /brands/<code>                                                     anyone           -
storefront GET  /categories/                                                       anyone           -
storefront GET  /categories/<code>                                                 anyone           -
storefront GET  /checkout                                                          traveller        -
storefront POST /checkout                                                          traveller        -
storefront GET  /legal/imprint                                                     anyone           -
storefront GET  /legal/privacy                                                     anyone           -
storefront GET  /legal/terms                                                       anyone           -
storefront GET  /legal/withdrawal                                                  anyone           -
storefront GET  /mail/<key>                                                        anyone           -
storefront POST /mail/<key>                                                        anyone           -
storefront GET  /favourites                                                        anyone           -
storefront POST /favourites                                                        anyone           -
storefront GET  /orders/                                                           traveller        -
storefront GET  /orders/<number>                                                   traveller        -
storefront POST /orders/<number>/again                                             traveller        -
storefront POST /orders/<number>/cancel                                            traveller        -
storefront POST /orders/<number>/cancel-paid                                       traveller        -
storefront POST /orders/<number>/check                                             traveller        -
storefront GET  /orders/<number>/follow.png                                        traveller        -
storefront POST /orders/<number>/on-my-way                                         traveller        -
storefront GET  /orders/<number>/pickup                                            traveller        -
storefront GET  /orders/<number>/pickup.png                                        traveller        -
storefront GET  /orders/<number>/pickup.svg                                        traveller        -
storefront GET  /orders/<number>/receipt                                           traveller        -
storefront GET  /orders/<number>/receipt.pdf                                       traveller        -
storefront POST /orders/<number>/receipt/send                                      traveller        -
storefront GET  /orders/<number>/trip                                              traveller        -
storefront POST /orders/<number>/trip                                              traveller        -
storefront GET  /go/<mark>                                                         anyone           -
storefront GET  /orders/pay/<token>                                                traveller        -
storefront POST /orders/pay/<token>/check                                          traveller        -
storefront GET  /orders/pay/<token>/code.svg                                       traveller        -
storefront GET  /orders/together                                                   traveller        -
storefront GET  /pickup-points                                                     anyone           -
storefront GET  /products/<sku>                                                    anyone           -
storefront POST /products/<sku>/tell-me                                            traveller        -
storefront GET  /recently-seen                                                     anyone           -
storefront GET  /search                                                            anyone           -
storefront GET  /sign-in                                                           anyone           -
storefront GET  /sign-in/wechat                                                    anyone           -
storefront POST /sign-out                                                          anyone           -
storefront GET  /trip                                                              anyone           -
storefront POST /trip                                                              anyone           -
storefront POST /trips/<int(max=9007199254740991):trip_id>/remove                  traveller        -
storefront POST /trips/<int(max=9007199254740991):trip_id>/use                     traveller        -
storefront GET  /withdraw                                                          anyone           -
storefront POST /withdraw                                                          anyone           -
storefront GET  /withdraw/<token>                                                  anyone           -
storefront GET  /withdraw/<token>.pdf                                              anyone           -
storefront GET  /wechat/page.json                                                  anyone           -
counter    GET  /counter/                                                          hand_over        own
counter    GET  /counter/app.webmanifest                                           anyone           -
counter    GET  /counter/look                                                      hand_over        own
counter    POST /counter/look                                                      hand_over        own
counter    GET  /counter/manifest.json                                             hand_over        own
counter    GET  /counter/part                                                      hand_over        own
counter    POST /counter/part                                                      hand_over        own
counter    GET  /counter/refund                                                    hand_over        own
counter    POST /counter/refund                                                    hand_over        own
counter    GET  /counter/refund/start                                              hand_over        own
counter    POST /counter/refund/start                                              hand_over        own
counter    GET  /counter/scan                                                      hand_over        own
counter    POST /counter/scan                                                      hand_over        own
counter    POST /counter/scans.json                                                hand_over        own
counter    GET  /counter/shell/<lang>                                              anyone           -
counter    GET  /counter/shift                                                     hand_over        own
counter    POST /counter/shift                                                     hand_over        own
counter    GET  /counter/sign-in                                                   anyone           -
counter    POST /counter/sign-in                                                   anyone           -
counter    POST /counter/sign-out                                                  hand_over        own
counter    GET  /counter/sw.js                                                     anyone           -
counter    GET  /counter/undo                                                      hand_over        own
counter    POST /counter/undo                                                      hand_over        own
counter    GET  /counter/words/<lang>                                              anyone           -
packing    GET  /counter/packing/                                                  pack             own
packing    GET  /counter/packing/find                                              pack             own
packing    POST /counter/packing/find                                              pack             own
packing    GET  /counter/packing/orders/<number>                                   pack             own
packing    GET  /counter/packing/orders/<number>/count                             pack             own
packing    POST /counter/packing/orders/<number>/count                             pack             own
packing    GET  /counter/packing/orders/<number>/label                             pack             own
packing    GET  /counter/packing/orders/<number>/pieces                            pack             own
packing    POST /counter/packing/orders/<number>/pieces                            pack             own
packing    GET  /counter/packing/orders/<number>/ready                             pack             own
packing    POST /counter/packing/orders/<number>/ready                             pack             own
packing    GET  /counter/packing/orders/<number>/reopen                            pack             own
packing    POST /counter/packing/orders/<number>/reopen                            pack             own
packing    GET  /counter/packing/orders/<number>/shortage                          pack             own
packing    POST /counter/packing/orders/<number>/shortage                          pack             own
packing    GET  /counter/packing/orders/<number>/shortage/start                    pack             own
packing    POST /counter/packing/orders/<number>/shortage/start                    pack             own
packing    GET  /counter/packing/orders/<number>/slot                              pack             own
packing    POST /counter/packing/orders/<number>/slot                              pack             own
packing    GET  /counter/packing/returns/                                          pack             own
packing    POST /counter/packing/returns/                                          pack             own
packing    GET  /counter/packing/shelf/                                            pack             own
packing    POST /counter/packing/shelf/                                            pack             own
packing    POST /counter/packing/sign-out                                          pack             own
packing    GET  /counter/packing/waves/                                            pack             own
packing    POST /counter/packing/waves/                                            pack             own
packing    GET  /counter/packing/waves/<int:wave>                                  pack             own
packing    POST /counter/packing/waves/<int:wave>/close                            pack             own
packing    GET  /counter/packing/waves/<int:wave>/labels                           pack             own
packing    GET  /counter/packing/waves/<int:wave>/print                            pack             own
backoffice GET  /manage/                                                           signed_in        -
backoffice GET  /manage/account/                                                   signed_in        -
backoffice POST /manage/account/password                                           signed_in        -
backoffice POST /manage/account/second-factor                                      signed_in        -
backoffice POST /manage/account/sessions/<int(max=2147483647):session_id>/end      signed_in        -
backoffice POST /manage/account/sessions/end                                       signed_in        -
backoffice GET  /manage/audit/                                                     see_audit        every
backoffice GET  /manage/campaigns/                                                 campaigns        every
backoffice POST /manage/campaigns/                                                 campaigns        every
backoffice GET  /manage/campaigns/articles/                                        campaigns        every
backoffice POST /manage/campaigns/articles/                                        campaigns        every
backoffice GET  /manage/campaigns/articles/<int(max=9007199254740991):article_id>  campaigns        every
backoffice POST /manage/campaigns/articles/<int(max=9007199254740991):article_id>  campaigns        every
backoffice GET  /manage/campaigns/articles/<int(max=9007199254740991):article_id>/codes/<sku>.png campaigns        every
backoffice POST /manage/campaigns/articles/<int(max=9007199254740991):article_id>/do campaigns        every
backoffice GET  /manage/campaigns/articles/<int(max=9007199254740991):article_id>/paper campaigns        every
backoffice GET  /manage/campaigns/articles/<int(max=9007199254740991):article_id>/pictures/<int(max=999):place>.jpg campaigns        every
backoffice GET  /manage/campaigns/articles/<int(max=9007199254740991):article_id>/products/<sku>.jpg campaigns        every
backoffice GET  /manage/campaigns/articles/<int(max=9007199254740991):article_id>/send campaigns        every
backoffice POST /manage/campaigns/articles/<int(max=9007199254740991):article_id>/send campaigns        every
backoffice GET  /manage/campaigns/costs                                            campaigns        every
backoffice POST /manage/campaigns/costs                                            campaigns        every
backoffice GET  /manage/campaigns/links/<mark>                                     campaigns        every
backoffice POST /manage/campaigns/links/<mark>                                     campaigns        every
backoffice GET  /manage/campaigns/links/<mark>/code.<ending>                       campaigns        every
backoffice GET  /manage/campaigns/links/<mark>/poster                              campaigns        every
backoffice GET  /manage/campaigns/sends/                                           campaigns        every
backoffice GET  /manage/campaigns/sends/<int(max=9007199254740991):send_id>        campaigns        every
backoffice POST /manage/campaigns/sends/<int(max=9007199254740991):send_id>        campaigns        every
backoffice GET  /manage/catalogue/                                                 change_stock     -
backoffice GET  /manage/catalogue/brands/                                          change_catalogue every
backoffice POST /manage/catalogue/brands/                                          change_catalogue every
backoffice POST /manage/catalogue/brands/<code>                                    change_catalogue every
backoffice POST /manage/catalogue/bulk                                             change_catalogue every
backoffice GET  /manage/catalogue/categories/                                      change_catalogue every
backoffice POST /manage/catalogue/categories/                                      change_catalogue every
backoffice POST /manage/catalogue/categories/<code>                                change_catalogue every
backoffice GET  /manage/catalogue/new                                              change_catalogue every
backoffice POST /manage/catalogue/new                                              change_catalogue every
backoffice GET  /manage/catalogue/products/<sku>                                   change_stock     -
backoffice POST /manage/catalogue/products/<sku>                                   change_catalogue every
backoffice POST /manage/catalogue/products/<sku>/pictures                          change_catalogue every
backoffice POST /manage/catalogue/products/<sku>/pictures/<int(max=9007199254740991):picture_id> change_catalogue every
backoffice POST /manage/catalogue/products/<sku>/prices                            change_prices    every
backoffice POST /manage/catalogue/products/<sku>/prices/<int(max=9007199254740991):price_id>/withdraw change_prices    every
backoffice GET  /manage/catalogue/products/<sku>/stock                             change_stock     -
backoffice POST /manage/catalogue/products/<sku>/stock                             change_stock     -
backoffice GET  /manage/chat/                                                      campaigns        every
backoffice GET  /manage/chat/<int(max=2147483647):follower_id>                     campaigns        every
backoffice GET  /manage/chat/answers                                               campaigns        every
backoffice GET  /manage/chat/answers/<int(max=2147483647):answer_id>               campaigns        every
backoffice POST /manage/chat/answers/<int(max=2147483647):answer_id>               campaigns        every
backoffice GET  /manage/chat/answers/new                                           campaigns        every
backoffice POST /manage/chat/answers/new                                           campaigns        every
backoffice POST /manage/chat/hours                                                 campaigns        every
backoffice GET  /manage/chat/of/<number>                                           campaigns        every
backoffice GET  /manage/counter/                                                   supervise        own
backoffice GET  /manage/counter/conflicts/                                         supervise        own
backoffice GET  /manage/counter/conflicts/<int(max=2147483647):conflict_id>        supervise        own
backoffice POST /manage/counter/conflicts/<int(max=2147483647):conflict_id>        supervise        own
backoffice GET  /manage/counter/scans                                              supervise        own
backoffice GET  /manage/delays/                                                    see_orders       -
backoffice POST /manage/delays/                                                    change_orders    every
backoffice POST /manage/delays/file                                                change_orders    every
backoffice GET  /manage/devices/                                                   change_devices   own
backoffice POST /manage/devices/                                                   change_devices   own
backoffice POST /manage/devices/<int(max=2147483647):device_id>/revoke             change_devices   own
backoffice GET  /manage/exchange/                                                  change_catalogue every
backoffice POST /manage/exchange/                                                  change_catalogue every
backoffice GET  /manage/exchange/<int(max=2147483647):import_id>                   change_catalogue every
backoffice POST /manage/exchange/<int(max=2147483647):import_id>/apply             change_prices    every
backoffice POST /manage/exchange/<int(max=2147483647):import_id>/check             change_catalogue every
backoffice GET  /manage/exchange/<int(max=2147483647):import_id>/report.csv        change_catalogue every
backoffice GET  /manage/exchange/catalogue                                         change_catalogue every
backoffice POST /manage/exchange/catalogue                                         change_catalogue every
backoffice GET  /manage/exchange/template                                          change_catalogue every
backoffice GET  /manage/exports/                                                   export           own
backoffice POST /manage/exports/                                                   export           own
backoffice GET  /manage/exports/<token>                                            export           own
backoffice POST /manage/exports/<token>/cancel                                     export           own
backoffice GET  /manage/exports/<token>/file                                       export           own
backoffice POST /manage/exports/<token>/retry                                      export           own
backoffice GET  /manage/invitation/<token>                                         anyone           -
backoffice POST /manage/invitation/<token>                                         anyone           -
backoffice GET  /manage/menu/                                                      campaigns        every
backoffice POST /manage/menu/                                                      campaigns        every
backoffice POST /manage/menu/publish                                               campaigns        every
backoffice GET  /manage/money/                                                     see_money        every
backoffice POST /manage/money/items/<int(max=2147483647):item_id>/ask              refund           every
backoffice POST /manage/money/items/<int(max=2147483647):item_id>/settle           refund           every
backoffice POST /manage/money/notices/<int(max=2147483647):notice_key>/settle      refund           every
backoffice POST /manage/money/orders/<number>/ask                                  refund           every
backoffice POST /manage/money/payments/<int(max=2147483647):payment_id>/refund     refund           every
backoffice POST /manage/money/payments/<int(max=2147483647):payment_id>/settle     refund           every
backoffice POST /manage/money/refunds/<int(max=2147483647):refund_id>/card         refund           every
backoffice POST /manage/money/refunds/<int(max=2147483647):refund_id>/settle       refund           every
backoffice POST /manage/money/refunds/<int(max=2147483647):refund_id>/try          refund           every
backoffice GET  /manage/messages/                                                  change_orders    own
backoffice GET  /manage/orders/                                                    see_orders       own
backoffice GET  /manage/orders/<number>                                            see_orders       own
backoffice POST /manage/orders/<number>/cancel                                     change_orders    own
backoffice POST /manage/orders/<number>/messages/<int(max=9007199254740991):message_id>/again change_orders    own
backoffice POST /manage/orders/<number>/notes                                      change_orders    own
backoffice GET  /manage/orders/<number>/refund                                     refund           own
backoffice POST /manage/orders/<number>/refund                                     refund           own
backoffice GET  /manage/orders/<number>/trip                                       change_orders    own
backoffice POST /manage/orders/<number>/trip                                       change_orders    own
backoffice GET  /manage/privacy/                                                   erase_travellers every
backoffice GET  /manage/privacy/traveller                                          erase_travellers every
backoffice POST /manage/privacy/traveller/data                                     erase_travellers every
backoffice POST /manage/privacy/traveller/erase                                    erase_travellers every
backoffice GET  /manage/reports/                                                   see_reports      own
backoffice GET  /manage/reports/orders                                             export           every
backoffice GET  /manage/reports/saved/                                             see_reports      own
backoffice POST /manage/reports/saved/                                             export           own
backoffice GET  /manage/reports/saved/<int(max=2147483647):saved_id>               see_reports      own
backoffice POST /manage/reports/saved/<int(max=2147483647):saved_id>/delete        see_reports      own
backoffice POST /manage/reports/saved/<int(max=2147483647):saved_id>/schedules     export           own
backoffice POST /manage/reports/saved/schedules/<int(max=2147483647):schedule_id>/end see_reports      own
backoffice GET  /manage/reports/show/<name>                                        see_reports      own
backoffice GET  /manage/reports/show/<name>/file                                   export           own
backoffice GET  /manage/settings/                                                  change_settings  every
backoffice GET  /manage/settings/<kind>/<key>                                      change_settings  every
backoffice POST /manage/settings/<kind>/<key>                                      change_settings  every
backoffice GET  /manage/settings/changes/<int(max=2147483647):version_id>/restore  change_settings  every
backoffice POST /manage/settings/changes/<int(max=2147483647):version_id>/restore  change_settings  every
backoffice GET  /manage/settings/changes/<int(max=2147483647):version_id>/undo     change_settings  every
backoffice POST /manage/settings/changes/<int(max=2147483647):version_id>/undo     change_settings  every
backoffice GET  /manage/settings/history                                           change_settings  every
backoffice GET  /manage/settings/points/                                           change_settings  every
backoffice GET  /manage/settings/points/<code>                                     change_settings  every
backoffice GET  /manage/settings/points/new                                        change_settings  every
backoffice POST /manage/settings/points/new                                        change_settings  every
backoffice GET  /manage/sign-in                                                    anyone           -
backoffice POST /manage/sign-in                                                    anyone           -
backoffice GET  /manage/sign-in/code                                               half_in          -
backoffice POST /manage/sign-in/code                                               half_in          -
backoffice GET  /manage/sign-in/set-up                                             half_in          -
backoffice POST /manage/sign-in/set-up                                             half_in          -
backoffice POST /manage/sign-out                                                   signed_in        -
backoffice GET  /manage/staff/                                                     change_staff     own
backoffice POST /manage/staff/                                                     change_staff     own
backoffice GET  /manage/staff/<int(max=2147483647):staff_id>                       change_staff     own
backoffice POST /manage/staff/<int(max=2147483647):staff_id>/deactivate            change_staff     own
backoffice POST /manage/staff/<int(max=2147483647):staff_id>/new-password          change_staff     own
backoffice POST /manage/staff/<int(max=2147483647):staff_id>/reactivate            change_staff     own
backoffice POST /manage/staff/<int(max=2147483647):staff_id>/reset-second-factor   change_staff     own
backoffice POST /manage/staff/<int(max=2147483647):staff_id>/roles                 change_staff     own
backoffice POST /manage/staff/invitations/<int(max=2147483647):invitation_id>/withdraw change_staff     own
backoffice GET  /manage/withdrawals/                                               see_orders       every
backoffice POST /manage/withdrawals/<int(max=2147483647):withdrawal_id>/handled    refund           every
api        POST /api/v1/counter/look                                               hand_over        own
api        GET  /api/v1/counter/manifest                                           hand_over        own
api        POST /api/v1/counter/scans                                              hand_over        own
api        POST /api/v1/counter/scans/<scan_id>/undo                               hand_over        own
api        GET  /api/v1/docs                                                       anyone           -
api        POST /api/v1/exports                                                    export           own
api        GET  /api/v1/exports/<token>                                            export           own
api        GET  /api/v1/exports/<token>/file                                       export           own
api        GET  /api/v1/flights                                                    anyone           -
api        GET  /api/v1/manage/orders                                              see_orders       own
api        GET  /api/v1/manage/orders/<number>                                     see_orders       own
api        POST /api/v1/manage/orders/<number>/refunds                             refund           own
api        GET  /api/v1/openapi.json                                               anyone           -
api        GET  /api/v1/orders                                                     traveller        -
api        POST /api/v1/orders                                                     traveller        -
api        GET  /api/v1/orders/<number>                                            traveller        -
api        POST /api/v1/orders/<number>/cancel                                     traveller        -
api        POST /api/v1/orders/<number>/on-my-way                                  traveller        -
api        POST /api/v1/orders/<number>/payment                                    traveller        -
api        POST /api/v1/orders/<number>/payment/check                              traveller        -
api        GET  /api/v1/orders/<number>/pickup                                     traveller        -
api        POST /api/v1/orders/<number>/trip                                       traveller        -
api        GET  /api/v1/packing/due                                                pack             own
api        GET  /api/v1/packing/orders/<number>                                    pack             own
api        POST /api/v1/packing/orders/<number>/back-to-stock                      pack             own
api        POST /api/v1/packing/orders/<number>/pieces                             pack             own
api        POST /api/v1/packing/orders/<number>/ready                              pack             own
api        POST /api/v1/packing/orders/<number>/shortage                           pack             own
api        GET  /api/v1/packing/waves                                              pack             own
api        POST /api/v1/packing/waves                                              pack             own
api        GET  /api/v1/packing/waves/<int:wave>                                   pack             own
api        POST /api/v1/packing/waves/<int:wave>/close                             pack             own
api        GET  /api/v1/pay-links/<token>                                          traveller        -
api        POST /api/v1/pay-links/<token>/payment                                  traveller        -
api        POST /api/v1/pay-links/<token>/payment/check                            traveller        -
api        GET  /api/v1/pickup-points                                              anyone           -
api        GET  /api/v1/products                                                   anyone           -
api        GET  /api/v1/products/<sku>                                             anyone           -
callbacks  GET  /callbacks/official-account                                        peer             -
callbacks  POST /callbacks/official-account                                        peer             -
callbacks  POST /callbacks/wechat-pay/payment                                      peer             -
callbacks  POST /callbacks/wechat-pay/refund                                       peer             -
operations GET  /MP_verify_<name>.txt                                              anyone           -
operations GET  /healthz                                                           anyone           -
operations GET  /metrics                                                           monitoring       -
operations GET  /pictures/<name>                                                   anyone           -
operations GET  /readyz                                                            anyone           -
operations GET  /static/<path:filename>                                            anyone           -
"""


def _read(line: str) -> Row:
    door, method, address, asks, reach = line.split()
    return Row(door, method, address, Right(asks) if asks in list(Right) else Who(asks), Reach(reach))


ROWS = {(row.method, row.address): row for row in map(_read, TABLE.strip().splitlines())}


def row_here() -> Row | None:
    """The row of this request; None: nobody has written one."""
    method = "GET" if request.method in ("HEAD", "OPTIONS") else request.method
    return ROWS.get((method, request.url_rule.rule)) if request.url_rule else None


def row_of(endpoint: str, method: str = "GET") -> Row | None:
    """The row of a page, by its name in the code."""
    for rule in current_app.url_map.iter_rules(endpoint):
        if method in (rule.methods or ()):
            return ROWS.get((method, rule.rule))
    return None
