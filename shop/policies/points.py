"""The settings of a pickup point: each reads and writes a part of the point's own row, which the shop reads at every order."""

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from shop.base.db import changed
from shop.base.versions import Setting, Value
from shop.flights import hours
from shop.flights.hours import Plan
from shop.flights.models import PickupPoint
from shop.flights.queries import NoSuchPoint, as_point
from shop.flights.walking import LONGEST_BOARDING, LONGEST_WALK, MOST_AREAS, ways_of
from shop.orders import opening
from shop.pickup import packing, packing_rules
from shop.pickup.checks import EVIDENCE
from shop.pickup.models import HandOverRules
from shop.pickup.packing_models import ShelfSlot
from shop.policies import rules
from shop.policies.rules import LANGUAGES, WrongSetting

POINTS: Any = PickupPoint.__table__
RULES: Any = HandOverRules.__table__
SLOTS: Any = ShelfSlot.__table__
MOST_SLOTS = 500
ASKS = ("asks_boarding_pass", "asks_age", "asks_sealed_bag", "asks_identity")


class NeverOpen(WrongSetting):
    """A counter that is never open takes no orders: it has to be given hours first."""

    code = "point_never_open"


def row_of(session: Session, code: str) -> Any:
    """The point's row, locked against other settings but not against orders. Raises NoSuchPoint."""
    row = session.execute(select(POINTS).where(POINTS.c.code == code).with_for_update(key_share=True)).first()
    if row is None:
        raise NoSuchPoint
    return row


def _put(session: Session, code: str, **values: Any) -> None:
    if not changed(session.execute(update(POINTS).where(POINTS.c.code == code).values(**values))):
        raise NoSuchPoint


def _plan(session: Session, code: str) -> Plan:
    return hours.plan_of(row_of(session, code).plan)


# --- where it is, and what it is called -------------------------------------------------------------------------------


def _read_place(session: Session, code: str, _day: date) -> Value:
    row = row_of(session, code)
    words = {name: {lang: getattr(row, f"{name}_{lang}") for lang in LANGUAGES} for name in ("name", "directions")}
    return {"terminal": row.terminal, "zone": row.zone, **words}


def place_columns(value: Value) -> dict[str, str]:
    """The columns of names, directions, terminal and zone."""
    words = {f"{name}_{lang}": value[name][lang] for name in ("name", "directions") for lang in LANGUAGES}
    return {"terminal": value["terminal"], "zone": value["zone"], **words}


def _write_place(session: Session, code: str, value: Value, _now: datetime) -> None:
    _put(session, code, **place_columns(value))


# --- opening hours and cut-offs ---------------------------------------------------------------------------------------


def _read_hours(session: Session, code: str, _day: date) -> Value:
    row = row_of(session, code)
    stored = hours.plan_of(row.plan).stored() or {}
    return {"week": row.hours, "later": stored.get("later", []), "exceptions": stored.get("exceptions", {})}


def check_hours(_session: Session, _code: str, value: Value) -> None:
    """Raises WrongSetting: too many later weeks, or no day is ever open."""
    if len(value["later"]) > hours.MOST_LATER:
        raise WrongSetting(fields={"from": ["too_many_weeks"]})
    if not any(value["week"].values()):
        raise WrongSetting(fields={"day_1": ["point_never_open"]})


def _write_hours(session: Session, code: str, value: Value, now: datetime) -> None:
    present = _plan(session, code)
    plan = hours.plan_of({**value, "leads": dict(present.leads), "lead_rules": list(present.lead_rules)})
    _put(session, code, hours=value["week"], plan=plan.stored())
    opening.follow(session, as_point(row_of(session, code)), now)


def _read_cut_off(session: Session, code: str, _day: date) -> Value:
    row = row_of(session, code)
    plan = hours.plan_of(row.plan)
    value = {"lead": row.order_lead_minutes, "weekdays": dict(plan.leads), "opens_before": row.opens_before_minutes}
    return {**value, "goods": [dict(one) for one in plan.lead_rules]} if plan.lead_rules else value


def _write_cut_off(session: Session, code: str, value: Value, now: datetime) -> None:
    plan = _plan(session, code)
    stored = Plan(plan.later, plan.exceptions, value["weekdays"], tuple(value.get("goods", ()))).stored()
    _put(session, code, order_lead_minutes=value["lead"], opens_before_minutes=value["opens_before"], plan=stored)
    opening.follow(session, as_point(row_of(session, code)), now)


# --- the hand-over, the no-show rule, open or closed for good ---------------------------------------------------------


def _read_hand_over(session: Session, code: str, _day: date) -> Value:
    row = row_of(session, code)
    found = session.execute(select(RULES).where(RULES.c.pickup_point_id == row.id)).first()
    asks: dict[str, Any] = {name: bool(found and getattr(found, name)) for name in ASKS}
    big = {name: getattr(found, name) if found else None for name in ("big_minor", "big_pieces")}
    keeps = sorted(found.keeps) if found else []
    return {"unpacked": row.hands_over_unpacked, "early": row.hands_over_early, **asks, "keeps": keeps, **big}


