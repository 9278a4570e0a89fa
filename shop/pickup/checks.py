"""What has to be looked at before this parcel leaves, whether it was, and what of that is kept. Only answers.

Which checks there are is a matter of the pickup point. Why: the buyer's evidence for the tax office (flight and
destination), the age for alcohol, a sealed bag for liquids on a connecting flight, and that the collector is the orderer.
"""

import unicodedata
from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from msgspec import Struct

from shop.orders.rules import ADULT
from shop.pickup.outcomes import Check, CheckKind

SEEN, OF_AGE = "seen", "adult"
SERIAL_LENGTHS = range(4, 41)
DOCUMENT_LENGTHS, PLACE_LENGTHS = range(5, 21), range(2, 61)
LONGEST = 80  # of any other field that is kept
PASS_FIELDS = ("flight", "date", "destination", "name_match")
IDENTITY_FIELDS = ("document_number", "residence")
PROOF = ("flight", "date", "name_match")  # what is known of a pass that was scanned, and not only seen
NOT_SCANNED = "not_scanned"
EVIDENCE = frozenset({*PASS_FIELDS, *IDENTITY_FIELDS})  # what a point may be set to keep; nothing else ever is


class Asks(Struct, frozen=True):
    """What a point asks for. `keeps` names the fields of EVIDENCE that it keeps; without any, only that staff looked."""

    boarding_pass: bool = False
    age: bool = False
    sealed_bag: bool = False
    identity: bool = False
    keeps: frozenset[str] = frozenset()


class Matter(Struct, frozen=True):
    """What of an order the checks depend on; `alcohol` and `liquids` are of the pieces that are handed over."""

    flight: str
    day: date
    destination: str
    final_destination: str
    birth_date: date | None
    alcohol: bool
    liquids: bool


class Answers(Struct, frozen=True):
    """What staff found. `boarding_pass` and `identity` are None when nobody looked, else what was noted of them."""

    boarding_pass: Mapping[str, str] | None = None
    pass_confirmed: bool = False  # staff saw what differs and let it be: a codeshare, a married name
    age: bool = False
    sealed_bag: str | None = None
    identity: Mapping[str, str] | None = None


NO_ANSWERS = Answers()


def read(sent: Mapping[str, Any]) -> Answers:
    """The answers in what a scan brings. What is not an answer is none: the scan is told what is missing."""
    noted = sent.get("boarding_pass")
    return Answers(
        boarding_pass=_noted(noted, PASS_FIELDS),
        pass_confirmed=noted == SEEN or (isinstance(noted, Mapping) and noted.get("confirmed") is True),
        age=sent.get("age") == OF_AGE,
        sealed_bag=_serial(sent.get("sealed_bag")),
        identity=_identity(sent.get("identity")),
    )


def _noted(said: object, names: tuple[str, ...]) -> Mapping[str, str] | None:
    if said == SEEN:
        return {}
    if not isinstance(said, Mapping):
        return None
    return {name: value.strip()[:LONGEST] for name in names if isinstance(value := said.get(name), str) and value.strip()}


def _identity(said: object) -> Mapping[str, str] | None:
    noted = _noted(said, IDENTITY_FIELDS)
    return noted and {name: kept for name, text in noted.items() if (kept := identity_field(name, text)) is not None}


def identity_field(name: str, text: str) -> str | None:
    """What was read in a passport, as it is kept; None when it cannot be that: a document's number has 5 to 20 letters and
    digits, a residence is a country or place of 2 to 60 letters."""
    plain = " ".join(unicodedata.normalize("NFKC", text).upper().split())
    if name == "document_number":
        number = plain.replace(" ", "").replace("-", "")
        return number if len(number) in DOCUMENT_LENGTHS and number.isascii() and number.isalnum() else None
    good = len(plain) in PLACE_LENGTHS and all(c.isalpha() or unicodedata.category(c) == "Mn" or c in " .,'()-/" for c in plain)
    return plain if good and any(map(str.isalpha, plain)) else None


def _serial(said: object) -> str | None:
    """The serial number of a sealed bag, as it is printed: letters, digits and hyphens."""
    if not isinstance(said, str):
        return None
    serial = said.strip().upper()
    good = len(serial) in SERIAL_LENGTHS and serial.isascii() and all(c.isalnum() or c in "-./ " for c in serial)
    return serial if good else None


def adults_born_until(today: date) -> date:
    """Whoever was born on this day or before is of age today."""
    try:
        return today.replace(year=today.year - ADULT)
    except ValueError:  # 29 February: a birthday on 1 March, or on 28 February, is what the other years have
        return today.replace(year=today.year - ADULT, day=28)


