"""One table of redeem cases: here against the server's rules; frontend/tests/meaning.test.mjs holds the browser to it."""
import json
from collections import Counter
from datetime import date, datetime
from pathlib import Path
from typing import Any

import pytest

from shop.base import seals
from shop.base.ids import OrderId, PickupCode
from shop.orders.states import OrderState, RefundState
from shop.pickup import checks, codes, finding, rules
from shop.pickup.manifest import initials
from shop.pickup.outcomes import Name
from shop.pickup.queries import Hit
from shop.pickup.rules import Facts
from shop.pickup.scan_box import BoardingPassScanned, NotKnown, PickupCodeTyped, PickupToken, what_is

TABLE = json.loads(Path(__file__).with_name("redeem_cases.json").read_text(encoding="utf-8"))
KINDS = {
    "pickup_token": "PickupToken", "forged_token": "PickupToken", "pickup_code": "PickupCodeTyped", "parcel_label": "ParcelLabel",
    "boarding_pass": "BoardingPassScanned",
}  # fmt: skip


def _facts(given: dict[str, Any], *, by_code: bool) -> Facts:
    return Facts(
        state=OrderState(given["state"]), refund_state=RefundState(given["refund_state"]), revoked=given["revoked"],
        collected=given["collected"], here=given["device_point"] in (None, given["point"]), unpacked=given["unpacked"],
        early=given["early"], unchecked=given["unchecked"], by_code=by_code, pass_fits=given.get("pass_fits", False),
        collect_from=datetime.fromisoformat(given["collect_from"]),
    )  # fmt: skip


@pytest.mark.parametrize("case", TABLE["cases"], ids=lambda case: case["name"])
def test_a_scan_means_the_same_here_as_in_the_browser(case: dict[str, Any]) -> None:
    scanned = what_is(TABLE["texts"][case["scanned"]], TABLE["secret"], date.fromisoformat(TABLE["today"]))

    assert type(scanned).__name__ == KINDS.get(case["scanned"], "NotKnown")
    if isinstance(scanned, NotKnown) or (isinstance(scanned, PickupToken) and scanned.forged) or case["given"] is None:
        assert case["expected"] == Name.UNKNOWN
    else:
        by_code = isinstance(scanned, PickupToken | PickupCodeTyped)
        assert rules.meaning(_facts(case["given"], by_code=by_code), datetime.fromisoformat(case["given"]["now"])) == case["expected"]


@pytest.mark.parametrize("case", TABLE["finds"], ids=lambda case: case["name"])
def test_a_boarding_pass_leads_to_these_parcels(case: dict[str, Any]) -> None:
    order, text = case["order"], case.get("pass", TABLE["texts"]["boarding_pass"])
    scanned = what_is(text, TABLE["secret"], date.fromisoformat(TABLE["today"]))
    hit = Hit(
        OrderId(1), PickupCode("7KQ2M9XDAB"), "D7KQ2M9XDA", order["name"], order["v"], date.fromisoformat(order["d"]), "FRA",
        OrderState.READY, RefundState.NONE, collected=False, point_id=1, point="T1B", slot=None,
    )  # fmt: skip

    assert isinstance(scanned, BoardingPassScanned)
    noted = finding.fits(scanned.boarding_pass, hit)

    assert (noted and [noted["flight"], noted["date"], noted["name_match"]]) == case["expected"]
    assert initials(order["name"]) == order["i"]
    assert case["browser"] or case["expected"] is None, "whatever the server finds, the browser lists"


def test_the_table_is_long_enough_and_has_every_outcome_several_times() -> None:
    counted = Counter(case["expected"] for case in TABLE["cases"])

    assert len(TABLE["cases"]) >= 60
    assert set(counted) == set(Name)
    assert min(counted.values()) >= 4


def test_the_key_in_the_table_is_the_shops() -> None:
    assert seals.public_key(TABLE["secret"], codes.PURPOSE).hex() == TABLE["public_key"]


@pytest.mark.parametrize("given", TABLE["serials"], ids=lambda given: given["text"] or "nothing")
def test_a_serial_number_is_good_or_not_as_in_the_browser(given: dict[str, Any]) -> None:
    assert (checks.read({"sealed_bag": given["text"]}).sealed_bag is not None) is given["good"]
