"""Staff see what waits, and say that they have seen to it; settings of the seller and of the ways."""

import builders
import pytest
from builders import NOW
from flask.testing import FlaskClient

from shop.base.versions import day_of
from shop.contracts import commands, queries
from shop.contracts.commands import Declaration
from shop.flights.queries import point_by_code
from shop.policies import queries as policies

SELLER = {
    "name": "Muster GmbH", "represented_by": "E. M.", "street": "S 1", "city": "60549 F", "country": "DE", "email": "a@example.com",
    "phone": "+49", "withdrawal_days": "14", "withdrawal_source": "BGB",
}  # fmt: skip


def declared(**more: str) -> int:
    order = builders.a_paid_order()
    said = {"key": order.number, "number": order.number, "name": order.traveller_name, **more}
    return queries.by_token(commands.withdraw(Declaration(**said), 14, NOW)).id  # type: ignore[arg-type]


def test_what_waits_is_on_the_first_page_and_in_a_list_until_somebody_has_seen_to_it(office: FlaskClient) -> None:
    waits, strange = declared(wish="one bottle <b>only</b>"), declared(name="SOMEBODY")
    assert "2 withdrawals from contracts wait for a person" in office.get("/manage/").text
    page = office.get("/manage/withdrawals/").text
    assert "one bottle &lt;b&gt;only" in page
    assert "Fits no order" in page

    answer = office.post(f"/manage/withdrawals/{waits}/handled", data={"note": "parcel is back"})

    assert answer.status_code == 303
    page = office.get("/manage/withdrawals/").text
    assert f'data-withdrawal="{waits}"' not in page
    assert f'data-withdrawal="{strange}"' in page
    assert "parcel is back" in office.get("/manage/withdrawals/?all=1").text
    assert office.post(f"/manage/withdrawals/{waits}/handled", data={}).status_code == 409
    assert office.post(f"/manage/withdrawals/{strange + 99}/handled", data={}).status_code == 404


def test_the_seller_is_a_setting_that_the_imprint_obeys_at_once(office: FlaskClient) -> None:
    page = office.get("/manage/settings/seller/all").text
    mark = page.split('name="mark" value="')[1].split('"')[0]

    answer = office.post("/manage/settings/seller/all", data={**SELLER, "mark": mark, "step": "confirm"})

    assert answer.status_code == 303, answer.text
    assert "Muster GmbH" in office.get("/legal/imprint").text
    assert "badge text-bg-warning" not in office.get("/manage/settings/").text
    assert office.get("/manage/settings/history").status_code == 200


@pytest.mark.parametrize(
    ("field", "typed"),
    [("withdrawal_days", "7"), ("email", "nowhere"), ("chat_url", "javascript:alert(1)"), ("terms_zh", "A" * 20_001)],
)
def test_a_wrong_field_of_the_seller_changes_nothing(office: FlaskClient, field: str, typed: str) -> None:
    answer = office.post("/manage/settings/seller/all", data={**SELLER, field: typed, "mark": "x", "step": "check"})

    assert answer.status_code in (400, 422)
    assert f'id="{field}-error"' in answer.text
    assert policies.seller(day_of(NOW))["name"] == ""


def test_a_manager_says_how_far_the_counter_is(office: FlaskClient) -> None:
    builders.a_paid_order()
    page = office.get(f"/manage/settings/point_ways/{builders.POINT}").text
    mark = page.split('name="mark" value="')[1].split('"')[0]

    form = {"walks": "B 6, C 12；T2 D 20", "boarding": "45", "serving": "5", "mark": mark, "step": "confirm"}
    answer = office.post(f"/manage/settings/point_ways/{builders.POINT}", data=form)

    assert answer.status_code == 303
    ways = point_by_code(builders.POINT).ways
    assert (dict(ways.walks), ways.boarding, ways.serving) == ({"B": 6, "C": 12, "T2 D": 20}, 45, 5)


@pytest.mark.parametrize("walks", ["B", "B 0", "B 121", "B six", "B 6, B 7", "A" * 17 + " 5"])
def test_wrong_walking_times_are_refused_beside_the_field(office: FlaskClient, walks: str) -> None:
    builders.a_paid_order()
    form = {"walks": walks, "boarding": "45", "serving": "5", "mark": "x", "step": "check"}

    answer = office.post(f"/manage/settings/point_ways/{builders.POINT}", data=form)

    assert answer.status_code in (400, 422)
    assert 'id="walks-error"' in answer.text
