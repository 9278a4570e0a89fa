"""The counter's door: a device signs in with its token, looks at parcels, hands them over and starts refunds; and packs."""

from shop.web.counter import packing, refunding, scanning, signing_in

SIGN_IN = signing_in.blueprint
BLUEPRINTS = [scanning.blueprint, refunding.blueprint]
PACKING = packing.BLUEPRINTS
