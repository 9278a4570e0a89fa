"""The table of doors: which blueprints there are, and who may come in through each."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Flask

from shop.web import guards, health, pictures, security
from shop.web.api import register as register_api
from shop.web.backoffice import BLUEPRINTS as BACKOFFICE
from shop.web.backoffice import SIGN_IN as BACKOFFICE_SIGN_IN
from shop.web.callbacks import BLUEPRINTS as CALLBACKS
from shop.web.counter import BLUEPRINTS as COUNTER
from shop.web.counter import INSTALLED as COUNTER_INSTALLED
from shop.web.counter import PACKING
from shop.web.counter import SIGN_IN as COUNTER_SIGN_IN
from shop.web.storefront import OPEN as STOREFRONT
from shop.web.storefront import TRAVELLERS

# Doors without a guard, each with its reason.
OPEN = {
    "health": "monitoring; /metrics has a token of its own",
    "pictures": "product pictures",
    "storefront": "anybody may look around; what belongs to a traveller is in the door below",
    "sign_in": "the way in",
    "campaign_links": "short links in print; they only lead on",
    "basket": "a basket lives in the visitor's own cookie",
    "trip": "a trip lives in the visitor's own cookie",
    "favourites": "they live in the visitor's own cookie, too",
    "domain_files": "WeChat reads them",
    "withdrawal": "the law wants it without signing in; nothing of an order is shown",
    "wechat_page": "it signs the shop's own pages, which anybody may open",
    "wechat_pay": "a notice proves itself by its signature",
    "official_account": "a message proves itself by its signature",
    "counter_sign_in": "the way in",
    "counter_installed": "what a browser keeps to open the counter without network; the same for everybody",
    "backoffice_sign_in": "the way in",
    "backoffice_invitation": "the way in of new colleagues; whoever has the link is invited",
    "api": "each call checks its caller: traveller, device or manager",
}


def init_app(app: Flask) -> None:
    """Open every door, each behind its guard."""
    for blueprint in (health.blueprint, pictures.blueprint, COUNTER_INSTALLED, *CALLBACKS):
        app.register_blueprint(blueprint)
    for blueprint in (*STOREFRONT, COUNTER_SIGN_IN, *BACKOFFICE_SIGN_IN):
        _open(app, blueprint, security.check_form)
    for guard, blueprints in (
        (guards.need_traveller, TRAVELLERS),
        (guards.need_counter_device, COUNTER),
        (guards.need_packing_device, PACKING),
        (guards.need_staff, BACKOFFICE),
    ):
        for blueprint in blueprints:
            _open(app, blueprint, guard, security.check_form)
    app.jinja_env.globals["opens"] = guards.opens
    register_api(app)


def _open(app: Flask, blueprint: Blueprint, *before: Callable[[], Any]) -> None:
    """Register a door whose every request meets `before` first. Kept by the application, as one blueprint may serve two."""
    app.register_blueprint(blueprint)
    app.before_request_funcs.setdefault(blueprint.name, []).extend(before)
