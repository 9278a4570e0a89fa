"""Verbs at the counter: look at a parcel and hand it over; and what a pickup point asks for."""

import json
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any, assert_never

import structlog
from msgspec.structs import replace
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.base import audit, metrics
from shop.base.db import changed, reading, transaction
from shop.base.errors import Kind, ShopError
from shop.base.onego import CameShort, Went
from shop.flights.models import PickupPoint
from shop.flights.queries import NoSuchPoint
from shop.people.queries import KnownDevice
from shop.pickup import checks, conflicts, finding, looking, queries, rules, taking
from shop.pickup.checks import Answers, Asks
from shop.pickup.finding import Pointed
from shop.pickup.looking import Looked
from shop.pickup.models import HandOverRules
from shop.pickup.outcomes import (
    AlreadyCollected,
    Cancelled,
    Check,
    CheckKind,
    Collected,
    FoundBy,
    Name,
    NeedsCheck,
    NotPaid,
    NotReady,
    OtherPoint,
    Outcome,
    Refunded,
    Revoked,
    Several,
    Unknown,
    WrongDay,
)
from shop.pickup.taking import Asked as Asked

LOG = structlog.get_logger("shop.counter")
TRIES = 3
Missing = tuple[tuple[int, int], ...]
Lines = tuple[tuple[int | str, int], ...] | None


class WrongScanId(ShopError):
    """A scan needs an id of its own, 8 to 64 characters, so that it can be sent again safely."""

    kind, code = Kind.INVALID, "wrong_scan_id"


class ScanIdReused(ShopError):
    """This id belongs to a scan of another code: a scan needs an id of its own."""

    kind, code = Kind.REFUSED, "scan_id_reused"


class WrongEvidence(ShopError):
    """A field that no evidence has, or that may never be kept."""

    kind, code = Kind.INVALID, "wrong_evidence"


class _OrderChanged(ShopError):
    """The order went elsewhere between two looks of one statement: nothing was taken."""

    kind, code = Kind.CONFLICT, "order_state_changed"


def look(
    text: str, device: KnownDevice, secret: str, now: datetime, *, on_pass: Mapping[str, Any] | None = None, number: str = ""
) -> Outcome:
    """What a hand-over of everything would answer, with no check made but those that a scanned boarding pass settles. Changes
    nothing and leaves no trace in the audit.

    `on_pass` is what a pass said that led to a list (`Candidate.on_pass`), with the label of the parcel chosen from it;
    `number` chooses one when the pass itself is sent again.
    """
    return look_closely(text, device, secret, now, on_pass=on_pass, number=number).outcome


def look_as_scan(asked: Asked, device: KnownDevice, secret: str, now: datetime, **known: Any) -> Outcome:
    """As `look_closely` (whose further words are `known`), by a person with a page: a look that is refused is a scan, and in the
    audit once, however often it is sent. One that is fine writes nothing: its hand-over is the scan."""
    looked = look_closely(asked.text, device, secret, now, **known)
    if looking.is_refused(looked.outcome):
        looking.write_refused(looked, asked, device, now)
    return looked.outcome


def look_closely(
    text: str, device: KnownDevice, secret: str, now: datetime, *, on_pass: Mapping[str, Any] | None = None, number: str = "",
    found_by: FoundBy = FoundBy.CODE, beside: str = "", lines: Lines = None,
) -> Looked:  # fmt: skip
    """As `look`, with what else our own page knows of its parcel.

    `found_by` says of a pickup code that the traveller has not shown it: the page has it from a look. `beside` is the pickup
    code that was scanned before: a boarding pass that comes now is compared with its order, and leads to no other. `lines`
    as in Asked. Raises WrongLines.
    """
    sought = finding.search(text, device, secret, now, number=number, beside=beside)
    if not isinstance(sought, Pointed):
        return Looked(sought, found_by=FoundBy.PASS if isinstance(sought, Several) else sought.looked_for)
    if sought.by_code:
        sought = replace(sought, found_by=found_by)
    answers = checks.read(_with_pass({"boarding_pass": on_pass} if on_pass else {}, sought))
    with reading() as session:
        found = _find(session, sought, "", device, answers)
    if found is None:
        return Looked(Unknown())
    given = _given(found, lines)
    name, still_open = _meaning(found, sought, answers, now, given)
    return Looked(_answer(found, name, now, still_open), found.order_id, sought.found_by)


