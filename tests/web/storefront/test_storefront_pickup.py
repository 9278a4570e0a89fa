"""What a traveller shows at the counter."""

import io

import builders
from flask.testing import FlaskClient
from PIL import Image

from shop.orders.queries import OrderView
from shop.pickup import codes


def test_the_page_shows_picture_code_counter_and_hours(signed_in: FlaskClient, paid: OrderView) -> None:
    page = signed_in.get(f"/orders/{paid.number}/pickup?lang=en").text

    code = builders.code_of(paid)
    assert f'src="/orders/{paid.number}/pickup.png" width="260"' in page
    assert f"{code[:5]}-{code[5:]}" in page
    assert f"Counter {builders.POINT}" in page
    assert "10:05 – 14:05" in page
    assert "Turn right" in page
    assert "A screenshot works too" in page
    assert "data-fresh" in page


def test_the_picture_is_one_that_a_scanner_reads(signed_in: FlaskClient, paid: OrderView) -> None:
    answer = signed_in.get(f"/orders/{paid.number}/pickup.png")

    picture = Image.open(io.BytesIO(answer.data))
    assert answer.mimetype == "image/png"
    assert picture.width >= 240
    assert picture.convert("L").getpixel((0, 0)) == 255  # the quiet zone
    expected = codes.picture_png(codes.token_of(builders.code_of(paid), builders.SECRET))  # type: ignore[arg-type]
    assert answer.data == expected


def test_the_picture_also_comes_as_svg(signed_in: FlaskClient, paid: OrderView) -> None:
    answer = signed_in.get(f"/orders/{paid.number}/pickup.svg")

    assert answer.mimetype == "image/svg+xml"
    assert b"<svg" in answer.data


def test_nobody_in_between_may_keep_the_picture(signed_in: FlaskClient, paid: OrderView) -> None:
    assert signed_in.get(f"/orders/{paid.number}/pickup.png").headers["Cache-Control"] == "private, max-age=3600"


def test_an_unpaid_order_has_no_code(signed_in: FlaskClient, unpaid: OrderView) -> None:
    for name in ("pickup", "pickup.png", "pickup.svg"):
        answer = signed_in.get(f"/orders/{unpaid.number}/{name}?lang=en")
        assert answer.status_code == 404
        assert "There is no pickup code for this order" in answer.text


def test_a_counter_that_packs_first_says_that_the_code_works_later(signed_in: FlaskClient, paid: OrderView) -> None:
    builders.set_point(builders.POINT, hands_over_unpacked=False)

    assert "still being prepared" in signed_in.get(f"/orders/{paid.number}/pickup?lang=en").text
