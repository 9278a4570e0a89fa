"""What import contracts cannot say about the code. Each failure says what to do instead."""
import ast
from functools import cache
from pathlib import Path
from textwrap import dedent

import pytest

from .source import MODULES, OWN, ROOMS, ROOT, Module, dotted, model_classes

EVERY = pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
EACH = pytest.mark.parametrize("module", OWN, ids=lambda module: module.name)
LONGEST = 400
# Readers of the environment beside settings.py, and the only names they may read.
ENVIRONMENT = {
    "gunicorn.py": {"WEB_CONCURRENCY", "SHOP_THREADS", "SHOP_BIND", "PORT", "SHOP_TRUSTED_PROXIES", "PROMETHEUS_MULTIPROC_DIR"},
    "web/health.py": {"PROMETHEUS_MULTIPROC_DIR"},
    "__main__.py": {"SHOP_LOG_LEVEL"},
}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "datetime.datetime.now", "datetime.date.today"}


@EVERY
def test_a_module_is_short_enough_to_be_read(module: Module) -> None:
    lines = len(module.path.read_text(encoding="utf-8").splitlines())

    assert lines <= LONGEST, f"{module.name} has {lines} lines: find the second idea in it and give that a module of its own"


@EVERY
def test_a_module_says_why_it_exists(module: Module) -> None:
    if module.tree.body:
        assert ast.get_docstring(module.tree), f"{module.name}: begin with one line that says what it is for"


@EACH
def test_only_the_ground_commits(module: Module) -> None:
    called = [call.func for call in module.calls() if isinstance(call.func, ast.Attribute)]
    ends = [dotted(function) for function in called if function.attr in ("commit", "rollback")]

    assert module.name == "base/db.py" or not ends, f"{module.name} calls {ends}: use `with transaction()` in a command"


@EACH
def test_only_settings_read_the_environment(module: Module) -> None:
    if module.name == "settings.py":
        return
    reads = {node.attr for node in ast.walk(module.tree) if isinstance(node, ast.Attribute) and dotted(node) in ("os.environ", "os.getenv")}
    imports = {
        alias.name
        for node in ast.walk(module.tree)
        if isinstance(node, ast.ImportFrom) and node.module in ("os", "environs")
        for alias in node.names
        if alias.name in ("environ", "getenv", "Env")
    }
    advice = f"{module.name}: add the setting to shop/settings.py and take it from there"

    assert not imports, advice
    if reads:
        assert _names_read(module) <= ENVIRONMENT.get(module.name, set()), advice
        assert module.name in ENVIRONMENT, advice


def _names_read(module: Module) -> set[str]:
    """The literal names used with os.environ; something else than a literal is read as `?`."""
    names = set()
    for node in ast.walk(module.tree):
        key: ast.expr | None = None
        if isinstance(node, ast.Subscript) and dotted(node.value) == "os.environ":
            key = node.slice
        elif isinstance(node, ast.Call) and dotted(node.func).startswith(("os.environ.", "os.getenv")):
            key = node.args[0] if node.args else None
        else:
            continue
        names.add(str(key.value) if isinstance(key, ast.Constant) else "?")
    return names


@EACH
def test_only_the_clock_knows_what_time_it_is(module: Module) -> None:
    asked = sorted({dotted(call.func) for call in module.calls()} & CLOCKS)

    assert module.name == "base/clock.py" or not asked, f"{module.name} asks {asked}: take `now` as an argument, or base.clock at a door"


@pytest.mark.parametrize("module", [m for m in OWN if m.room in ROOMS], ids=lambda module: module.name)
def test_a_room_makes_only_its_own_rows(module: Module) -> None:
    foreign = {name: room for room in ROOMS if room != module.room for name in model_classes(room)}
    made = {name: foreign[name] for name in (dotted(call.func).split(".")[-1] for call in module.calls()) if name in foreign}

    assert not made, f"{module.name} makes rows of {made}: offer a function in that room which takes the caller's session"


