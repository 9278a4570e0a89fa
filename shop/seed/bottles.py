"""Silhouettes of bottles: spirits, wine and champagne."""
from msgspec import Struct

from shop.seed.canvas import (
    GOLD,
    INK,
    PAPER,
    WHITE,
    Canvas,
    Colour,
    Outline,
    band,
    box,
    darker,
    falling,
    glossy,
    is_dark,
    lighter,
    metal,
    mix,
    oval,
    rounded,
    turned,
)

FLOOR = 868


class Look(Struct, frozen=True):
    """What tells one product of a shape from another: its colours, its initials and a small change of build."""

    main: Colour
    accent: Colour
    initials: str
    build: float  # 0.95 to 1.05, from the SKU


def shine(c: Canvas, body: Outline, left: float, top: float, right: float, bottom: float, alpha: int = 120) -> None:
    """A window's light down the left of a body, and a thin one on its right."""
    width = right - left
    c.glow(box(left + width * 0.09, top, left + width * 0.19, bottom, 20), WHITE, alpha, 7, within=body)
    c.glow(box(right - width * 0.09, top + 30, right - width * 0.055, bottom - 20, 8), WHITE, round(alpha * 0.6), 4, within=body)


def label(c: Canvas, look: Look, top: float, bottom: float, radius: float, paper: Colour = PAPER, sag: float = 7) -> None:
    """A paper label with the brand's initials and a coloured foot."""
    ink = lighter(paper, 0.85) if is_dark(paper) else darker(look.accent, 0.15)
    if not is_dark(paper) and not is_dark(look.accent):
        ink = darker(look.accent, 0.55)
    height = bottom - top
    c.fill(band(top, bottom, radius, sag), rounded(paper), 250)
    c.fill(band(bottom - height * 0.2, bottom - height * 0.06, radius, sag), rounded(look.accent))
    c.fill(band(top + height * 0.05, top + height * 0.065, radius * 0.94, sag), mix(paper, GOLD, 0.7))
    c.letters(look.initials, 500, top + height * 0.32 + sag, height * 0.3, ink)
    c.print(500, top + height * 0.56 + sag, [radius * 1.1, radius * 0.7], ink, gap=height * 0.085, thick=height * 0.032)


def _clear(c: Canvas, body: Outline, liquid: Colour, level: float, left: float, right: float) -> None:
    """Clear glass with a liquid up to `level`, a thick foot and lights."""
    glass = mix((226, 232, 234), liquid, 0.12)
    c.fill(body, glossy(glass), 215)
    inner = box(left + 9, level, right - 9, FLOOR - 24, 26)
    c.fill(inner, glossy(liquid), 245, within=body)
    c.fill(oval(500, level + 2, (right - left) / 2 - 10, 6), lighter(liquid, 0.35), 200, within=body)
    c.glow(box(left + 30, FLOOR - 120, right - 30, FLOOR - 30, 40), lighter(liquid, 0.55), 90, 22, within=body)
    c.fill(box(left, FLOOR - 20, right, FLOOR, 8), glossy(glass), 120, within=body)


def whisky(c: Canvas, look: Look) -> None:
    r = 128 * look.build
    body = turned([(250, 40, ""), (330, 42, "line"), (430, r, "ease"), (FLOOR - 24, r, "line"), (FLOOR, r - 18, "bowl")])
    _clear(c, body, look.main, 390, 500 - r, 500 + r)
    shine(c, body, 500 - r, 440, 500 + r, 840)
    label(c, look, 540, 770, r - 1)
    c.fill(box(452, 205, 548, 292, 8), rounded(look.accent))
    c.fill(box(444, 150, 556, 218, 12), rounded((110, 76, 50) if not is_dark(look.accent) else lighter(look.accent, 0.12)))
    c.fill(box(452, 284, 548, 296, 4), metal(GOLD))


