"""Messages and events of the official accounts: believed only with a good signature, written down, answered at once.

Official Account, receiving messages: an answer within 5 seconds, else it comes again, three times in all. An empty answer or
`success` ends it; anything else is shown to the traveller as a fault of the account. So the work is done afterwards, and what
is answered with more than `success` is only what WeChat takes in no other way: that a person takes over.
"""

import structlog
from flask import Blueprint, Response, request

from shop.base import clock, metrics
from shop.chat import hearing
from shop.gateways.official_account import LARGEST_PUSH, NotGenuine, UnreadablePush
from shop.web.wiring import wiring

LOG = structlog.get_logger("shop.pushes")
DONE = "success"

blueprint = Blueprint("official_account", __name__, url_prefix="/callbacks")


@blueprint.get("/official-account")
def check_address() -> Response:
    """WeChat asks once, when the address is set, whether it is ours. 401 when it is not WeChat who asks."""
    try:
        return _text(wiring().pushes.check_address(request.args))
    except NotGenuine as refused:
        return _refuse(refused)


@blueprint.post("/official-account")
def hear() -> Response:
    """One message or event. 401 and a counter for what is forged or stale, 400 for what cannot be read, 200 once it is
    written down; the same one again is answered alike, and changes nothing."""
    here = wiring()
    try:
        body = b" " * (LARGEST_PUSH + 1) if (request.content_length or 0) > LARGEST_PUSH else request.get_data(cache=False)
        push = here.pushes.read(request.args, body)
    except NotGenuine as refused:
        return _refuse(refused)
    taken = hearing.accept(push, clock.now())
    metrics.PUSHES.labels(_label(push.event or push.kind) if taken.new else "again").inc()
    if taken.hand_over:
        return Response(here.pushes.hand_over(push), content_type="application/xml; charset=utf-8")
    return _text(DONE)


RESULTS = ("TEMPLATESENDJOBFINISH", "PUBLISHJOBFINISH", "MASSSENDJOBFINISH")
KNOWN = frozenset({"text", "image", "voice", "video", "location", *hearing.CONTACTS, *RESULTS})


def _label(name: str) -> str:
    return name if name in KNOWN else "other"


def _text(words: str) -> Response:
    return Response(words, content_type="text/plain; charset=utf-8")


def _refuse(refused: NotGenuine) -> Response:
    metrics.PUSHES_REFUSED.labels(refused.doubt.value).inc()
    LOG.warning("push refused", doubt=refused.doubt.value)
    answer = _text(refused.doubt.value)
    answer.status_code = 400 if isinstance(refused, UnreadablePush) else 401
    return answer
