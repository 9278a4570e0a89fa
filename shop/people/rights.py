"""What somebody may do here, and where: roles are bundles of rights, and are given for a pickup point or for all of them."""

from collections.abc import Collection, Iterable
from enum import StrEnum

from msgspec import Struct

from shop.people.states import DeviceKind


class Right(StrEnum):
    """One thing that may be done. `shop/web/admission.py` says which address asks for which."""

    SEE_ORDERS = "see_orders"
    CHANGE_ORDERS = "change_orders"
    REFUND = "refund"
    SEE_MONEY = "see_money"
    SEE_REPORTS = "see_reports"
    EXPORT = "export"
    SEE_TAX_EVIDENCE = "see_tax_evidence"
    CHANGE_CATALOGUE = "change_catalogue"
    CHANGE_PRICES = "change_prices"
    CHANGE_STOCK = "change_stock"
    CHANGE_SETTINGS = "change_settings"
    CHANGE_STAFF = "change_staff"
    SEE_AUDIT = "see_audit"
    CHANGE_DEVICES = "change_devices"
    PACK = "pack"
    HAND_OVER = "hand_over"
    SUPERVISE = "supervise"
    CAMPAIGNS = "campaigns"
    ERASE_TRAVELLERS = "erase_travellers"


class Role(StrEnum):
    PACKER = "packer"
    COUNTER = "counter"
    SUPERVISOR = "supervisor"
    MANAGER = "manager"
    ACCOUNTANT = "accountant"
    MARKETING = "marketing"
    ADMIN = "admin"


R = Right
ROLES: dict[Role, frozenset[Right]] = {
    Role.PACKER: frozenset({R.PACK}),
    Role.COUNTER: frozenset({R.HAND_OVER, R.PACK, R.SEE_ORDERS}),
    Role.SUPERVISOR: frozenset(
        {R.HAND_OVER, R.PACK, R.SEE_ORDERS, R.CHANGE_ORDERS, R.SUPERVISE, R.CHANGE_DEVICES, R.CHANGE_STOCK}
    ),
    Role.MANAGER: frozenset(Right) - {R.SEE_TAX_EVIDENCE, R.ERASE_TRAVELLERS},
    Role.ACCOUNTANT: frozenset({R.SEE_ORDERS, R.SEE_MONEY, R.SEE_REPORTS, R.EXPORT, R.SEE_TAX_EVIDENCE, R.SEE_AUDIT}),
    Role.MARKETING: frozenset({R.CAMPAIGNS, R.SEE_REPORTS}),
    Role.ADMIN: frozenset(Right),
}
NEED_SECOND_FACTOR = frozenset({Role.MANAGER, Role.ADMIN, Role.ACCOUNTANT})

# What a bearer token opens, by the kind of its device. A token is the device's: who holds it is asked at the counter.
DEVICES: dict[DeviceKind, frozenset[Right]] = {
    DeviceKind.COUNTER: frozenset({R.HAND_OVER, R.PACK}),
    DeviceKind.SUPERVISOR: frozenset({R.HAND_OVER, R.PACK, R.SUPERVISE}),
    DeviceKind.PACKER: frozenset({R.PACK}),
    DeviceKind.MANAGER: frozenset({R.SEE_ORDERS, R.CHANGE_ORDERS, R.REFUND, R.SEE_REPORTS, R.EXPORT}),
}


def kinds_that_may(right: Right) -> frozenset[DeviceKind]:
    """The kinds of devices whose token has this right."""
    return frozenset(kind for kind, rights in DEVICES.items() if right in rights)


class Grant(Struct, frozen=True, order=True):
    """A role at a pickup point; None is every point, the ones to come too."""

    role: Role
    pickup_point_id: int | None = None

    @property
    def words(self) -> str:
        """`counter@3`, `manager@*`: the same for the same grant."""
        return f"{self.role}@{'*' if self.pickup_point_id is None else self.pickup_point_id}"


def may(grants: Iterable[Grant], right: Right, point: int | None = None) -> bool:
    """Whether these grants give `right` at `point`; with None, whether they give it anywhere."""
    return any(
        right in ROLES[grant.role] and (point is None or grant.pickup_point_id in (None, point)) for grant in grants
    )


def points_of(grants: Iterable[Grant], right: Right) -> frozenset[int] | None:
    """Where these grants give `right`: None is everywhere, an empty set nowhere."""
    places = {grant.pickup_point_id for grant in grants if right in ROLES[grant.role]}
    return None if None in places else frozenset(place for place in places if place is not None)


def rights_at(grants: Iterable[Grant], point: int | None) -> frozenset[Right]:
    """Every right there; with None, the rights that hold at every point."""
    given = [ROLES[grant.role] for grant in grants if grant.pickup_point_id is None or grant.pickup_point_id == point]
    return frozenset[Right]().union(*given)


def may_give(giver: Collection[Grant], grant: Grant) -> bool:
    """Nobody gives, or takes away, what they do not have themselves: else whoever may change staff could become admin."""
    mine = rights_at(giver, grant.pickup_point_id)
    return Right.CHANGE_STAFF in mine and ROLES[grant.role] <= mine


def needs_second_factor(grants: Iterable[Grant]) -> bool:
    return any(grant.role in NEED_SECOND_FACTOR for grant in grants)
