"""Whether somebody may have a report: when they ask for it, and again when its file is made, sent or fetched."""

from collections.abc import Mapping

from shop.base.db import reading
from shop.base.errors import Kind, ShopError
from shop.exports.kinds import kind_of
from shop.flights import queries as flights
from shop.people import staffing
from shop.people.models import Device
from shop.people.rights import DEVICES, Grant, Right, points_of
from shop.people.states import DeviceKind

Keys = Mapping[str, int]  # of pickup points, by their codes


class MayNotExport(ShopError):
    """They have not the right to have this report of these pickup points, or they do not work here any more."""

    kind, code = Kind.FORBIDDEN, "may_not_export"


def check_grants(grants: frozenset[Grant], report: str, filters: Mapping[str, str]) -> None:
    """Whether they may have the report as a file: of every pickup point, or of the one that the filters name.

    Raises MayNotExport, UnknownReport.
    """
    if not (_hold(grants, Right.EXPORT, report, filters) and may_see(grants, report, filters)):
        raise MayNotExport


def may_have(grants: frozenset[Grant], report: str, filters: Mapping[str, str]) -> bool:
    """The same as an answer. Raises UnknownReport."""
    return _hold(grants, Right.EXPORT, report, filters) and may_see(grants, report, filters)


def may_see(grants: frozenset[Grant], report: str, filters: Mapping[str, str], known: Keys | None = None) -> bool:
    """Whether they may look at the report of every pickup point, or of the one that the filters name. Raises UnknownReport.

    `known` are the keys of all pickup points, for whoever asks about many reports.
    """
    return _hold(grants, Right(kind_of(report).right), report, filters, known)


def _hold(grants: frozenset[Grant], right: Right, report: str, filters: Mapping[str, str], known: Keys | None = None) -> bool:
    points = points_of(grants, right)
    return points is None or _named_point(report, filters, known) in points


def _named_point(report: str, filters: Mapping[str, str], known: Keys | None = None) -> int | None:
    """The key of the pickup point that the report is narrowed to; None: to no one, or to none that there is."""
    code = filters.get("point") if "point" in kind_of(report).filters else None
    if known is not None:
        return known.get(code or "")
    try:
        return int(flights.point_by_code(code).id) if code else None
    except flights.NoSuchPoint:
        return None


def check_actor(actor: str, report: str, filters: Mapping[str, str]) -> None:
    """Whether `staff:3` or `device:7` may have the report now: of every pickup point, or of the one that the filters name.

    Raises MayNotExport, UnknownReport.
    """
    kind, _, number = actor.partition(":")
    if kind == "staff":
        found = {each.id: each for each in staffing.colleagues() if each.active}.get(int(number))  # type: ignore[call-overload]
        if found is None:
            raise MayNotExport
        check_grants(found.grants, report, filters)
        return
    with reading() as session:
        device = session.get(Device, int(number))
    if device is None or device.revoked_at is not None:
        raise MayNotExport
    if device.pickup_point_id not in (None, _named_point(report, filters)):
        raise MayNotExport
    check_device(DeviceKind(device.kind), report)


def check_device(kind: DeviceKind, report: str) -> None:
    """Raises MayNotExport, UnknownReport."""
    if not {Right.EXPORT, Right(kind_of(report).right)} <= DEVICES[kind]:
        raise MayNotExport
