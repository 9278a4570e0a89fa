"""For operation: is the process alive, is the database there and migrated, what can be counted."""

import hmac
import os

from flask import Blueprint, Response, abort, current_app, request
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest, multiprocess
from prometheus_client import REGISTRY as OWN

from shop.base import clock, delivering, shared_tokens
from shop.base.schema import is_migrated
from shop.messaging import queries as messages
from shop.messaging.states import Channel, MessageState
from shop.web.late import late
from shop.web.wiring import settings, wiring

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return Response("ok\n", mimetype="text/plain")


@blueprint.get("/readyz")
def readyz() -> Response:
    """The database is reachable and has the newest migration, and every door opens; else 503 with the reason."""
    reason = is_migrated() or late(current_app).trouble()
    return Response(f"{reason or 'ready'}\n", 503 if reason else 200, mimetype="text/plain")


@blueprint.get("/metrics")
def metrics() -> Response:
    """Prometheus text, of all workers together. With SHOP_METRICS_TOKEN set it wants that as a bearer token."""
    from shop.web import alarms  # the books of payments come with it: when somebody counts

    wanted = settings().metrics_token
    if wanted and not hmac.compare_digest(request.headers.get("Authorization", ""), f"Bearer {wanted}"):
        abort(401)
    registry = OWN
    if os.environ.get("PROMETHEUS_MULTIPROC_DIR"):  # set by shop/gunicorn.py, read by the library itself
        registry = CollectorRegistry()
        multiprocess.MultiProcessCollector(registry)
    text = generate_latest(registry) + _deliveries() + alarms.gauges(wiring().pay, clock.now()) + _account_troubles() + _messages()
    return Response(text, content_type=CONTENT_TYPE_LATEST)


def _account_troubles() -> bytes:
    """What the official accounts refuse just now: 1 for each, by WeChat's number (0: no answer), until it is over."""
    words = "What an official account refuses just now, by WeChat's number"
    gauge = Gauge("shop_account_troubles", words, ["account", "errcode"], registry=(own := CollectorRegistry()))
    for one in shared_tokens.troubles():
        gauge.labels(one.name.partition(" ")[0].rpartition("/")[2], str(one.errcode)).set(1)
    return generate_latest(own)


def _messages() -> bytes:
    """What became of messages to travellers. The worker sends them and has no address, so the database is asked."""
    standing, own = messages.standing(clock.now()), CollectorRegistry()
    words = "Messages to travellers planned in the last day, by channel and what became of them"
    planned = Gauge("shop_messages", words, ["channel", "state"], registry=own)
    for channel, state in ((channel, state) for channel in (*Channel, "none") for state in MessageState):
        planned.labels(str(channel), state.value).set(standing.planned.get((str(channel), state.value), 0))
    Gauge("shop_messages_late", "Messages that should have been sent by now", registry=own).set(standing.late)
    Gauge("shop_messages_late_seconds", "Since the first of them should have been", registry=own).set(standing.waited)
    return generate_latest(own)


def _deliveries() -> bytes:
    """What the worker has still to do and what it gave up, as the database knows it at this moment."""
    gauge = Gauge(
        "shop_deliveries", "Deliveries by what became of them", ["state"], registry=(own := CollectorRegistry())
    )
    for state, count in delivering.counts().items():
        gauge.labels(state).set(count)
    return generate_latest(own)
