"""Silhouettes of sweets, and of the packs that other shelves share: cartons, tins, pouches and gift sets."""
import math

from shop.seed.bottles import FLOOR, Look
from shop.seed.canvas import (
    GOLD,
    PAPER,
    STEEL,
    WHITE,
    Canvas,
    Outline,
    band,
    box,
    colour,
    darker,
    falling,
    glossy,
    is_dark,
    leaning,
    lighter,
    metal,
    mix,
    oval,
    rounded,
    smooth,
    turned,
)

PRALINES = ((0, 2, 1, 3, 1), (3, 2, 0, 0, 2), (1, 3, 3, 2, 0), (1, 0, 1, 2, 3))  # which of four kinds lies where
FRUIT = [colour(text) for text in ("#e2413a", "#f2a531", "#f6d743", "#6fbf4b", "#d85a9a", "#3f9fd0")]


def chocolate_bar(c: Canvas, look: Look) -> None:
    def lean(outline: Outline) -> Outline:
        return leaning(outline, 12)

    c.fill(lean(box(312, 130, 688, 600, 12)), falling(darker(look.main, 0.25), 0.1))
    for row in range(4):
        for column in range(3):
            left, top = 322 + column * 120, 140 + row * 112
            c.fill(lean(box(left, top, left + 114, top + 106, 8)), falling(look.main, 0.25))
            c.fill(lean(box(left + 16, top + 14, left + 98, top + 92, 6)), falling(lighter(look.main, 0.1), 0.15))
            c.fill(lean([(left + 16, top + 14), (left + 98, top + 14), (left + 90, top + 22), (left + 24, top + 22)]), lighter(look.main, 0.35), 130)
    torn: Outline = [(300 + n * 40, 470 + (18 if n % 2 else -16) + n * 3) for n in range(11)]
    c.fill(lean([*torn, (700, 560), (300, 560)]), metal(STEEL))
    torn = [(302 + n * 39.6, 520 + (10 if n % 2 else -8) + n * 2) for n in range(11)]
    sleeve = lean([*torn, (698, 880), (302, 880)])
    c.fill(sleeve, falling(look.accent, 0.2))
    c.fill(lean(box(302, 800, 698, 812, 1)), GOLD, within=sleeve)
    c.fill(lean(box(302, 850, 698, 880, 1)), metal(STEEL), within=sleeve)
    c.fill(lean(oval(500, 674, 110, 74)), falling(PAPER, 0.06), within=sleeve)
    x, y = lean([(500, 662)])[0]
    c.letters(look.initials, x, y, 66, darker(look.accent, 0.3))
    c.glow(lean(box(330, 560, 372, 860, 20)), WHITE, 70, 14, within=sleeve)


def praline_box(c: Canvas, look: Look) -> None:
    lid = look.accent
    c.fill(box(150, 196, 850, 808, 24), falling(darker(lid, 0.25), 0.2))
    c.fill(box(166, 210, 834, 790, 16), falling(lid, 0.1))
    c.fill(box(196, 238, 804, 762, 10), falling(mix(PAPER, GOLD, 0.18), 0.12))
    cocoa = [look.main, darker(look.main if is_dark(look.main) else colour("#6b3d22"), 0.4), lighter(look.main, 0.25), colour("#f1e2cc")]
    for row in range(4):
        for column in range(5):
            n = PRALINES[row][column]
            x, y, tone = 262 + column * 119, 302 + row * 131, cocoa[n]
            c.fill(oval(x, y + 4, 55, 58), darker(mix(GOLD, look.main, 0.5), 0.25))
            ring = [(x + (55 + 4 * math.cos(24 * a)) * math.cos(a), y + (57 + 4 * math.cos(24 * a)) * math.sin(a)) for a in (math.tau * k / 96 for k in range(96))]
            c.fill(ring, mix(GOLD, (96, 56, 30), 0.45))
            shape = oval(x, y, 44, 46) if n != 1 else box(x - 40, y - 40, x + 40, y + 40, 10)
            c.fill(shape, falling(tone, 0.3))
            c.glow(oval(x - 13, y - 18, 14, 9), WHITE, 130, 5, within=shape)
            _topping(c, n, x, y, tone)
    c.fill([(700, 196), (760, 196), (850, 286), (850, 346)], GOLD, 235)
    c.fill([(712, 196), (722, 196), (850, 324), (850, 334)], lighter(GOLD, 0.5), 180)


