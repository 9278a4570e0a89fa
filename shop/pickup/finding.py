"""Which parcel a scan is about: the one of a pickup code, of a label, or of the traveller of a boarding pass.

A label lies open on a shelf and an order's number is no secret: they find a parcel and prove nothing. A boarding pass
proves as much as its name, flight and day fit (`checks.proves`). Nothing of its text is kept.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from string import ascii_uppercase

from sqlalchemy import ColumnElement, or_
from sqlalchemy.orm import Session

from shop.base.db import reading
from shop.base.discreet import Discreet
from shop.base.ids import PickupCode
from shop.orders.models import Order
from shop.people.queries import KnownDevice
from shop.pickup import boarding_passes, codes, queries, scan_box
from shop.pickup.boarding_passes import BoardingPass, Leg, Likeness
from shop.pickup.models import Pickup
from shop.pickup.outcomes import Candidate, FoundBy, Name, Several, Unknown
from shop.pickup.packing_rules import initials
from shop.pickup.queries import Hit, Said
from shop.pickup.scan_box import BoardingPassScanned, ParcelLabel, PickupCodeTyped, PickupToken

SLIPS = timedelta(days=1)  # departures slip over midnight


class Pointed(Discreet, frozen=True):
    """One parcel, by its pickup code; and what led to it. `on_pass` is what a boarding pass says of its flight."""

    hidden = frozenset({"code"})
    code: PickupCode
    found_by: FoundBy = FoundBy.CODE
    on_pass: Mapping[str, str] | None = None

    @property
    def by_code(self) -> bool:
        return self.found_by is FoundBy.CODE


def search(
    text: str, device: KnownDevice, secret: str, now: datetime, *, number: str = "", scan_id: str = "", beside: str = ""
) -> Pointed | Several | Unknown:
    """The parcel that was scanned or typed, whoever may have it.

    Of several that a boarding pass fits, those of the device's point come first, and of these the ones that wait; `number`
    chooses one. What a scan of this `scan_id` was told before counts, so that it is told the same. No statement for a pickup
    code. The year of a pass is the one nearest to `now`. A pass that is shown `beside` a pickup code is compared with the order
    of that code, and leads to no other.
    """
    scanned = scan_box.what_is(text, secret, now.date())
    match scanned:
        case PickupToken(code, forged):
            return Unknown(forged=True) if forged else Pointed(code)
        case PickupCodeTyped(code):
            return _typed(code, device, scan_id)
        case ParcelLabel(order_number):
            return _of_label(Order.number == order_number, device, scan_id)
        case BoardingPassScanned(boarding_pass) if beside:
            return _beside(boarding_pass, beside, secret) or _of_pass(boarding_pass, device, number, scan_id)
        case BoardingPassScanned(boarding_pass):
            return _of_pass(boarding_pass, device, number, scan_id)
    return Unknown()


def _typed(code: PickupCode, device: KnownDevice, scan_id: str) -> Pointed | Several | Unknown:
    """A code, or the number that is printed on a label: they have the same letters."""
    if not scan_box.NUMBER.fullmatch(code):
        return Pointed(code)
    with reading() as session:
        found = queries.hits(session, or_(Pickup.code == code, Order.number == code))
    if not found or any(hit.code == code for hit in found):
        return Pointed(code)
    return _of_label(Order.number == code, device, scan_id)


def _of_label(where: ColumnElement[bool], device: KnownDevice, scan_id: str) -> Pointed | Several | Unknown:
    with reading() as session:
        said = _said(session, scan_id)
        found = [(hit, None) for hit in queries.hits(session, where)]
    return _one(found, FoundBy.LABEL, device, said)


def _of_pass(boarding_pass: BoardingPass, device: KnownDevice, number: str, scan_id: str) -> Pointed | Several | Unknown:
    with reading() as session:
        said = _said(session, scan_id)
        hits = queries.hits(session, or_(*(_leaves_with(leg) for leg in boarding_pass.legs)))
    found = [(hit, on_pass) for hit in hits if (on_pass := fits(boarding_pass, hit)) is not None]
    if number:
        found = [(hit, on_pass) for hit, on_pass in found if hit.number == number.strip().upper()]
    return _one(found, FoundBy.PASS, device, said)


def _beside(boarding_pass: BoardingPass, text: str, secret: str) -> Pointed | None:
    """The parcel of the code that was shown before, with what the pass says of it, be that as different as it may."""
    read = codes.read(text, secret)
    if read is None or read.forged:
        return None
    with reading() as session:
        found = queries.hits(session, Pickup.code == read.code)
    return Pointed(found[0].code, on_pass=compared(boarding_pass, found[0])) if found else None


def _said(session: Session, scan_id: str) -> Said | None:
    return queries.said_before(session, scan_id) if scan_id else None


def _one(
    found: Sequence[tuple[Hit, Mapping[str, str] | None]], by: FoundBy, device: KnownDevice, said: Said | None
) -> Pointed | Several | Unknown:
    """The one that was told before, the only one that is worth asking about, or all that are."""
    if said is not None and said.order_id is None and said.outcome is Name.UNKNOWN:
        return Unknown(looked_for=by)
    before = [one for one in found if said is not None and one[0].order_id == said.order_id]
    here = [one for one in found if device.pickup_point_id in (None, one[0].point_id)] or found
    wanted = before or [one for one in here if one[0].waits] or here
    if not wanted:
        return Unknown(looked_for=by)
    if len(wanted) == 1:
        hit, on_pass = wanted[0]
        return Pointed(hit.code, by, on_pass)
    return Several(
        tuple(Candidate(hit.number, initials(hit.traveller_name), hit.slot, hit.state, hit.point, said_ or {}) for hit, said_ in wanted)
    )


def _leaves_with(leg: Leg) -> ColumnElement[bool]:
    """Orders that may be for this leg: its flight, also as sold by another airline, on its day or one beside it."""
    names = {leg.flight.rstrip(ascii_uppercase)}
    if leg.marketing and leg.marketing != leg.carrier:
        names.add(leg.marketing)  # under which number a pass does not say
    return (
        Order.flight_date.between(leg.day - SLIPS, leg.day + SLIPS)
        & (Order.origin == leg.origin)
        & or_(*(Order.flight_number.like(f"{name}%") for name in sorted(names)))
    )


def compared(boarding_pass: BoardingPass, order: Hit) -> Mapping[str, str]:
    """What the pass says beside this order, in the words of `checks.PASS_FIELDS`; `checks.differences` reads what differs."""
    leg = min(boarding_pass.legs, key=lambda leg: (leg.origin != order.origin, abs(leg.day - order.day)))
    same = boarding_passes.same_flight(leg, order.flight) is Likeness.SAME
    return {
        "flight": order.flight if same else leg.flight, "date": leg.day.isoformat(), "destination": leg.destination,
        "name_match": boarding_passes.same_name(boarding_pass.name, order.traveller_name).value,
    }  # fmt: skip


def fits(boarding_pass: BoardingPass, order: Hit) -> Mapping[str, str] | None:
    """What the pass says of the order's flight, in the words of `checks.PASS_FIELDS`; None when it is another flight, day or
    traveller. A codeshare's flight, a day beside it and a name nearly the same are said as they are: staff confirm them."""
    for leg in boarding_pass.legs:
        flight, day = boarding_passes.same_flight(leg, order.flight), boarding_passes.same_day(leg, order.day)
        if leg.origin != order.origin or Likeness.DIFFERENT in (flight, day):
            continue
        name = boarding_passes.same_name(boarding_pass.name, order.traveller_name)
        if name is not Likeness.DIFFERENT:
            return {
                "flight": order.flight if flight is Likeness.SAME else leg.flight, "date": leg.day.isoformat(),
                "destination": leg.destination, "name_match": name.value,
            }  # fmt: skip
    return None
