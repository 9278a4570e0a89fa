"""Who may come in: one guard per door, set before every request of it."""

from typing import cast

from flask import current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.base.errors import Kind, ShopError
from shop.base.ids import TravellerId
from shop.people import queries as people
from shop.people import rights, sessions
from shop.people.queries import KnownDevice, KnownStaff, NotSignedIn
from shop.people.rights import Right, kinds_that_may
from shop.people.states import DeviceKind
from shop.web import admission
from shop.web.admission import Reach, Row, Who
from shop.web.wiring import settings

AT_A_COUNTER, AT_PACKING = kinds_that_may(Right.HAND_OVER), kinds_that_may(Right.PACK)
STAFF = "staff_session"  # where the browser's cookie keeps the token of a member of staff


class WrongKindOfDevice(ShopError):
    """The token is good, but not for this."""

    kind, code = Kind.FORBIDDEN, "wrong_kind_of_device"


class MayNot(ShopError):
    """Whoever is signed in has not the right that this page asks for."""

    kind, code = Kind.FORBIDDEN, "may_not"


class MayNotEverywhere(ShopError):
    """They have it at some pickup points, and this page is about all of them."""

    kind, code = Kind.FORBIDDEN, "may_not_everywhere"


def traveller() -> TravellerId:
    """The signed-in traveller. Raises NotSignedIn."""
    key = session.get("traveller")
    if not isinstance(key, int):
        raise NotSignedIn
    return TravellerId(key)


def is_signed_in() -> bool:
    return isinstance(session.get("traveller"), int)


def bearer(*kinds: DeviceKind) -> KnownDevice:
    """The device whose bearer token came with the request. Raises WrongToken, WrongKindOfDevice."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise people.WrongToken
    device = people.device_by_token(token.strip())
    if device.kind not in kinds:
        raise WrongKindOfDevice
    return device


def counter_device() -> KnownDevice:
    """The counter device signed in on this browser. Raises WrongToken (not signed in, or revoked since), WrongKindOfDevice."""
    return _device_here(AT_A_COUNTER)


def packing_device() -> KnownDevice:
    """The packer's or counter's device signed in on this browser. Raises WrongToken, WrongKindOfDevice."""
    return _device_here(AT_PACKING)


def _device_here(kinds: frozenset[DeviceKind]) -> KnownDevice:
    token = session.get("device_token")
    if not isinstance(token, str):
        raise people.WrongToken
    device = people.device_by_token(token)
    if device.kind not in kinds:
        raise WrongKindOfDevice
    return device


def staff() -> KnownStaff:
    """The member of staff signed in on this browser, half-way in or all. Raises NotSignedIn."""
    token = session.get(STAFF)
    known = sessions.known(token, clock.now()) if isinstance(token, str) else None
    if known is None:
        raise NotSignedIn
    return known


def next_step(known: KnownStaff) -> str | None:
    """The page that stands between them and the back office: the second factor, or setting it up. None: they are in."""
    missing = settings().require_second_factor and not known.enrolled and rights.needs_second_factor(known.grants)
    if known.passed and not missing:
        return None
    return "backoffice_sign_in.ask_code" if known.enrolled else "backoffice_sign_in.set_up"


def need_traveller() -> Response | None:
    """For pages: send an unknown visitor to sign in, and back here."""
    if is_signed_in():
        return None
    here = request.full_path.rstrip("?")
    if request.method != "GET":
        can_be_opened = current_app.url_map.bind("").test(request.path, "GET")
        here = request.path if can_be_opened else url_for("storefront.basket")
    return redirect(url_for("sign_in.start", next=here))


def need_staff() -> Response | None:
    """For back-office pages: somebody who is all the way in and has the right that the table of admissions asks for.

    Raises MayNot and MayNotEverywhere.
    """
    here = request.full_path.rstrip("?")
    try:
        known = staff()
    except NotSignedIn:
        return redirect(url_for("backoffice_sign_in.form", next=here))
    if (step := next_step(known)) is not None:
        return redirect(url_for(step, next=here))
    g.staff, row = known, admission.row_here()
    if row is None or not _admitted(known, row):
        raise MayNot
    g.points = None if row.asks is Who.SIGNED_IN else known.points(Right(row.asks))
    if row.reach is Reach.EVERY and g.points is not None:
        raise MayNotEverywhere
    return None


def _admitted(known: KnownStaff, row: Row) -> bool:
    return row.asks is Who.SIGNED_IN or isinstance(row.asks, Right) and known.may(row.asks)


def opens(endpoint: str) -> bool:
    """Whether a page of the back office would let the signed-in member of staff in: for links to it."""
    row = admission.row_of(endpoint)
    if row is None or not _admitted(known_staff(), row):
        return False
    return row.reach is not Reach.EVERY or known_staff().points(Right(row.asks)) is None


def my_points() -> frozenset[int] | None:
    """The pickup points at which this page may show and change something; None: all of them."""
    return cast(frozenset[int] | None, g.points)


def is_mine(point_id: int | None) -> bool:
    """Whether something that belongs to this pickup point (None: to all of them) may be shown and changed on this page."""
    mine = my_points()
    return mine is None or point_id in mine


def need_counter_device() -> Response | None:
    """For counter pages. A packer's tablet belongs to the packing pages."""
    try:
        g.device = counter_device()
    except WrongKindOfDevice:
        return redirect(url_for("packing.board"))
    except people.WrongToken:
        return _to_counter_sign_in()
    return None


def need_packing_device() -> Response | None:
    """For packing pages."""
    try:
        g.device = packing_device()
    except (people.WrongToken, WrongKindOfDevice):
        return _to_counter_sign_in()
    return None


def _to_counter_sign_in() -> Response:
    session.pop("device_token", None)
    return redirect(url_for("counter_sign_in.form"))


def known_staff() -> KnownStaff:
    return cast(KnownStaff, g.staff)


def known_device() -> KnownDevice:
    return cast(KnownDevice, g.device)
