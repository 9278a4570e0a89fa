"""What import contracts cannot say about the code. Each failure says what to do instead."""
import ast
import itertools
from collections.abc import Iterable, Sequence
from pathlib import Path
from textwrap import dedent

from .source import MODULES, OWN, ROOMS, ROOT, Module, dotted, model_classes

LONGEST = 400
# Readers of the environment beside settings.py, and the only names they may read.
ENVIRONMENT = {
    "gunicorn.py": {"WEB_CONCURRENCY", "SHOP_THREADS", "SHOP_BIND", "PORT", "SHOP_TRUSTED_PROXIES", "PROMETHEUS_MULTIPROC_DIR"},
    "web/health.py": {"PROMETHEUS_MULTIPROC_DIR"},
    "__main__.py": {"SHOP_LOG_LEVEL"},
}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time", "datetime.datetime.now", "datetime.date.today"}


def test_a_module_is_short_enough_to_be_read() -> None:
    lines = {module.name: len(module.text.splitlines()) for module in MODULES}
    long = {name: count for name, count in lines.items() if count > LONGEST}

    assert not long, f"lines of {long}: find the second idea in it and give that a module of its own"


def test_a_module_says_why_it_exists() -> None:
    silent = [module.name for module in MODULES if module.tree.body and not ast.get_docstring(module.tree)]

    assert not silent, f"{silent}: begin with one line that says what it is for"


def test_only_the_ground_commits() -> None:
    ends = [
        f"{module.name}: {dotted(call.func)}"
        for module in OWN
        for call in module.calls()
        if isinstance(call.func, ast.Attribute) and call.func.attr in ("commit", "rollback") and module.name != "base/db.py"
    ]

    assert not ends, f"{ends}: use `with transaction()` in a command"


def _reads_environment(module: Module) -> bool:
    return any(isinstance(node, ast.Attribute) and dotted(node) in ("os.environ", "os.getenv") for node in module.nodes)


def test_only_settings_read_the_environment() -> None:
    others = [module for module in OWN if module.name != "settings.py"]
    imports = {
        f"{module.name}: {alias.name}"
        for module in others
        for node in module.nodes
        if isinstance(node, ast.ImportFrom) and node.module in ("os", "environs")
        for alias in node.names
        if alias.name in ("environ", "getenv", "Env")
    }
    reads = {module.name: _names_read(module) for module in others if _reads_environment(module)}
    unheard = {name: names for name, names in reads.items() if name not in ENVIRONMENT or not names <= ENVIRONMENT[name]}

    assert not imports, f"{imports}: add the setting to shop/settings.py and take it from there"
    assert not unheard, f"{unheard}: add the setting to shop/settings.py and take it from there"
    assert reads, "some of these are known to read it: the search finds nothing any more"


def _names_read(module: Module) -> set[str]:
    """The literal names used with os.environ; something else than a literal is read as `?`."""
    names = set()
    for node in module.nodes:
        key: ast.expr | None = None
        if isinstance(node, ast.Subscript) and dotted(node.value) == "os.environ":
            key = node.slice
        elif isinstance(node, ast.Call) and dotted(node.func).startswith(("os.environ.", "os.getenv")):
            key = node.args[0] if node.args else None
        else:
            continue
        names.add(str(key.value) if isinstance(key, ast.Constant) else "?")
    return names


def test_only_the_clock_knows_what_time_it_is() -> None:
    asked = {f"{module.name}: {name}" for module in OWN for call in module.calls() if (name := dotted(call.func)) in CLOCKS}
    others = {ask for ask in asked if not ask.startswith("base/clock.py:")}

    assert not others, f"{others}: take `now` as an argument, or base.clock at a door"
    assert asked, "the clock itself asks: the search finds nothing any more"


