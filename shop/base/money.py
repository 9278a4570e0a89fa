"""Money is a whole number of minor units in one currency; there is no other kind."""

from enum import StrEnum
from typing import Self

from msgspec import Struct


class Currency(StrEnum):
    """The currencies the shop settles in (ISO 4217); both have two decimals."""

    EUR = "EUR"
    CNY = "CNY"


class MixedCurrencies(TypeError):
    """Euros and yuan cannot be added or compared."""


class Money(Struct, frozen=True):
    """`minor` cents or fen of `currency`. Adds, subtracts and multiplies by a count; never divides."""

    minor: int
    currency: Currency

    def __post_init__(self) -> None:
        if isinstance(self.minor, bool) or not isinstance(self.minor, int):
            raise TypeError(f"money is a whole number of minor units, not {self.minor!r}")

    def _same(self, other: Self) -> None:
        if self.currency != other.currency:
            raise MixedCurrencies(f"{self.currency} and {other.currency}")

    def __add__(self, other: Self) -> Self:
        self._same(other)
        return type(self)(self.minor + other.minor, self.currency)

    def __sub__(self, other: Self) -> Self:
        self._same(other)
        return type(self)(self.minor - other.minor, self.currency)

    def __mul__(self, count: int) -> Self:
        return type(self)(self.minor * count, self.currency)

    def __lt__(self, other: Self) -> bool:
        self._same(other)
        return self.minor < other.minor

    def __le__(self, other: Self) -> bool:
        self._same(other)
        return self.minor <= other.minor

    def __gt__(self, other: Self) -> bool:
        self._same(other)
        return self.minor > other.minor

    def __ge__(self, other: Self) -> bool:
        self._same(other)
        return self.minor >= other.minor

    def __str__(self) -> str:
        sign = "-" if self.minor < 0 else ""
        return f"{sign}{abs(self.minor) // 100}.{abs(self.minor) % 100:02} {self.currency}"


def none_of(currency: Currency) -> Money:
    """No money at all, in `currency`."""
    return Money(0, currency)
