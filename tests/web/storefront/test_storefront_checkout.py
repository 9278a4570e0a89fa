"""From the basket to an order."""

import re
from datetime import date, timedelta

import builders
import pytest
from flask.testing import FlaskClient
from prometheus_client import REGISTRY

from shop.base import clock
from shop.base.ids import TravellerId
from shop.orders.queries import order_by_number, orders_of

Form = dict[str, str]


def put_in_basket(client: FlaskClient, basket: dict[str, int]) -> None:
    with client.session_transaction() as session:
        session["basket"] = basket


def number_in(location: str | None) -> str:
    found = re.fullmatch(r"/orders/([0-9A-Z]+)", location or "")
    assert found, location
    return found[1]


def test_a_visitor_signs_in_first_and_comes_back(client: FlaskClient) -> None:
    answer = client.get("/checkout")

    assert (answer.status_code, answer.location) == (302, "/sign-in?next=/checkout")


def test_an_empty_basket_cannot_be_checked_out(signed_in: FlaskClient) -> None:
    assert signed_in.get("/checkout").location == "/basket"


def test_a_basket_that_cannot_be_delivered_is_shown_first(signed_in: FlaskClient) -> None:
    put_in_basket(signed_in, {builders.a_product(on_hand=1): 2})

    assert signed_in.get("/checkout").location == "/basket"


def test_the_form_asks_for_trip_counter_and_traveller(signed_in: FlaskClient) -> None:
    sku = builders.a_product()
    put_in_basket(signed_in, {sku: 2})

    page = signed_in.get("/checkout?lang=en").text

    for name in ("flight", "date", "final_destination", "pickup_point", "name", "residence"):
        assert f'name="{name}"' in page
    assert f'name="line" value="{sku}:2"' in page
    assert '<option value="CN" selected>' in page
    assert 'name="departure_time"' not in page
    assert 'name="birth_date"' not in page
    assert "data-fresh" in page


def test_the_birth_date_is_asked_for_alcohol(signed_in: FlaskClient) -> None:
    put_in_basket(signed_in, {builders.a_product(alcohol=400): 1})

    assert 'name="birth_date"' in signed_in.get("/checkout").text


def test_looking_up_a_flight_completes_the_form(signed_in: FlaskClient, checkout_form: Form) -> None:
    sku = builders.a_product()
    asked = {**checkout_form, "line": f"{sku}:1", "find": "1", "final_destination": "", "pickup_point": ""}

    answer = signed_in.post("/checkout?lang=en", data=asked)

    assert answer.status_code == 200
    assert "Air China CA932" in answer.text
    assert "14:05" in answer.text
    assert '<option value="PEK" selected>' in answer.text
    assert f'value="{builders.POINT}" required checked' in answer.text
    assert 'value="ZHANG WEI"' in answer.text


def test_an_order_is_placed_and_the_basket_is_empty(signed_in: FlaskClient, checkout_form: Form) -> None:
    sku, other = builders.a_product(price=50_00), builders.a_product()
    put_in_basket(signed_in, {sku: 2, other: 1})

    answer = signed_in.post("/checkout", data={**checkout_form, "line": f"{sku}:2"})

    order = order_by_number(number_in(answer.location))
    assert answer.status_code == 303
    assert (order.total.minor, order.flight_number, order.traveller_name) == (100_00, "CA932", "ZHANG WEI")
    assert builders.stock_of(sku) == (10, 2, 0, 0)
    with signed_in.session_transaction() as session:
        assert session["basket"] == {other: 1}


def test_a_form_sent_twice_places_one_order(
    signed_in: FlaskClient, traveller: TravellerId, checkout_form: Form
) -> None:
    sku = builders.a_product()
    form = {**checkout_form, "line": f"{sku}:1"}

    first = signed_in.post("/checkout", data=form)
    second = signed_in.post("/checkout", data=form)

    assert first.location == second.location
    assert len(orders_of(traveller).items) == 1


def test_a_changed_form_with_a_used_key_is_refused(signed_in: FlaskClient, checkout_form: Form) -> None:
    sku = builders.a_product()
    signed_in.post("/checkout", data={**checkout_form, "line": f"{sku}:1"})

    answer = signed_in.post("/checkout?lang=en", data={**checkout_form, "line": f"{sku}:3"})

    assert answer.status_code == 422
    assert "has already placed another order" in answer.text