def _topping(c: Canvas, kind: int, x: float, y: float, tone: tuple[int, int, int]) -> None:
    trim = lighter(tone, 0.55) if is_dark(tone) else darker(tone, 0.45)
    if kind == 0:
        for shift in (-16, 0, 16):
            c.line([(x - 26 + shift * 0.3, y + shift - 8), (x + 26 + shift * 0.3, y + shift + 8)], trim, 5, 220)
    elif kind == 1:
        c.fill(oval(x, y, 16, 16), falling(GOLD, 0.3))
    elif kind == 2:
        c.fill(smooth([(x, y - 22), (x + 16, y + 6), (x, y + 20), (x - 16, y + 6)]), falling(colour("#8f5a2c"), 0.3))
    else:
        c.line([(x - 20, y + 10), (x - 6, y - 14), (x + 6, y + 12), (x + 20, y - 12)], trim, 5, 200)


def tin(c: Canvas, look: Look) -> None:
    r, ink = 250 * look.build, darker(look.main, 0.25) if is_dark(look.main) else darker(look.main, 0.55)
    c.fill(turned([(420, r, ""), (FLOOR - 24, r, "line"), (FLOOR, r - 22, "bowl")]), rounded(look.main))
    for y in (438, 834):
        c.fill(band(y, y + 12, r, 14), metal(look.accent))
    for n in range(9):
        x = 500 - r + (n + 0.5) * 2 * r / 9
        c.fill(smooth([(x, 770), (x + 18, 792), (x, 814), (x - 18, 792)]), look.accent, 190)
    c.fill(oval(500, 620, 142, 128), metal(look.accent))
    c.fill(oval(500, 620, 131, 117), falling(PAPER, 0.08))
    c.letters(look.initials, 500, 606, 92, ink)
    c.print(500, 668, [120, 76], ink, gap=20, thick=6)
    c.glow(box(500 - r + 40, 460, 500 - r + 74, 830, 16), WHITE, 120, 14)
    c.fill(turned([(322, r + 6, ""), (424, r + 8, "line")]), rounded(lighter(look.main, 0.08)))
    c.fill(oval(500, 424, r + 8, 18), rounded(lighter(look.main, 0.08)))
    c.fill(oval(500, 322, r + 6, 52), falling(lighter(look.main, 0.22), 0.14))
    c.fill(oval(500, 324, r - 26, 42), look.accent)
    c.fill(oval(500, 325, r - 34, 38), falling(lighter(look.main, 0.14), 0.1))
    c.glow(oval(420, 312, 110, 14), WHITE, 120, 14, within=oval(500, 322, r, 50))


