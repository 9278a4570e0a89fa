"""Boarding passes as the bar code writes them (IATA Resolution 792, BCBP), and how well one fits an order.

A pass is read for the counter's eyes only: the text itself, the airline's booking reference and frequent-flyer numbers
are not kept, and what is personal stays out of every `repr` and so out of the log. What a pass says is a hint to the
person at the counter: a codeshare, a cut name or a changed flight is ordinary, so nothing here refuses anybody.
`frontend/src/counter/boarding-pass.js` follows the same rules; `tests/pickup/scan_cases.json` holds both to them.
"""

import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from string import ascii_lowercase, ascii_uppercase

from shop.base.discreet import Discreet
from shop.base.errors import Kind, ShopError

LONGEST = 1000  # characters; four legs with everything an airline may add stay below
NAME_WIDTH = 20  # the name is cut here
LEG_WIDTH = 37
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
SWAP_CASE = str.maketrans(ascii_lowercase + ascii_uppercase, ascii_uppercase + ascii_lowercase)
HEAD = re.compile(r"M(?P<legs>[1-4])(?P<name>[A-Z][A-Z0-9 /.'-]{19})[A-Z ]")
LEG = re.compile(
    r"[A-Z0-9 ]{7}(?P<origin>[A-Z]{3})(?P<destination>[A-Z]{3})(?P<carrier>[A-Z0-9]{2}[A-Z0-9 ])(?P<number>[A-Z0-9 ]{5})(?P<day>[0-9 ]{3})"
)
FLIGHT = re.compile(r"0*([1-9][0-9]{0,3})([A-Z]?)")
HEX = re.compile(r"[0-9A-Fa-f]{2}")
ISSUED = re.compile(r"([0-9])([0-9]{3})")
CARRIER = re.compile(r"[A-Z0-9]{2,3}")
PRINTED = re.compile(r"[ -~]*")


class NotABoardingPass(ShopError):
    """The text is no boarding pass, or one that is too damaged, or from before version 1. Carries nothing of the text."""

    kind, code = Kind.INVALID, "not_a_boarding_pass"


class Leg(Discreet, frozen=True):
    """One flight of a pass. `flight` is written as orders write it (`CA932`), with the operating airline's number.

    `marketing` is the airline that sold the flight ("" when the pass does not say); `status` the passenger status
    (`0` not checked in, `1` checked in, …; "" when cut off). Airports may be railway stations.
    """

    hidden = frozenset({"seat", "sequence"})
    carrier: str
    flight: str
    origin: str
    destination: str
    day: date
    seat: str
    sequence: str
    status: str
    marketing: str


class BoardingPass(Discreet, frozen=True):
    """What a pass says. `name` is `LAST/FIRST TITLE`, cut at 20 characters; `electronic`: with an electronic ticket."""

    hidden = frozenset({"name"})
    name: str
    electronic: bool
    issued: date | None
    legs: tuple[Leg, ...]


def read(text: str, today: date) -> BoardingPass:
    """The boarding pass in `text`. `today` is the airport's day: a pass names a day of the year, but no year.

    A pass that says when it was issued is placed after that day; any other on the nearest such day. Raises
    NotABoardingPass and nothing else.
    """
    clean = CONTROL.sub("", text[:LONGEST]).lstrip(" ")
    if clean.startswith("m"):  # the scanner's keyboard has its capitals locked
        clean = clean.translate(SWAP_CASE)
    head = HEAD.match(clean)
    # A hyphen and no stroke is what a German layout makes of LAST/FIRST.
    if head is None or ("-" in head["name"] and "/" not in head["name"]):
        raise NotABoardingPass
    issued, legs, at = None, list[Leg](), head.end()
    for left in range(int(head["legs"]) - 1, -1, -1):
        found = LEG.match(clean, at)
        if found is None:
            raise NotABoardingPass
        rest = clean[found.end() : at + LEG_WIDTH].ljust(13)  # cabin 1, seat 4, sequence 5, status 1, size 2
        extras = _extras_field(clean, at + LEG_WIDTH, rest, more_legs=left > 0)
        if not legs and extras[:1] not in ("", ">") and (extras[0] == ":" or not rest[5:10].strip()):
            raise NotABoardingPass  # `:` is a German layout's `>`; no version and no check-in number: older than version 1
        said, marketing = _extras(extras, first=not legs)
        if not legs:
            issued = _issued(said, today)
        floor = legs[-1].day - timedelta(days=1) if legs else issued and issued - timedelta(days=3)
        legs.append(_leg(found, rest, marketing, _day(_number(found["day"]), today, floor)))
        at += LEG_WIDTH + len(extras)
    return BoardingPass(head["name"].rstrip(), clean[head.end() - 1] == "E", issued, tuple(legs))


def _extras_field(clean: str, at: int, rest: str, *, more_legs: bool) -> str:
    """The leg's variable field. Of the last leg it may be cut off or misstated, its size is then of no use to us."""
    size = int(rest[11:13], 16) if HEX.fullmatch(rest[11:13]) else None
    extras = clean[at : at + (size or 0)]
    if not PRINTED.fullmatch(rest + extras if more_legs else rest):
        raise NotABoardingPass
    if more_legs and (size is None or len(extras) < size):
        raise NotABoardingPass
    return extras


