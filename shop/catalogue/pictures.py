"""Verbs about a product's pictures: add one, describe it, put it in order, take it away; its sizes; and the sweep of old files."""

from collections.abc import Callable, Collection, Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from shop.base import audit
from shop.base.db import reading, transaction
from shop.base.errors import Kind, ShopError
from shop.base.outbox import announce
from shop.catalogue import events, picture_files, pricing
from shop.catalogue.models import Product
from shop.catalogue.picture_models import ProductPicture
from shop.catalogue.queries import LANGUAGES
from shop.catalogue.states import PictureKind

MOST = 12  # of one product
AT_A_TIME = 1000  # stems that one statement names
KEPT_FILES = timedelta(days=2)  # an upload that was not finished is a day's work at most


class NoSuchPicture(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_picture"


class TooManyPictures(ShopError):
    kind, code = Kind.REFUSED, "too_many_pictures"


class PictureThereAlready(ShopError):
    kind, code = Kind.CONFLICT, "picture_there_already"


def add(sku: str, sent: bytes, alt: Mapping[str, str], folder: Path, actor: str, now: datetime) -> int:
    """Keep an upload as the product's last picture and announce it; answers its key.

    Raises NoSuchProduct, TooManyPictures, PictureThereAlready, and the refusals of `picture_files.check`.
    """
    checked = picture_files.check(sent)
    picture_files.keep(folder, checked)  # before the transaction: a file that nobody names is swept
    with transaction() as session:
        product = pricing.lock(session, sku)
        pictures = _adopted(session, product, actor, now)
        if len(pictures) >= MOST:
            raise TooManyPictures(most=MOST)
        if any(one.stem == checked.stem for one in pictures):
            raise PictureThereAlready(fields={"picture": ["picture_there_already"]})
        picture = ProductPicture(
            product_id=product.id, rank=len(pictures) + 1, stem=checked.stem, width=checked.width, height=checked.height,
            kind=PictureKind.ORIGINAL.value, uploaded_by=actor, uploaded_at=now, **_alt(alt),
        )  # fmt: skip
        session.add(picture)
        session.flush()
        _show(product, [*pictures, picture])
        session.flush()
        announce(session, events.PICTURE_ADDED, now, picture.id)
        audit.record(session, actor, "product.picture_added", f"product:{sku}", now, after={"picture": checked.stem})
        return picture.id


def describe(sku: str, picture_id: int, alt: Mapping[str, str], actor: str, now: datetime) -> None:
    """Say what can be seen on a picture, for who cannot. Raises NoSuchProduct, NoSuchPicture."""

    def change(pictures: list[ProductPicture], one: ProductPicture) -> None:
        for name, text in _alt(alt).items():
            setattr(one, name, text)

    _change(sku, picture_id, "product.picture_described", change, actor, now)


def move(sku: str, picture_id: int, up: bool, actor: str, now: datetime) -> None:
    """One place further to the front or to the back. Raises NoSuchProduct, NoSuchPicture."""

    def change(pictures: list[ProductPicture], one: ProductPicture) -> None:
        here = pictures.index(one)
        there = min(max(here - 1 if up else here + 1, 0), len(pictures) - 1)
        pictures.insert(there, pictures.pop(here))

    _change(sku, picture_id, "product.picture_moved", change, actor, now)


def remove(sku: str, picture_id: int, actor: str, now: datetime) -> None:
    """Take a picture away from its product; orders go on showing it. Raises NoSuchProduct, NoSuchPicture."""

    def change(pictures: list[ProductPicture], one: ProductPicture) -> None:
        pictures.remove(one)

    _change(sku, picture_id, "product.picture_removed", change, actor, now)


def make_sizes(picture_id: int, folder: Path, now: datetime) -> None:
    """Make the sizes of a picture and show them. Harmless twice, and when the picture is gone. Raises OSError."""
    with reading() as session:
        stem = session.scalar(select(ProductPicture.stem).where(ProductPicture.id == picture_id))
    if stem is None:
        return
    picture_files.make_sizes(folder, stem)
    with transaction() as session:
        product = session.scalar(
            select(Product)
            .where(Product.id == select(ProductPicture.product_id).where(ProductPicture.id == picture_id).scalar_subquery())
            .with_for_update(key_share=True)
        )
        if product is None:
            return
        pictures = _of(session, product.id)
        for picture in pictures:
            if picture.id == picture_id:
                picture.kind = PictureKind.SIZES.value
        _show(product, pictures)


def sweep(folder: Path, shown: Callable[[Collection[str]], set[str]], now: datetime) -> int:
    """Delete the files of uploads that nothing shows any more; answers how many. `shown` says which of some stems orders show."""
    before = now - KEPT_FILES
    old = sorted(picture_files.old_stems(folder, before))
    gone: set[str] = set()
    for start in range(0, len(old), AT_A_TIME):
        some = set(old[start : start + AT_A_TIME])
        with reading() as session:
            some -= set(session.scalars(select(ProductPicture.stem).where(ProductPicture.stem.in_(some))))
        gone |= some - shown(some)
    return picture_files.remove_halves(folder, before) + (picture_files.remove(folder, gone, before) if gone else 0)


def _change(
    sku: str, picture_id: int, action: str, change: Callable[[list[ProductPicture], ProductPicture], None], actor: str, now: datetime
) -> None:
    with transaction() as session:
        product = pricing.lock(session, sku)
        pictures = _adopted(session, product, actor, now)
        one = next((picture for picture in pictures if picture.id == picture_id), None)
        if one is None:
            raise NoSuchPicture
        before = _said(pictures)
        change(pictures, one)
        if one not in pictures:
            session.delete(one)
        for place, picture in enumerate(pictures, start=1):
            picture.rank = place
        _show(product, pictures)
        session.flush()
        audit.record(session, actor, action, f"product:{sku}", now, before, _said(pictures))


def _of(session: Session, product_id: int) -> list[ProductPicture]:
    rows = session.scalars(
        select(ProductPicture).where(ProductPicture.product_id == product_id).order_by(ProductPicture.rank, ProductPicture.id)
    )
    return list(rows)


def _adopted(session: Session, product: Product, actor: str, now: datetime) -> list[ProductPicture]:
    """The pictures of a locked product; one that came with the example shop becomes a row like the others."""
    pictures = _of(session, product.id)
    if not pictures and product.picture:
        drawn = ProductPicture(
            product_id=product.id, rank=1, stem=product.picture, width=720, height=720, kind=PictureKind.WEBP.value,
            uploaded_by="system", uploaded_at=now, **_alt({}),
        )  # fmt: skip
        session.add(drawn)
        session.flush()
        pictures = [drawn]
    return pictures


def _show(product: Product, pictures: list[ProductPicture]) -> None:
    """Write onto a locked product what pages need to know of its pictures."""
    first = pictures[0] if pictures else None
    product.picture = first.stem if first else None
    product.picture_kind = first.kind if first else PictureKind.WEBP.value
    product.gallery = [
        {"stem": one.stem, "kind": one.kind, "alt": {language: getattr(one, f"alt_{language}") for language in LANGUAGES}}
        for one in pictures
    ]


def _alt(alt: Mapping[str, str]) -> dict[str, str]:
    return {f"alt_{language}": alt.get(language, "") for language in LANGUAGES}


def _said(pictures: list[ProductPicture]) -> dict[str, Any]:
    return {"pictures": [[one.stem, one.alt_zh, one.alt_en, one.alt_de] for one in pictures]}
