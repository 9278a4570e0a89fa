"""Every product gets a picture; the same product always gets the same one."""
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from PIL import Image, ImageChops, ImageStat

from shop.seed import Product, load
from shop.seed.pictures import LARGEST_FILE, LYING, SHAPES, WIDTHS, base_name, draw, write_pictures

PRODUCTS = load().products
ONE_OF_EACH = {product["picture"]["shape"]: product for product in PRODUCTS}


def test_every_shape_is_drawn_by_somebody_and_used_by_somebody() -> None:
    assert set(ONE_OF_EACH) == set(SHAPES)
    assert set(SHAPES) >= LYING


@pytest.mark.parametrize("product", ONE_OF_EACH.values(), ids=lambda product: product["picture"]["shape"])
def test_a_picture_is_square_opaque_and_shows_something_in_the_middle(product: Product) -> None:
    picture = draw(product, 90)

    wall = picture.crop((2, 2, 14, 14))
    middle = picture.crop((20, 15, 70, 80))
    assert picture.size == (90, 90)
    assert picture.mode == "RGB"
    assert max(ImageStat.Stat(middle).stddev) > max(ImageStat.Stat(wall).stddev) + 8


def test_the_same_product_is_drawn_the_same_twice() -> None:
    product = PRODUCTS[0]

    assert draw(product, 180).tobytes() == draw(product, 180).tobytes()


def test_two_products_of_one_shape_do_not_look_the_same() -> None:
    one, other = [product for product in PRODUCTS if product["picture"]["shape"] == "lipstick"][:2]

    assert ImageChops.difference(draw(one, 90), draw(other, 90)).getbbox() is not None


def test_two_runs_that_draw_into_one_folder_at_once_both_finish_with_whole_pictures(tmp_path: Path) -> None:
    some, start = PRODUCTS[:2], Barrier(4)

    def run(_: int) -> dict[str, str]:
        start.wait(timeout=10)
        return write_pictures(some, tmp_path)

    with ThreadPoolExecutor(4) as runs:
        answers = list(runs.map(run, range(4)))

    names = {f"{base}-{width}.webp" for base in answers[0].values() for width in WIDTHS}
    assert answers == answers[:1] * 4
    assert {file.name for file in tmp_path.iterdir()} == names
    for name in names:
        Image.open(tmp_path / name).load()


def test_pictures_are_written_in_two_widths_small_enough_for_a_phone(tmp_path: Path) -> None:
    seen: list[str] = []
    some = [ONE_OF_EACH["palette"], ONE_OF_EACH["praline_box"], ONE_OF_EACH["jar"]]

    bases = write_pictures(some, tmp_path, seen.append)

    assert seen == list(bases) == [product["sku"] for product in some]
    names = {f"{base}-{width}.webp" for base in bases.values() for width in (360, 720)}
    assert {file.name for file in tmp_path.iterdir()} == names
    for base in bases.values():
        for width in (360, 720):
            with Image.open(tmp_path / f"{base}-{width}.webp") as picture:
                assert picture.size == (width, width)
        assert (tmp_path / f"{base}-360.webp").stat().st_size <= LARGEST_FILE


def test_writing_again_leaves_existing_pictures_alone_and_brings_back_a_missing_one(tmp_path: Path) -> None:
    product = ONE_OF_EACH["tin"]
    base = write_pictures([product], tmp_path)[product["sku"]]
    kept, lost = tmp_path / f"{base}-360.webp", tmp_path / f"{base}-720.webp"
    first, before = lost.read_bytes(), kept.stat().st_mtime_ns

    write_pictures([product], tmp_path)
    assert kept.stat().st_mtime_ns == before

    lost.unlink()
    write_pictures([product], tmp_path)
    assert lost.read_bytes() == first


def test_another_colour_gives_another_address() -> None:
    product = PRODUCTS[0]
    repainted = {**product, "picture": {**product["picture"], "main": "#123456"}}

    assert base_name(repainted) != base_name(product)
    assert base_name(product).startswith(f"{product['sku'].lower()}-")