def needed(asks: Asks, matter: Matter, today: date, *, by_code: bool = True) -> tuple[Check, ...]:
    """The checks of this hand-over, in the order in which a person makes them. Without a pickup code (`by_code`) it takes a
    boarding pass, whatever the point asks for."""
    found = []
    if asks.boarding_pass or not by_code:
        found.append(Check(CheckKind.BOARDING_PASS))
    if asks.identity:
        found.append(Check(CheckKind.IDENTITY, identity_kept(asks.keeps)))
    if asks.age and matter.alcohol:
        found.append(Check(CheckKind.AGE, (_age(matter.birth_date, today),)))
    if asks.sealed_bag and matter.liquids and matter.destination != matter.final_destination:
        found.append(Check(CheckKind.SEALED_BAG))
    return tuple(found)


def identity_kept(keeps: frozenset[str]) -> tuple[str, ...]:
    """The fields that staff read in a passport, because the point keeps them."""
    return tuple(name for name in IDENTITY_FIELDS if name in keeps)


def identity_settled(answers: Answers, fields: Collection[str]) -> bool:
    """Whether staff looked, and wrote down the fields that the point keeps."""
    return answers.identity is not None and all(name in answers.identity for name in fields)


def _age(birth_date: date | None, today: date) -> str:
    if birth_date is None:
        return "age_unknown"
    return "adult" if birth_date <= adults_born_until(today) else "minor"


def still_open(wanted: tuple[Check, ...], answers: Answers, matter: Matter, *, by_code: bool = True) -> tuple[Check, ...]:
    """Those that the answers do not settle. A boarding pass that differs has to be confirmed; a minor never gets alcohol."""
    left = []
    for check in wanted:
        if check.kind is CheckKind.BOARDING_PASS:
            if not (pass_settled(answers, matter) if by_code else proves(answers, matter)):
                left.append(Check(check.kind, differences(answers, matter) if by_code else _unproven(answers, matter)))
        elif not _is_settled(check, answers):
            left.append(check)
    return tuple(left)


def pass_settled(answers: Answers, matter: Matter) -> bool:
    """Whether a pass was looked at that fits, or that staff let be."""
    return answers.boarding_pass is not None and (answers.pass_confirmed or not differences(answers, matter))


def proves(answers: Answers, matter: Matter) -> bool:
    """Whether a boarding pass stands for the pickup code: it was scanned, and is of this flight, day and traveller; or nearly
    so, and staff let that be. One that was only looked at does not, nor one with another name."""
    hints = _unproven(answers, matter)
    return not hints or (answers.pass_confirmed and hints != (NOT_SCANNED,))


def _unproven(answers: Answers, matter: Matter) -> tuple[str, ...]:
    noted = answers.boarding_pass or {}
    if any(name not in noted for name in PROOF) or noted["name_match"] not in ("same", "similar"):
        return (NOT_SCANNED,)
    return (*differences(answers, matter), *(("name",) if noted["name_match"] == "similar" else ()))


def _is_settled(check: Check, answers: Answers) -> bool:
    if check.kind is CheckKind.AGE:
        return answers.age and "minor" not in check.hints
    if check.kind is CheckKind.SEALED_BAG:
        return answers.sealed_bag is not None
    return identity_settled(answers, check.hints)


def differences(answers: Answers, matter: Matter) -> tuple[str, ...]:
    """What the boarding pass says otherwise than the order: `flight`, `date`, `destination`, `name`."""
    noted = answers.boarding_pass or {}
    differs = []
    if "flight" in noted and _flight(noted["flight"]) != _flight(matter.flight):
        differs.append("flight")
    if "date" in noted and noted["date"] != matter.day.isoformat():
        differs.append("date")
    if "destination" in noted and noted["destination"].upper() not in (matter.destination, matter.final_destination):
        differs.append("destination")
    if noted.get("name_match") == "different":
        differs.append("name")
    return tuple(differs)


def _flight(number: str) -> str:
    """`CA 0932` as `CA932`: two characters of the airline, then the number without leading zeros."""
    compact = "".join(number.split()).replace("-", "").upper()
    return compact[:2] + compact[2:].lstrip("0")


def evidence(answers: Answers, keeps: frozenset[str]) -> dict[str, Any]:
    """What is kept of the answers: that staff looked, the bag's serial number, and of the fields only the configured."""
    kept: dict[str, Any] = {}
    for kind, noted in ((CheckKind.BOARDING_PASS, answers.boarding_pass), (CheckKind.IDENTITY, answers.identity)):
        if noted is not None:
            kept[kind.value] = {name: noted[name] for name in sorted(keeps & EVIDENCE) if name in noted} or SEEN
    if answers.age:
        kept[CheckKind.AGE.value] = OF_AGE
    if answers.sealed_bag:
        kept[CheckKind.SEALED_BAG.value] = answers.sealed_bag
    return kept
