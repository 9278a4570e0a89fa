"""The table of doors: which blueprints there are, and who may come in through each."""

from collections.abc import Callable, Mapping

from flask import Flask

from shop.web import guards, health, pictures, security
from shop.web.late import Late, Parts, open_to
from shop.web.storefront import looking

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


def _traveller() -> Parts:
    from shop.web.storefront import travelling

    for blueprint in travelling.OPEN:
        yield blueprint, (security.check_form,)
    for blueprint in travelling.TRAVELLERS:
        yield blueprint, (guards.need_traveller, security.check_form)


def _counter() -> Parts:
    from shop.web import counter

    yield counter.INSTALLED, ()
    yield counter.SIGN_IN, (security.check_form,)
    for blueprint in counter.BLUEPRINTS:
        yield blueprint, (guards.need_counter_device, security.check_form)
    for blueprint in counter.PACKING:
        yield blueprint, (guards.need_packing_device, security.check_form)


def _backoffice() -> Parts:
    from shop.web import backoffice

    for blueprint in backoffice.SIGN_IN:
        yield blueprint, (security.check_form,)
    for blueprint in backoffice.BLUEPRINTS:
        yield blueprint, (guards.need_staff, security.check_form)


def _api() -> Parts:
    from shop.web import api

    yield api.blueprint, ()


def _callbacks() -> Parts:
    from shop.web import callbacks

    for blueprint in callbacks.BLUEPRINTS:
        yield blueprint, ()


# Doors that the first page of the catalogue does not need: their code is imported when somebody comes to them.
LATE: Mapping[str, Callable[[], Parts]] = {
    "traveller": _traveller, "counter": _counter, "backoffice": _backoffice, "api": _api, "callbacks": _callbacks,
}  # fmt: skip
DOOR_OF = {**{door: door for door in LATE}, "packing": "counter"}  # by the doors of the table of admissions


def init_app(app: Flask, before_late: Callable[[], None]) -> None:
    """Open the doors that are open from the start, and say where the others are; `before_late` is called before one of these is opened."""
    for blueprint in (health.blueprint, pictures.blueprint):
        open_to(app, blueprint)
    for blueprint in looking.OPEN:
        open_to(app, blueprint, security.check_form)
    app.jinja_env.globals["opens"] = guards.opens
    app.extensions["late"] = Late(app, LATE, DOOR_OF, before_late)
