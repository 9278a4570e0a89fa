"""The counter's door: a device signs in with its token, looks at parcels, hands them over and starts refunds; and packs."""

from shop.web.counter import installed, offline, packing, parting, refunding, scanning, shift, signing_in

SIGN_IN = signing_in.blueprint
INSTALLED = installed.blueprint
BLUEPRINTS = [scanning.blueprint, parting.blueprint, refunding.blueprint, offline.blueprint, shift.blueprint]
PACKING = packing.BLUEPRINTS

for _pages in (INSTALLED, *BLUEPRINTS):
    _pages.after_request(installed.allow_camera)
