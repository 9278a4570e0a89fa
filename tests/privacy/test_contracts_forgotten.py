"""What is kept of withdrawals and letters goes in its time, goes with its traveller, and is told to whom it belongs."""

from datetime import timedelta

import builders
from builders import NOW
from flask import Flask

from shop import worker
from shop.base import delivering
from shop.base.ids import TravellerId
from shop.contracts import commands, queries
from shop.contracts.commands import Declaration
from shop.orders.queries import OrderView
from shop.privacy import commands as privacy
from shop.privacy import telling
from shop.privacy.rules import ANSWERED, BOOK_YEARS

MAIL, MOMENT = "li@example.com", timedelta(seconds=1)


def a_withdrawn_order(traveller: TravellerId) -> tuple[OrderView, int]:
    order = builders.a_paid_order(traveller=traveller)
    commands.ask_letter(order.number, traveller, MAIL, "zh", NOW)
    said = Declaration(key=order.number, number=order.number, name="WANG", email=MAIL, wish="the whisky", traveller=traveller)
    return order, queries.by_token(commands.withdraw(said, 14, NOW)).id


def test_addresses_go_after_ninety_days_and_names_with_the_books(app: Flask) -> None:
    _, withdrawal = a_withdrawn_order(builders.a_traveller())

    privacy.forget_due(NOW + ANSWERED, 8)
    assert queries.by_id(withdrawal).email == MAIL
    privacy.forget_due(NOW + ANSWERED + MOMENT, 8)
    assert MAIL not in repr(builders.everything()["withdrawals"] + builders.everything()["letters"])
    assert queries.by_id(withdrawal).name == "WANG"

    privacy.forget_due(NOW.replace(year=NOW.year + BOOK_YEARS + 1, month=1, day=2), 8)
    assert (queries.by_id(withdrawal).name, queries.by_id(withdrawal).wish) == (None, None)


def test_an_erased_traveller_leaves_no_address(app: Flask) -> None:
    traveller = builders.a_traveller()
    order, withdrawal = a_withdrawn_order(traveller)
    builders.set_order(order.number, state="cancelled")

    privacy.erase(traveller, by="traveller", now=NOW)

    assert queries.by_id(withdrawal).email is None
    assert MAIL not in repr(builders.everything()["letters"])


def test_the_travellers_file_has_them(app: Flask) -> None:
    traveller = builders.a_traveller()
    a_withdrawn_order(traveller)

    [order] = telling.tell(traveller, 8, NOW)["orders"]

    assert (order["withdrawals"][0]["email"], order["withdrawals"][0]["wish"], order["letters"][0]["email"]) == (MAIL, "the whisky", MAIL)


def test_the_worker_hears_of_both_and_is_done_with_them_without_a_mail_server(app: Flask) -> None:
    a_withdrawn_order(builders.a_traveller())
    delivering.spread(worker.REACTIONS, NOW)

    for delivery in delivering.due(NOW):
        assert delivering.deliver(delivery, worker.REACTIONS, lambda: NOW)
    assert not delivering.due(NOW + timedelta(days=2))