def _extras(extras: str, *, first: bool) -> tuple[str, str]:
    """Date of issue (as written) and marketing airline out of a variable field; "" for what it does not say.

    IATA Resolution 792, version 1 and later: the first leg's field begins with `>`, the version and a block about the
    whole pass (item 22, date of issue, at 3 to 6); then, for every leg, a block whose item 19, marketing airline, is at
    15 to 17. The airline's own text after it is ignored.
    """
    said, at = "", 0
    if first:
        size = extras[2:4]
        if extras[:1] != ">" or not HEX.fullmatch(size):
            return "", ""
        at = 4 + int(size, 16)
        said = extras[4:at][3:7]
    size = extras[at : at + 2]
    if not HEX.fullmatch(size):
        return said, ""
    marketing = extras[at + 2 : at + 2 + int(size, 16)][15:18].strip()
    return said, marketing if CARRIER.fullmatch(marketing) else ""


def _leg(found: re.Match[str], rest: str, marketing: str, day: date) -> Leg:
    number = FLIGHT.fullmatch(found["number"].replace(" ", ""))
    if number is None:
        raise NotABoardingPass
    carrier = found["carrier"].rstrip()
    return Leg(
        carrier, carrier + number[1] + number[2], found["origin"], found["destination"], day,
        seat=rest[1:5].strip().lstrip("0"), sequence=rest[5:10].strip().lstrip("0"), status=rest[10].strip(), marketing=marketing,
    )  # fmt: skip


# --- which year -------------------------------------------------------------------------------------------------------


def _number(digits: str) -> int:
    """The number in digits with blanks around them (some airlines pad with them); 0 when there is none."""
    return int(digits) if digits.strip().isdecimal() else 0


def _day(number: int, today: date, floor: date | None) -> date:
    """Day `number` of the year: the first one from `floor` on, or the nearest to `today` when nothing bounds it."""
    if floor is not None:
        days = [day for year in (floor.year, floor.year + 1) if (day := _of_year(year, number)) and day >= floor]
    else:
        days = [day for year in range(today.year - 1, today.year + 2) if (day := _of_year(year, number))]
        days.sort(key=lambda day: abs(day - today))
    if not days:
        raise NotABoardingPass
    return days[0]


def _issued(said: str, today: date) -> date | None:
    """The date of issue: the last digit of a year and the day. The latest such day that is not ahead of us (by more
    than a clock that is wrong)."""
    written = ISSUED.fullmatch(said)
    if written is None:
        return None
    for year in range(today.year + 1, today.year - 20, -1):  # 20: a leap year's digit comes again after so many
        day = _of_year(year, int(written[2]))
        if year % 10 == int(written[1]) and day is not None and day <= today + timedelta(days=7):
            return day
    return None


def _of_year(year: int, number: int) -> date | None:
    day = date(year, 1, 1) + timedelta(days=number - 1)
    return day if number and day.year == year else None


# --- hints ------------------------------------------------------------------------------------------------------------


class Likeness(StrEnum):
    """How well what the pass says fits the order: staff decide, with the passport in hand."""

    SAME = "same"
    SIMILAR = "similar"
    DIFFERENT = "different"


def leg_from(boarding_pass: BoardingPass, airport: str, today: date) -> Leg | None:
    """The leg that leaves from `airport`, the nearest to `today` if there are several; None: the pass is for arriving."""
    leaving = [leg for leg in boarding_pass.legs if leg.origin == airport]
    return min(leaving, key=lambda leg: abs(leg.day - today), default=None)


def same_flight(leg: Leg, flight: str, codeshares: Mapping[str, Collection[str]] | None = None) -> Likeness:
    """Whether the leg is the order's flight.

    `codeshares` may say under which other numbers a flight is sold: `{"LH720": ["CA6042"]}`. Without it a flight sold by
    the order's airline under another number is SIMILAR, and so is one that differs by a letter (`CA932A`).
    """
    number = leg.flight[len(leg.carrier) :]
    names = {leg.flight, leg.marketing + number if leg.marketing else leg.flight}
    for known in names.copy():
        names.update((codeshares or {}).get(known, ()))
        names.update(main for main, others in (codeshares or {}).items() if known in others)
    if flight in names:
        return Likeness.SAME
    bare = {name.rstrip(ascii_uppercase) for name in names}
    if flight.rstrip(ascii_uppercase) in bare or (
        leg.marketing and leg.marketing != leg.carrier and flight.startswith(leg.marketing)
    ):
        return Likeness.SIMILAR
    return Likeness.DIFFERENT


def same_day(leg: Leg, day: date) -> Likeness:
    """Whether the leg leaves on `day`; a day before or after is SIMILAR: departures slip over midnight."""
    apart = abs((leg.day - day).days)
    return Likeness.SAME if apart == 0 else Likeness.SIMILAR if apart == 1 else Likeness.DIFFERENT