def pouch(c: Canvas, look: Look) -> None:
    half = 214 * look.build
    body = smooth([(500 - half, 210), (500, 206), (500 + half, 210), (500 + half - 8, 420), (500 + half + 16, 660), (500 + half - 2, 852),
                   (500, FLOOR), (500 - half + 2, 852), (500 - half - 16, 660), (500 - half + 8, 420)])
    c.fill(body, rounded(look.main))
    c.fill(box(500 - half - 8, 190, 500 + half + 8, 244, 4), darker(look.main, 0.18))
    for n in range(14):
        x = 500 - half + n * half * 2 / 13
        c.line([(x, 196), (x, 238)], lighter(look.main, 0.25), 2, 120)
    c.fill(smooth([(500 - half - 40, 360), (420, 320), (640, 350), (500 + half + 40, 316), (500 + half + 40, 560), (620, 590), (400, 550), (500 - half - 40, 596)]),
           falling(look.accent, 0.15), within=body)
    c.letters(look.initials, 500, 456, 120, WHITE if look.accent[0] < 180 or is_dark(look.accent) else darker(look.main, 0.2))
    if is_dark(look.main):
        window = oval(500, 720, 116, 84)
        c.fill(window, darker(look.main, 0.4), within=body)
        for n in range(16):
            x, y = 414 + (n % 6) * 36 + (n // 6) * 12, 684 + (n // 6) * 42 + (n * 7) % 16
            bean = leaning(oval(x, y, 24, 16), n * 47, x, y)
            c.fill(bean, falling(colour("#6b4128"), 0.35), within=window)
            c.line(leaning([(x - 18, y), (x, y + 3), (x + 18, y)], n * 47, x, y), colour("#2c1810"), 3, 200)
    else:
        for n in range(12):
            x, y = 500 - half * 0.72 + (n * 89) % (half * 1.44), 650 + (n * 57) % 160
            _gummy(c, x, y, FRUIT[n % 6], n * 37)
    c.glow(box(500 - half + 34, 260, 500 - half + 70, 820, 18), WHITE, 130, 16, within=body)
    c.glow(box(500 + half - 60, 640, 500 + half - 40, 820, 10), WHITE, 90, 12, within=body)


def _gummy(c: Canvas, x: float, y: float, tone: tuple[int, int, int], turn: float) -> None:
    parts = [oval(x, y, 22, 27), oval(x, y - 34, 17, 16), oval(x - 13, y - 47, 7, 7), oval(x + 13, y - 47, 7, 7),
             oval(x - 21, y - 6, 9, 11), oval(x + 21, y - 6, 9, 11), oval(x - 13, y + 25, 11, 10), oval(x + 13, y + 25, 11, 10)]
    for part in parts:
        c.fill(leaning(part, turn % 50 - 25, x, y), falling(tone, 0.22), 240)
    c.glow(oval(x - 7, y - 10, 5, 11), WHITE, 170, 4)


def honey(c: Canvas, look: Look) -> None:
    r = 176 * look.build
    body = turned([(372, r - 28, ""), (432, r, "dome"), (FLOOR - 44, r, "line"), (FLOOR, r - 40, "bowl")])
    c.fill(body, glossy(lighter(look.main, 0.35)), 240)
    c.fill(box(500 - r + 10, 420, 500 + r - 10, FLOOR - 14, 40), glossy(look.main), within=body)
    c.glow(oval(540, 800, 90, 40), (255, 196, 90), 150, 30, within=body)
    c.fill(band(520, 742, r - 1, 12), rounded(PAPER))
    for n, (x, y) in enumerate([(440, 580), (500, 580), (560, 580), (470, 632), (530, 632)]):
        comb = [(x + 30 * math.cos(a), y + 30 * math.sin(a)) for a in (math.tau * (k + 0.5) / 6 for k in range(6))]
        c.fill(comb, falling((240, 176 + n * 8, 60), 0.2), 235)
    c.letters(look.initials, 500, 692, 60, darker(look.accent, 0.2))
    c.glow(box(500 - r + 26, 440, 500 - r + 54, 830, 14), WHITE, 150, 9)
    lid = turned([(262, r - 30, ""), (276, r - 14, "dome"), (378, r - 14, "line")])
    c.fill(lid, metal(look.accent))
    c.fill(oval(500, 266, r - 24, 10), lighter(look.accent, 0.4))


def carton(c: Canvas, look: Look) -> None:
    left, right, top = 318, 636, 230
    face = mix(look.main, look.accent, 0.07)
    c.fill([(right, top), (728, top + 42), (728, FLOOR - 30), (right, FLOOR)], falling(darker(face, 0.28), 0.12))
    c.fill([(left, top), (right, top), (728, top + 42), (left + 92, top + 42)], lighter(face, 0.3))
    c.fill([(left, top), (right, top), (right, FLOOR), (left, FLOOR)], falling(face, 0.1))
    c.fill(box(left, 640, right, FLOOR, 0), falling(look.accent, 0.18))
    c.fill([(right, 640), (728, 640), (728, FLOOR - 30), (right, FLOOR)], falling(darker(look.accent, 0.35), 0.1))
    ink = darker(look.accent, 0.25)
    c.letters(look.initials, (left + right) / 2, 346, 104, ink)
    c.fill(box(410, 424, 544, 428, 2), ink)
    c.print((left + right) / 2, 452, [190, 130, 160], ink, gap=24, thick=8)
    for n in range(3):
        x = 398 + n * 80
        leaf = smooth([(x, 580), (x + 30, 616), (x, 690), (x - 30, 616)])
        c.fill(leaf, mix(look.accent, look.main, 0.25 + n * 0.2))
        c.line([(x, 596), (x, 690)], lighter(look.accent, 0.6), 3, 150)
    c.print((left + right) / 2, 760, [150, 110], WHITE, gap=24, thick=8, alpha=210)
    c.line([(right, top + 2), (right, FLOOR - 2)], WHITE, 3, 110)


def gift_set(c: Canvas, look: Look) -> None:
    dark, card = darker(look.accent, 0.1), mix(look.main, look.accent, 0.2)
    c.fill(box(190, 430, 810, FLOOR, 12), falling(card, 0.16))
    c.fill(box(190, 430, 810, 446, 6), darker(card, 0.25), 80)
    c.fill(box(172, 330, 828, 446, 14), falling(lighter(card, 0.2), 0.12))
    for left, right, top, bottom in ((452, 548, 446, FLOOR), (446, 554, 330, 446)):
        c.fill(box(left, top, right, bottom, 2), metal(lighter(dark, 0.1)))
    for side in (-1, 1):
        loop = smooth([(500, 324), (500 + side * 60, 236), (500 + side * 150, 210), (500 + side * 176, 262), (500 + side * 120, 316)])
        c.fill(loop, falling(look.accent, 0.35))
        c.fill(smooth([(500 + side * 36, 306), (500 + side * 84, 256), (500 + side * 140, 244), (500 + side * 144, 270), (500 + side * 96, 302)]), darker(look.accent, 0.4), 190)
        c.fill([(500 + side * 10, 318), (500 + side * 112, 408), (500 + side * 84, 418), (500 + side * 66, 436), (500, 340)], falling(look.accent, 0.25))
    c.fill(box(464, 284, 536, 346, 20), falling(lighter(look.accent, 0.12), 0.25))
    c.fill(box(226, 690, 420, 800, 8), falling(PAPER, 0.05))
    ink = look.accent if is_dark(look.accent) else darker(look.accent, 0.45)
    c.letters(look.initials, 323, 732, 56, ink)
    c.print(323, 770, [110], ink, thick=6)


def pastille_tin(c: Canvas, look: Look) -> None:
    c.fill(box(150, 380, 720, 760, 70), metal(STEEL))
    c.fill(box(150, 366, 720, 746, 70), falling(look.main, 0.18))
    c.fill(box(168, 384, 702, 728, 56), falling(lighter(look.main, 0.1), 0.15))
    c.fill(box(196, 412, 674, 700, 40), look.accent)
    c.fill(box(201, 417, 669, 695, 36), falling(look.main, 0.1))
    c.letters(look.initials, 435, 520, 118, look.accent)
    c.print(435, 606, [240, 170], look.accent, gap=28, thick=9)
    c.glow(box(190, 386, 480, 410, 12), WHITE, 120, 14)
    for x, y in ((770, 700), (716, 800), (812, 786), (640, 812), (560, 800)):
        c.fill(oval(x, y + 8, 46, 34), darker(look.accent, 0.45))
        c.fill(oval(x, y, 46, 34), falling(look.accent, 0.25))
        c.glow(oval(x - 12, y - 12, 16, 7), WHITE, 190, 5)


SHAPES = {
    "chocolate_bar": chocolate_bar, "praline_box": praline_box, "tin": tin, "pouch": pouch, "honey": honey,
    "carton": carton, "gift_set": gift_set, "pastille_tin": pastille_tin,
}
LYING = frozenset({"chocolate_bar", "praline_box", "pastille_tin"})
