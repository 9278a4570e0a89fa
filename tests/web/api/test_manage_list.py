"""What a manager's program can ask of all orders: the same search and filters as the back office."""
from datetime import timedelta
from typing import Any

import builders
import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from shop.base.db import reading
from shop.payments.models import Taken
from shop.people.states import DeviceKind

LIST = "/api/v1/manage/orders"


def test_one_text_finds_an_order_by_any_of_its_numbers(client: FlaskClient, device: Any) -> None:
    order, _other = builders.a_paid_order(), builders.a_paid_order(name="LI NA")
    with reading() as session:
        transaction_id = session.scalar(select(Taken.transaction_id).where(Taken.order_id == order.id))
    headers = device(DeviceKind.MANAGER, None)

    for words in (order.number, builders.code_of(order), transaction_id, "xiao wang"):
        items = client.get(LIST, query_string={"q": words}, headers=headers).json["items"]
        assert [item["number"] for item in items] == [order.number], words


def test_filters_and_pages_are_those_of_the_back_office(client: FlaskClient, device: Any) -> None:
    unpaid = builders.an_order(date=builders.DAY + timedelta(days=1))
    paid = [builders.a_paid_order().number for _ in range(3)]
    headers = device(DeviceKind.MANAGER, None)

    def numbers(**asked: str) -> list[str]:
        answer = client.get(LIST, query_string=asked, headers=headers)
        assert answer.status_code == 200, answer.text
        return [item["number"] for item in answer.json["items"]]

    assert numbers(paid="no") == [unpaid.number]
    assert numbers(flight_from=(builders.DAY + timedelta(days=1)).isoformat()) == [unpaid.number]
    assert sorted(numbers(paid="yes", least="5000", most="5000", refund="none")) == sorted(paid)
    assert numbers(refund="any") == []
    assert numbers(sort="departure")[0] == unpaid.number
    first = client.get(LIST, query_string={"limit": "3", "paid": "yes"}, headers=headers).json
    assert first["next"] is None
    first = client.get(LIST, query_string={"limit": "2", "paid": "yes"}, headers=headers).json
    rest = numbers(limit="2", paid="yes", after=first["next"])
    assert sorted([item["number"] for item in first["items"]] + rest) == sorted(paid)


@pytest.mark.parametrize("asked", ["after=abc", "after=7", "sort=name", "refund=x", "paid=1", "least=-1", "flight_from=x"])
def test_rubbish_is_refused_by_field(client: FlaskClient, device: Any, asked: str) -> None:
    answer = client.get(f"{LIST}?{asked}", headers=device(DeviceKind.MANAGER, None))

    assert answer.status_code == 400
    assert asked.partition("=")[0] in answer.json["errors"]
