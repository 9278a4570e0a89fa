"""The shelf of a pickup point, as its packers set it up."""

import re

import builders
import pytest
from flask.testing import FlaskClient
from web.counter.packing_table import HOME, post, shelf, signed_in

from shop.orders.queries import OrderView
from shop.pickup.packing_rules import Slot
from shop.pickup.packing_shelf_queries import shelf_of


def slots(point: str = builders.POINT) -> list[Slot]:
    return shelf_of(builders.point_id(point))


def test_typed_slots_become_the_shelf_and_are_shown_along_it(packer: FlaskClient) -> None:
    for _ in range(2):
        answer = post(packer, "shelf/", point=builders.POINT, slots="A10 4\r\n a-2 6 \r\n\r\n")
        assert answer.status_code == 303

    assert [(slot.code, slot.capacity) for slot in slots()] == [("A2", 6), ("A10", 4)]
    assert re.search(r"A2 6\s+A10 4", packer.get(f"{HOME}shelf/").text)


def test_a_slot_that_is_left_out_takes_nothing_more(packer: FlaskClient, order: OrderView) -> None:
    shelf(A1=2, A2=2)
    assert post(packer, f"orders/{order.number}/ready", slot="A1", by_hand="1").status_code == 200
    assert "1 parcel lies here now." in packer.get(f"{HOME}shelf/").text

    post(packer, "shelf/", point=builders.POINT, slots="A2 2")

    assert [slot.code for slot in slots()] == ["A2"]
    assert post(packer, f"orders/{order.number}/slot", slot="A1").status_code == 404


@pytest.mark.parametrize("typed", ["A1", "A1 x", "A1 0", "A1 501", "A1 99999", "TOO-LONG-FOR-IT 3", "💥 3", "A1 -2", " 6", "A1 ٣"])
def test_a_line_that_makes_no_sense_changes_nothing_and_is_kept(packer: FlaskClient, typed: str) -> None:
    shelf(B1=1)

    answer = post(packer, "shelf/", point=builders.POINT, slots=f"A2 6\n{typed}")

    assert answer.status_code == 400
    assert 'role="alert"' in answer.text
    assert "A2 6" in answer.text
    assert [slot.code for slot in slots()] == ["B1"]


def test_too_many_slots_are_refused(packer: FlaskClient) -> None:
    assert post(packer, "shelf/", point=builders.POINT, slots="\n".join(f"A{n} 1" for n in range(501))).status_code == 400
    assert slots() == []


def test_the_shelf_of_another_point_is_not_touched(packer: FlaskClient) -> None:
    answer = post(packer, "shelf/", point=builders.OTHER_POINT, slots="A1 1")

    assert answer.status_code == 404
    assert 'role="alert"' in answer.text
    assert slots(builders.OTHER_POINT) == []
    assert builders.OTHER_POINT not in packer.get(f"{HOME}shelf/").text


def test_a_device_of_all_points_sets_up_each_shelf(client: FlaskClient) -> None:
    everywhere = signed_in(client, point=None)

    post(everywhere, "shelf/", point=builders.OTHER_POINT, slots="A1 1")

    assert [slot.code for slot in slots(builders.OTHER_POINT)] == ["A1"]
    assert slots() == []
    assert everywhere.get(f"{HOME}shelf/").text.count("<textarea") == 2
