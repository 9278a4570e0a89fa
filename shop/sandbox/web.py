"""What every part of the sandbox's web application uses: its world, and JSON answers."""
from typing import Any

from flask import Response, current_app

from shop.sandbox.notices import NoticeBoard
from shop.sandbox.pushes import PushBoard
from shop.sandbox.signing import compact
from shop.sandbox.state import World


def world() -> World:
    found: World = current_app.extensions["sandbox_world"]
    return found


def notices() -> NoticeBoard:
    found: NoticeBoard = current_app.extensions["sandbox_notices"]
    return found


def pushes() -> PushBoard:
    found: PushBoard = current_app.extensions["sandbox_pushes"]
    return found


def json_answer(value: Any, status: int = 200) -> Response:
    return Response(compact(value), status, content_type="application/json; charset=utf-8")
