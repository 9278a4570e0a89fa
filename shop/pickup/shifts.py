"""Who is at a counter: a short name that staff give once per shift, so that every scan says who made it.

It proves nothing: no password, and nobody has to give one. The device is what may hand over; the name is what people ask
for when they look into a scan later.
"""

import unicodedata
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from shop.base.db import reading
from shop.people.models import Device
from shop.people.queries import KnownDevice
from shop.pickup.models import Scan

LONGEST_NAME = 40
LONGEST_SHIFT = timedelta(hours=12)  # then the name is forgotten: the next person's hand-overs are not this one's
LATELY = timedelta(days=14)
MOST_NAMES = 12


def short_name(text: str | None) -> str | None:
    """The name as it is kept, so that one person is one name: in capitals, in letters of normal width, without signs that
    cannot be seen, at most 40 long. None: nobody said. Any text at all may come; none is refused."""
    plain = unicodedata.normalize("NFKC", text or "")
    seen = "".join(letter if unicodedata.category(letter)[0] not in "CZ" else " " for letter in plain)
    return " ".join(seen.upper().split())[:LONGEST_NAME].strip() or None


def is_over(since: datetime, now: datetime) -> bool:
    """Whether a shift that began then has ended; also when it would begin later than now."""
    return not timedelta() <= now - since < LONGEST_SHIFT


def names_of_late(device: KnownDevice, now: datetime) -> list[str]:
    """Who was at the counters of the device's point lately, in the order of the alphabet. One statement.

    Of a device that serves every point: who was at this device.
    """
    here = aliased(Device)
    mine = here.id == device.id if device.pickup_point_id is None else here.pickup_point_id == device.pickup_point_id
    wanted = (
        select(Scan.staff)
        .join(here, here.id == Scan.device_id)
        .where(Scan.received_at >= now - LATELY, Scan.staff.is_not(None), mine)
        .group_by(Scan.staff)
        .order_by(func.count().desc(), Scan.staff)
        .limit(MOST_NAMES)
    )
    with reading() as session:
        return sorted(str(name) for name in session.scalars(wanted))
