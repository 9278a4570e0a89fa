"""Verbs at the counter: look at a parcel, hand it over, say that it is ready."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any, assert_never

import structlog
from sqlalchemy import insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from shop.base import metrics
from shop.base.db import changed, reading, transaction
from shop.base.errors import Kind, ShopError
from shop.base.ids import PickupCode
from shop.base.onego import CameShort, Went
from shop.flights.models import PickupPoint
from shop.flights.queries import NoSuchPoint
from shop.orders import moves
from shop.orders.models import Order
from shop.orders.queries import NoSuchOrder
from shop.orders.states import OrderState
from shop.people.queries import KnownDevice
from shop.pickup import checks, codes, conflicts, queries, rules, taking
from shop.pickup.checks import NO_ANSWERS, Answers, Asks
from shop.pickup.models import HandOverRules
from shop.pickup.outcomes import (
    AlreadyCollected,
    Cancelled,
    Check,
    CheckKind,
    Collected,
    Name,
    NeedsCheck,
    NotPaid,
    NotReady,
    OtherPoint,
    Outcome,
    Refunded,
    Revoked,
    Unknown,
    WrongDay,
)
from shop.pickup.taking import Asked as Asked

LOG = structlog.get_logger("shop.counter")
UNPACKED = frozenset({OrderState.PAID, OrderState.PACKING})
TRIES = 3
Missing = tuple[tuple[int, int], ...]


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


def look(text: str, device: KnownDevice, secret: str, now: datetime) -> Outcome:
    """What a hand-over of everything would answer, without any check made. Changes nothing and leaves no trace in the audit."""
    read = codes.read(text, secret)
    if read is None or read.forged:
        return Unknown(forged=read is not None)
    with reading() as session:
        found = queries.find(session, read.code, "", device.pickup_point_id)
    if found is None:
        return Unknown()
    name, still_open = _meaning(found, NO_ANSWERS, now)
    return _answer(found, name, now, still_open)


def hand_over(asked: Asked, device: KnownDevice, secret: str, now: datetime) -> Outcome:
    """Give the goods to whoever shows the code, once and only once.

    A scan that is sent again because its answer got lost (same `scan_id`) gets the answer of the first time, and nothing is
    written. Of two counters that scan together one gets Collected, the other AlreadyCollected. Every scan is in the audit,
    refused ones and second ones too. Some pieces only (`asked.lines`): the others are on sale again and refunded. What was
    done without network is judged by the same rules; what they refuse is a conflict, because the goods are gone. Raises
    WrongScanId, ScanIdReused, WrongLines.
    """
    outcome = _answer_scan(asked, device, secret, now)
    metrics.SCANS.labels(outcome.name.value).inc()
    LOG.info("scan", outcome=outcome.name.value, scan_id=asked.scan_id, device=device.id)  # never the text: it opens a parcel
    return outcome


def _answer_scan(asked: Asked, device: KnownDevice, secret: str, now: datetime) -> Outcome:
    if not 8 <= len(asked.scan_id) <= 64:
        raise WrongScanId(fields={"scan_id": ["wrong_scan_id"]})
    read = codes.read(asked.text, secret)
    if read is None or read.forged:
        return _refuse_unknown(asked, device, now, forged=read is not None)
    for _ in range(TRIES - 1):
        with suppress(IntegrityError, _OrderChanged):  # the same scan at the same moment, or the order moved: it is written by now
            return _hand_over(read.code, asked, device, now)
    return _hand_over(read.code, asked, device, now)


def _hand_over(code: PickupCode, asked: Asked, device: KnownDevice, now: datetime) -> Outcome:
    at = rules.happened_at(asked.scanned_at, now, offline=asked.offline)
    answers, found, given = checks.read(asked.checks), None, None
    if asked.checks or asked.lines is not None:  # what is kept of the answers, and which pieces these are, is the order's
        with reading() as session:
            found = queries.find(session, code, asked.scan_id, device.pickup_point_id)
        if found is not None:
            if (outcome := _known(found, asked)) is not None:
                return outcome
            given = _given(found, asked)
    if found is None or given is None:
        went = _take(code, asked, device, at, now, answers, found)
        found = queries.found(went.beside, device.pickup_point_id)
        if found is not None:
            if went.row is not None:
                return _answer(found, Name.COLLECTED, at)
            if (outcome := _known(found, asked)) is not None:
                return outcome
            if not asked.offline and rules.meaning(found.facts, at) is Name.ALREADY_COLLECTED:
                taking.seen_again(asked, device, found.order_id, now)
                return _answer(found, Name.ALREADY_COLLECTED, at)
    return _step_by_step(code, asked, device, at, now, answers)


def _given(found: queries.Found, asked: Asked) -> dict[int, int] | None:
    """The pieces that are handed over, by position; None: all that are left. Raises WrongLines for a parcel that waits."""
    if asked.lines is None or found.facts.collected:
        return None
    left = {piece.position: piece.left for piece in found.pieces}
    by_sku = {piece.sku: piece.position for piece in found.pieces}
    wanted: dict[int, int] = {}
    for name, quantity in asked.lines:
        position = by_sku.get(name, -1) if isinstance(name, str) else name
        wanted[position] = wanted.get(position, 0) + quantity
    given = rules.pieces_given(left, wanted)
    return None if given == {position: quantity for position, quantity in left.items() if quantity} else given


def _step_by_step(
    code: PickupCode, asked: Asked, device: KnownDevice, at: datetime, now: datetime, answers: Answers
) -> Outcome:
    """Whatever is not the hand-over of a whole parcel: a part of it, a refusal, a conflict. The order is locked first."""
    with transaction() as session:
        taking.lock(session, code)
        found = queries.find(session, code, asked.scan_id, device.pickup_point_id)
        if found is None:
            _remember_unknown(session, asked, device, now, forged=False)
            return Unknown()
        if (outcome := _known(found, asked)) is not None:
            return outcome
        given = _given(found, asked)
        name, still_open = _meaning(found, answers, at, given)
        kept = checks.evidence(answers, found.asks.keeps) or None
        if name is Name.COLLECTED and given is not None:
            missing = taking.give_part(session, found, given, asked, device, at, now, {"checks": kept})
            after = queries.find(session, code, asked.scan_id, device.pickup_point_id)
            return (after and _known(after, asked)) or _answer(found, name, at, missing=missing)
        if name is Name.COLLECTED:
            raise _OrderChanged  # it has become possible this moment: the chain takes it
        left = [[check.kind.value, *check.hints] for check in still_open] if name is Name.NEEDS_CHECK else None
        taking.remember(session, asked, device, now, name, found.order_id, checks=kept, open=left)
        if asked.offline and not (name is Name.ALREADY_COLLECTED and found.collected_by_id == device.id):
            conflicts.note(session, asked.scan_id, found.order_id, now)
        return _answer(found, name, at, still_open)


def _take(
    code: PickupCode, asked: Asked, device: KnownDevice, at: datetime, now: datetime, answers: Answers, before: queries.Found | None
) -> Went:
    """Hand everything over if that is possible, and beside it what the code belonged to before. With a row: this scan, and no
    other, has the parcel. Raises _OrderChanged."""
    kept = checks.evidence(answers, before.asks.keeps) if before else None
    details = taking.details_of(asked, checks=kept or None)
    values = {
        **(taking.answer_values(answers, before, at) if before else taking.unanswered(at)),
        "p_details": json.dumps(details) if details else None,
    }
    try:
        return taking.take(code, asked, device, at, now, values)
    except CameShort:
        raise _OrderChanged from None


def _meaning(
    found: queries.Found, answers: Answers, at: datetime, given: dict[int, int] | None = None
) -> tuple[Name, tuple[Check, ...]]:
    """The outcome, and the checks that are open where it is NEEDS_CHECK."""
    matter = found.matter(given)
    still_open = checks.still_open(checks.needed(found.asks, matter, at.date()), answers, matter)
    return rules.meaning(replace(found.facts, unchecked=bool(still_open)), at), still_open


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
    bare = replace(found, parcel=replace(found.parcel, slot=None, big=False))  # as the first answer was
    return _answer(bare, Name.COLLECTED, at, missing=said.missing, undone_at=said.undone_at)


def _open_then(details: Mapping[str, Any]) -> tuple[Check, ...]:
    return tuple(Check(CheckKind(kind), tuple(hints)) for kind, *hints in details.get("open", ()))


def _refuse_unknown(asked: Asked, device: KnownDevice, now: datetime, *, forged: bool) -> Outcome:
    # The same scan at the same moment has written it when there is an IntegrityError.
    with suppress(IntegrityError), transaction() as session:
        _remember_unknown(session, asked, device, now, forged=forged)
    return Unknown(forged=forged)


def _remember_unknown(session: Session, asked: Asked, device: KnownDevice, now: datetime, *, forged: bool) -> None:
    """Write the scan of a code that does not exist into the audit, once. Raises ScanIdReused."""
    said = queries.said_before(session, asked.scan_id)
    if said is None:
        taking.remember(session, asked, device, now, Name.UNKNOWN, None, forged=forged)
        if asked.offline:
            conflicts.note(session, asked.scan_id, None, now)
    elif said.outcome is not Name.UNKNOWN:
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
            return AlreadyCollected(parcel, found.collected_at or at, found.collected_by)
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


def make_ready(number: str, device: KnownDevice, now: datetime) -> None:
    """The parcel is packed and lies at the counter. Harmless twice. Raises NoSuchOrder, NoSuchMove (unpaid, or gone)."""
    with transaction() as session:
        row = session.execute(
            select(Order.id, Order.state, Order.pickup_point_id)
            .where(Order.number == number.strip().upper())
            .with_for_update()
        ).first()
        if row is None or device.pickup_point_id not in (None, row.pickup_point_id):
            raise NoSuchOrder
        if row.state != OrderState.READY.value:
            moves.move(session, row.id, OrderState.READY, now, who=f"device:{device.id}", why="packed", start=UNPACKED)


def put_rules(
    point: str, asks: Asks, *, big_minor: int | None = None, big_pieces: int | None = None
) -> None:
    """Say what a pickup point asks for at the hand-over, and from where on an order is big. Harmless twice. Raises
    NoSuchPoint, WrongEvidence."""
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
        if changed(session.execute(update(HandOverRules).where(HandOverRules.pickup_point_id == point_id).values(values))) == 0:
            session.execute(insert(HandOverRules).values(pickup_point_id=point_id, **values))
