"""Several travellers, one phone: whoever shops for a family keeps a basket for each, in the same cookie as the basket itself.

Customs count persons, and the counter compares names: each basket becomes an order of its own, with its own name and pickup code.
The basket of who is being shopped for is the ordinary one (`Basket`); here are the names, and the baskets that wait.
"""

from collections.abc import Mapping, MutableMapping
from typing import Any, Self

from msgspec import Struct, field
from msgspec.structs import replace

from shop.base.errors import Kind, ShopError
from shop.orders.rules import WrongName, clean_name
from shop.web.storefront.basket import Basket

NAME = "party"
MOST = 6  # a cookie has room for so many full baskets
LONGEST = 60


class PartyFull(ShopError):
    """More travellers than fit."""

    kind, code = Kind.REFUSED, "party_full"


class Party(Struct, frozen=True):
    """The travellers somebody shops for, by name; `active` is whose basket the page shows. No names: just the visitor."""

    names: tuple[str, ...] = ()
    active: int = 0
    waiting: Mapping[int, Basket] = field(default_factory=dict)  # by place in `names`

    @classmethod
    def of(cls, session: Mapping[str, Any]) -> Self:
        """What is in the cookie; rubbish is nobody."""
        kept = session.get(NAME)
        names = kept.get("names") if isinstance(kept, dict) else None
        if not isinstance(kept, dict) or not isinstance(names, list) or not all(isinstance(one, str) and one for one in names):
            return cls()
        active, baskets = kept.get("active"), kept.get("baskets")
        found = tuple(one[:LONGEST] for one in names[:MOST])
        if type(active) is not int or not 0 <= active < len(found) or not isinstance(baskets, dict):
            return cls()
        waiting = {n: Basket.of({"basket": baskets.get(str(n))}) for n in range(len(found)) if n != active}
        return cls(found, active, {n: basket for n, basket in waiting.items() if basket})

    def keep(self, session: MutableMapping[str, Any]) -> None:
        """Write it into the cookie; one traveller alone leaves nothing behind."""
        if len(self.names) < 2:
            session.pop(NAME, None)
            return
        baskets = {str(n): dict(basket.quantities) for n, basket in self.waiting.items() if basket}
        session[NAME] = {"names": list(self.names), "active": self.active, "baskets": baskets}
        session.permanent = True  # type: ignore[attr-defined]

    @property
    def name(self) -> str | None:
        """Whose basket it is; None when nobody has said."""
        return self.names[self.active] if self.names else None

    def count(self, place: int, present: Basket) -> int:
        """How many things are in a traveller's basket; `present` is the one in sight."""
        return present.count if place == self.active else self.waiting.get(place, Basket()).count

    def with_another(self, own: str, name: str) -> "Party":
        """With one more traveller; `own` is the name of the first, asked for when there was only one.

        Raises WrongName (`fields` says which), PartyFull.
        """
        names = list(self.names) or [_clean(own, "own")]
        if len(names) >= MOST:
            raise PartyFull(fields={"name": ["party_full"]})
        new = _clean(name, "name")
        if new.casefold() in (one.casefold() for one in names):
            raise WrongName(fields={"name": ["wrong_name"]})
        return replace(self, names=(*names, new))

    def shown(self, place: int, present: Basket) -> tuple["Party", Basket]:
        """With another traveller's basket in sight, and that basket; a place that is none changes nothing."""
        if not 0 <= place < len(self.names) or place == self.active:
            return self, present
        waiting = {**self.waiting, self.active: present}
        basket = waiting.pop(place, Basket())
        return replace(self, active=place, waiting=waiting), basket

    def without(self, place: int, present: Basket) -> tuple["Party", Basket]:
        """Without a traveller and their basket."""
        if not 0 <= place < len(self.names):
            return self, present
        party, basket = self.shown(0 if place else 1, present) if place == self.active else (self, present)
        left = [n for n in range(len(self.names)) if n != place]
        if len(left) < 2:
            return Party(), basket  # one traveller alone needs no name here
        waiting = {new: party.waiting[old] for new, old in enumerate(left) if old in party.waiting}
        return Party(tuple(self.names[n] for n in left), left.index(party.active), waiting), basket

    def next_waiting(self) -> int | None:
        """The first traveller whose basket waits with something in it."""
        return next((n for n in sorted(self.waiting) if self.waiting[n]), None)


def _clean(name: str, field_name: str) -> str:
    try:
        return clean_name(name)
    except WrongName:
        raise WrongName(fields={field_name: ["wrong_name"]}) from None
