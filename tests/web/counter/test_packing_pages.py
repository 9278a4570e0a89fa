"""What packers see and do: due board, waves, a parcel piece by piece, labels, shortages, back to stock. No JavaScript here."""
import re
from datetime import datetime, timedelta
from typing import Any

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.base import clock
from shop.base.db import reading
from shop.catalogue.models import Product
from shop.orders.queries import OrderView
from shop.orders.states import OrderState
from shop.payments import refunding
from shop.payments.refund_queries import refunds_of
from shop.payments.refund_rules import Whole
from shop.payments.refunding import Why
from shop.payments.states import Cause
from shop.people.states import DeviceKind
from shop.pickup import packing, scan_box
from shop.pickup.packing_parcel_queries import parcel_of
from shop.pickup.packing_rules import ParcelState

HOME = "/counter/packing/"


def signed_in(client: FlaskClient, kind: DeviceKind = DeviceKind.PACKER, point: str | None = builders.POINT) -> FlaskClient:
    _, token = builders.a_device(kind, point)
    client.post("/counter/sign-in", data={"token": token})
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


@pytest.fixture
def packer(client: FlaskClient) -> FlaskClient:
    """A browser on which a packer's device of the first pickup point is signed in."""
    return signed_in(client)


@pytest.fixture
def order(app: Flask) -> OrderView:
    """Two pieces of one product and one of another, for a flight that leaves in five hours."""
    return soon(builders.a_paid_order({builders.a_product("SP-TWO", price=50_00): 2, builders.a_product("SP-ONE", price=20_00): 1}))


def soon(order: OrderView, hours: float = 5) -> OrderView:
    """The order's flight leaves in so many hours."""
    departs: datetime = clock.now() + timedelta(hours=hours)
    builders.set_order(order.number, departs_at=departs, collect_from=departs - timedelta(hours=4))
    return order


def shelf(**capacities: int) -> None:
    packing.put_slots(builders.point_id(builders.POINT), capacities)


def ean(sku: str) -> str:
    with reading() as session:
        return session.scalars(select(Product.ean).where(Product.sku == sku)).one()


def post(client: FlaskClient, path: str, **fields: str) -> Any:
    with client.session_transaction() as session:
        token = str(session.setdefault("csrf", "made-by-a-page"))
    return client.post(HOME + path, data={"csrf_token": token, **fields})


def scan(client: FlaskClient, order: OrderView, sku: str, scan_id: str) -> Any:
    return post(client, f"orders/{order.number}/pieces", ean=ean(sku), scan_id=scan_id)


def pack(client: FlaskClient, order: OrderView) -> None:
    for n, sku in enumerate(("SP-TWO", "SP-TWO", "SP-ONE")):
        assert scan(client, order, sku, f"a-scan-{n:04}").status_code == 200


def outcome_of(page: str) -> str:
    found = re.search(r'data-outcome="(\w+)"', page)
    assert found, "a page without an outcome"
    return found[1]


def form_in(page: str, action: str) -> dict[str, str]:
    form = page.split(f'action="{action}"')[1].split("</form>")[0]
    return dict(re.findall(r'name="([\w-]+)" value="([^"]*)"', form))


def packed(order: OrderView) -> dict[str, int]:
    return {line.sku: line.packed for line in parcel_of(order.number, None).lines}


def state(order: OrderView) -> tuple[OrderState, ParcelState | None]:
    seen = parcel_of(order.number, None)
    return seen.state, seen.parcel


# --- who comes in -----------------------------------------------------------------------------------------------------


def test_a_packers_device_signs_in_and_sees_the_board_but_no_counter(packer: FlaskClient) -> None:
    assert packer.get(HOME).status_code == 200
    assert packer.get("/counter/").headers["Location"] == HOME
    assert 'href="/counter/"' not in packer.get(HOME).text


@pytest.mark.parametrize("kind", [DeviceKind.COUNTER, DeviceKind.SUPERVISOR])
def test_a_counters_device_packs_too(client: FlaskClient, kind: DeviceKind) -> None:
    page = signed_in(client, kind).get(HOME)

    assert page.status_code == 200
    assert 'href="/counter/"' in page.text


def test_who_is_not_signed_in_is_sent_to_the_sign_in(client: FlaskClient, order: OrderView) -> None:
    for path in ("", "waves/", "returns/", f"orders/{order.number}", f"orders/{order.number}/label"):
        assert client.get(HOME + path).headers["Location"] == "/counter/sign-in"


def test_a_packer_signs_out(packer: FlaskClient) -> None:
    assert post(packer, "sign-out").status_code == 303
    assert packer.get(HOME).status_code == 302


