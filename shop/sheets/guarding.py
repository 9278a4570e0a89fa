"""Text that a spreadsheet would run: how it is written so that it stays text, and how that is undone.

What begins with `= + - @` (also in their wide East Asian form), at the start or where another program's separator would
start a cell, gets an apostrophe before it (OWASP, "CSV Injection"). So does what already begins with an apostrophe before
such a sign: one apostrophe taken away gives back exactly what was written.
"""

import re

CLEAR = "-"  # a cell that holds only this takes the value away
_STARTS = r"(?:^|(?<=[,;\t\r\n\"]))"
_GUARD = re.compile(_STARTS + r"(?='*[=+\-@\t\r\n＝＋－＠])")
_GUARDED = re.compile(_STARTS + r"'(?='*[=+\-@\t\r\n＝＋－＠])")
_LIKE_A_NUMBER = re.compile(r"[0-9][0-9.,:/eE+-]*")


def guarded(text: str) -> str:
    """`text` for a CSV file."""
    return _GUARD.sub("'", text)


def unguarded(text: str) -> str:
    """What `guarded` and `quoted` were given."""
    return _GUARDED.sub("", text)


def quoted(text: str) -> str:
    """`text` for a cell that is text by itself (XLSX): changed only where reading would change it."""
    return guarded(text) if text == CLEAR or unguarded(text) != text else text


def guarded_id(text: str) -> str:
    """An identifier for a CSV file: a TAB before digits keeps an EAN from turning into 4.00638E+12."""
    return "\t" + text if _LIKE_A_NUMBER.fullmatch(text) else guarded(text)
