"""One parcel on the packing table: scanned piece by piece, put on the shelf, ready; and what cannot be found."""
import re

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from web.counter.packing_table import HOME, ean, form_in, outcome_of, pack, packed, post, scan, shelf, state

from shop.orders.queries import OrderView
from shop.orders.states import OrderState
from shop.payments.refund_queries import refunds_of
from shop.payments.states import Cause
from shop.pickup import scan_box
from shop.pickup.packing_parcel_queries import parcel_of
from shop.pickup.packing_rules import ParcelState

# --- one parcel -------------------------------------------------------------------------------------------------------


def test_scanned_products_are_counted_up_until_the_parcel_is_complete(packer: FlaskClient, order: OrderView) -> None:
    first = scan(packer, order, "SP-TWO", "a-scan-0001").text
    assert outcome_of(first) == "piece"
    assert "1 of 2" in first
    assert "2 pieces are missing." in first

    scan(packer, order, "SP-TWO", "a-scan-0002")
    last = scan(packer, order, "SP-ONE", "a-scan-0003").text

    assert "answer--go" in last
    assert "Complete" in last
    assert packed(order) == {"SP-TWO": 2, "SP-ONE": 1}
    assert state(order) == (OrderState.PACKING, ParcelState.PACKING)


def test_a_page_that_is_sent_twice_counts_once(packer: FlaskClient, order: OrderView) -> None:
    for _ in range(2):
        assert "1 of 2" in scan(packer, order, "SP-TWO", "a-scan-0001").text

    assert packed(order)["SP-TWO"] == 1


def test_a_wrong_product_is_refused_in_words_and_colour(packer: FlaskClient, order: OrderView) -> None:
    answer = post(packer, f"orders/{order.number}/pieces", ean="4006381333931", scan_id="a-scan-0001")

    assert answer.status_code == 422
    assert outcome_of(answer.text) == "refused"
    assert "answer--stop" in answer.text
    assert "Wrong product" in answer.text
    assert "4006381333931" in answer.text
    assert packed(order) == {"SP-TWO": 0, "SP-ONE": 0}


def test_one_piece_too_many_is_refused_by_its_name(packer: FlaskClient, order: OrderView) -> None:
    scan(packer, order, "SP-ONE", "a-scan-0001")

    answer = scan(packer, order, "SP-ONE", "a-scan-0002")

    assert answer.status_code == 422
    assert "One too many" in answer.text
    assert re.search(r"Whisky \d+: This parcel needs 1 of it", answer.text)


@pytest.mark.parametrize("rubbish", ["?", "💥" * 50, "<script>alert(1)</script>", "A" * 100_000, "\x00\x07", "' OR 1=1 --"])
def test_rubbish_is_a_wrong_product_never_an_error(packer: FlaskClient, order: OrderView, rubbish: str) -> None:
    answer = post(packer, f"orders/{order.number}/pieces", ean=rubbish, scan_id="a-scan-0001")

    assert answer.status_code == 422
    assert "<script>alert" not in answer.text


def test_what_a_scanner_puts_before_an_article_is_left_away(packer: FlaskClient, order: OrderView) -> None:
    answer = post(packer, f"orders/{order.number}/pieces", ean="]E0" + ean("SP-ONE"), scan_id="a-scan-0001")

    assert answer.status_code == 200
    assert packed(order)["SP-ONE"] == 1


def test_the_label_of_another_parcel_opens_that_one(packer: FlaskClient, order: OrderView) -> None:
    other = builders.a_paid_order()

    answer = post(packer, f"orders/{order.number}/pieces", ean=scan_box.label_text(other.number), scan_id="a-scan-0001")

    assert answer.headers["Location"] == f"{HOME}orders/{other.number}"


@pytest.mark.parametrize("fields", [{}, {"ean": "4006381333931"}, {"ean": "4006381333931", "scan_id": "x"}, {"scan_id": "a-scan-0001"}])
def test_a_scan_with_something_missing_is_refused(packer: FlaskClient, order: OrderView, fields: dict[str, str]) -> None:
    answer = post(packer, f"orders/{order.number}/pieces", **fields)

    assert answer.status_code == 400
    assert outcome_of(answer.text) == "refused"


