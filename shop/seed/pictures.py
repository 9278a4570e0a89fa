"""Draws a picture for every product of the seed, so that the example shop needs no photographs."""
import hashlib
import io
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from PIL import Image, ImageChops, ImageFilter

from shop.base.files import write_whole
from shop.seed import beauty, bottles, goods, health, makeup, sweets
from shop.seed.bottles import FLOOR, Look
from shop.seed.canvas import Canvas, Colour, box, colour, darker, mix, oval

SHAPES: dict[str, Callable[[Canvas, Look], None]] = {
    **bottles.SHAPES, **beauty.SHAPES, **makeup.SHAPES, **sweets.SHAPES, **goods.SHAPES, **health.SHAPES,
}
LYING = makeup.LYING | sweets.LYING | goods.LYING

GROUNDS: dict[str, str] = {
    "spirits": "#ead9c2", "wine": "#e6d8d6", "perfume": "#eadce4", "skincare": "#d6e6e8",
    "makeup": "#f2d9d8", "sweets": "#f1e3cb", "accessories": "#dcdfe4", "health": "#dcead6",
}
WIDTHS = (360, 720)
LARGEST_FILE = 8_000  # bytes at the smaller width; twice that at the larger


def draw(product: Mapping[str, Any], size: int) -> Image.Image:
    """The product's picture, `size` pixels square and opaque; the same product always gives the same pixels."""
    look = _look(product)
    shape = product["picture"]["shape"]
    canvas = Canvas(size * 2)
    SHAPES[shape](canvas, look)
    thing = canvas.layer.reduce(2)
    ground = _ground(colour(GROUNDS[product["category"]]), look, size)
    if shape in LYING:
        _drop_shadow(ground, thing)
    else:
        _floor_shadow(ground, thing)
    ground.paste(thing, (0, 0), thing)
    return ground


def write_pictures(products: Iterable[Mapping[str, Any]], folder: Path, progress: Callable[[str], None] = lambda sku: None) -> dict[str, str]:
    """Write each picture as WebP, 360 and 720 wide, as `<base>-360.webp` and `<base>-720.webp`.

    Returns SKU → base (`sp-0001-1a2b3c4d`). The base names the product's look, not its bytes: what is there already is
    left alone, and a changed drawing gets a new address. Calls `progress` with each SKU when it is done.
    """
    folder.mkdir(parents=True, exist_ok=True)
    bases = {}
    for product in products:
        base = base_name(product)
        files = {width: folder / f"{base}-{width}.webp" for width in WIDTHS}
        if not all(file.exists() for file in files.values()):
            largest = draw(product, max(WIDTHS))
            for width, file in files.items():
                picture = largest.resize((width, width), Image.Resampling.LANCZOS) if width != largest.width else largest
                write_whole(file, _webp(picture))
        bases[product["sku"]] = base
        progress(product["sku"])
    return bases


def base_name(product: Mapping[str, Any]) -> str:
    """`<sku>-<hash>`: the hash is over everything the drawing depends on, the drawing code included."""
    facts = [DRAWING, product["sku"], product["category"], product["brand"], *sorted(product["picture"].items())]
    return f"{product['sku'].lower()}-{hashlib.sha256(repr(facts).encode()).hexdigest()[:8]}"


def _drawing() -> str:
    """A fingerprint of the drawing code."""
    here = Path(__file__).parent
    text = b"".join((here / f"{name}.py").read_bytes() for name in ("canvas", "bottles", "beauty", "makeup", "sweets", "goods", "health", "pictures"))
    return hashlib.sha256(text).hexdigest()


DRAWING = _drawing()


def _webp(picture: Image.Image) -> bytes:
    """As good as fits: a list shows twenty of these on a phone, so a busy picture gives up quality, not speed."""
    limit = LARGEST_FILE * picture.width // min(WIDTHS)
    for quality in (80, 70, 58, 45):
        buffer = io.BytesIO()
        picture.save(buffer, "WEBP", quality=quality, method=2)
        if buffer.tell() <= limit:
            break
    return buffer.getvalue()


def _look(product: Mapping[str, Any]) -> Look:
    chance = hashlib.sha256(product["sku"].encode()).digest()
    words = [word for word in unicodedata.normalize("NFD", product["brand"]).replace("-", " ").split() if word != "Dr."]
    initials = "".join(word[0] for word in words[:2]).upper()
    return Look(colour(product["picture"]["main"]), colour(product["picture"]["accent"]), initials, 0.95 + chance[0] / 2550)


def _ground(base: Colour, look: Look, size: int) -> Image.Image:
    """A quiet studio wall with light from above, a little of the product's own colour in it."""
    tone = mix(base, look.main, 0.07)
    light = Image.radial_gradient("L").resize((size * 2, size * 2), Image.Resampling.BICUBIC)
    light = light.crop((size // 2, round(size * 0.62), size // 2 + size, round(size * 0.62) + size))
    wall = Image.composite(Image.new("RGB", (size, size), darker(tone, 0.08)), Image.new("RGB", (size, size), mix(tone, (255, 255, 255), 0.72)), light)
    floor = Image.linear_gradient("L").resize((size, round(size * 0.3))).point(lambda level: round(level * 0.16))
    wall.paste(Image.new("RGB", floor.size, darker(tone, 0.5)), (0, size - floor.height), floor)
    return wall


def _floor_shadow(ground: Image.Image, thing: Image.Image) -> None:
    """A shadow where the thing touches the floor, and its faint reflection."""
    size = ground.width
    k = size / 1000
    strip = thing.crop((0, round((FLOOR - 30) * k), size, size)).getbbox()  # what stands on the floor, not what hangs above it
    if strip is None:
        return
    middle, half = (strip[0] + strip[2]) / 2 / k, (strip[2] - strip[0]) / 2 / k
    sheet = Canvas(size)
    sheet.glow(oval(middle + 14, FLOOR + 2, half * 1.12, 26), (40, 30, 30), 92, 20)
    sheet.glow(box(middle - half * 0.86, FLOOR - 6, middle + half * 0.86, FLOOR + 8, 7), (30, 22, 24), 150, 7)
    ground.paste(sheet.layer, (0, 0), sheet.layer)
    foot = round(FLOOR * k)
    depth = min(round(110 * k), size - foot)
    mirror = thing.crop((0, foot - depth, size, foot)).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    fade = Image.linear_gradient("L").transpose(Image.Transpose.FLIP_TOP_BOTTOM).resize((size, depth)).point(lambda level: round(level * 0.2))
    ground.paste(mirror, (0, foot), ImageChops.multiply(mirror.getchannel("A"), fade))


def _drop_shadow(ground: Image.Image, thing: Image.Image) -> None:
    """The shadow of a thing seen from above."""
    size = ground.width
    small = max(8, size // 4)
    shade = thing.getchannel("A").resize((small, small)).filter(ImageFilter.GaussianBlur(small * 0.022)).resize((size, size), Image.Resampling.BICUBIC)
    shade = ImageChops.offset(shade, round(size * 0.012), round(size * 0.026)).point(lambda level: round(level * 0.42))
    ground.paste(Image.new("RGB", (size, size), (46, 36, 40)), (0, 0), shade)
