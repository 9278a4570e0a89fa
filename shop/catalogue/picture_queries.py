"""Questions about a product's pictures."""

from datetime import datetime

from msgspec import Struct
from sqlalchemy import select

from shop.base.db import reading
from shop.catalogue.picture_models import ProductPicture
from shop.catalogue.queries import LANGUAGES
from shop.catalogue.states import PictureKind


class PictureView(Struct, frozen=True):
    """One picture as its product's page in the back office shows it."""

    id: int
    stem: str
    kind: PictureKind
    width: int
    height: int
    alt: dict[str, str]
    uploaded_by: str
    uploaded_at: datetime


def pictures(product_id: int) -> list[PictureView]:
    """In their order. The one drawn for the example shop is none of them until somebody adds another."""
    with reading() as session:
        rows = session.scalars(
            select(ProductPicture)
            .where(ProductPicture.product_id == product_id)
            .order_by(ProductPicture.rank, ProductPicture.id)
        ).all()
    return [
        PictureView(
            row.id, row.stem, PictureKind(row.kind), row.width, row.height,
            {language: getattr(row, f"alt_{language}") for language in LANGUAGES}, row.uploaded_by, row.uploaded_at,
        )
        for row in rows
    ]  # fmt: skip
