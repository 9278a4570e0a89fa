"""Waves: the orders of a pickup point whose flights leave close together are packed in one go."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import structlog
from sqlalchemy import delete, insert, or_, select, text, update
from sqlalchemy.orm import Session

from shop.base.db import transaction
from shop.base.errors import Kind, ShopError
from shop.flights.models import PickupPoint
from shop.flights.queries import NoSuchPoint
from shop.orders.models import Order
from shop.orders.states import RefundState
from shop.pickup import packing
from shop.pickup.packing import Packer
from shop.pickup.packing_models import TO_PACK, Wave, WaveOrder
from shop.pickup.packing_rules import LOOK_AHEAD, Bank, into_banks

LOG = structlog.get_logger("shop.packing")
WAVE_ORDERS: Any = WaveOrder.__table__


class NoSuchWave(ShopError):
    kind, code = Kind.NOT_FOUND, "no_such_wave"


def make_waves(point_id: int, packer: Packer, now: datetime, ahead: timedelta = LOOK_AHEAD) -> list[int]:
    """Put every order that has to be packed for a departure within `ahead` into a wave; answers the open waves' keys.

    Orders join the open wave of their flight bank, or form a new one; those whose flight was changed move along. Each
    has a parcel from now on. Harmless twice, and at the same moment. Raises NoSuchPoint.
    """
    with transaction() as session:
        _lock_point(session, point_id, packer)
        _let_changed_go(session, point_id)
        waves = session.scalars(
            select(Wave).where(Wave.pickup_point_id == point_id, Wave.closed_at.is_(None)).order_by(Wave.departs_from, Wave.id)
        ).all()
        orders = _without_wave(session, point_id, now, now + ahead)
        banks, places = into_banks([order.departs_at for order in orders], [Bank(w.departs_from, w.departs_to) for w in waves])
        keys = _write(session, point_id, waves, banks, packer, now)
        if orders:
            rows = [{"order_id": order.id, "wave_id": keys[places[order.departs_at]]} for order in orders]
            session.execute(insert(WaveOrder), rows)
            packing.open_parcels(session, [order.id for order in orders], now)
        LOG.info("waves", point=point_id, waves=len(keys), orders=len(orders), by=packer.who)
        return keys


def close_wave(wave_id: int, packer: Packer, now: datetime) -> None:
    """The wave is done. What was not packed is free for the next one. Harmless twice. Raises NoSuchWave."""
    with transaction() as session:
        wave = session.scalar(select(Wave).where(Wave.id == wave_id).with_for_update())
        if wave is None or packer.point_id not in (None, wave.pickup_point_id):
            raise NoSuchWave
        if wave.closed_at is None:
            wave.closed_at = now
            left = select(Order.id).join(WaveOrder, WaveOrder.order_id == Order.id).where(WaveOrder.wave_id == wave_id, _TO_PACK)
            session.execute(delete(WAVE_ORDERS).where(WAVE_ORDERS.c.order_id.in_(left)))


_TO_PACK = text(f"orders.{TO_PACK}")  # word for word as the index says it


def _lock_point(session: Session, point_id: int, packer: Packer) -> None:
    """Only one makes waves of a point at a time; orders are placed there meanwhile. Raises NoSuchPoint."""
    own = select(PickupPoint.id).where(PickupPoint.id == point_id).with_for_update(key_share=True)
    if session.scalar(own) is None or packer.point_id not in (None, point_id):
        raise NoSuchPoint(fields={"pickup_point": ["no_such_pickup_point"]})


def _let_changed_go(session: Session, point_id: int) -> None:
    """Take orders out of waves they no longer belong to: they fly at another time, are collected elsewhere, or were
    opened again when their wave was over."""
    moved = or_(
        Order.departs_at < Wave.departs_from,
        Order.departs_at > Wave.departs_to,
        Order.pickup_point_id != Wave.pickup_point_id,
        Wave.closed_at.is_not(None),
    )
    elsewhere = (
        select(WaveOrder.order_id)
        .join(Wave, Wave.id == WaveOrder.wave_id)
        .join(Order, Order.id == WaveOrder.order_id)
        .where(or_(Order.pickup_point_id == point_id, Wave.pickup_point_id == point_id), _TO_PACK, moved)
    )
    session.execute(delete(WAVE_ORDERS).where(WAVE_ORDERS.c.order_id.in_(elsewhere)))


def _without_wave(session: Session, point_id: int, now: datetime, until: datetime) -> Sequence[Any]:
    """The orders to pack that are in no wave, locked in one order for all."""
    return session.execute(
        select(Order.id, Order.departs_at)
        .where(
            Order.pickup_point_id == point_id,
            Order.departs_at > now,
            Order.departs_at <= until,
            _TO_PACK,
            Order.refund_state != RefundState.REFUNDED.value,
            ~select(WaveOrder.order_id).where(WaveOrder.order_id == Order.id).exists(),
        )
        .order_by(Order.id)
        .with_for_update()
    ).all()


def _write(
    session: Session, point_id: int, waves: Sequence[Wave], banks: Sequence[Bank], packer: Packer, now: datetime
) -> list[int]:
    """The keys of the waves of these banks: the known ones, wider where an order joined them, then the new ones."""
    for wave, bank in zip(waves, banks, strict=False):
        if (wave.departs_from, wave.departs_to) != (bank.first, bank.last):
            session.execute(
                update(Wave).where(Wave.id == wave.id).values(departs_from=bank.first, departs_to=bank.last)
            )
    new = [
        Wave(pickup_point_id=point_id, departs_from=bank.first, departs_to=bank.last, made_at=now, made_by=packer.who)
        for bank in banks[len(waves) :]
    ]
    session.add_all(new)
    session.flush()
    return [wave.id for wave in [*waves, *new]]
