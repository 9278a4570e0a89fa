"""Until when one may withdraw, and what a declaration does: as tables."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shop.contracts import rules
from shop.contracts.rules import WrongMail
from shop.contracts.states import Course, Proof
from shop.orders.states import OrderState

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
S = OrderState


@pytest.mark.parametrize(
    ("collected", "last"),
    [
        (datetime(2026, 11, 3, 9, 0, tzinfo=UTC), date(2026, 11, 17)),  # a Tuesday, and a Tuesday
        (datetime(2026, 11, 6, 9, 0, tzinfo=UTC), date(2026, 11, 20)),  # a Friday
        (datetime(2026, 11, 7, 9, 0, tzinfo=UTC), date(2026, 11, 23)),  # a Saturday: Monday
        (datetime(2026, 11, 8, 9, 0, tzinfo=UTC), date(2026, 11, 23)),  # a Sunday: Monday
        (datetime(2026, 11, 3, 22, 59, tzinfo=UTC), date(2026, 11, 17)),  # 23:59 in Frankfurt
        (datetime(2026, 11, 3, 23, 0, tzinfo=UTC), date(2026, 11, 18)),  # midnight in Frankfurt: the next day
    ],
)
def test_the_last_day_to_withdraw(collected: datetime, last: date) -> None:
    assert rules.last_day(collected, 14) == last


def test_the_time_ends_with_the_last_day_in_frankfurt_summer_or_winter() -> None:
    winter, summer = datetime(2026, 11, 3, 9, 0, tzinfo=UTC), datetime(2026, 6, 2, 9, 0, tzinfo=UTC)

    assert rules.may_until(winter, 14) == datetime(2026, 11, 17, 23, 0, tzinfo=UTC)
    assert rules.may_until(summer, 14) == datetime(2026, 6, 16, 22, 0, tzinfo=UTC)
    assert rules.in_time(winter, 14, datetime(2026, 11, 17, 22, 59, 59, tzinfo=UTC))
    assert not rules.in_time(winter, 14, datetime(2026, 11, 17, 23, 0, tzinfo=UTC))


def test_before_the_hand_over_the_time_has_not_begun() -> None:
    assert rules.may_until(None, 14) is None
    assert rules.in_time(None, 14, NOW + timedelta(days=4000))


@given(st.integers(0, 20 * 365 * 24 * 60), st.integers(14, 100))
def test_nobody_gets_less_than_the_days_they_were_promised(minutes: int, days: int) -> None:
    collected = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
    end = rules.may_until(collected, days)

    assert end is not None
    assert timedelta(days=days) - timedelta(hours=2) < end - collected <= timedelta(days=days + 3, hours=2)


P, C = Proof, Course
COURSES = [
    # proof, state, hours until departure, some goods only, course
    (P.OWNED, S.PAID, 48, False, C.REFUNDED),
    (P.OWNED, S.PACKING, 48, False, C.REFUNDED),
    (P.OWNED, S.READY, 1, False, C.REFUNDED),
    (P.OWNED, S.READY, 0, False, C.FOR_A_PERSON),
    (P.OWNED, S.PAID, 48, True, C.FOR_A_PERSON),
    (P.OWNED, S.AWAITING_PAYMENT, 48, False, C.FOR_A_PERSON),
    (P.OWNED, S.COLLECTED, -5, False, C.FOR_A_PERSON),
    (P.OWNED, S.PARTLY_COLLECTED, -5, False, C.FOR_A_PERSON),
    (P.OWNED, S.CANCELLED, 48, False, C.OVER),
    (P.OWNED, S.EXPIRED, 48, False, C.OVER),
    (P.OWNED, S.NO_SHOW, -5, False, C.OVER),
    (P.NAMED, S.PAID, 48, False, C.FOR_A_PERSON),
    (P.NAMED, S.READY, 48, False, C.FOR_A_PERSON),
    (P.NAMED, S.COLLECTED, -5, False, C.FOR_A_PERSON),
    (P.NAMED, S.CANCELLED, 48, False, C.OVER),
    (P.NONE, S.PAID, 48, False, C.FOR_A_PERSON),
    (P.NONE, S.CANCELLED, 48, False, C.FOR_A_PERSON),
]


@pytest.mark.parametrize(("proof", "state", "hours", "partly", "course"), COURSES)
def test_what_becomes_of_a_declaration(proof: Proof, state: OrderState, hours: int, partly: bool, course: Course) -> None:
    assert rules.course(proof, state, NOW + timedelta(hours=hours), NOW, partly=partly) is course


def test_the_table_has_every_state_of_an_order() -> None:
    assert {state for proof, state, *_ in COURSES if proof is Proof.OWNED} == set(OrderState)


def test_a_declaration_without_an_order_is_for_a_person() -> None:
    assert rules.course(Proof.NONE, None, None, NOW, partly=False) is Course.FOR_A_PERSON


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("WANG XIAOMING", "wang xiaoming", True), ("XIAOMING WANG", "WANG XIAOMING", True),
        ("ＷＡＮＧ ＸＩＡＯＭＩＮＧ", "WANG XIAOMING", True),
        ("WANG/XIAOMING", "WANG XIAOMING", True), ("WANG", "WANG XIAOMING", False), ("LI NA", "WANG XIAOMING", False), ("", "", False),
        (" ", "—", False),
    ],
)  # fmt: skip
def test_spellings_of_a_name(one: str, other: str, same: bool) -> None:
    assert rules.same_name(one, other) is same


@pytest.mark.parametrize(
    "text", ["", "a", "a@b", "a@b.", "a b@c.de", "a@c.de\nBcc: x@y.de", "a@c.de, b@c.de", "<a@c.de>", "ä@c.de", "a" * 300 + "@c.de"]
)
def test_what_is_no_mail_address(text: str) -> None:
    with pytest.raises(WrongMail):
        rules.clean_mail(text)


def test_a_number_is_read_however_it_is_typed() -> None:
    assert rules.clean_number(" d7k3-m9pq 2x ") == "D7K3M9PQ2X"
    assert [rules.clean_number(text) for text in ("", "订单", "D" * 17, "D7K3\x00", "';--")] == ["", "", "", "", ""]
