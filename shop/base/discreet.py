"""Values that may be logged by accident."""

from typing import ClassVar

from msgspec import Struct


class Discreet(Struct, frozen=True):
    """A value whose `repr` leaves out the fields named in `hidden`: secrets, and what points at a person."""

    hidden: ClassVar[frozenset[str]] = frozenset()

    def __repr__(self) -> str:
        shown = (f"{name}={getattr(self, name)!r}" for name in self.__struct_fields__ if name not in self.hidden)
        return f"{type(self).__name__}({', '.join(shown)})"
