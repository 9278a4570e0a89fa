"""The counter's door: a device signs in with its token, looks at parcels, hands them over and starts refunds."""

from shop.web.counter import refunding, scanning, signing_in

SIGN_IN = signing_in.blueprint
BLUEPRINTS = [scanning.blueprint, refunding.blueprint]
