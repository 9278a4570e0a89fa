"""Whether somebody may see a report: when they ask for it, and again when its file is made or fetched."""

from shop.base.db import reading
from shop.base.errors import Kind, ShopError
from shop.exports.kinds import kind_of
from shop.exports.models import ExportJob
from shop.people import staffing
from shop.people.models import Device
from shop.people.rights import DEVICES, Grant, Right, points_of
from shop.people.states import DeviceKind


class MayNotExport(ShopError):
    """They have not the right to see this report at every pickup point, or they do not work here any more."""

    kind, code = Kind.FORBIDDEN, "may_not_export"


def check_grants(grants: frozenset[Grant], report: str, point: int | None = None) -> None:
    """Whether they may have the report of every pickup point, or of this one. Raises MayNotExport, UnknownReport."""
    for right in (Right.EXPORT, Right(kind_of(report).right)):
        points = points_of(grants, right)
        if points is not None and (point is None or point not in points):
            raise MayNotExport


def check_actor(actor: str, report: str) -> None:
    """Whether `staff:3` or `device:7` may have the report now. A device of one pickup point may have that point's.

    Raises MayNotExport, UnknownReport.
    """
    kind, _, number = actor.partition(":")
    if kind == "staff":
        found = {each.id: each for each in staffing.colleagues() if each.active}.get(int(number))  # type: ignore[call-overload]
        if found is None:
            raise MayNotExport
        check_grants(found.grants, report)
        return
    with reading() as session:
        device = session.get(Device, int(number))
    if device is None or device.revoked_at is not None:
        raise MayNotExport
    check_device(DeviceKind(device.kind), report)


def check_device(kind: DeviceKind, report: str) -> None:
    """Raises MayNotExport, UnknownReport."""
    if not {Right.EXPORT, Right(kind_of(report).right)} <= DEVICES[kind]:
        raise MayNotExport


def check_job(job: ExportJob) -> None:
    """Raises MayNotExport."""
    check_actor(job.actor, job.report)
