"""Where the files of schedules can go from here."""

from pathlib import Path
from typing import Protocol

from msgspec import Struct


class Post(Protocol):
    """The part of the mail gateway that a schedule needs."""

    def send(self, to: str, subject: str, text: str, files: tuple[tuple[str, bytes, str], ...] = ()) -> None: ...


class Store(Protocol):
    """The part of an object store that a schedule needs."""

    def put(self, name: str, path: Path, mimetype: str) -> None: ...


class Ways(Struct, frozen=True):
    """Where files can go from here; None: this shop is not set up for it."""

    post: Post | None
    folder: Path | None
    store: Store | None
    public_url: str

    @property
    def names(self) -> frozenset[str]:
        there = {"mail": self.post, "folder": self.folder, "store": self.store}
        return frozenset(name for name, way in there.items() if way is not None)