def test_every_view_of_the_form_has_its_own_key(signed_in: FlaskClient) -> None:
    put_in_basket(signed_in, {builders.a_product(): 1})

    keys = {re.search(r'name="key" value="([^"]+)"', signed_in.get("/checkout").text)[1] for _ in range(2)}  # type: ignore[index]

    assert len(keys) == 2


@pytest.mark.parametrize(
    ("field", "typed", "status", "words"),
    [
        ("flight", "", 422, "Please fill in this field."),
        ("flight", "hello", 400, "Please check the flight number"),
        ("flight", "\x00\x01", 422, "Please fill in this field."),
        ("flight", "LH9999", 400, "Please give its departure time."),
        ("date", "soon", 422, "Please give a date"),
        ("date", "0001-01-01", 422, "Please give a date"),
        ("date", "2020-02-02", 422, "too late to order"),
        ("date", "2099-02-02", 422, "too far ahead"),
        ("departure_time", "noon", 422, "Please give a time"),
        ("final_destination", "", 422, "Please fill in this field."),
        ("final_destination", "XYZ", 404, "Please choose your final destination."),
        ("final_destination", "CDG", 422, "outside the EU"),
        ("final_destination", "TOO LONG", 422, "That is too long."),
        ("pickup_point", "", 422, "Please fill in this field."),
        ("pickup_point", "T9-X", 404, "Please choose a pickup counter."),
        ("name", "", 422, "Please fill in this field."),
        ("name", "12345", 400, "Please give your name"),
        ("name", "A" * 90, 400, "Please give your name"),
        ("name", "ZHANG😀", 400, "Please give your name"),
        ("name", "张伟😀", 422, "in Latin letters"),
        ("residence", "DE", 422, "outside the EU"),
        ("residence", "??", 400, "Please choose the country"),
        ("residence", "", 422, "Please fill in this field."),
        ("birth_date", "1066-10-14", 422, "Please give a date"),
    ],
)
def test_a_wrong_field_is_explained_beside_it_and_the_rest_is_kept(
    signed_in: FlaskClient, traveller: TravellerId, checkout_form: Form, field: str, typed: str, status: int, words: str
) -> None:
    sku = builders.a_product(alcohol=400)

    answer = signed_in.post("/checkout?lang=en", data={**checkout_form, "adult": "yes", "line": f"{sku}:1", field: typed})

    assert (answer.status_code, words in answer.text) == (status, True)
    wrong = "departure_time" if typed == "LH9999" else field
    assert f'id="{wrong}-error"' in answer.text
    if field != "name":
        assert 'value="ZHANG WEI"' in answer.text
    if field not in ("final_destination", "flight", "date"):
        assert '<option value="PEK" selected>' in answer.text
    assert f'name="line" value="{sku}:1"' in answer.text
    assert not orders_of(traveller).items


def test_a_traveller_too_young_for_alcohol_is_told(signed_in: FlaskClient, checkout_form: Form, day: date) -> None:
    sku = builders.a_product(alcohol=400)
    born = day.replace(year=day.year - 17, day=1).isoformat()

    answer = signed_in.post("/checkout", data={**checkout_form, "line": f"{sku}:1", "birth_date": born})

    assert answer.status_code == 422
    assert 'id="birth_date-error"' in answer.text


def test_a_flight_nobody_knows_is_ordered_with_its_time(signed_in: FlaskClient, checkout_form: Form) -> None:
    form = {**checkout_form, "line": f"{builders.a_product()}:1", "flight": "LH9999", "departure_time": "13:30"}

    answer = signed_in.post("/checkout", data=form)

    assert order_by_number(number_in(answer.location)).flight_number == "LH9999"


def test_an_order_for_what_is_gone_keeps_the_form_and_counts_the_refusal(
    signed_in: FlaskClient, checkout_form: Form
) -> None:
    sku = builders.a_product(on_hand=1)
    before = REGISTRY.get_sample_value("shop_orders_refused_total", {"code": "out_of_stock"}) or 0

    answer = signed_in.post("/checkout?lang=en", data={**checkout_form, "line": f"{sku}:2"})

    assert answer.status_code == 409
    assert "There is not enough of this left" in answer.text
    assert 'value="ZHANG WEI"' in answer.text
    assert REGISTRY.get_sample_value("shop_orders_refused_total", {"code": "out_of_stock"}) == before + 1


@pytest.mark.parametrize("line", ["NOPE:1", "a:b", "\x00:1", "SP:0", ":", "SP-1:-1", "SP-1:٣", "SP-1:9999999999", ""])
def test_rubbish_lines_place_nothing(
    signed_in: FlaskClient, traveller: TravellerId, checkout_form: Form, line: str
) -> None:
    answer = signed_in.post("/checkout", data={**checkout_form, "line": line})

    assert answer.status_code in (303, 400, 404)
    assert answer.status_code != 303 or answer.location == "/basket"
    assert not orders_of(traveller).items


def test_the_next_order_knows_the_trip_and_the_traveller(
    signed_in: FlaskClient, traveller: TravellerId, day: date
) -> None:
    builders.an_order(traveller=traveller, now=clock.now(), date=day)
    put_in_basket(signed_in, {builders.a_product(): 1})

    page = signed_in.get("/checkout").text

    assert 'value="WANG XIAOMING"' in page
    assert f'value="{day.isoformat()}"' in page
    assert f'value="{builders.POINT}" required checked' in page


def test_a_trip_that_is_over_is_not_suggested(signed_in: FlaskClient, traveller: TravellerId) -> None:
    long_ago = clock.now() - timedelta(days=30)
    builders.an_order(traveller=traveller, now=long_ago, date=(long_ago + timedelta(days=3)).date())
    put_in_basket(signed_in, {builders.a_product(): 1})

    page = signed_in.get("/checkout").text

    assert 'value="WANG XIAOMING"' in page
    assert 'value="CA932"' not in page


def test_a_form_without_its_token_is_refused(
    signed_in: FlaskClient, traveller: TravellerId, checkout_form: Form
) -> None:
    form = {**checkout_form, "line": f"{builders.a_product()}:1", "csrf_token": "wrong"}

    assert signed_in.post("/checkout", data=form).status_code == 403
    assert not orders_of(traveller).items


def test_a_session_that_ends_in_the_middle_of_the_form_loses_nothing(
    signed_in: FlaskClient, checkout_form: Form, traveller: TravellerId
) -> None:
    sku = builders.a_product()
    put_in_basket(signed_in, {sku: 2})
    signed_in.delete_cookie("shop")

    sent = signed_in.post("/checkout", data={**checkout_form, "line": f"{sku}:2", "name": "LI NA"})
    with signed_in.session_transaction() as session:
        session["traveller"] = traveller  # as signing in does; that it keeps the form is tested there
    again = signed_in.get("/checkout").text

    assert sent.status_code == 302
    assert sent.location.endswith("/sign-in?next=/checkout") or "next=%2Fcheckout" in sent.location
    assert 'value="LI NA"' in again
    assert f'value="{sku}:2"' in again


@pytest.mark.parametrize("seen", ["9000", "", "rubbish", "１００００"])
def test_nobody_orders_at_another_sum_than_the_page_has_shown(
    signed_in: FlaskClient, checkout_form: Form, traveller: TravellerId, seen: str
) -> None:
    """A planned price may come due while the page is open."""
    sku = builders.a_product(price=50_00)
    form = {**checkout_form, "line": f"{sku}:2", "total": seen}

    answer = signed_in.post("/checkout", data=form, headers={"Accept-Language": "en"})

    if seen == "9000":
        assert answer.status_code == 409
        assert "A price has changed since you opened this page." in answer.text
        assert 'name="total" value="10000"' in answer.text
        assert not orders_of(traveller).items
    else:
        assert answer.status_code == 303
        assert order_by_number(number_in(answer.location)).total.minor == 100_00


# --- typed once, never twice ------------------------------------------------------------------------------------------


def test_a_name_in_chinese_is_proposed_as_the_passport_spells_it_and_then_taken(signed_in: FlaskClient, checkout_form: Form) -> None:
    form = {**checkout_form, "line": f"{builders.a_product()}:1"}

    asked = signed_in.post("/checkout?lang=en", data={**form, "name": "欧阳娜娜"})

    assert asked.status_code == 422
    assert 'value="OUYANG NANA"' in asked.text
    assert "You typed 欧阳娜娜" in asked.text
    assert 'id="name-error"' in asked.text
    again = signed_in.post("/checkout", data={**form, "name": "OUYANG NANA"})
    assert order_by_number(number_in(again.location)).traveller_name == "OUYANG NANA"


def test_people_of_earlier_orders_are_one_tap_away(signed_in: FlaskClient, checkout_form: Form) -> None:
    sku = builders.a_product()
    for name in ("LI NA", "WANG XIAOMING"):
        signed_in.post("/checkout", data={**checkout_form, "key": f"key-{name[:2]}-000000", "line": f"{sku}:1", "name": name})
    put_in_basket(signed_in, {sku: 1})

    page = signed_in.get("/checkout?lang=en").text

    buttons = dict(re.findall(r'name="person" value="(\w+)" formnovalidate>([^<]+)<', page))
    assert list(buttons.values()) == ["LI NA"]  # the latest is in the field already
    key = next(iter(buttons))
    chosen = signed_in.post("/checkout?lang=en", data={**checkout_form, "line": f"{sku}:1", "name": "", "person": key})
    assert chosen.status_code == 200
    assert 'value="LI NA"' in chosen.text
    assert 'value="CA932"' in chosen.text, "the rest of the form is as it was"


def test_nobody_sees_the_people_of_another_traveller(signed_in: FlaskClient, checkout_form: Form) -> None:
    sku = builders.a_product()
    other = builders.a_traveller("o-other")
    builders.an_order(traveller=other)
    put_in_basket(signed_in, {sku: 1})

    assert 'name="person"' not in signed_in.get("/checkout").text


def test_a_person_nobody_knows_changes_nothing(signed_in: FlaskClient, checkout_form: Form) -> None:
    form = {**checkout_form, "line": f"{builders.a_product()}:1", "person": "0123456789ab"}

    answer = signed_in.post("/checkout", data=form)

    assert answer.status_code == 200
    assert 'value="ZHANG WEI"' in answer.text


def test_a_price_that_changed_is_shown_beside_its_line_before_anything_is_ordered(
    signed_in: FlaskClient, traveller: TravellerId, checkout_form: Form
) -> None:
    dear, same = builders.a_product(price=60_00), builders.a_product(price=20_00)
    form = {**checkout_form, "line": [f"{dear}:1", f"{same}:1"], "seen": [f"{dear}:5000", f"{same}:2000"], "total": "7000"}

    answer = signed_in.post("/checkout?lang=en", data=form)

    assert answer.status_code == 409
    assert answer.text.count("It was €50.00 each.") == 1
    assert "It was €20.00" not in answer.text
    assert f'name="seen" value="{dear}:6000"' in answer.text
    assert orders_of(traveller).items == []


def test_what_somebody_else_bought_in_between_is_told_by_the_line_and_left_out_by_one_button(
    signed_in: FlaskClient, checkout_form: Form
) -> None:
    few, gone, there = builders.a_product(on_hand=2), builders.a_product(on_hand=0), builders.a_product()
    form = {**checkout_form, "line": [f"{few}:3", f"{gone}:1", f"{there}:1"]}

    told = signed_in.post("/checkout?lang=en", data=form)

    assert told.status_code == 409
    assert "Only 2 left" in told.text
    assert "Sold out" in told.text
    fitted = signed_in.post("/checkout?lang=en", data={**form, "fit": "1"})
    assert fitted.status_code == 200
    assert re.findall(r'name="line" value="([^"]+)"', fitted.text) == [f"{few}:2", f"{there}:1"]
    assert 'value="ZHANG WEI"' in fitted.text


@pytest.mark.parametrize("seen", ["", "x", ":", "SKU:-1", "SKU:1.5", "SKU:" + "9" * 40, "SKU:1:2"])
def test_rubbish_for_a_price_seen_is_no_price(signed_in: FlaskClient, checkout_form: Form, seen: str) -> None:
    answer = signed_in.post("/checkout", data={**checkout_form, "line": f"{builders.a_product()}:1", "seen": seen})

    assert answer.status_code == 303
