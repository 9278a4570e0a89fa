"""Pictures for the example article: a sky at dusk past a wing, and goods side by side. Drawn, so that no photograph is needed."""

import io
import math
from collections.abc import Mapping, Sequence
from typing import Any

from PIL import Image, ImageDraw, ImageFilter

from shop.seed.canvas import Colour, colour, mix
from shop.seed.pictures import draw

WIDTH, HEIGHT = 1080, 460  # the cover's 2.35 : 1
FINE = 2  # drawn so many times larger, then made smaller
SKY: Sequence[tuple[float, str]] = (
    (0.0, "#16234a"), (0.32, "#4a3f78"), (0.55, "#c9657a"), (0.7, "#f3a25f"), (0.78, "#fbd9a0"), (1.0, "#e9b9a6"),
)
CLOUDS: Sequence[tuple[float, float, float, str, int]] = (  # height, size, phase, colour, alpha
    (0.80, 0.05, 0.3, "#f7cfa6", 170), (0.86, 0.07, 1.7, "#dd9a94", 200), (0.93, 0.09, 2.9, "#a2708f", 225), (1.00, 0.10, 4.1, "#5d4a79", 245),
)  # fmt: skip


def sky() -> bytes:
    """The cover, as PNG."""
    size = WIDTH * FINE, HEIGHT * FINE
    picture = _gradient(size)
    _sun(picture)
    for height, puff, phase, tone, alpha in CLOUDS:
        _bank(picture, height, puff, phase, colour(tone), alpha)
    _wing(picture)
    return _png(picture.resize((WIDTH, HEIGHT), Image.Resampling.LANCZOS))


def side_by_side(products: Sequence[Mapping[str, Any]]) -> bytes:
    """Some products in a row, as PNG."""
    side = WIDTH // len(products)
    picture = Image.new("RGB", (side * len(products), side))
    for place, product in enumerate(products):
        picture.paste(draw(product, side), (place * side, 0))
    return _png(picture)


def _gradient(size: tuple[int, int]) -> Image.Image:
    column = Image.new("RGB", (1, size[1]))
    for y in range(size[1]):
        column.putpixel((0, y), _sky_at(y / size[1]))
    return column.resize(size)


def _sky_at(where: float) -> Colour:
    for (above, upper), (below, lower) in zip(SKY, SKY[1:], strict=False):
        if where <= below:
            return mix(colour(upper), colour(lower), (where - above) / (below - above))
    return colour(SKY[-1][1])


def _sun(picture: Image.Image) -> None:
    x, y, across = picture.width * 0.68, picture.height * 0.72, picture.height * 0.09
    for grow, alpha in ((6, 60), (3, 90), (1, 255)):
        light = Image.new("L", picture.size, 0)
        reach = across * grow
        ImageDraw.Draw(light).ellipse((x - reach, y - reach, x + reach, y + reach), fill=alpha)
        light = light.filter(ImageFilter.GaussianBlur(across * (grow - 1) * 0.6 + 2))
        picture.paste(Image.new("RGB", picture.size, (255, 240, 205)), (0, 0), light)


def _bank(picture: Image.Image, height: float, puff: float, phase: float, tone: Colour, alpha: int) -> None:
    """A bank of clouds: round tops along a line, and all that is beneath."""
    mask = Image.new("L", picture.size, 0)
    pen, size = ImageDraw.Draw(mask), puff * picture.height
    for step in range(-1, 26):
        x = picture.width * step / 24
        wave = math.sin(step * 1.9 + phase) + math.sin(step * 0.7 + phase * 2)
        radius = size * (1 + 0.35 * wave)
        y = height * picture.height + size * 0.35 * math.cos(step * 1.3 + phase)
        pen.ellipse((x - radius * 1.7, y - radius, x + radius * 1.7, y + radius), fill=alpha)
    pen.rectangle((0, height * picture.height, picture.width, picture.height), fill=alpha)
    mask = mask.filter(ImageFilter.GaussianBlur(size * 0.16))
    picture.paste(Image.new("RGB", picture.size, tone), (0, 0), mask)


def _wing(picture: Image.Image) -> None:
    """The wing of the aircraft, from the lower left, its tip turned up."""
    wide, high = picture.size

    def at(*points: tuple[float, float]) -> list[tuple[float, float]]:
        return [(x * wide, y * high) for x, y in points]

    pen = ImageDraw.Draw(picture)
    pen.polygon(at((-0.02, 0.74), (0.47, 0.575), (0.502, 0.57), (0.50, 0.60), (0.30, 0.80), (-0.02, 1.04)), fill=colour("#2b2f4d"))
    pen.polygon(at((-0.02, 0.74), (0.47, 0.575), (0.502, 0.57), (0.46, 0.60), (-0.02, 0.80)), fill=colour("#4d4d72"))
    pen.polygon(at((0.47, 0.58), (0.502, 0.57), (0.535, 0.40), (0.522, 0.40)), fill=colour("#d96b5f"))
    pen.line(at((-0.02, 0.90), (0.38, 0.69)), fill=colour("#3c3f62"), width=round(high * 0.006))


def _png(picture: Image.Image) -> bytes:
    made = io.BytesIO()
    picture.save(made, "PNG")
    return made.getvalue()
