"""Doors that open when somebody comes. Their addresses are known from the start, their code is imported at their first request.

A process that has just been started shows the catalogue before it has read the back office. Nobody notices, but the first
visitor of a late door, who waits a moment (decision 35).
"""

from collections.abc import Callable, Iterable, Mapping
from threading import Lock
from typing import Any, cast

import structlog
from flask import Blueprint, Flask
from werkzeug.routing import Rule

from shop.web.admission import ROWS

LOG = structlog.get_logger("shop.late")
Guard = Callable[[], Any]
Parts = Iterable[tuple[Blueprint, tuple[Guard, ...]]]  # a door's pages, and what every request of them meets first
KEPT_BY_NAME = (
    "before_request_funcs", "after_request_funcs", "teardown_request_funcs", "error_handler_spec", "template_context_processors",
    "url_value_preprocessors", "url_default_functions",
)  # fmt: skip


class Late:
    """The late doors of one application. What asks for them may do so from many threads at once."""

    def __init__(
        self, app: Flask, doors: Mapping[str, Callable[[], Parts]], door_of: Mapping[str, str], before: Callable[[], None]
    ) -> None:
        """`doors` imports what it gives; `door_of` says which of them opens for a door of the table of admissions; `before` is called
        before one of them is opened."""
        self._app, self._doors, self._before, self._lock = app, doors, before, Lock()
        self._open: frozenset[str] = frozenset()
        self._by_page: dict[str, str] = {}
        methods: dict[tuple[str, str], list[str]] = {}
        for row in ROWS.values():
            if row.door in door_of:
                self._by_page[row.page] = door_of[row.door]
                methods.setdefault((row.address, row.page), []).append(row.method)
        for (address, page), allowed in methods.items():
            app.add_url_rule(address, page, methods=allowed)

    @property
    def closed(self) -> bool:
        """Whether one of them is."""
        return len(self._open) < len(self._doors)

    def open_for(self, page: str | None) -> None:
        """Open the door that this page is behind, if it is still closed; another thread's request waits until it is."""
        door = self._by_page.get(page or "")
        if door is not None and door not in self._open:
            self._open_door(door)

    def open_all(self) -> None:
        """Open what is still closed. Raises what the import of a door raises."""
        for door in self._doors:
            if door not in self._open:
                self._open_door(door)

    def trouble(self) -> str | None:
        """Open what is still closed; a sentence when a door does not open, for whoever decides where visitors are sent."""
        try:
            self.open_all()
        except Exception as error:
            return f"a door does not open: {type(error).__name__}"
        return None

    def _open_door(self, door: str) -> None:
        with self._lock:
            if door in self._open:
                return
            try:
                self._before()
                self._take(self.declared(door))
            except Exception:
                LOG.critical("a door does not open", door=door, exc_info=True)
                raise
            self._open |= {door}

    def declared(self, door: str) -> Flask:
        """What a door's modules declare, as an application of its own that answers nobody."""
        draft = Flask(self._app.import_name, static_folder=None)
        draft.config, draft.extensions, draft.jinja_env = self._app.config, self._app.extensions, self._app.jinja_env
        for blueprint, before in self._doors[door]():
            open_to(draft, blueprint, *before)
        return draft

    def _take(self, draft: Flask) -> None:
        """Make it the application's, while others are answered: nothing that a request walks through is changed under it, and
        the pages come last. What a name has already is left as it is."""
        app = self._app
        new = {name: blueprint for name, blueprint in draft.blueprints.items() if name not in app.blueprints}
        for kept in KEPT_BY_NAME:
            said = getattr(draft, kept)
            getattr(app, kept).update({name: said[name] for name in new if name in said})
        app.blueprints = {**app.blueprints, **new}
        app.view_functions.update(draft.view_functions)


class Address(Rule):
    """A rule that makes what writes its addresses when one is first wanted: of all there are, a page names a few, and to make all
    of them takes as long as a tenth of a start. It overrides what werkzeug calls private; without that it is only slower."""

    def _compile_builder(self, append_unknown: bool = True) -> Callable[..., tuple[str, str]]:
        make, made = super()._compile_builder, list[Callable[..., tuple[str, str]]]()

        def build(rule: Rule, /, **values: Any) -> tuple[str, str]:
            if not made:
                made.append(make(append_unknown))
            return made[0](rule, **values)

        return build


def open_to(app: Flask, blueprint: Blueprint, *before: Guard) -> None:
    """Register pages whose every request meets `before` first. Kept by the application, as one blueprint may serve two."""
    app.register_blueprint(blueprint)
    if before:
        app.before_request_funcs.setdefault(blueprint.name, []).extend(before)


def late(app: Flask) -> Late:
    """The late doors of an application."""
    return cast(Late, app.extensions["late"])
