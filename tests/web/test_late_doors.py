"""Doors whose code is imported at their first request: from outside nobody can tell, but by the time that the first one waits."""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from werkzeug.routing import Map
from werkzeug.test import TestResponse

from shop import checking
from shop.app import Shop, create_app
from shop.base.db import db
from shop.settings import Settings
from shop.web import doors
from shop.web.admission import ROWS
from shop.web.late import KEPT_BY_NAME, Parts, late

# Of each late door an address, what a stranger is told there, and where they are sent.
FIRST = [
    ("traveller", "/orders/", 302, "/sign-in?next=/orders/"),
    ("traveller", "/basket", 200, None),
    ("counter", "/counter/", 302, "/counter/sign-in"),
    ("counter", "/counter/packing/", 302, "/counter/sign-in"),
    ("backoffice", "/manage/orders/", 302, "/manage/sign-in?next=/manage/orders/"),
    ("api", "/api/v1/orders", 401, None),
    ("api", "/api/v1/products", 200, None),
    ("callbacks", "/callbacks/official-account", 401, None),
]


@pytest.fixture
def started(app: Flask, settings: Settings) -> Iterator[Shop]:
    """A shop as it is right after its start: nobody has come yet. (`app`: the same database, and its timetable.)"""
    made = create_app(settings)
    yield made
    with made.app_context():
        db.session.remove()
        db.engine.dispose()


def is_open(shop: Flask, door: str) -> bool:
    return any(row.page in shop.view_functions for row in ROWS.values() if doors.DOOR_OF.get(row.door) == door)


@pytest.mark.parametrize(("door", "address", "status", "location"), FIRST)
def test_a_door_opens_at_its_first_request_and_its_guard_is_asked_before(
    started: Shop, door: str, address: str, status: int, location: str | None
) -> None:
    assert not is_open(started, door)

    answer = started.test_client().get(address)

    assert (answer.status_code, answer.location) == (status, location)
    assert {name: is_open(started, name) for name in doors.LATE} == {name: name == door for name in doors.LATE}


@pytest.mark.parametrize(
    "address", ["/trips/1/use", "/checkout", "/withdraw", "/counter/sign-in", "/manage/sign-in", "/manage/account/password"]
)
def test_the_first_request_of_a_door_cannot_be_a_forged_form(started: Shop, address: str) -> None:
    answer = started.test_client().post(address, headers={"Sec-Fetch-Site": "cross-site"})

    assert answer.status_code == 403 or (answer.status_code == 302 and "/sign-in?next=" in answer.location)


def test_the_answers_are_those_of_a_shop_whose_doors_are_all_open(started: Shop, app: Flask) -> None:
    """Also where there is no such page, the method is wrong, or one only asks what one may do."""
    asked = [
        *(("GET", address) for _, address, _, _ in FIRST),
        ("GET", "/manage/nowhere"), ("GET", "/api/v1/nowhere"), ("GET", "/counter/nowhere"), ("GET", "/orders"), ("GET", "/manage"),
        ("HEAD", "/basket"),
        ("DELETE", "/manage/orders/"), ("DELETE", "/api/v1/products"), ("PUT", "/callbacks/wechat-pay/payment"),
        ("POST", "/api/v1/products"),
        ("OPTIONS", "/api/v1/orders"), ("OPTIONS", "/manage/sign-in"), ("GET", "/manage/staff/99999999999999"),
    ]  # fmt: skip

    def told(answer: TestResponse) -> tuple[object, ...]:
        names = ("Allow", "Location", "Vary", "Cache-Control", "WWW-Authenticate", "Permissions-Policy")
        allow = sorted((answer.headers.get("Allow") or "").split(", "))
        return (answer.status_code, allow, *(answer.headers.get(name) for name in names[1:]))

    here, there = started.test_client(), app.test_client()
    for method, address in asked:
        assert told(here.open(address, method=method)) == told(there.open(address, method=method)), f"{method} {address}"
    assert here.delete("/api/v1/products").headers["Allow"]


