"""Silhouettes of scents and skin care: flacons, jars, tubes and their like."""
from shop.seed.bottles import FLOOR, Look, shine
from shop.seed.canvas import (
    GOLD,
    INK,
    PAPER,
    STEEL,
    WHITE,
    Canvas,
    Colour,
    Outline,
    band,
    box,
    darker,
    falling,
    flat,
    glossy,
    is_dark,
    lighter,
    metal,
    mix,
    oval,
    rounded,
    turned,
)


def ink_on(paper: Colour, wish: Colour) -> Colour:
    """The wished colour made readable on a paper."""
    if is_dark(paper):
        return lighter(wish, 0.75) if is_dark(wish) else wish
    return darker(wish, 0.1) if is_dark(wish) else darker(wish, 0.5)


def flacon_square(c: Canvas, look: Look) -> None:
    half, top = 190 * look.build, 400
    body = box(500 - half, top, 500 + half, FLOOR, 34)
    glass = mix(look.main, WHITE, 0.5)
    c.fill(body, falling(glass, 0.16), 235)
    juice = box(500 - half + 34, top + 34, 500 + half - 34, FLOOR - 66, 16)
    c.fill(juice, falling(look.main, 0.22))
    c.glow(box(500 - half + 60, FLOOR - 210, 500 + half - 60, FLOOR - 90, 60), lighter(look.main, 0.6), 110, 30, within=juice)
    c.fill([(500 - half + 34, FLOOR - 66), (500 + half - 34, FLOOR - 66), (500 + half, FLOOR - 14), (500 - half, FLOOR - 14)], flat(WHITE), 70, within=body)
    c.fill([(500 + half - 34, top + 34), (500 + half, top + 8), (500 + half, FLOOR - 8), (500 + half - 34, FLOOR - 66)], darker(look.main, 0.3), 70, within=body)
    c.fill([(500 - half, top), (500 - half + 34, top + 34), (500 - half + 34, FLOOR - 66), (500 - half, FLOOR - 12)], flat(WHITE), 95, within=body)
    c.line([(500, top + 30), (494, FLOOR - 90)], lighter(look.main, 0.5), 4, 120)
    plate = PAPER if is_dark(look.main) else lighter(look.main, 0.75)
    c.fill(box(410, 545, 590, 700, 6), falling(plate, 0.06), 240)
    c.fill(box(418, 553, 582, 692, 4), mix(plate, look.accent, 0.25), 255)
    c.fill(box(421, 556, 579, 689, 3), falling(plate, 0.05))
    c.letters(look.initials, 500, 606, 62, ink_on(plate, look.accent))
    c.print(500, 652, [100, 64], ink_on(plate, look.accent), gap=15, thick=5)
    c.glow([(500 - half + 50, top + 20), (500 - half + 130, top + 20), (500 - half + 60, FLOOR - 60), (500 - half + 30, FLOOR - 60)], WHITE, 90, 12, within=body)
    c.fill(box(438, 352, 562, 404, 6), metal(look.accent))
    cap = darker(look.accent, 0.55) if is_dark(look.main) else look.accent
    c.fill(box(412, 200, 588, 358, 16), metal(cap))
    c.fill(box(412, 200, 588, 214, 8), lighter(cap, 0.5), 150)


def flacon_tall(c: Canvas, look: Look) -> None:
    r = 118 * look.build
    body = turned([(352, r - 16, ""), (372, r, "dome"), (FLOOR - 14, r, "line"), (FLOOR, r - 12, "bowl")])
    c.fill(body, glossy(mix(look.main, WHITE, 0.3)), 240)
    c.fill(box(500 - r + 14, 396, 500 + r - 14, FLOOR - 44, 18), glossy(look.main), 235, within=body)
    paper = lighter(look.accent, 0.88) if is_dark(look.main) else PAPER
    c.fill(box(500 - r * 0.62, 500, 500 + r * 0.62, 740, 4), falling(paper, 0.07))
    ink = ink_on(paper, look.accent)
    c.fill(box(500 - r * 0.54, 510, 500 + r * 0.54, 513, 1), ink, 150)
    c.fill(box(500 - r * 0.54, 727, 500 + r * 0.54, 730, 1), ink, 150)
    c.letters(look.initials, 500, 582, 62, ink)
    c.print(500, 640, [96, 70, 84], ink, gap=22, thick=6)
    shine(c, body, 500 - r, 390, 500 + r, 840, 130)
    c.fill(box(462, 318, 538, 356, 4), metal(STEEL))
    cap = look.accent if is_dark(look.accent) else darker(look.accent, 0.06)
    c.fill(turned([(180, 72, ""), (192, 80, "dome"), (326, 80, "line")]), glossy(cap))


