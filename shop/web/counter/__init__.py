"""The counter's door: a device signs in with its token, looks at parcels and hands them over."""

from shop.web.counter import scanning, signing_in

SIGN_IN = signing_in.blueprint
BLUEPRINTS = [scanning.blueprint]