def test_a_room_makes_only_its_own_rows() -> None:
    owners = {name: room for room in ROOMS for name in model_classes(room)}
    rooms = [module for module in OWN if module.room in ROOMS]
    made = {(module, name) for module in rooms for call in module.calls() if (name := dotted(call.func).split(".")[-1]) in owners}
    foreign = [f"{module.name}: {owners[name]}.{name}" for module, name in made if owners[name] != module.room]

    assert not foreign, f"rows of others are made in {foreign}: offer a function in that room which takes the caller's session"
    assert made, "rooms make rows: the search finds nothing any more"


def test_rooms_do_not_ask_the_clock() -> None:
    """`now` is an argument there, so that a test and a repeat can say what time it is."""
    asks = [
        f"{module.name}:{node.lineno}"
        for module in OWN
        if module.room in ROOMS
        for node in module.nodes
        if isinstance(node, ast.ImportFrom)
        and "shop.base.clock" in {str(node.module), *(f"{node.module}.{alias.name}" for alias in node.names)}
    ]

    assert not asks, f"{asks} imports the clock: take `now` as an argument, the door or the worker asks"


def test_nothing_is_left_to_be_done_in_the_code() -> None:
    left = [module.name for module in MODULES if any(word in module.text.lower() for word in ("todo", "fixme", "xxx:"))]

    assert not left, f"{left}: do it, or open an issue and leave the code whole"


def _private(name: str) -> bool:
    return name.startswith("_") and not name.endswith("__")


def _taken_unasked(nodes: Sequence[ast.AST]) -> list[str]:
    """Private names of other modules that are imported, or reached for through an import."""
    imports = [node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [alias.name for node in imports for alias in node.names]
    bound = {alias.asname or alias.name.split(".")[0] for node in imports for alias in node.names}
    reached = [dotted(node) for node in nodes if isinstance(node, ast.Attribute) and _private(node.attr)]
    return [name for name in names if _private(name.split(".")[-1])] + [name for name in reached if name.split(".")[0] in bound]


def test_a_module_uses_only_what_others_offer() -> None:
    taken = {module.name: names for module in MODULES if (names := _taken_unasked(module.nodes))}

    assert not taken, f"{taken}: give it a public name and a docstring where it lives, or ask for what it is for"


def test_what_is_taken_unasked_is_seen() -> None:
    text = """
        from shop.web.api.orders import _key as key, blueprint
        from shop.payments import refunding
        import shop.base._hidden
        from __future__ import annotations
        refunding._ask(), shop.base.db._open, blueprint.__doc__, own._secret, self._name, refunding.ask()._replace()
    """

    nodes = list(ast.walk(ast.parse(dedent(text))))

    assert sorted(_taken_unasked(nodes)) == ["_key", "refunding._ask", "shop.base._hidden", "shop.base.db._open"]


TESTS = ROOT / "tests"
Function = ast.FunctionDef | ast.AsyncFunctionDef


def _functions() -> dict[Path, list[Function]]:
    """Every function below tests/, by its file."""
    trees = {path: ast.parse(path.read_text(encoding="utf-8")) for path in sorted(TESTS.rglob("*.py"))}
    return {path: [node for node in ast.walk(tree) if isinstance(node, Function)] for path, tree in trees.items()}


def _asserting(functions: Iterable[Function]) -> frozenset[str]:
    """Names of the functions below tests/ that assert something, themselves or through another one of these."""
    calls: dict[str, list[set[str]]] = {}
    found = set()
    for node in functions:
        calls.setdefault(node.name, []).append(_called(node))
        if _asserts(node):
            found.add(node.name)
    while grown := {name for name, called in calls.items() if name not in found and any(names & found for names in called)}:
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


def test_every_test_asserts_something() -> None:
    functions = _functions()
    asserting = _asserting(itertools.chain.from_iterable(functions.values()))
    tests = [
        (f"{path.relative_to(TESTS)}::{node.name}", node)
        for path, nodes in functions.items()
        if path.name.startswith("test_")
        for node in nodes
        if node.name.startswith("test_")
    ]
    idle = [name for name, node in tests if not (_asserts(node) or _called(node) & asserting or _refuses(node))]

    assert tests
    assert not idle, f"{idle} would pass whatever the code does: assert what you expect"