def hand_over(
    asked: Asked, device: KnownDevice, secret: str, now: datetime, *, found_by: FoundBy = FoundBy.CODE, number: str = ""
) -> Outcome:
    """Give the goods to whoever shows the code, or a boarding pass that fits, once and only once.

    A scan that is sent again because its answer got lost (same `scan_id`) gets the answer of the first time, and nothing is
    written. Of two counters that scan together one gets Collected, the other AlreadyCollected. Every scan is in the audit,
    refused ones and second ones too. Some pieces only (`asked.lines`): the others are on sale again and refunded. What was
    done without network is judged by the same rules; what they refuse is a conflict, because the goods are gone. A label
    alone hands nothing over (`rules.meaning`). `found_by` says of a pickup code that the traveller has not shown it: our own
    page has it from a look. `number` as in `look`. Raises WrongScanId, ScanIdReused, WrongLines.
    """
    if not 8 <= len(asked.scan_id) <= 64:
        raise WrongScanId(fields={"scan_id": ["wrong_scan_id"]})
    sought = finding.search(asked.text, device, secret, now, number=number, scan_id=asked.scan_id)
    by: FoundBy | None
    if isinstance(sought, Pointed):
        pointed = replace(sought, found_by=found_by) if sought.by_code else sought
        by = pointed.found_by
        outcome = _answer_scan(pointed, replace(asked, checks=_with_pass(asked.checks, pointed)), device, now)
    else:
        by = FoundBy.PASS if isinstance(sought, Several) else sought.looked_for
        outcome = _not_one(sought, by, asked, device, now)
    metrics.SCANS.labels(outcome.name.value).inc()
    # Never the text: it opens a parcel, or names a traveller.
    LOG.info("scan", outcome=outcome.name.value, scan_id=asked.scan_id, device=device.id, found_by=by.value if by else None)
    return outcome


def _with_pass(sent: Mapping[str, Any], pointed: Pointed) -> Mapping[str, Any]:
    """The answers of staff, and what the scanned pass says; that staff looked at it confirms what differs."""
    if pointed.on_pass is None:
        return sent
    confirmed = checks.read(sent).pass_confirmed
    return {**sent, "boarding_pass": {**pointed.on_pass, "confirmed": confirmed}}


def _answer_scan(pointed: Pointed, asked: Asked, device: KnownDevice, now: datetime) -> Outcome:
    for _ in range(TRIES - 1):
        with suppress(IntegrityError, _OrderChanged):  # the same scan at the same moment, or the order moved: it is written by now
            return _hand_over(pointed, asked, device, now)
    return _hand_over(pointed, asked, device, now)


def _find(session: Session, pointed: Pointed, scan_id: str, device: KnownDevice, answers: Answers) -> queries.Found | None:
    """The parcel as this device sees it; and, where no code was shown, what a boarding pass says for it."""
    found = queries.find(session, pointed.code, scan_id, device.pickup_point_id)
    if found is None:
        return None
    if pointed.by_code:
        return replace(found, parcel=replace(found.parcel, on_pass=answers.boarding_pass)) if answers.boarding_pass else found
    proven = checks.proves(answers, found.matter())
    return replace(found, parcel=replace(found.parcel, proven=proven, by_code=False, on_pass=answers.boarding_pass or None))


def _hand_over(pointed: Pointed, asked: Asked, device: KnownDevice, now: datetime) -> Outcome:
    at = rules.happened_at(asked.scanned_at, now, offline=asked.offline)
    answers, found, given = checks.read(asked.checks), None, None
    if asked.checks or asked.lines is not None or not pointed.by_code:  # what is kept of the answers, and which pieces, is the order's
        with reading() as session:
            found = _find(session, pointed, asked.scan_id, device, answers)
        if found is not None:
            if (outcome := _known(found, asked) or _again(found, pointed, asked, device, at, now)) is not None:
                return outcome
            given = _given(found, asked.lines)
    may_take = pointed.by_code if found is None else found.parcel.proven
    if may_take and (found is None or given is None):
        went = _take(pointed, asked, device, at, now, answers, found)
        if found is not None and went.row is not None:
            return _answer(_bare(found), Name.COLLECTED, at)
        beside = queries.found(went.beside, device.pickup_point_id)
        if beside is not None:
            if went.row is not None:
                return _answer(beside, Name.COLLECTED, at)
            if (outcome := _known(beside, asked) or _again(beside, pointed, asked, device, at, now)) is not None:
                return outcome
    return _step_by_step(pointed, asked, device, at, now, answers)


