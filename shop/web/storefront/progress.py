"""How far an order has come, as the page draws it. Only answers."""

from collections.abc import Collection
from enum import StrEnum

from msgspec import Struct

from shop.orders.states import OrderState

S = OrderState
WAY = (S.AWAITING_PAYMENT, S.PAID, S.READY, S.COLLECTED)
AT = {S.AWAITING_PAYMENT: 0, S.PAID: 1, S.PACKING: 1, S.READY: 2}
ENDS = (S.CANCELLED, S.EXPIRED, S.NO_SHOW)


class Mark(StrEnum):
    DONE = "done"
    HERE = "here"
    TO_COME = "to_come"
    END = "end"  # the order ended here, otherwise than it was meant to


class Step(Struct, frozen=True):
    state: OrderState
    mark: Mark


def progress(state: OrderState, reached: Collection[OrderState]) -> tuple[Step, ...]:
    """The steps of an order in `state` that has been in the states of `reached`: what is done, where it is, what is to come; an
    order that ended otherwise shows how far it had come, and its end."""
    if state in ENDS:
        been = [step for step in WAY if step is S.AWAITING_PAYMENT or step in reached or (step is S.PAID and S.PACKING in reached)]
        return (*(Step(step, Mark.DONE) for step in been), Step(state, Mark.END))
    if state in (S.COLLECTED, S.PARTLY_COLLECTED):
        return (*(Step(step, Mark.DONE) for step in WAY[:-1]), Step(state, Mark.DONE))
    here = AT[state]
    return tuple(Step(step, Mark.DONE if n < here else Mark.HERE if n == here else Mark.TO_COME) for n, step in enumerate(WAY))
