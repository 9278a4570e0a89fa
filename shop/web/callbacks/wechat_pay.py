"""Notices of WeChat Pay: believed only with a good signature, stored with their verdict, answered within 5 seconds.

WeChat Pay, notices: any 2xx ends the repeats, everything else brings up to 15 of them over 24 hours. So a refusal is
for what is not WeChat's word at all; what is genuine but odd is stored and answered with success.
"""

import structlog
from flask import Blueprint, Response, jsonify, request

from shop.base import clock, metrics
from shop.gateways.pay import NotAuthentic, Reason
from shop.payments import commands
from shop.web.wiring import wiring

LOG = structlog.get_logger("shop.notices")
LARGEST = 64 * 1024

blueprint = Blueprint("wechat_pay", __name__, url_prefix="/callbacks/wechat-pay")


@blueprint.post("/payment")
@blueprint.post("/refund")
def hear() -> tuple[Response, int] | Response:
    """One notice. 401 and a counter for what is forged or stale, 200 once it is stored, 500 when we could not."""
    try:
        if (request.content_length or 0) > LARGEST:
            raise NotAuthentic(Reason.TOO_LARGE)
        notice = wiring().pay.read_notice(dict(request.headers), request.get_data(cache=False))
    except NotAuthentic as refused:
        metrics.NOTICES_REFUSED.labels(refused.reason.value).inc()
        LOG.warning("notice refused", reason=refused.reason.value)
        return jsonify(code="FAIL", message=refused.reason.value), 401
    verdict = commands.accept(notice, clock.now())
    metrics.NOTICES.labels(verdict.value).inc()
    return jsonify(code="SUCCESS", message="成功")
