"""Exchange rates: what the ECB's file says is kept by day, and the newest rate not later than a day is answered."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import builders
import pytest
import responses
from flask import Flask
from hypothesis import HealthCheck, given
from hypothesis import settings as tries
from hypothesis import strategies as st

from shop.base.db import db
from shop.catalogue import rate_keeping, rates
from shop.gateways.reference_rates import DailyRates, RatesUnavailable, ReferenceRates
from shop.gateways.reference_rates.client import read
from shop.sandbox import Sandbox
from shop.settings import Environment, Settings

URL = "https://rates.test/stats/eurofxref/eurofxref-daily.xml"
HEAD = '<gesmes:Envelope xmlns:gesmes="http://www.gesmes.org/xml/2002-08-01" xmlns="http://www.ecb.int/vocabulary/2002-08-01/eurofxref">'
FRIDAY = date(2026, 11, 20)


def a_file(cubes: str = '<Cube currency="CNY" rate="7.4000"/><Cube currency="HKD" rate="8.7000"/>', day: str = "2026-11-20") -> bytes:
    return f'{HEAD}<Cube><Cube time="{day}">{cubes}</Cube></Cube></gesmes:Envelope>'.encode()


def keep(day: date, **per_euro: str) -> int:
    return rate_keeping.keep(DailyRates(day, {name: Decimal(text) for name, text in per_euro.items()}), "a test", builders.NOW)


def test_the_shop_comes_with_rates_of_a_day_and_their_source(app: Flask) -> None:
    assert rates.rate("EUR", "CNY", date(2026, 11, 24)) == rates.Rate(Decimal("7.4326"), date(2026, 10, 30))
    assert "30 October 2026" in rates.FIRST_SOURCE


def test_before_the_day_of_the_first_rates_there_are_none(app: Flask) -> None:
    assert rates.rate("EUR", "CNY", date(2026, 10, 29)) is None


@pytest.mark.parametrize(
    ("asked", "value", "of"),
    [
        (date(2026, 11, 18), "7.4326", rates.FIRST_DAY),  # nothing kept yet: what the shop came with
        (date(2026, 11, 19), "7.41", date(2026, 11, 19)),
        (date(2026, 11, 20), "7.4000", FRIDAY),
        (date(2026, 11, 22), "7.4000", FRIDAY),  # Sunday: Friday's
    ],
)
def test_the_newest_rate_not_later_than_the_day_counts(app: Flask, asked: date, value: str, of: date) -> None:
    keep(FRIDAY, CNY="7.4000")
    keep(date(2026, 11, 19), CNY="7.41")

    assert rates.rate("EUR", "CNY", asked) == rates.Rate(Decimal(value), of)


def test_a_cross_rate_takes_both_sides_from_one_day(app: Flask) -> None:
    keep(date(2026, 11, 19), CNY="7.50", HKD="8.75")
    keep(FRIDAY, CNY="7.40")

    found = rates.rate("HKD", "CNY", date(2026, 11, 24))

    assert found == rates.Rate(Decimal("7.50") / Decimal("8.75"), date(2026, 11, 19))


def test_of_a_currency_nobody_publishes_there_is_no_rate(app: Flask) -> None:
    assert rates.rate("EUR", "MOP", FRIDAY) is None
    assert rates.rate("MOP", "CNY", FRIDAY) is None


def test_what_was_kept_of_a_day_stays_what_it_was(app: Flask) -> None:
    assert keep(FRIDAY, CNY="7.40") == 1
    assert keep(FRIDAY, CNY="9.99", USD="1.10") == 1

    assert rates.rate("EUR", "CNY", FRIDAY) == rates.Rate(Decimal("7.40"), FRIDAY)
    assert rates.rate("EUR", "USD", FRIDAY) == rates.Rate(Decimal("1.10"), FRIDAY)


def test_a_rate_is_one_statement(app: Flask, statements: list[str]) -> None:
    rates.rate("USD", "CNY", FRIDAY)

    assert len(statements) == 1


@pytest.mark.parametrize("day", [date(2026, 11, 25), date(1998, 12, 31)])
def test_rates_of_a_day_that_cannot_be_are_refused(app: Flask, day: date) -> None:
    with pytest.raises(rate_keeping.RatesOfTomorrow):
        keep(day, CNY="7.40")


SOME = st.decimals(min_value=Decimal("0.0001"), max_value=Decimal(99999), places=4)


@given(base=SOME, quote=SOME, minor=st.integers(0, 10**8))
@tries(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_there_and_back_is_where_one_began(app: Flask, base: Decimal, quote: Decimal, minor: int) -> None:
    """Cross rates turn round, go through the euro, and never lose more than the last digits of a division."""
    with db.engine.begin() as connection:
        connection.execute(rates.RATES.delete())
    keep(FRIDAY, AAA=str(base), BBB=str(quote))

    there, back = rates.rate("AAA", "BBB", FRIDAY), rates.rate("BBB", "AAA", FRIDAY)
    one, two = rates.rate("AAA", "EUR", FRIDAY), rates.rate("EUR", "BBB", FRIDAY)

    assert there is not None
    assert back is not None
    assert one is not None
    assert two is not None
    assert abs(there.value * back.value - 1) < Decimal("1e-20")
    assert abs(one.value * two.value / there.value - 1) < Decimal("1e-20")
    assert abs(Decimal(there.of(minor)) - Decimal(minor) * there.value) <= Decimal("0.5")


# --- the file ---------------------------------------------------------------------------------------------------------


def test_a_file_is_read_digit_by_digit() -> None:
    assert read(a_file()) == DailyRates(FRIDAY, {"CNY": Decimal("7.4000"), "HKD": Decimal("8.7000")})


BOMB = b'<!DOCTYPE a [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]>' + a_file().replace(b"8.7000", b"&b;")
OUTSIDE = b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + a_file().replace(b"8.7000", b"&x;")


@pytest.mark.parametrize(
    "body",
    [
        b"", b"<", b"<html><body>502</body></html>", BOMB, OUTSIDE, a_file(day="yesterday"), a_file(cubes=""),
        a_file('<Cube currency="CNY" rate="-7.4"/>'), a_file('<Cube currency="CNY" rate="0"/>'),
        a_file('<Cube currency="CNY" rate="NaN"/>'),
        a_file('<Cube currency="CNY" rate="7.4"/><Cube currency="CNY" rate="7.5"/>'), a_file('<Cube currency="EUR" rate="1"/>'),
        a_file('<Cube currency="cny" rate="7.4"/>'), a_file('<Cube currency="CNY"/>'), a_file('<Cube currency="CNY" rate="7,4"/>'),
        a_file().replace(b"</Cube></Cube>", b'</Cube><Cube time="2026-11-19"><Cube currency="CNY" rate="7"/></Cube></Cube>'),
        a_file() + b" " * 300_000, "\ufeffnichts".encode("utf-16"), b'<?xml version="1.0" encoding="klingon"?><a/>',
    ],
)  # fmt: skip
def test_what_is_no_file_of_rates_is_refused(body: bytes) -> None:
    with pytest.raises(RatesUnavailable):
        read(body)


# --- fetching ---------------------------------------------------------------------------------------------------------


def fetched(now: datetime, body: bytes | Exception | None = None, status: int = 200) -> int:
    with responses.RequestsMock() as wire:
        wire.get(URL, body=a_file() if body is None else body, status=status)
        return rate_keeping.fetch(ReferenceRates(URL), now)


def test_the_worker_keeps_what_the_address_says(app: Flask) -> None:
    assert fetched(datetime(2026, 11, 20, 15, 30, tzinfo=UTC)) == 2

    assert rates.rate("EUR", "CNY", FRIDAY) == rates.Rate(Decimal("7.4000"), FRIDAY)


@pytest.mark.parametrize(
    ("newest", "now", "asks"),
    [
        (None, "2026-11-20T10:00+00:00", True),
        ("2026-11-19", "2026-11-20T14:30+00:00", False),  # 15:30 in Frankfurt: not out yet
        ("2026-11-19", "2026-11-20T15:00+00:00", True),
        ("2026-11-20", "2026-11-20T16:00+00:00", False),
        ("2026-11-20", "2026-11-22T16:00+00:00", False),  # Sunday
        ("2026-11-20", "2026-11-23T12:00+00:00", False),
        ("2026-11-20", "2026-11-23T15:05+00:00", True),
        ("2026-11-18", "2026-11-21T09:00+00:00", True),  # a Saturday, and Friday's are still missing
        ("2026-07-02", "2026-07-03T14:05+00:00", True),  # summer time
    ],
)
def test_the_bank_is_asked_only_when_there_may_be_something_new(newest: str | None, now: str, asks: bool) -> None:
    assert rate_keeping.due(date.fromisoformat(newest) if newest else None, datetime.fromisoformat(now)) is asks


@pytest.mark.parametrize(("body", "status"), [(b"busy", 503), (b"", 302), (ConnectionError("cut"), 200), (b"<a/>", 200)])
def test_a_bank_that_does_not_answer_changes_nothing(app: Flask, body: bytes | Exception, status: int) -> None:
    before = builders.everything()

    with pytest.raises((RatesUnavailable, ConnectionError)):
        fetched(builders.NOW, body, status)

    assert builders.everything() == before


def test_a_file_that_something_else_fetches_is_taken_too(app: Flask, tmp_path: Path) -> None:
    file = tmp_path / "of today.xml"
    file.write_bytes(a_file())

    assert rate_keeping.fetch(ReferenceRates(file.as_uri()), builders.NOW) == 2
    with pytest.raises(RatesUnavailable):
        ReferenceRates((tmp_path / "none.xml").as_uri()).newest()


def test_the_sandbox_plays_the_bank(app: Flask, tmp_path: Path) -> None:
    with Sandbox.start(keys_dir=tmp_path / "keys") as box:
        peer = ReferenceRates(box.env["SHOP_RATES_URL"])

        found = peer.newest()

    assert {"CNY", "HKD", "USD"} <= set(found.per_euro)
    assert found.day.isoweekday() <= 5
    assert Decimal("7.3") < found.per_euro["CNY"] < Decimal("7.6")


@pytest.mark.parametrize(
    ("url", "production", "good"),
    [
        ("", True, True), ("https://www.ecb.europa.eu/x.xml", True, True), ("file:///var/rates.xml", True, True),
        ("http://10.0.0.1/x.xml", True, False), ("http://127.0.0.1:1/x.xml", False, True), ("ftp://x/y", False, False),
        ("rates.xml", False, False),
    ],
)  # fmt: skip
def test_the_address_of_the_rates_is_checked_at_start(url: str, production: bool, good: bool) -> None:
    one = Settings(
        secret_key="k" * 32, rates_url=url, public_url="https://shop.test",
        environment=Environment.PRODUCTION if production else Environment.DEMO,
    )  # fmt: skip

    assert any("SHOP_RATES_URL" in problem for problem in one.problems()) is not good