def same_destination(boarding_pass: BoardingPass, leg: Leg, destination: str, final_destination: str) -> Likeness:
    """Whether the pass leads where the order says. SIMILAR: the flight fits, and the pass ends before the final one."""
    if final_destination in (leg.destination, boarding_pass.legs[-1].destination):
        return Likeness.SAME
    return Likeness.SIMILAR if leg.destination == destination and leg is boarding_pass.legs[-1] else Likeness.DIFFERENT


TITLES = ("MSTR", "MISS", "PROF", "MRS", "CHD", "INF", "MR", "MS", "DR")
LETTERS_OF = str.maketrans({"ß": "SS", "ẞ": "SS", "Ø": "O", "ø": "O", "Æ": "AE", "æ": "AE", "Œ": "OE", "œ": "OE",
                            "Ł": "L", "ł": "L", "Đ": "D", "đ": "D", "ı": "I"})  # fmt: skip
SPELLINGS: tuple[Mapping[int, str], ...] = (  # as passports write letters with dots: left out, German, Chinese
    str.maketrans({}),
    str.maketrans({"Ä": "AE", "ä": "AE", "Ö": "OE", "ö": "OE", "Ü": "UE", "ü": "UE"}),
    str.maketrans({"Ü": "YU", "ü": "YU"}),
)


def same_name(on_pass: str, traveller: str) -> Likeness:
    """Whether the name of a pass (`LAST/FIRST TITLE`, cut at 20) is the traveller's, however that was typed.

    SAME whatever the order, blanks, hyphens and titles, and when the pass was cut. SIMILAR when one letter differs, ü is
    spelled another way, or given names are missing. Names without Latin letters cannot be compared: DIFFERENT.
    """
    best = Likeness.DIFFERENT
    for spelling in SPELLINGS:
        theirs = _untitled(_words(traveller, spelling))
        for words, cut in _spelled(on_pass):
            likeness = _compare(words, theirs, cut=cut) if words and theirs else Likeness.DIFFERENT
            if likeness is Likeness.SAME:
                return likeness
            if likeness is Likeness.SIMILAR:
                best = likeness
    return best


def _words(name: str, spelling: Mapping[int, str]) -> list[str]:
    """The words of a name in plain capitals."""
    composed = unicodedata.normalize("NFKC", name[:200])
    plain = unicodedata.normalize("NFKD", composed.translate(spelling).translate(LETTERS_OF))
    bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.findall("[A-Z]+", re.sub("[a-z]", lambda found: found[0].upper(), bare))


def _untitled(words: list[str]) -> list[str]:
    kept = [word for word in words if word not in TITLES]
    return kept or words


def _spelled(on_pass: str) -> Iterator[tuple[list[str], bool]]:
    """The ways to read the name on a pass: a title may be glued to the given name, and cut with it."""
    cut = len(on_pass) >= NAME_WIDTH
    words = _untitled(_words(on_pass, {}))
    yield words, cut
    for title in TITLES if words else ():
        for length in range(len(title), 0 if cut else len(title) - 1, -1):
            if len(words[-1]) > length and words[-1].endswith(title[:length]):
                yield [*words[:-1], words[-1][:-length]], False


def _compare(words: list[str], theirs: list[str], *, cut: bool) -> Likeness:
    one, turns = "".join(words), ["".join(theirs[n:] + theirs[:n]) for n in range(len(theirs))]
    if one in turns or sorted(words) == sorted(theirs) or (cut and any(turn.startswith(one) for turn in turns)):
        return Likeness.SAME
    own_turns = ["".join(words[n:] + words[:n]) for n in range(len(words))]
    if set(own_turns) & set(turns):
        return Likeness.SAME
    common = set(words) & set(theirs)
    missing = len(words) > 1 and len(theirs) > 1 and any(turn.startswith(one) or one.startswith(turn) for turn in turns)
    part = len(common) >= min(2, len(words), len(theirs)) and common in (set(words), set(theirs))
    if missing or part:
        return Likeness.SIMILAR
    if any(_nearly(a, b) or _sound(a) == _sound(b) for a in own_turns for b in turns):
        return Likeness.SIMILAR
    return Likeness.DIFFERENT


def _sound(name: str) -> str:
    """ü after L and N is YU in newer Chinese passports, and was V or U."""
    return re.sub("([LN])(?:YU|V)", r"\1U", name)


def _nearly(a: str, b: str) -> bool:
    """Whether one letter is wrong, missing, too many, or two neighbours are swapped."""
    short, long = sorted((a, b), key=len)
    if len(short) < 5 or len(long) - len(short) > 1:
        return False
    same = next((n for n, letter in enumerate(short) if letter != long[n]), len(short))
    rest, other = short[same:], long[same:]
    if len(short) < len(long):
        return rest == other[1:]
    return rest[1:] == other[1:] or (rest[:2] == other[:2][::-1] and rest[2:] == other[2:])
