"""What anyone may ask."""
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import builders
import pytest
from flask.testing import FlaskClient

from shop.base import clock
from shop.web.api import answers, schemas

Fits = Callable[..., bool]
Refused = Callable[..., dict[str, Any]]


def test_products_are_listed_with_price_stock_and_pictures(client: FlaskClient, fits: Fits) -> None:
    builders.a_searched_product("SP-A", price=49_90, on_hand=50, alcohol=400, picture="sp-a-1")
    builders.a_searched_product("SP-B", on_hand=3)
    builders.a_searched_product("SP-C", on_hand=0)

    response = client.get("/api/v1/products?lang=en")

    assert fits(response, schemas.ProductPage)
    first, second, third = response.json["items"]
    assert first["price"] == {"amount": 4990, "currency": "EUR"}
    assert first["alcohol_permille"] == 400
    assert first["pictures"] == [f"http://localhost/pictures/sp-a-1-{width}.webp" for width in (360, 720)]
    assert [(p["stock_state"], p["left"]) for p in (first, second, third)] == [("available", None), ("few", 3), ("sold_out", None)]
    assert response.json["next"] is None


def test_a_list_goes_on_where_the_page_before_ended(client: FlaskClient) -> None:
    skus = [builders.a_searched_product() for _ in range(5)]
    seen, after = [], ""

    for _ in range(3):
        page = client.get(f"/api/v1/products?limit=2{after}").json
        seen += [product["sku"] for product in page["items"]]
        after = f"&after={page['next']}"

    assert seen == skus
    assert page["next"] is None


def test_products_are_found_by_category_and_words(client: FlaskClient) -> None:
    sku = builders.a_searched_product(name=builders.same("Moor cherry"))
    builders.a_searched_product()

    assert [p["sku"] for p in client.get("/api/v1/products?category=spirits&q=MOOR+cherry").json["items"]] == [sku]
    assert client.get("/api/v1/products?category=spirits&q=marzipan").json["items"] == []


@pytest.mark.parametrize(("asked", "header", "words"), [("?lang=de", "en", "Torf (de)"), ("", "en", "Torf"), ("", "fr", "Torf（中）")])
def test_texts_come_in_the_language_asked_for(client: FlaskClient, asked: str, header: str, words: str) -> None:
    sku = builders.a_searched_product(name=builders.same("Torf"))

    response = client.get(f"/api/v1/products/{sku}{asked}", headers={"Accept-Language": header})

    assert response.json["name"] == words
    assert "Accept-Language" in response.headers["Vary"]


def test_a_product_is_shown(client: FlaskClient, fits: Fits) -> None:
    sku = builders.a_searched_product(picture=None)

    response = client.get(f"/api/v1/products/{sku}")

    assert fits(response, schemas.Product)
    assert response.json["pictures"] == []


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        ("products?category=nothing", 404, "no_such_category"),
        ("products/NOTHING", 404, "no_such_product"),
        ("products/%F0%9F%8D%B7", 404, "no_such_product"),
        ("flights?number=XX1&date={day}", 404, "no_such_flight"),
        ("flights?number=!!&date={day}", 400, "wrong_flight_number"),
        ("nothing", 404, "no_such_page"),
    ],
)
def test_what_is_not_there_is_said_with_a_code(client: FlaskClient, refused: Refused, day: date, path: str, status: int, code: str) -> None:
    refused(client.get("/api/v1/" + path.format(day=day)), status, code)


WRONG_QUESTIONS = [
    ("products?limit=0", "limit", "out_of_range"),
    ("products?limit=101", "limit", "out_of_range"),
    ("products?limit=many", "limit", "not_a_number"),
    ("products?limit=" + "9" * 5000, "limit", "not_a_number"),
    ("products?lang=xx", "lang", "not_a_choice"),
    ("products?category=a%27b", "category", "wrong_text"),
    ("products?q=" + "x" * 101, "q", "wrong_length"),
    ("products?q=a%00b", "url", "forbidden_character"),
    ("products/%00", "url", "forbidden_character"),
    ("flights?number=CA932", "date", "missing"),
    ("flights?number=CA932&date=24.11.2026", "date", "not_a_date"),
    ("flights?number=CA932&date=2026-02-30", "date", "not_a_date"),
    ("flights?number=CA932&date=0001-01-01", "date", "out_of_range"),
]


