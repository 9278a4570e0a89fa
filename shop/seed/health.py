"""Silhouettes of things for health and for small children."""
from shop.seed.bottles import FLOOR, Look, shine
from shop.seed.canvas import (
    INK,
    PAPER,
    STEEL,
    WHITE,
    Canvas,
    band,
    box,
    darker,
    falling,
    glossy,
    lighter,
    metal,
    mix,
    oval,
    rounded,
    smooth,
    turned,
)


def formula_tin(c: Canvas, look: Look) -> None:
    r = 196 * look.build
    c.fill(turned([(300, r, ""), (FLOOR - 18, r, "line"), (FLOOR, r - 12, "bowl")]), rounded(look.main))
    c.fill(band(640, 840, r, 14), rounded(look.accent))
    hill = smooth([(500 - r - 30, 700), (420, 600), (520, 640), (620, 590), (500 + r + 30, 680), (500 + r, 760), (500 - r, 760)])
    c.fill(hill, rounded(mix(look.accent, WHITE, 0.25)), within=band(300, 860, r, 0))
    c.letters(look.initials, 500, 420, 116, darker(look.accent, 0.3))
    c.print(500, 500, [190, 130], darker(look.accent, 0.3), gap=26, thick=9)
    bear = [oval(500, 690, 56, 50), oval(456, 646, 22, 22), oval(544, 646, 22, 22)]
    for part in bear:
        c.fill(part, falling((232, 196, 146), 0.12))
    c.fill(oval(500, 706, 24, 18), (248, 228, 198))
    for eye in (478, 522):
        c.fill(oval(eye, 680, 6, 7), INK)
    c.fill(oval(500, 698, 8, 6), INK)
    c.print(500, 790, [140], WHITE, thick=9)
    c.glow(box(500 - r + 30, 330, 500 - r + 56, 840, 14), WHITE, 120, 12)
    for y in (306, 842):
        c.fill(band(y, y + 10, r + 2, 13), metal(STEEL))
    lid = turned([(226, r - 12, ""), (240, r + 8, "dome"), (312, r + 8, "line")])
    c.fill(lid, rounded(lighter(look.accent, 0.35)))
    c.fill(oval(500, 312, r + 8, 13), rounded(lighter(look.accent, 0.35)))
    c.fill(oval(500, 232, r - 6, 12), lighter(look.accent, 0.62))


def pill_bottle(c: Canvas, look: Look) -> None:
    r = 158 * look.build
    body = turned([(380, r - 34, ""), (430, r, "dome"), (FLOOR - 26, r, "line"), (FLOOR, r - 22, "bowl")])
    c.fill(body, glossy(mix(look.main, WHITE, 0.12)))
    c.fill(band(490, 790, r - 1, 10), rounded(PAPER))
    c.fill(band(700, 790, r - 1, 10), rounded(look.accent))
    c.letters(look.initials, 500, 570, 88, darker(look.accent, 0.15))
    c.print(500, 634, [150, 104], darker(look.accent, 0.15), gap=22, thick=7)
    for x in (452, 500, 548):
        c.fill(box(x - 17, 730, x + 17, 774, 17), falling(WHITE, 0.1))
        c.fill(box(x - 17, 753, x + 17, 774, 12), falling(lighter(look.main, 0.1), 0.15))
    shine(c, body, 500 - r, 440, 500 + r, 840, 110)
    c.fill(turned([(256, r - 34, ""), (270, r - 20, "dome"), (386, r - 20, "line")]), rounded(WHITE if look.main != WHITE else PAPER))
    for n in range(15):
        rib = 500 - (r - 26) + n * (r - 26) / 7
        c.line([(rib, 286), (rib, 378)], (150, 156, 164), 3, 80)


def effervescent(c: Canvas, look: Look) -> None:
    for x, tone in ((330, look.main), (450, mix(look.main, look.accent, 0.5)), (570, look.accent)):
        c.fill(turned([(326, 50, ""), (FLOOR - 10, 50, "line"), (FLOOR, 44, "bowl")], x), rounded(tone))
        c.fill(box(x - 50, 500, x + 50, 720, 0), rounded(PAPER))
        c.letters(look.initials, x, 580, 56, darker(look.accent, 0.1))
        c.print(x, 634, [60, 44], darker(look.accent, 0.1), gap=20, thick=6)
        c.fill(oval(x, 690, 17, 17), falling(look.main, 0.2))
        c.glow(box(x - 38, 350, x - 28, 850, 5), WHITE, 120, 5)
        c.fill(turned([(252, 44, ""), (264, 54, "dome"), (332, 54, "line")], x), rounded(WHITE))
    for left, y in ((706, 826), (756, 832), (728, 786)):
        c.fill(oval(left, y + 12, 56, 30), darker(look.main, 0.25))
        c.fill(oval(left, y, 56, 30), falling(lighter(look.main, 0.35), 0.16))
        c.line([(left - 40, y), (left + 40, y)], darker(look.main, 0.2), 3, 140)


