"""What is installed is what is in the folders; what is pinned names no machine."""
import configparser
import re
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from .source import ROOT, SHOP, TEMPLATES

LOCKS = [ROOT / "package-lock.json", ROOT / "scripts" / "lib" / "bench" / "lighthouse" / "package-lock.json"]
PARTS = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "shop", "templates", "translations")


def test_every_package_is_listed() -> None:
    setup = configparser.ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    listed = set(setup["options"]["packages"].split())
    folders = {".".join(path.parent.relative_to(ROOT).parts) for path in SHOP.rglob("__init__.py")}

    assert listed == folders | {"shop.templates", "shop.translations"}, "setup.cfg, [options] packages: one line per folder"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel built from a copy of this checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / part, folder / part)
    build = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder / "out"), str(folder)]
    done = subprocess.run(build, capture_output=True, text=True, check=False, timeout=240)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    (built,) = (folder / "out").glob("*.whl")
    with zipfile.ZipFile(built) as archive:
        return set(archive.namelist())


def _files(folder: Path, prefix: str, wanted: Callable[[Path], bool] = lambda path: True) -> set[str]:
    return {
        f"{prefix}/{path.relative_to(folder).as_posix()}"
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and wanted(path)
    }


@pytest.mark.parametrize(
    ("folder", "prefix", "ending"),
    [
        (TEMPLATES, "shop/templates", ".html"),
        (SHOP / "static", "shop/static", ""),
        (SHOP / "seed" / "data", "shop/seed/data", ""),
        (SHOP / "sandbox" / "pages", "shop/sandbox/pages", ""),
        (SHOP / "migrations" / "versions", "shop/migrations/versions", ".py"),
        (ROOT / "translations", "shop/translations", ".mo"),
        (SHOP, "shop", ".py"),
    ],
    ids=["templates", "static", "seed", "sandbox pages", "migrations", "translations", "modules"],
)
def test_the_wheel_holds_what_the_folder_holds(wheel: set[str], folder: Path, prefix: str, ending: str) -> None:
    expected = _files(folder, prefix, lambda path: path.name.endswith(ending))
    held = {name for name in wheel if name.startswith(f"{prefix}/") and name.endswith(ending)}

    assert expected, f"{folder.name} is empty: run scripts/_setup first"
    assert held == expected, "setup.cfg, [options.package_data]"


@pytest.mark.parametrize("file", sorted([*(ROOT / "requirements").glob("*"), *LOCKS]), ids=lambda path: path.name)
def test_pins_name_no_registry(file: Path) -> None:
    text = file.read_text(encoding="utf-8")

    assert not re.search(r'"resolved"|--(extra-)?index-url|--find-links|--trusted-host|@ ?https?://', text), (
        f"{file.name} names where packages come from: that is for each machine to say, write it with scripts/lock"
    )
    assert not re.search(r"registry\.|pythonhosted|pypi\.org|artifactory|mirror", text), f"{file.name} names a registry"


@pytest.mark.parametrize("name", ["base.txt", "dev.txt", "node.txt"])
def test_every_pin_has_an_exact_version_and_a_hash(name: str) -> None:
    pins = re.sub(r"\\\n", " ", (ROOT / "requirements" / name).read_text(encoding="utf-8")).splitlines()
    packages = [line for line in pins if line.strip() and not line.lstrip().startswith(("#", "-"))]

    assert packages
    loose = [line.split()[0] for line in packages if "==" not in line or "--hash=sha256:" not in line]
    assert not loose, f"write {name} with scripts/lock: {loose}"
