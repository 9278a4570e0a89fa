"""What may be sent to the API and what it answers. Answers are built in `answers.py`; tests hold the two together."""

from typing import Any

from marshmallow import Schema, ValidationError, fields, validate, validates_schema

from shop.base.money import Currency
from shop.customs.states import Treatment
from shop.orders.listing import Sort
from shop.orders.rules import MOST_PER_LINE
from shop.orders.states import OrderState, RefundState
from shop.payments.states import Cause, RefundStage
from shop.web.api.reading import MISSING, Body, Day, DayOrMoment, about, choice, text, whole
from shop.web.api.trip_schemas import Meter, NewTripBody, PointForFlight, TripChange

LANGUAGES = ("zh", "en", "de")
CODE = "[A-Za-z0-9_.-]+"


class LanguageQuery(Body):
    lang = choice(LANGUAGES, "Language of the texts; else the visitor's (cookie, Accept-Language), else Chinese")


class PageQuery(LanguageQuery):
    limit = whole(1, 100, "How many at most", load_default=20)
    after = text(40, "`next` of the page before", required=False)


class ProductsQuery(PageQuery):
    category = text(32, "Only this category", pattern=CODE, required=False)
    q = text(
        100, "Words that must all fit: Chinese, pinyin or its initials, a brand, SKU or EAN; typing errors are forgiven", least=0,
        required=False,
    )  # fmt: skip
    brand = text(60, "Only of this brand, by its code", pattern=CODE, required=False)
    sort = choice(("best", "price", "price_down", "new"), "The order; `best` is the shop's own or how well it fits `q`")
    in_stock = fields.Boolean(
        error_messages={"invalid": "not_a_choice"}, metadata=about("Only what can be ordered now")
    )


class FlightQuery(LanguageQuery):
    number = text(16, "Flight number in any usual spelling: `CA932`, `ca 932`")
    date = Day(required=True, metadata=about("Local day of departure"))


class ManageQuery(PageQuery):
    state = choice(OrderState, "Only orders in this state")
    since = DayOrMoment(
        data_key="from", metadata=about("Placed at or after this moment, or on or after this Frankfurt day")
    )
    until = DayOrMoment(
        end=True, data_key="to", metadata=about("Placed before this moment, or on or before this Frankfurt day")
    )
    point = text(16, "Only this pickup point", pattern=CODE, required=False)
    q = text(
        80,
        "One text that may be an order number, a pickup code, WeChat's transaction number, an `out_trade_no`, an "
        "`out_refund_no`, a flight (`CA932`, `CA932 2026-11-26`), or words that begin words of the traveller's name",
        required=False,
    )
    refund = choice(("any", *RefundState), "Only orders in this refund state; `any`: of which any money goes or went back")
    paid = choice(("yes", "no"), "Only orders that were paid, or that were not")
    flight_first = Day(data_key="flight_from", metadata=about("The flight leaves on or after this Frankfurt day"))
    flight_last = Day(data_key="flight_to", metadata=about("The flight leaves on or before this Frankfurt day"))
    least = whole(0, 10**12, "Total from this amount on, in minor units", required=False)
    most = whole(0, 10**12, "Total up to this amount, in minor units", required=False)
    attention = choice(("yes", "no"), "`yes`: only orders that a person should look at")
    sort = choice(Sort, "Descending by this: when it was placed (usual), when its flight leaves, or its total")


class Truth(fields.Boolean):
    """`true` or `false`, and nothing that merely looks like it: money depends on it."""

    default_error_messages = {**MISSING, "invalid": "not_true_or_false"}

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> bool:
        if not isinstance(value, bool):
            raise self.make_error("invalid")
        return value


class LineBody(Body):
    sku = text(32, "The product")
    quantity = whole(1, MOST_PER_LINE, "How many", strict=True, required=True, code="wrong_quantity")


