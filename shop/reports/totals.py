"""What a period adds up to, per currency: money of two currencies is never added."""

from dataclasses import dataclass, field

from msgspec import Struct

from shop.base.money import Currency, Money


class Sums(Struct, frozen=True):
    """`gross` adds the orders' totals, `goods` the lines' (quantity × unit price); `items` are pieces, `rows` lines."""

    orders: int
    rows: int
    items: int
    gross: Money
    goods: Money


class Totals(Struct, frozen=True):
    """`placed` holds one entry per currency, sorted by its code; `paid` the same for orders that a payment settled.

    Refunds are not taken off. Both are empty when nothing was ordered.
    """

    placed: tuple[Sums, ...]
    paid: tuple[Sums, ...]

    @property
    def orders(self) -> int:
        return sum(sums.orders for sums in self.placed)

    @property
    def rows(self) -> int:
        return sum(sums.rows for sums in self.placed)

    @property
    def items(self) -> int:
        return sum(sums.items for sums in self.placed)

    def __str__(self) -> str:
        """`orders 3, lines 5, items 7, 270.00 EUR, of which paid 120.00 EUR`."""
        money = [f"{all_.gross}, of which paid {paid.gross}" for all_, paid in zip(self.placed, self.paid, strict=True)]
        return ", ".join([f"orders {self.orders}", f"lines {self.rows}", f"items {self.items}", *money])

    @property
    def gross(self) -> dict[Currency, Money]:
        return {sums.gross.currency: sums.gross for sums in self.placed}


@dataclass(slots=True)
class _Count:
    orders: int = 0
    rows: int = 0
    items: int = 0
    gross: int = 0
    goods: int = 0

    def add(self, orders: int = 0, rows: int = 0, items: int = 0, gross: int = 0, goods: int = 0) -> None:
        self.orders += orders
        self.rows += rows
        self.items += items
        self.gross += gross
        self.goods += goods

    def sums(self, currency: Currency) -> Sums:
        return Sums(self.orders, self.rows, self.items, Money(self.gross, currency), Money(self.goods, currency))


@dataclass(slots=True)
class Tally:
    """Adds up what it is told; amounts in minor units."""

    placed: dict[str, _Count] = field(default_factory=dict)
    paid: dict[str, _Count] = field(default_factory=dict)

    def add(self, currency: str, *, paid: bool, **amounts: int) -> None:
        """Count `amounts`, by the names of `_Count`, for all orders and, when `paid`, for the paid ones."""
        placed, settled = self.placed.setdefault(currency, _Count()), self.paid.setdefault(currency, _Count())
        placed.add(**amounts)
        if paid:
            settled.add(**amounts)

    def totals(self) -> Totals:
        return Totals(_sums(self.placed), _sums(self.paid))


def _sums(counts: dict[str, _Count]) -> tuple[Sums, ...]:
    return tuple(counts[currency].sums(Currency(currency)) for currency in sorted(counts))