def test_a_piece_is_taken_out_with_the_button_of_its_line(packer: FlaskClient, order: OrderView) -> None:
    page = scan(packer, order, "SP-ONE", "a-scan-0001").text
    form = next(part.split("</form>")[0] for part in page.split("<form")[1:] if 'name="out"' in part)
    fields = dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', form))

    answer = post(packer, f"orders/{order.number}/pieces", **fields)

    assert answer.status_code == 200
    assert "Taken out:" in answer.text
    assert packed(order)["SP-ONE"] == 0


def test_pieces_are_counted_by_hand(packer: FlaskClient, order: OrderView) -> None:
    assert post(packer, f"orders/{order.number}/count", position="1", packed="2").status_code == 200
    assert packed(order)["SP-TWO"] == 2
    assert post(packer, f"orders/{order.number}/count", position="1", packed="3").status_code == 422
    for wrong in ({"packed": "x"}, {"packed": "-1"}, {"packed": "9" * 3000}, {"position": "9" * 30, "packed": "1"}, {}):
        assert post(packer, f"orders/{order.number}/count", **{"position": "1", **wrong}).status_code == 400
    assert post(packer, f"orders/{order.number}/count", position="77", packed="1").status_code == 422


def test_an_order_that_cannot_be_packed_says_so(packer: FlaskClient, order: OrderView) -> None:
    builders.set_order(order.number, state=OrderState.COLLECTED.value)

    page = packer.get(f"{HOME}orders/{order.number}").text
    assert "There is nothing to pack for this order." in page
    assert "data-scan" not in page
    answer = scan(packer, order, "SP-ONE", "a-scan-0001")
    assert answer.status_code == 409
    assert outcome_of(answer.text) == "refused"


@pytest.mark.parametrize("number", ["x", "D234567892", "%00", "D23456789%00", "💥", "A" * 500])
def test_an_order_that_does_not_exist_is_not_found(packer: FlaskClient, number: str) -> None:
    assert packer.get(f"{HOME}orders/{number}").status_code == 404
    assert packer.get(f"{HOME}orders/{number}/label").status_code == 404
    assert post(packer, f"orders/{number}/ready").status_code == 404
    assert post(packer, f"orders/{number}/shortage", position="1", quantity="1").status_code == 404


def test_the_address_of_an_answer_leads_back_to_the_parcel(packer: FlaskClient, order: OrderView) -> None:
    for step in ("pieces", "count", "ready", "slot", "reopen", "shortage", "shortage/start"):
        assert packer.get(f"{HOME}orders/{order.number}/{step}").headers["Location"] == f"{HOME}orders/{order.number}"


# --- the shelf, and ready ---------------------------------------------------------------------------------------------


def test_a_slot_is_proposed_and_the_finished_parcel_lies_there(packer: FlaskClient, order: OrderView) -> None:
    shelf(A1=1, A2=6)
    pack(packer, order)
    page = packer.get(f"{HOME}orders/{order.number}").text
    assert '<option value="A1" selected>A1: 0 of 1 taken (proposed)</option>' in page

    for _ in range(2):
        answer = post(packer, f"orders/{order.number}/ready", slot="A2")
        assert answer.status_code == 200
        assert "Shelf slot A2. The traveller’s order page says so at once." in answer.text

    assert state(order) == (OrderState.READY, ParcelState.READY)
    assert builders.announced("orders.ready") == [("orders.ready", order.id)]


def test_a_parcel_with_something_missing_is_not_ready(packer: FlaskClient, order: OrderView) -> None:
    scan(packer, order, "SP-TWO", "a-scan-0001")

    answer = post(packer, f"orders/{order.number}/ready")

    assert answer.status_code == 422
    assert "Not complete" in answer.text
    assert "2 pieces are missing." in answer.text
    assert state(order)[0] is OrderState.PACKING


def test_a_person_may_say_that_all_is_in_the_parcel(packer: FlaskClient, order: OrderView) -> None:
    answer = post(packer, f"orders/{order.number}/ready", by_hand="1")

    assert "Ready" in answer.text
    assert packed(order) == {"SP-TWO": 2, "SP-ONE": 1}


