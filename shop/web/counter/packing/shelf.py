"""The shelf of a pickup point: which slots it has, and how many parcels each takes. One slot a line, `A1 6`."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from shop.base.errors import ShopError
from shop.flights import queries as flights
from shop.flights.queries import NoSuchPoint, Point
from shop.pickup import packing, packing_shelf_queries
from shop.pickup.packing_rules import WrongSlot
from shop.web.errors import STATUS
from shop.web.guards import known_device

blueprint = Blueprint("packing_shelf", __name__, url_prefix="/counter/packing/shelf")
MOST_SLOTS = 500
LONGEST = 20_000  # characters that are read


@blueprint.get("/")
def show() -> str:
    """The slots of this device's pickup point, or of each for a device of all."""
    return _page()


@blueprint.post("/")
def put() -> Response | tuple[str, int]:
    """Make the typed ones the slots of the point; nothing more is put into those left out. Harmless twice."""
    code, typed = request.form.get("point", ""), request.form.get("slots", "")[:LONGEST]
    try:
        point = next((one for one in _points() if one.code == code), None)
        if point is None:
            raise NoSuchPoint(fields={"point": ["no_such_pickup_point"]})
        packing.put_slots(point.id, capacities(typed))
    except ShopError as refused:
        return _page(code=code, typed=typed, refused=refused), STATUS[refused.kind]
    return redirect(url_for("packing_shelf.show"), 303)


def capacities(typed: str) -> dict[str, int]:
    """Slot and how many parcels it takes, from lines like `A1 6`. Raises WrongSlot."""
    found = {}
    for line in filter(None, map(str.strip, typed.splitlines())):
        code, _, count = line.rpartition(" ")
        if not (count.isascii() and count.isdecimal() and len(count) <= 4):
            raise WrongSlot(line=line[:40], fields={"slots": ["wrong_slot"]})
        found[code] = int(count)
    if len(found) > MOST_SLOTS:
        raise WrongSlot(fields={"slots": ["wrong_slot"]})
    return found


def _points() -> list[Point]:
    own = known_device().pickup_point_id
    return [point for point in flights.points() if own in (None, point.id)]


def _page(*, code: str = "", typed: str = "", refused: ShopError | None = None) -> str:
    shelves = [(point, packing_shelf_queries.shelf_of(point.id)) for point in _points()]
    return render_template(
        "counter/packing_shelf.html", device=known_device(), shelves=shelves, code=code, typed=typed, refused=refused
    )