def flacon_round(c: Canvas, look: Look) -> None:
    r = 206 * look.build
    middle = FLOOR - r + 8
    body = [(x, min(y, FLOOR)) for x, y in oval(500, middle, r, r)]
    c.fill(body, glossy(mix(look.main, WHITE, 0.45)), 240)
    juice = [(x, min(y, FLOOR - 36)) for x, y in oval(500, middle + 4, r - 32, r - 30)]
    c.fill(juice, falling(look.main, 0.3))
    c.glow(oval(500, middle + r * 0.45, r * 0.5, r * 0.28), lighter(look.main, 0.65), 130, 30, within=juice)
    c.glow(oval(500 - r * 0.45, middle - r * 0.35, r * 0.16, r * 0.34), WHITE, 165, 16, within=body)
    c.glow(oval(500 + r * 0.72, middle + r * 0.2, r * 0.05, r * 0.3), WHITE, 110, 8, within=body)
    ink = WHITE if is_dark(look.main) else darker(look.accent, 0.45)
    c.letters(look.initials, 500, middle - 8, 92, ink)
    c.print(500, middle + 58, [120, 80], ink, gap=18, thick=5)
    top = middle - r
    c.fill(box(444, top - 30, 556, top + 22, 8), metal(look.accent))
    c.fill(turned([(top - 160, 20, ""), (top - 138, 62, "dome"), (top - 70, 76, "ease"), (top - 26, 66, "line")]), metal(look.accent))


def pump(c: Canvas, look: Look) -> None:
    r = 130 * look.build
    body = turned([(392, 54, ""), (430, r, "dome"), (FLOOR - 22, r, "line"), (FLOOR, r - 18, "bowl")])
    c.fill(body, glossy(look.main))
    shine(c, body, 500 - r, 440, 500 + r, 830, 110)
    _print_on(c, look, 560, r)
    c.fill(box(440, 330, 560, 396, 10), metal(look.accent))
    c.fill(box(484, 262, 516, 334, 4), metal(STEEL))
    c.fill([(392, 212), (560, 206), (566, 268), (434, 268), (424, 250), (392, 246)], metal(look.accent))


def _print_on(c: Canvas, look: Look, top: float, r: float) -> None:
    """A brand printed straight on a pack."""
    ink = lighter(look.main, 0.9) if is_dark(look.main) else ink_on(look.main, look.accent)
    c.letters(look.initials, 500, top + 36, 78, ink)
    c.fill(box(500 - r * 0.5, top + 92, 500 + r * 0.5, top + 96, 2), ink, 200)
    c.print(500, top + 116, [r * 1.1, r * 0.8, r * 0.95], ink, gap=20, thick=6, alpha=170)


def foundation(c: Canvas, look: Look) -> None:
    half = 118 * look.build
    body = box(500 - half, 430, 500 + half, FLOOR, 22)
    c.fill(body, glossy(mix(look.main, WHITE, 0.35)), 245)
    c.fill(box(500 - half + 22, 452, 500 + half - 22, FLOOR - 48, 12), falling(look.main, 0.12), within=body)
    shine(c, body, 500 - half, 440, 500 + half, 850, 150)
    ink = darker(look.main, 0.6)
    c.letters(look.initials, 500, 600, 74, ink)
    c.print(500, 664, [110, 76], ink, gap=20, thick=6)
    c.fill(box(452, 398, 548, 434, 4), metal(STEEL))
    c.fill(box(424, 200, 576, 404, 14), metal(look.accent))


