"""The example shop: products, categories, flights, airports, carriers and pickup points, as plain values.

No database here: the command that stores it lives elsewhere. `data/README.md` says what the data is and is not.
"""
import json
from pathlib import Path
from typing import Any, NotRequired, TypedDict, cast

from msgspec import Struct

DATA = Path(__file__).parent / "data"


class Words(TypedDict):
    """One text in the three languages of the shop."""

    zh: str
    en: str
    de: str


class Category(TypedDict):
    code: str
    name: Words
    rank: int


class Picture(TypedDict):
    """How the product's picture is drawn: a shape of `pictures.SHAPES`, colours as '#rrggbb'."""

    shape: str
    main: str
    accent: str


class Product(TypedDict):
    """A product. Volume and weight are of the whole pack; 400 permille is 40.0 % vol and is given for drinks only;
    prices are minor units (cents, fen) including everything; those with duty and VAT are missing where a product is sold duty
    free only; `stock` is on hand, and stands at `location` (zone, bay, level);
    a low `rank` is shown first."""

    sku: str
    ean: str
    category: str
    brand: str
    name: Words
    text: Words
    volume_ml: int | None
    alcohol_permille: int | None
    weight_g: int | None
    price_eur_minor: int
    price_cny_minor: int
    duty_paid_eur_minor: NotRequired[int]
    duty_paid_cny_minor: NotRequired[int]
    stock: int
    location: str
    rank: int
    picture: Picture


class Airport(TypedDict):
    """`eu`: in a member state. `customs_area` (CN HK MO EU OTHER): whose rules meet the arriving traveller; the Canary
    Islands are in a member state and yet OTHER, being outside the excise and VAT territory."""

    iata: str
    city: Words
    name: Words
    country: str
    tz: str
    eu: bool
    customs_area: str


class Carrier(TypedDict):
    code: str
    name: Words


class Flight(TypedDict):
    """A route pattern: leaves `origin` at `departs` (HH:MM, local) on `weekdays` (1 is Monday), `minutes` in the air and on
    the ground. `onward`: final destinations that travellers often reach with it."""

    number: str
    carrier: str
    origin: str
    to: str
    departs: str
    weekdays: list[int]
    minutes: int
    terminal: str
    onward: list[str]


class Hours(TypedDict):
    """Opening hours of a weekday (1 is Monday), HH:MM local."""

    weekday: int
    opens: str
    closes: str


class ShelfRow(TypedDict):
    """Slots of a shelf side by side, `A1` to `A8`, each for so many parcels."""

    row: str
    slots: int
    capacity: int


class Ways(TypedDict):
    """Minutes on foot from gate areas to the counter; how long before departure one should be at the gate; how long the counter
    takes."""

    walks: dict[str, int]
    boarding: int
    serving: int


class PickupPoint(TypedDict):
    """`order_lead_minutes`: how long before departure the last order is taken; `pickup_opens_minutes_before`: how long
    before departure a parcel can be collected."""

    code: str
    airport: str
    terminal: str
    zone: str
    name: Words
    directions: Words
    hours: list[Hours]
    shelf: list[ShelfRow]
    ways: Ways
    order_lead_minutes: int
    pickup_opens_minutes_before: int
    airside: bool
    tz: str


class SeedData(Struct, frozen=True):
    """Everything the example shop starts with; every reference inside it is resolved (tested)."""

    categories: tuple[Category, ...]
    products: tuple[Product, ...]
    airports: tuple[Airport, ...]
    carriers: tuple[Carrier, ...]
    flights: tuple[Flight, ...]
    pickup_points: tuple[PickupPoint, ...]


def load() -> SeedData:
    """Read the seed from the files beside this module; products in the order they are shown."""
    categories = cast("tuple[Category, ...]", _rows("categories"))
    products = [product for category in categories for product in cast("tuple[Product, ...]", _rows(f"products_{category['code']}"))]
    return SeedData(
        categories=categories,
        products=tuple(sorted(products, key=lambda product: product["rank"])),
        airports=cast("tuple[Airport, ...]", _rows("airports")),
        carriers=cast("tuple[Carrier, ...]", _rows("carriers")),
        flights=cast("tuple[Flight, ...]", _rows("flights")),
        pickup_points=cast("tuple[PickupPoint, ...]", _rows("pickup_points")),
    )


def seller() -> dict[str, str]:
    """Who sells in the example shop; made up."""
    return cast("dict[str, str]", json.loads((DATA / "seller.json").read_text(encoding="utf-8")))


class Answer(TypedDict):
    """An answer of the chat; with a `topic` it only adds keywords to what the shop answers itself, and has no texts."""

    name: str
    topic: str | None
    keywords: list[str]
    zh: str
    en: str
    de: str


class Campaign(TypedDict):
    kind: str
    mark: str
    title: str
    target: str


class Article(TypedDict):
    """`products` are those in its second picture; the text is `article_text`."""

    title: str
    author: str
    digest: str
    target: str
    products: list[str]


class TemplateChoice(TypedDict):
    """A template of WeChat's library by its title, the moments it is for, and what stands in its fields."""

    title: str
    moments: list[str]
    fields: list[list[str]]


class Accounts(TypedDict):
    """What marketing would have made; `hours` of every day in which people read along, `menu` as WeChat writes it."""

    hours: str
    campaigns: list[Campaign]
    menu: dict[str, Any]
    answers: list[Answer]
    article: Article
    templates: list[TemplateChoice]


def accounts() -> Accounts:
    """The accounts of the example shop; made up."""
    return cast("Accounts", json.loads((DATA / "accounts.json").read_text(encoding="utf-8")))


def article_text() -> str:
    """The example article in Markdown: its pictures are 1 (the cover) and 2 (its products)."""
    return (DATA / "article.md").read_text(encoding="utf-8")


def _rows(name: str) -> tuple[Any, ...]:
    return tuple(json.loads((DATA / f"{name}.json").read_text(encoding="utf-8")))
