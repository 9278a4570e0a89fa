"""A boarding pass on the counter's pages: beside an open order, and through a refund."""

from datetime import timedelta

import builders
import pytest
from flask.testing import FlaskClient
from web.counter.counter_forms import a_pass, form_in, look, outcome_of, post, scan, scans, signed_in

from shop.orders.queries import OrderView, order_by_number
from shop.orders.states import OrderState
from shop.pickup import commands as pickup
from shop.pickup.checks import Asks

KEPT = frozenset({"flight", "date", "destination", "name_match"})


@pytest.fixture
def counter(client: FlaskClient) -> FlaskClient:
    builders.a_timetable()
    return signed_in(client)


@pytest.fixture
def order(counter: FlaskClient) -> OrderView:
    pickup.put_rules(builders.POINT, Asks(boarding_pass=True, age=True, keeps=KEPT))
    return builders.a_paid_order({builders.a_product("SP-A", alcohol=400): 1, builders.a_product("CO-B"): 1})


def test_a_pass_that_fits_the_open_order_settles_its_check_and_is_kept(counter: FlaskClient, order: OrderView) -> None:
    open_page = look(counter, order)
    page = scan(counter, open_page, a_pass())
    fields = form_in(page, "/counter/scan")

    answer = post(counter, "/counter/scan", {**fields, "check-age": "adult"})

    assert (outcome_of(open_page), outcome_of(page), outcome_of(answer.text)) == ("needs_check", "needs_check", "collected")
    assert 'name="check-boarding_pass"' in open_page
    assert 'name="check-boarding_pass"' not in page
    [written] = scans()
    assert written.details["checks"]["boarding_pass"] == {
        "flight": "CA932", "date": builders.DAY.isoformat(), "destination": "PEK", "name_match": "same",
    }  # fmt: skip
    assert "found_by" not in written.details


@pytest.mark.parametrize(
    ("shown", "differs", "words"),
    [
        ({"flight": "LH 0720"}, "flight", "codeshare"),
        ({"day": builders.DAY + timedelta(days=3)}, "date", "another day"),
        ({"to": "PVG"}, "destination", "another destination"),
        ({"name": "SCHMIDT/ERIKA"}, "name", "another name"),
        ({"flight": "LH 0720", "name": "SCHMIDT/ERIKA"}, "flight name", "another name"),
    ],
)
def test_a_pass_that_differs_is_compared_with_the_open_order_and_staff_decide(
    counter: FlaskClient, order: OrderView, shown: dict[str, str], differs: str, words: str
) -> None:
    page = scan(counter, look(counter, order), a_pass(**shown))
    fields = {**form_in(page, "/counter/scan"), "check-age": "adult"}
    refused = post(counter, "/counter/scan", fields).text

    answer = post(counter, "/counter/scan", {**form_in(refused, "/counter/scan"), "check-age": "adult", "check-boarding_pass": "seen"})

    assert order.number in page
    assert f'data-differs="{differs}"' in page
    assert words in page
    assert (outcome_of(page), outcome_of(refused), outcome_of(answer.text)) == ("needs_check", "needs_check", "collected")


def test_a_second_pass_is_compared_as_well_until_one_fits(counter: FlaskClient, order: OrderView) -> None:
    page = scan(counter, look(counter, order), a_pass("SCHMIDT/ERIKA"))

    page = scan(counter, page, a_pass())

    assert "data-differs" not in page
    assert 'name="check-boarding_pass"' not in page


def test_without_an_open_check_a_pass_looks_for_its_own_parcel(counter: FlaskClient, order: OrderView) -> None:
    pickup.put_rules(builders.POINT, Asks())

    page = scan(counter, look(counter, order), a_pass("SCHMIDT/ERIKA"))

    assert outcome_of(page) == "unknown"


@pytest.mark.parametrize("beside", ["7777788888", "rubbish", "x" * 3000, "DFT" + "2" * 80])
def test_what_is_no_open_order_changes_nothing_about_a_pass(counter: FlaskClient, order: OrderView, beside: str) -> None:
    page = post(counter, "/counter/look", {"code": a_pass("SCHMIDT/ERIKA"), "beside": beside, "scan_id": "scan-0001"}).text

    assert outcome_of(page) == "unknown"


def test_the_pickup_code_of_the_next_traveller_opens_the_next_parcel(counter: FlaskClient, order: OrderView) -> None:
    other = builders.a_paid_order()

    page = scan(counter, look(counter, order), builders.code_of(other))

    assert other.number in page
    assert order.number not in page


@pytest.mark.parametrize("by", ["boarding_pass", "pickup_code"])
def test_a_refund_at_the_counter_takes_away_no_proof_and_the_evidence_stays(counter: FlaskClient, order: OrderView, by: str) -> None:
    """Found by a pass, or opened by the code with a pass beside it: the alcohol is refunded, the rest handed over."""
    found = scan(counter, look(counter, order) if by == "pickup_code" else counter.get("/counter/").text, a_pass())
    bottle = order.lines[0].sku
    asked = post(counter, "/counter/refund", {**form_in(found, "/counter/refund"), f"pieces-{bottle}": "1", "what": "pieces"}).text
    back = post(counter, "/counter/look", form_in(asked, "/counter/look", -1)).text
    left = post(counter, "/counter/refund/start", form_in(asked, "/counter/refund/start")).text

    answer = post(counter, "/counter/scan", form_in(left, "/counter/scan"))

    assert outcome_of(asked) == "refund"
    assert form_in(back, "/counter/scan").keys() == form_in(found, "/counter/scan").keys()
    assert (outcome_of(left), outcome_of(answer.text)) == ("look", "collected")
    assert order_by_number(order.number).state is OrderState.COLLECTED
    [written] = scans()
    assert written.details["checks"]["boarding_pass"]["name_match"] == "same"
    assert written.details.get("found_by") == ("boarding_pass" if by == "boarding_pass" else None)
