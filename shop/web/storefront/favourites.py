"""Favourites: SKUs in the visitor's own signed cookie, like the basket. The shop itself keeps nothing of them."""

from collections.abc import Mapping, MutableMapping
from typing import Any

from shop.base.errors import Kind, ShopError
from shop.web.storefront.basket import SKU

NAME = "favourites"
MOST = 40  # with a full basket the cookie stays below two thousand bytes


class FavouritesFull(ShopError):
    """More than a visitor can have. Facts: `most`."""

    kind, code = Kind.REFUSED, "favourites_full"


def of(session: Mapping[str, Any]) -> tuple[str, ...]:
    """The SKUs in the cookie, the latest first; what cannot be one is dropped."""
    kept = session.get(NAME)
    if not isinstance(kept, list):
        return ()
    return tuple(dict.fromkeys(sku for sku in kept if isinstance(sku, str) and SKU.fullmatch(sku)))[:MOST]


def add(session: MutableMapping[str, Any], sku: str) -> None:
    """Put one in front. Raises FavouritesFull."""
    others = [other for other in of(session) if other != sku]
    if len(others) >= MOST:
        raise FavouritesFull(most=MOST)
    _keep(session, [sku, *others])


def remove(session: MutableMapping[str, Any], sku: str) -> None:
    """Take one out. Harmless when it is not among them."""
    _keep(session, [other for other in of(session) if other != sku])


def _keep(session: MutableMapping[str, Any], skus: list[str]) -> None:
    if skus:
        session[NAME] = skus
        session.permanent = True  # type: ignore[attr-defined]  # as the basket: WeChat forgets the others when it is closed
    else:
        session.pop(NAME, None)
