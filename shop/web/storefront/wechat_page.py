"""What a page of the shop needs to use WeChat's own functions: a signature for its own address, and only for that."""

from http import HTTPStatus
from urllib.parse import urlsplit

from flask import Blueprint, Response, jsonify, request

from shop.gateways.official_account import AccountError
from shop.web.wiring import settings, wiring

LONGEST = 2000

blueprint = Blueprint("wechat_page", __name__)


@blueprint.get("/wechat/page.json")
def sign() -> Response:
    """The signature for the page `url`. 404 for a page that is not the shop's, 503 when there is none: the page goes without."""
    url = request.args.get("url", "")
    if not wiring().account.configured or not is_ours(url):
        return _answer({"code": "no_such_page"}, HTTPStatus.NOT_FOUND)
    try:
        signed = wiring().account.sign_page(url)
    except AccountError as refused:
        return _answer({"code": refused.code}, HTTPStatus.SERVICE_UNAVAILABLE)
    found = {"appId": signed.app_id, "timestamp": signed.timestamp, "nonceStr": signed.nonce, "signature": signed.signature}
    return _answer(found, HTTPStatus.OK)


def is_ours(url: str) -> bool:
    """Whether an address is a page of this shop, as travellers see it."""
    try:
        here, asked = urlsplit(settings().public_url), urlsplit(url)
    except ValueError:
        return False
    seen = {(here.scheme, here.netloc), (request.scheme, request.host)}
    return len(url) <= LONGEST and url.isprintable() and (asked.scheme, asked.netloc) in seen


def _answer(value: dict[str, object], status: HTTPStatus) -> Response:
    answer = jsonify(value)
    answer.status_code = status
    answer.headers["Cache-Control"] = "no-store"
    return answer


