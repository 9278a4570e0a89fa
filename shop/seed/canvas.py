"""The sheet the product pictures are drawn on: outlines, paints, light and shadow, with Pillow alone."""
import math
from collections.abc import Iterable, Sequence

from msgspec import Struct
from PIL import Image, ImageChops, ImageDraw, ImageFilter, ImageFont

Colour = tuple[int, int, int]
Point = tuple[float, float]
Outline = list[Point]
Stops = Sequence[tuple[float, Colour]]

WHITE: Colour = (255, 255, 255)
INK: Colour = (28, 28, 34)
PAPER: Colour = (247, 243, 234)
GOLD: Colour = (201, 164, 86)
STEEL: Colour = (190, 196, 203)


def colour(text: str) -> Colour:
    """'#b4641e' as red, green and blue."""
    return int(text[1:3], 16), int(text[3:5], 16), int(text[5:7], 16)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """`share` (0 to 1) of the way from one colour to the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def lighter(base: Colour, share: float) -> Colour:
    return mix(base, WHITE, share)


def darker(base: Colour, share: float) -> Colour:
    return mix(base, (14, 12, 18), share)


def is_dark(base: Colour) -> bool:
    return base[0] * 0.3 + base[1] * 0.59 + base[2] * 0.11 < 120


class Paint(Struct, frozen=True):
    """A run of colours over an outline's box: across (left to right) or down."""

    stops: Stops
    down: bool = False


def flat(base: Colour) -> Paint:
    return Paint([(0, base), (1, base)])


def rounded(base: Colour) -> Paint:
    """A matt cylinder lit from the upper left."""
    return Paint([(0, darker(base, 0.38)), (0.1, darker(base, 0.12)), (0.28, lighter(base, 0.3)), (0.5, base),
                  (0.8, darker(base, 0.22)), (0.95, darker(base, 0.42)), (1, darker(base, 0.34))])


def glossy(base: Colour) -> Paint:
    """A glass or lacquered cylinder: dark rims, a hard light on the left and a faint one on the right."""
    return Paint([(0, darker(base, 0.5)), (0.06, darker(base, 0.25)), (0.14, lighter(base, 0.45)), (0.22, lighter(base, 0.12)),
                  (0.5, base), (0.78, darker(base, 0.18)), (0.88, lighter(base, 0.2)), (0.95, darker(base, 0.3)),
                  (1, darker(base, 0.52))])


def metal(base: Colour) -> Paint:
    """Polished metal: several hard bands of light."""
    return Paint([(0, darker(base, 0.45)), (0.12, lighter(base, 0.5)), (0.22, lighter(base, 0.1)), (0.4, darker(base, 0.3)),
                  (0.55, base), (0.72, lighter(base, 0.65)), (0.85, darker(base, 0.1)), (1, darker(base, 0.5))])


def falling(base: Colour, strength: float = 0.25) -> Paint:
    """A flat face that is lighter at the top."""
    return Paint([(0, lighter(base, strength * 0.8)), (0.45, base), (1, darker(base, strength))], down=True)


def box(left: float, top: float, right: float, bottom: float, radius: float = 0) -> Outline:
    """A rectangle with round corners."""
    radius = min(radius, (right - left) / 2, (bottom - top) / 2)
    if radius <= 0:
        return [(left, top), (right, top), (right, bottom), (left, bottom)]
    corners = [(right - radius, top + radius, -90), (right - radius, bottom - radius, 0),
               (left + radius, bottom - radius, 90), (left + radius, top + radius, 180)]
    return [(x + radius * math.cos(math.radians(start + step)), y + radius * math.sin(math.radians(start + step)))
            for x, y, start in corners for step in range(0, 91, 9)]


def oval(x: float, y: float, across: float, down: float) -> Outline:
    """An ellipse by its centre and half axes."""
    return [(x + across * math.cos(a), y + down * math.sin(a)) for a in (math.tau * n / 72 for n in range(72))]


def _along(how: str, t: float) -> float:
    if how == "ease":
        return (1 - math.cos(math.pi * t)) / 2
    if how == "dome":
        return math.sqrt(1 - (1 - t) ** 2)
    if how == "bowl":
        return 1 - math.sqrt(1 - t * t)
    return t


def turned(profile: Iterable[tuple[float, float, str]], x: float = 500) -> Outline:
    """A shape from the lathe: (height, radius, way from the point before: line, ease, dome or bowl)."""
    points = list(profile)
    right: Outline = [(points[0][1], points[0][0])]
    for (y0, r0, _), (y1, r1, how) in zip(points, points[1:], strict=False):
        steps = 1 if how == "line" else 18
        right += [(r0 + (r1 - r0) * _along(how, n / steps), y0 + (y1 - y0) * n / steps) for n in range(1, steps + 1)]
    return [(x + r, y) for r, y in right] + [(x - r, y) for r, y in reversed(right)]


def band(top: float, bottom: float, radius: float, sag: float = 8, x: float = 500) -> Outline:
    """A label around a cylinder seen a little from above."""
    arc = [(math.cos(math.pi * n / 24), math.sin(math.pi * n / 24)) for n in range(25)]
    upper = [(x + radius * c, top + sag * s) for c, s in arc]
    lower = [(x + radius * c, bottom + sag * s) for c, s in reversed(arc)]
    return upper + lower