def bear(c: Canvas, look: Look) -> None:
    fur, light = look.main, look.accent
    for x, side in ((350, -1), (650, 1)):
        c.fill(smooth([(x + side * 40, 560), (x + side * 66, 650), (x + side * 10, 720), (x - side * 50, 640), (x - side * 30, 560)]), falling(darker(fur, 0.08), 0.2))
    c.fill(oval(500, 680, 176, 182), falling(fur, 0.2))
    belly = oval(500, 700, 108, 124)
    c.fill(belly, falling(light, 0.12))
    for x in (378, 622):
        c.fill(oval(x, 806, 84, 62), falling(fur, 0.2))
        c.fill(oval(x, 806, 50, 38), falling(light, 0.14))
    for x in (366, 634):
        c.fill(oval(x, 258, 66, 66), falling(fur, 0.15))
        c.fill(oval(x, 262, 38, 38), falling(light, 0.14))
    head = oval(500, 372, 186, 168)
    c.fill(head, falling(fur, 0.2))
    c.glow(oval(430, 290, 80, 44), WHITE, 80, 28, within=head)
    c.fill(oval(500, 432, 88, 70), falling(light, 0.08))
    for x in (428, 572):
        c.fill(oval(x, 366, 17, 20), INK)
        c.fill(oval(x - 5, 358, 5, 6), WHITE, 220)
    c.fill(smooth([(472, 402), (528, 402), (520, 424), (500, 434), (480, 424)]), INK)
    c.line([(500, 432), (500, 456)], INK, 5)
    c.line([(470, 448), (484, 460), (500, 456), (516, 460), (530, 448)], INK, 5)
    ribbon = (178, 58, 62)
    c.fill(box(392, 524, 608, 556, 16), falling(ribbon, 0.25))
    for side in (-1, 1):
        c.fill(smooth([(500, 540), (500 + side * 66, 500), (500 + side * 78, 540), (500 + side * 66, 582)]), falling(ribbon, 0.3))
    c.fill(oval(500, 540, 20, 22), falling(lighter(ribbon, 0.1), 0.2))


def babywear(c: Canvas, look: Look) -> None:
    body = smooth([(372, 236), (430, 250), (500, 292), (570, 250), (628, 236), (650, 400), (706, 620), (716, 820), (640, FLOOR), (500, FLOOR), (360, FLOOR), (284, 820), (294, 620), (350, 400)])
    c.fill(smooth([(366, 240), (430, 214), (500, 208), (570, 214), (634, 240), (570, 320), (430, 320)]), falling(darker(look.main, 0.42), 0.1))
    for side in (-1, 1):
        c.fill(smooth([(500 + side * 112, 250), (500 + side * 150, 280), (500 + side * 150, 400), (500 + side * 110, 420)]), darker(look.main, 0.28))
    c.fill(body, rounded(look.main))
    for n in range(11):
        c.line([(330 + n * 34, 440), (300 + n * 40, 850)], darker(look.main, 0.25), 3, 55)
    c.line([(500, 300), (500, 700)], darker(look.main, 0.35), 7, 160)
    c.fill(box(488, 292, 512, 336, 8), metal(look.accent))
    for x, y, size in ((410, 560, 30), (596, 650, 36), (420, 760, 34), (600, 470, 24), (560, 800, 22)):
        star = [(x + (size if n % 2 == 0 else size * 0.45) * (0, .588, .951, .951, .588, 0, -.588, -.951, -.951, -.588)[n],
                 y - (size if n % 2 == 0 else size * 0.45) * (1, .809, .309, -.309, -.809, -1, -.809, -.309, .309, .809)[n]) for n in range(10)]
        c.fill(star, look.accent, 220)
    collar = [(372, 238), (430, 252), (500, 294), (570, 252), (628, 238)]
    c.line(collar, look.accent, 14)
    for x in (384, 616):
        c.fill(oval(x, 268, 13, 13), falling(PAPER, 0.2))
    c.glow(smooth([(370, 420), (400, 420), (360, 800), (320, 800)]), WHITE, 110, 20, within=body)


def flask(c: Canvas, look: Look) -> None:
    r = 92 * look.build
    body = turned([(350, r - 18, ""), (392, r, "dome"), (FLOOR - 10, r, "line"), (FLOOR, r - 8, "bowl")])
    c.fill(body, rounded(look.main))
    c.fill(box(500 - r, 822, 500 + r, FLOOR, 6), metal(look.accent), within=body)
    c.letters(look.initials, 500, 620, 74, lighter(look.main, 0.75))
    c.glow(box(500 - r + 20, 400, 500 - r + 36, 820, 8), WHITE, 150, 7, within=body)
    c.fill(box(500 - r + 16, 336, 500 + r - 16, 356, 4), metal(look.accent))
    c.fill(turned([(168, 56, ""), (186, 72, "dome"), (340, 78, "line")]), glossy(darker(look.main, 0.45)))
    c.fill(box(548, 214, 584, 300, 10), metal(look.accent))


SHAPES = {
    "formula_tin": formula_tin, "pill_bottle": pill_bottle, "effervescent": effervescent, "bear": bear, "babywear": babywear, "flask": flask,
}
