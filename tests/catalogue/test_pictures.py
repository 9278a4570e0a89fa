"""Uploads are decoded, not believed; what is kept says nothing of who took it; sizes are made later and shown then."""

import io
import os
import struct
import zlib
from collections.abc import Collection
from datetime import timedelta
from pathlib import Path
from typing import Any

import builders
import pytest
from builders import NOW, a_product, an_order, announced
from flask import Flask
from PIL import Image, ImageOps

from shop.base.db import reading
from shop.catalogue import picture_files, picture_queries, pictures, queries
from shop.catalogue.picture_files import (
    NotAPicture,
    PictureTooHeavy,
    PictureTooLarge,
    PictureTooNarrow,
    PictureTooSmall,
)
from shop.catalogue.pictures import NoSuchPicture, PictureThereAlready, TooManyPictures
from shop.orders import queries as orders

ALT = {"zh": "一瓶", "en": "A bottle", "de": "Eine Flasche"}
ORIENTATION, MAKER, GPS, RESOLUTION = 0x0112, 0x010F, 0x8825, 0x011A


def a_picture(width: int = 640, height: int = 480, colour: Any = "navy", kind: str = "JPEG", mode: str = "RGB", **more: Any) -> bytes:
    """An upload, its left half white."""
    made = Image.new(mode, (width, height), colour)
    made.paste("white" if mode != "RGBA" else (255, 255, 255, 255), (0, 0, width // 2, height))
    file = io.BytesIO()
    made.save(file, kind, **more)
    return file.getvalue()


def a_png_header(width: int, height: int) -> bytes:
    """A PNG that claims to be as large as that, in a hundred bytes."""

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


def _add(sku: str, sent: bytes, folder: Path) -> int:
    return pictures.add(sku, sent, ALT, folder, "staff:1", NOW)


@pytest.mark.parametrize(
    ("kind", "mode", "colour"),
    [("JPEG", "RGB", "navy"), ("PNG", "RGB", "navy"), ("PNG", "RGBA", (0, 0, 99, 0)), ("WEBP", "RGB", "navy"), ("AVIF", "RGB", "navy"),
     ("PNG", "P", 3), ("JPEG", "L", 40), ("JPEG", "CMYK", (0, 0, 0, 90)), ("PNG", "1", 0), ("PNG", "I;16", 500)],
)  # fmt: skip
def test_every_usual_picture_becomes_a_jpeg_of_ours(kind: str, mode: str, colour: Any) -> None:
    made = io.BytesIO()
    Image.new(mode, (640, 480), colour).save(made, kind)

    checked = picture_files.check(made.getvalue())

    with Image.open(io.BytesIO(checked.jpeg)) as kept:
        assert (kept.format, kept.mode, kept.size) == ("JPEG", "RGB", (640, 480))
    assert (checked.width, checked.height) == (640, 480)


def test_what_is_transparent_becomes_white() -> None:
    checked = picture_files.check(a_picture(kind="PNG", mode="RGBA", colour=(0, 0, 0, 0)))

    with Image.open(io.BytesIO(checked.jpeg)) as kept:
        assert min(kept.getpixel((600, 240))) > 250


def test_a_picture_is_put_upright_and_says_nothing_of_who_took_it_and_where() -> None:
    exif = Image.Exif()
    exif[ORIENTATION], exif[MAKER] = 6, "Secret Camera of Li"
    exif.get_ifd(GPS)[2] = (50.0, 2.0, 1.0)
    sent = a_picture(640, 480, exif=exif, comment=b"taken by Li")

    checked = picture_files.check(sent)

    assert b"Secret Camera" in sent
    with Image.open(io.BytesIO(checked.jpeg)) as kept:
        assert kept.size == (480, 640), "lying on its side it was taken upright"
        assert not kept.getexif()
        assert min(kept.getpixel((240, 100))) > 250, "its left half was white: now the upper one"
        assert set(kept.info) <= {"jfif", "jfif_version", "jfif_unit", "jfif_density"}
    assert b"Li" not in checked.jpeg[:2000]


def test_a_photo_with_a_maker_s_broken_notes_is_still_a_photo() -> None:
    fields = struct.pack(">HHIHH", ORIENTATION, 3, 1, 6, 0) + struct.pack(">HHI4s", RESOLUTION, 7, 4, b"ABCD")  # letters for a number
    notes = b"Exif\0\0MM\0*" + struct.pack(">IH", 8, 2) + fields + b"\0" * 4

    checked = picture_files.check(a_picture(640, 480, exif=notes))

    assert (checked.width, checked.height) == (480, 640)


@pytest.mark.parametrize("way", range(1, 9))
def test_every_way_of_holding_a_camera_is_put_upright_as_pillow_does_it(way: int) -> None:
    exif = Image.Exif()
    exif[ORIENTATION] = way
    sent = a_picture(640, 480, exif=exif)

    checked = picture_files.check(sent)

    with Image.open(io.BytesIO(sent)) as opened, Image.open(io.BytesIO(checked.jpeg)) as kept:
        upright = ImageOps.exif_transpose(opened)
        assert kept.size == upright.size
        for point in ((100, 100), (100, 380), (380, 100), (380, 380)):
            assert all(abs(a - b) < 9 for a, b in zip(kept.getpixel(point), upright.getpixel(point), strict=True))


def test_a_large_photo_is_kept_smaller() -> None:
    checked = picture_files.check(a_picture(6000, 4000))

    assert (checked.width, checked.height) == (2400, 1600)


@pytest.mark.parametrize(
    ("sent", "refusal"),
    [
        (b"", NotAPicture),
        (b"not a picture at all", NotAPicture),
        (b"\xff\xd8\xff\xe0" + b"JFIF" * 500, NotAPicture),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", NotAPicture),
        (b"GIF89a" + b"\0" * 300, NotAPicture),
        (b"%PDF-1.7\n", NotAPicture),
        (a_picture()[:900], NotAPicture),
        (a_png_header(640, 480), NotAPicture),
        (a_png_header(8000, 5000), PictureTooLarge),
        (a_png_header(100_000, 100_000), PictureTooLarge),
        (a_png_header(2**31 - 1, 2**31 - 1), PictureTooLarge),
        (a_picture(299, 600), PictureTooSmall),
        (a_picture(300, 1300), PictureTooNarrow),
        (b"\0" * (15 * 1024 * 1024 + 1), PictureTooHeavy),
    ],
    ids=["empty", "text", "fake", "svg", "gif", "pdf", "cut", "hollow", "40 MP", "bomb", "huge bomb", "small", "narrow", "heavy"],
)
def test_what_is_no_picture_for_us_is_refused(sent: bytes, refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        picture_files.check(sent)


def test_a_picture_with_a_bomb_in_its_texts_is_refused() -> None:
    made = a_picture(kind="PNG")
    bomb = b"c\0\0" + zlib.compress(b"\0" * 80_000_000)
    chunk = struct.pack(">I", len(bomb)) + b"zTXt" + bomb + struct.pack(">I", zlib.crc32(b"zTXt" + bomb))

    with pytest.raises(NotAPicture):
        picture_files.check(made[:33] + chunk + made[33:])


def test_an_upload_is_shown_as_it_is_until_its_sizes_are_made(app: Flask, tmp_path: Path) -> None:
    sku = a_product()

    key = _add(sku, a_picture(), tmp_path)
    first = queries.offer(sku, NOW)
    pictures.make_sizes(key, tmp_path, NOW)
    later = queries.offer(sku, NOW)

    stem = str(first.picture)
    assert (first.picture_kind, later.picture_kind) == ("original", "sizes")
    assert later.gallery == ({"stem": stem, "kind": "sizes", "alt": ALT},)
    assert announced("catalogue.picture_added") == [("catalogue.picture_added", key)]
    names = {f"{stem}-{width}.{ending}" for width in (360, 720, 1080) for ending in ("avif", "webp", "jpg")}
    assert {file.name for file in tmp_path.iterdir()} == names | {f"{stem}.jpg"}
    for width, expected in ((360, (360, 270)), (720, (640, 480)), (1080, (640, 480))):
        for ending, kind in (("avif", "AVIF"), ("webp", "WEBP"), ("jpg", "JPEG")):
            with Image.open(tmp_path / f"{stem}-{width}.{ending}") as made:
                assert (made.format, made.size) == (kind, expected), "made smaller, never larger"


def test_making_sizes_twice_or_of_a_picture_that_is_gone_is_harmless(app: Flask, tmp_path: Path) -> None:
    sku = a_product()
    key = _add(sku, a_picture(), tmp_path)
    pictures.make_sizes(key, tmp_path, NOW)
    before = builders.everything()

    pictures.make_sizes(key, tmp_path, NOW)
    pictures.make_sizes(key + 1, tmp_path, NOW)

    assert builders.everything() == before


def test_pictures_are_described_put_in_order_and_taken_away(app: Flask, tmp_path: Path) -> None:
    sku = a_product()
    one, two, three = (_add(sku, a_picture(colour=colour), tmp_path) for colour in ("navy", "red", "green"))

    pictures.move(sku, three, True, "staff:1", NOW)
    pictures.move(sku, one, True, "staff:1", NOW)  # it is the first
    pictures.describe(sku, one, {"zh": "新"}, "staff:1", NOW)
    pictures.remove(sku, two, "staff:1", NOW)

    product_id = queries.offer(sku, NOW).id
    shown = picture_queries.pictures(product_id)
    assert [(picture.id, picture.alt["zh"]) for picture in shown] == [(one, "新"), (three, "一瓶")]
    assert [picture["stem"] for picture in queries.offer(sku, NOW).gallery] == [picture.stem for picture in shown]
    assert queries.offer(sku, NOW).picture == shown[0].stem
    with pytest.raises(NoSuchPicture):
        pictures.remove(sku, two, "staff:1", NOW)
    with pytest.raises(NoSuchPicture):
        pictures.remove(a_product(), one, "staff:1", NOW)


def test_a_drawn_picture_stays_the_first_when_somebody_adds_another(app: Flask, tmp_path: Path) -> None:
    sku = a_product(picture="sp-0001-1a2b3c4d")

    _add(sku, a_picture(), tmp_path)

    offer = queries.offer(sku, NOW)
    assert (offer.picture, offer.picture_kind) == ("sp-0001-1a2b3c4d", "webp")
    assert [picture["kind"] for picture in offer.gallery] == ["webp", "original"]


def test_the_same_picture_twice_and_a_thirteenth_are_refused(app: Flask, tmp_path: Path) -> None:
    sku = a_product()
    for n in range(12):
        _add(sku, a_picture(300, 300 + n), tmp_path)

    with pytest.raises(TooManyPictures):
        _add(sku, a_picture(400, 400), tmp_path)
    pictures.remove(sku, picture_queries.pictures(queries.offer(sku, NOW).id)[-1].id, "staff:1", NOW)
    with pytest.raises(PictureThereAlready):
        _add(sku, a_picture(300, 300), tmp_path)


def test_files_that_nothing_shows_are_swept_after_two_days_and_those_of_orders_stay(app: Flask, tmp_path: Path) -> None:
    kept, ordered, dropped = (a_product() for _ in range(3))
    keys = {sku: _add(sku, a_picture(colour=colour), tmp_path) for sku, colour in ((kept, "navy"), (ordered, "red"), (dropped, "lime"))}
    stems = {sku: str(queries.offer(sku, NOW).picture) for sku in keys}
    an_order({ordered: 1})
    for sku in (ordered, dropped):
        pictures.remove(sku, keys[sku], "staff:1", NOW)
    (tmp_path / "sp-0001-1a2b3c4d-360.webp").write_bytes(b"drawn")
    now = builders.datetime.now(builders.UTC)

    early = pictures.sweep(tmp_path, orders.pictures_among, now)
    late = pictures.sweep(tmp_path, orders.pictures_among, now + timedelta(days=3))

    assert (early, late) == (0, 1)
    assert {file.name for file in tmp_path.iterdir()} == {
        f"{stems[kept]}.jpg", f"{stems[ordered]}.jpg", "sp-0001-1a2b3c4d-360.webp",
    }  # fmt: skip


def test_more_pictures_than_a_statement_can_name_are_swept_too(app: Flask, tmp_path: Path) -> None:
    sku = a_product()
    _add(sku, a_picture(), tmp_path)
    asked: list[int] = []
    count = pictures.AT_A_TIME + 1
    for n in range(count):
        (tmp_path / f"up-{n:032x}.jpg").touch()

    def shown(stems: Collection[str]) -> set[str]:
        asked.append(len(stems))
        return orders.pictures_among(stems)

    gone = pictures.sweep(tmp_path, shown, builders.datetime.now(builders.UTC) + timedelta(days=3))

    assert (gone, sum(asked)) == (count, count)
    assert max(asked) <= pictures.AT_A_TIME
    assert [file.name for file in tmp_path.iterdir()] == [f"{queries.offer(sku, NOW).picture}.jpg"]


def test_what_a_killed_process_was_writing_is_swept_and_what_is_being_written_is_not(app: Flask, tmp_path: Path) -> None:
    half = tmp_path / ".up-0123456789abcdef0123456789abcdef-720.avif.1a2b3c4d"
    half.write_bytes(b"half")
    (tmp_path / ".htaccess").touch()
    now = builders.datetime.now(builders.UTC)

    early = pictures.sweep(tmp_path, orders.pictures_among, now)
    late = pictures.sweep(tmp_path, orders.pictures_among, now + timedelta(days=3))

    assert (early, late) == (0, 1)
    assert [file.name for file in tmp_path.iterdir()] == [".htaccess"]


def test_a_picture_that_is_sent_again_while_its_old_files_are_swept_stays(app: Flask, tmp_path: Path) -> None:
    sku, sent = a_product(), a_picture()
    old = picture_files.check(sent)
    picture_files.keep(tmp_path, old)
    os.utime(tmp_path / f"{old.stem}.jpg", (0, 0))

    def shown(stems: Collection[str]) -> set[str]:
        assert old.stem in stems, "the sweep has looked whether somebody shows it"
        _add(sku, sent, tmp_path)
        return set()

    gone = pictures.sweep(tmp_path, shown, builders.datetime.now(builders.UTC))

    assert gone == 0
    assert (tmp_path / f"{queries.offer(sku, NOW).picture}.jpg").is_file()


def test_a_refused_upload_leaves_no_file_and_no_row(app: Flask, tmp_path: Path) -> None:
    sku = a_product()
    before = builders.everything()

    with pytest.raises(NotAPicture):
        _add(sku, b"nothing", tmp_path)

    assert builders.everything() == before
    assert list(tmp_path.iterdir()) == []
    with reading():
        assert queries.offer(sku, NOW).picture is None
