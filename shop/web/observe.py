"""What is noted of each request: an id that goes through all its log lines, its time, and how it ended."""

import logging
import re
import secrets
import time

import structlog
from flask import Flask, Response, g, request

from shop.base.metrics import REQUESTS

LOG = structlog.get_logger("shop.request")
TALKATIVE = logging.getLogger("shop.request")  # asked first: a line that nobody reads is not put together
GIVEN_ID = re.compile(r"^[0-9A-Za-z_-]{8,64}$")
QUIET = frozenset({"static", "health.healthz", "health.readyz", "health.metrics"})


def _before() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if GIVEN_ID.match(given) else secrets.token_hex(8)
    g.started = time.perf_counter()
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(request_id=g.request_id)


def _after(answer: Response) -> Response:
    seconds = time.perf_counter() - g.get("started", time.perf_counter())
    endpoint = request.endpoint or "none"
    REQUESTS.labels(endpoint, request.method, str(answer.status_code)).observe(seconds)
    answer.headers["X-Request-Id"] = g.get("request_id", "")
    if TALKATIVE.isEnabledFor(logging.DEBUG) and endpoint not in QUIET:
        LOG.debug(
            "answered", method=request.method, endpoint=endpoint, status=answer.status_code, ms=round(seconds * 1000, 1)
        )
    return answer


def init_app(app: Flask) -> None:
    app.before_request(_before)
    app.after_request(_after)
