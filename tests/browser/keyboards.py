"""A scanner in keyboard mode: it presses the keys of a US keyboard, and the computer believes to have another one.

The keys go through Chromium's own input, each with the moment at which it was pressed: a busy machine would otherwise
type like a person.
"""

import time
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import Locator, Page

SHIFT, INPUT_METHOD = 8, 229  # of the DevTools protocol; the key code of a key that an input method has taken
GAP = 0.004  # seconds between two keys
PLAIN = "abcdefghijklmnopqrstuvwxyz1234567890 -=[];',./"
SHIFTED = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ!@#$%^&*() _+{}:"<>?'
PLACES = (
    *(f"Key{letter}" for letter in SHIFTED[:26]), *(f"Digit{digit}" for digit in PLAIN[26:36]),
    "Space", "Minus", "Equal", "BracketLeft", "BracketRight", "Semicolon", "Quote", "Comma", "Period", "Slash",
)  # fmt: skip
GERMAN = {
    "KeyY": "zZ", "KeyZ": "yY", "Minus": "ß?", "Equal": "´`", "BracketLeft": "üÜ", "BracketRight": "+*", "Semicolon": "öÖ",
    "Quote": "äÄ", "Comma": ",;", "Period": ".:", "Slash": "-_",
    **{f"Digit{digit}": digit + sign for digit, sign in zip("1234567890", '!"§$%&/()=', strict=True)},
}  # fmt: skip


def tab_to(page: Page, target: Locator, most: int = 60) -> None:
    """Press the tab key until this has the focus. Raises AssertionError when it is none of its first stops."""
    for _ in range(most):
        if target.evaluate("element => element === document.activeElement"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"{target} is not among the first {most} stops of the tab key")


@dataclass(frozen=True)
class Host:
    """What the computer takes the keys for. With `caps`, CapsLock is on; German Windows then turns the digits as well."""

    name: str
    german: bool = False
    caps: bool = False
    wide: bool = False  # a Chinese input method set to full-width letters
    pinyin: bool = False  # one that takes letters for syllables and digits for a choice among characters

    def sign(self, place: str, shift: bool) -> str:
        at = PLACES.index(place)
        pair = GERMAN.get(place) if self.german else None
        pair = pair or PLAIN[at] + SHIFTED[at]
        turns = self.caps and (place.startswith("Key") or (self.german and place.startswith("Digit")))
        made = pair[shift != turns]
        return ("\u3000" if made == " " else chr(ord(made) + 0xFEE0)) if self.wide else made


HOSTS = (
    Host("US"), Host("US, CapsLock", caps=True), Host("German", german=True), Host("German, CapsLock", german=True, caps=True),
    Host("Chinese, full width", wide=True), Host("Chinese, pinyin", pinyin=True),
)  # fmt: skip


class Scanner:
    """Types into whatever has the focus of the page."""

    def __init__(self, page: Page, host: Host) -> None:
        self.host, self.at = host, time.time()
        self.line = page.context.new_cdp_session(page)
        self.composed = ""

    def type(self, text: str, *, enter: bool) -> None:
        """Raises ValueError for a sign that is on no US keyboard."""
        for letter in text:
            shift = letter not in PLAIN
            place = PLACES[(SHIFTED if shift else PLAIN).index(letter)]
            self._press(place, shift)
        if self.composed:
            self._key("rawKeyDown", "Enter", "Process", code=INPUT_METHOD)  # the input method takes the first Enter
            self._say("Input.insertText", text=self.composed)
            self.composed = ""
        elif enter:
            self._key("keyDown", "Enter", "Enter", text="\r", code=13)
            self._key("keyUp", "Enter", "Enter", code=13)
        self.line.detach()

    def _press(self, place: str, shift: bool) -> None:
        made = self.host.sign(place, shift)
        held = SHIFT if shift else 0
        if self.host.wide or self.host.pinyin:
            self._key("rawKeyDown", place, "Process", code=INPUT_METHOD, held=held)
            self._compose(made)
        else:
            self._key("keyDown", place, made, text=made, held=held)
        self._key("keyUp", place, made, held=held)

    def _compose(self, made: str) -> None:
        if self.host.pinyin and made.isalpha():
            self.composed += made
            self._say("Input.imeSetComposition", text=self.composed, selectionStart=len(self.composed), selectionEnd=len(self.composed))
        else:
            self._say("Input.insertText", text="字" if self.composed else made)
            self.composed = ""

    def _key(self, kind: str, place: str, key: str, *, text: str = "", code: int = 0, held: int = 0) -> None:
        self.at += GAP / 2
        more: dict[str, Any] = {"text": text} if text else {}
        self._say(
            "Input.dispatchKeyEvent", type=kind, code=place, key=key, modifiers=held, timestamp=self.at,
            windowsVirtualKeyCode=code, **more,
        )  # fmt: skip

    def _say(self, method: str, **values: Any) -> None:
        self.line.send(method, values)
