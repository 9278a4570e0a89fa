"""The API's description of itself: OpenAPI 3.1, made from the schemas."""

import json
from functools import cached_property
from http import HTTPStatus
from typing import Any

import flask_smorest
from flask import Flask

from shop.web.api import schemas

PROBLEM = "application/problem+json"
TEXT = """Orders for travellers, scans for counters, questions for managers.

Errors are problem documents (RFC 9457) whose `code` is stable; `errors` says which fields are wrong. Lists are paged by
cursor: `next` of one page is `after` of the following. Money is in minor units, times are RFC 3339 in UTC.

Travellers are known by the session cookie of the shop. Their changing calls must say where they come from (`Origin` or
`Sec-Fetch-Site`), and carry `X-CSRF-Token` when the session has one: the answer to any of their reading calls tells it.
Devices, packers and managers send `Authorization: Bearer …` with a token made in the back office."""


class Api(flask_smorest.Api):
    """flask-smorest, with the shop's own problem documents instead of its error bodies."""

    ERROR_SCHEMA = schemas.Problem

    def _register_error_handlers(self) -> None:
        """None: `shop.web.errors` answers for every door, and knows more than the HTTP status."""

    def _register_responses(self) -> None:
        for status in HTTPStatus:
            self.spec.components.response(status.name, _problem(status.phrase), lazy=True)
        self.spec.components.response("DEFAULT_ERROR", _problem("A refusal or a fault"), lazy=True)

    def _register_pagination_header(self) -> None:
        """None: pages say in their body how they go on."""


def _problem(words: str) -> dict[str, Any]:
    return {"description": words, "content": {PROBLEM: {"schema": schemas.Problem}}}


class Description:
    """What an app's API says of itself. Made when it is first asked for: it takes as long as all the routes together, and
    most processes never are."""

    def __init__(self, app: Flask, blueprint: flask_smorest.Blueprint) -> None:
        self._app, self._blueprint = app, blueprint

    @cached_property
    def text(self) -> str:
        """The whole description as JSON."""
        api = Api(
            self._app,
            spec_kwargs={
                "title": "Duty-free pre-order",
                "version": "1",
                "openapi_version": "3.1.0",
                "info": {"description": TEXT},
            },
        )
        security = api.spec.components.security_scheme
        security("traveller", {"type": "apiKey", "in": "cookie", "name": self._app.config["SESSION_COOKIE_NAME"]})
        security("device", {"type": "http", "scheme": "bearer"})
        self._blueprint.register_views_in_doc(api, self._app, api.spec, name=self._blueprint.name, parameters=None)
        api.spec.tag({"name": self._blueprint.name, "description": self._blueprint.description})
        return json.dumps(api.spec.to_dict(), ensure_ascii=False)
