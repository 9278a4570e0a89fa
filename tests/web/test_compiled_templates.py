"""Templates are compiled once, not once for every process; and what is kept is never taken for something else."""

import subprocess
import sys
import threading
from pathlib import Path

import pytest
from jinja2 import BytecodeCache, DictLoader, Environment
from jinja2.environment import Template

from shop.web.templates import Compiled, template_folder


class Counting(Environment):
    """Says how many templates it had to read and translate itself."""

    translated = 0

    def _generate(self, *args: object, **more: object) -> str:
        self.translated += 1
        return super()._generate(*args, **more)  # type: ignore[arg-type, no-any-return]


def shop_of(cache: BytecodeCache, text: str = "Hello {{ name }}") -> Counting:
    return Counting(loader=DictLoader({"page.html": text}), bytecode_cache=cache)


def page(shop: Environment) -> str:
    template: Template = shop.get_template("page.html")
    return template.render(name="Li")


@pytest.fixture
def kept(tmp_path: Path) -> Compiled:
    return Compiled(tmp_path)


@pytest.fixture(autouse=True)
def _may_write(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def files(folder: Path) -> list[Path]:
    return sorted((folder / "__pycache__").iterdir())


def test_the_second_process_does_not_compile(kept: Compiled, tmp_path: Path) -> None:
    first, second = shop_of(kept), shop_of(Compiled(tmp_path))

    assert page(first) == page(second) == "Hello Li"
    assert (first.translated, second.translated) == (1, 0)
    assert len(files(tmp_path)) == 1


def test_a_template_that_was_changed_is_compiled_anew(kept: Compiled) -> None:
    page(shop_of(kept))
    changed = shop_of(kept, "Bye {{ name }}")

    assert page(changed) == "Bye Li"
    assert changed.translated == 1
    assert page(shop_of(kept, "Bye {{ name }}")) == "Bye Li"


def test_what_was_compiled_under_other_rules_is_not_taken(kept: Compiled) -> None:
    text = "{% if name %}\n  <b>{{ name }}</b>\n{% endif %}\n"
    plain = page(shop_of(kept, text))
    trimmed = Counting(loader=DictLoader({"page.html": text}), bytecode_cache=kept, trim_blocks=True, lstrip_blocks=True)

    assert page(trimmed) == "  <b>Li</b>\n" != plain
    assert trimmed.translated == 1


@pytest.mark.parametrize("rubbish", [b"", b"half", b"\x00" * 200])
def test_a_file_that_is_damaged_is_as_if_it_were_not_there(kept: Compiled, tmp_path: Path, rubbish: bytes) -> None:
    page(shop_of(kept))
    (file,) = files(tmp_path)
    whole = file.read_bytes()

    for damaged in (rubbish, whole[: len(whole) // 2]):
        file.write_bytes(damaged)
        assert page(shop_of(kept)) == "Hello Li"
        assert file.read_bytes() == whole


def test_where_nothing_may_be_written_pages_are_shown_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("no folder")

    assert page(shop_of(Compiled(tmp_path / "file"))) == "Hello Li"

    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert page(shop_of(Compiled(tmp_path))) == "Hello Li"
    assert not (tmp_path / "__pycache__").exists()


def test_many_at_once_keep_whole_files_and_nothing_else(kept: Compiled, tmp_path: Path) -> None:
    together, said = threading.Barrier(16), []

    def show() -> None:
        together.wait()
        said.append(page(shop_of(kept)))

    threads = [threading.Thread(target=show) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert said == ["Hello Li"] * 16
    assert len(files(tmp_path)) == 1
    after = shop_of(kept)
    assert page(after) == "Hello Li"
    assert after.translated == 0


def test_another_process_reads_what_this_one_has_kept(kept: Compiled, tmp_path: Path) -> None:
    page(shop_of(kept))
    code = (
        "import sys; from pathlib import Path; from jinja2 import DictLoader, Environment; from shop.web.templates import Compiled\n"
        "def never(*args): raise AssertionError('compiled again')\n"
        "shop = Environment(loader=DictLoader({'page.html': 'Hello {{ name }}'}), bytecode_cache=Compiled(Path(sys.argv[1])))\n"
        "shop.compile = never; print(shop.get_template('page.html').render(name='Li'))"
    )

    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False, timeout=60)

    assert done.stdout == "Hello Li\n", done.stderr


def test_an_operator_compiles_all_pages_ahead_without_any_settings(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "shop", "compile"], cwd=tmp_path, env={"PATH": ""}, capture_output=True, text=True, check=False, timeout=120
    )
    pages = list(template_folder().rglob("*.html"))

    assert (done.returncode, done.stdout) == (0, f"{len(pages)} pages and all code compiled\n"), done.stderr
    kept = {file.name.partition(".")[0] for file in (template_folder() / "__pycache__").iterdir()}
    names = {path.relative_to(template_folder()).as_posix(): str(path) for path in pages}
    assert {Compiled(tmp_path).get_cache_key(name, file) for name, file in names.items()} <= kept
    assert not list(tmp_path.iterdir())
