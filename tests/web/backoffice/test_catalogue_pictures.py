"""Uploading pictures on a product's page, and how the shop shows them before and after their sizes are made."""

import io
import re
from pathlib import Path
from typing import Any

import pytest
from builders import a_product
from flask.testing import FlaskClient
from PIL import Image
from urllib3.filepost import encode_multipart_formdata

from shop import reacting
from shop.base import clock
from shop.catalogue import picture_queries, queries
from shop.settings import Settings

PAGE = "/manage/catalogue/products/{}"


def a_picture(width: int = 500, height: int = 400, colour: str = "navy") -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(made, "PNG")
    return made.getvalue()


def _file(client: FlaskClient, name: str) -> Any:
    answer = client.get(f"/pictures/{name}")
    assert answer.data
    answer.close()
    return answer


def _upload(office: FlaskClient, sku: str, sent: bytes, name: str = "photo.jpg", **typed: str) -> Any:
    body, kind = encode_multipart_formdata({"picture": (name, sent), "alt_zh": "一瓶酒", **typed})
    return office.post(f"{PAGE.format(sku)}/pictures", data=body, content_type=kind)


def test_an_upload_is_shown_at_once_and_as_avif_webp_and_jpeg_once_the_worker_was_there(
    office: FlaskClient, client: FlaskClient, settings: Settings
) -> None:
    sku = a_product()

    answer = _upload(office, sku, a_picture())

    assert answer.status_code == 303
    offer = queries.offer(sku, clock.now())
    before = client.get(f"/products/{sku}").text
    early = _file(client, f"{offer.picture}-360.webp")
    assert f'src="/pictures/{offer.picture}.jpg"' in before
    assert "<picture>" not in before
    assert 'alt="一瓶酒"' in before
    assert (early.status_code, early.mimetype, early.cache_control.max_age) == (200, "image/jpeg", 60)

    reacting.make_picture_sizes(picture_queries.pictures(offer.id)[0].id, {}, clock.now())

    after, home = client.get(f"/products/{sku}").text, client.get("/").text
    for page in (after, home):
        assert re.search(rf'<source type="image/avif" srcset="/pictures/{offer.picture}-360.avif 360w, ', page)
        assert f'src="/pictures/{offer.picture}-720.jpg"' in page
    for ending, kind in (("avif", "image/avif"), ("webp", "image/webp"), ("jpg", "image/jpeg")):
        file = _file(client, f"{offer.picture}-720.{ending}")
        assert (file.status_code, file.mimetype, file.cache_control.max_age) == (200, kind, 31536000)
        assert file.cache_control.immutable
    assert (Path(settings.picture_folder) / f"{offer.picture}.jpg").is_file()


@pytest.mark.parametrize(
    ("sent", "name", "status", "words"),
    [
        (b"MZ this is a program", "holiday.jpg", 400, "This file is no picture that we can read."),
        (b"", "empty.jpg", 422, "Please fill in this field."),
        (a_picture(8000, 5000), "large.png", 400, "This picture has 40 megapixels; 36 are the most."),
        (a_picture(200, 200), "tiny.png", 400, "each side needs 300 pixels"),
        (b"\x89PNG\r\n\x1a\n" + b"\0" * 15 * 1024 * 1024, "heavy.png", 400, "This file is too large: 15 MB are the most."),
        (b"\0" * 17 * 1024 * 1024, "far too heavy.png", 413, "That is too much data."),
    ],
    ids=["fake", "empty", "40 megapixels", "tiny", "heavy", "far too heavy"],
)
def test_what_cannot_be_shown_is_refused_in_clear_words(office: FlaskClient, sent: bytes, name: str, status: int, words: str) -> None:
    sku = a_product()

    answer = _upload(office, sku, sent, name)

    assert answer.status_code == status
    assert words in " ".join(answer.text.split())
    assert queries.offer(sku, clock.now()).picture is None
    assert status == 413 or 'value="一瓶酒"' in answer.text


def test_pictures_are_put_in_order_described_and_taken_away_on_the_page(office: FlaskClient) -> None:
    sku = a_product()
    for colour in ("navy", "red"):
        _upload(office, sku, a_picture(colour=colour))
    product_id = queries.offer(sku, clock.now()).id
    one, two = (picture.id for picture in picture_queries.pictures(product_id))

    def do(key: int, **typed: str) -> int:
        return office.post(f"{PAGE.format(sku)}/pictures/{key}", data=typed).status_code

    assert [do(two, do="up"), do(one, do="describe", alt_en="Side"), do(two, do="remove"), do(two, do="remove")] == [303, 303, 303, 404]
    assert [(picture.id, picture.alt["en"]) for picture in picture_queries.pictures(product_id)] == [(one, "Side")]
    assert do(one, do="describe", alt_en="x" * 161) == 422


@pytest.mark.parametrize("name", ["up-" + "0" * 32 + "-360.webp", "up-0-360.webp", "..%2fshop.db", "x.svg", ".jpg"])
def test_a_picture_that_is_not_there_is_not_found(client: FlaskClient, name: str) -> None:
    assert client.get(f"/pictures/{name}").status_code == 404


def test_other_forms_take_no_more_than_before(office: FlaskClient) -> None:
    sku = a_product()

    assert office.post(PAGE.format(sku), data={"text_zh": "x" * 300_000}).status_code == 413
