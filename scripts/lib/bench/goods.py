"""A shop full of made-up data: 1,000 products in 20 categories, a timetable, travellers, a counter device; and in bulk
orders that wait for their payment and parcels that wait for their traveller: packed, on a shelf, with every check to be made,
because they hold spirits, go on by a connecting flight, and the point asks for all there is and keeps it."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import psycopg

from shop.base.ids import new_out_trade_no, random_name
from shop.base.money import Currency, Money
from shop.catalogue import commands as catalogue
from shop.flights import commands as flights
from shop.people import commands as people
from shop.people.states import DeviceKind
from shop.pickup import codes
from shop.pickup import commands as pickup
from shop.pickup.checks import EVIDENCE, Asks

CATEGORIES, PRODUCTS = 20, 1000
TRAVELLERS = 100_000  # as many as the plain SQL has: few of them order twice for the same trip
SEASON = 8_000  # orders before the bench begins
PLENTY = 100_000_000
LINES, PRICE = 3, 100_00  # of every prepared order
POINT, FLIGHT, SCARCE = "T1-B42", "CA932", "SCARCE"
DESTINATION, ONWARD = "PEK", "HKG"  # of every flight; and of the prepared orders
SLOTS, DAYS_AHEAD = 40, 3


def words(text: str, more: str = "") -> dict[str, str]:
    return {"zh": f"免税商品 {text} {more}", "en": f"Duty free {text} {more}", "de": f"Zollfrei {text} {more}"}


def fill() -> None:
    """Products, timetable and travellers, through the shop's own commands where there are such."""
    catalogue.put_categories([catalogue.NewCategory(code=f"c{n}", name=words(f"品类 {n}"), rank=n) for n in range(CATEGORIES)])
    catalogue.put_products([_product(n) for n in range(PRODUCTS)], Currency.EUR, datetime.now(UTC))
    airports = [("FRA", "DE", "Europe/Berlin", "EU"), ("PEK", "CN", "Asia/Shanghai", "CN"), ("HKG", "HK", "Asia/Hong_Kong", "HK")]
    flights.put_timetable(
        [
            flights.NewAirport(iata=i, name=words(i), city=words(i), country=c, tz=tz, customs_area=area)
            for i, c, tz, area in airports
        ],
        [
            flights.NewFlight(
                number=FLIGHT if n == 0 else f"CA{n + 100}", carrier_zh="国航", carrier_en="Air China", origin="FRA",
                destination="PEK", terminal="T1", departs=time(14, 5), weekdays="1234567", minutes=585,
            )
            for n in range(40)
        ],
        [
            flights.NewPoint(
                code=code, airport="FRA", terminal=code[:2], zone=code[3:4], name=words(code), directions=words("turn right"),
                hours={day: ["06:00", "21:30"] for day in "1234567"}, tz="Europe/Berlin", order_lead_minutes=180,
                opens_before_minutes=240,
            )
            for code in (POINT, "T1-Z15", "T2-D06", "T3-H07")
        ],
    )  # fmt: skip
    everything = Asks(boarding_pass=True, age=True, sealed_bag=True, identity=True, keeps=EVIDENCE)
    pickup.put_rules(POINT, everything, big_minor=LINES * PRICE, big_pieces=LINES)


def _product(n: int) -> catalogue.NewProduct:
    return catalogue.NewProduct(
        sku=f"SKU-{n:06}", ean=f"{2100000000000 + n}", category=f"c{n % CATEGORIES}", brand=f"Brand {n % 80}",
        name=words(str(n), "经典礼盒装"), text=words("机场免税商品描述文字。" * 12), price=Money(4000 + (n * 37) % 180_000, Currency.EUR),
        on_hand=PLENTY, rank=(n * 7919) % 1000, volume_ml=100 + n % 900, alcohol_permille=400, picture=f"picture-{n}",
    )  # fmt: skip


def a_scarce_product(n: int, on_hand: int) -> str:
    """One more product of which there is little; answers its SKU."""
    sku = f"{SCARCE}-{n}"
    catalogue.put_products(
        [
            catalogue.NewProduct(
                sku=sku, ean=f"{2200000000000 + n}", category="c0", brand="Rare", name=words(sku), text=words(sku),
                price=Money(9900, Currency.EUR), on_hand=on_hand, rank=99_999,
            )
        ],
        Currency.EUR,
        datetime.now(UTC),
    )  # fmt: skip
    return sku


def a_counter() -> str:
    """The token of a device that may scan at every point."""
    return people.create_device("Bench", DeviceKind.COUNTER, None, None, datetime.now(UTC))


@dataclass(frozen=True, slots=True)
class Prepared:
    """An order that was put into the database in bulk."""

    number: str
    traveller: int
    out_trade_no: str
    token: str


