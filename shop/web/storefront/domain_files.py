"""The files by which WeChat sees that a domain is ours: `/MP_verify_<id>.txt`, whose whole content is the id."""

from flask import Blueprint, Response, abort

from shop.web.wiring import settings

blueprint = Blueprint("domain_files", __name__)


@blueprint.get("/MP_verify_<name>.txt")
def mp_verify(name: str) -> Response:
    """WeChat, domain names of a Service Account: the file lies at the root and holds the id alone."""
    if name not in settings().account.verify_files:
        abort(404)
    return Response(name, mimetype="text/plain")
