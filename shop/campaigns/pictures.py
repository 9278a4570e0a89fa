"""Pictures of articles: looked at, written anew as what WeChat takes, and found again by what they hold."""

import hashlib
import io
from pathlib import Path

from msgspec import Struct

from shop.base.errors import Kind, ShopError
from shop.catalogue import picture_files

SIDE = 1080  # a phone shows no more
QUALITIES = (85, 75, 60, 45)


class PictureNotSmallEnough(ShopError):
    """It stays heavier than WeChat takes."""

    kind, code = Kind.REFUSED, "picture_too_heavy"


class Jpeg(Struct, frozen=True):
    sha256: str
    content: bytes
    width: int
    height: int


def take(sent: bytes, most: int) -> Jpeg:
    """An upload as a JPEG of at most `most` bytes. Raises the refusals of `picture_files.check`, PictureNotSmallEnough."""
    return _fitted(picture_files.check(sent).jpeg, most)


def of_product(folder: Path, stem: str, most: int) -> Jpeg | None:
    """The product's picture for an article; None: its file is not there."""
    for name in (f"{stem}.jpg", f"{stem}-720.webp", f"{stem}-360.webp"):
        if (file := folder / name).is_file():
            return _fitted(file.read_bytes(), most)
    return None


def _fitted(content: bytes, most: int) -> Jpeg:
    from PIL import Image

    with Image.open(io.BytesIO(content), formats=picture_files.FORMATS) as opened:
        picture = opened.convert("RGB")
    picture.thumbnail((SIDE, SIDE * 3), Image.Resampling.LANCZOS)
    for quality in QUALITIES:
        made = io.BytesIO()
        picture.save(made, "JPEG", quality=quality, optimize=True)
        if len(jpeg := made.getvalue()) <= most:
            return Jpeg(hashlib.sha256(jpeg).hexdigest(), jpeg, picture.width, picture.height)
    raise PictureNotSmallEnough(fields={"picture": ["picture_too_heavy"]}, most=most // 1_000_000)
