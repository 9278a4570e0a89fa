"""Verbs about orders: place one, let the unpaid ones go, cancel one that was never sent to WeChat Pay."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import cache
from typing import Any

from msgspec import Struct
from sqlalchemy import BigInteger, FromClause, bindparam, column, insert, literal, literal_column, select, true
from sqlalchemy import values as rows_of
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.base.asking import Question
from shop.base.db import reading, transaction
from shop.base.errors import Kind, ShopError
from shop.base.fragments import Known
from shop.base.ids import OrderId, OrderNumber, TravellerId, new_order_number
from shop.base.money import Currency, Money
from shop.base.onego import CameShort, OneGo, Part, Went
from shop.base.outbox import announce_part
from shop.base.versions import day_of
from shop.catalogue import stock
from shop.catalogue.models import Product
from shop.catalogue.queries import NoSuchProduct, Offer, offer_of, skus_as_values, some
from shop.customs import rules as law
from shop.customs.rules import Meter
from shop.flights import queries as flights
from shop.flights import rules as flight_rules
from shop.orders import deciding, events, moves, queries, rules
from shop.orders.deciding import Decided
from shop.orders.declaring import HAS_OTHERS, Brought, brought, brought_by, same_trip
from shop.orders.models import Order, OrderLine
from shop.orders.planning import DepartureTimeNeeded as DepartureTimeNeeded
from shop.orders.planning import trip_columns
from shop.orders.queries import LineView, OrderView
from shop.orders.rules import Wanted
from shop.orders.states import OrderState, RefundState
from shop.people.queries import lock_traveller, openid_of

PRODUCTS: Any = Product.__table__
Day = date  # a field of `Plan` is called `date`


class KeyReused(ShopError):
    """The same idempotency key came with another order."""

    kind, code = Kind.REFUSED, "idempotency_key_reused"


class PriceChanged(ShopError):
    """The order would cost another sum than the traveller has seen: a price has changed meanwhile. Facts: `total`."""

    kind, code = Kind.CONFLICT, "price_changed"


class WrongCountry(ShopError):
    kind, code = Kind.INVALID, "wrong_country"


class Plan(Struct, frozen=True, kw_only=True):
    """What a traveller asks for. `departs_local` is needed only for a flight the timetable does not know.

    `seen_minor` is the sum that was shown, where one was: the order is placed at no other. `destination` is where a flight
    lands that the timetable does not know, when that is not the final destination.
    """

    lines: tuple[Wanted, ...]
    flight: str
    date: Day
    final_destination: str
    pickup_point: str
    name: str
    residence: str
    departs_local: time | None = None
    birth_date: Day | None = None
    adult: bool | None = None  # of whoever gives no birth date: said to be 18 (True), was asked and did not say so (False)
    campaign: str | None = None
    language: str = "zh"
    seen_minor: int | None = None
    destination: str | None = None

    def fingerprint(self) -> str:
        """The same for the same wish, so that a repeated request is known as one."""
        said = [sorted((w.sku, w.quantity) for w in self.lines), self.flight.upper().replace(" ", ""), self.date, self.final_destination,
                self.pickup_point, self.name, self.residence, self.departs_local, self.birth_date, self.campaign,
                *([self.destination] if self.destination else [])]  # fmt: skip
        return hashlib.sha256(json.dumps(said, default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Placed:
    """`new` is False when the same request had placed this order before; else it comes with what a query would tell of it."""

    number: OrderNumber
    new: bool
    order: OrderView | None = field(default=None, compare=False, repr=False)
    carried: rules.Carried | None = field(default=None, compare=False, repr=False)
    meter: Meter | None = field(default=None, compare=False, repr=False)


def place(
    plan: Plan, traveller_id: TravellerId, idempotency_key: str, currency: Currency, within: timedelta, now: datetime
) -> Placed:
    """Place an order and hold its stock until it is paid or its time runs out.

    The same `idempotency_key` with the same plan answers the order of the first time. Raises OutOfStock (nothing is
    held then), KeyReused, and the refusals of the rules: EmptyBasket, WrongQuantity, NoSuchProduct, NoSuchPoint,
    NoSuchAirport, WrongFlightNumber, NotFlyingThatDay, DepartureTimeNeeded, TooLate, TooFarAhead, PointClosed,
    NotCollectedHere, NotDutyFree, TooYoung, AgeNotConfirmed, WrongName, PriceChanged, BelowMinimum, OverAllowance (a rule that stops).
    """
    while True:
        try:
            return _place(plan, traveller_id, idempotency_key, currency, within, now)
        except (ShopError, IntegrityError) as refused:
            # Looked up only now: a request that is repeated is rare, and may come when its flight is too close by now.
            if (earlier := _placed_before(plan, traveller_id, idempotency_key)) is not None:
                return earlier
            if not (isinstance(refused, stock.OutOfStock) and expire_due(now)):
                raise  # else: what others have let go is there now


def _placed_before(plan: Plan, traveller_id: TravellerId, idempotency_key: str) -> Placed | None:
    """The order that this request placed when it came the first time. Raises KeyReused: it was another request;
    NotSignedIn: there is no such traveller."""
    with transaction() as session:
        earlier = queries.by_key(session, traveller_id, idempotency_key)
        if earlier is None:
            openid_of(session, traveller_id)  # NotSignedIn: a session from before the database was made anew
            return None
    if earlier.request_hash != plan.fingerprint():
        raise KeyReused
    return Placed(OrderNumber(earlier.number), new=False)


def _place(
    plan: Plan, traveller_id: TravellerId, key: str, currency: Currency, within: timedelta, now: datetime
) -> Placed:
    quantities = rules.check_lines(plan.lines)
    name = rules.clean_name(plan.name)
    flight = flight_rules.clean_flight_number(plan.flight)
    facts, point = _trip(plan, flight, now)
    trip = {f"p_{name}": value for name, value in trip_columns(flight, plan.date, plan.departs_local, facts).items()}
    departs_at = trip["p_departs_at"]
    offers, has_others = _wanted(quantities, same_trip(traveller_id, departs_at, now))
    goods = deciding.goods_of(offers)
    _check(plan, offers)
    flight_rules.check_in_time(point, departs_at, now, flight, goods)
    start, end = flight_rules.collect_between(point, departs_at)

    def decide(others: Sequence[Brought]) -> Decided:
        age = law.age_on(plan.birth_date, plan.date)
        return deciding.decide(facts, offers, quantities, plan.residence, age, brought_by(others, name), currency, day_of(now))

    def others_in(session: Session) -> Sequence[Brought]:
        return brought(session, traveller_id, departs_at, now)

    decided = decide(_read(others_in) if has_others else [])
    number = new_order_number()
    total = decided.total
    if plan.seen_minor is not None and plan.seen_minor != total.minor:
        raise PriceChanged(total=str(total))
    law.check(decided.meter)
    last = rules.pay_before(now, within, flight_rules.cut_off(point, departs_at, flight, goods))
    values = {
        **trip, **stock.wanted_values({offers[sku].id: count for sku, count in quantities.items()}),
        **_prices(offers, quantities, decided.prices), "p_treatment": decided.sale.treatment.value,
        "p_number": number, "p_traveller_id": traveller_id, "p_idempotency_key": key, "p_request_hash": plan.fingerprint(),
        "p_total_minor": total.minor, "p_total_currency": total.currency.value, "p_now": now,
        "p_pay_before": last, "p_hold_until": last + rules.HOLD_GRACE,
        "p_pickup_point_id": facts.point.id, "p_collect_from": start, "p_collect_until": end,
        "p_traveller_name": name, "p_residence": plan.residence, "p_birth_date": plan.birth_date,
        "p_adult_confirmed_at": now if plan.adult and _has_alcohol(offers) else None,
        "p_campaign": plan.campaign, "p_language": plan.language,
        "p_who": "traveller", "p_why": "ordered",
    }  # fmt: skip
    try:
        if deciding.stops(decided.meter):
            went = _one_after_another(traveller_id, lambda session: decide(others_in(session)), len(quantities), values)
        else:
            went = _placing(len(quantities)).alone(values)
    except CameShort:
        raise stock.OutOfStock from None
    assert went.row is not None  # noqa: S101 - an INSERT either returns its row or raises
    order = _as_written(OrderId(went.row.id), values, facts, offers, quantities, decided)
    return Placed(number, new=True, order=order, carried=_carried(facts, offers, quantities, decided, currency), meter=decided.meter)


def _trip(plan: Plan, flight: str, now: datetime) -> tuple[flights.TripFacts, flight_rules.PointRules]:
    """What timetable, point and settings say about the trip, as of a moment ago. Raises what `trip_facts` raises."""
    day, today = plan.date, day_of(now)

    def ask() -> tuple[flights.TripFacts, flight_rules.PointRules]:
        with reading() as session:
            facts = flights.trip_facts(
                session, plan.pickup_point, flight, plan.final_destination, day, today, lands=plan.destination, question=_FACTS
            )
        return facts, facts.point.rules

    return _TRIPS.get((plan.pickup_point, flight, plan.final_destination, plan.destination, day, today), ask)


def _wanted(quantities: Mapping[str, int], whose: Mapping[str, Any]) -> tuple[dict[str, Offer], bool]:
    """The goods, and whether the traveller has others for this trip (`same_trip`), in one statement. Raises NoSuchProduct."""
    with reading() as session:
        rows = _goods(len(quantities)).rows(session, {**whose, **skus_as_values(quantities)})
    offers = {row.sku: offer_of(row) for row in rows}
    for sku in quantities:
        if sku not in offers:
            raise NoSuchProduct(sku=sku, fields={"lines": ["no_such_product"]})
    return offers, rows[0].has_others


@cache
def _goods(count: int) -> Question:
    return Question(some(count).add_columns(HAS_OTHERS.label("has_others")))


def _read(question: Callable[[Session], Sequence[Brought]]) -> Sequence[Brought]:
    with reading() as session:
        return question(session)


def _one_after_another(
    traveller_id: TravellerId, decide: Callable[[Session], Decided], count: int, values: dict[str, Any]
) -> Went:
    """Where a rule stops, two orders of one traveller at the same moment must not both be within it."""
    with transaction() as session:
        lock_traveller(session, traveller_id)
        law.check(decide(session).meter)
        return _placing(count).run(session, values)


def _as_written(
    order_id: OrderId, values: dict[str, Any], facts: flights.TripFacts, offers: dict[str, Offer], quantities: dict[str, int],
    decided: Decided,
) -> OrderView:
    """The order as a query would show it, without its history: who placed it need not wait for it to be read again."""
    said = {name: values[f"p_{name}"] for name in _SAID}
    in_order = sorted((offers[sku] for sku in quantities), key=lambda offer: offer.id)
    return OrderView(
        id=order_id, state=OrderState.AWAITING_PAYMENT, refund_state=RefundState.NONE, total=decided.total, placed_at=values["p_now"],
        paid_at=None, collected_at=None, point=facts.point, **said,
        lines=tuple(
            LineView(n, offer.sku, offer.name, offer.picture, quantities[offer.sku], decided.prices[offer.sku])
            for n, offer in enumerate(in_order, start=1)
        ),
    )  # fmt: skip


def _carried(
    facts: flights.TripFacts, offers: dict[str, Offer], quantities: dict[str, int], decided: Decided, currency: Currency
) -> rules.Carried:
    counted = [
        rules.Counted(count, decided.prices[sku], offers[sku].alcohol_permille, offers[sku].volume_ml)
        for sku, count in quantities.items()
    ]
    return rules.carried(facts.destination.customs_area, counted, currency)


def _check(plan: Plan, offers: dict[str, Offer]) -> None:
    if not (len(plan.residence) == 2 and plan.residence.isascii() and plan.residence.isupper()):
        raise WrongCountry(fields={"residence": ["wrong_country"]})
    rules.check_age(plan.birth_date, _has_alcohol(offers), plan.date, said=plan.adult)


def _has_alcohol(offers: dict[str, Offer]) -> bool:
    return any((offer.alcohol_permille or 0) > 0 for offer in offers.values())


def _prices(offers: dict[str, Offer], quantities: dict[str, int], prices: Mapping[str, Money]) -> dict[str, int]:
    """The price of each line, in the order of product keys, as `stock.wanted_values` has them."""
    ordered = sorted((offers[sku].id, prices[sku].minor) for sku in quantities)
    return {f"p_price_{n}": minor for n, (_, minor) in enumerate(ordered)}


_FACTS = Question(flights.TRIP.add_columns(*deciding.CNY_RATE))
_TRIPS: Known[tuple[flights.TripFacts, flight_rules.PointRules]] = Known()
_COLUMNS = (
    "number", "traveller_id", "idempotency_key", "request_hash", "total_minor", "total_currency", "pay_before", "hold_until",
    "language", "flight_number", "flight_date", "departs_at", "origin", "destination", "final_destination", "terminal",
    "pickup_point_id", "collect_from", "collect_until", "traveller_name", "residence", "birth_date", "adult_confirmed_at", "campaign",
    "treatment",
)  # fmt: skip


_SAID = (
    "number", "traveller_id", "pay_before", "hold_until", "flight_number", "flight_date", "departs_at", "origin", "destination",
    "final_destination", "terminal", "collect_from", "collect_until", "traveller_name", "residence", "birth_date", "adult_confirmed_at",
    "campaign", "language", "treatment",
)  # fmt: skip


@cache
def _placing(products: int) -> OneGo:
    orders: Any = Order.__table__
    values = {name: bindparam(f"p_{name}", type_=orders.c[name].type) for name in _COLUMNS}
    first = (
        insert(orders)
        .values(
            state=literal(OrderState.AWAITING_PAYMENT.value),
            refund_state=literal("none"),
            placed_at=moves.NOW,
            changed_at=moves.NOW,
            **values,
        )
        .returning(orders.c.id)
    )

    def then(source: FromClause) -> Sequence[Part]:
        return [
            ("lines", _insert_lines(source, products)),
            *moves.born_parts(source),
            announce_part(source, events.PLACED),
            *stock.hold_parts(source, products),
        ]

    return OneGo(first, then, must={"held": products})


def _insert_lines(source: FromClause, products: int) -> Any:
    """The lines at the prices that were added up; names and picture are the product's of this moment."""
    lines: Any = OrderLine.__table__
    asked = rows_of(
        column("position", BigInteger), column("product_id", BigInteger), column("quantity", BigInteger),
        column("price", BigInteger), name="asked",
    ).data(
        [
            (
                literal_column(str(n + 1)),
                *(bindparam(f"p_{name}_{n}", type_=BigInteger) for name in ("product", "quantity", "price")),
            )
            for n in range(products)
        ]
    ).cte("asked")  # fmt: skip
    kept = [PRODUCTS.c[name] for name in ("sku", "name_zh", "name_en", "name_de", "picture")]
    rows = source.join(asked, true()).join(PRODUCTS, PRODUCTS.c.id == asked.c.product_id)
    return insert(lines).from_select(
        ["order_id", "position", "product_id", *(each.name for each in kept), "quantity", "unit_price_minor"],
        select(source.c.id, asked.c.position, asked.c.product_id, *kept, asked.c.quantity, asked.c.price).select_from(rows),
    )


def expire_due(now: datetime, limit: int = 50) -> int:
    """Let go of unpaid orders whose hold has run out; answers how many. Anybody may call it, as often as they like.

    WeChat Pay takes no money for them any more (`time_expire` lies before the hold's end); a notice that is still on
    its way meets `payments`' rule for late payments.
    """
    orders: Any = Order.__table__  # the first page of a process looks here: the table is known before the mappers are
    gone = 0
    with transaction() as session:
        due = session.scalars(
            select(orders.c.id)
            .where(orders.c.state == OrderState.AWAITING_PAYMENT.value, orders.c.hold_until < now)
            .order_by(orders.c.id)
            .limit(limit)
            .with_for_update(skip_locked=True)
        ).all()
        for order_id in due:
            moves.let_go(session, order_id, OrderState.EXPIRED, now, who="system", why="not paid in time")
            gone += 1
    return gone
