"""The parts of a workbook (ECMA-376) beside its rows: styles, sheets' beginnings and ends, notes on headers, properties."""

from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

from msgspec import Struct

from shop.reports.columns import Cell, Column
from shop.reports.text_cells import STYLES, escaped

HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
REL = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"
NUMBER_FORMATS = {
    Cell.TEXT: (0, ""), Cell.ID: (49, ""), Cell.COUNT: (1, ""), Cell.MONEY: (4, ""), Cell.RATE: (164, "0.00000000"),
    Cell.MOMENT: (165, "yyyy\\-mm\\-dd hh:mm:ss"), Cell.DAY: (166, "yyyy\\-mm\\-dd"),
}  # fmt: skip
PLAIN = len(NUMBER_FORMATS)
HEADER, TECHNICAL, BOLD = 2 * PLAIN, 2 * PLAIN + 1, PLAIN  # BOLD is added to a cell's style for a row of totals


class SheetPart(Struct, frozen=True):
    """A sheet that was written: what the workbook lists. `last` is its last row of data, 0 without a filter."""

    title: str
    noted: bool
    columns: int = 0
    head: int = 1
    last: int = 0


def styles() -> str:
    own = "".join(
        f'<numFmt numFmtId="{n}" formatCode={quoteattr(form)}/>' for n, form in NUMBER_FORMATS.values() if form
    )
    formats = [number for number, _ in NUMBER_FORMATS.values()]
    plain = "".join(
        f'<xf numFmtId="{n}" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>' for n in formats
    )
    bold = "".join(
        f'<xf numFmtId="{n}" fontId="1" fillId="0" borderId="1" xfId="0" applyNumberFormat="1" applyFont="1" applyBorder="1"/>'
        for n in formats
    )
    header = (
        '<xf numFmtId="0" fontId="1" fillId="0" borderId="2" xfId="0" applyFont="1" applyBorder="1" applyAlignment="1">'
        '<alignment vertical="top" wrapText="1"/></xf><xf numFmtId="0" fontId="2" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    )
    font, side = '<sz val="11"/>{}<name val="Calibri"/><family val="2"/>', "<left/><right/>{}<diagonal/>"
    thin = '<{0} style="thin"><color auto="1"/></{0}>'
    fonts = [font.format(""), "<b/>" + font.format(""), font.format('<color rgb="FF666666"/>')]
    borders = [
        side.format("<top/><bottom/>"),
        side.format(thin.format("top") + "<bottom/>"),
        side.format("<top/>" + thin.format("bottom")),
    ]
    return (
        f'{HEAD}<styleSheet {MAIN}><numFmts count="3">{own}</numFmts>'
        f'<fonts count="3">{"".join(f"<font>{one}</font>" for one in fonts)}</fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>'
        f'<borders count="3">{"".join(f"<border>{one}</border>" for one in borders)}</borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f'<cellXfs count="{2 * PLAIN + 2}">{plain}{bold}{header}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
    )


def letters(place: int) -> str:
    """`A`, `B` … `Z`, `AA` …: a column by its place, from 0."""
    name = ""
    while place >= 0:
        name, place = chr(65 + place % 26) + name, place // 26 - 1
    return name


def text_cell(text: str, style: int = 0) -> str:
    return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{escaped(text)}</t></is></c>'


def sheet_begins(columns: Sequence[Column], head: int, *, active: bool) -> str:
    """Up to the first row. `head` rows stay in view, and so does the first column."""
    widths = "".join(
        f'<col min="{n}" max="{n}" width="{column.width}" style="{STYLES[column.cell]}" customWidth="1"/>'
        for n, column in enumerate(columns, 1)
    )
    pane = f'<pane xSplit="1" ySplit="{head}" topLeftCell="B{head + 1}" activePane="bottomRight" state="frozen"/>'
    selected = ' tabSelected="1"' if active else ""
    return (
        f'{HEAD}<worksheet {MAIN} xmlns:r="{REL}"><sheetViews><sheetView{selected} workbookViewId="0">'
        f'{pane}</sheetView></sheetViews><sheetFormatPr defaultRowHeight="15"/><cols>{widths}</cols><sheetData>'
    )


def sheet_ends(part: SheetPart, rows: int) -> str:
    """From the last row on: the filter over the data, and no green corners at numbers that are names."""
    last, notes = letters(part.columns - 1), '<legacyDrawing r:id="rId1"/>' if part.noted else ""
    return (
        f'</sheetData><autoFilter ref="A{part.head}:{last}{part.last}"/><pageSetup orientation="landscape"/>'
        f'<ignoredErrors><ignoredError sqref="A1:{last}{rows}" numberStoredAsText="1"/></ignoredErrors>'
        f"{notes}</worksheet>"
    )


def workbook(parts: Sequence[SheetPart]) -> str:
    sheets = "".join(
        f'<sheet name={quoteattr(part.title)} sheetId="{n}" r:id="rId{n}"/>' for n, part in enumerate(parts, 1)
    )
    names = "".join(
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{n}" hidden="1">{_range(part)}</definedName>'
        f'<definedName name="_xlnm.Print_Titles" localSheetId="{n}">{_quoted(part.title)}!$1:${part.head}</definedName>'
        for n, part in enumerate(parts)
        if part.last
    )
    return (
        f'{HEAD}<workbook {MAIN} xmlns:r="{REL}"><bookViews><workbookView/></bookViews><sheets>{sheets}</sheets>'
        f"<definedNames>{names}</definedNames></workbook>"
    )


def _quoted(title: str) -> str:
    return "'" + escaped(title).replace("'", "''") + "'"


def _range(part: SheetPart) -> str:
    return f"{_quoted(part.title)}!$A${part.head}:${letters(part.columns - 1)}${part.last}"


def workbook_relations(parts: Sequence[SheetPart]) -> str:
    kinds = [(f"rId{n}", "worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(parts) + 1)]
    return _relations([*kinds, (f"rId{len(parts) + 1}", "styles", "styles.xml")])


def package_relations() -> str:
    core = (
        f'<Relationship Id="rId2" Type="{PACKAGE}/relationships/metadata/core-properties" Target="docProps/core.xml"/>'
    )
    return _relations([("rId1", "officeDocument", "xl/workbook.xml")]).replace(
        "</Relationships>", f"{core}</Relationships>"
    )


def sheet_relations(number: int) -> str:
    return _relations(
        [
            ("rId1", "vmlDrawing", f"../drawings/vmlDrawing{number}.vml"),
            ("rId2", "comments", f"../comments{number}.xml"),
        ]
    )


def _relations(kinds: Sequence[tuple[str, str, str]]) -> str:
    found = "".join(f'<Relationship Id="{key}" Type="{REL}/{kind}" Target="{target}"/>' for key, kind, target in kinds)
    return f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{found}</Relationships>'


def content_types(parts: Sequence[SheetPart]) -> str:
    sheets = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{TYPE}.worksheet+xml"/>'
        + (f'<Override PartName="/xl/comments{n}.xml" ContentType="{TYPE}.comments+xml"/>' if part.noted else "")
        for n, part in enumerate(parts, 1)
    )
    return (
        f'{HEAD}<Types xmlns="{PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="vml" ContentType="application/vnd.openxmlformats-officedocument.vmlDrawing"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{TYPE}.sheet.main+xml"/>{sheets}'
        f'<Override PartName="/xl/styles.xml" ContentType="{TYPE}.styles+xml"/>'
        '<Override PartName="/docProps/core.xml" ContentType="application/vnd.openxmlformats-package.core-properties+xml"/></Types>'
    )


def properties(title: str, about: str) -> str:
    return (
        f'{HEAD}<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" xmlns:dc="http://purl.org/dc/elements/1.1/">'
        f"<dc:title>{escaped(title)}</dc:title><dc:description>{escaped(about)}</dc:description></cp:coreProperties>"
    )


def notes(columns: Sequence[Column]) -> str:
    """A note on each header cell: the column's technical name."""
    found = "".join(
        f'<comment ref="{letters(n)}1" authorId="0"><text><r><t>{escaped(column.name)}</t></r></text></comment>'
        for n, column in enumerate(columns)
    )
    return f"{HEAD}<comments {MAIN}><authors><author></author></authors><commentList>{found}</commentList></comments>"


def note_shapes(columns: Sequence[Column], sheet: int) -> str:
    """Where the notes are drawn: old VML, which spreadsheets still ask for."""
    shapes = "".join(
        f'<v:shape id="_x0000_s{1024 * sheet + 1 + n}" type="#_x0000_t202" '
        'style="position:absolute;width:96pt;height:30pt;visibility:hidden" '
        f'fillcolor="#ffffe1"><v:fill color2="#ffffe1"/><v:textbox/><x:ClientData ObjectType="Note"><x:MoveWithCells/><x:SizeWithCells/>'
        f"<x:Anchor>{n + 1}, 15, 0, 10, {n + 3}, 15, 2, 4</x:Anchor><x:AutoFill>False</x:AutoFill><x:Row>0</x:Row><x:Column>{n}</x:Column>"
        "</x:ClientData></v:shape>"
        for n in range(len(columns))
    )
    return (
        '<xml xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office" '
        f'xmlns:x="urn:schemas-microsoft-com:office:excel"><o:shapelayout v:ext="edit">'
        f'<o:idmap v:ext="edit" data="{sheet}"/></o:shapelayout>'
        '<v:shapetype id="_x0000_t202" coordsize="21600,21600" o:spt="202" path="m,l,21600r21600,l21600,xe"><v:stroke joinstyle="miter"/>'
        f'<v:path gradientshapeok="t" o:connecttype="rect"/></v:shapetype>{shapes}</xml>'
    )
