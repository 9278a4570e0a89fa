"""Which channel a message takes, when it may go out, and whether it is still true. Values in, answers out."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from msgspec import Struct

from shop.messaging.states import Channel, Moment, Reason
from shop.messaging.windows import Window
from shop.orders.states import OrderState


class Follower(StrEnum):
    """What we know of the traveller and our account. `unknown`: nobody has told us yet, so WeChat is asked by sending."""

    YES = "yes"
    NO = "no"
    BLOCKS = "blocks"  # follows, and has switched our messages off
    UNKNOWN = "unknown"


CS, TEMPLATE, MAIL = Channel.CUSTOMER_SERVICE, Channel.TEMPLATE, Channel.MAIL
USUAL = (CS, TEMPLATE, MAIL)
# The channels of each moment, the first that can be used is taken. A template message must never advertise (WeChat intercepts
# it and warns the account, since 2023-05-04): goods that are back are told where the traveller has asked us something, or by mail.
ROUTES: Mapping[Moment, tuple[Channel, ...]] = {**dict.fromkeys(Moment, USUAL), Moment.BACK_IN_STOCK: (CS, MAIL)}


class Reach(Struct, frozen=True):
    """What there is to reach a traveller with. `template`: one is set for the moment; `mail`: we have an address and a server."""

    follower: Follower
    window: Window
    template: bool
    mail: bool


def why_not(channel: Channel, reach: Reach) -> Reason | None:
    """Why this channel cannot be used; None when it can."""
    if channel is MAIL:
        return None if reach.mail else Reason.NO_TEMPLATE
    if reach.follower is Follower.NO:
        return Reason.NOT_FOLLOWING
    if channel is CS:
        return {Window.OPEN: None, Window.CLOSED: Reason.WINDOW_CLOSED, Window.USED_UP: Reason.COUNT_USED_UP}[reach.window]
    if reach.follower is Follower.BLOCKS:
        return Reason.BLOCKED
    return None if reach.template else Reason.NO_TEMPLATE


class Choice(Struct, frozen=True):
    """The channel to take, or None and the reason that a person should read."""

    channel: Channel | None
    reason: Reason | None = None


def choose(moment: Moment, reach: Reach, tried: Mapping[Channel, Reason] | None = None) -> Choice:
    """The first channel of the moment that can be used and was not refused already (`tried`: by the peer, and why)."""
    refused = tried or {}
    reasons: list[Reason] = []
    for channel in ROUTES[moment]:
        reason = refused.get(channel) or why_not(channel, reach)
        if reason is None:
            return Choice(channel)
        if channel is not MAIL or channel in refused:
            reasons.append(reason)
    return Choice(None, worst(reasons))


# What a person can do something about comes first.
WEIGHT = (
    Reason.UNKNOWN_TEMPLATE, Reason.WRONG_FIELDS, Reason.NOT_ALLOWED, Reason.MAIL_REFUSED, Reason.BLOCKED, Reason.NOT_FOLLOWING,
    Reason.NO_TEMPLATE, Reason.COUNT_USED_UP, Reason.WINDOW_CLOSED,
)  # fmt: skip


def worst(reasons: Sequence[Reason]) -> Reason:
    """The reason to show when several channels could not be used."""
    return min(reasons, key=lambda reason: WEIGHT.index(reason) if reason in WEIGHT else len(WEIGHT))


# --- when -------------------------------------------------------------------------------------------------------------

ALWAYS, NEAR, NEVER = "always", "near", "never"
# Whether a moment may wake somebody: those that answer what the traveller has just done, and those that are no use later.
URGENT: Mapping[Moment, str] = {
    Moment.PAID: ALWAYS, Moment.MOVED: ALWAYS, Moment.REMINDER: ALWAYS, Moment.CLOSING: ALWAYS, Moment.READY: NEAR,
    Moment.SHORTAGE: NEAR, Moment.DELAYED: NEAR, Moment.REFUND_STARTED: NEVER, Moment.REFUND: NEVER, Moment.NO_SHOW: NEVER,
    Moment.BACK_IN_STOCK: NEVER,
}  # fmt: skip
NEAR_THE_FLIGHT = timedelta(hours=12)
ON_THE_TRIP = timedelta(days=14)  # so long before the flight home a traveller is taken to be where it leaves from


class Zones(Struct, frozen=True):
    """Time zones of a trip: where they live, where the flight leaves, where it ends; `departs_at` None: there is no trip."""

    residence: str
    origin: str
    destination: str
    departs_at: datetime | None = None


def zone_of(zones: Zones, now: datetime) -> ZoneInfo:
    """Where the traveller most likely is: at home long before the flight, at its origin from a fortnight before, then where it
    ends."""
    if zones.departs_at is None or now < zones.departs_at - ON_THE_TRIP:
        return ZoneInfo(zones.residence)
    return ZoneInfo(zones.origin if now < zones.departs_at else zones.destination)


class Quiet(Struct, frozen=True):
    """The hours in which nobody is woken, by the traveller's clock; the same twice: there are none."""

    start: time
    end: time


