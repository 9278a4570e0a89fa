"""Puts the example shop (`shop.seed`) into the database through the rooms' own commands."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, time
from pathlib import Path

from msgspec.structs import replace

from shop import seed
from shop.base import versions
from shop.base.money import Currency, Money
from shop.catalogue import commands as catalogue
from shop.catalogue import indexing
from shop.flights import commands as flights
from shop.flights import queries as travel
from shop.pickup import commands as pickup
from shop.pickup import packing, packing_shelf_queries
from shop.pickup.checks import Asks
from shop.policies import commands as settings
from shop.policies import queries as policies
from shop.seed import pictures

# What the example counters ask for: of age for alcohol, and a sealed bag for liquids on a connecting flight. One of them asks
# for the boarding pass as well, and keeps of it what the buyer's evidence for the tax office needs.
ASKS = Asks(age=True, sealed_bag=True)
STRICT_POINT, ASKS_MORE = "T1-B42", replace(ASKS, boarding_pass=True, keeps=frozenset({"flight", "date", "destination"}))
BIG, BIG_PIECES = {Currency.EUR: 1000_00, Currency.CNY: 8000_00}, 20


def put_example_shop(currency: Currency, picture_folder: Path, now: datetime, say: Callable[[str], None]) -> None:
    """Categories, products with pictures and stock, airports, flights, pickup points. Harmless twice."""
    data = seed.load()
    say(f"drawing pictures of {len(data.products)} products")
    names = pictures.write_pictures(data.products, picture_folder)
    catalogue.put_categories(
        catalogue.NewCategory(code=c["code"], name=_words(c["name"]), rank=c["rank"]) for c in data.categories
    )
    count = catalogue.put_products((_product(p, currency, names[p["sku"]]) for p in data.products), currency, now)
    while indexing.index_due():
        pass
    say(f"{count} products in {len(data.categories)} categories, found by Chinese, pinyin and brand")
    carriers = {c["code"]: c["name"] for c in data.carriers}
    flights.put_timetable(
        (
            flights.NewAirport(
                iata=a["iata"], name=_words(a["name"]), city=_words(a["city"]), country=a["country"], tz=a["tz"],
                customs_area=a["customs_area"],
            )
            for a in data.airports
        ),
        (
            flights.NewFlight(
                number=f["number"], carrier_zh=carriers[f["carrier"]]["zh"], carrier_en=carriers[f["carrier"]]["en"],
                origin=f["origin"], destination=f["to"], terminal=f["terminal"], departs=time.fromisoformat(f["departs"]),
                weekdays="".join(str(day) for day in f["weekdays"]), minutes=f["minutes"],
            )
            for f in data.flights
        ),
        (
            flights.NewPoint(
                code=p["code"], airport=p["airport"], terminal=p["terminal"], zone=p["zone"], name=_words(p["name"]),
                directions=_words(p["directions"]), hours={str(h["weekday"]): [h["opens"], h["closes"]] for h in p["hours"]},
                tz=p["tz"], order_lead_minutes=p["order_lead_minutes"], opens_before_minutes=p["pickup_opens_minutes_before"],
                ways=p["ways"],
            )
            for p in data.pickup_points
        ),
    )  # fmt: skip
    for point in data.pickup_points:
        asks = ASKS_MORE if point["code"] == STRICT_POINT else ASKS
        pickup.put_rules(point["code"], asks, big_minor=BIG[currency], big_pieces=BIG_PIECES)
    _put_seller(now)
    slots = _put_shelves({point["code"]: point["shelf"] for point in data.pickup_points})
    say(f"{len(data.flights)} flights, {len(data.pickup_points)} pickup points" + (f" with {slots} shelf slots" if slots else ""))


def _put_seller(now: datetime) -> None:
    """A made-up seller, where nobody has said yet who sells."""
    day = versions.day_of(now)
    if not policies.seller(day)["name"]:
        settings.change("seller", "all", {**policies.seller(day), **seed.seller()}, seen=None, by="system", now=now)


def _put_shelves(shelves: Mapping[str, Sequence[seed.ShelfRow]]) -> int:
    """Slots for the points that have none; answers how many. A shelf that somebody has set up stays as it is."""
    count = 0
    for point in travel.points():
        if packing_shelf_queries.shelf_of(point.id) or point.code not in shelves:
            continue
        rows = shelves[point.code]
        slots = {f"{row['row']}{n}": row["capacity"] for row in rows for n in range(1, row["slots"] + 1)}
        packing.put_slots(point.id, slots)
        count += len(slots)
    return count


def _words(words: seed.Words) -> dict[str, str]:
    return {"zh": words["zh"], "en": words["en"], "de": words["de"]}


def _product(product: seed.Product, currency: Currency, picture: str) -> catalogue.NewProduct:
    minor = product["price_eur_minor"] if currency is Currency.EUR else product["price_cny_minor"]
    paid = product.get("duty_paid_eur_minor") if currency is Currency.EUR else product.get("duty_paid_cny_minor")
    return catalogue.NewProduct(
        sku=product["sku"], ean=product["ean"], category=product["category"], brand=product["brand"],
        name=_words(product["name"]), text=_words(product["text"]), price=Money(minor, currency), on_hand=product["stock"],
        rank=product["rank"], volume_ml=product["volume_ml"], alcohol_permille=product["alcohol_permille"],
        weight_g=product["weight_g"], picture=picture, location=product["location"],
        duty_paid=Money(paid, currency) if paid is not None else None,
    )  # fmt: skip