def jar(c: Canvas, look: Look) -> None:
    r = 226 * look.build
    body = turned([(590, r, ""), (FLOOR - 60, r, "line"), (FLOOR, r - 52, "bowl")])
    c.fill(body, glossy(look.main))
    shine(c, body, 500 - r, 600, 500 + r, 830, 120)
    ink = ink_on(look.main, look.accent)
    c.letters(look.initials, 500, 694, 80, ink)
    c.print(500, 750, [190, 120], ink, gap=22, thick=6)
    c.fill(box(500 - r + 12, 578, 500 + r - 12, 596, 4), metal(STEEL))
    lid = turned([(446, r - 22, ""), (462, r + 4, "dome"), (584, r + 4, "line")])
    c.fill(lid, metal(look.accent))
    c.fill(oval(500, 452, r - 14, 12), lighter(look.accent, 0.5), 210, within=oval(500, 452, r - 14, 12))
    c.fill(box(500 - r - 4, 560, 500 + r + 4, 566, 2), darker(look.accent, 0.45), 110)


def dropper(c: Canvas, look: Look) -> None:
    r = 122 * look.build
    body = turned([(436, 46, ""), (490, r, "dome"), (FLOOR - 20, r, "line"), (FLOOR, r - 18, "bowl")])
    c.fill(body, glossy(mix(look.main, WHITE, 0.25)), 250)
    c.fill(box(500 - r + 12, 560, 500 + r - 12, FLOOR - 34, 18), glossy(darker(look.main, 0.12)), 150, within=body)
    c.fill(box(495, 440, 505, 800, 4), WHITE, 110, within=body)
    c.fill(band(590, 770, r - 1, 6), rounded(lighter(look.main, 0.75)), 235)
    ink = ink_on(lighter(look.main, 0.75), look.accent)
    c.letters(look.initials, 500, 652, 66, ink)
    c.print(500, 700, [120, 80], ink, gap=20, thick=6)
    shine(c, body, 500 - r, 500, 500 + r, 845, 140)
    c.fill(box(446, 352, 554, 442, 10), metal(look.accent))
    c.fill(turned([(186, 12, ""), (216, 38, "dome"), (320, 34, "line"), (356, 44, "ease")]), rounded((58, 60, 66)))


def tube(c: Canvas, look: Look) -> None:
    top, r = 172, 116 * look.build
    body: Outline = [(500 - r - 24, top), (500 + r + 24, top), (500 + r, 720), (500 + r - 4, 742), (500 - r + 4, 742), (500 - r, 720)]
    c.fill(body, rounded(look.main))
    c.fill(box(500 - r - 24, top, 500 + r + 24, top + 34, 3), darker(look.main, 0.12), 190)
    for step in range(11):
        x = 500 - r - 14 + step * (2 * r + 28) / 10
        c.line([(x, top + 4), (x, top + 30)], darker(look.main, 0.3), 2, 90)
    c.glow([(500 - r + 26, top + 50), (500 - r + 62, top + 50), (500 - r + 64, 720), (500 - r + 40, 720)], WHITE, 140, 10, within=body)
    ink = ink_on(look.main, look.accent)
    c.letters(look.initials, 500, 316, 82, ink)
    c.fill(box(420, 378, 580, 383, 2), ink, 210)
    c.print(500, 404, [150, 104, 128], ink, gap=22, thick=7)
    c.fill([(500 - r - 8, 560), (500 + r + 8, 560), (500 + r, 640), (500 - r, 640)], rounded(look.accent))
    c.fill(turned([(742, r - 14, ""), (FLOOR - 10, r - 8, "line"), (FLOOR, r - 18, "bowl")]), metal(lighter(look.accent, 0.25)))


