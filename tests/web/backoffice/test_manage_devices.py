"""Making devices and taking their tokens back."""
import html
import re

import builders
import pytest
from flask.testing import FlaskClient

from shop.people import queries as people
from shop.people.queries import WrongToken
from shop.people.states import DeviceKind

DEVICES = "/manage/devices/"


def token_on(page: str) -> str:
    found = re.search(r'id="token">([^<]+)<', page)
    assert found, "a page without a token"
    return html.unescape(found[1])


def test_a_new_devices_token_is_shown_once_and_works(office: FlaskClient) -> None:
    answer = office.post(DEVICES, data={"name": " T1 left ", "kind": "counter", "point": builders.POINT})

    token = token_on(answer.text)
    device = people.device_by_token(token)
    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    assert (device.name, device.kind) == ("T1 left", DeviceKind.COUNTER)
    assert device.pickup_point_id == builders.point_id(builders.POINT)
    assert token not in office.get(DEVICES).text


@pytest.mark.parametrize("kind", list(DeviceKind))
def test_a_device_without_a_point_serves_all(office: FlaskClient, kind: DeviceKind) -> None:
    answer = office.post(DEVICES, data={"name": "Somewhere", "kind": kind.value, "point": ""})

    assert people.device_by_token(token_on(answer.text)).pickup_point_id is None


@pytest.mark.parametrize(
    ("field", "rubbish"),
    [("name", ""), ("name", "x" * 81), ("name", "a\x00b"), ("kind", "root"), ("kind", ""), ("point", "T9-Z99"), ("point", "1")],
)  # fmt: skip
def test_a_device_with_a_wrong_field_is_not_made_and_the_rest_is_kept(office: FlaskClient, field: str, rubbish: str) -> None:
    answer = office.post(DEVICES, data={"name": "Left", "kind": "packer", "point": builders.POINT, field: rubbish})

    assert answer.status_code == 400
    assert f'id="{field}-error"' in answer.text
    assert field == "name" or 'value="Left"' in answer.text
    assert people.devices() == []


def test_a_revoked_token_opens_nothing_and_revoking_again_changes_nothing(office: FlaskClient) -> None:
    device, token = builders.a_device()

    for _ in range(2):
        assert office.post(f"{DEVICES}{device.id}/revoke").status_code == 303

    with pytest.raises(WrongToken):
        people.device_by_token(token)
    assert "revoked on" in office.get(DEVICES).text


@pytest.mark.parametrize("number", ["99999", "99999999999999999999999", "-1", "x"])
def test_revoking_a_device_that_does_not_exist_breaks_nothing(office: FlaskClient, number: str) -> None:
    assert office.post(f"{DEVICES}{number}/revoke").status_code in (303, 404)


def test_a_form_without_its_token_makes_no_device(office: FlaskClient) -> None:
    del office.environ_base["HTTP_X_CSRF_TOKEN"]

    answer = office.post(DEVICES, data={"name": "Left", "kind": "counter"})

    assert answer.status_code == 403
    assert people.devices() == []


def test_names_are_text_not_markup(office: FlaskClient) -> None:
    office.post(DEVICES, data={"name": '<img src=x>"', "kind": "counter"})

    assert "<img src=x>" not in office.get(DEVICES).text
