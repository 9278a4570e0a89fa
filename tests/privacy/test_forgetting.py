"""What is over is forgotten, and only that; a traveller can be erased, and stays so."""

import itertools
from datetime import timedelta
from typing import Any

import builders
import pytest
from builders import NOW, POINT, SECRET
from flask import Flask
from sqlalchemy import select, update

from shop.base.audit import AuditRow
from shop.base.db import reading, transaction
from shop.base.ids import TravellerId
from shop.orders.models import Order
from shop.orders.queries import order_by_number
from shop.payments import commands as payments
from shop.payments import queries as payment_queries
from shop.payments import refunding
from shop.payments.models import Attempt
from shop.people.models import Traveller
from shop.pickup import commands as pickup
from shop.pickup.checks import Asks
from shop.pickup.commands import Asked
from shop.pickup.models import Scan
from shop.privacy import commands, forgetting, queries, telling
from shop.privacy.rules import BOOK_YEARS, FLOWN, IDLE, NOBODY, REFUNDABLE, UNPAID, NoSuchTraveller, OrdersOpen

YEARS = 8
KEPT = frozenset({"flight", "document_number"})
SHOWN = {"boarding_pass": {"flight": "CA932"}, "identity": {"document_number": "E12345678"}}
MOMENT = timedelta(seconds=1)
count = itertools.count()


def collected(traveller: TravellerId, *, keeps: frozenset[str] = frozenset()) -> Any:
    """An order that was paid and handed over, with its evidence when the point keeps some."""
    order = builders.a_paid_order(traveller=traveller, birth_date=NOW.date() - timedelta(days=12_000))
    pickup.put_rules(POINT, Asks(boarding_pass=True, identity=True, keeps=keeps))
    scan = Asked(builders.code_of(order), f"scan-no-{next(count):04}", NOW, checks=SHOWN)
    pickup.hand_over(scan, builders.a_device()[0], SECRET, NOW)
    return order_by_number(order.number)


def after(order: Any, **more: Any) -> Any:
    return order.departs_at + timedelta(**more)


def test_an_order_keeps_its_name_for_ninety_days_after_the_flight_and_not_a_moment_longer(app: Flask) -> None:
    order = collected(builders.a_traveller())

    assert commands.forget_due(order.departs_at + FLOWN, YEARS)["orders_flown"] == 0
    assert order_by_number(order.number).traveller_name == "WANG XIAOMING"

    assert commands.forget_due(order.departs_at + FLOWN + MOMENT, YEARS)["orders_flown"] == 1
    found = order_by_number(order.number)
    assert (found.traveller_name, found.birth_date, found.total) == (NOBODY, None, order.total)
    assert commands.forget_due(order.departs_at + FLOWN + MOMENT, YEARS)["orders_flown"] == 0


def test_an_order_that_was_never_paid_is_forgotten_sooner_and_an_open_one_never(app: Flask) -> None:
    unpaid, paid = builders.an_order(), builders.a_paid_order()
    builders.set_order(unpaid.number, state="expired")

    done = commands.forget_due(after(unpaid, days=UNPAID.days, seconds=1), YEARS)
    later = commands.forget_due(after(unpaid, days=600), YEARS)

    assert (done["orders_unpaid"], done["orders_flown"], later["orders_flown"]) == (1, 0, 0)
    assert order_by_number(unpaid.number).traveller_name == NOBODY
    assert order_by_number(paid.number).traveller_name == "WANG XIAOMING", "money and goods are still between us"


def test_what_the_tax_office_needs_of_the_buyer_goes_to_the_evidence_and_ends_with_it(app: Flask) -> None:
    order, bare = collected(builders.a_traveller(), keeps=KEPT), collected(builders.a_traveller())

    commands.forget_due(after(order, days=100), YEARS)

    evidence = {scan.order_id: scan.details["checks"] for scan in scans()}
    assert evidence[order.id]["buyer"] == {"name": "WANG XIAOMING", "residence": "CN"}
    assert "buyer" not in evidence[bare.id], "a point that keeps nothing keeps no name either"
    assert order_by_number(order.number).traveller_name == NOBODY

    commands.forget_due(after(order, days=366 * (YEARS + 1)), YEARS)

    assert [scan.details for scan in scans()] == [{"checked": ["boarding_pass", "identity"]}] * 2
    everything = repr(builders.everything())
    assert not [word for word in ("WANG XIAOMING", "E12345678") if word in everything]


