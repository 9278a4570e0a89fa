"""What may be sent about an order's trip, and what is answered about its changes."""

from typing import Any

from marshmallow import Schema, fields, pre_load, validate

from shop.customs import states as customs
from shop.web.api.reading import Body, Day, about, text


class TripBody(Body):
    flight = text(16, "Flight number")
    date = Day(required=True, metadata=about("Local day of departure"))
    final_destination = text(
        3, "IATA code of the airport where the journey ends", pattern="[A-Za-z]{3}", code="no_such_airport"
    )
    departure_time = text(
        5, "Local time of departure, `HH:MM`; needed when the flight is not in the timetable",
        pattern="(?:[01][0-9]|2[0-3]):[0-5][0-9]", code="not_a_time", required=False, allow_none=True,
    )  # fmt: skip


class NewTripBody(TripBody):
    destination = text(
        3, "Where the flight lands, when the timetable does not know it and the journey goes on from there", pattern="[A-Za-z]{3}",
        code="no_such_airport", required=False, allow_none=True,
    )  # fmt: skip


class MoveBody(TripBody):
    """Where an order is to be moved. What is left out follows from the flight."""

    final_destination = text(
        3, "Where the journey ends; else the new flight's destination, or the present final destination of a connection",
        pattern="[A-Za-z]{3}", code="no_such_airport", required=False, allow_none=True,
    )  # fmt: skip
    pickup_point = text(
        16, "Code of the pickup point; else the present one, or that of the flight's terminal while nothing is packed",
        required=False, allow_none=True,
    )  # fmt: skip

    @pre_load
    def _take_out(self, data: Any, **_: object) -> Any:
        """The same trip as in an order's body, `{"trip": {…}, "pickup_point": …}`, means the same here."""
        if isinstance(data, dict) and isinstance(data.get("trip"), dict):
            return {**{name: value for name, value in data.items() if name != "trip"}, **data["trip"]}
        return data


class PointForFlight(Schema):
    """A pickup point for one departure: until when one can order and from when one can collect, in general."""

    code = fields.String(required=True)
    order_until = fields.AwareDateTime(required=True, allow_none=True)
    collect_from = fields.AwareDateTime(required=True, allow_none=True)
    collect_until = fields.AwareDateTime(required=True, allow_none=True)
    refusal = fields.String(required=True, allow_none=True, metadata=about("Why it cannot be: the code an order would meet"))


class Bar(Schema):
    """One thing that customs limit. `used` and `limit` are in `unit`: minor units of a currency, `ml`, `pieces` or `years`."""

    bar = fields.String(required=True, validate=validate.OneOf([str(one) for one in customs.Bar]))
    level = fields.String(required=True, validate=validate.OneOf([one.name.lower() for one in customs.Level]))
    area = fields.String(required=True, metadata=about("Whose rule: CN, CN_VISITOR, CN_VIA_HK, HK, MO"))
    used = fields.Integer(required=True, allow_none=True, metadata=about("None: it cannot be measured"))
    limit = fields.Integer(required=True, allow_none=True)
    unit = fields.String(required=True)


class CustomsRule(Schema):
    area = fields.String(required=True)
    source = fields.String(required=True)
    read_on = fields.Date(required=True, allow_none=True)


class Rate(Schema):
    base = fields.String(required=True)
    quote = fields.String(required=True)
    value = fields.String(required=True, metadata=about("A decimal number"))
    day = fields.Date(required=True)


class Meter(Schema):
    """The traveller's goods of all orders of this trip against what customs let in. Guidance, not a promise."""

    level = fields.String(
        required=True, validate=validate.OneOf([one.name.lower() for one in customs.Level]),
        metadata=about("`near`: nine tenths of a limit; `check`: it cannot be said; `over`: to be declared; `stop`: not sold"),
    )  # fmt: skip
    bars = fields.List(fields.Nested(Bar), required=True)
    rules = fields.List(fields.Nested(CustomsRule), required=True)
    rate = fields.Nested(Rate, required=True, allow_none=True)


class TripChange(Schema):
    """Another flight, or the same one at another time."""

    at = fields.AwareDateTime(required=True)
    who = fields.String(required=True)
    why = fields.String(required=True, validate=validate.OneOf(["moved", "delayed"]))
    old_flight = fields.String(required=True)
    new_flight = fields.String(required=True)
    old_departs_at = fields.AwareDateTime(required=True)
    new_departs_at = fields.AwareDateTime(required=True)
    old_final_destination = fields.String(required=True)
    new_final_destination = fields.String(required=True)
    old_point = fields.String(required=True, metadata=about("Code of the pickup point"))
    new_point = fields.String(required=True)


class OnMyWay(Schema):
    number = fields.String(required=True)
    on_my_way_at = fields.AwareDateTime(required=True, metadata=about("When it was said first"))
