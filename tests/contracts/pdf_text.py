"""What a reader sees of a PDF of ours: its text, piece by piece. Knows the two encodings that we use."""

import base64
import re
import zlib

STREAM = re.compile(rb"stream\r?\n(.*?)endstream", re.S)
PIECE = re.compile(rb"/(F\d+)(?:\+0)? [\d.]+ Tf|\(((?:\\.|[^\\()])*)\) Tj", re.S)
NARROW = re.compile(rb"/Encoding /WinAnsiEncoding /Name /(F\d+)")
ESCAPED = re.compile(rb"\\([0-7]{1,3}|.)", re.S)
SHORT = {b"n": b"\n", b"r": b"\r", b"t": b"\t", b"b": b"\b", b"f": b"\f"}


def text_of(pdf: bytes) -> str:
    """All of the text, a line for each piece. Raises AssertionError for what is no PDF."""
    assert pdf.startswith(b"%PDF-")
    narrow = set(NARROW.findall(pdf))
    return "\n".join(piece for stream in STREAM.findall(pdf) for piece in _pieces(_plain(stream), narrow))


def _plain(stream: bytes) -> bytes:
    try:
        return zlib.decompress(base64.a85decode(stream.strip().removesuffix(b"~>")))
    except (ValueError, zlib.error):
        return b""


def _pieces(content: bytes, narrow: set[bytes]) -> list[str]:
    found, font = [], b""
    for piece in PIECE.finditer(content):
        if piece[1]:
            font = piece[1]
        else:
            found.append(ESCAPED.sub(_meant, piece[2]).decode("cp1252" if font in narrow else "utf-16-be", "replace"))
    return found


def _meant(escaped: re.Match[bytes]) -> bytes:
    """`\\050` or `\\(` as the byte it stands for."""
    return bytes([int(escaped[1], 8) & 255]) if escaped[1].isdigit() else SHORT.get(escaped[1], escaped[1])
