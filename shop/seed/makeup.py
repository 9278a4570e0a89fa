"""Silhouettes of make-up."""
from shop.seed.bottles import FLOOR, Look
from shop.seed.canvas import (
    GOLD,
    INK,
    STEEL,
    WHITE,
    Canvas,
    Colour,
    Outline,
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


def lipstick(c: Canvas, look: Look) -> None:
    r = 66 * look.build
    x = 420
    c.fill(box(x - 88, 560, x + 88, FLOOR, 10), glossy(look.accent))
    c.fill(box(x - 88, 566, x + 88, 584, 2), metal(GOLD))
    c.letters(look.initials, x, 730, 58, GOLD)
    c.fill(box(x - 76, 438, x + 76, 564, 6), metal(GOLD))
    bullet = [(x - r, 442), (x - r, 286), *[(x - r + 2 * r * t, 286 - 96 * t ** 0.6) for t in (0.2, 0.4, 0.6, 0.8)],
              (x + r - 8, 184), (x + r, 196), (x + r, 442)]
    c.fill(bullet, glossy(look.main))
    c.fill(smooth([(x - r + 4, 290), (x - 10, 226), (x + r - 6, 192), (x + r - 14, 232), (x + 2, 280)]), lighter(look.main, 0.28), 210, within=bullet)
    cap = 638
    c.fill(box(cap - 84, 486, cap + 84, FLOOR, 12), glossy(look.accent))
    c.fill(box(cap - 84, 838, cap + 84, 852, 2), metal(GOLD))
    c.glow(box(cap - 60, 500, cap - 44, 826, 8), WHITE, 70, 6)


def gloss(c: Canvas, look: Look) -> None:
    x, half = 420, 64 * look.build
    body = box(x - half, 420, x + half, FLOOR, 16)
    c.fill(body, glossy(mix(look.main, WHITE, 0.4)), 235)
    c.fill(box(x - half + 14, 436, x + half - 14, FLOOR - 34, 10), glossy(look.main))
    c.glow(box(x - half + 24, 450, x - half + 36, 820, 6), WHITE, 190, 5)
    c.letters(look.initials, x, 690, 46, WHITE)
    c.fill(box(x - half + 4, 170, x + half - 4, 424, 12), metal(look.accent))
    wand = 628
    c.fill(box(wand - 56, 170, wand + 56, 424, 12), metal(look.accent))
    c.fill(box(wand - 12, 420, wand + 12, 690, 4), glossy((120, 112, 116)))
    c.fill(turned([(680, 12, ""), (730, 26, "ease"), (808, 15, "ease"), (826, 4, "bowl")], wand), rounded(look.main))
    c.glow(oval(wand - 8, 744, 5, 34), WHITE, 130, 4)


def mascara(c: Canvas, look: Look) -> None:
    def lean(outline: Outline) -> Outline:
        return leaning(outline, 24)

    c.fill(lean(box(330, 150, 426, 520, 20)), glossy(look.main))
    c.fill(lean(box(330, 512, 426, 536, 3)), metal(GOLD if is_dark(look.accent) else look.accent))
    c.fill(lean(box(334, 534, 422, 872, 20)), glossy(mix(look.main, look.accent, 0.12)))
    c.fill(lean(box(352, 190, 362, 490, 5)), WHITE, 90)
    c.fill(lean(box(354, 570, 364, 840, 5)), WHITE, 80)
    c.fill(lean(box(368, 640, 388, 770, 4)), look.accent, 235)
    c.fill(lean(box(544, 530, 640, 872, 20)), glossy(look.main))
    c.fill(lean(box(566, 560, 576, 840, 5)), WHITE, 90)
    c.fill(lean(box(585, 330, 599, 534, 3)), metal(STEEL))
    reach = [20 + (6 if n % 2 else -6) + n * 0.4 for n in range(21)]
    brush: Outline = [(592 + width, 140 + n * 10) for n, width in enumerate(reach)]
    brush += [(592 - reach[n], 140 + n * 10) for n in range(20, -1, -1)]
    c.fill(lean(brush), rounded((34, 32, 38)))


def compact(c: Canvas, look: Look) -> None:
    r = 246 * look.build
    c.fill(oval(500, 360, r, 214), metal(look.accent))
    c.fill(oval(500, 362, r - 22, 192), falling(mix(STEEL, (222, 236, 244), 0.7), 0.3))
    c.glow([(390, 230), (470, 210), (400, 480), (330, 440)], WHITE, 150, 16, within=oval(500, 362, r - 22, 192))
    c.fill(box(430, 556, 570, 590, 8), metal(look.accent))
    c.fill(oval(500, 720, r + 6, 158), darker(look.accent, 0.35) if is_dark(look.accent) else darker(look.accent, 0.3))
    c.fill(oval(500, 704, r + 6, 156), metal(look.accent))
    pan = oval(500, 702, r - 30, 126)
    c.fill(pan, falling(look.main, 0.14))
    c.glow(oval(440, 660, 130, 40), WHITE, 90, 24, within=pan)
    tone = darker(look.main, 0.16)
    for n in range(3):
        c.fill(smooth([(360 + n * 110, 702), (410 + n * 80, 640), (420 + n * 80, 702), (410 + n * 80, 764)]), tone, 50, within=pan)
    c.letters(look.initials, 500, 702, 70, darker(look.main, 0.2))


def palette(c: Canvas, look: Look) -> None:
    c.fill(box(180, 178, 820, 842, 34), falling(darker(look.accent, 0.2), 0.25))
    c.fill(box(188, 184, 812, 834, 28), falling(look.accent, 0.12))
    warm: list[Colour] = [(240, 220, 200), look.main, (60, 40, 44)]
    for row in range(3):
        for column in range(3):
            share = (row * 3 + column) / 8
            base = mix(warm[0], warm[1], share * 2) if share < 0.5 else mix(warm[1], warm[2], share * 2 - 1)
            left, top = 226 + column * 188, 226 + row * 174
            pan = box(left, top, left + 172, top + 158, 14)
            c.fill(box(left - 4, top - 4, left + 176, top + 162, 17), darker(look.accent, 0.35))
            c.fill(pan, falling(base, 0.1))
            c.glow(box(left + 14, top + 10, left + 150, top + 40, 14), WHITE, 60, 10, within=pan)
            if (row + column) % 2:
                for n in range(9):
                    c.fill(oval(left + 20 + (n * 61) % 140, top + 26 + (n * 37) % 116, 2.6, 2.6), WHITE, 170)
    c.fill(box(250, 762, 700, 786, 12), glossy(darker(look.main, 0.3)))
    c.fill(smooth([(694, 774), (724, 758), (764, 768), (772, 774), (764, 782), (724, 792)]), rounded((70, 52, 48)))
    c.fill(box(664, 760, 704, 788, 4), metal(STEEL))


def brushes(c: Canvas, look: Look) -> None:
    for n, (degrees, width, tip) in enumerate([(-26, 64, 90), (-13, 44, 76), (0, 78, 112), (13, 40, 70), (26, 54, 84)]):
        def lean(outline: Outline, by: float = degrees) -> Outline:
            return leaning(outline, by, 500, 1000)

        top = 250 - (n == 2) * 36
        c.fill(lean(turned([(top + 226, 13, ""), (600, 17, "ease"), (780, 9, "ease"), (800, 3, "bowl")])), glossy(look.accent))
        c.fill(lean(turned([(top + 132, width * 0.42, ""), (top + 230, 14, "ease")])), metal(mix(GOLD, look.main, 0.25)))
        hair = lean(turned([(top, 6, ""), (top + 44, width * 0.56, "dome"), (top + tip, width * 0.6, "line"), (top + 138, width * 0.42, "ease")]))
        c.fill(hair, rounded(mix((92, 62, 56), look.main, 0.25)))
        c.glow(lean(turned([(top - 6, 6, ""), (top + 40, width * 0.5, "dome")])), lighter(look.main, 0.45), 170, 10, within=hair)
    c.fill(box(300, 690, 700, FLOOR, 30), falling(look.main, 0.2))
    c.fill(box(300, 690, 700, 716, 10), darker(look.main, 0.2), 120)
    c.line([(320, 732), (680, 732)], lighter(look.main, 0.5), 3, 160)
    c.letters(look.initials, 500, 800, 70, INK if not is_dark(look.main) else WHITE)


SHAPES = {"lipstick": lipstick, "gloss": gloss, "mascara": mascara, "compact": compact, "palette": palette, "brushes": brushes}
LYING = frozenset({"mascara", "palette"})
