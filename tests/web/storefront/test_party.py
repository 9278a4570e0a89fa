"""Several travellers on one trip: a basket each on one phone and paid one after the other, or a link for everybody's own phone."""

import re
from datetime import date

import builders
import pytest
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st

from shop.base import clock
from shop.base.ids import TravellerId
from shop.orders.queries import orders_of
from shop.orders.rules import WrongName
from shop.orders.states import OrderState
from shop.web.storefront.basket import Basket
from shop.web.storefront.party import MOST, Party, PartyFull


def people(client: FlaskClient, do: str, **said: str) -> int:
    form = {"do": do, "csrf_token": "page", **said}
    return client.post("/basket/people?lang=en", data=form, headers={"Sec-Fetch-Site": "same-origin"}).status_code


def kept_by(client: FlaskClient) -> tuple[Party, Basket]:
    with client.session_transaction() as session:
        return Party.of(session), Basket.of(session)


def put_in(client: FlaskClient, basket: dict[str, int]) -> None:
    with client.session_transaction() as session:
        session["basket"] = basket


NAMES = st.lists(st.sampled_from(["WANG WEI", "LI NA", "ZHANG SAN", "ZHAO LIU", "SUN QI", "ZHOU BA", "WU JIU"]), max_size=8)


@given(NAMES, st.lists(st.tuples(st.sampled_from(["show", "remove"]), st.integers(-1, 7)), max_size=12))
def test_no_basket_is_lost_or_given_to_somebody_else(names: list[str], moves: list[tuple[str, int]]) -> None:
    """Each traveller has one product of their own: whatever is shown or removed, it is in their basket, and in no other."""
    party, basket = Party(), Basket({"WANG WEI"[:1]: 1})
    owner = {"W": "ME"}
    for name in names:
        try:
            party = party.with_another("ME", name)
        except (WrongName, PartyFull):
            continue
        party, basket = party.shown(len(party.names) - 1, basket)
        sku = name.replace(" ", "-")
        basket = basket.set(sku, 1)
        owner[sku] = name
    for move, place in moves:
        party, basket = party.shown(place, basket) if move == "show" else party.without(place, basket)
        session: dict[str, object] = {}
        party.keep(Session(session))
        if party.names and len(party.names) > 1:
            assert Party.of(session) == party, "what is kept is what comes back"

    if not party.names:
        assert len(basket.quantities) <= 1
    for place, name in enumerate(party.names):
        mine = basket if place == party.active else party.waiting.get(place, Basket())
        assert [owner[sku] for sku in mine.quantities] == [name]


class Session(dict):  # type: ignore[type-arg]
    """A mapping that can be permanent, as Flask's is; what it holds is seen from outside."""

    permanent = False

    def __init__(self, seen: dict[str, object]) -> None:
        super().__init__()
        self._seen = seen

    def __setitem__(self, name: str, value: object) -> None:
        self._seen[name] = value


RUBBISH: list[object] = [
    None, [], "x", {"names": "AB"}, {"names": [1, 2], "active": 0, "baskets": {}}, {"names": ["A", "B"]},
    {"names": ["A", "B"], "active": 2, "baskets": {}}, {"names": ["A", "B"], "active": True, "baskets": {}},
]  # fmt: skip


@pytest.mark.parametrize("left_behind", RUBBISH)
def test_what_cannot_be_a_party_is_nobody(left_behind: object) -> None:
    assert Party.of({"party": left_behind}) == Party()


def test_no_more_travellers_than_fit() -> None:
    party = Party()
    for name in ("A", "B", "C", "D", "E"):
        party = party.with_another("ME", f"{name} X")

    assert len(party.names) == MOST
    with pytest.raises(PartyFull):
        party.with_another("", "F X")


