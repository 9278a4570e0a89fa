"""Uploaded pictures as files: is it one, what is kept of it, and the sizes that pages show.

An upload is decoded, not believed: what is stored is written anew by us, upright, without anything that came beside the
pixels (place, camera, owner). Names are made of what the original holds, so that a file never changes under its name.
"""

import hashlib
import io
import re
import threading
import warnings
from collections.abc import Collection
from contextlib import suppress
from datetime import datetime
from pathlib import Path

from msgspec import Struct
from PIL import ExifTags, Image, ImageCms

from shop.base.errors import Kind, ShopError
from shop.base.files import write_whole

LARGEST_BYTES = 15 * 1024 * 1024
LARGEST_PIXELS = 36_000_000
SMALLEST_SIDE, LARGEST_RATIO = 300, 4
KEPT_SIDE = 2400  # of the original that is kept
WIDTHS = (360, 720, 1080)
FORMATS = ("JPEG", "PNG", "WEBP", "AVIF")  # of which Pillow may try the decoders
RECIPE = "1"  # another one gives other names
OURS = re.compile(r"(up-[0-9a-f]{32})(?:-[0-9]{3,4})?\.(?:jpg|webp|avif)")
HALF = re.compile(rf"\.{OURS.pattern}\.[0-9a-f]{{8}}")  # while it is written

