"""Who may use which address: one table for every door, and the guard of the back office reads it.

A line is: door, method, address, what it asks of the visitor, how it treats somebody whose right holds at some pickup
points only, and the page's name in the code. What it asks is one of the rights of `shop/people/rights.py` (a member of staff or a
device has it), or one of the words of `Who`. `own`: the page shows and changes only what belongs to these points, the rest is not
there. `every`: the right must hold at every point. `-`: it is not about points.

A new address needs a line here; without one the back office answers 403, and a test fails that says so. A door that is closed at
the start (`shop/web/doors.py`) has its addresses from here until its code is imported.
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
    page: str


TABLE = """
storefront GET  /                                                                   anyone           -     storefront.home
traveller  GET  /account/                                                           traveller        -     account.overview
traveller  GET  /account/data.json                                                  traveller        -     account.data
traveller  GET  /account/erase                                                      traveller        -     account.ask
traveller  POST /account/erase                                                      traveller        -     account.erase
traveller  GET  /account/erased                                                     anyone           -     storefront.erased
traveller  GET  /account/mail                                                       traveller        -     reaching.mail
traveller  POST /account/mail                                                       traveller        -     reaching.give_or_take
traveller  GET  /basket                                                             anyone           -     storefront.basket
traveller  POST /basket                                                             anyone           -     basket.change
traveller  POST /basket/people                                                      anyone           -     basket.people
storefront GET  /brands/                                                            anyone           -     storefront.brands
storefront GET  /brands/<code>                                                      anyone           -     storefront.brand
storefront GET  /categories/                                                        anyone           -     storefront.categories
storefront GET  /categories/<code>                                                  anyone           -     storefront.category
traveller  GET  /checkout                                                           traveller        -     checkout.form
traveller  POST /checkout                                                           traveller        -     checkout.place
traveller  GET  /legal/imprint                                                      anyone           -     storefront.imprint
traveller  GET  /legal/privacy                                                      anyone           -     storefront.privacy
traveller  GET  /legal/terms                                                        anyone           -     storefront.terms
traveller  GET  /legal/withdrawal                                                   anyone           -     storefront.withdrawal
traveller  GET  /mail/<key>                                                         anyone           -     storefront.look
traveller  POST /mail/<key>                                                         anyone           -     storefront.say_yes
traveller  GET  /favourites                                                         anyone           -     storefront.favourites
traveller  POST /favourites                                                         anyone           -     favourites.change
traveller  GET  /orders/                                                            traveller        -     my_orders.orders
traveller  GET  /orders/<number>                                                    traveller        -     my_orders.order
traveller  POST /orders/<number>/again                                              traveller        -     order_again.again
traveller  POST /orders/<number>/cancel                                             traveller        -     my_orders.cancel
traveller  POST /orders/<number>/cancel-paid                                        traveller        -     my_orders.cancel_paid
traveller  POST /orders/<number>/check                                              traveller        -     my_orders.check
traveller  GET  /orders/<number>/follow.png                                         traveller        -     reaching.follow_code
traveller  POST /orders/<number>/on-my-way                                          traveller        -     my_trip.on_my_way
traveller  GET  /orders/<number>/pickup                                             traveller        -     my_pickup.page
traveller  GET  /orders/<number>/pickup.png                                         traveller        -     my_pickup.png
traveller  GET  /orders/<number>/pickup.svg                                         traveller        -     my_pickup.svg
traveller  GET  /orders/<number>/receipt                                            traveller        -     my_papers.page
traveller  GET  /orders/<number>/receipt.pdf                                        traveller        -     my_papers.file
traveller  POST /orders/<number>/receipt/send                                       traveller        -     my_papers.send
traveller  GET  /orders/<number>/trip                                               traveller        -     my_trip.form
traveller  POST /orders/<number>/trip                                               traveller        -     my_trip.move
storefront GET  /go/<mark>                                                          anyone           -     campaign_links.go
traveller  GET  /orders/pay/<token>                                                 traveller        -     pay_links.page
traveller  POST /orders/pay/<token>/check                                           traveller        -     pay_links.check
traveller  GET  /orders/pay/<token>/code.svg                                        traveller        -     pay_links.code
traveller  GET  /orders/together                                                    traveller        -     my_orders.together
storefront GET  /pickup-points                                                      anyone           -     storefront.points
storefront GET  /products/<sku>                                                     anyone           -     storefront.product
traveller  POST /products/<sku>/tell-me                                             traveller        -     wishes.tell_me
traveller  GET  /recently-seen                                                      anyone           -     storefront.recently_seen
storefront GET  /search                                                             anyone           -     storefront.search
traveller  GET  /sign-in                                                            anyone           -     sign_in.start
traveller  GET  /sign-in/wechat                                                     anyone           -     sign_in.back
traveller  POST /sign-out                                                           anyone           -     sign_in.out
traveller  GET  /trip                                                               anyone           -     storefront.trip
traveller  POST /trip                                                               anyone           -     trip.state
traveller  POST /trips/<int(max=9007199254740991):trip_id>/remove                   traveller        -     my_trips.remove
traveller  POST /trips/<int(max=9007199254740991):trip_id>/use                      traveller        -     my_trips.use
traveller  GET  /withdraw                                                           anyone           -     withdrawal.form
traveller  POST /withdraw                                                           anyone           -     withdrawal.step
traveller  GET  /withdraw/<token>                                                   anyone           -     withdrawal.received
traveller  GET  /withdraw/<token>.pdf                                               anyone           -     withdrawal.file
traveller  GET  /wechat/page.json                                                   anyone           -     wechat_page.sign
counter    GET  /counter/                                                           hand_over        own   counter.home
counter    GET  /counter/app.webmanifest                                            anyone           -     counter_installed.web_manifest
counter    GET  /counter/look                                                       hand_over        own   counter.back
counter    POST /counter/look                                                       hand_over        own   counter.look
counter    GET  /counter/manifest.json                                              hand_over        own   counter_offline.parcels
counter    GET  /counter/part                                                       hand_over        own   counter_parts.back
counter    POST /counter/part                                                       hand_over        own   counter_parts.ask
counter    GET  /counter/refund                                                     hand_over        own   counter_refunds.back
counter    POST /counter/refund                                                     hand_over        own   counter_refunds.ask
counter    GET  /counter/refund/start                                               hand_over        own   counter_refunds.back
counter    POST /counter/refund/start                                               hand_over        own   counter_refunds.start
counter    GET  /counter/scan                                                       hand_over        own   counter.back
counter    POST /counter/scan                                                       hand_over        own   counter.scan
counter    POST /counter/scans.json                                                 hand_over        own   counter_offline.scans
counter    GET  /counter/shell/<lang>                                               anyone           -     counter_installed.shell
counter    GET  /counter/shift                                                      hand_over        own   counter_shift.form
counter    POST /counter/shift                                                      hand_over        own   counter_shift.begin
counter    GET  /counter/sign-in                                                    anyone           -     counter_sign_in.form
counter    POST /counter/sign-in                                                    anyone           -     counter_sign_in.sign_in
counter    POST /counter/sign-out                                                   hand_over        own   counter.sign_out
counter    GET  /counter/sw.js                                                      anyone           -     counter_installed.worker
counter    GET  /counter/undo                                                       hand_over        own   counter.back
counter    POST /counter/undo                                                       hand_over        own   counter.undo
counter    GET  /counter/words/<lang>                                               anyone           -     counter_installed.words
packing    GET  /counter/packing/                                                   pack             own   packing.board
packing    GET  /counter/packing/find                                               pack             own   packing.back
packing    POST /counter/packing/find                                               pack             own   packing.find
packing    GET  /counter/packing/orders/<number>                                    pack             own   packing_parcel.show
packing    GET  /counter/packing/orders/<number>/count                              pack             own   packing_parcel.back
packing    POST /counter/packing/orders/<number>/count                              pack             own   packing_parcel.count
packing    GET  /counter/packing/orders/<number>/label                              pack             own   packing_parcel.label
packing    GET  /counter/packing/orders/<number>/pieces                             pack             own   packing_parcel.back
packing    POST /counter/packing/orders/<number>/pieces                             pack             own   packing_parcel.piece
packing    GET  /counter/packing/orders/<number>/ready                              pack             own   packing_parcel.back
packing    POST /counter/packing/orders/<number>/ready                              pack             own   packing_parcel.finish
packing    GET  /counter/packing/orders/<number>/reopen                             pack             own   packing_parcel.back
packing    POST /counter/packing/orders/<number>/reopen                             pack             own   packing_parcel.reopen
packing    GET  /counter/packing/orders/<number>/shortage                           pack             own   packing_shortage.back
packing    POST /counter/packing/orders/<number>/shortage                           pack             own   packing_shortage.ask
packing    GET  /counter/packing/orders/<number>/shortage/start                     pack             own   packing_shortage.back
packing    POST /counter/packing/orders/<number>/shortage/start                     pack             own   packing_shortage.start
packing    GET  /counter/packing/orders/<number>/slot                               pack             own   packing_parcel.back
packing    POST /counter/packing/orders/<number>/slot                               pack             own   packing_parcel.slot
packing    GET  /counter/packing/returns/                                           pack             own   packing_returns.listed
packing    POST /counter/packing/returns/                                           pack             own   packing_returns.emptied
packing    GET  /counter/packing/shelf/                                             pack             own   packing_shelf.show
packing    POST /counter/packing/shelf/                                             pack             own   packing_shelf.put
packing    POST /counter/packing/sign-out                                           pack             own   packing.sign_out
packing    GET  /counter/packing/waves/                                             pack             own   packing_waves.listed
packing    POST /counter/packing/waves/                                             pack             own   packing_waves.make
packing    GET  /counter/packing/waves/<int:wave>                                   pack             own   packing_waves.show
packing    POST /counter/packing/waves/<int:wave>/close                             pack             own   packing_waves.close
packing    GET  /counter/packing/waves/<int:wave>/labels                            pack             own   packing_waves.labels
packing    GET  /counter/packing/waves/<int:wave>/print                             pack             own   packing_waves.paper
backoffice GET  /manage/                                                            signed_in        -     backoffice.home
backoffice GET  /manage/account/                                                    signed_in        -     backoffice_account.overview
backoffice POST /manage/account/password                                            signed_in        -     backoffice_account.change_password
backoffice POST /manage/account/second-factor                                       signed_in        -     backoffice_account.start_anew
backoffice POST /manage/account/sessions/<int(max=2147483647):session_id>/end       signed_in        -     backoffice_account.end_one
backoffice POST /manage/account/sessions/end                                        signed_in        -     backoffice_account.end_everywhere
backoffice GET  /manage/audit/                                                      see_audit        every backoffice_audit.listed
backoffice GET  /manage/campaigns/                                                  campaigns        every backoffice_campaigns.listed
backoffice POST /manage/campaigns/                                                  campaigns        every backoffice_campaigns.create
backoffice GET  /manage/campaigns/articles/                                         campaigns        every backoffice_campaigns.articles
backoffice POST /manage/campaigns/articles/                                         campaigns        every backoffice_campaigns.begin_article
backoffice GET  /manage/campaigns/articles/<int(max=9007199254740991):article_id>   campaigns        every backoffice_campaigns.article
backoffice POST /manage/campaigns/articles/<int(max=9007199254740991):article_id>   campaigns        every backoffice_campaigns.save_article
backoffice GET  /manage/campaigns/articles/<int(max=9007199254740991):article_id>/codes/<sku>.png campaigns        every backoffice_campaigns.product_code
backoffice POST /manage/campaigns/articles/<int(max=9007199254740991):article_id>/do campaigns        every backoffice_campaigns.do
backoffice GET  /manage/campaigns/articles/<int(max=9007199254740991):article_id>/paper campaigns        every backoffice_campaigns.paper
backoffice GET  /manage/campaigns/articles/<int(max=9007199254740991):article_id>/pictures/<int(max=999):place>.jpg campaigns        every backoffice_campaigns.article_picture
backoffice GET  /manage/campaigns/articles/<int(max=9007199254740991):article_id>/products/<sku>.jpg campaigns        every backoffice_campaigns.product_picture
backoffice GET  /manage/campaigns/articles/<int(max=9007199254740991):article_id>/send campaigns        every backoffice_campaigns.send_form
backoffice POST /manage/campaigns/articles/<int(max=9007199254740991):article_id>/send campaigns        every backoffice_campaigns.prepare_send
backoffice GET  /manage/campaigns/costs                                             campaigns        every backoffice_campaigns.costs
backoffice POST /manage/campaigns/costs                                             campaigns        every backoffice_campaigns.put_costs
backoffice GET  /manage/campaigns/links/<mark>                                      campaigns        every backoffice_campaigns.one
backoffice POST /manage/campaigns/links/<mark>                                      campaigns        every backoffice_campaigns.change
backoffice GET  /manage/campaigns/links/<mark>/code.<ending>                        campaigns        every backoffice_campaigns.code
backoffice GET  /manage/campaigns/links/<mark>/poster                               campaigns        every backoffice_campaigns.poster
backoffice GET  /manage/campaigns/sends/                                            campaigns        every backoffice_campaigns.sends
backoffice GET  /manage/campaigns/sends/<int(max=9007199254740991):send_id>         campaigns        every backoffice_campaigns.one_send
backoffice POST /manage/campaigns/sends/<int(max=9007199254740991):send_id>         campaigns        every backoffice_campaigns.act_on_send
backoffice GET  /manage/catalogue/                                                  change_stock     -     backoffice_catalogue.listed
backoffice GET  /manage/catalogue/brands/                                           change_catalogue every backoffice_catalogue.brands
backoffice POST /manage/catalogue/brands/                                           change_catalogue every backoffice_catalogue.make_brand
backoffice POST /manage/catalogue/brands/<code>                                     change_catalogue every backoffice_catalogue.change_brand
backoffice POST /manage/catalogue/bulk                                              change_catalogue every backoffice_catalogue.many
backoffice GET  /manage/catalogue/categories/                                       change_catalogue every backoffice_catalogue.categories
backoffice POST /manage/catalogue/categories/                                       change_catalogue every backoffice_catalogue.make_category
backoffice POST /manage/catalogue/categories/<code>                                 change_catalogue every backoffice_catalogue.change_category
backoffice GET  /manage/catalogue/new                                               change_catalogue every backoffice_catalogue.new
backoffice POST /manage/catalogue/new                                               change_catalogue every backoffice_catalogue.make
backoffice GET  /manage/catalogue/products/<sku>                                    change_stock     -     backoffice_catalogue.one
backoffice POST /manage/catalogue/products/<sku>                                    change_catalogue every backoffice_catalogue.save
backoffice POST /manage/catalogue/products/<sku>/pictures                           change_catalogue every backoffice_catalogue.add_picture
backoffice POST /manage/catalogue/products/<sku>/pictures/<int(max=9007199254740991):picture_id> change_catalogue every backoffice_catalogue.change_picture
backoffice POST /manage/catalogue/products/<sku>/prices                             change_prices    every backoffice_catalogue.set_price
backoffice POST /manage/catalogue/products/<sku>/prices/<int(max=9007199254740991):price_id>/withdraw change_prices    every backoffice_catalogue.withdraw_price
backoffice GET  /manage/catalogue/products/<sku>/stock                              change_stock     -     backoffice_catalogue.movements
backoffice POST /manage/catalogue/products/<sku>/stock                              change_stock     -     backoffice_catalogue.book
backoffice GET  /manage/chat/                                                       campaigns        every backoffice_chat.conversations
backoffice GET  /manage/chat/<int(max=2147483647):follower_id>                      campaigns        every backoffice_chat.conversation
backoffice GET  /manage/chat/answers                                                campaigns        every backoffice_chat.answers
backoffice GET  /manage/chat/answers/<int(max=2147483647):answer_id>                campaigns        every backoffice_chat.edit
backoffice POST /manage/chat/answers/<int(max=2147483647):answer_id>                campaigns        every backoffice_chat.change
backoffice GET  /manage/chat/answers/new                                            campaigns        every backoffice_chat.new
backoffice POST /manage/chat/answers/new                                            campaigns        every backoffice_chat.add
backoffice POST /manage/chat/hours                                                  campaigns        every backoffice_chat.set_hours
backoffice GET  /manage/chat/of/<number>                                            campaigns        every backoffice_chat.of_order
backoffice GET  /manage/counter/                                                    supervise        own   backoffice_counter.report
backoffice GET  /manage/counter/conflicts/                                          supervise        own   backoffice_counter.listed
backoffice GET  /manage/counter/conflicts/<int(max=2147483647):conflict_id>         supervise        own   backoffice_counter.one
backoffice POST /manage/counter/conflicts/<int(max=2147483647):conflict_id>         supervise        own   backoffice_counter.settle
backoffice GET  /manage/counter/scans                                               supervise        own   backoffice_counter.scans
backoffice GET  /manage/delays/                                                     see_orders       -     backoffice_delays.listed
backoffice POST /manage/delays/                                                     change_orders    every backoffice_delays.say
backoffice POST /manage/delays/file                                                 change_orders    every backoffice_delays.take_file
backoffice GET  /manage/devices/                                                    change_devices   own   backoffice_devices.listed
backoffice POST /manage/devices/                                                    change_devices   own   backoffice_devices.make
backoffice POST /manage/devices/<int(max=2147483647):device_id>/revoke              change_devices   own   backoffice_devices.revoke
backoffice GET  /manage/exchange/                                                   change_catalogue every backoffice_exchange.overview
backoffice POST /manage/exchange/                                                   change_catalogue every backoffice_exchange.upload
backoffice GET  /manage/exchange/<int(max=2147483647):import_id>                    change_catalogue every backoffice_exchange.one
backoffice POST /manage/exchange/<int(max=2147483647):import_id>/apply              change_prices    every backoffice_exchange.apply
backoffice POST /manage/exchange/<int(max=2147483647):import_id>/check              change_catalogue every backoffice_exchange.check
backoffice GET  /manage/exchange/<int(max=2147483647):import_id>/report.csv         change_catalogue every backoffice_exchange.report
backoffice GET  /manage/exchange/catalogue                                          change_catalogue every backoffice_exchange.catalogue
backoffice POST /manage/exchange/catalogue                                          change_catalogue every backoffice_exchange.make_catalogue
backoffice GET  /manage/exchange/template                                           change_catalogue every backoffice_exchange.template
backoffice GET  /manage/exports/                                                    export           own   backoffice_exports.listed
backoffice POST /manage/exports/                                                    export           own   backoffice_exports.ask
backoffice GET  /manage/exports/<token>                                             export           own   backoffice_exports.one
backoffice POST /manage/exports/<token>/cancel                                      export           own   backoffice_exports.cancel
backoffice GET  /manage/exports/<token>/file                                        export           own   backoffice_exports.file
backoffice POST /manage/exports/<token>/retry                                       export           own   backoffice_exports.retry
backoffice GET  /manage/invitation/<token>                                          anyone           -     backoffice_invitation.form
backoffice POST /manage/invitation/<token>                                          anyone           -     backoffice_invitation.accept
backoffice GET  /manage/menu/                                                       campaigns        every backoffice_menu.overview
backoffice POST /manage/menu/                                                       campaigns        every backoffice_menu.save
backoffice POST /manage/menu/publish                                                campaigns        every backoffice_menu.publish
backoffice GET  /manage/money/                                                      see_money        every backoffice_money.overview
backoffice POST /manage/money/items/<int(max=2147483647):item_id>/ask               refund           every backoffice_money.ask_about_item
backoffice POST /manage/money/items/<int(max=2147483647):item_id>/settle            refund           every backoffice_money.settle_item
backoffice POST /manage/money/notices/<int(max=2147483647):notice_key>/settle       refund           every backoffice_money.settle_notice
backoffice POST /manage/money/orders/<number>/ask                                   refund           every backoffice_money.ask_about_order
backoffice POST /manage/money/payments/<int(max=2147483647):payment_id>/refund      refund           every backoffice_money.refund_odd_payment
backoffice POST /manage/money/payments/<int(max=2147483647):payment_id>/settle      refund           every backoffice_money.settle_odd_payment
backoffice POST /manage/money/refunds/<int(max=2147483647):refund_id>/card          refund           every backoffice_money.refund_to_card
backoffice POST /manage/money/refunds/<int(max=2147483647):refund_id>/settle        refund           every backoffice_money.settle_refund
backoffice POST /manage/money/refunds/<int(max=2147483647):refund_id>/try           refund           every backoffice_money.try_refund
backoffice GET  /manage/messages/                                                   change_orders    own   backoffice_messages.listed
backoffice GET  /manage/orders/                                                     see_orders       own   backoffice_orders.listed
backoffice GET  /manage/orders/<number>                                             see_orders       own   backoffice_orders.one
backoffice POST /manage/orders/<number>/cancel                                      change_orders    own   backoffice_orders.cancel
backoffice POST /manage/orders/<number>/messages/<int(max=9007199254740991):message_id>/again change_orders    own   backoffice_orders.send_again
backoffice POST /manage/orders/<number>/notes                                       change_orders    own   backoffice_orders.note
backoffice GET  /manage/orders/<number>/refund                                      refund           own   backoffice_refunds.form
backoffice POST /manage/orders/<number>/refund                                      refund           own   backoffice_refunds.ask
backoffice GET  /manage/orders/<number>/trip                                        change_orders    own   backoffice_orders.trip
backoffice POST /manage/orders/<number>/trip                                        change_orders    own   backoffice_orders.move
backoffice GET  /manage/privacy/                                                    erase_travellers every backoffice_privacy.overview
backoffice GET  /manage/privacy/traveller                                           erase_travellers every backoffice_privacy.look
backoffice POST /manage/privacy/traveller/data                                      erase_travellers every backoffice_privacy.tell
backoffice POST /manage/privacy/traveller/erase                                     erase_travellers every backoffice_privacy.erase
backoffice GET  /manage/reports/                                                    see_reports      own   backoffice_reports.form
backoffice GET  /manage/reports/orders                                              export           every backoffice_reports.orders
backoffice GET  /manage/reports/saved/                                              see_reports      own   backoffice_saved.listed
backoffice POST /manage/reports/saved/                                              export           own   backoffice_saved.save
backoffice GET  /manage/reports/saved/<int(max=2147483647):saved_id>                see_reports      own   backoffice_saved.one
backoffice POST /manage/reports/saved/<int(max=2147483647):saved_id>/delete         see_reports      own   backoffice_saved.delete
backoffice POST /manage/reports/saved/<int(max=2147483647):saved_id>/schedules      export           own   backoffice_saved.plan
backoffice POST /manage/reports/saved/schedules/<int(max=2147483647):schedule_id>/end see_reports      own   backoffice_saved.end
backoffice GET  /manage/reports/show/<name>                                         see_reports      own   backoffice_report.show
backoffice GET  /manage/reports/show/<name>/file                                    export           own   backoffice_report.file
backoffice GET  /manage/settings/                                                   change_settings  every backoffice_settings.overview
backoffice GET  /manage/settings/<kind>/<key>                                       change_settings  every backoffice_settings.edit
backoffice POST /manage/settings/<kind>/<key>                                       change_settings  every backoffice_settings.change
backoffice GET  /manage/settings/changes/<int(max=2147483647):version_id>/restore   change_settings  every backoffice_settings.look_at
backoffice POST /manage/settings/changes/<int(max=2147483647):version_id>/restore   change_settings  every backoffice_settings.restore
backoffice GET  /manage/settings/changes/<int(max=2147483647):version_id>/undo      change_settings  every backoffice_settings.look_back
backoffice POST /manage/settings/changes/<int(max=2147483647):version_id>/undo      change_settings  every backoffice_settings.put_back
backoffice GET  /manage/settings/history                                            change_settings  every backoffice_settings.history
backoffice GET  /manage/settings/points/                                            change_settings  every backoffice_points.listed
backoffice GET  /manage/settings/points/<code>                                      change_settings  every backoffice_points.one
backoffice GET  /manage/settings/points/new                                         change_settings  every backoffice_points.form
backoffice POST /manage/settings/points/new                                         change_settings  every backoffice_points.make
backoffice GET  /manage/sign-in                                                     anyone           -     backoffice_sign_in.form
backoffice POST /manage/sign-in                                                     anyone           -     backoffice_sign_in.sign_in
backoffice GET  /manage/sign-in/code                                                half_in          -     backoffice_sign_in.ask_code
backoffice POST /manage/sign-in/code                                                half_in          -     backoffice_sign_in.take_code
backoffice GET  /manage/sign-in/set-up                                              half_in          -     backoffice_sign_in.set_up
backoffice POST /manage/sign-in/set-up                                              half_in          -     backoffice_sign_in.confirm
backoffice POST /manage/sign-out                                                    signed_in        -     backoffice.sign_out
backoffice GET  /manage/staff/                                                      change_staff     own   backoffice_staff.listed
backoffice POST /manage/staff/                                                      change_staff     own   backoffice_staff.invite
backoffice GET  /manage/staff/<int(max=2147483647):staff_id>                        change_staff     own   backoffice_staff.one
backoffice POST /manage/staff/<int(max=2147483647):staff_id>/deactivate             change_staff     own   backoffice_staff.deactivate
backoffice POST /manage/staff/<int(max=2147483647):staff_id>/new-password           change_staff     own   backoffice_staff.new_password
backoffice POST /manage/staff/<int(max=2147483647):staff_id>/reactivate             change_staff     own   backoffice_staff.reactivate
backoffice POST /manage/staff/<int(max=2147483647):staff_id>/reset-second-factor    change_staff     own   backoffice_staff.reset_second_factor
backoffice POST /manage/staff/<int(max=2147483647):staff_id>/roles                  change_staff     own   backoffice_staff.set_roles
backoffice POST /manage/staff/invitations/<int(max=2147483647):invitation_id>/withdraw change_staff     own   backoffice_staff.withdraw
backoffice GET  /manage/withdrawals/                                                see_orders       every backoffice_withdrawals.listed
backoffice POST /manage/withdrawals/<int(max=2147483647):withdrawal_id>/handled     refund           every backoffice_withdrawals.handle
api        POST /api/v1/counter/look                                                hand_over        own   api.counter.look
api        GET  /api/v1/counter/manifest                                            hand_over        own   api.counter.known_parcels
api        POST /api/v1/counter/scans                                               hand_over        own   api.counter.scan
api        POST /api/v1/counter/scans/<scan_id>/undo                                hand_over        own   api.counter.undo
api        GET  /api/v1/docs                                                        anyone           -     api.docs
api        POST /api/v1/exports                                                     export           own   api.exports.ask
api        GET  /api/v1/exports/<token>                                             export           own   api.exports.one
api        GET  /api/v1/exports/<token>/file                                        export           own   api.exports.file
api        GET  /api/v1/flights                                                     anyone           -     api.catalogue.flight
api        GET  /api/v1/manage/orders                                               see_orders       own   api.manage.orders
api        GET  /api/v1/manage/orders/<number>                                      see_orders       own   api.manage.order
api        POST /api/v1/manage/orders/<number>/refunds                              refund           own   api.manage.refund
api        GET  /api/v1/openapi.json                                                anyone           -     api.description
api        GET  /api/v1/orders                                                      traveller        -     api.orders.my_orders
api        POST /api/v1/orders                                                      traveller        -     api.orders.place
api        GET  /api/v1/orders/<number>                                             traveller        -     api.orders.my_order
api        POST /api/v1/orders/<number>/cancel                                      traveller        -     api.orders.cancel
api        POST /api/v1/orders/<number>/on-my-way                                   traveller        -     api.orders.on_my_way
api        POST /api/v1/orders/<number>/payment                                     traveller        -     api.orders.pay
api        POST /api/v1/orders/<number>/payment/check                               traveller        -     api.orders.check_payment
api        GET  /api/v1/orders/<number>/pickup                                      traveller        -     api.orders.ticket
api        POST /api/v1/orders/<number>/trip                                        traveller        -     api.orders.move
api        GET  /api/v1/packing/due                                                 pack             own   api.packing.due
api        GET  /api/v1/packing/orders/<number>                                     pack             own   api.packing.parcel
api        POST /api/v1/packing/orders/<number>/back-to-stock                       pack             own   api.packing.back_to_stock
api        POST /api/v1/packing/orders/<number>/pieces                              pack             own   api.packing.piece
api        POST /api/v1/packing/orders/<number>/ready                               pack             own   api.packing.ready
api        POST /api/v1/packing/orders/<number>/shortage                            pack             own   api.packing.shortage
api        GET  /api/v1/packing/waves                                               pack             own   api.packing.waves
api        POST /api/v1/packing/waves                                               pack             own   api.packing.make_waves
api        GET  /api/v1/packing/waves/<int:wave>                                    pack             own   api.packing.pick_list
api        POST /api/v1/packing/waves/<int:wave>/close                              pack             own   api.packing.close_wave
api        GET  /api/v1/pay-links/<token>                                           traveller        -     api.pay_links.state
api        POST /api/v1/pay-links/<token>/payment                                   traveller        -     api.pay_links.pay
api        POST /api/v1/pay-links/<token>/payment/check                             traveller        -     api.pay_links.check_payment
api        GET  /api/v1/pickup-points                                               anyone           -     api.catalogue.pickup_points
api        GET  /api/v1/products                                                    anyone           -     api.catalogue.products
api        GET  /api/v1/products/<sku>                                              anyone           -     api.catalogue.product
callbacks  GET  /callbacks/official-account                                         peer             -     official_account.check_address
callbacks  POST /callbacks/official-account                                         peer             -     official_account.hear
callbacks  POST /callbacks/wechat-pay/payment                                       peer             -     wechat_pay.hear
callbacks  POST /callbacks/wechat-pay/refund                                        peer             -     wechat_pay.hear
operations GET  /MP_verify_<name>.txt                                               anyone           -     domain_files.mp_verify
operations GET  /healthz                                                            anyone           -     health.healthz
operations GET  /metrics                                                            monitoring       -     health.metrics
operations GET  /pictures/<name>                                                    anyone           -     pictures.picture
operations GET  /readyz                                                             anyone           -     health.readyz
operations GET  /static/<path:filename>                                             anyone           -     static
"""


def _read(line: str) -> Row:
    door, method, address, asks, reach, page = line.split()
    return Row(door, method, address, RIGHTS.get(asks) or Who(asks), Reach(reach), page)


RIGHTS = {right.value: right for right in Right}
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
