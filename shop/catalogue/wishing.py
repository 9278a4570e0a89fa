"""Verbs and questions about wishes: a traveller waits for a product that is sold out, and is told once when it is back."""

from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct
from sqlalchemy import delete, or_, select, update
from sqlalchemy.orm import Session

from shop.base.db import changed, reading, transaction
from shop.base.errors import Kind, ShopError
from shop.base.ids import TravellerId
from shop.base.outbox import announce
from shop.catalogue import events
from shop.catalogue.listing import AVAILABLE
from shop.catalogue.models import Category, Product, Stock
from shop.catalogue.queries import NoSuchProduct, published_now
from shop.catalogue.wish_models import Wish

MOST = 40  # wishes of one traveller that wait
TOLD_FOR = timedelta(days=30)  # after which a wish that was fulfilled is gone
WAITS_FOR = timedelta(days=180)  # after which nobody waits any more
WISHES: Any = Wish.__table__
PRODUCTS: Any = Product.__table__
CATEGORIES: Any = Category.__table__
STOCK: Any = Stock.__table__


class TooManyWishes(ShopError):
    """The traveller waits for as many products as one may. Facts: `most`."""

    kind, code = Kind.REFUSED, "too_many_wishes"


class NotSoldOut(ShopError):
    """It can be bought: there is nothing to wait for."""

    kind, code = Kind.REFUSED, "not_sold_out"


class WishView(Struct, frozen=True):
    """For whoever tells the traveller: who, of what, and since when it is back (None: it is not)."""

    traveller_id: TravellerId
    sku: str
    name: dict[str, str]
    told_at: datetime | None


def wish(traveller_id: TravellerId, sku: str, now: datetime) -> None:
    """The traveller wants to be told when this product is back. Asking again changes nothing, or, once told, begins anew.

    Raises NoSuchProduct, NotSoldOut, TooManyWishes.
    """
    with transaction() as session:
        row = session.execute(_on_sale().where(PRODUCTS.c.sku == sku), {"p_now": now}).first()
        if row is None:
            raise NoSuchProduct(sku=sku)
        if row.left > 0:
            raise NotSoldOut(sku=sku)
        own = select(WISHES.c.product_id).where(WISHES.c.traveller_id == traveller_id, WISHES.c.told_at.is_(None))
        waiting = session.scalars(own).all()
        if row.id not in waiting and len(waiting) >= MOST:
            raise TooManyWishes(most=MOST)
        values = {"traveller_id": traveller_id, "product_id": row.id, "made_at": now, "told_at": None}
        session.execute(_put(session, values))


def unwish(traveller_id: TravellerId, sku: str) -> None:
    """The traveller does not wait for it any more. Harmless when nobody did."""
    with transaction() as session:
        product = select(PRODUCTS.c.id).where(PRODUCTS.c.sku == sku).scalar_subquery()
        session.execute(delete(WISHES).where(WISHES.c.traveller_id == traveller_id, WISHES.c.product_id == product))


class Waited(Struct, frozen=True):
    """What a traveller waits for, and what they have waited for that has come back since: SKUs, the latest first."""

    still: tuple[str, ...] = ()
    back: tuple[str, ...] = ()


def waited_for(traveller_id: TravellerId) -> Waited:
    """In one statement."""
    found = (
        select(PRODUCTS.c.sku, WISHES.c.told_at)
        .join(WISHES, WISHES.c.product_id == PRODUCTS.c.id)
        .where(WISHES.c.traveller_id == traveller_id)
        .order_by(WISHES.c.id.desc())
    )
    with reading() as session:
        rows = session.execute(found).all()
    return Waited(*(tuple(row.sku for row in rows if (row.told_at is None) is still) for still in (True, False)))


def wish_by_id(wish_id: int) -> WishView | None:
    """A wish, as its announcement names it; None when the traveller has taken it back or is erased."""
    found = (
        select(WISHES.c.traveller_id, WISHES.c.told_at, *(PRODUCTS.c[name] for name in ("sku", "name_zh", "name_en", "name_de")))
        .join(PRODUCTS, PRODUCTS.c.id == WISHES.c.product_id)
        .where(WISHES.c.id == wish_id)
    )
    with reading() as session:
        row = session.execute(found).first()
    if row is None:
        return None
    return WishView(TravellerId(row.traveller_id), row.sku, {"zh": row.name_zh, "en": row.name_en, "de": row.name_de}, row.told_at)


def announce_back(now: datetime, limit: int = 200) -> int:
    """Announce the wishes whose product can be bought again, each once; answers how many. Anybody may call it, as often as they like."""
    back = (
        _on_sale()
        .join(WISHES, WISHES.c.product_id == PRODUCTS.c.id)
        .where(WISHES.c.told_at.is_(None), AVAILABLE > 0)
        .with_only_columns(WISHES.c.id)
        .order_by(WISHES.c.id)
        .limit(limit)
        .with_for_update(of=WISHES, skip_locked=True)
    )
    with transaction() as session:
        keys = session.scalars(back, {"p_now": now}).all()
        if keys:
            session.execute(update(WISHES).where(WISHES.c.id.in_(keys)).values(told_at=now))
        for key in keys:
            announce(session, events.BACK_IN_STOCK, now, key)
    return len(keys)


def forget_old(now: datetime) -> int:
    """Forget wishes that were fulfilled a while ago, and those that nobody can mean any more; answers how many."""
    with transaction() as session:
        over = or_(WISHES.c.told_at < now - TOLD_FOR, WISHES.c.made_at < now - WAITS_FOR)
        return changed(session.execute(delete(WISHES).where(over)))


def _on_sale() -> Any:
    return (
        select(PRODUCTS.c.id, AVAILABLE.label("left"))
        .select_from(PRODUCTS.join(CATEGORIES, CATEGORIES.c.id == PRODUCTS.c.category_id).outerjoin(STOCK))
        .where(published_now())
    )


def _put(session: Session, values: dict[str, Any]) -> Any:
    """A wish that waits stays as it is; one that was fulfilled waits again."""
    if session.get_bind().dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_here
    else:
        from sqlalchemy.dialects.sqlite import insert as insert_here  # type: ignore[assignment]
    again = {"made_at": values["made_at"], "told_at": None}
    put = insert_here(WISHES).values(values)
    return put.on_conflict_do_update(index_elements=["traveller_id", "product_id"], set_=again, where=WISHES.c.told_at.is_not(None))
