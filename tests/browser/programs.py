"""Which Chromium the tests drive: nearly all of them the headless shell, which draws no windows and takes half the processor time;
some the whole browser, which alone keeps pages for going back, numbers its cameras and asks for permissions."""

import os
import shutil
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Playwright

from scripts.lib.set_up import BROWSERS, NO_BROWSER, SHELL

FLAGS = (
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
)  # fmt: skip


def shell(playwright: Playwright) -> dict[str, Any]:
    """How to launch the quickest Chromium of this machine: $CHROMIUM, the shell, any other. Fails, and never skips, without one."""
    return _launch(_named() or _found(SHELL, *BROWSERS), playwright)


def whole(playwright: Playwright) -> dict[str, Any]:
    """How to launch a Chromium with all that travellers' browsers have. Fails, and never skips, without one."""
    named = _named()
    asked = _launch(named if named and SHELL not in named else _found(*BROWSERS), playwright)
    return asked if "executable_path" in asked else {**asked, "channel": "chromium"}


def _launch(program: str | None, playwright: Playwright) -> dict[str, Any]:
    """With the back-forward cache that Playwright would switch off: travellers have it. No program is Playwright's own download."""
    asked: dict[str, Any] = {"args": list(FLAGS), "ignore_default_args": ["--disable-back-forward-cache"]}
    if program:
        return {**asked, "executable_path": program}
    if not Path(playwright.chromium.executable_path).exists():
        pytest.fail(NO_BROWSER, pytrace=False)
    return asked


def _named() -> str | None:
    named = os.environ.get("CHROMIUM")
    if named and not shutil.which(named):
        pytest.fail(f"CHROMIUM is {named}, which is no program.\n{NO_BROWSER}", pytrace=False)
    return named or None


def _found(*names: str) -> str | None:
    return next(filter(None, map(shutil.which, names)), None)
