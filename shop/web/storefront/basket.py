"""The basket: SKU and quantity, kept in the visitor's own signed cookie and nowhere else."""

import re
from collections.abc import Mapping, MutableMapping
from typing import Any, Self

from msgspec import Struct, field

from shop.base.errors import Kind, ShopError
from shop.orders.rules import MOST_LINES, MOST_PER_LINE, Wanted, WrongQuantity

SKU = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,31}")
NAME = "basket"


class BasketFull(ShopError):
    """More different products than an order may hold."""

    kind, code = Kind.REFUSED, "basket_full"


class Basket(Struct, frozen=True):
    """What a visitor would like to order, in the order it was chosen. Every quantity is 1 to MOST_PER_LINE."""

    quantities: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Mapping[str, Any]) -> Self:
        """The basket in the cookie; whatever an older version of the shop left there and cannot be is dropped."""
        kept = session.get(NAME)
        if not isinstance(kept, dict):
            return cls()
        good = {
            sku: min(quantity, MOST_PER_LINE)
            for sku, quantity in kept.items()
            if isinstance(sku, str) and SKU.fullmatch(sku) and type(quantity) is int and quantity > 0
        }
        return cls(dict(list(good.items())[:MOST_LINES]))

    def keep(self, session: MutableMapping[str, Any]) -> None:
        """Write it into the cookie, which lasts as long as the session; an empty one leaves nothing behind."""
        if self.quantities:
            session[NAME] = dict(self.quantities)
            session.permanent = True  # type: ignore[attr-defined]  # WeChat's browser forgets the others when it is closed
        else:
            session.pop(NAME, None)

    @property
    def count(self) -> int:
        return sum(self.quantities.values())

    def __bool__(self) -> bool:
        return bool(self.quantities)

    def lines(self) -> tuple[Wanted, ...]:
        return tuple(Wanted(sku, quantity) for sku, quantity in self.quantities.items())

    def add(self, sku: str, quantity: int) -> "Basket":
        """With `quantity` more of `sku`. Raises WrongQuantity, BasketFull."""
        return self.set(sku, self.quantities.get(sku, 0) + quantity)

    def set(self, sku: str, quantity: int) -> "Basket":
        """With exactly `quantity` of `sku`; 0 takes it out. Raises WrongQuantity, BasketFull."""
        if not 0 <= quantity <= MOST_PER_LINE:
            raise WrongQuantity(
                most=MOST_PER_LINE, most_lines=MOST_LINES, sku=sku, fields={"quantity": ["wrong_quantity"]}
            )
        if quantity == 0:
            return self.without((sku,))
        if sku not in self.quantities and len(self.quantities) >= MOST_LINES:
            raise BasketFull(fields={"quantity": ["basket_full"]})
        return Basket({**self.quantities, sku: quantity})

    def without(self, skus: tuple[str, ...]) -> "Basket":
        """What is left when `skus` are taken out."""
        return Basket({sku: quantity for sku, quantity in self.quantities.items() if sku not in skus})
