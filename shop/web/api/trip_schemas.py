"""What may be sent about an order's trip, and what is answered about its changes."""

from typing import Any

from marshmallow import Schema, fields, pre_load, validate

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