UPRIGHT = {  # by what the camera says of how it was held
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

_ONE_AT_A_TIME = threading.Lock()  # decoded, a picture takes a hundred megabytes

# A picture that is larger than any we take is refused by its header. This is for those whose header lies.
warnings.simplefilter("error", Image.DecompressionBombWarning)


class WrongPicture(ShopError):
    kind = Kind.INVALID


class NotAPicture(WrongPicture):
    """It cannot be decoded, whatever its name says."""

    code = "not_a_picture"


class PictureTooHeavy(WrongPicture):
    """Too many bytes. Facts: `most` in megabytes."""

    code = "picture_too_heavy"


class PictureTooLarge(WrongPicture):
    """Too many pixels. Facts: `megapixels` and `most`."""

    code = "picture_too_large"


class PictureTooSmall(WrongPicture):
    """Facts: `least`, of the shorter side in pixels."""

    code = "picture_too_small"


class PictureTooNarrow(WrongPicture):
    code = "picture_too_narrow"


class Checked(Struct, frozen=True):
    """What is kept of an upload: a JPEG of its own making, and its name."""

    stem: str
    jpeg: bytes
    width: int
    height: int


def check(sent: bytes) -> Checked:
    """Look at an upload. Raises NotAPicture, PictureTooHeavy, PictureTooLarge, PictureTooSmall, PictureTooNarrow."""
    if len(sent) > LARGEST_BYTES:
        raise PictureTooHeavy(fields={"picture": ["picture_too_heavy"]}, most=LARGEST_BYTES // 2**20)
    try:
        with _ONE_AT_A_TIME, Image.open(io.BytesIO(sent), formats=FORMATS) as opened:
            _check_size(*opened.size)  # from the header: nothing was decoded yet
            opened.draft("RGB", (KEPT_SIDE, KEPT_SIDE))
            picture = _plain(opened)
    except WrongPicture:
        raise
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureTooLarge(fields={"picture": ["picture_too_large"]}, most=LARGEST_PIXELS // 10**6) from error
    except Exception as error:  # a decoder fails in many ways on what was made to make it fail
        raise NotAPicture(fields={"picture": ["not_a_picture"]}) from error
    made = io.BytesIO()
    picture.save(made, "JPEG", quality=92, optimize=True, subsampling=0)
    jpeg = made.getvalue()
    stem = f"up-{hashlib.sha256(RECIPE.encode() + jpeg).hexdigest()[:32]}"
    return Checked(stem, jpeg, picture.width, picture.height)


def _check_size(width: int, height: int) -> None:
    if width * height > LARGEST_PIXELS:
        raise PictureTooLarge(
            fields={"picture": ["picture_too_large"]}, megapixels=round(width * height / 10**6), most=LARGEST_PIXELS // 10**6
        )
    if min(width, height) < SMALLEST_SIDE:
        raise PictureTooSmall(fields={"picture": ["picture_too_small"]}, least=SMALLEST_SIDE)
    if max(width, height) > LARGEST_RATIO * min(width, height):
        raise PictureTooNarrow(fields={"picture": ["picture_too_narrow"]})


def _plain(opened: Image.Image) -> Image.Image:
    """The pixels alone: no larger than we keep, upright, in sRGB, on white where they were transparent."""
    profile = opened.info.get("icc_profile")
    see_through = opened.mode in ("RGBA", "LA", "PA") or "transparency" in opened.info
    picture = opened if opened.mode in ("RGB", "RGBA", "L", "CMYK") else opened.convert("RGBA" if see_through else "RGB")
    picture.thumbnail((KEPT_SIDE, KEPT_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)  # before anything is copied
    if (turn := UPRIGHT.get(picture.getexif().get(ExifTags.Base.Orientation, 1))) is not None:
        picture = picture.transpose(turn)
    if see_through:
        picture = picture.convert("RGBA")
        ground = Image.new("RGBA", picture.size, "white")
        ground.alpha_composite(picture)
        picture = ground
    if profile and picture.mode in ("RGB", "CMYK", "L"):
        picture = _to_srgb(picture, profile)
    plain = Image.new("RGB", picture.size)
    plain.paste(picture.convert("RGB"))
    return plain


def _to_srgb(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        made = ImageCms.profileToProfile(picture, source, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture  # a profile that is broken, or for other colours: the numbers as they are
    return made or picture


def keep(folder: Path, checked: Checked) -> None:
    """Write the original, whole or not at all. Harmless twice."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / f"{checked.stem}.jpg", checked.jpeg)


def make_sizes(folder: Path, stem: str) -> None:
    """Make every width in every format from the original, none larger than that. Harmless twice. Raises OSError."""
    with Image.open(folder / f"{stem}.jpg", formats=("JPEG",)) as original:
        whole = original.convert("RGB")
    for width in WIDTHS:
        size = whole.copy()
        size.thumbnail((width, width), Image.Resampling.LANCZOS)
        for ending, name, options in (
            ("avif", "AVIF", {"quality": 55, "speed": 7}),
            ("webp", "WEBP", {"quality": 76, "method": 4}),
            ("jpg", "JPEG", {"quality": 78, "optimize": True, "progressive": True}),
        ):
            file = folder / f"{stem}-{width}.{ending}"
            if not file.exists():
                made = io.BytesIO()
                size.save(made, name, **options)
                write_whole(file, made.getvalue())


def old_stems(folder: Path, before: datetime) -> set[str]:
    """The uploaded pictures of which no file was written since."""
    return {stem for stem, files in _files(folder).items() if _all_old(files, before)}


def remove(folder: Path, stems: Collection[str], before: datetime) -> int:
    """Delete all files of these pictures; answers how many files. A picture that somebody has sent again meanwhile stays."""
    gone = 0
    for stem, files in _files(folder).items():
        if stem in stems and _all_old(files, before):
            for file in files:
                file.unlink(missing_ok=True)
            gone += len(files)
    return gone


def remove_halves(folder: Path, before: datetime) -> int:
    """Delete what a process that was killed has left half written; answers how many files."""
    halves = [file for file in folder.glob(".up-*") if HALF.fullmatch(file.name) and _all_old([file], before)]
    for file in halves:
        file.unlink(missing_ok=True)
    return len(halves)


def _files(folder: Path) -> dict[str, list[Path]]:
    """The files of every uploaded picture, by its stem."""
    found: dict[str, list[Path]] = {}
    for file in sorted(folder.glob("up-*")):
        if match := OURS.fullmatch(file.name):
            found.setdefault(match[1], []).append(file)
    return found


def _all_old(files: Collection[Path], before: datetime) -> bool:
    """Whether none was written since. One that another process has just swept is none any more."""
    written: list[float] = []
    for file in files:
        with suppress(FileNotFoundError):
            written.append(file.stat().st_mtime)
    return all(moment < before.timestamp() for moment in written)