def not_before(moment: Moment, quiet: Quiet, zones: Zones, now: datetime) -> datetime:
    """When the message may go out: now, or when the quiet hours end where the traveller is."""
    urgent = URGENT[moment]
    near = zones.departs_at is not None and now < zones.departs_at <= now + NEAR_THE_FLIGHT
    if urgent == ALWAYS or (urgent == NEAR and near) or quiet.start == quiet.end:
        return now
    local = now.astimezone(zone_of(zones, now))
    clock = local.time().replace(tzinfo=None)
    over_midnight = quiet.start > quiet.end
    asleep = clock >= quiet.start or clock < quiet.end if over_midnight else quiet.start <= clock < quiet.end
    if not asleep:
        return now
    day = local.date() + timedelta(days=1) if over_midnight and clock >= quiet.start else local.date()
    return datetime.combine(day, quiet.end, local.tzinfo).astimezone(now.tzinfo)


# --- what time tells --------------------------------------------------------------------------------------------------


class Times(Struct, frozen=True):
    """What the timetable of an order's messages needs. `paid_at` None: never."""

    departs_at: datetime
    collect_until: datetime
    paid_at: datetime | None


def reminder_at(times: Times, before: timedelta) -> datetime | None:
    """When to remind: so long before the departure; None for who has paid only afterwards and was told everything then."""
    at = times.departs_at - before
    return at if times.paid_at is not None and times.paid_at < at else None


def closing_at(times: Times, before: timedelta) -> datetime | None:
    """When to say that the counter will close; None as above."""
    at = times.collect_until - before
    return at if times.paid_at is not None and times.paid_at < at else None


# --- whether it is still true -----------------------------------------------------------------------------------------

S = OrderState
TO_COME = frozenset({S.PAID, S.PACKING, S.READY})
HOLDS: Mapping[Moment, frozenset[OrderState]] = {
    Moment.PAID: TO_COME, Moment.READY: frozenset({S.READY}), Moment.REMINDER: TO_COME, Moment.CLOSING: TO_COME,
    Moment.MOVED: TO_COME, Moment.DELAYED: TO_COME, Moment.NO_SHOW: frozenset({S.NO_SHOW}),
    **dict.fromkeys((Moment.SHORTAGE, Moment.REFUND_STARTED, Moment.REFUND, Moment.BACK_IN_STOCK), frozenset(S)),
}  # fmt: skip
BEFORE_DEPARTURE = frozenset({Moment.READY, Moment.REMINDER, Moment.CLOSING, Moment.MOVED, Moment.DELAYED})
STALE = timedelta(days=3)  # whatever waited longer for its channel is no news any more


def still_true(moment: Moment, state: OrderState, departs_at: datetime, planned_for: datetime, now: datetime) -> bool:
    """Whether a message should still be sent, with the order as it is now."""
    if state not in HOLDS[moment] or now > planned_for + STALE:
        return False
    return moment not in BEFORE_DEPARTURE or now < departs_at
