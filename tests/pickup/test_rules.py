"""What a scan means: the whole table of facts."""
from datetime import timedelta
from itertools import product

import pytest
from builders import NOW
from msgspec.structs import replace

from shop.orders.states import OrderState, RefundState
from shop.pickup import rules
from shop.pickup.outcomes import Name
from shop.pickup.rules import Facts

S, R, N = OrderState, RefundState, Name
READY = Facts(
    state=S.READY, refund_state=R.NONE, revoked=False, collected=False, here=True, unpacked=False, early=False, collect_from=NOW
)


@pytest.mark.parametrize(
    ("changes", "name"),
    [
        ({},                                                        N.COLLECTED),
        ({"state": S.PAID, "unpacked": True},                       N.COLLECTED),
        ({"state": S.PAID},                                         N.NOT_READY),
        ({"state": S.PACKING},                                      N.NOT_READY),
        ({"state": S.PACKING, "unpacked": True},                    N.NOT_READY),
        ({"state": S.AWAITING_PAYMENT},                             N.NOT_PAID),
        ({"state": S.AWAITING_PAYMENT, "here": False},              N.NOT_PAID),
        ({"state": S.EXPIRED},                                      N.CANCELLED),
        ({"state": S.CANCELLED},                                    N.CANCELLED),
        ({"state": S.NO_SHOW},                                      N.CANCELLED),
        ({"state": S.COLLECTED},                                    N.ALREADY_COLLECTED),
        ({"state": S.PARTLY_COLLECTED},                             N.ALREADY_COLLECTED),
        ({"collected": True},                                       N.ALREADY_COLLECTED),
        ({"collected": True, "refund_state": R.REFUNDED},           N.ALREADY_COLLECTED),
        ({"collected": True, "here": False},                        N.ALREADY_COLLECTED),
        ({"refund_state": R.REQUESTED},                             N.COLLECTED),   # of some pieces: the rest is theirs
        ({"refund_state": R.PARTLY_REFUNDED},                       N.COLLECTED),
        ({"refund_state": R.REFUNDED},                              N.REFUNDED),
        ({"refund_state": R.REQUESTED, "state": S.CANCELLED},       N.REFUNDED),
        ({"refund_state": R.REFUNDED, "state": S.CANCELLED},        N.REFUNDED),
        ({"revoked": True},                                         N.REVOKED),
        ({"revoked": True, "state": S.CANCELLED},                   N.CANCELLED),
        ({"here": False},                                           N.OTHER_POINT),
        ({"here": False, "state": S.PAID},                          N.OTHER_POINT),
        ({"collect_from": NOW + timedelta(seconds=1)},              N.WRONG_DAY),
        ({"collect_from": NOW + timedelta(days=9), "early": True},  N.COLLECTED),
        ({"collect_from": NOW - timedelta(days=9)},                 N.COLLECTED),
        ({"collect_from": NOW + timedelta(days=9), "state": S.PAID}, N.NOT_READY),
    ],
)  # fmt: skip
def test_a_scan_means_what_a_person_at_the_counter_needs_to_know_first(changes: dict[str, object], name: Name) -> None:
    assert rules.meaning(replace(READY, **changes), NOW) is name  # type: ignore[arg-type]


def test_goods_leave_only_when_nothing_at_all_speaks_against_it() -> None:
    flags = (True, False)
    for state, refund, revoked, collected, here, unpacked, early, wait in product(S, R, *[flags] * 5, (-1, 0, 1)):
        facts = Facts(state, refund, revoked, collected, here, unpacked, early, NOW + timedelta(hours=wait))
        packed_or_need_not_be = state is S.READY or (state is S.PAID and unpacked)
        free = refund is not R.REFUNDED and not revoked and not collected and here and packed_or_need_not_be and (early or wait <= 0)

        assert (rules.meaning(facts, NOW) is N.COLLECTED) == free, facts
