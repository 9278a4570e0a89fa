"""The JSON API, version 1: for the shop's own pages, for counter devices, and for programs of the operator.

Each group of calls has its guard: travellers come by their session cookie, devices and managers by a bearer token.
"""

from typing import cast

import flask
from flask import Flask, Response, current_app, render_template
from flask.blueprints import BlueprintSetupState

from shop.web.api import catalogue, counter, exports, manage, orders, packing, pay_links
from shop.web.api.description import Description
from shop.web.api.reading import Blueprint, refuse_nul

PREFIX = "/api/v1"
CHALLENGE = 'Bearer realm="shop", Session realm="traveller"'

blueprint = Blueprint("api", __name__, url_prefix=PREFIX)
blueprint.before_request(refuse_nul)


@blueprint.record
def _describe(state: BlueprintSetupState) -> None:
    state.app.extensions["shop-api"] = Description(cast(Flask, state.app), blueprint)


@blueprint.after_request
def say_how_to_come_in(response: Response) -> Response:
    """RFC 9110: who is refused for being nobody is told what would make him somebody."""
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = CHALLENGE
    return response


def _description() -> Response:
    """The API's description, as programs read it."""
    response = Response(current_app.extensions["shop-api"].text, mimetype="application/json")
    response.headers["Cache-Control"] = "public, max-age=300"
    return response


def _page() -> str:
    """The API's description, as people read it."""
    return render_template("api/docs.html")


for part in (catalogue, orders, pay_links, counter, packing, manage, exports):
    blueprint.register_blueprint(part.blueprint)
# By Flask's own way: these two are not calls of the API, so they are not in its description.
flask.Blueprint.add_url_rule(blueprint, "/openapi.json", "description", _description)
flask.Blueprint.add_url_rule(blueprint, "/docs", "docs", _page)