def leaning(outline: Outline, degrees: float, x: float = 500, y: float = 500) -> Outline:
    """The outline turned clockwise around a point."""
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return [(x + (a - x) * cos - (b - y) * sin, y + (a - x) * sin + (b - y) * cos) for a, b in outline]


def smooth(points: Sequence[Point], steps: int = 10) -> Outline:
    """A closed soft curve through the points (Catmull-Rom)."""
    curve: Outline = []
    count = len(points)
    for n in range(count):
        p0, p1, p2, p3 = (points[(n + shift) % count] for shift in (-1, 0, 1, 2))
        for step in range(steps):
            t = step / steps
            curve.append((_catmull(p0[0], p1[0], p2[0], p3[0], t), _catmull(p0[1], p1[1], p2[1], p3[1], t)))
    return curve


def _catmull(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t * t + (3 * b - a - 3 * c + d) * t**3)


class Canvas:
    """A transparent square of `side` pixels; every position is in thousandths of its side."""

    def __init__(self, side: int) -> None:
        self.side = side
        self.k = side / 1000
        self.layer = Image.new("RGBA", (side, side), (0, 0, 0, 0))

    def _frame(self, outline: Outline, margin: float = 0) -> tuple[int, int, int, int]:
        xs, ys = [p[0] for p in outline], [p[1] for p in outline]
        return (max(0, math.floor((min(xs) - margin) * self.k)), max(0, math.floor((min(ys) - margin) * self.k)),
                min(self.side, math.ceil((max(xs) + margin) * self.k) + 1), min(self.side, math.ceil((max(ys) + margin) * self.k) + 1))

    def _mask(self, outline: Outline, frame: tuple[int, int, int, int], alpha: int, scale: float = 1) -> Image.Image:
        size = max(1, round((frame[2] - frame[0]) * scale)), max(1, round((frame[3] - frame[1]) * scale))
        mask = Image.new("L", size, 0)
        ImageDraw.Draw(mask).polygon([((x * self.k - frame[0]) * scale, (y * self.k - frame[1]) * scale) for x, y in outline], fill=alpha)
        return mask

    def fill(self, outline: Outline, paint: Paint | Colour, alpha: int = 255, within: Outline | None = None) -> None:
        """Paint the inside of an outline, with `within` only where the other outline is too."""
        frame = self._frame(outline)
        if frame[2] <= frame[0] or frame[3] <= frame[1]:
            return
        mask = self._mask(outline, frame, alpha)
        if within is not None:
            mask = ImageChops.multiply(mask, self._mask(within, frame, 255))
        tile = _painted(paint if isinstance(paint, Paint) else flat(paint), mask.size)
        tile.putalpha(mask)
        self.layer.alpha_composite(tile, frame[:2])

    def glow(self, outline: Outline, tone: Colour, alpha: int, blur: float, within: Outline | None = None) -> None:
        """A soft-edged patch of light or shade; drawn small and enlarged, because blurring is dear."""
        frame = self._frame(outline, blur * 2.5)
        if frame[2] <= frame[0] or frame[3] <= frame[1]:
            return
        mask = self._mask(outline, frame, alpha, 0.25).filter(ImageFilter.GaussianBlur(blur * self.k * 0.25))
        mask = mask.resize((frame[2] - frame[0], frame[3] - frame[1]), Image.Resampling.BILINEAR)
        if within is not None:
            mask = ImageChops.multiply(mask, self._mask(within, frame, 255))
        tile = Image.new("RGBA", mask.size, tone)
        tile.putalpha(mask)
        self.layer.alpha_composite(tile, frame[:2])

    def line(self, points: Sequence[Point], tone: Colour, width: float, alpha: int = 255) -> None:
        """A stroke with round ends."""
        shot = [(x * self.k, y * self.k) for x, y in points]
        pen, thick = ImageDraw.Draw(self.layer), max(1, round(width * self.k))
        pen.line(shot, fill=(*tone, alpha), width=thick, joint="curve")
        for x, y in (shot[0], shot[-1]):
            pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=(*tone, alpha))

    def letters(self, text: str, x: float, y: float, height: float, tone: Colour) -> None:
        """Initials in the font that comes with Pillow, centred."""
        font = ImageFont.load_default(size=max(6, height * self.k))
        ImageDraw.Draw(self.layer).text((x * self.k, y * self.k), text, font=font, fill=(*tone, 255), anchor="mm")

    def print(self, x: float, y: float, widths: Sequence[float], tone: Colour, gap: float = 16, thick: float = 5, alpha: int = 190) -> None:
        """Small print, suggested by bars around a middle line."""
        for n, width in enumerate(widths):
            top = y + n * gap
            self.fill(box(x - width / 2, top, x + width / 2, top + thick, thick / 2), tone, alpha)


def _painted(paint: Paint, size: tuple[int, int]) -> Image.Image:
    steps = 96
    strip = Image.new("RGB", (steps, 1))
    strip.putdata([_at(paint.stops, n / (steps - 1)) for n in range(steps)])
    if paint.down:
        strip = strip.transpose(Image.Transpose.ROTATE_270)
    return strip.resize(size, Image.Resampling.BILINEAR).convert("RGBA")


def _at(stops: Stops, where: float) -> Colour:
    for (p0, c0), (p1, c1) in zip(stops, stops[1:], strict=False):
        if where <= p1:
            return mix(c0, c1, (where - p0) / (p1 - p0) if p1 > p0 else 1)
    return stops[-1][1]