@pytest.mark.parametrize(("slot", "status"), [("", 422), ("Z9", 404), ("💥", 400), ("B1", 409)])
def test_without_a_good_slot_a_parcel_is_not_ready_where_there_is_a_shelf(
    packer: FlaskClient, order: OrderView, slot: str, status: int
) -> None:
    shelf(A1=2, B1=1)
    other = builders.a_paid_order()
    post(packer, f"orders/{other.number}/ready", slot="B1", by_hand="1")
    pack(packer, order)

    answer = post(packer, f"orders/{order.number}/ready", slot=slot)

    assert answer.status_code == status
    assert outcome_of(answer.text) == "refused"
    assert state(order)[0] is OrderState.PACKING


def test_a_ready_parcel_moves_to_another_slot_and_is_opened_again(packer: FlaskClient, order: OrderView) -> None:
    shelf(A1=2, B1=1)
    pack(packer, order)
    post(packer, f"orders/{order.number}/ready", slot="A1")

    assert "B1" in post(packer, f"orders/{order.number}/slot", slot="b-1").text
    assert parcel_of(order.number, None).slot == "B1"
    assert post(packer, f"orders/{order.number}/slot", slot="").status_code == 400

    assert "Opened again" in post(packer, f"orders/{order.number}/reopen").text
    assert state(order) == (OrderState.PACKING, ParcelState.PACKING)


# --- what cannot be found ---------------------------------------------------------------------------------------------


def test_a_shortage_is_read_again_and_then_refunded_once(packer: FlaskClient, order: OrderView) -> None:
    asked = post(packer, f"orders/{order.number}/shortage", position="1", quantity="1")
    assert outcome_of(asked.text) == "shortage"
    assert "Refund €50.00?" in asked.text
    assert refunds_of(order.id) == []
    fields = form_in(asked.text, f"/counter/packing/orders/{order.number}/shortage/start")

    for _ in range(2):
        done = post(packer, f"orders/{order.number}/shortage/start", **fields)
        assert done.status_code == 200
        assert "€50.00 go back" in done.text

    (refund,) = refunds_of(order.id)
    assert (refund.amount_minor, refund.cause) == (50_00, Cause.SHORTAGE)
    assert [line.wanted for line in parcel_of(order.number, None).lines] == [1, 1]


def test_when_nothing_remains_the_page_says_that_the_order_ends(packer: FlaskClient, app: Flask) -> None:
    order = builders.a_paid_order({builders.a_product(): 1})
    asked = post(packer, f"orders/{order.number}/shortage", position="1", quantity="1").text
    assert "the whole order ends" in asked

    fields = form_in(asked, f"/counter/packing/orders/{order.number}/shortage/start")
    assert post(packer, f"orders/{order.number}/shortage/start", **fields).status_code == 200

    assert state(order)[0] is OrderState.CANCELLED


def test_more_than_is_missing_cannot_be_short(packer: FlaskClient, order: OrderView) -> None:
    pack(packer, order)

    for quantity, status in (("1", 422), ("0", 400), ("x", 400), ("99999999999", 400)):
        answer = post(packer, f"orders/{order.number}/shortage", position="1", quantity=quantity)
        assert answer.status_code == status
        assert outcome_of(answer.text) == "refused"
    assert refunds_of(order.id) == []


def test_a_shortage_that_was_read_before_something_else_happened_refunds_nothing(packer: FlaskClient, order: OrderView) -> None:
    asked = post(packer, f"orders/{order.number}/shortage", position="2", quantity="1").text
    fields = form_in(asked, f"/counter/packing/orders/{order.number}/shortage/start")
    post(packer, f"orders/{order.number}/shortage/start", **fields | {"seen": "1-2-0"})
    assert refunds_of(order.id) == []

    scan(packer, order, "SP-ONE", "a-scan-0001")
    answer = post(packer, f"orders/{order.number}/shortage/start", **fields)

    assert answer.status_code == 422
    assert refunds_of(order.id) == []
