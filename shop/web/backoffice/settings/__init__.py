"""Settings that a manager changes: each is edited, looked at with what it would do, and then holds at once or from a day on."""

from shop.web.backoffice.settings import pages, points

BLUEPRINTS = [pages.blueprint, points.blueprint]
