"""The shop's own source, read once: what the tests of this folder look at."""
import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).parents[2]
SHOP = ROOT / "shop"
TEMPLATES = ROOT / "templates"
ROOMS = ("people", "flights", "catalogue", "exchange", "orders", "payments", "pickup", "policies", "privacy", "reports", "exports")


@dataclass(frozen=True)
class Module:
    """One file of the shop; `name` is its path below the package: `orders/commands.py`."""

    path: Path

    @property
    def name(self) -> str:
        return self.path.relative_to(SHOP).as_posix()

    @property
    def room(self) -> str:
        return self.name.split("/")[0]

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, str(self.path))

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """The whole tree, walked once."""
        return list(ast.walk(self.tree))

    def calls(self) -> Iterator[ast.Call]:
        return (node for node in self.nodes if isinstance(node, ast.Call))

    def strings(self) -> Iterator[str]:
        return (node.value for node in self.nodes if isinstance(node, ast.Constant) and isinstance(node.value, str))

    def forget(self) -> None:
        """Give the memory back; what is asked for again is read again."""
        for kept in ("text", "tree", "nodes"):
            self.__dict__.pop(kept, None)


MODULES = [Module(path) for path in sorted(SHOP.rglob("*.py"))]
# The sandbox is another application: it has a clock, a memory and rules of its own. Migrations are Alembic's.
OWN = [module for module in MODULES if module.room not in ("sandbox", "migrations")]


def dotted(node: ast.expr) -> str:
    """`os.environ.get` for that expression, an empty string for anything that is no dotted name."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute) and (start := dotted(node.value)):
        return f"{start}.{node.attr}"
    return ""


def tables_in(module: Module) -> set[str]:
    """The names of the classes in a module that are tables."""
    return {
        node.name
        for node in module.tree.body
        if isinstance(node, ast.ClassDef)
        and any(isinstance(part, ast.Assign) and dotted(part.targets[0]) == "__tablename__" for part in node.body)
    }


def model_classes(room: str) -> set[str]:
    """The names of the tables of a room."""
    path = SHOP / room / "models.py"
    return tables_in(Module(path)) if path.exists() else set()
