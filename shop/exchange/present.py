"""What a file holds of a product as it is now."""

from collections.abc import Callable, Mapping

from shop.catalogue.rows import ProductRow
from shop.exchange.columns import COLUMNS, Value, local
from shop.sheets.cells import plain


def _text(name: str) -> Callable[[ProductRow], Value]:
    return lambda row: plain(getattr(row, name))


def _same(name: str) -> Callable[[ProductRow], Value]:
    return lambda row: getattr(row, name)


FILLED: Mapping[str, Callable[[ProductRow], Value]] = {
    **{name: _text(name) for name in ("sku", "ean", "category", "brand", "name_zh", "name_en", "name_de", "text_zh", "text_en", "text_de")},
    **{name: _same(name) for name in ("active", "volume_ml", "weight_g", "price", "rank", "on_hand", "currency")},
    "alcohol_vol": _same("alcohol_permille"), "planned_price": _same("planned_minor"), "duty_paid_price": _same("duty_paid"),
    "planned_from": lambda row: local(row.planned_from), "publish_from": lambda row: local(row.publish_from),
    "publish_until": lambda row: local(row.publish_until), "location": lambda row: plain(row.location or "") or None,
    "count": lambda _row: None,
}  # fmt: skip


def values_of(row: ProductRow) -> dict[str, Value]:
    """What a file would hold of this product, by column."""
    return {column.name: FILLED[column.name](row) for column in COLUMNS}