class TravellerBody(Body):
    name = text(120, "As in the passport")
    residence = text(2, "Country of residence, ISO 3166-1 alpha-2", pattern="[A-Z]{2}", code="wrong_country")
    birth_date = Day(
        1900, allow_none=True, metadata=about("Not asked for; alcohol is refused to minors when it is given")
    )
    adult = Truth(
        allow_none=True,
        metadata=about(
            "The traveller says to be 18 or older; for alcohol, when no birth date is given. `false` is refused with "
            "`age_not_confirmed`, and so is leaving it out where the shop asks for it"
        ),
    )


class OrderBody(Body):
    lines = fields.List(
        fields.Nested(LineBody()), required=True, validate=validate.Length(max=100, error="too_many"),
        error_messages={**MISSING, "invalid": "not_a_list"},
    )  # fmt: skip
    trip = fields.Nested(NewTripBody(), required=True, error_messages=MISSING)
    pickup_point = text(16, "Code of the pickup point")
    traveller = fields.Nested(TravellerBody(), required=True, error_messages=MISSING)
    campaign = text(64, "Where the traveller came from", required=False, allow_none=True)


class CancelBody(Body):
    refund = Truth(load_default=False, metadata=about("Whether a paid order may be cancelled, with its money back"))


class RefundLineBody(Body):
    sku = text(32, "The product; or give the `position`", required=False)
    position = whole(0, 10**6, "The line's place in the order; or give the `sku`", strict=True, code="wrong_refund")
    quantity = whole(1, 10**6, "How many pieces", strict=True, required=True, code="wrong_quantity")

    @validates_schema
    def check_name(self, data: dict[str, Any], **_: object) -> None:
        if ("sku" in data) == ("position" in data):
            raise ValidationError("sku_or_position")


class MoneyBody(Body):
    amount = whole(1, 10**12, "Minor units: cents or fen", strict=True, required=True, code="wrong_refund")
    currency = choice(Currency, "That of the payment", required=True)


class RefundBody(Body):
    lines = fields.List(
        fields.Nested(RefundLineBody()), validate=validate.Length(1, 100, error="wrong_length"),
        error_messages={**MISSING, "invalid": "not_a_list"}, metadata=about("These pieces"),
    )  # fmt: skip
    amount = fields.Nested(MoneyBody(), error_messages=MISSING, metadata=about("This sum, of no line in particular"))
    reason = choice((Cause.GOODWILL, Cause.SHORTAGE, Cause.CANCELLED, Cause.COUNTER), "Why", required=True)
    note = text(200, "For staff; the traveller does not see it", required=False, allow_none=True)

    @validates_schema
    def check_what(self, data: dict[str, Any], **_: object) -> None:
        if "lines" in data and "amount" in data:
            raise ValidationError("lines_or_amount", "amount")


class Problem(Schema):
    """RFC 9457."""

    type = fields.String(required=True)
    title = fields.String(required=True)
    status = fields.Integer(required=True)
    code = fields.String(required=True, metadata=about("Stable; decide by this"))
    detail = fields.String()
    errors = fields.Dict(
        keys=fields.String(), values=fields.List(fields.String()), metadata=about("Codes by field, `lines.0.quantity`")
    )
    reference = fields.String(metadata=about("Finds the request in the shop's log"))


class Money(Schema):
    amount = fields.Integer(required=True, metadata=about("Minor units: cents or fen"))
    currency = fields.String(required=True, metadata=about("ISO 4217"))


class BasePrice(Money):
    unit = fields.String(required=True, validate=validate.OneOf(["l", "kg"]), metadata=about("A litre or a kilogram"))


class Product(Schema):
    sku = fields.String(required=True)
    ean = fields.String(required=True)
    brand = fields.String(required=True)
    category = fields.String(required=True)
    name = fields.String(required=True)
    text = fields.String(required=True)
    volume_ml = fields.Integer(required=True, allow_none=True)
    alcohol_permille = fields.Integer(required=True, allow_none=True, metadata=about("400 is 40.0 % vol"))
    weight_g = fields.Integer(required=True, allow_none=True)
    price = fields.Nested(Money, required=True)
    price_duty_paid = fields.Nested(
        Money, required=True, allow_none=True, metadata=about("For who stays or lives in the EU; null: not sold to them")
    )
    reduced_from = fields.Nested(
        Money, required=True, allow_none=True, metadata=about("The lowest price of the 30 days before, while the price is reduced")
    )
    base_price = fields.Nested(BasePrice, required=True, allow_none=True, metadata=about("What a litre or a kilogram costs"))
    stock_state = fields.String(required=True, validate=validate.OneOf(["available", "few", "sold_out"]))
    left = fields.Integer(required=True, allow_none=True, metadata=about("How many, when they are few"))
    pictures = fields.List(fields.String(), required=True, metadata=about("Addresses, small to large"))


