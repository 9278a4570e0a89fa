"""Packing as JSON, by plain functions like the other answers."""

from shop.base.money import Currency, Money
from shop.payments.refund_queries import RefundView
from shop.pickup.packing import Counted
from shop.pickup.packing_parcel_queries import ParcelView
from shop.pickup.packing_queries import Due, PickList, WaveView
from shop.pickup.scan_box import label_text
from shop.web.api.answers import Json, moment, money, picture
from shop.web.templates import words


def wave(value: WaveView) -> Json:
    return {
        "id": value.id, "point": value.point, "departs_from": moment(value.departs_from),
        "departs_to": moment(value.departs_to), "flights": list(value.flights), "orders": value.orders, "left": value.left,
        "pieces_left": value.pieces_left, "due": moment(value.due) if value.due else None, "light": value.light.value,
    }  # fmt: skip


def pick_list(value: PickList) -> Json:
    lines = [
        {
            "location": line.location, "sku": line.sku, "ean": line.ean, "name": words(line.name), "total": line.total,
            "orders": [{"number": number, "quantity": quantity} for number, quantity in line.orders],
        }
        for line in value.lines
    ]  # fmt: skip
    return {
        "wave": value.wave_id, "point": value.point, "departs_from": moment(value.departs_from),
        "departs_to": moment(value.departs_to), "orders": value.orders, "pieces": value.pieces, "lines": lines,
    }  # fmt: skip


def due(value: Due) -> Json:
    return {
        "number": value.number, "state": value.state.value, "initials": value.initials, "flight": value.flight_number,
        "departs_at": moment(value.departs_at), "point": value.point, "wave": value.wave_id, "slot": value.slot,
        "pieces": value.pieces, "packed": value.packed, "due": moment(value.due), "minutes_left": value.minutes_left,
        "light": value.light.value,
    }  # fmt: skip


def parcel(value: ParcelView, proposed: str | None) -> Json:
    lines = [
        {
            "position": line.position, "sku": line.sku, "ean": line.ean, "name": words(line.name),
            "picture": picture(line.picture), "location": line.location, "wanted": line.wanted, "packed": line.packed,
        }
        for line in value.lines
    ]  # fmt: skip
    return {
        "number": value.number, "state": value.state.value, "refund_state": value.refund_state.value,
        "parcel": value.parcel.value if value.parcel else None, "slot": value.slot, "proposed_slot": proposed,
        "point": value.point, "initials": value.initials, "flight": value.flight_number,
        "departs_at": moment(value.departs_at), "due": moment(value.due), "wave": value.wave_id,
        "complete": value.complete, "label": label_text(value.number), "lines": lines,
    }  # fmt: skip


def counted(value: Counted) -> Json:
    return {
        "sku": value.sku, "position": value.position, "packed": value.packed, "wanted": value.wanted, "missing": value.missing,
    }  # fmt: skip


def shortage(view: ParcelView, refund: RefundView) -> Json:
    return {
        "number": view.number, "state": view.state.value, "refund": refund.out_refund_no,
        "amount": money(Money(refund.amount_minor, Currency(refund.currency))), "refund_state": refund.state.value,
    }  # fmt: skip
