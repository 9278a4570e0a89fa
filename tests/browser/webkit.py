"""A phone-sized window of WebKit, the engine of every iPhone, driven by the WebDriver protocol (W3C): WebKitGTK on a screen of its own."""

import glob
import os
import shutil
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

import pytest
import requests
from browser.open_shop import free_port

BROWSERS = ("/usr/lib/*/webkit2gtk-4.*/MiniBrowser", "/usr/libexec/webkit2gtk-4.*/MiniBrowser")
NO_WEBKIT = (
    "The test in WebKit needs its driver and a screen. As root on Debian or Ubuntu: apt install webkit2gtk-driver xvfb\n"
    "(scripts/_setup --browser does that where it may.) WebKitWebDriver, Xvfb and MiniBrowser must then be found."
)
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # what the protocol calls a reference to an element
PATIENCE = 40.0  # seconds


@dataclass
class WebKit:
    """One browser. Every command that fails raises AssertionError with what the driver said."""

    shop: str
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    session: str = ""

    @classmethod
    def start(cls, shop: str, folder: Path) -> "WebKit":
        """Fails the test, and never skips it, on a machine without WebKit."""
        driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
        browser = next((path for pattern in BROWSERS for path in sorted(glob.glob(pattern))), None)
        if not (driver and screen and browser):
            pytest.fail(NO_WEBKIT, pytrace=False)
        made, port = cls(shop), free_port()
        try:
            display = made._screen(screen)
            # WebKit's own sandbox asks for rights that a container does not have.
            env = {**os.environ, "DISPLAY": display, "HOME": str(folder), "WEBKIT_DISABLE_SANDBOX_THIS_IS_DANGEROUS": "1"}
            made.processes.append(subprocess.Popen([driver, f"--port={port}"], env=env, stderr=subprocess.DEVNULL))
            made._open(f"http://127.0.0.1:{port}", browser)
        except BaseException:
            made.stop()
            raise
        return made

    def _screen(self, program: str) -> str:
        """A virtual screen; it says itself which number was free."""
        read, write = os.pipe()
        command = [program, "-displayfd", str(write), "-screen", "0", "800x1000x24", "-nolisten", "tcp"]
        self.processes.append(subprocess.Popen(command, pass_fds=[write], stderr=subprocess.DEVNULL))
        os.close(write)
        with os.fdopen(read) as told:
            return f":{told.readline().strip()}"

    def _open(self, driver: str, browser: str) -> None:
        options = {"webkitgtk:browserOptions": {"binary": browser, "args": ["--automation"]}}
        end = time.monotonic() + PATIENCE
        while True:
            try:
                asked = {"capabilities": {"alwaysMatch": options}}
                said = requests.post(f"{driver}/session", json=asked, timeout=PATIENCE).json()["value"]
                break
            except requests.ConnectionError:
                assert time.monotonic() < end, "WebKitWebDriver does not listen"
                time.sleep(0.1)
        assert "sessionId" in said, said
        self.session = f"{driver}/session/{said['sessionId']}"
        self.call("window/rect", width=390, height=844)

    def call(self, command: str, **body: Any) -> Any:
        answer = requests.post(f"{self.session}/{command}", json=body, timeout=PATIENCE)
        assert answer.ok, f"{command}: {answer.text[:600]}"
        return answer.json()["value"]

    def go(self, path: str) -> None:
        self.call("url", url=urljoin(self.shop, path))

    def say(self, script: str) -> Any:
        """What a script in the page returns."""
        return self.call("execute/sync", script=f"return {script}", args=[])

    def find(self, css: str) -> str:
        """An element that is there, or comes soon."""
        end = time.monotonic() + PATIENCE
        while not (found := self.call("elements", using="css selector", value=css)):
            assert time.monotonic() < end, f"no {css} at {self.say('location.href')}"
            time.sleep(0.1)
        return str(found[0][ELEMENT])

    def click(self, css: str) -> None:
        element = self.find(css)
        self.call("execute/sync", script="arguments[0].scrollIntoView({block: 'center'})", args=[{ELEMENT: element}])
        end = time.monotonic() + PATIENCE
        while True:  # a button may be there before the script that shows it
            try:
                self.call(f"element/{element}/click")
                return
            except AssertionError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)

    def type(self, css: str, text: str) -> None:
        element = self.find(css)
        self.call(f"element/{element}/clear")
        self.call(f"element/{element}/value", text=text)

    def stop(self) -> None:
        if self.session:
            requests.delete(self.session, timeout=PATIENCE)
        for process in reversed(self.processes):
            process.terminate()
            process.wait(timeout=20)