class ProductPage(Schema):
    items = fields.List(fields.Nested(Product), required=True)
    instead = fields.Dict(
        keys=fields.String(), values=fields.String(), required=True,
        metadata=about("Words of `q` that nobody has, and what was taken for each"),
    )  # fmt: skip
    next = fields.String(required=True, allow_none=True, metadata=about("`after=` of the next page, null at the end"))


class PickupPoint(Schema):
    code = fields.String(required=True)
    airport = fields.String(required=True)
    terminal = fields.String(required=True)
    zone = fields.String(required=True)
    name = fields.String(required=True)
    directions = fields.String(required=True)
    hours = fields.Dict(
        keys=fields.String(), values=fields.List(fields.String()), required=True,
        metadata=about("Opening and closing by ISO weekday (`1` is Monday), in pairs where there is a break; a missing day is closed"),
    )  # fmt: skip
    exceptions = fields.Dict(
        keys=fields.String(), values=fields.List(fields.String()), required=True,
        metadata=about("The same for single days that differ, from today on; an empty list is closed"),
    )  # fmt: skip
    time_zone = fields.String(required=True)
    order_until_minutes_before = fields.Integer(
        required=True, metadata=about("Cut-off: minutes before departure, and never after closing")
    )
    collect_from_minutes_before = fields.Integer(
        required=True, metadata=about("Parcels can be collected from then on, in opening hours")
    )


class PickupPointList(Schema):
    items = fields.List(fields.Nested(PickupPoint), required=True)
    next = fields.String(required=True, allow_none=True)


class Flight(Schema):
    number = fields.String(required=True)
    date = fields.Date(required=True)
    carrier = fields.String(required=True)
    origin = fields.String(required=True)
    destination = fields.String(required=True)
    destination_city = fields.String(required=True)
    terminal = fields.String(required=True)
    departs_at = fields.AwareDateTime(required=True)
    departure_time = fields.String(required=True, metadata=about("Local time, `HH:MM`"))
    pickup_points = fields.List(fields.Nested(PointForFlight), required=True, metadata=about("Of the airport it leaves from"))


class OrderLine(Schema):
    sku = fields.String(required=True)
    name = fields.String(required=True)
    quantity = fields.Integer(required=True)
    unit_price = fields.Nested(Money, required=True)
    total = fields.Nested(Money, required=True)
    picture = fields.String(required=True, allow_none=True)


class Trip(Schema):
    flight = fields.String(required=True)
    date = fields.Date(required=True)
    departs_at = fields.AwareDateTime(required=True)
    origin = fields.String(required=True)
    destination = fields.String(required=True)
    final_destination = fields.String(required=True)
    terminal = fields.String(required=True)


class PointOfOrder(Schema):
    code = fields.String(required=True)
    name = fields.String(required=True)
    terminal = fields.String(required=True)
    zone = fields.String(required=True)
    time_zone = fields.String(required=True)


class OrderTraveller(Schema):
    name = fields.String(required=True)
    residence = fields.String(required=True)


class Allowance(Schema):
    """What the customs of the final destination would count. Guidance, not a promise."""

    customs_area = fields.String(required=True, metadata=about("CN, HK, MO, EU or OTHER"))
    alcohol_ml = fields.Integer(
        required=True, metadata=about("Millilitres above 12 % vol, which have a limit of their own")
    )
    value = fields.Nested(Money, required=True, metadata=about("Of everything else"))
    trip = fields.Nested(
        Meter, allow_none=True, metadata=about("All orders of the trip together; only where one order is answered; null within the EU")
    )