def spray(c: Canvas, look: Look) -> None:
    r = 104 * look.build
    body = turned([(330, 62, ""), (370, r, "dome"), (FLOOR - 14, r, "line"), (FLOOR, r - 14, "bowl")])
    c.fill(body, metal(look.main))
    c.fill(band(610, 800, r - 1, 6), rounded(look.accent), 235)
    c.letters(look.initials, 500, 480, 82, darker(look.accent, 0.35))
    c.print(500, 536, [120, 84], darker(look.accent, 0.35), gap=20, thick=6)
    for n, (x, y, size) in enumerate([(470, 670, 22), (520, 710, 30), (484, 748, 16), (540, 660, 12)]):
        c.fill(oval(x, y, size, size), WHITE, 70 + n * 25)
    shine(c, body, 500 - r, 380, 500 + r, 845, 120)
    c.fill(turned([(176, 50, ""), (196, 66, "dome"), (336, 68, "line")]), glossy(WHITE if not is_dark(look.accent) else (236, 242, 244)))


def ampoules(c: Canvas, look: Look) -> None:
    for n in range(5):
        x = 268 + n * 116
        body = turned([(330, 12, ""), (356, 20, "dome"), (420, 13, "ease"), (470, 13, "line"), (520, 42, "ease"), (FLOOR - 34, 42, "line"), (FLOOR, 20, "bowl")], x)
        c.fill(body, glossy(mix(look.main, WHITE, 0.55)), 225)
        c.fill(box(x - 36, 560, x + 36, FLOOR - 16, 22), glossy(look.main), 235, within=body)
        c.glow(box(x - 28, 540, x - 18, 830, 5), WHITE, 190, 5, within=body)
        c.fill(box(x - 42, 640, x + 42, 760, 2), rounded(PAPER), 245, within=body)
        c.letters(look.initials, x, 686, 36, look.accent)
        c.print(x, 718, [48, 34], look.accent, gap=14, thick=5)
        c.fill(turned([(318, 14, ""), (340, 22, "dome"), (400, 20, "line"), (424, 15, "ease")], x), rounded(look.accent))


def candle(c: Canvas, look: Look) -> None:
    r = 186 * look.build
    body = turned([(430, r, ""), (FLOOR - 30, r, "line"), (FLOOR, r - 26, "bowl")])
    c.line([(500, 430), (504, 380)], INK, 7)
    c.glow(oval(503, 330, 60, 90), (255, 214, 130), 120, 34)
    c.fill(turned([(270, 1, ""), (350, 20, "ease"), (384, 4, "bowl")], 503), falling((255, 206, 110), 0.2))
    c.fill(turned([(318, 1, ""), (362, 10, "ease"), (384, 3, "bowl")], 503), WHITE, 210)
    c.fill(oval(500, 432, r, 26), lighter(look.main, 0.35))
    c.fill(oval(500, 436, r - 10, 20), falling((250, 238, 210), 0.1))
    c.line([(500, 436), (503, 384)], INK, 7)
    c.fill(turned([(436, r, ""), (FLOOR - 30, r, "line"), (FLOOR, r - 26, "bowl")]), glossy(look.main))
    c.fill(oval(500, 436, r - 3, 20), falling((250, 236, 205), 0.12))
    c.line([(500, 438), (503, 384)], INK, 7)
    c.glow(oval(500, 434, 90, 12), WHITE, 150, 10)
    shine(c, body, 500 - r, 470, 500 + r, 840, 90)
    c.fill(box(400, 550, 600, 770, 4), falling(look.accent, 0.08))
    c.fill(box(410, 560, 590, 563, 1), INK, 150)
    c.letters(look.initials, 500, 634, 72, INK)
    c.print(500, 692, [120, 84], INK, gap=20, thick=6)
    c.fill(box(410, 757, 590, 760, 1), GOLD, 220)


SHAPES = {
    "flacon_square": flacon_square, "flacon_tall": flacon_tall, "flacon_round": flacon_round, "pump": pump, "jar": jar,
    "dropper": dropper, "tube": tube, "spray": spray, "ampoules": ampoules, "candle": candle, "foundation": foundation,
}
