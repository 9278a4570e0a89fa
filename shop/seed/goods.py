"""Silhouettes of bags, watches and other things to wear or carry."""
import math

from shop.seed.bottles import FLOOR, Look
from shop.seed.canvas import (
    GOLD,
    INK,
    STEEL,
    WHITE,
    Canvas,
    Colour,
    Outline,
    Paint,
    box,
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


def _stitches(c: Canvas, points: Outline, tone: Colour) -> None:
    for (x0, y0), (x1, y1) in zip(points, points[1:], strict=False):
        count = max(1, round(math.dist((x0, y0), (x1, y1)) / 18))
        for n in range(count):
            a, b = n / count, (n + 0.55) / count
            c.line([(x0 + (x1 - x0) * a, y0 + (y1 - y0) * a), (x0 + (x1 - x0) * b, y0 + (y1 - y0) * b)], tone, 3, 150)


def _arch(x: float, y: float, across: float, up: float) -> Outline:
    return [(x - across * math.cos(math.pi * n / 40), y - up * math.sin(math.pi * n / 40)) for n in range(41)]


def handbag(c: Canvas, look: Look) -> None:
    c.line(_arch(500, 430, 132, 262), darker(look.main, 0.5), 30)
    c.line(_arch(500, 430, 132, 262), darker(look.main, 0.15), 22)
    c.line(_arch(498, 428, 135, 265), lighter(look.main, 0.3), 5, 150)
    body = smooth([(258, 440), (500, 420), (742, 440), (778, 620), (800, 830), (700, FLOOR), (500, FLOOR), (300, FLOOR), (200, 830), (222, 620)])
    c.fill(body, falling(look.main, 0.3))
    c.glow(oval(370, 560, 130, 90), lighter(look.main, 0.5), 90, 40, within=body)
    flap = smooth([(250, 436), (500, 414), (750, 436), (764, 540), (640, 650), (500, 676), (360, 650), (236, 540)])
    c.glow(leaning(flap, 0), darker(look.main, 0.7), 110, 12, within=body)
    c.fill(flap, falling(lighter(look.main, 0.07), 0.16))
    inner: Outline = [(264, 540), (372, 634), (500, 658), (628, 634), (736, 540)]
    _stitches(c, inner, lighter(look.main, 0.45))
    c.glow(smooth([(300, 450), (500, 438), (480, 480), (310, 500)]), WHITE, 60, 16, within=flap)
    for x in (368, 632):
        c.fill(oval(x, 444, 24, 24), metal(look.accent))
        c.fill(oval(x, 444, 13, 13), darker(look.main, 0.35))
    c.fill(box(462, 630, 538, 706, 12), metal(look.accent))
    c.fill(box(472, 640, 528, 696, 8), falling(lighter(look.accent, 0.2), 0.3))
    c.letters(look.initials, 500, 668, 40, darker(look.accent, 0.6))


def backpack(c: Canvas, look: Look) -> None:
    c.line(_arch(500, 230, 66, 82), darker(look.main, 0.3), 24)
    body = smooth([(330, 260), (400, 204), (500, 194), (600, 204), (670, 260), (706, 470), (712, 780), (680, 856), (500, FLOOR), (320, 856), (288, 780), (294, 470)])
    c.fill(body, rounded(look.main))
    c.line([(320, 380), (400, 300), (600, 300), (680, 380)], darker(look.main, 0.45), 8)
    c.line([(320, 376), (400, 296), (600, 296), (680, 376)], look.accent, 4)
    pocket = smooth([(350, 540), (500, 530), (650, 540), (668, 700), (650, 806), (500, 818), (350, 806), (332, 700)])
    c.glow(pocket, darker(look.main, 0.7), 130, 14, within=body)
    c.fill(pocket, falling(lighter(look.main, 0.09), 0.18))
    _stitches(c, [(352, 580), (648, 580)], lighter(look.main, 0.5))
    c.line([(356, 560), (644, 560)], look.accent, 6)
    c.fill(box(634, 556, 650, 610, 6), metal(look.accent))
    c.fill(box(440, 640, 560, 730, 8), falling(look.accent, 0.2))
    c.letters(look.initials, 500, 684, 52, darker(look.accent, 0.65))
    c.glow(smooth([(340, 280), (380, 250), (370, 500), (330, 520)]), WHITE, 80, 18, within=body)


def wallet(c: Canvas, look: Look) -> None:
    for n, tone in enumerate([lighter(look.accent, 0.5), look.accent, mix(look.accent, look.main, 0.5)]):
        c.fill(leaning(box(270 + n * 14, 236 + n * 34, 730 - n * 14, 500, 16), -4), falling(tone, 0.15))
    back = leaning(box(190, 330, 810, 780, 34), -4)
    c.fill(back, falling(darker(look.main, 0.3), 0.2))
    front = leaning(box(190, 346, 810, 790, 34), -4)
    c.fill(front, falling(look.main, 0.2))
    c.glow(leaning(oval(380, 470, 190, 70), -4), WHITE, 60, 40, within=front)
    _stitches(c, leaning([(214, 372), (786, 372), (786, 764), (214, 764), (214, 372)], -4), lighter(look.main, 0.4))
    x, y = leaning([(690, 690)], -4)[0]
    c.fill(oval(x, y, 40, 40), metal(look.accent))
    c.letters(look.initials, x, y, 34, darker(look.accent, 0.65))


def suitcase(c: Canvas, look: Look) -> None:
    for x in (430, 570):
        c.fill(box(x - 9, 132, x + 9, 280, 4), metal(STEEL))
    c.fill(box(408, 112, 592, 146, 14), rounded(INK))
    c.fill(box(324, 836, 388, FLOOR, 12), rounded(INK))
    c.fill(box(612, 836, 676, FLOOR, 12), rounded(INK))
    body = box(276, 256, 724, 846, 54)
    shell = Paint([(0, darker(look.main, 0.4)), (0.1, look.main), (0.3, lighter(look.main, 0.3)), (0.62, look.main), (1, darker(look.main, 0.4))])
    c.fill(body, shell)
    for n in range(9):
        x = 316 + n * 46
        c.fill(box(x - 8, 290, x + 2, 812, 5), darker(look.main, 0.32), 120, within=body)
        c.fill(box(x + 2, 290, x + 8, 812, 4), lighter(look.main, 0.5), 120, within=body)
    for y in (256, 790):
        for x, turn in ((276, 0), (668, 1)):
            c.fill(box(x, y, x + 56, y + 56, 20), darker(look.main, 0.25), 150, within=body)
            c.fill(oval(x + (22 if turn == 0 else 34), y + 28, 6, 6), look.accent if not is_dark(look.accent) else STEEL)
    c.fill(box(454, 244, 546, 276, 10), rounded(darker(look.accent, 0.2)))
    c.fill(box(430, 520, 570, 592, 10), metal(look.accent))
    c.letters(look.initials, 500, 556, 46, WHITE if is_dark(look.accent) else INK)


def watch(c: Canvas, look: Look) -> None:
    steel_band = not is_dark(look.accent)
    case = GOLD if look.accent[0] > look.accent[2] + 50 and steel_band else STEEL
    for top, bottom in ((84, 330), (670, 916)):
        narrow = 76
        wide = 104
        upper: Outline = [(500 - narrow, top), (500 + narrow, top), (500 + wide, bottom), (500 - wide, bottom)]
        strap: Outline = upper if top < 300 else [(500 - wide, top), (500 + wide, top), (500 + narrow, bottom), (500 - narrow, bottom)]
        c.fill(strap, metal(look.accent) if steel_band else rounded(look.accent))
        if steel_band:
            for n in range(1, 8):
                y = top + (bottom - top) * n / 8
                c.fill(box(380, y - 2, 620, y + 2), darker(look.accent, 0.5), 130, within=strap)
        else:
            for side in (-1, 1):
                ends: Outline = [(500 + side * (narrow - 12), 90), (500 + side * (wide - 12), 330)]
                _stitches(c, ends if top < 300 else [(x, 1000 - y) for x, y in ends], lighter(look.accent, 0.5))
    c.fill(box(690, 474, 736, 526, 8), metal(case))
    c.fill(oval(500, 500, 206, 206), metal(case))
    c.fill(oval(500, 500, 190, 190), darker(case, 0.35))
    rim = look.main if is_dark(look.main) else case
    c.fill(oval(500, 500, 186, 186), falling(darker(rim, 0.1), 0.25))
    c.fill(oval(500, 500, 162, 162), falling(look.main, 0.14))
    mark = WHITE if is_dark(look.main) else (60, 48, 40)
    for hour in range(12):
        a = math.radians(hour * 30)
        inner = 124 if hour % 3 else 112
        c.line([(500 + inner * math.sin(a), 500 - inner * math.cos(a)), (500 + 148 * math.sin(a), 500 - 148 * math.cos(a))], mark, 7 if hour % 3 else 12)
    c.letters(look.initials, 500, 434, 34, mark)
    c.fill(box(470, 566, 530, 594, 4), lighter(look.main, 0.25) if is_dark(look.main) else WHITE)
    for degrees, length, width in ((304, 84, 13), (54, 126, 9)):
        a = math.radians(degrees)
        c.line([(500 - 18 * math.sin(a), 500 + 18 * math.cos(a)), (500 + length * math.sin(a), 500 - length * math.cos(a))], mark, width)
    c.line([(482, 456), (566, 612)], (200, 60, 50), 4)
    c.fill(oval(500, 500, 11, 11), mark)
    glass = oval(500, 500, 162, 162)
    c.glow([(360, 400), (470, 330), (560, 340), (380, 560)], WHITE, 70, 16, within=glass)


def sunglasses(c: Canvas, look: Look) -> None:
    for side in (-1, 1):
        c.line([(500 + side * 318, 430), (500 + side * 348, 330), (500 + side * 300, 262)], darker(look.main, 0.3), 22)
    for side in (-1, 1):
        x = 500 + side * 172
        frame = smooth([(x - 142, 438), (x, 400), (x + 142, 438), (x + 132, 560), (x, 640), (x - 132, 560)])
        lens = smooth([(x - 120, 450), (x, 420), (x + 120, 450), (x + 110, 552), (x, 616), (x - 110, 552)])
        c.fill(frame, metal(look.main) if not is_dark(look.main) else falling(lighter(look.main, 0.12), 0.35))
        c.fill(lens, Paint([(0, darker(look.accent, 0.35)), (0.5, look.accent), (1, lighter(look.accent, 0.45))], down=True))
        c.glow([(x - 70, 430), (x - 10, 424), (x - 60, 590), (x - 100, 550)], WHITE, 110, 12, within=lens)
        c.glow([(x + 20, 424), (x + 40, 426), (x - 6, 600), (x - 24, 600)], WHITE, 80, 7, within=lens)
    c.line([(462, 452), (480, 436), (520, 436), (538, 452)], look.main, 20)
    c.line([(466, 448), (482, 434), (518, 434), (534, 448)], lighter(look.main, 0.4), 5, 150)


def scarf(c: Canvas, look: Look) -> None:
    """Folded twice, the fringed end uppermost."""
    def lean(outline: Outline) -> Outline:
        return leaning(outline, -7)

    for n, (left, right) in enumerate([(212, 800), (204, 792), (198, 786)]):
        fold = lean(box(left, 250 + n * 14, right, 806 - n * 16, 60))
        c.glow(fold, INK, 70, 10)
        c.fill(fold, falling(darker(look.main, 0.3 - n * 0.1), 0.2))
    top = lean(box(198, 262, 780, 742, 50))
    c.fill(top, falling(look.main, 0.16))
    for y, height in ((300, 10), (322, 30), (364, 10)):
        c.fill(lean(box(190, y, 790, y + height, 2)), look.accent, 215, within=top)
    for n in range(22):
        y = 398 + n * 15
        c.line(lean([(214, y), (766, y)]), lighter(look.main, 0.3) if n % 2 else darker(look.main, 0.25), 2.4, 46)
    end = lean(box(330, 470, 648, 764, 16))
    c.glow(end, INK, 110, 16, within=lean(box(190, 250, 800, 812, 40)))
    for n in range(27):
        x = 336 + n * 11.8
        c.line(lean([(x, 756), (x + 5 * (-1) ** n, 832 + (n * 7) % 11)]), darker(look.main, 0.12 + 0.12 * (n % 2)), 6)
    c.fill(end, falling(lighter(look.main, 0.1), 0.14))
    for y, height in ((676, 8), (694, 24), (728, 8)):
        c.fill(lean(box(330, y, 648, y + height, 1)), look.accent, 225, within=end)
    c.glow(lean(oval(330, 360, 150, 50)), WHITE, 75, 40, within=top)
    tag_x, tag_y = lean([(490, 560)])[0]
    c.fill(lean(box(432, 520, 548, 600, 6)), falling((250, 246, 238), 0.06))
    c.letters(look.initials, tag_x, tag_y, 46, darker(look.accent, 0.45))


def pen(c: Canvas, look: Look) -> None:
    def lean(outline: Outline) -> Outline:
        return leaning(outline, 42)

    def lathe(profile: list[tuple[float, float, str]], x: float) -> Outline:
        return lean(turned(profile, x))

    c.fill(lathe([(80, 20, ""), (110, 36, "dome"), (430, 46, "line"), (452, 44, "bowl")], 640), glossy(look.main))
    c.fill(lathe([(404, 47, ""), (436, 47, "line")], 640), metal(look.accent))
    c.fill(lathe([(150, 8, ""), (380, 11, "line"), (396, 6, "bowl")], 610), metal(look.accent))
    c.fill(lathe([(90, 18, ""), (130, 34, "dome"), (540, 42, "line"), (560, 40, "line")], 430), glossy(look.main))
    c.fill(lathe([(548, 42, ""), (578, 42, "line")], 430), metal(look.accent))
    c.fill(lathe([(578, 34, ""), (690, 27, "ease")], 430), glossy(look.main))
    nib = lathe([(684, 26, ""), (730, 36, "dome"), (868, 2, "line")], 430)
    c.fill(nib, metal(look.accent))
    c.line(lean([(430, 760), (430, 862)]), darker(look.accent, 0.6), 4)
    c.fill(lean(oval(430, 752, 8, 8)), darker(look.accent, 0.6))
    c.fill(lathe([(690, 12, ""), (730, 18, "dome"), (800, 3, "line")], 430), STEEL, 120, within=nib)


def necklace(c: Canvas, look: Look) -> None:
    c.fill(smooth([(300, 300), (420, 236), (500, 228), (580, 236), (700, 300), (790, 560), (760, 850), (500, 880), (240, 850), (210, 560)]), falling((74, 68, 82), 0.35))
    c.glow(oval(420, 520, 150, 200), (150, 142, 160), 70, 60)
    c.line([(384, 262), (500, 226), (616, 262)], look.accent, 6)
    for n in range(33):
        a = math.pi * (n / 32)
        x, y = 500 - 196 * math.cos(a) * (1 - 0.1 * math.sin(a)), 262 + 420 * math.sin(a) ** 0.9
        size = 17 + 8 * math.sin(a) ** 2
        bead = oval(x, y, size, size)
        c.glow(oval(x + 4, y + 8, size, size), INK, 120, 6)
        c.fill(bead, falling(look.main, 0.22))
        c.glow(oval(x - size * 0.3, y - size * 0.35, size * 0.26, size * 0.22), WHITE, 230, 3, within=bead)
        c.glow(oval(x + size * 0.3, y + size * 0.5, size * 0.4, size * 0.2), (240, 208, 200), 120, 4, within=bead)
    c.fill(oval(500, 720, 10, 16), metal(look.accent))
    drop = oval(500, 764, 36, 42)
    c.fill(drop, falling(look.main, 0.25))
    c.glow(oval(488, 748, 10, 10), WHITE, 230, 4, within=drop)


SHAPES = {
    "handbag": handbag, "backpack": backpack, "wallet": wallet, "suitcase": suitcase, "watch": watch,
    "sunglasses": sunglasses, "scarf": scarf, "pen": pen, "necklace": necklace,
}
LYING = frozenset({"wallet", "watch", "sunglasses", "scarf", "pen"})