# --- many at once -----------------------------------------------------------------------------------------------------


def slowed(parts: Callable[[], Parts], opened: list[float]) -> Callable[[], Parts]:
    """The same door, whose import takes a while."""

    def slow() -> Parts:
        opened.append(time.monotonic())
        time.sleep(0.3)
        yield from parts()

    return slow


def test_twenty_first_requests_at_once_all_get_the_right_answer_and_open_a_door_once(
    started: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: dict[str, list[float]] = {door: [] for door in doors.LATE}
    monkeypatch.setattr(late(started), "_doors", {door: slowed(parts, opened[door]) for door, parts in doors.LATE.items()})
    asked = [first for first in FIRST if first[0] in ("counter", "backoffice", "callbacks")] * 5
    together = threading.Barrier(len(asked))

    def ask(address: str) -> tuple[int, str | None]:
        together.wait()
        answer = started.test_client().get(address)
        return answer.status_code, answer.location

    with ThreadPoolExecutor(len(asked)) as threads:
        answers = list(threads.map(ask, [address for _, address, _, _ in asked]))

    assert len(asked) == 20
    assert answers == [(status, location) for _, _, status, location in asked]
    assert {door: len(times) for door, times in opened.items()} == {
        "traveller": 0, "counter": 1, "backoffice": 1, "api": 0, "callbacks": 1,
    }  # fmt: skip


def test_who_looks_around_waits_for_no_door_that_opens(started: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    go, begun = threading.Event(), threading.Event()

    def stuck() -> Parts:
        begun.set()
        assert go.wait(20)
        yield from doors.LATE["backoffice"]()

    monkeypatch.setattr(late(started), "_doors", {**doors.LATE, "backoffice": stuck})
    with ThreadPoolExecutor(1) as other:
        manager = other.submit(lambda: started.test_client().get("/manage/").status_code)
        assert begun.wait(20)
        visitor = [started.test_client().get(address).status_code for address in ("/", "/categories/", "/search", "/healthz", "/nope")]
        waits = not manager.done()
        go.set()

        assert visitor == [200, 200, 200, 200, 404]
        assert waits
        assert manager.result() == 302


# --- a door that does not open ----------------------------------------------------------------------------------------


def test_a_door_that_does_not_open_is_known_before_somebody_comes_and_opens_when_it_is_mended(
    started: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken() -> Parts:
        raise ImportError("half of a release")

    client = started.test_client()
    monkeypatch.setattr(late(started), "_doors", {**doors.LATE, "counter": broken})

    ready = client.get("/readyz")
    assert (ready.status_code, ready.text) == (503, "a door does not open: ImportError\n")
    assert client.get("/counter/").status_code == 500
    assert client.get("/").status_code == 200
    with pytest.raises(ImportError):
        started.open_doors()

    monkeypatch.setattr(late(started), "_doors", doors.LATE)
    assert client.get("/counter/").status_code == 302
    assert client.get("/readyz").status_code == 200
    assert not started.doors_to_open


def test_check_config_names_a_door_that_does_not_open(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    assert checking._doors() == ("ok", "all open")

    monkeypatch.setitem(doors.LATE, "api", lambda: [][1])  # type: ignore[index]

    assert checking._doors() == ("WRONG", "api does not open (IndexError)")


# --- the table and the code ---------------------------------------------------------------------------------------------


def rules(of: Map) -> set[tuple[object, ...]]:
    return {
        (rule.rule, rule.endpoint, frozenset(rule.methods or ()), bool(rule.strict_slashes), rule.redirect_to, repr(rule.defaults or {}),
         getattr(rule, "provide_automatic_options", None))
        for rule in of.iter_rules()
    }  # fmt: skip


@pytest.mark.parametrize("door", doors.LATE)
def test_the_table_of_admissions_says_of_a_late_door_what_its_modules_declare(started: Shop, door: str) -> None:
    pages = {row.page for row in ROWS.values() if doors.DOOR_OF.get(row.door) == door}
    draft = late(started).declared(door)

    declared = rules(draft.url_map)
    known = {rule for rule in rules(started.url_map) if rule[1] in pages}

    assert known == declared, f"shop/web/admission.py: {sorted(map(str, known ^ declared))}"
    assert set(draft.view_functions) == pages


@pytest.mark.parametrize("door", doors.LATE)
def test_a_late_door_says_nothing_for_other_doors(started: Shop, door: str) -> None:
    """What holds for the whole application must hold from its start: no `before_app_request`, no `app_errorhandler`."""
    draft = late(started).declared(door)
    bare = Flask("bare", static_folder=None)

    for kept in KEPT_BY_NAME:
        said = {name: values for name, values in getattr(draft, kept).items() if values and name not in draft.blueprints}
        usual = {name: values for name, values in getattr(bare, kept).items() if values}
        assert said.keys() == usual.keys(), kept
        assert kept != "template_context_processors" or len(said[None]) == 1
    assert not draft.teardown_appcontext_funcs + draft.shell_context_processors


def test_what_is_open_from_the_start_is_named_in_the_table_as_such(started: Shop) -> None:
    here = {rule.endpoint for rule in started.url_map.iter_rules() if rule.endpoint in started.view_functions}

    assert here == {row.page for row in ROWS.values() if row.door not in doors.DOOR_OF}


def test_every_address_is_written_as_flask_would_write_it(app: Flask) -> None:
    """Also by what makes it only when it is wanted."""
    usual = Map([rule.empty() for rule in app.url_map.iter_rules()])
    for rule in app.url_map.iter_rules():
        values = {name: 7 if f":{name}>" in rule.rule and "path:" not in rule.rule else "a b" for name in rule.arguments}
        for more in ({}, {"q": "免税"}):
            mine, flask = (of.bind("shop.test").build(rule.endpoint, {**values, **more}) for of in (app.url_map, usual))
            assert mine == flask


# --- the cold start ------------------------------------------------------------------------------------------------------

LATE_MODULES = (
    "shop.web.storefront.travelling", "shop.web.storefront.checkout", "shop.web.counter", "shop.web.backoffice", "shop.web.api",
    "shop.web.callbacks", "shop.web.alarms", "shop.tables", "shop.gateways", "shop.messaging.commands", "shop.payments.commands",
    "shop.pickup.commands",
)  # fmt: skip
LATE_LIBRARIES = ("requests", "cryptography", "flask_smorest", "apispec", "webargs", "PIL", "wechatpy", "pyotp", "argon2", "smtplib")
FIRST_PAGE = """
import json, sys
from shop.app import create_app
answer = create_app().test_client().get("/")
from shop.base.db import Base
lead = [key.column.table.name for table in Base.metadata.tables.values() for key in table.foreign_keys]
from sqlalchemy.orm import configure_mappers
configure_mappers()
print(json.dumps([answer.status_code, len(lead), sorted(sys.modules)]))
"""


def test_the_first_page_of_the_catalogue_needs_nothing_of_the_late_doors(app: Flask, settings: Settings) -> None:
    """What keeps a cold start short: an import at the top of a module may bring all of this back."""
    env = {"SHOP_ENV": "test", "SHOP_SECRET_KEY": settings.secret_key, "SHOP_DATABASE_URL": settings.database_url, "PATH": ""}
    done = subprocess.run([sys.executable, "-c", FIRST_PAGE], env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    status, keys, modules = json.loads(done.stdout.splitlines()[-1])

    assert status == 200
    unwanted = [name for name in modules if any(f"{name}.".startswith(f"{late}.") for late in LATE_MODULES + LATE_LIBRARIES)]
    assert not [name for name in unwanted if name != "shop.gateways"], "import these in the function that needs them, or in a late door"
    assert "shop.web.storefront.browse" in modules
    assert keys > 50, "the tables that are known lead to no table that is not: what the catalogue's door writes can be put in order"