class Change(Schema):
    was = fields.String(required=True, allow_none=True, data_key="from")
    to = fields.String(required=True)
    at = fields.AwareDateTime(required=True)
    who = fields.String(required=True)
    why = fields.String(required=True)


class RefundOfOrder(Schema):
    amount = fields.Nested(Money, required=True)
    state = fields.String(
        required=True, validate=validate.OneOf([str(s) for s in RefundStage]),
        metadata=about("`closed`: WeChat gave this one up; a later entry replaces it, or a person does"),
    )  # fmt: skip
    cause = fields.String(required=True, validate=validate.OneOf([str(c) for c in Cause]))
    requested_at = fields.AwareDateTime(required=True)
    done_at = fields.AwareDateTime(required=True, allow_none=True)


class Order(Schema):
    number = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf([str(s) for s in OrderState]))
    refund_state = fields.String(required=True, validate=validate.OneOf([str(s) for s in RefundState]))
    lines = fields.List(fields.Nested(OrderLine), required=True)
    total = fields.Nested(Money, required=True)
    placed_at = fields.AwareDateTime(required=True)
    pay_before = fields.AwareDateTime(required=True)
    paid_at = fields.AwareDateTime(required=True, allow_none=True)
    trip = fields.Nested(Trip, required=True)
    pickup_point = fields.Nested(PointOfOrder, required=True)
    collect_from = fields.AwareDateTime(required=True)
    collect_until = fields.AwareDateTime(required=True)
    traveller = fields.Nested(OrderTraveller, required=True)
    treatment = fields.String(required=True, validate=validate.OneOf([str(one) for one in Treatment]), metadata=about("How it was priced"))
    allowance = fields.Nested(Allowance, required=True)
    history = fields.List(fields.Nested(Change), metadata=about("Oldest first; only where one order is asked for"))
    refunds = fields.List(
        fields.Nested(RefundOfOrder), metadata=about("Oldest first; only where its traveller asks for one order")
    )
    trip_changes = fields.List(fields.Nested(TripChange), metadata=about("Likewise"))
    on_my_way_at = fields.AwareDateTime(allow_none=True, metadata=about("Likewise: when the traveller said so"))


class RefundedPieces(Schema):
    sku = fields.String(required=True)
    position = fields.Integer(required=True)
    quantity = fields.Integer(required=True)


class Refund(RefundOfOrder):
    """A refund as managers see it."""

    refund = fields.String(required=True, metadata=about("Its number at WeChat Pay, `out_refund_no`"))
    order = fields.String(required=True, allow_none=True)
    lines = fields.List(fields.Nested(RefundedPieces), required=True, metadata=about("Empty for a sum"))
    note = fields.String(required=True, allow_none=True)
    asked_by = fields.String(required=True, metadata=about("`traveller`, `system`, `staff:3`, `device:7`"))
    next_try_at = fields.AwareDateTime(required=True, allow_none=True)


class ManagedOrder(Order):
    refunds = fields.List(fields.Nested(Refund), required=True, metadata=about("Oldest first"))


class OrderPage(Schema):
    items = fields.List(fields.Nested(Order), required=True)
    next = fields.String(required=True, allow_none=True)


class State(Schema):
    number = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf([str(s) for s in OrderState]))


class JsapiParameters(Schema):
    """What the page hands to `WeixinJSBridge.invoke("getBrandWCPayRequest", …)`, all strings."""

    appId = fields.String(required=True)
    timeStamp = fields.String(required=True)
    nonceStr = fields.String(required=True)
    package = fields.String(required=True)
    signType = fields.String(required=True)
    paySign = fields.String(required=True)


class Payment(Schema):
    jsapi = fields.Nested(JsapiParameters, required=True)


class Ticket(Schema):
    code = fields.String(required=True, metadata=about("To type or read aloud"))
    token = fields.String(required=True, metadata=about("The text in the QR picture"))
    qr = fields.String(required=True, metadata=about("Address of the QR picture (PNG), for the same traveller"))