def scans() -> list[Any]:
    with reading() as session:
        return list(session.execute(select(Scan.order_id, Scan.details).order_by(Scan.id)).all())


def test_requests_to_wechat_pay_forget_the_payer_when_nothing_can_be_refunded_any_more(app: Flask) -> None:
    order = builders.an_order()
    payer = '{"payer": {"openid": "oWANG"}}'
    payments.accept(builders.a_notice(builders.a_payment(builders.an_attempt(order, request=payer), order.total)), NOW)

    assert commands.forget_due(NOW + REFUNDABLE, YEARS)["payment_requests"] == 0
    assert commands.forget_due(NOW + REFUNDABLE + MOMENT, YEARS)["payment_requests"] == 1

    with reading() as session:
        attempt = session.execute(select(Attempt.request, Attempt.amount_minor, Attempt.transaction_id)).one()
    assert (attempt.request, attempt.amount_minor) == ("{}", order.total.minor)
    assert attempt.transaction_id


def test_a_traveller_who_does_not_come_back_is_erased_unless_something_is_open(app: Flask) -> None:
    gone, waiting = builders.a_traveller("oGONE"), builders.a_traveller("oWAITING")
    builders.a_paid_order(traveller=waiting)

    assert commands.forget_due(NOW + IDLE, YEARS)["travellers_idle"] == 0
    assert commands.forget_due(NOW + IDLE + MOMENT, YEARS)["travellers_idle"] == 1

    with pytest.raises(NoSuchTraveller):
        queries.account(gone)
    assert queries.account(waiting).orders == 1


def test_notes_that_people_wrote_go_with_the_books(app: Flask) -> None:
    order = builders.a_paid_order()
    refunding.cancel_paid(order.number, order.traveller_id, NOW)
    with transaction() as session:
        session.execute(refunding.update(refunding.Refund.__table__).values(note="Mr Wang was cross"))

    assert commands.forget_due(NOW.replace(year=NOW.year + BOOK_YEARS), YEARS)["refund_notes"] == 0
    assert commands.forget_due(NOW.replace(year=NOW.year + BOOK_YEARS + 1), YEARS)["refund_notes"] == 1