def square_bottle(c: Canvas, look: Look) -> None:
    r = 142 * look.build
    body = turned([(262, 40, ""), (336, 42, "line"), (366, r - 30, "dome"), (396, r, "dome"), (FLOOR - 14, r, "line"), (FLOOR, r - 12, "bowl")])
    _clear(c, body, look.main, 402, 500 - r, 500 + r)
    c.fill([(500 + r * 0.62, 372), (500 + r, 396), (500 + r, FLOOR), (500 + r * 0.62, FLOOR)], darker(look.main, 0.4), 70, within=body)
    shine(c, body, 500 - r, 400, 500 + r, 850, 105)
    paper = look.accent if is_dark(look.accent) else PAPER
    c.fill(box(500 - r * 0.78, 500, 500 + r * 0.58, 790, 8), falling(paper, 0.12))
    ink = GOLD if is_dark(paper) else darker(look.accent, 0.4)
    c.fill(box(500 - r * 0.7, 512, 500 + r * 0.5, 516, 2), ink, 200)
    c.letters(look.initials, 500 - r * 0.1, 590, 74, ink)
    c.print(500 - r * 0.1, 656, [150, 108, 128], ink, gap=22, thick=7)
    c.fill(box(500 - r * 0.7, 772, 500 + r * 0.5, 776, 2), ink, 200)
    c.fill(box(446, 170, 554, 272, 14), rounded((96, 62, 40)))
    c.fill(box(450, 262, 550, 296, 6), metal(GOLD))


def cognac(c: Canvas, look: Look) -> None:
    r = 205 * look.build
    body = turned([(290, 34, ""), (392, 36, "line"), (470, 82, "ease"), (640, r, "dome"), (812, r - 34, "ease"), (FLOOR, r - 88, "bowl")])
    _clear(c, body, look.main, 452, 500 - r, 500 + r)
    for shift in (-0.55, -0.2, 0.2, 0.55):
        c.glow(turned([(480, 3, ""), (640, 5, "line"), (840, 3, "line")], 500 + r * shift), lighter(look.main, 0.6), 70, 6, within=body)
    shine(c, body, 500 - r, 560, 500 + r, 790)
    medal = lighter(look.accent, 0.05)
    c.fill(oval(500, 650, 92, 92), metal(GOLD))
    c.fill(oval(500, 650, 83, 83), falling(medal, 0.3))
    c.letters(look.initials, 500, 648, 76, WHITE if is_dark(medal) else INK)
    c.fill(box(450, 350, 550, 392, 10), metal(GOLD))
    c.fill(turned([(160, 30, ""), (196, 58, "dome"), (250, 50, "ease"), (300, 30, "ease")]), glossy(mix(look.main, WHITE, 0.5)), 235)
    c.fill(box(458, 288, 542, 318, 6), metal(GOLD))


def gin(c: Canvas, look: Look) -> None:
    r = 138 * look.build
    body = turned([(286, 38, ""), (350, 38, "line"), (420, r, "dome"), (FLOOR - 40, r * 0.93, "line"), (FLOOR, r * 0.8, "bowl")])
    c.fill(body, glossy(look.main), 245)
    shine(c, body, 500 - r, 430, 500 + r, 830, 150)
    label(c, look, 520, 770, r * 0.95, PAPER if is_dark(look.main) else lighter(look.accent, 0.9))
    c.fill(box(456, 182, 544, 302, 16), rounded(look.accent if is_dark(look.accent) else (120, 84, 56)))
    c.fill(box(456, 286, 544, 304, 4), metal(GOLD))


def vodka(c: Canvas, look: Look) -> None:
    r = 108 * look.build
    body = turned([(236, 34, ""), (330, 36, "line"), (420, r, "ease"), (FLOOR - 20, r, "line"), (FLOOR, r - 14, "bowl")])
    _clear(c, body, look.main, 380, 500 - r, 500 + r)
    c.fill(band(560, 764, r - 1, 6), glossy(look.accent), 228)
    c.letters(look.initials, 500, 640, 76, WHITE)
    c.print(500, 700, [110, 76], WHITE, gap=20, thick=6)
    shine(c, body, 500 - r, 420, 500 + r, 845, 130)
    c.fill(box(458, 150, 542, 262, 8), metal(lighter(look.accent, 0.55)))