def test_a_packer_sees_orders_of_the_own_pickup_point_only(client: FlaskClient, order: OrderView) -> None:
    stranger = signed_in(client, point=builders.OTHER_POINT)

    assert order.number not in stranger.get(HOME).text
    assert stranger.get(f"{HOME}orders/{order.number}").status_code == 404
    assert stranger.get(f"{HOME}orders/{order.number}/label").status_code == 404
    assert scan(stranger, order, "SP-ONE", "a-scan-0001").status_code == 404
    assert post(stranger, "find", code=order.number).status_code == 404
    assert packed(order) == {"SP-TWO": 0, "SP-ONE": 0}


def test_a_form_that_does_not_come_from_our_page_packs_nothing(packer: FlaskClient, order: OrderView) -> None:
    packer.get(HOME)

    answer = packer.post(f"{HOME}orders/{order.number}/pieces", data={"ean": ean("SP-ONE"), "scan_id": "a-scan-0001"})

    assert answer.status_code == 403
    assert packed(order) == {"SP-TWO": 0, "SP-ONE": 0}


# --- the board --------------------------------------------------------------------------------------------------------


def test_the_board_shows_how_urgent_each_order_is_in_words_and_colour(packer: FlaskClient) -> None:
    wanted = {}
    for hours, light in ((4.6, "red"), (5.2, "amber"), (5.9, "green")):
        wanted[soon(builders.a_paid_order(), hours).number] = light
    late = soon(builders.a_paid_order(), 4.2).number

    page = packer.get(HOME).text

    rows = re.findall(r'due__row--(\w+)">.*?orders/(D\w+)"', page, re.DOTALL)
    assert {number: light for light, number in rows} == {**wanted, late: "red"}
    assert [light for light, _ in rows] == ["red", "red", "amber", "green"]
    assert "min late" in page
    assert "Now: " in page
    assert "Soon: " in page


def test_the_board_refreshes_itself_without_javascript_too(packer: FlaskClient) -> None:
    page = packer.get(HOME).text

    assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in page
    assert 'data-live="20"' in page


@pytest.mark.parametrize("written", ["{}", " {} ", "label"])
def test_a_label_or_a_number_opens_its_parcel(packer: FlaskClient, order: OrderView, written: str) -> None:
    text = scan_box.label_text(order.number) if written == "label" else written.format(order.number.lower())

    answer = post(packer, "find", code=text)

    assert answer.status_code == 303
    assert answer.headers["Location"] == f"{HOME}orders/{order.number}"


@pytest.mark.parametrize(
    ("text", "status"), [("", 400), ("💥\x00", 400), ("4006381333931", 400), ("D234567892", 404), ("A" * 100_000, 400)]
)
def test_what_is_no_label_is_refused_and_kept(packer: FlaskClient, text: str, status: int) -> None:
    answer = post(packer, "find", code=text)

    assert answer.status_code == status
    assert 'aria-invalid="true"' in answer.text
    assert 'role="alert"' in answer.text


@pytest.mark.parametrize("language", ["zh", "en", "de"])
def test_the_pages_are_there_in_three_languages(packer: FlaskClient, order: OrderView, language: str) -> None:
    for path in ("", "waves/", "returns/", f"orders/{order.number}"):
        page = packer.get(f"{HOME}{path}?lang={language}")

        assert page.status_code == 200
        assert f'<html lang="{ {"zh": "zh-CN"}.get(language, language)}"' in page.text


# --- waves ------------------------------------------------------------------------------------------------------------


def a_wave(packer: FlaskClient) -> str:
    assert post(packer, "waves/").status_code == 303
    found = re.findall(r'href="(/counter/packing/waves/\d+)"', packer.get(f"{HOME}waves/").text)
    return str(found[0])


def test_orders_are_put_into_a_wave_with_a_pick_list_on_the_screen_and_on_paper(packer: FlaskClient, order: OrderView) -> None:
    wave = a_wave(packer)

    for address in (wave, f"{wave}/print"):
        page = packer.get(address).text
        assert order.number in page
        assert "SP-TWO" in page
        assert re.search(r"Whisky \d+.*?SP-TWO.*?<td class=\"count\">2</td>", page, re.DOTALL)
        assert "2 ×" in page
    assert "<nav" in packer.get(wave).text
    assert "<nav" not in packer.get(f"{wave}/print").text


def test_waves_can_be_made_again_and_are_not_doubled(packer: FlaskClient, order: OrderView) -> None:
    a_wave(packer)
    a_wave(packer)

    assert packer.get(f"{HOME}waves/").text.count("<article") == 1


def test_a_device_of_all_points_makes_waves_for_each(client: FlaskClient, order: OrderView) -> None:
    soon(builders.a_paid_order(pickup_point=builders.OTHER_POINT))
    everywhere = signed_in(client, point=None)

    a_wave(everywhere)

    page = everywhere.get(f"{HOME}waves/").text
    assert page.count("<article") == 2
    assert builders.OTHER_POINT in page


def test_a_closed_wave_is_gone_and_its_orders_are_free(packer: FlaskClient, order: OrderView) -> None:
    wave = a_wave(packer)

    for _ in range(2):
        assert post(packer, f"{wave.removeprefix(HOME)}/close").status_code == 303

    assert "<article" not in packer.get(f"{HOME}waves/").text
    assert parcel_of(order.number, None).wave_id is None


