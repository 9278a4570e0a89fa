"""What an export can be of: every report, and the catalogue."""

from shop.reports.declared import Report
from shop.reports.registry import named, words

CATALOGUE = Report(
    "catalogue", words("商品目录", "The whole catalogue", "Der ganze Katalog"),
    words("所有商品，可修改后再导入。", "Every product, to be changed and sent in again.", "Alle Artikel, zum Ändern und Wiedereinlesen."),
    "change_catalogue", (), (),
)  # fmt: skip


def kind_of(name: str) -> Report:
    """By its name. Raises UnknownReport."""
    return CATALOGUE if name == CATALOGUE.name else named(name)