class Stockroom:
    """Prepares orders by plain SQL: made as the shop makes them, only many at once."""

    def __init__(self, connection: psycopg.Connection, secret: str) -> None:
        self.connection, self.secret = connection, secret
        self.point = self._one("SELECT id FROM pickup_points WHERE code = %s", (POINT,))
        self.first_product = self._one("SELECT min(id) FROM products")
        connection.execute(
            "INSERT INTO shelf_slots (pickup_point_id, code, capacity, active) SELECT %s, 'S' || n, %s, true FROM generate_series(1, %s) n",
            (self.point, PLENTY, SLOTS),
        )

    def travellers(self) -> list[int]:
        """Make the travellers; answers their keys."""
        rows = self.connection.execute(
            "INSERT INTO travellers (app_id, openid, first_seen_at, last_seen_at) "
            "SELECT 'wxbench', 'o' || md5(n::text), now(), now() FROM generate_series(1, %s) n RETURNING id",
            (TRAVELLERS,),
        ).fetchall()
        self.first_traveller = int(rows[0][0])
        return [int(row[0]) for row in rows]

    def unpaid(self, count: int) -> list[Prepared]:
        """Orders with an open attempt, of which a notice may tell."""
        return self._orders(count, "awaiting_payment", _ATTEMPTS)

    def untouched(self, count: int) -> list[Prepared]:
        """Orders whose payment was never opened."""
        return self._orders(count, "awaiting_payment", "")

    def parcels(self, count: int) -> list[Prepared]:
        """Packed orders with pickup codes, on the shelf."""
        return self._orders(count, "ready", f"{_CODES}; {_PACKED}")

    def count_handed_over(self, prepared: Sequence[Prepared]) -> int:
        """How many of these were handed over with every check written down."""
        return self._one(
            "SELECT count(*) FROM scans JOIN orders ON orders.id = scans.order_id WHERE orders.number = ANY(%s) "
            "AND orders.state = 'collected' AND outcome = 'collected' AND details::jsonb->'checks' ?& "
            "ARRAY['boarding_pass', 'identity', 'age', 'sealed_bag']",
            ([one.number for one in prepared],),
        )

    def a_season(self) -> None:
        """Orders of the past, paid and collected: a shop that has just opened is planned for by PostgreSQL as an empty one."""
        self.unpaid(SEASON // 4)
        self.parcels(SEASON)
        for statement in _SEASON:
            self.connection.execute(statement.encode())

    def _orders(self, count: int, state: str, also: str) -> list[Prepared]:
        claim = "allocated" if state == "ready" else "held"
        numbers, trade_numbers = _unlike(count, lambda: "B" + random_name(11)), _unlike(count, new_out_trade_no)
        pickup_codes = _unlike(count, codes.new_code)
        departs = (datetime.now(UTC) + timedelta(days=DAYS_AHEAD)).replace(hour=13, minute=5, second=0, microsecond=0)
        values = {
            "numbers": numbers, "state": state, "total": LINES * PRICE, "departs": departs,
            "point": self.point, "onward": ONWARD, "first": self.first_traveller, "travellers": TRAVELLERS, "key": secrets.token_hex(8),
        }  # fmt: skip
        with self.connection.transaction():
            rows = self.connection.execute(_ORDERS, values).fetchall()
            facts = {
                "keys": [row[0] for row in rows], "first": self.first_product, "lines": LINES, "products": PRODUCTS, "price": PRICE,
                "state": claim, "codes": pickup_codes, "trade": trade_numbers, "total": LINES * PRICE,
            }  # fmt: skip
            self.connection.execute(_LINES, facts)
            self.connection.execute(_HOLDS, facts)
            self.connection.execute(_STOCK.replace("COLUMN", claim), facts)
            for statement in filter(None, also.split(";")):
                self.connection.execute(statement, facts)
        tokens = [codes.token_of(code, self.secret) if state == "ready" else "" for code in pickup_codes]
        owners = [int(row[1]) for row in rows]
        return [Prepared(*parts) for parts in zip(numbers, owners, trade_numbers, tokens, strict=True)]

    def _one(self, statement: str, values: tuple[object, ...] = ()) -> int:
        row = self.connection.execute(statement.encode(), values).fetchone()
        if row is None:
            raise LookupError(statement)
        return int(row[0])


def _unlike(count: int, make: Callable[[], str]) -> list[str]:
    """`count` different ones."""
    made: set[str] = set()
    while len(made) < count:
        made.add(make())
    return list(made)


_ORDERS = """
INSERT INTO orders (number, traveller_id, idempotency_key, request_hash, state, refund_state, total_minor, total_currency,
  placed_at, pay_before, hold_until, paid_at, changed_at, language, flight_number, flight_date, departs_at, origin, destination,
  final_destination, terminal, pickup_point_id, collect_from, collect_until, traveller_name, residence)
SELECT number, %(first)s + n %% %(travellers)s, %(key)s || '-' || n, md5(number), %(state)s::text, 'none', %(total)s, 'EUR',
  now(), now() + interval '1 day', now() + interval '2 day', CASE WHEN %(state)s::text = 'ready' THEN now() END, now(), 'zh', 'CA932',
  %(departs)s::timestamptz::date, %(departs)s::timestamptz, 'FRA', 'PEK', %(onward)s, 'T1',
  %(point)s, %(departs)s::timestamptz - interval '4 hour',
  %(departs)s::timestamptz, 'WANG XIAOMING', 'CN'
FROM unnest(%(numbers)s::text[]) WITH ORDINALITY AS wanted(number, n) ORDER BY n RETURNING id, traveller_id"""
_SPREAD = """unnest(%(keys)s::bigint[]) AS made(id), generate_series(1, %(lines)s) AS line,
  LATERAL (SELECT %(first)s + (made.id * 7 + line * (%(products)s / %(lines)s)) %% %(products)s AS product_id) AS chosen"""
_LINES = f"""
INSERT INTO order_lines (order_id, position, product_id, sku, name_zh, name_en, name_de, picture, quantity, unit_price_minor)
SELECT made.id, line, p.id, p.sku, p.name_zh, p.name_en, p.name_de, p.picture, 1, %(price)s
FROM {_SPREAD} JOIN products p ON p.id = chosen.product_id"""  # noqa: S608 - words of this file
_HOLDS = f"""
INSERT INTO stock_holds (reference, product_id, quantity, state, changed_at)
SELECT made.id, chosen.product_id, 1, %(state)s::text, now() FROM {_SPREAD}"""  # noqa: S608 - likewise
_STOCK = """
UPDATE stock SET COLUMN = COLUMN + claimed.quantity FROM (
  SELECT product_id, sum(quantity) AS quantity FROM stock_holds WHERE reference = ANY(%(keys)s) GROUP BY product_id
) claimed WHERE claimed.product_id = stock.product_id"""
_ATTEMPTS = """
INSERT INTO attempts (order_id, out_trade_no, amount_minor, amount_currency, request, time_expire, created_at, state, prepay_id,
  prepay_at, checks)
SELECT made.id, made.no, %(total)s, 'EUR', '{}', now() + interval '1 day', now(), 'prepaid', 'wx', now(), 0
FROM unnest(%(keys)s::bigint[], %(trade)s::text[]) AS made(id, no)"""
_CODES = """
INSERT INTO pickups (order_id, code, issued_at)
SELECT made.id, made.code, now() FROM unnest(%(keys)s::bigint[], %(codes)s::text[]) AS made(id, code)"""
_PACKED = f"""
WITH shelf AS (
  SELECT array_agg(id) AS ids FROM shelf_slots
), packed AS (
  INSERT INTO parcels (order_id, state, slot_id, recent_scans, opened_at, changed_at, packed_at, packed_by, told_at)
  SELECT made.id, 'ready', shelf.ids[1 + made.id %% {SLOTS}], '[]', now(), now(), now(), 'device:1', now()
  FROM unnest(%(keys)s::bigint[]) AS made(id), shelf RETURNING order_id
)
INSERT INTO parcel_lines (order_id, position, packed) SELECT order_id, line, 1 FROM packed, generate_series(1, %(lines)s) AS line"""  # noqa: S608 - words of this file
_SEASON = (
    # What was ordered in a season has flown: one trip a day, for three months.
    """
UPDATE orders SET flight_date = flight_date - gone, departs_at = departs_at - gone * interval '1 day',
  collect_from = collect_from - gone * interval '1 day', collect_until = collect_until - gone * interval '1 day'
FROM (SELECT id AS order_id, (4 + id % 90)::int AS gone FROM orders) flown WHERE flown.order_id = orders.id""",
    """
INSERT INTO order_history (order_id, old_state, new_state, at, who, why)
SELECT id, 'awaiting_payment', state, now(), 'wechat', 'paid' FROM orders""",
    "INSERT INTO announcements (name, subject, at, spread_at) SELECT 'orders.paid', id, now(), now() FROM orders",
    """
INSERT INTO payment_notices (notice_id, event_type, received_at, out_trade_no, merchant, verdict, order_id)
SELECT md5(number), 'TRANSACTION.SUCCESS', now(), number, '1900000109', 'settles', id FROM orders WHERE state = 'ready'""",
    """
INSERT INTO scans (scan_id, device_id, order_id, outcome, scanned_at, received_at)
SELECT md5(number), (SELECT min(id) FROM devices), id, 'not_ready', now(), now() FROM orders WHERE state = 'ready'""",
)