def _check_hand_over(_session: Session, _code: str, value: Value) -> None:
    errors = {}
    if set(value["keeps"]) - EVIDENCE:
        errors["keeps"] = ["wrong_evidence"]
    for name, field in (("big_minor", "big_amount"), ("big_pieces", "big_pieces")):
        if value[name] is not None and not 0 < value[name] <= 10**9:
            errors[field] = ["wrong_value"]
    if errors:
        raise WrongSetting(fields=errors)


def _write_hand_over(session: Session, code: str, value: Value, _now: datetime) -> None:
    point_id = row_of(session, code).id
    _put(session, code, hands_over_unpacked=value["unpacked"], hands_over_early=value["early"])
    asked = {name: value[name] for name in (*ASKS, "keeps", "big_minor", "big_pieces")}
    if not changed(session.execute(update(RULES).where(RULES.c.pickup_point_id == point_id).values(**asked))):
        session.execute(insert(RULES).values(pickup_point_id=point_id, **asked))


def _read_shelf(session: Session, code: str, _day: date) -> Value:
    rows = session.execute(
        select(SLOTS.c.code, SLOTS.c.capacity).where(SLOTS.c.pickup_point_id == row_of(session, code).id, SLOTS.c.active)
    )
    return {"slots": {row.code: row.capacity for row in rows}}


def _check_shelf(_session: Session, _code: str, value: Value) -> None:
    try:
        for slot, capacity in value["slots"].items():
            packing_rules.clean_slot(slot)
            packing_rules.check_capacity(capacity)
    except packing_rules.WrongSlot:
        raise WrongSetting(fields={"slots": ["wrong_shelf"]}, slot=f"{slot} {capacity}") from None
    if len(value["slots"]) > MOST_SLOTS:
        raise WrongSetting(fields={"slots": ["too_long"]})


def _write_shelf(session: Session, code: str, value: Value, _now: datetime) -> None:
    packing.set_slots(session, row_of(session, code).id, value["slots"])


def _read_no_show(session: Session, code: str, _day: date) -> Value:
    return {"hours": row_of(session, code).no_show_after_hours}


def _write_no_show(session: Session, code: str, value: Value, _now: datetime) -> None:
    _put(session, code, no_show_after_hours=value["hours"])


def _read_ways(session: Session, code: str, _day: date) -> Value:
    return ways_of(row_of(session, code).ways).stored()


def check_ways(value: Mapping[str, Any]) -> None:
    """Minutes that make sense, from gate areas that have a name. Raises WrongSetting."""
    errors: dict[str, list[str]] = {}
    walks = value["walks"]
    if len(walks) > MOST_AREAS or any(not 0 < len(area) <= 16 or not 0 < minutes <= LONGEST_WALK for area, minutes in walks.items()):
        errors["walks"] = ["wrong_walks"]
    for name in ("boarding", "serving"):
        if not 0 <= value[name] <= LONGEST_BOARDING:
            errors[name] = ["wrong_value"]
    if errors:
        raise WrongSetting(fields=errors)


def _write_ways(session: Session, code: str, value: Value, _now: datetime) -> None:
    _put(session, code, ways=value)


def _read_active(session: Session, code: str, _day: date) -> Value:
    return {"active": bool(row_of(session, code).active)}


def _check_active(session: Session, code: str, value: Value) -> None:
    row = row_of(session, code)
    weeks = [row.hours, *(week for _, week in hours.plan_of(row.plan).later)]
    if value["active"] and not any(any(week.values()) for week in weeks):
        raise NeverOpen(fields={"active": ["point_never_open"]})


def _write_active(session: Session, code: str, value: Value, _now: datetime) -> None:
    _put(session, code, active=value["active"])


def _pure(check: Any) -> Any:
    return lambda _session, _key, value: check(value)


PLACE = Setting("point_place", _read_place, _pure(rules.check_place), _write_place)
HOURS = Setting("point_hours", _read_hours, check_hours, _write_hours)
CUT_OFF = Setting("point_cut_off", _read_cut_off, _pure(rules.check_cut_off), _write_cut_off)
HAND_OVER = Setting("point_hand_over", _read_hand_over, _check_hand_over, _write_hand_over)
SHELF = Setting("point_shelf", _read_shelf, _check_shelf, _write_shelf)
NO_SHOW = Setting("point_no_show", _read_no_show, _pure(rules.check_no_show), _write_no_show)
WAYS = Setting("point_ways", _read_ways, _pure(check_ways), _write_ways)
ACTIVE = Setting("point_active", _read_active, _check_active, _write_active)
POINT_SETTINGS: Mapping[str, Setting] = {one.kind: one for one in (PLACE, WAYS, HOURS, CUT_OFF, HAND_OVER, SHELF, NO_SHOW, ACTIVE)}