@pytest.mark.parametrize("number", ["999", "99999999999999999999999"])
def test_a_wave_that_does_not_exist_is_not_found(packer: FlaskClient, number: str) -> None:
    for path in (f"waves/{number}", f"waves/{number}/print", f"waves/{number}/labels"):
        assert packer.get(HOME + path).status_code == 404
    assert post(packer, f"waves/{number}/close").status_code == 404


def test_a_wave_of_another_point_is_not_shown(client: FlaskClient, app: Flask, order: OrderView) -> None:
    wave = a_wave(signed_in(client))
    stranger = app.test_client()
    stranger.environ_base["HTTP_ORIGIN"] = "http://localhost"

    signed_in(stranger, point=builders.OTHER_POINT)

    for path in (wave, f"{wave}/print", f"{wave}/labels"):
        assert stranger.get(path).status_code == 404


# --- one parcel -------------------------------------------------------------------------------------------------------


def test_scanned_products_are_counted_up_until_the_parcel_is_complete(packer: FlaskClient, order: OrderView) -> None:
    first = scan(packer, order, "SP-TWO", "a-scan-0001").text
    assert outcome_of(first) == "ok"
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
        assert "Shelf slot A2. The traveller is told." in answer.text

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


# --- labels -----------------------------------------------------------------------------------------------------------


def test_a_label_has_the_picture_of_its_parcel_and_no_name(packer: FlaskClient, order: OrderView) -> None:
    import base64
    import io

    import zxingcpp
    from PIL import Image

    shelf(C3=2)
    pack(packer, order)
    post(packer, f"orders/{order.number}/ready", slot="C3")

    page = packer.get(f"{HOME}orders/{order.number}/label").text

    picture = base64.b64decode(re.findall(r'src="data:image/png;base64,([^"]+)"', page)[0])
    assert zxingcpp.read_barcodes(Image.open(io.BytesIO(picture)))[0].text == scan_box.label_text(order.number)
    for wanted in (f"{order.number[:5]} {order.number[5:]}", "CA932", "WX", ">C3<"):
        assert wanted in page
    assert "WANG" not in page
    assert "<nav" not in page


def test_the_labels_of_a_wave_are_one_page(packer: FlaskClient, order: OrderView) -> None:
    other, wave = soon(builders.a_paid_order()), ""
    wave = a_wave(packer)

    page = packer.get(f"{wave}/labels").text

    assert page.count('class="label"') == 2
    assert other.number[5:] in page


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


# --- back to stock ----------------------------------------------------------------------------------------------------


def test_the_parcel_of_a_cancelled_order_is_emptied_by_a_scan_of_its_label(packer: FlaskClient, order: OrderView) -> None:
    shelf(A1=2)
    pack(packer, order)
    post(packer, f"orders/{order.number}/ready", slot="A1")
    refunding.ask_refund(order.number, Whole(), Why(Cause.CANCELLED, "traveller"), clock.now())
    listed = packer.get(f"{HOME}returns/").text
    assert order.number in listed
    assert "A1" in listed
    assert "1 parcel goes back to stock" in packer.get(HOME).text

    for _ in range(2):
        answer = post(packer, "returns/", code=scan_box.label_text(order.number))
        assert answer.status_code == 200
        assert outcome_of(answer.text) == "ok"

    assert state(order)[1] is ParcelState.BACK_TO_STOCK
    assert "No parcel has to be emptied." in packer.get(f"{HOME}returns/").text


def test_a_parcel_that_is_still_wanted_stays_on_the_shelf(packer: FlaskClient, order: OrderView) -> None:
    pack(packer, order)
    post(packer, f"orders/{order.number}/ready")

    answer = post(packer, "returns/", code=order.number)

    assert answer.status_code == 409
    assert "Leave it on the shelf" in answer.text
    assert state(order) == (OrderState.READY, ParcelState.READY)


@pytest.mark.parametrize("text", ["", "nonsense", "💥\x00", "4006381333931"])
def test_what_is_no_label_empties_nothing(packer: FlaskClient, text: str) -> None:
    answer = post(packer, "returns/", code=text)

    assert answer.status_code == 400
    assert 'role="alert"' in answer.text


def test_pages_take_few_statements_however_many_orders_there_are(packer: FlaskClient, order: OrderView, statements: list[str]) -> None:
    wave = a_wave(packer)
    pages = (HOME, f"{HOME}waves/", wave, f"{wave}/labels", f"{HOME}returns/", f"{HOME}orders/{order.number}")

    def asked() -> list[int]:
        counts = []
        for address in pages:
            statements.clear()
            assert packer.get(address).status_code == 200
            counts.append(len(statements))
        return counts

    few = asked()
    for _ in range(5):
        soon(builders.a_paid_order())
    a_wave(packer)

    assert asked() == few
    assert max(few) <= 4