def test_a_family_orders_with_a_basket_each_and_pays_together(
    signed_in: FlaskClient, traveller: TravellerId, checkout_form: dict[str, str], day: date
) -> None:
    gin = builders.a_product("SP-1", alcohol=400, volume_ml=500, on_hand=20)
    signed_in.post("/trip", data={"flight": "CA932", "date": day.isoformat(), "csrf_token": "page"})
    put_in(signed_in, {gin: 3})
    assert people(signed_in, "add", own="ZHANG WEI", name="LI NA") == 303
    put_in(signed_in, {gin: 3})

    hers = signed_in.get("/basket?lang=en").text
    assert "allowance__level--near" in hers, "customs count each traveller"
    assert "LI NA (3)" in hers
    assert "ZHANG WEI (3)" in hers
    filled = signed_in.get("/checkout?lang=en").text
    assert 'value="LI NA"' in filled
    first = signed_in.post("/checkout", data={**checkout_form, "adult": "yes", "name": "LI NA", "line": f"{gin}:3"})
    assert first.location == "/basket?placed=1"
    his = signed_in.get("/basket?lang=en&placed=1").text
    assert "allowance__level--near" in his, "her order is not his"
    second = signed_in.post("/checkout", data={**checkout_form, "adult": "yes", "key": "another-key-1", "line": f"{gin}:3"})

    assert second.location == "/orders/together"
    placed = orders_of(traveller).items
    assert [order.traveller_name for order in placed] == ["ZHANG WEI", "LI NA"]
    page = signed_in.get("/orders/together?lang=en").text
    assert "2 orders wait for their payment." in page
    assert re.findall(r'data-payment-url="/api/v1/orders/(\w+)/payment"', page) == [placed[1].number], "the first one first"
    for order in placed:
        builders.set_order(order.number, state=OrderState.PAID.value)
    assert signed_in.get("/orders/together").location == "/orders/?tab=to_collect"


def test_orders_that_cannot_be_paid_any_more_are_not_among_them(signed_in: FlaskClient, traveller: TravellerId, day: date) -> None:
    one = builders.an_order(traveller=traveller, now=clock.now(), date=day)
    late = builders.an_order(traveller=traveller, now=clock.now(), date=day)
    other = builders.an_order(now=clock.now(), date=day)
    builders.set_order(late.number, pay_before=clock.now())

    page = signed_in.get("/orders/together").text

    assert one.number in page
    assert late.number not in page
    assert other.number not in page


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"own": "", "name": "LI NA"}, "own"), ({"own": "ZHANG WEI", "name": "7"}, "name"),
        ({"own": "ZHANG WEI", "name": "zhang wei"}, "name"), ({"own": "ZHANG WEI", "name": "\x00"}, "name"),
        ({"own": "ZHANG WEI", "name": "A" * 500}, "name"),
    ],
)  # fmt: skip
def test_a_name_that_is_none_is_said_beside_its_field(signed_in: FlaskClient, said: dict[str, str], field: str) -> None:
    put_in(signed_in, {builders.a_product(): 1})

    answer = signed_in.post("/basket/people?lang=en", data={"do": "add", "csrf_token": "page", **said})

    assert answer.status_code in (400, 422)
    assert f'id="{field}-error"' in answer.text
    assert kept_by(signed_in)[0] == Party()


@pytest.mark.parametrize("person", ["", "-1", "99", "x", "0" * 50])
@pytest.mark.parametrize("do", ["show", "remove", "dance", ""])
def test_rubbish_changes_nobodys_basket(signed_in: FlaskClient, do: str, person: str) -> None:
    put_in(signed_in, {"SP-1": 1})
    people(signed_in, "add", own="ZHANG WEI", name="LI NA")
    before = kept_by(signed_in)

    assert people(signed_in, do, person=person) == 303

    assert kept_by(signed_in) == before


def test_a_link_proposes_the_trip_and_keeps_nothing(client: FlaskClient, day: date) -> None:
    client.post("/trip", data={"flight": "CA932", "date": day.isoformat()}, headers={"Sec-Fetch-Site": "same-origin"})
    link = re.search(r'id="share" readonly value="http://localhost([^"]+)"', client.get("/trip").text)
    assert link
    other = client.application.test_client()

    answer = other.get(link[1].replace("&amp;", "&"), query_string=None)

    assert 'value="CA932"' in answer.text
    assert '<option value="PEK" selected>' in answer.text
    assert "Set-Cookie" not in answer.headers
    assert other.get("/trip?flight=%00&date=x&final_destination=%27").status_code == 200
