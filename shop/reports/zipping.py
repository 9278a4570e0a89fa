"""A ZIP file that is written part by part, for workbooks of any size.

Deflate at level 1 by ISA-L where it is installed, else by zlib. The sizes of a part are put into its header when they are
known, so the file must be one that can be sought; that is what every spreadsheet reads. ZIP64 is used only where a part
begins beyond 4 GiB, as old readers stumble over it elsewhere.
"""

import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, Any

deflating: Any = zlib
try:
    from isal import isal_zlib
except ImportError:  # a platform that ISA-L does not know
    pass
else:
    deflating = isal_zlib

LARGEST = 0xFFFF_FFFF
LOCAL, CENTRAL = b"PK\x03\x04", b"PK\x01\x02"
VERSION, VERSION_64, DEFLATED, IN_UTF8 = 20, 45, 8, 0x800
DAY = (2000 - 1980) << 9 | 1 << 5 | 1  # the same file for the same rows: parts have no time of their own


class PartTooLarge(RuntimeError):
    """A part of more than 4 GiB: the caller was to begin another one."""


@dataclass(slots=True)
class _Entry:
    name: bytes
    offset: int
    crc: int = 0
    packed: int = 0
    size: int = 0


class Part:
    """What is written into one part."""

    def __init__(self, file: IO[bytes], entry: _Entry) -> None:
        self._file, self._entry = file, entry
        self._deflate: Any = deflating.compressobj(1, deflating.DEFLATED, -15)

    @property
    def size(self) -> int:
        """Bytes so far, as they will be unpacked."""
        return self._entry.size

    def write(self, data: bytes | bytearray) -> None:
        """Raises PartTooLarge, and OSError."""
        view = memoryview(data)
        self._entry.size += len(view)
        if self._entry.size > LARGEST:
            raise PartTooLarge
        self._entry.crc = deflating.crc32(view, self._entry.crc)
        self._put(self._deflate.compress(view))

    def finish(self) -> None:
        self._put(self._deflate.flush())

    def _put(self, packed: bytes) -> None:
        self._entry.packed += len(packed)
        self._file.write(packed)


class Zip:
    """Open for writing until `finish`."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._entries: list[_Entry] = []

    @contextmanager
    def part(self, name: str) -> Iterator[Part]:
        """One part after the other, never two at a time."""
        entry = _Entry(name.encode(), self._file.tell())
        self._file.write(self._header(entry))
        part = Part(self._file, entry)
        yield part
        part.finish()
        end = self._file.tell()
        self._file.seek(entry.offset)
        self._file.write(self._header(entry))
        self._file.seek(end)
        self._entries.append(entry)

    def put(self, name: str, text: str) -> None:
        """A whole part."""
        with self.part(name) as part:
            part.write(text.encode())

    def finish(self) -> None:
        """The table of contents."""
        start = self._file.tell()
        for entry in self._entries:
            self._file.write(_listed(entry))
        size, count = self._file.tell() - start, len(self._entries)
        if start > LARGEST:
            end = start + size
            self._file.write(
                struct.pack("<4sQHHLLQQQQ", b"PK\x06\x06", 44, VERSION_64, VERSION_64, 0, 0, count, count, size, start)
            )
            self._file.write(struct.pack("<4sLQL", b"PK\x06\x07", 0, end, 1))
        self._file.write(struct.pack("<4sHHHHLLH", b"PK\x05\x06", 0, 0, count, count, size, min(start, LARGEST), 0))

    @staticmethod
    def _header(entry: _Entry) -> bytes:
        fixed = (VERSION, IN_UTF8, DEFLATED, 0, DAY, entry.crc, entry.packed, entry.size, len(entry.name), 0)
        return LOCAL + struct.pack("<HHHHHLLLHH", *fixed) + entry.name


def _listed(entry: _Entry) -> bytes:
    far = struct.pack("<HHQ", 1, 8, entry.offset) if entry.offset > LARGEST else b""
    version = VERSION_64 if far else VERSION
    fixed = (
        version,
        version,
        IN_UTF8,
        DEFLATED,
        0,
        DAY,
        entry.crc,
        entry.packed,
        entry.size,
        len(entry.name),
        len(far),
        0,
        0,
        0,
        0,
    )
    return CENTRAL + struct.pack("<HHHHHHLLLHHHHHLL", *fixed, min(entry.offset, LARGEST)) + entry.name + far
