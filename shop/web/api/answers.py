"""The shop's values as JSON, by plain functions: a schema run over every answer would cost more than the query."""

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, assert_never
from zoneinfo import ZoneInfo

from flask import Response

from shop.base import clock
from shop.base import money as base
from shop.base.ids import OrderId
from shop.catalogue.queries import Offer
from shop.customs.rules import Meter
from shop.flights.queries import KnownFlight, Point
from shop.orders.queries import LineView, OrderPage, OrderView
from shop.orders.rules import Carried
from shop.orders.trip_queries import TripChangeView
from shop.payments.refund_queries import RefundView
from shop.pickup.outcomes import (
    AlreadyCollected,
    Cancelled,
    Candidate,
    Check,
    Collected,
    NeedsCheck,
    NotPaid,
    NotReady,
    OtherPoint,
    Outcome,
    Parcel,
    Refunded,
    Revoked,
    Several,
    Unknown,
    WrongDay,
)
from shop.pickup.undoing import Undone
from shop.trips.points import PointChoice
from shop.web.templates import words
from shop.web.wiring import settings

WIDTHS = (360, 720)  # of every picture there are these two
Json = dict[str, Any]


def answer(body: Json, status: int = 200, **headers: str) -> Response:
    """A JSON answer; Chinese stays readable and short."""
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return Response(text, status, headers, mimetype="application/json")


def money(value: base.Money) -> Json:
    return {"amount": value.minor, "currency": value.currency.value}


def moment(value: datetime) -> str:
    """RFC 3339 in UTC, `2026-11-24T13:20:00Z`."""
    return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def picture(name: str | None, width: int = WIDTHS[0]) -> str | None:
    return f"{settings().public_url}/pictures/{name}-{width}.webp" if name else None


def product(offer: Offer) -> Json:
    state = offer.stock_state
    return {
        "sku": offer.sku, "ean": offer.ean, "brand": offer.brand, "category": offer.category,
        "name": words(offer.name), "text": words(offer.text),
        "volume_ml": offer.volume_ml, "alcohol_permille": offer.alcohol_permille, "weight_g": offer.weight_g,
        "price": money(offer.price), "price_duty_paid": money(offer.duty_paid) if offer.duty_paid is not None else None,
        "reduced_from": money(offer.reduced_from) if offer.reduced_from else None,
        "base_price": {**money(offer.base_price[0]), "unit": offer.base_price[1]} if offer.base_price else None,
        "stock_state": state, "left": offer.left if state == "few" else None,
        "pictures": [picture(offer.picture, width) for width in WIDTHS] if offer.picture else [],
    }  # fmt: skip


def point(value: Point) -> Json:
    today = clock.now().astimezone(ZoneInfo(value.tz)).date()
    return {
        "code": value.code, "airport": value.airport, "terminal": value.terminal, "zone": value.zone,
        "name": words(value.name), "directions": words(value.directions), "hours": value.week_of(today), "time_zone": value.tz,
        "exceptions": {day.isoformat(): times for day, times in sorted(value.plan.exceptions.items()) if day >= today},
        "order_until_minutes_before": int(value.order_lead.total_seconds()) // 60,
        "collect_from_minutes_before": int(value.opens_before.total_seconds()) // 60,
    }  # fmt: skip


def flight(value: KnownFlight, choices: Iterable[PointChoice]) -> Json:
    return {
        "number": value.number, "date": value.date.isoformat(), "carrier": words(value.carrier), "origin": value.origin,
        "destination": value.destination, "destination_city": words(value.destination_city), "terminal": value.terminal,
        "departs_at": moment(value.departs_at), "departure_time": value.departs_local.strftime("%H:%M"),
        "pickup_points": [
            {
                "code": one.point.code, "order_until": _moment(one.cut_off), "collect_from": _moment(one.collect_from),
                "collect_until": _moment(one.collect_until), "refusal": one.refusal,
            }
            for one in choices
        ],
    }  # fmt: skip


def _moment(value: datetime | None) -> str | None:
    return moment(value) if value is not None else None


def meter(value: Meter | None) -> Json | None:
    """All goods of a trip as customs would see them."""
    if value is None:
        return None
    rate = value.rate
    return {
        "level": value.level.name.lower(),
        "bars": [
            {
                "bar": one.bar.value, "level": one.level.name.lower(), "area": one.area, "used": one.used, "limit": one.limit,
                "unit": one.unit,
            }
            for one in value.readings
        ],
        "rules": [
            {"area": one.area, "source": one.source, "read_on": one.read_on.isoformat() if one.read_on else None}
            for one in value.allowances
        ],
        "rate": {"base": rate.base, "quote": rate.quote, "value": f"{rate.value:f}", "day": rate.day.isoformat()} if rate else None,
    }  # fmt: skip


def order_of_trip(value: OrderView, carried: Carried, trip: Meter | None, now: datetime) -> Json:
    """An order as it is now, and its trip on the meter."""
    said = order(value, carried, now)
    return {**said, "allowance": {**said["allowance"], "trip": meter(trip)}}


def _line(line: LineView) -> Json:
    return {
        "sku": line.sku, "name": words(line.name), "quantity": line.quantity, "unit_price": money(line.unit_price),
        "total": money(line.total), "picture": picture(line.picture),
    }  # fmt: skip


