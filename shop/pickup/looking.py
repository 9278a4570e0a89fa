"""Scans on the counter's page, where looking comes first: a look that is fine is written down by its hand-over, one that is
refused at once, since nothing follows it. Also those that a device refused without network.

A machine that looks through the API leaves no trace (`commands.look`): only what it hands over is a scan.
"""

import uuid
from contextlib import suppress
from datetime import datetime

import structlog
from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from shop.base import metrics
from shop.base.db import reading, transaction
from shop.base.ids import OrderId
from shop.people.queries import KnownDevice
from shop.pickup import finding, queries, taking
from shop.pickup.finding import Pointed
from shop.pickup.models import Pickup
from shop.pickup.outcomes import Collected, FoundBy, Name, NeedsCheck, Outcome, Several, Unknown
from shop.pickup.taking import Asked

LOG = structlog.get_logger("shop.counter")
# What a device says without network, and no scan with network is told.
ONLY_OFFLINE = {"not_listed": Name.UNKNOWN, "needs_network": Name.UNKNOWN, "several": Name.NEEDS_CHECK, "forged": Name.UNKNOWN}
REFUSALS = frozenset({*(name.value for name in Name if name is not Name.COLLECTED), *ONLY_OFFLINE})


class Looked(Struct, frozen=True):
    """What a look came to: the answer, the order it is about, and what led there (None: nothing of ours)."""

    outcome: Outcome
    order_id: OrderId | None = None
    found_by: FoundBy | None = None


def is_refused(outcome: Outcome) -> bool:
    """Whether nothing can be handed over after this look: the scan is over. A parcel that a label only found is refused, too."""
    if isinstance(outcome, NeedsCheck):
        is_open = outcome.parcel.proven or outcome.parcel.on_pass is not None
        return not is_open or any("minor" in check.hints for check in outcome.checks)
    return not isinstance(outcome, Collected)


def refused_offline(
    asked: Asked, told: str, found_by: FoundBy | None, device: KnownDevice, secret: str, now: datetime
) -> None:
    """Write down a scan that the device refused without network, with what it `told` (one of REFUSALS). Goods did not leave: it
    is no conflict. Harmless twice. The text may be empty: a boarding pass is not kept anywhere."""
    sought = finding.search(asked.text, device, secret, now) if asked.text else None
    forged = told == "forged" or (isinstance(sought, Unknown) and sought.forged)
    with suppress(IntegrityError), transaction() as session:
        if queries.said_before(session, asked.scan_id) is not None:
            return
        order_id = None
        if isinstance(sought, Pointed):
            order_id = session.scalar(select(Pickup.order_id).where(Pickup.code == sought.code))
        name = ONLY_OFFLINE.get(told) or Name(told)
        more = {"look": True, "told": told if told in ONLY_OFFLINE else None, "forged": forged or None, **taking.how(found_by)}
        taking.remember(session, replace(asked, offline=True), device, now, name, order_id, **more)
    metrics.SCANS.labels(name.value).inc()


def write_refused(looked: Looked, asked: Asked, device: KnownDevice, now: datetime) -> None:
    """Write a look that was refused into the audit; the same look sent again (its scan id) adds nothing."""
    outcome = looked.outcome
    more: dict[str, object] = {"look": True, **taking.how(looked.found_by)}
    if isinstance(outcome, Several):
        more["several"] = len(outcome.parcels)
    if isinstance(outcome, Unknown):
        more["forged"] = outcome.forged
    if isinstance(outcome, NeedsCheck):
        more["open"] = [[check.kind.value, *check.hints] for check in outcome.checks]
    with reading() as session:
        said = queries.said_before(session, asked.scan_id)
    if said is not None and (said.order_id, said.outcome) == (looked.order_id, outcome.name):
        return  # the same look, sent again
    if said is not None:  # a page that was left open keeps its id: this is another scan all the same
        asked = replace(asked, scan_id=str(uuid.uuid4()))
    with suppress(IntegrityError), transaction() as session:  # the same look at the same moment has written it
        taking.remember(session, asked, device, now, outcome.name, looked.order_id, **more)
    metrics.SCANS.labels(outcome.name.value).inc()
    LOG.info("look refused", outcome=outcome.name.value, scan_id=asked.scan_id, device=device.id)