def test_a_wrong_question_is_refused_by_field(client: FlaskClient, refused: Refused) -> None:
    for path, field, code in WRONG_QUESTIONS:
        assert refused(client.get("/api/v1/" + path), 400, "invalid")["errors"] == {field: [code]}, path


def test_a_cursor_that_is_rubbish_starts_at_the_beginning(client: FlaskClient) -> None:
    sku = builders.a_searched_product()

    assert [p["sku"] for p in client.get("/api/v1/products?after=x%27--").json["items"]] == [sku]


def test_pickup_points_say_hours_and_cut_offs(client: FlaskClient, fits: Fits) -> None:
    response = client.get("/api/v1/pickup-points?lang=en")

    assert fits(response, schemas.PickupPointList)
    point = next(item for item in response.json["items"] if item["code"] == builders.POINT)
    assert point["hours"]["1"] == ["06:00", "21:30"]
    assert point["exceptions"] == {}
    assert (point["order_until_minutes_before"], point["collect_from_minutes_before"]) == (180, 240)


def test_the_known_flight_is_told_in_any_spelling(client: FlaskClient, fits: Fits) -> None:
    response = client.get("/api/v1/flights?number=ca+0932&date=2026-11-26")

    assert fits(response, schemas.Flight)
    said = response.json
    assert (said["number"], said["departs_at"], said["departure_time"]) == ("CA932", "2026-11-26T13:05:00Z", "14:05")


def test_a_flight_says_until_when_one_can_order_at_each_counter(client: FlaskClient, fits: Fits) -> None:
    day = (clock.now() + timedelta(days=3)).date()
    local = datetime.combine(day, time(14, 5), ZoneInfo("Europe/Berlin"))
    builders.set_point(builders.OTHER_POINT, hours={"1": ["00:00", "00:01"]} if day.isoweekday() != 1 else {"3": ["00:00", "00:01"]})

    response = client.get(f"/api/v1/flights?number=CA932&date={day}")

    assert fits(response, schemas.Flight)
    open_one, closed = sorted(response.json["pickup_points"], key=lambda point: point["code"])
    assert (open_one["code"], open_one["refusal"]) == (builders.POINT, None)
    assert open_one["order_until"] == answers.moment(local - timedelta(hours=3))
    assert open_one["collect_from"] == answers.moment(local - timedelta(hours=4))
    assert (closed["refusal"], closed["order_until"]) == ("pickup_point_closed", None)


def test_a_product_says_what_it_costs_where_the_duty_is_paid(client: FlaskClient, fits: Fits) -> None:
    builders.set_duty_paid(builders.a_searched_product("SP-A", price=50_00), 64_90)
    builders.a_searched_product("SP-B")

    response = client.get("/api/v1/products")

    assert fits(response, schemas.ProductPage)
    assert [one["price_duty_paid"] for one in response.json["items"]] == [{"amount": 6490, "currency": "EUR"}, None]


def test_a_flight_on_another_weekday_is_refused(client: FlaskClient, refused: Refused) -> None:
    said = refused(client.get("/api/v1/flights?number=CA966&date=2026-11-24"), 422, "not_flying_that_day")

    assert said["errors"] == {"date": ["not_flying_that_day"]}


def test_looking_around_sets_no_cookie(client: FlaskClient) -> None:
    builders.a_searched_product()

    for path in ("products", "pickup-points"):
        assert "Set-Cookie" not in client.get(f"/api/v1/{path}").headers


def test_a_list_costs_as_many_statements_as_one_product(client: FlaskClient, statements: list[str]) -> None:
    skus = [builders.a_searched_product() for _ in range(30)]
    statements.clear()

    client.get("/api/v1/products?limit=2")
    few = len(statements)
    statements.clear()
    assert len(client.get("/api/v1/products?limit=30&category=spirits").json["items"]) == 30
    many = len(statements)
    statements.clear()
    client.get(f"/api/v1/products/{skus[0]}")

    assert few == many <= 3
    assert len(statements) <= 4
