"""What the tests of the official account share: a clock to turn, and the addresses."""
from datetime import datetime, timedelta

from builders import NOW

URL = "http://127.0.0.1:9"
TOKEN = f"{URL}/cgi-bin/stable_token"
MENU = f"{URL}/cgi-bin/menu/get"
GIVEN = {"access_token": "T-1", "expires_in": 7200}


class Clock:
    """Stands still until it is turned; `waits` are the pauses somebody asked for."""

    def __init__(self) -> None:
        self.now = NOW
        self.waits: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def turn(self, **more: float) -> None:
        self.now += timedelta(**more)
