"""What the steps of an order show, for every state."""

import pytest

from shop.orders.states import OrderState
from shop.web.storefront.progress import Mark, progress

S, D, H, T, E = OrderState, Mark.DONE, Mark.HERE, Mark.TO_COME, Mark.END


@pytest.mark.parametrize(
    ("state", "reached", "steps"),
    [
        (S.AWAITING_PAYMENT, {S.AWAITING_PAYMENT}, [(S.AWAITING_PAYMENT, H), (S.PAID, T), (S.READY, T), (S.COLLECTED, T)]),
        (S.PAID, {S.PAID}, [(S.AWAITING_PAYMENT, D), (S.PAID, H), (S.READY, T), (S.COLLECTED, T)]),
        (S.PACKING, {S.PAID, S.PACKING}, [(S.AWAITING_PAYMENT, D), (S.PAID, H), (S.READY, T), (S.COLLECTED, T)]),
        (S.READY, {S.PAID, S.READY}, [(S.AWAITING_PAYMENT, D), (S.PAID, D), (S.READY, H), (S.COLLECTED, T)]),
        (S.COLLECTED, {S.PAID}, [(S.AWAITING_PAYMENT, D), (S.PAID, D), (S.READY, D), (S.COLLECTED, D)]),
        (S.PARTLY_COLLECTED, {S.PAID}, [(S.AWAITING_PAYMENT, D), (S.PAID, D), (S.READY, D), (S.PARTLY_COLLECTED, D)]),
        (S.CANCELLED, {S.AWAITING_PAYMENT, S.CANCELLED}, [(S.AWAITING_PAYMENT, D), (S.CANCELLED, E)]),
        (S.CANCELLED, {S.PAID, S.CANCELLED}, [(S.AWAITING_PAYMENT, D), (S.PAID, D), (S.CANCELLED, E)]),
        (S.EXPIRED, {S.AWAITING_PAYMENT}, [(S.AWAITING_PAYMENT, D), (S.EXPIRED, E)]),
        (S.NO_SHOW, {S.PAID, S.READY}, [(S.AWAITING_PAYMENT, D), (S.PAID, D), (S.READY, D), (S.NO_SHOW, E)]),
    ],
)
def test_the_steps(state: OrderState, reached: set[OrderState], steps: list[tuple[OrderState, Mark]]) -> None:
    assert [(step.state, step.mark) for step in progress(state, reached)] == steps


def test_every_state_has_its_steps() -> None:
    for state in OrderState:
        assert progress(state, set(OrderState))
