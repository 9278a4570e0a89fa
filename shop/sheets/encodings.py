"""Which encoding a text file is in: what its first bytes say, else what all of its bytes allow.

A Chinese Excel saves CSV as GBK, a German one as Windows-1252, and neither says so. Nearly every Windows-1252 text can
also be read as GBK, as rubbish; what tells them apart is that GBK comes in pairs of high bytes, while German and French
letters stand alone between ASCII ones. Where that leaves a doubt, nothing is guessed.
"""

import codecs
import re
from typing import BinaryIO

from shop.sheets.refusals import UnreadableFile

UTF_8, UTF_16, GB18030, WINDOWS = "utf-8-sig", "utf-16", "gb18030", "cp1252"
NAMES = {
    UTF_8: "UTF-8", UTF_16: "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16", GB18030: "GB18030 (GBK)", WINDOWS: "Windows-1252",
}  # fmt: skip
PIECE = 1 << 20
SURELY_UTF_8 = 20  # so many letters read well as UTF-8 before the first that does not: the file is broken, not in GBK
CLEARLY = 3  # times as many
_HIGH = re.compile(rb"[\x80-\xff]+")


def encoding_of(file: BinaryIO) -> str:
    """The Python name of the file's encoding; the file is read to its end. Raises UnreadableFile."""
    file.seek(0)
    start = file.read(4)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return UTF_16
    if len(start) == 4 and start[1] == start[3] == 0 and start[0]:
        return "utf-16-le"
    if len(start) == 4 and start[0] == start[2] == 0 and start[1]:
        return "utf-16-be"
    letters = _letters_before_a_fault(file, UTF_8)
    if letters is None:
        return UTF_8
    if start.startswith(codecs.BOM_UTF8) or letters > SURELY_UTF_8:
        raise UnreadableFile("broken_utf8")
    return _without_a_word(file)


def _letters_before_a_fault(file: BinaryIO, encoding: str) -> int | None:
    """How many letters beyond ASCII can be read before the first fault; None when there is no fault."""
    decoder, letters = codecs.getincrementaldecoder(encoding)(), 0
    file.seek(0)
    while True:
        piece = file.read(PIECE)
        try:
            text = decoder.decode(piece, final=not piece)
        except UnicodeDecodeError as fault:
            before = piece[: fault.start].decode(encoding, errors="ignore")
            return letters + _beyond_ascii(before)
        if not piece:
            return None
        letters += _beyond_ascii(text)


def _beyond_ascii(text: str) -> int:
    """How many letters of it are not ASCII; of a file of megabytes, so no loop of ours."""
    return len(text) - len(text.encode("ascii", errors="ignore"))


def _without_a_word(file: BinaryIO) -> str:
    """GBK or Windows-1252, by how their high bytes stand. Raises UnreadableFile."""
    file.seek(0)
    alone = paired = 0
    for run in _HIGH.finditer(file.read(4 * PIECE)):
        if len(run[0]) % 2:
            alone += 1
        else:
            paired += 1
    chinese = _letters_before_a_fault(file, GB18030) is None
    if chinese and paired > CLEARLY * alone:
        return GB18030
    if alone > CLEARLY * paired and _letters_before_a_fault(file, WINDOWS) is None:
        return WINDOWS
    raise UnreadableFile("unknown_encoding")
