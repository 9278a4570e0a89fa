"""Who may come in: one guard per door, set before every request of it."""

from typing import cast

from flask import current_app, g, redirect, request, session, url_for
from werkzeug.wrappers import Response

from shop.base.errors import Kind, ShopError
from shop.base.ids import TravellerId
from shop.people import queries as people
from shop.people.queries import KnownDevice, KnownStaff, NotSignedIn
from shop.people.states import AT_A_COUNTER, DeviceKind

AT_PACKING = AT_A_COUNTER | {DeviceKind.PACKER}


class WrongKindOfDevice(ShopError):
    """The token is good, but not for this."""

    kind, code = Kind.FORBIDDEN, "wrong_kind_of_device"


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
    """The member of staff signed in on this browser. Raises NotSignedIn."""
    key = session.get("staff")
    known = people.staff_by_id(key) if isinstance(key, int) else None
    if known is None or known.session_epoch != session.get("staff_epoch"):
        raise NotSignedIn
    return known


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
    """For back-office pages."""
    try:
        g.staff = staff()
    except NotSignedIn:
        return redirect(url_for("backoffice_sign_in.form", next=request.full_path.rstrip("?")))
    return None


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
