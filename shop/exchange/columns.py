"""The columns of a catalogue file: their stable names, what they hold, and what people call them."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from shop.catalogue.rules import MOST_MINOR, MOST_PIECES

ZONE = ZoneInfo("Europe/Berlin")  # whose clock the moments of a file are on
LANGUAGES = ("zh", "en", "de")
Value = str | int | bool | None  # what JSON can say: money in minor units, a moment as local `2026-12-01 08:00`


class Kind(StrEnum):
    ID = "id"  # text that may look like a number and must never become one
    LINE = "line"  # text of one line
    TEXT = "text"  # of many
    WHOLE = "whole"
    MONEY = "money"
    PERCENT = "percent"  # with one decimal, kept in tenths
    MOMENT = "moment"
    YES_NO = "yes_no"


PLACES = {Kind.WHOLE: 0, Kind.MONEY: 2, Kind.PERCENT: 1}


class Column(Struct, frozen=True):
    """`name` is for machines and never changes. `longest` counts letters, `most` is the largest number.

    `needed` by a new product; `clearable` by the clear marker; `read_only` is shown and never taken in.
    """

    name: str
    kind: Kind
    labels: tuple[str, str, str]
    width: int
    longest: int = 0
    most: int = 0
    needed: bool = False
    clearable: bool = False
    read_only: bool = False

    def label(self, language: str) -> str:
        return self.labels[LANGUAGES.index(language)]

    @property
    def cleared(self) -> Value:
        """What the clear marker leaves."""
        return "" if self.name.startswith(("name_", "text_")) else None


K = Kind
COLUMNS = (
    Column("sku", K.ID, ("商品编码", "SKU", "SKU"), 14, 32, needed=True),
    Column("ean", K.ID, ("条形码", "EAN", "EAN"), 16, 14, needed=True),
    Column("active", K.YES_NO, ("上架", "On sale", "Im Verkauf"), 9),
    Column("category", K.ID, ("品类代码", "Category code", "Warengruppe (Code)"), 14, 32, needed=True),
    Column("brand", K.LINE, ("品牌", "Brand", "Marke"), 18, 60, needed=True),
    Column("name_zh", K.LINE, ("名称（中文）", "Name (Chinese)", "Name (Chinesisch)"), 32, 120, needed=True),
    Column("name_en", K.LINE, ("名称（英文）", "Name (English)", "Name (Englisch)"), 32, 120, clearable=True),
    Column("name_de", K.LINE, ("名称（德文）", "Name (German)", "Name (Deutsch)"), 32, 120, clearable=True),
    Column("text_zh", K.TEXT, ("描述（中文）", "Text (Chinese)", "Text (Chinesisch)"), 40, 20_000, clearable=True),
    Column("text_en", K.TEXT, ("描述（英文）", "Text (English)", "Text (Englisch)"), 40, 20_000, clearable=True),
    Column("text_de", K.TEXT, ("描述（德文）", "Text (German)", "Text (Deutsch)"), 40, 20_000, clearable=True),
    Column("volume_ml", K.WHOLE, ("容量（毫升）", "Volume (ml)", "Inhalt (ml)"), 10, most=1_000_000, clearable=True),
    Column("alcohol_vol", K.PERCENT, ("酒精度（% vol）", "Alcohol (% vol)", "Alkohol (% vol)"), 10, most=1000, clearable=True),
    Column("weight_g", K.WHOLE, ("重量（克）", "Weight (g)", "Gewicht (g)"), 10, most=1_000_000, clearable=True),
    Column("currency", K.ID, ("币种", "Currency", "Währung"), 9, 3, read_only=True),
    Column("price", K.MONEY, ("免税价", "Duty-free price", "Duty-free-Preis"), 12, most=MOST_MINOR, needed=True),
    Column("planned_price", K.MONEY, ("计划价", "Planned price", "Geplanter Preis"), 12, most=MOST_MINOR, clearable=True),
    Column("planned_from", K.MOMENT, ("计划价生效时间", "Planned from", "Geplant ab"), 18, clearable=True),
    Column("duty_paid_price", K.MONEY, ("完税价", "Duty-paid price", "Preis verzollt"), 12, most=MOST_MINOR, clearable=True),
    Column("publish_from", K.MOMENT, ("上架时间", "On sale from", "Im Verkauf ab"), 18, clearable=True),
    Column("publish_until", K.MOMENT, ("下架时间", "On sale until", "Im Verkauf bis"), 18, clearable=True),
    Column("location", K.ID, ("库位", "Store-room place", "Lagerplatz"), 12, 20, clearable=True),
    Column("rank", K.WHOLE, ("排序", "Rank", "Rang"), 9, most=1_000_000),
    Column("on_hand", K.WHOLE, ("库存（只读）", "In stock (read only)", "Bestand (nur Anzeige)"), 12, read_only=True),
    Column("count", K.WHOLE, ("盘点数量", "Counted", "Gezählt"), 10, most=MOST_PIECES),
)
BY_NAME: Mapping[str, Column] = {column.name: column for column in COLUMNS}


def folded(words: str) -> str:
    """A header cell without what people change in it by accident."""
    return " ".join(words.split()).casefold()


KNOWN: Mapping[str, Column] = {folded(words): column for column in COLUMNS for words in (*column.labels, column.name)}


def local(moment: datetime | None) -> str | None:
    """A moment as a file has it, to the second."""
    if moment is None:
        return None
    clock = moment.astimezone(ZONE).replace(tzinfo=None)
    return clock.isoformat(" ", "seconds" if clock.second else "minutes")


def moment_of(words: str) -> datetime:
    """The moment that `local` has written."""
    return datetime.fromisoformat(words).replace(tzinfo=ZONE)


def shown(column: Column, value: Value) -> str:
    """A value as people read it: `12.50`, `40.0`, `yes`; "" for none."""
    if value is None:
        return ""
    if column.kind is Kind.YES_NO:
        return "yes" if value else "no"
    if places := PLACES.get(column.kind, 0):
        return f"{int(value) // 10**places}.{int(value) % 10**places:0{places}}"
    return str(value)
