"""Waves: made, listed, fetched for, printed, closed."""

import base64
from collections.abc import Iterable

from flask import Blueprint, redirect, render_template, url_for
from werkzeug.wrappers import Response

from shop.base import clock
from shop.flights import queries as flights
from shop.pickup import codes, packing_parcel_queries, packing_queries, packing_waves
from shop.pickup.packing_parcel_queries import Label
from shop.pickup.packing_queries import PickLine, PickList
from shop.pickup.packing_waves import NoSuchWave
from shop.web.counter.packing import reading
from shop.web.guards import known_device

blueprint = Blueprint("packing_waves", __name__, url_prefix="/counter/packing/waves")


@blueprint.get("/")
def listed() -> str:
    """The open waves of this device's pickup point, by departure."""
    device = known_device()
    waves = packing_queries.waves(device.pickup_point_id, clock.now())
    return render_template("counter/packing_waves.html", device=device, waves=waves)


@blueprint.post("/")
def make() -> Response:
    """Put what is to be packed into waves: for this device's pickup point, or for each where it serves all."""
    point, packer, now = known_device().pickup_point_id, reading.packer(), clock.now()
    for key in [point] if point is not None else [one.id for one in flights.points()]:
        packing_waves.make_waves(key, packer, now)
    return redirect(url_for("packing_waves.listed"), 303)


@blueprint.get("/<int:wave>")
def show(wave: int) -> str:
    """What to fetch, along the shelves, and the wave's parcels. Raises NoSuchWave."""
    return _page("counter/packing_wave.html", wave)


@blueprint.get("/<int:wave>/print")
def paper(wave: int) -> str:
    """The same for paper. Raises NoSuchWave."""
    return _page("counter/packing_wave_print.html", wave)


@blueprint.get("/<int:wave>/labels")
def labels(wave: int) -> str:
    """The labels of the wave's parcels, one to a sheet of a label printer. Raises NoSuchWave."""
    pick = _pick(wave)
    return label_page(packing_parcel_queries.labels(pick.wave_id, known_device().pickup_point_id), wave=wave)


@blueprint.post("/<int:wave>/close")
def close(wave: int) -> Response:
    """The wave is done; what was not packed is free for the next. Harmless twice. Raises NoSuchWave."""
    packing_waves.close_wave(_known(wave), reading.packer(), clock.now())
    return redirect(url_for("packing_waves.listed"), 303)


def label_page(labels: Iterable[Label], *, wave: int | None = None, number: str | None = None) -> str:
    """A page of labels with their pictures inside it: what is printed is complete, whatever the network does meanwhile."""
    shown = [(label, base64.b64encode(codes.picture_png(label.scan)).decode()) for label in labels]
    return render_template("counter/packing_labels.html", device=known_device(), labels=shown, wave=wave, number=number)


def _known(wave: int) -> int:
    if wave > reading.LARGEST_KEY:
        raise NoSuchWave
    return wave


def _pick(wave: int) -> PickList:
    return packing_queries.pick_list(_known(wave), known_device().pickup_point_id)


def _page(template: str, wave: int) -> str:
    device, pick = known_device(), _pick(wave)
    parcels = packing_parcel_queries.labels(pick.wave_id, device.pickup_point_id)
    return render_template(
        template,
        device=device, pick=pick, parcels=parcels, contents=contents(pick), now=clock.now(),
    )  # fmt: skip


def contents(pick: PickList) -> dict[str, list[tuple[PickLine, int]]]:
    """The list turned round: by order, what is still to be fetched for it."""
    found: dict[str, list[tuple[PickLine, int]]] = {}
    for line in pick.lines:
        for number, quantity in line.orders:
            found.setdefault(number, []).append((line, quantity))
    return found
