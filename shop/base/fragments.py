"""What is the same for everybody, kept for a moment in this process: rendered pieces of a page, settings, counters, flights."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import Generic, TypeVar
from weakref import WeakKeyDictionary

from flask import current_app
from sqlalchemy import Engine

from shop.base.db import db

T = TypeVar("T")
KEEP = "KEEP_SECONDS"  # in the application's configuration: how long `Known` is not asked again


class _Place(Generic[T]):
    """One piece: what was made last, and when; whoever makes it anew holds the lock."""

    __slots__ = ("lock", "made")

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.made: tuple[T, float] | None = None


class Fragments(Generic[T]):
    """At most `most` pieces, the longest unused goes first. One piece is made by one thread at a time, others wait."""

    def __init__(self, most: int = 256, seconds_now: Callable[[], float] = time.monotonic) -> None:
        self._places: OrderedDict[Hashable, _Place[T]] = OrderedDict()
        self._lock = threading.Lock()
        self._most = most
        self._now = seconds_now

    def get(self, key: Hashable, keep: float, make: Callable[[], T]) -> T:
        """The piece of `key`, not older than `keep` seconds; 0 makes it every time. What `make` raises is raised here."""
        if keep <= 0:
            return make()
        place = self._place(key)
        if (made := self._fresh(place, keep)) is not None:
            return made[0]
        with place.lock:
            if (made := self._fresh(place, keep)) is not None:
                return made[0]
            begun = self._now()  # what the piece shows was read after this
            try:
                value = make()
            except BaseException:
                self._forget(key, place)
                raise
            place.made = (value, begun)
            return value

    def __len__(self) -> int:
        return len(self._places)

    def _fresh(self, place: _Place[T], keep: float) -> tuple[T, float] | None:
        made = place.made
        return made if made is not None and self._now() - made[1] < keep else None

    def _place(self, key: Hashable) -> _Place[T]:
        with self._lock:
            place = self._places.get(key)
            if place is None:
                place = self._places[key] = _Place()
                while len(self._places) > self._most:
                    self._places.popitem(last=False)
            else:
                self._places.move_to_end(key)
            return place

    def _forget(self, key: Hashable, place: _Place[T]) -> None:
        with self._lock:
            if self._places.get(key) is place:
                del self._places[key]


class Known(Generic[T]):
    """What the database knows, many requests ask and few people change: asked once in `KEEP_SECONDS` of the application (else: always).

    So a change is there that much later at the most. Nothing that money or stock is decided by under a lock belongs here. What
    `make` raises is not kept.
    """

    def __init__(self, most: int = 256) -> None:
        self._most = most
        self._kept: WeakKeyDictionary[Engine, Fragments[T]] = WeakKeyDictionary()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What `make` has answered for this key a moment ago, or does now."""
        kept = self._kept.get(db.engine)
        if kept is None:
            kept = self._kept.setdefault(db.engine, Fragments(self._most))
        return kept.get(key, current_app.config.get(KEEP, 0.0), make)


class Unchanged(Generic[T]):
    """What was written last from something, and from what: it is written anew only when it would say something else.

    At most `most`, the one written longest ago goes first. Nothing in it is ever old.
    """

    def __init__(self, most: int = 256) -> None:
        self._kept: OrderedDict[Hashable, tuple[object, T]] = OrderedDict()
        self._lock = threading.Lock()
        self._most = most

    def get(self, key: Hashable, said: object, write: Callable[[], T]) -> T:
        """What `write` has made of an equal `said` under this key, or makes now."""
        kept = self._kept.get(key)
        if kept is not None and kept[0] == said:
            return kept[1]
        value = write()
        with self._lock:
            self._kept[key] = (said, value)
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return value


class NowAndThen:
    """Says yes at most once in `seconds`, to one thread."""

    def __init__(self, seconds: float, seconds_now: Callable[[], float] = time.monotonic) -> None:
        self._seconds, self._now = seconds, seconds_now
        self._lock = threading.Lock()
        self._last: float | None = None

    def due(self) -> bool:
        with self._lock:
            now = self._now()
            if self._last is not None and now - self._last < self._seconds:
                return False
            self._last = now
            return True