def _again(
    found: queries.Found, pointed: Pointed, asked: Asked, device: KnownDevice, at: datetime, now: datetime
) -> Outcome | None:
    """The commonest refusal, in one statement: a parcel that is gone is scanned again. None: it is something else."""
    if not pointed.by_code or asked.offline or rules.meaning(found.facts, at) is not Name.ALREADY_COLLECTED:
        return None
    taking.seen_again(asked, device, found.order_id, now)
    return _answer(found, Name.ALREADY_COLLECTED, at)


def _given(found: queries.Found, lines: Lines) -> dict[int, int] | None:
    """The pieces that are handed over, by position; None: all that are left. Raises WrongLines for a parcel that waits."""
    if lines is None or found.facts.collected:
        return None
    left = {piece.position: piece.left for piece in found.pieces}
    by_sku = {piece.sku: piece.position for piece in found.pieces}
    wanted: dict[int, int] = {}
    for name, quantity in lines:
        position = by_sku.get(name, -1) if isinstance(name, str) else name
        wanted[position] = wanted.get(position, 0) + quantity
    given = rules.pieces_given(left, wanted)
    return None if given == {position: quantity for position, quantity in left.items() if quantity} else given


def _step_by_step(
    pointed: Pointed, asked: Asked, device: KnownDevice, at: datetime, now: datetime, answers: Answers
) -> Outcome:
    """Whatever is not the hand-over of a whole parcel: a part of it, a refusal, a conflict. The order is locked first."""
    with transaction() as session:
        taking.lock(session, pointed.code)
        found = _find(session, pointed, asked.scan_id, device, answers)
        if found is None:
            _remember_not_one(session, Unknown(), None, asked, device, now)
            return Unknown()
        if (outcome := _known(found, asked)) is not None:
            return outcome
        given = _given(found, asked.lines)
        name, still_open = _meaning(found, pointed, answers, at, given)
        kept = {"checks": checks.evidence(answers, found.asks.keeps) or None, **taking.how(pointed.found_by)}
        if name is Name.COLLECTED and given is not None:
            missing = taking.give_part(session, found, given, asked, device, at, now, kept)
            after = _find(session, pointed, asked.scan_id, device, answers)
            return (after and _known(after, asked)) or _answer(found, name, at, missing=missing)
        if name is Name.COLLECTED:
            raise _OrderChanged  # it has become possible this moment: the chain takes it
        left = [[check.kind.value, *check.hints] for check in still_open] if name is Name.NEEDS_CHECK else None
        taking.remember(session, asked, device, now, name, found.order_id, open=left, **kept)
        if asked.offline and not (name is Name.ALREADY_COLLECTED and found.collected_by_id == device.id):
            conflicts.note(session, asked.scan_id, found.order_id, now)
        return _answer(found, name, at, still_open)


def _take(
    pointed: Pointed, asked: Asked, device: KnownDevice, at: datetime, now: datetime, answers: Answers, before: queries.Found | None
) -> Went:
    """Hand everything over if that is possible, and beside it what the code belonged to before. With a row: this scan, and no
    other, has the parcel. Raises _OrderChanged."""
    kept = checks.evidence(answers, before.asks.keeps) if before else None
    details = taking.details_of(asked, checks=kept or None, **taking.how(pointed.found_by))
    values = {
        **(taking.answer_values(answers, before, at) if before else taking.unanswered(at)),
        "p_details": json.dumps(details) if details else None,
    }
    try:
        return taking.take(pointed.code, asked, device, at, now, values, tell=before is None)
    except CameShort:
        raise _OrderChanged from None


def _meaning(
    found: queries.Found, pointed: Pointed, answers: Answers, at: datetime, given: dict[int, int] | None = None
) -> tuple[Name, tuple[Check, ...]]:
    """The outcome, and the checks that are open where it is NEEDS_CHECK."""
    matter, by_code = found.matter(given), pointed.by_code
    wanted = checks.needed(found.asks, matter, at.date(), by_code=by_code)
    still_open = checks.still_open(wanted, answers, matter, by_code=by_code)
    facts = replace(found.facts, unchecked=bool(still_open), by_code=by_code, pass_fits=found.parcel.proven)
    return rules.meaning(facts, at), still_open


def _known(found: queries.Found, asked: Asked) -> Outcome | None:
    """The answer that this scan was given before, or None: it is new. Raises ScanIdReused."""
    said = found.said
    if said is None:
        return None
    if said.order_id != found.order_id:
        raise ScanIdReused(fields={"scan_id": ["scan_id_reused"]})
    if said.outcome is not Name.COLLECTED:
        return _answer(found, said.outcome, said.at, _open_then(said.details))
    own = found.scan_id == asked.scan_id and found.collected_at is not None
    at = found.collected_at if own and found.collected_at else said.at
    return _answer(_bare(found), Name.COLLECTED, at, missing=said.missing, undone_at=said.undone_at)


