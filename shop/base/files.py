"""Files that others read while we write them."""

import os
import secrets
from pathlib import Path


def write_whole(file: Path, content: bytes) -> None:
    """Nobody ever sees half a file under its name, whoever else writes the same. Raises OSError."""
    half = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        half.write_bytes(content)
        os.replace(half, file)
    finally:
        half.unlink(missing_ok=True)
