"""Who is at a counter: one name for one person, for one shift, and the names of lately."""
from datetime import datetime, timedelta

import pytest
from builders import NOW, OTHER_POINT, a_device
from flask import Flask
from sqlalchemy import insert

from shop.base.db import transaction
from shop.people.queries import KnownDevice
from shop.pickup.models import Scan
from shop.pickup.shifts import LATELY, LONGEST_NAME, LONGEST_SHIFT, MOST_NAMES, is_over, names_of_late, short_name

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("mei", "MEI"), ("  Mei \t Lin\n", "MEI LIN"), ("ｍｅｉ", "MEI"), ("李伟", "李伟"), ("李　伟", "李 伟"),
        ("Jürgen", "JÜRGEN"), ("groß", "GROSS"),
        ("a.k.", "A.K."), ("\u200bme\u202ei\x00", "ME I"), ("", None), (None, None), (" \u3000\x1b\u2028", None), ("\ud800", None),
        ("x" * 39 + " y", "X" * 39), ("ß" * 40, "S" * 40), ("<b>", "<B>"),
    ],
)  # fmt: skip
def test_one_person_is_one_name(text: str | None, name: str | None) -> None:
    said = short_name(text)

    assert said == name
    assert said is None or (short_name(said) == said and len(said) <= LONGEST_NAME)


@pytest.mark.parametrize(
    ("went_by", "over"),
    [(timedelta(), False), (LONGEST_SHIFT - MINUTE, False), (LONGEST_SHIFT, True), (30 * LONGEST_SHIFT, True), (-MINUTE, True)],
)
def test_a_shift_ends_by_itself(went_by: timedelta, over: bool) -> None:
    assert is_over(NOW, NOW + went_by) is over


def scanned(device: KnownDevice, *names: str | None, at: datetime = NOW) -> None:
    with transaction() as session:
        session.execute(
            insert(Scan),
            [
                {
                    "scan_id": f"{device.id}-{at:%d%H}-{n}", "device_id": device.id, "staff": name, "outcome": "unknown",
                    "scanned_at": at, "received_at": at,
                }
                for n, name in enumerate(names)
            ],
        )  # fmt: skip


def test_the_names_of_lately_are_those_of_the_point(app: Flask, statements: list[str]) -> None:
    first, second, elsewhere, everywhere = (a_device()[0], a_device()[0], a_device(point=OTHER_POINT)[0], a_device(point=None)[0])
    scanned(first, "MEI", "MEI", None, "ANNA")
    scanned(second, "李伟")
    scanned(elsewhere, "PAUL")
    scanned(everywhere, "EVA")
    scanned(first, "GONE", at=NOW - LATELY - MINUTE)
    statements.clear()

    found = [names_of_late(device, NOW) for device in (first, elsewhere, everywhere)]

    assert found == [["ANNA", "MEI", "李伟"], ["PAUL"], ["EVA"]]
    assert len(statements) == 3


def test_of_many_names_the_most_frequent_are_offered(app: Flask) -> None:
    device = a_device()[0]
    often = [f"P{n:02d}" for n in range(MOST_NAMES)]
    scanned(device, *often, *often, "A", "Z")

    assert names_of_late(device, NOW) == often