@EACH
def test_rooms_do_not_ask_the_clock(module: Module) -> None:
    """`now` is an argument there, so that a test and a repeat can say what time it is."""
    if module.room not in ROOMS:
        return
    imports = [node for node in ast.walk(module.tree) if isinstance(node, ast.ImportFrom)]
    asks = [node.lineno for node in imports if "shop.base.clock" in {str(node.module), *(f"{node.module}.{a.name}" for a in node.names)}]

    assert not asks, f"{module.name}:{asks} imports the clock: take `now` as an argument, the door or the worker asks"


@EVERY
def test_nothing_is_left_to_be_done_in_the_code(module: Module) -> None:
    text = module.path.read_text(encoding="utf-8").lower()

    assert not any(word in text for word in ("todo", "fixme", "xxx:")), f"{module.name}: do it, or open an issue and leave the code whole"


def _private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _taken_unasked(tree: ast.Module) -> list[str]:
    """Private names of other modules that are imported, or reached for through an import."""
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [alias.name for node in imports for alias in node.names]
    bound = {alias.asname or alias.name.split(".")[0] for node in imports for alias in node.names}
    reached = [dotted(node) for node in ast.walk(tree) if isinstance(node, ast.Attribute) and _private(node.attr)]
    return [name for name in names if _private(name.split(".")[-1])] + [name for name in reached if name.split(".")[0] in bound]


@EVERY
def test_a_module_uses_only_what_others_offer(module: Module) -> None:
    taken = _taken_unasked(module.tree)

    assert not taken, f"{module.name} takes {taken}: give it a public name and a docstring where it lives, or ask for what it is for"


def test_what_is_taken_unasked_is_seen() -> None:
    text = """
        from shop.web.api.orders import _key as key, blueprint
        from shop.payments import refunding
        import shop.base._hidden
        from __future__ import annotations
        refunding._ask(), shop.base.db._open, blueprint.__doc__, own._secret, self._name, refunding.ask()._replace()
    """

    assert sorted(_taken_unasked(ast.parse(dedent(text)))) == ["_key", "refunding._ask", "shop.base._hidden", "shop.base.db._open"]


TESTS = ROOT / "tests"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@cache
def _asserting() -> frozenset[str]:
    """Names of the functions below tests/ that assert something, themselves or through another one of these."""
    functions: dict[str, list[Function]] = {}
    for path in TESTS.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, Function):
                functions.setdefault(node.name, []).append(node)
    found = {name for name, nodes in functions.items() if any(_asserts(node) for node in nodes)}
    while grown := {n for n, nodes in functions.items() if n not in found and any(_called(node) & found for node in nodes)}:
        found |= grown
    return frozenset(found)


def _asserts(node: ast.AST) -> bool:
    return any(
        isinstance(n, ast.Assert | ast.Raise) or (isinstance(n, ast.Attribute) and n.attr in ("raises", "warns")) for n in ast.walk(node)
    )


def _called(node: ast.AST) -> set[str]:
    return {dotted(n.func).split(".")[-1] for n in ast.walk(node) if isinstance(n, ast.Call)}


def _refuses(node: ast.AST) -> bool:
    """Whether it calls what raises by itself when something is wrong: a check, the browser's `expect`, a verification."""
    return any(name.startswith(("check", "expect", "verify", "run_state_machine")) for name in _called(node))


@pytest.mark.parametrize("path", sorted(TESTS.rglob("test_*.py")), ids=lambda path: path.relative_to(TESTS).as_posix())
def test_every_test_asserts_something(path: Path) -> None:
    tests = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, Function) and n.name.startswith("test_")]
    idle = [n.name for n in tests if not (_asserts(n) or _called(n) & _asserting() or _refuses(n))]

    assert not idle, f"{idle} would pass whatever the code does: assert what you expect"
