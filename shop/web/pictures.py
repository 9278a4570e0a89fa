"""Product pictures: files with content-hashed names in the picture folder, cached for good."""

import re
from pathlib import Path

from flask import Blueprint, Response, abort, send_from_directory

from shop.web.wiring import settings

blueprint = Blueprint("pictures", __name__)
NAME = re.compile(r"^[0-9A-Za-z_-]{1,100}\.(webp|jpg|png)$")


@blueprint.get("/pictures/<name>")
def picture(name: str) -> Response:
    """One picture file."""
    if not NAME.match(name):
        abort(404)
    answer = send_from_directory(Path(settings().picture_folder).absolute(), name, max_age=365 * 24 * 3600)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer
