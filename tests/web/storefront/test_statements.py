"""What the pages of a traveller on the way to an order ask the database: few statements, however much is on them.

A trip is stated, so each page also has the bar with it (four statements when it is not kept in the process, as here), and the basket
holds two kinds of goods. The figures are of a traveller with several orders for this trip.
"""


from datetime import date

import builders
import pytest
from flask.testing import FlaskClient

from shop.base import clock
from shop.base.ids import TravellerId
from shop.orders.queries import OrderView

Statements = list[str]


@pytest.fixture
def shopping(signed_in: FlaskClient, traveller: TravellerId, unpaid: OrderView, paid: OrderView, day: date) -> FlaskClient:
    """A traveller with orders, a stated trip and a basket."""
    whisky, chocolate = builders.a_product("SP-MORE", on_hand=9, alcohol=400), builders.a_product("CO-MORE", on_hand=9)
    for sku in (whisky, chocolate):
        signed_in.post("/basket", data={"csrf_token": "page", "sku": sku, "do": "add", "quantity": "1"})
    trip = {"csrf_token": "page", "flight": "CA932", "date": day.isoformat(), "final_destination": "PEK", "residence": "CN"}
    assert signed_in.post("/trip", data=trip).status_code == 303
    return signed_in


@pytest.mark.parametrize(
    ("address", "most"),
    [
        ("/checkout", 8), ("/basket", 7), ("/trip", 8), ("/orders/", 6), ("/orders/?tab=to_pay", 6), ("/orders/together", 6),
        ("/orders/{unpaid}", 12), ("/orders/{paid}", 17), ("/orders/{paid}/pickup", 8), ("/orders/{paid}/trip", 11),
        ("/favourites", 6), ("/account/", 9),
    ],
)  # fmt: skip
def test_a_page_costs_few_statements(
    shopping: FlaskClient, unpaid: OrderView, paid: OrderView, statements: Statements, address: str, most: int
) -> None:
    address = address.format(unpaid=unpaid.number, paid=paid.number)
    statements.clear()

    answer = shopping.get(address)

    assert answer.status_code == 200
    assert 0 < len(statements) <= most, "\n".join(statements)


@pytest.mark.parametrize("wrong", [{"name": "7"}, {"flight": "7"}, {"pickup_point": ""}, {"find": "1"}, {"date": "7"}])
def test_a_checkout_that_is_refused_or_helped_costs_few_statements_too(
    shopping: FlaskClient, checkout_form: dict[str, str], statements: Statements, wrong: dict[str, str]
) -> None:
    statements.clear()

    answer = shopping.post("/checkout", data={**checkout_form, "line": "SP-MORE:1", **wrong})

    assert answer.status_code in (200, 400, 422)
    assert len(statements) <= 10, "\n".join(statements)


def test_more_orders_and_more_goods_cost_no_more_statements(
    shopping: FlaskClient, traveller: TravellerId, day: date, statements: Statements, unpaid: OrderView
) -> None:
    def cost(address: str) -> int:
        statements.clear()
        shopping.get(address)
        return len(statements)

    pages = ("/checkout", "/basket", "/orders/", f"/orders/{unpaid.number}")
    before = [cost(page) for page in pages]
    builders.copies(unpaid, 6)
    for n in range(4):
        sku = builders.a_product(f"XX-{n}", on_hand=9)
        shopping.post("/basket", data={"csrf_token": "page", "sku": sku, "do": "add", "quantity": "1"})

    assert [cost(page) for page in pages] == before


def the_short_meter(page: str) -> str:
    start = page.index('id="allowance"')
    return page[start : page.index("</div>", start)]


def test_an_orders_page_says_what_customs_make_of_its_trip(
    signed_in: FlaskClient, traveller: TravellerId, day: date
) -> None:
    bottle = builders.a_product(on_hand=20, alcohol=400, volume_ml=1000)
    one = builders.an_order({bottle: 1}, traveller=traveller, now=clock.now(), date=day)
    assert "✓" in the_short_meter(signed_in.get(f"/orders/{one.number}?lang=en").text)

    builders.an_order({bottle: 1}, traveller=traveller, now=clock.now(), date=day)
    said = the_short_meter(signed_in.get(f"/orders/{one.number}?lang=en").text)

    assert "More than the allowance: please declare it" in said
    assert "2,000 ml / 1,500 ml" in said
    assert "Your other orders for this trip are counted as well." in said
    for language, words in (("zh", "请"), ("de", "anmelden")):
        assert words in the_short_meter(signed_in.get(f"/orders/{one.number}?lang={language}").text)


def test_an_order_that_is_over_says_nothing_about_customs(signed_in: FlaskClient, unpaid: OrderView) -> None:
    builders.set_order(unpaid.number, state="cancelled")

    assert 'id="allowance"' not in signed_in.get(f"/orders/{unpaid.number}").text
