"""What an XLSX file is allowed to be before anything in it is parsed.

It is an archive of XML parts. Everything that could make a parser use memory or time out of proportion is looked at first: how
large each part becomes, how much larger than it is packed, how many rows a sheet claims, how much stands in one row. The
sizes in an archive's directory may lie; `zipfile` never reads more of a part than they say, and checks its sum.
"""

import re
import zipfile
import zlib
from typing import BinaryIO

from shop.sheets.limits import LARGEST_PART, LARGEST_SHEET, LARGEST_STRINGS, MOST_PARTS, MOST_ROWS, MOST_TIMES
from shop.sheets.refusals import UnreadableFile

PIECE = 1 << 20
SMALL = 1 << 20  # below this a part may be packed as well as it likes
LONGEST_ROW = 4 << 20  # bytes of XML without a row in them
# What `zipfile` raises for rubbish; RuntimeError: a part with a password, NotImplementedError: a method it does not know.
BROKEN = (zipfile.BadZipFile, zipfile.LargeZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, OSError, ValueError)
_ROW = re.compile(rb"<(?:[A-Za-z0-9_]+:)?row[\s/>]")


def check(file: BinaryIO) -> None:
    """Raises UnreadableFile for an archive that is none, that unpacks to too much, or that carries macros."""
    try:
        with zipfile.ZipFile(file) as archive:
            parts = archive.infolist()
            if len(parts) > MOST_PARTS:
                raise UnreadableFile("too_many_parts")
            _check_sizes(parts)
            if any(part.filename.lower().endswith("vbaproject.bin") for part in parts):
                raise UnreadableFile("macros")
            for part in parts:
                if _is_sheet(part.filename):
                    _check_rows(archive, part)
    except BROKEN as broken:
        raise UnreadableFile("broken_archive") from broken


def _is_sheet(name: str) -> bool:
    return name.lower().startswith("xl/worksheets/") and name.lower().endswith(".xml")


def _largest(name: str) -> int:
    if _is_sheet(name):
        return LARGEST_SHEET
    return LARGEST_STRINGS if name.lower().endswith("sharedstrings.xml") else LARGEST_PART


def _check_sizes(parts: list[zipfile.ZipInfo]) -> None:
    total = 0
    for part in parts:
        total += part.file_size
        squeezed = part.file_size > SMALL and part.file_size > MOST_TIMES * max(part.compress_size, 1)
        if squeezed or part.file_size > _largest(part.filename) or total > LARGEST_SHEET + LARGEST_STRINGS:
            raise UnreadableFile("zip_bomb")


def _check_rows(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> None:
    """A parser keeps a row until its end, and an empty one for ever."""
    rows = since = 0
    with archive.open(part) as sheet:
        while piece := sheet.read(PIECE):
            found = sum(1 for _ in _ROW.finditer(piece))
            rows, since = rows + found, 0 if found else since + len(piece)
            if since > LONGEST_ROW:
                raise UnreadableFile("zip_bomb")
            if rows > 2 * MOST_ROWS:
                raise UnreadableFile("too_many_rows", most=MOST_ROWS)