def _wine(c: Canvas, look: Look, r: float, body: Outline, foil_end: float, label_top: float) -> None:
    c.fill(body, glossy(look.main))
    c.glow(box(500 - r, 830, 500 + r, 870, 10), darker(look.main, 0.6), 120, 12, within=body)
    shine(c, body, 500 - r, 420, 500 + r, 845, 135)
    label(c, look, label_top, label_top + 214, r - 1, PAPER)
    foil = look.accent if is_dark(look.accent) else darker(look.accent, 0.35)
    c.fill(turned([(132, 36, ""), (foil_end, 37, "line")]), metal(foil))
    c.fill(box(460, 132, 540, 160, 6), metal(lighter(foil, 0.15)))


def bordeaux(c: Canvas, look: Look) -> None:
    r = 106 * look.build
    body = turned([(140, 33, ""), (352, 36, "line"), (420, r, "dome"), (FLOOR - 16, r, "line"), (FLOOR, r - 12, "bowl")])
    _wine(c, look, r, body, 282, 560)


def burgundy(c: Canvas, look: Look) -> None:
    r = 120 * look.build
    body = turned([(140, 33, ""), (320, 37, "line"), (520, r, "ease"), (FLOOR - 16, r, "line"), (FLOOR, r - 14, "bowl")])
    _wine(c, look, r, body, 272, 578)


def flute(c: Canvas, look: Look) -> None:
    r = 92 * look.build
    body = turned([(120, 31, ""), (250, 34, "line"), (530, r, "ease"), (FLOOR - 14, r, "line"), (FLOOR, r - 10, "bowl")])
    _wine(c, look, r, body, 240, 590)


def champagne(c: Canvas, look: Look) -> None:
    r = 128 * look.build
    body = turned([(200, 38, ""), (330, 42, "line"), (520, r, "ease"), (FLOOR - 20, r, "line"), (FLOOR, r - 16, "bowl")])
    c.fill(body, glossy(look.main))
    shine(c, body, 500 - r, 500, 500 + r, 845, 135)
    label(c, look, 590, 780, r - 1, lighter(look.accent, 0.86))
    foil = look.accent if not is_dark(look.accent) else GOLD
    c.fill(turned([(160, 50, ""), (214, 46, "line"), (300, 44, "line"), (424, 76, "ease")]), metal(foil))
    c.fill(turned([(128, 34, ""), (146, 54, "dome"), (168, 52, "line"), (196, 44, "ease")]), metal(lighter(foil, 0.2)))
    c.fill(box(452, 224, 548, 232, 4), darker(foil, 0.4), 150)
    c.fill(band(400, 424, 66, 8), darker(foil, 0.25), 160)


def wine_case(c: Canvas, look: Look) -> None:
    wood = look.accent
    c.fill(box(262, 236, 738, FLOOR, 6), falling(darker(wood, 0.25), 0.2))
    c.fill(box(286, 262, 714, 842, 4), falling(darker(wood, 0.62), 0.1))
    for middle in (392, 608):
        bottle = turned([(286, 24, ""), (430, 26, "line"), (488, 76, "dome"), (822, 76, "line"), (832, 70, "bowl")], middle)
        c.fill(bottle, glossy(look.main))
        c.glow(box(middle - 56, 500, middle - 42, 800, 8), WHITE, 120, 5, within=bottle)
        c.fill(turned([(286, 27, ""), (380, 28, "line")], middle), metal(darker(GOLD, 0.2)))
        c.fill(box(middle - 74, 590, middle + 74, 742, 3), rounded(PAPER))
        c.letters(look.initials, middle, 642, 46, look.main)
        c.print(middle, 688, [92, 60], look.main, gap=16, thick=5)
    c.fill(box(262, 762, 738, FLOOR, 4), falling(wood, 0.2))
    for y in (790, 822, 846):
        c.line([(270, y), (730, y + 2)], darker(wood, 0.3), 1.6, 90)
    c.letters(look.initials, 500, 814, 56, darker(wood, 0.6))


SHAPES = {
    "whisky": whisky, "square_bottle": square_bottle, "cognac": cognac, "gin": gin, "vodka": vodka,
    "bordeaux": bordeaux, "burgundy": burgundy, "flute": flute, "champagne": champagne, "wine_case": wine_case,
}