def test_what_is_forgotten_is_counted_before_and_audited_after_and_an_interruption_loses_nothing(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    traveller = builders.a_traveller()
    orders = [collected(traveller) for _ in range(5)]
    now = after(orders[0], days=100)
    monkeypatch.setattr(forgetting, "AT_A_TIME", 2)
    tried = itertools.count()

    def fail(*asked: Any) -> None:
        if next(tried) == 1:
            raise OSError("the power is gone")
        forgetting.forget_orders(*asked)

    broken = forgetting.Rule("orders_flown", forgetting.ORDERS, forgetting.RULES["orders_flown"].due, fail)

    assert forgetting.due(now, YEARS)["orders_flown"] == 5
    with pytest.raises(OSError, match="power"):
        forgetting.forget_by(broken, now, YEARS)
    assert forgetting.due(now, YEARS)["orders_flown"] == 3
    assert commands.forget_due(now, YEARS)["orders_flown"] == 3

    assert [(one.rule, one.rows) for one in queries.forgotten()] == [("orders_flown", 1), ("orders_flown", 2), ("orders_flown", 2)]


def test_an_erased_traveller_is_nowhere_and_books_and_evidence_stay(app: Flask) -> None:
    traveller = builders.a_traveller("oTHEVISITOR")
    order = collected(traveller, keeps=KEPT)
    other = collected(builders.a_traveller("oSOMEBODY"))

    assert commands.erase(traveller, by="traveller", now=NOW) == 1

    found = order_by_number(order.number)
    assert (found.traveller_name, found.state, found.total) == (NOBODY, order.state, order.total)
    assert found.traveller_id != traveller
    assert "oTHEVISITOR" not in repr(builders.everything())
    assert next(scan.details["checks"]["buyer"]["name"] for scan in scans() if scan.order_id == order.id) == "WANG XIAOMING"
    assert order_by_number(other.number).traveller_name == "WANG XIAOMING", "nobody else is touched"
    with reading() as session:
        row = session.execute(select(AuditRow.actor, AuditRow.action, AuditRow.after).order_by(AuditRow.id.desc()).limit(1)).one()
    assert tuple(row) == ("traveller", "traveller.erased", {"orders": 1})
    with pytest.raises(NoSuchTraveller):
        commands.erase(traveller, by="traveller", now=NOW)


@pytest.mark.parametrize("state", ["awaiting_payment", "paid", "packing", "ready", "refund requested", "payment in doubt"])
def test_what_is_not_at_its_end_stands_against_erasing_and_changes_nothing(app: Flask, state: str) -> None:
    traveller = builders.a_traveller()
    order = collected(traveller)
    if state == "refund requested":
        builders.set_order(order.number, refund_state="requested")
    elif state == "payment in doubt":
        builders.set_order(order.number, state="expired")
        with transaction() as session:
            session.execute(update(Attempt.__table__).values(next_check_at=NOW))
    else:
        builders.set_order(order.number, state=state)
    before = builders.everything()

    with pytest.raises(OrdersOpen) as refused:
        commands.erase(traveller, by="traveller", now=NOW)

    assert refused.value.facts["orders"] == order.number
    assert queries.account(traveller).open == (order.number,)
    assert builders.everything() == before


def test_who_comes_back_after_being_erased_is_somebody_new(app: Flask) -> None:
    first = builders.a_traveller("oWANG")
    collected(first)
    commands.erase(first, by="traveller", now=NOW)

    second = builders.a_traveller("oWANG")

    account = queries.account(second)
    assert (second != first, account.orders, account.open) == (True, 0, ())
    with reading() as session:
        assert len(session.scalars(select(Traveller.openid).where(Traveller.openid == "oWANG")).all()) == 1


def test_the_file_of_a_traveller_has_everything_of_theirs_with_labels_and_nothing_of_others(app: Flask, statements: list[str]) -> None:
    traveller = builders.a_traveller("oWANG")
    orders = [collected(traveller, keeps=KEPT) for _ in range(2)]
    other = collected(builders.a_traveller("oZHANG"))
    statements.clear()

    told = telling.tell(traveller, YEARS, NOW)

    assert len(statements) <= 19
    assert told["traveller"]["openid"] == "oWANG"
    assert [one["number"] for one in told["orders"]] == [order.number for order in orders]
    first = told["orders"][0]
    assert (first["traveller_name"], first["birth_date"] is not None, first["lines"][0]["quantity"]) == ("WANG XIAOMING", True, 1)
    assert first["scans"][0]["evidence"]["identity"] == {"document_number": "E12345678"}
    assert first["scans"][0]["evidence_deleted_on"] == "2035-01-01"
    assert first["payments"][0]["amount"] == {"amount": orders[0].total.minor, "currency": "EUR"}
    assert not [word for word in (other.number, "oZHANG") if word in repr(told)]
    assert {"zh", "en", "de"} == set(told["labels"]["traveller_name"])
    assert _names(told) - {"labels", "form"} <= set(told["labels"]), "every name in the file is explained"


def test_a_companion_who_paid_for_others_is_told_so_and_can_be_forgotten(app: Flask) -> None:
    order, bob = builders.an_order(), builders.a_traveller("oBOB")
    builders.an_attempt(order, request='{"payer": {"openid": "oBOB"}}')
    with transaction() as session:
        session.execute(update(Attempt.__table__).values(payer_id=bob, next_check_at=NOW))
    with pytest.raises(OrdersOpen):  # WeChat may still report the payment
        commands.erase(bob, by="traveller", now=NOW)
    no = payment_queries.attempts_of(order.id)[0].out_trade_no
    payments.accept(builders.a_notice(builders.a_payment(no, order.total)), NOW)

    told = telling.tell(bob, YEARS, NOW)
    commands.erase(bob, by="traveller", now=NOW)

    assert [one["amount"]["amount"] for one in told["paid_for_others"]] == [order.total.minor]
    assert told["orders"] == []
    assert "oBOB" not in repr(builders.everything())
    assert order_by_number(order.number).traveller_name == "WANG XIAOMING"


UNNAMED = ("labels", "evidence", "name", "amount", "total", "unit_price")


def _names(value: Any) -> set[str]:
    """The names in the file, without what evidence, labels, money and texts by language are made of."""
    if isinstance(value, dict):
        return set(value) | {name for key, inner in value.items() if key not in UNNAMED for name in _names(inner)}
    return {name for inner in value for name in _names(inner)} if isinstance(value, list) else set()


def test_rows_that_are_not_due_cost_no_more_than_a_look(app: Flask, statements: list[str]) -> None:
    collected(builders.a_traveller())
    statements.clear()

    commands.forget_due(NOW, YEARS)

    assert len(statements) <= len(forgetting.RULES)
    with reading() as session:
        assert session.scalar(select(Order.forgotten_at)) is None
