"""Who may do what in the catalogue: a supervisor books stock and sees the rest, a manager does everything."""

import builders
import pytest
from builders import POINT, a_product, point_id, stock_of
from flask.testing import FlaskClient

from shop.people.rights import Grant, Role

PAGE = "/manage/catalogue/products/{}"


@pytest.fixture
def supervisor(client: FlaskClient) -> FlaskClient:
    """Of one pickup point."""
    builders.sign_in_staff(client, builders.a_colleague(Grant(Role.SUPERVISOR, point_id(POINT)), name="su"), "made-by-a-page")
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    return client


def test_a_supervisor_books_stock_and_sees_no_form_that_would_refuse_them(supervisor: FlaskClient) -> None:
    sku = a_product(on_hand=10)

    page, listed = supervisor.get(PAGE.format(sku)).text, supervisor.get("/manage/catalogue/").text
    booked = supervisor.post(f"{PAGE.format(sku)}/stock", data={"movement": "damage", "number": "1"})

    assert booked.status_code == 303
    assert stock_of(sku)[0] == 9
    assert 'id="stock-form"' in page
    assert "<fieldset disabled>" in page
    for form in ('id="price-form"', 'id="picture-form"', 'name="do"'):
        assert form not in page
    assert 'id="bulk"' not in listed
    assert "/manage/catalogue/new" not in listed


@pytest.mark.parametrize(
    "address",
    ["products/{sku}", "products/{sku}/prices", "products/{sku}/pictures", "products/{sku}/prices/1/withdraw", "new", "bulk", "brands/"],
)
def test_what_a_supervisor_may_not_do_is_refused_and_changes_nothing(supervisor: FlaskClient, address: str) -> None:
    sku = a_product()
    before = builders.everything()

    answer = supervisor.post(f"/manage/catalogue/{address.format(sku=sku)}", data={"amount": "1", "kind": "duty_free", "name": "x"})

    assert answer.status_code == 403
    assert builders.everything() == before
