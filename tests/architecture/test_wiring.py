"""Every part is connected: tables, doors, guards, announcements, addresses, import contracts."""
import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from shop import reacting, tables
from shop.app import create_app
from shop.base.db import Base
from shop.settings import Settings
from shop.web import doors, guards, security

from .source import OWN, ROOT, SHOP, dotted, tables_in

ROUTES = Path(__file__).with_name("routes.txt")
GUARDS = {guards.need_traveller, guards.need_staff, guards.need_counter_device, guards.need_packing_device}
PROVES_ITSELF = {"wechat_pay", "official_account", "api"}  # doors whose changing requests come from programs, not from forms of ours
OPEN_API = {"/products", "/products/<sku>", "/pickup-points", "/flights", "/openapi.json", "/docs"}


# --- tables -----------------------------------------------------------------------------------------------------------


def test_every_models_module_is_in_the_list_of_tables() -> None:
    rooms = {path.parent.name for path in SHOP.glob("*/models.py")}

    assert rooms | {"audit", "outbox"} == set(tables.__all__), "name the room's models in shop/tables.py: migrations see only those"


def test_every_model_has_its_table() -> None:
    classes = {name for module in OWN for name in tables_in(module)}

    assert {mapper.class_.__name__ for mapper in Base.registry.mappers} == classes
    assert len(Base.metadata.tables) == len(classes)


# --- announcements ----------------------------------------------------------------------------------------------------


def _events() -> dict[str, str]:
    """Value to `room.NAME` of every event there is."""
    found = {}
    for module in OWN:
        if module.path.name == "events.py":
            for node in module.tree.body:
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.targets[0], ast.Name):
                    found[str(node.value.value)] = f"{module.room}.{node.targets[0].id}"
    return found


def test_every_event_has_a_reaction_or_is_said_to_have_none() -> None:
    heard, unheard = set(reacting.REACTIONS), set(reacting.UNHEARD)

    assert heard | unheard == set(_events()), "shop/reacting.py: give the event a reaction, or name it in UNHEARD"
    assert not heard & unheard, "shop/reacting.py: an event with a reaction is not unheard"


def test_every_event_is_announced_somewhere() -> None:
    used = {
        (node.attr, dotted(node.value))
        for module in OWN
        if module.path.name != "events.py" and module.name != "reacting.py"
        for node in module.nodes
        if isinstance(node, ast.Attribute)
    }
    events = {name: name.split(".") for name in _events().values()}
    silent = [name for name, (room, event) in events.items() if not {(event, "events"), (event, f"{room[:-1]}_events")} & used]

    assert not silent, f"{silent} are announced nowhere: take them out, or announce them"


def test_events_are_announced_by_their_constants() -> None:
    literal = [
        f"{module.name}:{call.lineno}"
        for module in OWN
        for call in module.calls()
        if dotted(call.func).split(".")[-1] in ("announce", "announce_part")
        and any(isinstance(argument, ast.Constant) and isinstance(argument.value, str) for argument in call.args)
    ]

    assert not literal, f"{literal}: name the event in the room's events.py"


@pytest.mark.parametrize("event", sorted(reacting.REACTIONS))
def test_a_reaction_is_called_by_the_command_it_is(event: str) -> None:
    """The names are kept in the database: a delivery that waits must find its reaction after a release."""
    for name, reaction in reacting.REACTIONS[event].items():
        assert name == f"{reaction.__module__.split('.')[1]}.{reaction.__name__}"


# --- doors ------------------------------------------------------------------------------------------------------------


def test_every_door_has_a_guard_or_a_reason_to_have_none(app: Flask) -> None:
    for name in app.blueprints:
        if "." in name:
            continue  # a part of a door
        guarded = bool(GUARDS & set(app.before_request_funcs.get(name, ())))

        assert guarded != (name in doors.OPEN), f"{name}: guard it in web/doors.py, or say in doors.OPEN why it is open"


def test_the_list_of_open_doors_names_doors_that_exist_each_with_a_reason(app: Flask) -> None:
    assert set(doors.OPEN) <= set(app.blueprints), "take doors that are gone out of doors.OPEN"
    assert all(reason.strip() for reason in doors.OPEN.values())


def test_every_door_through_which_something_is_changed_knows_its_own_forms(app: Flask) -> None:
    changing = {str(rule.endpoint).split(".")[0] for rule in app.url_map.iter_rules() if (rule.methods or set()) - security.SAFE}

    for name in changing - PROVES_ITSELF:
        assert security.check_form in app.before_request_funcs.get(name, ()), f"{name}: check_form in web/doors.py"


def _address(rule: Any) -> str:
    """A path of this rule, with made-up values."""
    numbers = re.findall(r"<int[^>]*:(\w+)>", rule.rule)
    return str(rule.build({argument: 1 if argument in numbers else "D123456789" for argument in rule.arguments})[1])


def test_a_stranger_gets_through_no_guarded_door(app: Flask, client: FlaskClient) -> None:
    tried = 0
    for rule in app.url_map.iter_rules():
        door = str(rule.endpoint).split(".")[0]
        if door in doors.OPEN or door == "static":
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = client.open(_address(rule), method=method)
            tried += 1

            assert answer.status_code == 302, f"{method} {rule.rule}: {answer.status_code}"
            assert "/sign-in" in answer.location, f"{method} {rule.rule} leads to {answer.location}"
    assert tried > 10


def test_a_stranger_can_call_only_the_open_part_of_the_api(app: Flask, client: FlaskClient) -> None:
    tried = 0
    for rule in app.url_map.iter_rules():
        if not rule.rule.startswith("/api/v1") or rule.rule.removeprefix("/api/v1") in OPEN_API:
            continue
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            answer = client.open(_address(rule), method=method, json={} if method == "POST" else None)
            tried += 1

            assert answer.status_code == 401, f"{method} {rule.rule}: {answer.status_code} {answer.get_data(as_text=True)[:200]}"
    assert tried > 10


# --- addresses --------------------------------------------------------------------------------------------------------


def test_every_address_stays_where_it_is(app: Flask) -> None:
    """Links are in chats, menus and printed codes. A new address is added to the list; an old one gets a redirect."""
    here = {
        f"{method} {rule.rule}" for rule in app.url_map.iter_rules() for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    known = set(ROUTES.read_text(encoding="utf-8").splitlines())

    assert not known - here, f"addresses that are gone: redirect them: {sorted(known - here)}"
    assert not here - known, f"new addresses: add these lines to {ROUTES.name}, in order: {sorted(here - known)}"


def test_the_application_can_be_made_twice_in_one_process(settings: Settings) -> None:
    one, two = create_app(settings), create_app(settings)

    assert {rule.rule for rule in one.url_map.iter_rules()} == {rule.rule for rule in two.url_map.iter_rules()}
    for name, functions in one.before_request_funcs.items():
        assert len(functions) == len(two.before_request_funcs[name]), f"{name}: guards must not pile up"


# --- imports ----------------------------------------------------------------------------------------------------------


def test_the_import_contracts_are_kept() -> None:
    program = Path(sys.executable).with_name("lint-imports")

    done = subprocess.run([program, "--no-cache"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=120)

    assert done.returncode == 0, f"a room may call only what is beneath it (setup.cfg):\n{done.stdout[-3000:]}{done.stderr[-1000:]}"
    assert "0 broken" in done.stdout
