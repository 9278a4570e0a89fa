"""What belongs into each column, in three languages: for the page and for the template's second sheet."""

from collections.abc import Mapping

from shop.exchange.columns import COLUMNS, LANGUAGES

HINTS: Mapping[str, tuple[str, str, str]] = {
    "sku": (
        "大写字母、数字和连字符；据此找到商品，没有的会新建",
        "Capital letters, digits and hyphens; the product is found by it, or made",
        "Großbuchstaben, Ziffern und Bindestriche; daran wird der Artikel erkannt oder neu angelegt",
    ),
    "ean": (
        "8 至 14 位数字，文本或数字均可",
        "8 to 14 digits, as text or as a number",
        "8 bis 14 Ziffern, als Text oder als Zahl",
    ),
    "active": (
        "yes 或 no（也可写 是、否）；新商品默认为 no",
        "yes or no; a new product is not on sale unless it says so",
        "yes oder no (auch ja, nein); neue Artikel sind sonst nicht im Verkauf",
    ),
    "category": ("已有品类的代码", "The code of a category that exists", "Code einer vorhandenen Warengruppe"),
    "brand": (
        "品牌名称；没有的会新建",
        "The brand's name; one that is not known is made",
        "Name der Marke; eine unbekannte wird angelegt",
    ),
    "name_zh": ("最多 120 字", "Up to 120 letters", "Höchstens 120 Zeichen"),
    "name_en": ("最多 120 字，可清除", "Up to 120 letters, can be cleared", "Höchstens 120 Zeichen, löschbar"),
    "name_de": ("最多 120 字，可清除", "Up to 120 letters, can be cleared", "Höchstens 120 Zeichen, löschbar"),
    "text_zh": (
        "最多 20 000 字，可多行，可清除",
        "Up to 20,000 letters, several lines, can be cleared",
        "Höchstens 20.000 Zeichen, mehrere Zeilen, löschbar",
    ),
    "text_en": (
        "最多 20 000 字，可多行，可清除",
        "Up to 20,000 letters, several lines, can be cleared",
        "Höchstens 20.000 Zeichen, mehrere Zeilen, löschbar",
    ),
    "text_de": (
        "最多 20 000 字，可多行，可清除",
        "Up to 20,000 letters, several lines, can be cleared",
        "Höchstens 20.000 Zeichen, mehrere Zeilen, löschbar",
    ),
    "volume_ml": ("整数，可清除", "A whole number, can be cleared", "Ganze Zahl, löschbar"),
    "alcohol_vol": ("例如 40 或 13.5，可清除", "Like 40 or 13.5, can be cleared", "Etwa 40 oder 13,5, löschbar"),
    "weight_g": ("整数，可清除", "A whole number, can be cleared", "Ganze Zahl, löschbar"),
    "currency": (
        "仅供核对：必须是本店币种",
        "Only to be sure: must be the shop's currency",
        "Nur zur Sicherheit: muss die Währung des Shops sein",
    ),
    "price": (
        "例如 12.50 或 12,50；立即生效并记入价格历史",
        "Like 12.50 or 12,50; counts at once, the old one stays in the history",
        "Etwa 12,50 oder 12.50; gilt sofort, der alte bleibt im Verlauf",
    ),
    "planned_price": (
        "下一个价格，须同时填生效时间，可清除",
        "The price that comes next, together with its moment, can be cleared",
        "Der nächste Preis, zusammen mit seinem Zeitpunkt, löschbar",
    ),
    "planned_from": (
        "法兰克福时间，例如 2026-12-01 08:00",
        "Frankfurt time, like 2026-12-01 08:00",
        "Frankfurter Zeit, etwa 2026-12-01 08:00 oder 1.12.2026 8:00",
    ),
    "duty_paid_price": (
        "例如 12.50；清除表示不售完税商品",
        "Like 12.50; cleared: not sold with duty paid",
        "Etwa 12,50; gelöscht: wird verzollt nicht verkauft",
    ),
    "publish_from": ("法兰克福时间，可清除", "Frankfurt time, can be cleared", "Frankfurter Zeit, löschbar"),
    "publish_until": ("法兰克福时间，可清除", "Frankfurt time, can be cleared", "Frankfurter Zeit, löschbar"),
    "location": ("例如 A-03-2，可清除", "Like A-03-2, can be cleared", "Etwa A-03-2, löschbar"),
    "rank": ("整数，小的排在前面", "A whole number; low ones come first", "Ganze Zahl; kleine stehen vorn"),
    "on_hand": ("仅显示，导入时不读取", "Only shown, never taken in", "Nur zur Ansicht, wird nie übernommen"),
    "count": (
        "只在盘点时填写：库存改为此数，并记入库存流水",
        "Only when counted: the stock becomes this, with an entry in its ledger",
        "Nur nach einer Zählung: der Bestand wird diese Zahl, mit einem Eintrag im Bestandsbuch",
    ),
}


def hint(name: str, language: str) -> str:
    return HINTS[name][LANGUAGES.index(language)]


def explained(language: str) -> list[tuple[str, str, str]]:
    """Name, label and hint of every column."""
    return [(column.name, column.label(language), hint(column.name, language)) for column in COLUMNS]
