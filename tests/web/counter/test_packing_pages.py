"""What packers see: the due board, waves, labels, back to stock; and who may come in. No JavaScript here."""
import re

import builders
import pytest
from flask import Flask
from flask.testing import FlaskClient
from web.counter.packing_table import (
    HOME,
    a_wave,
    ean,
    outcome_of,
    pack,
    packed,
    post,
    scan,
    shelf,
    signed_in,
    soon,
    state,
)

from shop.base import clock
from shop.orders.queries import OrderView
from shop.orders.states import OrderState
from shop.payments import refunding
from shop.payments.refund_rules import Whole
from shop.payments.refunding import Why
from shop.payments.states import Cause
from shop.people.states import DeviceKind
from shop.pickup import scan_box
from shop.pickup.packing_parcel_queries import parcel_of
from shop.pickup.packing_rules import ParcelState

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
    for path in ("", "waves/", "returns/", "shelf/", f"orders/{order.number}"):
        page = packer.get(f"{HOME}{path}?lang={language}")

        assert page.status_code == 200
        assert f'<html lang="{ {"zh": "zh-CN"}.get(language, language)}"' in page.text


# --- waves ------------------------------------------------------------------------------------------------------------


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
