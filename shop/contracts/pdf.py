"""A paper as PDF, A4, Chinese above German.

Chinese letters come from STSong-Light, one of the fonts that PDF names without carrying (Adobe-GB1): every reader on a phone
or a computer has a font for it, and the file stays at some kilobytes (decision 0024). What Western European letters can write
is set in Helvetica, which every reader has too.
"""

import io
from functools import cache
from typing import Any
from xml.sax.saxutils import escape

from shop.contracts.papers import Paper, Two

CHINESE, LATIN, BOLD = "STSong-Light", "Helvetica", "Helvetica-Bold"
LINE, QUIET = "#c9ced6", "#585c63"
MARGIN = 50.0  # points


def drawn(paper: Paper) -> bytes:
    """The file. The same paper gives the same bytes."""
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import SimpleDocTemplate, Spacer

    _fonts()
    out = io.BytesIO()
    title = f"{paper.title[0]} {paper.title[1]} {paper.number}"
    document = SimpleDocTemplate(
        out, pagesize=A4, leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN, title=title,
        author=paper.sender[0] if paper.sender else "", lang="zh-CN", invariant=1,
    )  # fmt: skip
    width = A4[0] - 2 * MARGIN - 12  # what a frame leaves within its padding
    story: list[Any] = [_words(line, 9, QUIET) for line in paper.sender]
    story += [Spacer(1, 18), _words(paper.title[0], 16), _words(paper.title[1], 12), Spacer(1, 12), _facts(paper, width)]
    if paper.items:
        story += [Spacer(1, 14), _items(paper, width)]
    if paper.sums:
        story += [Spacer(1, 6), _sums(paper, width)]
    story += [Spacer(1, 14), *(piece for note in paper.notes for piece in (_words(note[0], 8.5), _words(note[1], 8.5), Spacer(1, 5)))]
    document.build(story, onFirstPage=_number, onLaterPages=_number)
    return out.getvalue()


@cache
def _fonts() -> None:
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont

    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))


def _is_latin(text: str) -> bool:
    try:
        text.encode("cp1252")
    except UnicodeEncodeError:
        return False
    return True


def _words(text: str, size: float, colour: str = "#1a1b1d", *, right: bool = False, bold: bool = False) -> Any:
    from reportlab.lib.enums import TA_LEFT, TA_RIGHT
    from reportlab.lib.styles import ParagraphStyle
    from reportlab.platypus import Paragraph

    latin = _is_latin(text)
    style = ParagraphStyle(
        "line", fontName=(BOLD if bold else LATIN) if latin else CHINESE, fontSize=size, leading=size * 1.4, textColor=colour,
        alignment=TA_RIGHT if right else TA_LEFT, wordWrap=None if latin else "CJK",
    )  # fmt: skip
    return Paragraph(escape(text).replace("\n", "<br/>"), style)


def _both(two: Two, size: float, colour: str = "#1a1b1d", *, right: bool = False) -> list[Any]:
    return [_words(two[0], size, colour, right=right), _words(two[1], size - 1, QUIET, right=right)]


def _table(rows: list[list[Any]], widths: list[float], *, lines: bool = True) -> Any:
    from reportlab.platypus import Table

    style: list[Any] = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LEFTPADDING", (0, 0), (-1, -1), 0), ("RIGHTPADDING", (0, 0), (-1, -1), 6)]
    if lines:
        style.append(("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE))
    return Table(rows, colWidths=widths, style=style, repeatRows=1 if lines else 0)


def _facts(paper: Paper, width: float) -> Any:
    rows = [[[_words(label[0], 9, QUIET)], [_words(label[1], 9, QUIET)], [_words(text, 9.5)]] for label, text in paper.facts]
    return _table(rows, [width * 0.2, width * 0.25, width * 0.55], lines=False)


def _items(paper: Paper, width: float) -> Any:
    head = [_both(two, 9, QUIET, right=n > 0) for n, two in enumerate(
        [("商品", "Artikel"), ("数量", "Menge"), ("单价", "Einzelpreis"), ("金额", "Betrag")]
    )]  # fmt: skip
    rows: list[list[Any]] = [head]
    for item in paper.items:
        name = _both(item.name, 10)
        if item.refunded:
            name.append(_words(f"其中 {item.refunded} 件退款 / davon {item.refunded} erstattet", 8.5, QUIET))
        rows.append([name, *(_words(text, 10, right=True) for text in (str(item.quantity), item.unit, item.total))])
    return _table(rows, [width * 0.52, width * 0.1, width * 0.19, width * 0.19])


def _sums(paper: Paper, width: float) -> Any:
    last = len(paper.sums) - 1
    rows = [
        [_words(label[0], 10, right=True), *(_words(one, 10, right=True, bold=n == last) for one in (label[1], text))]
        for n, (label, text) in enumerate(paper.sums)
    ]
    return _table(rows, [width * 0.5, width * 0.28, width * 0.22], lines=False)


def _number(canvas: Any, _document: Any) -> None:
    canvas.setFont(LATIN, 8)
    canvas.setFillColor(QUIET)
    canvas.drawRightString(canvas._pagesize[0] - MARGIN, 28, str(canvas.getPageNumber()))