def _bare(found: queries.Found) -> queries.Found:
    """The parcel as a hand-over answers with it: it lies nowhere any more, and nothing is to be looked at."""
    return replace(found, parcel=replace(found.parcel, slot=None, big=False, proven=True, by_code=True, on_pass=None))


def _open_then(details: Mapping[str, Any]) -> tuple[Check, ...]:
    return tuple(Check(CheckKind(kind), tuple(hints)) for kind, *hints in details.get("open", ()))


def _not_one(sought: Unknown | Several, by: FoundBy | None, asked: Asked, device: KnownDevice, now: datetime) -> Outcome:
    # The same scan at the same moment has written it when there is an IntegrityError.
    with suppress(IntegrityError), transaction() as session:
        _remember_not_one(session, sought, by, asked, device, now)
    return sought


def _remember_not_one(
    session: Session, sought: Unknown | Several, by: FoundBy | None, asked: Asked, device: KnownDevice, now: datetime
) -> None:
    """Write the scan of what leads to no parcel, or to several, into the audit, once. Raises ScanIdReused."""
    said = queries.said_before(session, asked.scan_id)
    if said is None:
        more = {"several": len(sought.parcels)} if isinstance(sought, Several) else {"forged": sought.forged}
        taking.remember(session, asked, device, now, sought.name, None, **more, **taking.how(by))
        if asked.offline:
            conflicts.note(session, asked.scan_id, None, now)
    elif said.order_id is not None:
        raise ScanIdReused(fields={"scan_id": ["scan_id_reused"]})


def _answer(
    found: queries.Found, name: Name, at: datetime, still_open: tuple[Check, ...] = (), missing: Missing = (),
    undone_at: datetime | None = None,
) -> Outcome:  # fmt: skip
    parcel = found.parcel
    match name:
        case Name.COLLECTED:
            return Collected(parcel, at, missing, undone_at)
        case Name.ALREADY_COLLECTED:
            return AlreadyCollected(parcel, found.collected_at or at, found.collected_by, found.scan_id)
        case Name.NOT_READY:
            return NotReady(parcel)
        case Name.NOT_PAID:
            return NotPaid(parcel)
        case Name.CANCELLED:
            return Cancelled(parcel)
        case Name.REFUNDED:
            return Refunded(parcel)
        case Name.OTHER_POINT:
            return OtherPoint(parcel)
        case Name.WRONG_DAY:
            return WrongDay(parcel, found.facts.collect_from)
        case Name.UNKNOWN:
            return Unknown()
        case Name.REVOKED:
            return Revoked()
        case Name.NEEDS_CHECK:
            return NeedsCheck(parcel, still_open)
        case _:
            assert_never(name)


def put_rules(
    point: str,
    asks: Asks,
    *,
    big_minor: int | None = None,
    big_pieces: int | None = None,
    said: tuple[str, datetime] | None = None,
) -> None:
    """Say what a pickup point asks for at the hand-over, and from where on an order is big. Harmless twice. Raises
    NoSuchPoint, WrongEvidence. `said`: who says so and when, for the audit log; the example shop leaves it out."""
    if unknown := sorted(asks.keeps - checks.EVIDENCE):
        raise WrongEvidence(fields={"keeps": ["wrong_evidence"]}, unknown=", ".join(unknown))
    values = {
        "asks_boarding_pass": asks.boarding_pass, "asks_age": asks.age, "asks_sealed_bag": asks.sealed_bag,
        "asks_identity": asks.identity, "keeps": sorted(asks.keeps), "big_minor": big_minor, "big_pieces": big_pieces,
    }  # fmt: skip
    with transaction() as session:
        point_id = session.scalar(select(PickupPoint.id).where(PickupPoint.code == point).with_for_update())
        if point_id is None:
            raise NoSuchPoint
        here = select(HandOverRules.__table__).where(HandOverRules.pickup_point_id == point_id)
        row = session.execute(here).first()
        before = {name: getattr(row, name) for name in values} if row else None
        if changed(session.execute(update(HandOverRules).where(HandOverRules.pickup_point_id == point_id).values(values))) == 0:
            session.execute(insert(HandOverRules).values(pickup_point_id=point_id, **values))
        if said is not None and before != values:
            audit.record(session, said[0], "point.rules_set", f"point:{point}", said[1], before, values)
