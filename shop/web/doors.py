"""The table of doors: which blueprints there are, and who may come in through each."""

from flask import Flask

from shop.web import guards, health, pictures, security
from shop.web.api import register as register_api
from shop.web.backoffice import BLUEPRINTS as BACKOFFICE
from shop.web.backoffice import SIGN_IN as BACKOFFICE_SIGN_IN
from shop.web.callbacks import BLUEPRINTS as CALLBACKS
from shop.web.counter import BLUEPRINTS as COUNTER
from shop.web.counter import SIGN_IN as COUNTER_SIGN_IN
from shop.web.storefront import OPEN as STOREFRONT
from shop.web.storefront import TRAVELLERS

# Doors without a guard, each with its reason.
OPEN = {
    "health": "monitoring; /metrics has a token of its own",
    "pictures": "product pictures",
    "storefront": "anybody may look around; what belongs to a traveller is in the door below",
    "sign_in": "the way in",
    "basket": "a basket lives in the visitor's own cookie",
    "domain_files": "WeChat reads them",
    "wechat_pay": "a notice proves itself by its signature",
    "counter_sign_in": "the way in",
    "backoffice_sign_in": "the way in",
    "api": "each call checks its caller: traveller, device or manager",
}


def init_app(app: Flask) -> None:
    for blueprint in (health.blueprint, pictures.blueprint, *CALLBACKS):
        app.register_blueprint(blueprint)
    for blueprint in (*STOREFRONT, COUNTER_SIGN_IN, BACKOFFICE_SIGN_IN):
        blueprint.before_request(security.check_form)
        app.register_blueprint(blueprint)
    for guard, blueprints in (
        (guards.need_traveller, TRAVELLERS),
        (guards.need_counter_device, COUNTER),
        (guards.need_staff, BACKOFFICE),
    ):
        for blueprint in blueprints:
            blueprint.before_request(guard)
            blueprint.before_request(security.check_form)
            app.register_blueprint(blueprint)
    register_api(app)