def order(value: OrderView, carried: Carried, now: datetime) -> Json:
    """An order as it is now, without its history."""
    at = value.point
    return {
        "number": value.number, "state": value.state_at(now).value, "refund_state": value.refund_state.value,
        "lines": [_line(line) for line in value.lines], "total": money(value.total),
        "placed_at": moment(value.placed_at), "pay_before": moment(value.pay_before),
        "paid_at": moment(value.paid_at) if value.paid_at else None,
        "trip": {
            "flight": value.flight_number, "date": value.flight_date.isoformat(),
            "departs_at": moment(value.departs_at),
            "origin": value.origin, "destination": value.destination, "final_destination": value.final_destination,
            "terminal": value.terminal,
        },
        "pickup_point": {
            "code": at.code, "name": words(at.name), "terminal": at.terminal, "zone": at.zone, "time_zone": at.tz,
        },
        "collect_from": moment(value.collect_from), "collect_until": moment(value.collect_until),
        "traveller": {"name": value.traveller_name, "residence": value.residence},
        "treatment": value.treatment,
        "allowance": {
            "customs_area": carried.customs_area, "alcohol_ml": carried.alcohol_ml, "value": money(carried.value),
        },
    }  # fmt: skip


def order_with_history(value: OrderView, carried: Carried, now: datetime) -> Json:
    """An order and how it came to be what it is."""
    history = [
        {
            "from": change.old_state.value if change.old_state else None, "to": change.new_state.value,
            "at": moment(change.at), "who": change.who, "why": change.why,
        }
        for change in value.history
    ]  # fmt: skip
    return {**order(value, carried, now), "history": history}


def trip_of_order(value: OrderView, changes: Iterable[TripChangeView]) -> Json:
    """What became of the trip since the order was placed, as its traveller may know it."""
    return {
        "on_my_way_at": moment(value.on_my_way_at) if value.on_my_way_at else None,
        "trip_changes": [
            {
                name: moment(said) if isinstance(said, datetime) else said
                for name, said in ((name, getattr(change, name)) for name in TripChangeView.__struct_fields__)
            }
            for change in changes
        ],
    }


def refund_of_order(value: RefundView) -> Json:
    """A refund as the order's traveller may know it."""
    return {
        "amount": money(base.Money(value.amount_minor, base.Currency(value.currency))), "state": value.state.value,
        "cause": value.cause.value, "requested_at": moment(value.requested_at),
        "done_at": moment(value.done_at) if value.done_at else None,
    }  # fmt: skip


def refund(value: RefundView, skus: Mapping[int, str]) -> Json:
    """A refund as managers see it; `skus` of the order's lines by position."""
    return {
        **refund_of_order(value), "refund": value.out_refund_no, "order": value.order_number,
        "lines": [{"sku": skus[position], "position": position, "quantity": quantity} for position, quantity in value.lines],
        "note": value.note, "asked_by": value.asked_by,
        "next_try_at": moment(value.next_try_at) if value.next_try_at else None,
    }  # fmt: skip


def _parcel(value: Parcel) -> Json:
    return {
        "slot": value.slot, "big": value.big, "connection": value.connection,
        "number": value.number, "traveller_name": value.traveller_name, "flight": value.flight_number,
        "departs_at": moment(value.departs_at), "final_destination": value.final_destination, "point": value.point,
        "total": money(value.total),
        "lines": [
            {
                "sku": line.sku, "position": line.position, "name": words(line.name), "quantity": line.quantity,
                "picture": picture(line.picture),
            }
            for line in value.lines
        ],
    }  # fmt: skip


def _check(value: Check) -> Json:
    return {"kind": value.kind.value, "hints": list(value.hints)}


def _candidate(value: Candidate) -> Json:
    return {
        "number": value.number, "initials": value.initials, "slot": value.slot, "state": value.state.value, "point": value.point,
    }  # fmt: skip


def scan(outcome: Outcome) -> Json:
    """What a scan came to."""
    said: Json = {"outcome": outcome.name.value}
    match outcome:
        case Unknown():
            return {**said, "forged": outcome.forged, **({"looked_for": outcome.looked_for.value} if outcome.looked_for else {})}
        case Several():
            return {**said, "parcels": [_candidate(one) for one in outcome.parcels]}
        case Revoked():
            return said
        case Collected():
            said["at"] = moment(outcome.at)
            if outcome.missing:
                said["missing"] = [{"position": position, "quantity": quantity} for position, quantity in outcome.missing]
            if outcome.undone_at:
                said["undone_at"] = moment(outcome.undone_at)
        case AlreadyCollected():
            said |= {"at": moment(outcome.at), "by": outcome.by}
        case WrongDay():
            said["collect_from"] = moment(outcome.collect_from)
        case NeedsCheck():
            said["checks"] = [_check(check) for check in outcome.checks]
        case NotReady() | NotPaid() | Cancelled() | Refunded() | OtherPoint():
            pass
        case _:
            assert_never(outcome)
    return {**said, "order": _parcel(outcome.parcel)}


def undone(value: Undone) -> Json:
    """A hand-over that was taken back."""
    return {"number": value.number, "state": value.state.value, "undone_at": moment(value.at)}


def order_page(page: OrderPage, carried: Mapping[OrderId, Carried], now: datetime) -> Json:
    """A page of orders, without their histories."""
    return {"items": [order(one, carried[one.id], now) for one in page.items], "next": page.next}
