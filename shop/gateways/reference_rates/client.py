"""The daily file of reference rates, fetched from an address or read from a file, and never believed further than its format."""

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from shop.base.db import holds_connection
from shop.base.errors import Kind, ShopError
from shop.base.http import CONNECT_SECONDS, READ_SECONDS, NetworkInsideTransaction, peer_session

if TYPE_CHECKING:
    import requests

CUBE = "{http://www.ecb.int/vocabulary/2002-08-01/eurofxref}Cube"
CURRENCY = re.compile(r"[A-Z]{3}")
NUMBER = re.compile(r"[0-9]{1,9}(\.[0-9]{1,10})?")
LARGEST = 256 * 1024  # bytes; the real one has two thousand


class RatesUnavailable(ShopError):
    """The file could not be had, or is no file of reference rates (`reason`): the rates we have stay in use."""

    kind, code = Kind.UPSTREAM, "rates_unavailable"


class DailyRates(Struct, frozen=True):
    """What one euro was worth on `day`, by currency (ISO 4217), exactly as published."""

    day: date
    per_euro: Mapping[str, Decimal]


class ReferenceRates:
    """The file at `url`: `https://…`, or `file:///…` where something else fetches it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._parts = urlsplit(url)
        self._session: requests.Session | None = None

    def newest(self) -> DailyRates:
        """The rates of the newest working day. Raises RatesUnavailable."""
        return read(self._from_file() if self._parts.scheme == "file" else self._from_peer())

    def _from_file(self) -> bytes:
        try:
            with Path(unquote(self._parts.path)).open("rb") as file:
                return file.read(LARGEST + 1)
        except OSError as fault:
            raise RatesUnavailable(reason=type(fault).__name__) from fault

    def _from_peer(self) -> bytes:
        import requests

        if holds_connection():
            raise NetworkInsideTransaction(self.url)
        self._session = self._session or peer_session(self.url, pool=1)
        try:
            with self._session.get(
                self.url, stream=True, allow_redirects=False, timeout=(CONNECT_SECONDS, READ_SECONDS)
            ) as answer:
                if answer.status_code != 200:
                    raise RatesUnavailable(reason=f"status {answer.status_code}")
                return _at_most(answer.iter_content(16 * 1024))
        except requests.RequestException as fault:
            raise RatesUnavailable(reason=type(fault).__name__) from fault


def _at_most(parts: Any) -> bytes:
    body = b""
    for part in parts:
        body += part
        if len(body) > LARGEST:
            break
    return body


def read(body: bytes) -> DailyRates:
    """The one day in a daily file. No DTD, no entities, nothing from elsewhere. Raises RatesUnavailable."""
    from xml.etree.ElementTree import ParseError

    from defusedxml.ElementTree import fromstring

    if len(body) > LARGEST:
        raise RatesUnavailable(reason="too large")
    try:
        root = fromstring(body, forbid_dtd=True)
    except (ParseError, ValueError, LookupError) as fault:  # defusedxml's refusals are ValueErrors
        raise RatesUnavailable(reason=type(fault).__name__) from fault
    days = [cube for cube in root.iter(CUBE) if "time" in cube.attrib]
    if len(days) != 1:
        raise RatesUnavailable(reason=f"{len(days)} days")
    try:
        day = date.fromisoformat(days[0].attrib["time"])
    except ValueError as fault:
        raise RatesUnavailable(reason="no day") from fault
    return DailyRates(day, _values(days[0]))


def _values(day: Any) -> dict[str, Decimal]:
    values: dict[str, Decimal] = {}
    for cube in day.iter(CUBE):
        if cube is day:
            continue
        currency, rate = cube.attrib.get("currency", ""), cube.attrib.get("rate", "")
        if not (CURRENCY.fullmatch(currency) and NUMBER.fullmatch(rate) and Decimal(rate) > 0):
            raise RatesUnavailable(reason=f"no rate: {currency[:10]} {rate[:20]}")
        if currency in values or currency == "EUR":
            raise RatesUnavailable(reason=f"twice: {currency}")
        values[currency] = Decimal(rate)
    if not values:
        raise RatesUnavailable(reason="no rates")
    return values
