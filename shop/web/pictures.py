"""Product pictures: files with content-hashed names in the picture folder, cached for good.

An uploaded picture is shown before its sizes are made: its original stands in for them, cached for a minute.
"""

import re
from pathlib import Path

from flask import Blueprint, Response, abort, send_from_directory

from shop.web.wiring import settings

blueprint = Blueprint("pictures", __name__)
NAME = re.compile(r"[0-9A-Za-z_-]{1,100}\.(?:avif|webp|jpg|png)")
SIZE = re.compile(r"(up-[0-9a-f]{32})-[0-9]{3,4}\.(?:avif|webp|jpg)")
TYPES = {".avif": "image/avif"}  # which Python's own table has only from 3.13 on


@blueprint.get("/pictures/<name>")
def picture(name: str) -> Response:
    """One picture file."""
    if not NAME.fullmatch(name):
        abort(404)
    folder = Path(settings().picture_folder).absolute()
    size = SIZE.fullmatch(name)
    if size and not (folder / name).is_file():
        answer = send_from_directory(folder, f"{size[1]}.jpg")
        answer.headers["Cache-Control"] = "public, max-age=60"
        return answer
    answer = send_from_directory(folder, name, mimetype=TYPES.get(Path(name).suffix), max_age=365 * 24 * 3600)
    answer.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    return answer
