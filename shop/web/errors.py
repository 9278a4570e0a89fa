"""The only table from the shop's refusals to HTTP's numbers, and the two ways to say one: a page or a problem document."""

import secrets
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, Response, g, jsonify, make_response, render_template, request
from werkzeug.exceptions import HTTPException

from shop.base.errors import Kind, ShopError
from shop.base.metrics import FAULTS

LOG = structlog.get_logger("shop.web")
STATUS = {
    Kind.INVALID: HTTPStatus.BAD_REQUEST,
    Kind.UNAUTHENTIC: HTTPStatus.UNAUTHORIZED,
    Kind.FORBIDDEN: HTTPStatus.FORBIDDEN,
    Kind.NOT_FOUND: HTTPStatus.NOT_FOUND,
    Kind.CONFLICT: HTTPStatus.CONFLICT,
    Kind.REFUSED: HTTPStatus.UNPROCESSABLE_ENTITY,
    Kind.UPSTREAM: HTTPStatus.BAD_GATEWAY,
    Kind.BUSY: HTTPStatus.SERVICE_UNAVAILABLE,
    Kind.TOO_OFTEN: HTTPStatus.TOO_MANY_REQUESTS,
}


def wants_json() -> bool:
    """Whether this request is answered with a problem document rather than a page."""
    return request.path.startswith(("/api/", "/callbacks/", "/healthz", "/readyz", "/metrics"))


def problem(status: int, code: str, title: str, detail: str = "", errors: dict[str, Any] | None = None) -> Response:
    """A problem document (RFC 9457) with our stable `code`."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status, "code": code}
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = errors
    if reference := g.get("request_id"):
        body["reference"] = reference
    answer = jsonify(body)
    answer.status_code = status
    answer.content_type = "application/problem+json"
    return answer


def _page(status: int, code: str, facts: dict[str, Any]) -> tuple[str, int]:
    return render_template("errors/refused.html", status=status, code=code, facts=facts), status


def refused(error: ShopError) -> Any:
    """A refusal in the shop's words, as the visitor's door shows it."""
    status = STATUS[error.kind]
    LOG.info("refused", code=error.code, status=int(status), path=_path())
    if wants_json():
        answer = problem(int(status), error.code, status.phrase, _facts(error), error.fields)
        if error.kind is Kind.BUSY:
            answer.headers["Retry-After"] = "2"
        return answer
    return _page(int(status), error.code, error.facts)


def _path() -> str:
    """The address for the log, without the secret that the address of an invitation is."""
    secret = (request.view_args or {}).get("token")
    return request.path.replace(secret, "…") if secret else request.path


def _facts(error: ShopError) -> str:
    return ", ".join(f"{name}: {value}" for name, value in error.facts.items())


def _http(error: HTTPException) -> Any:
    """What Flask itself refuses (no such page, wrong method, body too large)."""
    if error.response is not None or error.code is None or error.code < 400:
        return error
    code = {404: "no_such_page", 405: "method_not_allowed", 413: "too_large", 400: "bad_request"}.get(
        error.code, f"http_{error.code}"
    )
    if wants_json():
        data = getattr(error, "data", None) or {}
        messages = data.get("messages") if isinstance(data, dict) else None
        code = "invalid" if messages else code
        answer: Any = problem(error.code, code, error.name, "" if messages else str(error.description or ""), messages)
    else:
        answer = make_response(_page(error.code, code, {}))
    for name, value in error.get_headers():
        if name.lower() in {"allow", "retry-after"}:  # a 405 names what is allowed (RFC 9110, 15.5.6)
            answer.headers[name] = value
    return answer


def _fault(error: Exception) -> Any:
    """Something nobody planned: a page with a reference number that is in the log."""
    reference = g.get("request_id") or secrets.token_hex(8)
    FAULTS.inc()
    LOG.exception("fault", reference=reference, path=_path())
    if wants_json():
        return problem(500, "fault", "Internal Server Error", f"reference {reference}")
    try:
        return render_template("errors/fault.html", reference=reference), 500
    except Exception:  # the page itself is at fault: plain words
        LOG.exception("fault in the fault page", reference=reference)
        return Response(f"Sorry. Reference: {reference}", 500, mimetype="text/plain")


def init_app(app: Flask) -> None:
    """Answer refusals, HTTP errors and faults in the visitor's way."""
    app.register_error_handler(ShopError, refused)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _fault)
