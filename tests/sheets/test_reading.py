"""Files as people and attackers send them: read right, or refused for a reason, before they can do harm."""

import io
import zipfile
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from shop.sheets.cells import Bad, Cell
from shop.sheets.reading import Found, open_table
from shop.sheets.refusals import UnreadableFile

local = datetime.fromisoformat
NAMES = {"sku", "price", "name_zh", "商品编码", "artikel"}
Read = Callable[[bytes], tuple[Found, list[tuple[int, list[Cell]]]]]


@pytest.fixture
def read(tmp_path: Path) -> Read:
    def from_bytes(content: bytes) -> tuple[Found, list[tuple[int, list[Cell]]]]:
        path = tmp_path / "file"
        path.write_bytes(content)
        with open_table(path, NAMES) as table:
            return table.found, list(table.rows)

    return from_bytes


def refusal(read: Read, content: bytes) -> str:
    with pytest.raises(UnreadableFile) as refused:
        read(content)
    return refused.value.reason


def workbook(*rows: list[object]) -> bytes:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def with_part(content: bytes, name: str, part: bytes) -> bytes:
    """The same archive with a part put in or changed."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for found in old.namelist():
            if found != name:
                new.writestr(found, old.read(found))
        new.writestr(name, part)
    return out.getvalue()


CHINESE = "sku,name_zh\r\nSP-1,飞天茅台酒，单瓶装\r\nSP-2,青岛啤酒\r\n"
GERMAN = "sku;name_zh\r\nSP-1;Kräuterlikör Müller\r\nSP-2;Weißwein süß, für Gäste\r\n"


@pytest.mark.parametrize(
    ("encoding", "name"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"), ("utf-16-be", "UTF-16"),
     ("gbk", "GB18030 (GBK)"), ("gb18030", "GB18030 (GBK)")],
)  # fmt: skip
def test_a_chinese_file_is_read_in_every_encoding_it_comes_in(read: Read, encoding: str, name: str) -> None:
    found, rows = read(CHINESE.encode(encoding))

    assert (found.encoding, found.separator) == (name, ",")
    assert rows == [(1, ["sku", "name_zh"]), (2, ["SP-1", "飞天茅台酒，单瓶装"]), (3, ["SP-2", "青岛啤酒"])]


def test_a_file_of_a_german_excel_is_not_taken_for_chinese(read: Read) -> None:
    found, rows = read(GERMAN.encode("cp1252"))

    assert (found.encoding, found.separator) == ("Windows-1252", ";")
    assert rows[2] == (3, ["SP-2", "Weißwein süß, für Gäste"])


def test_an_encoding_in_doubt_is_not_guessed(read: Read) -> None:
    assert refusal(read, "sku,name_zh\nSP-1,茅台ä\n".encode("gbk", "ignore") + "Müller süß".encode("cp1252")) == "unknown_encoding"
    assert refusal(read, ("sku,name_zh\nSP-1," + "飞天茅台酒" * 10 + "\n").encode() + b"\xff\xff") == "broken_utf8"


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_the_one_that_finds_the_columns(read: Read, separator: str) -> None:
    header = separator.join(["sku", "price", "name_zh"])

    found, rows = read(f"{header}\nSP-1{separator}12{separator}\"a,b;c;d;e\"\n".encode())

    assert found.separator == separator
    assert rows[1] == (2, ["SP-1", "12", "a,b;c;d;e"])


def test_excels_own_word_on_the_separator_counts_and_is_no_row(read: Read) -> None:
    found, rows = read(b"sep=;\r\nsku;price\r\nSP-1;1,5\r\n")

    assert found.separator == ";"
    assert rows == [(2, ["sku", "price"]), (3, ["SP-1", "1,5"])]


def test_lines_are_numbered_as_a_spreadsheet_does(read: Read) -> None:
    _, rows = read(b'sku,name_zh\n\n"SP-1","two\nlines"\n,,\nSP-2,x\n')

    assert [number for number, _ in rows] == [1, 3, 5]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"), (b"%PDF-1.7 ...", "not_a_table"), (b"\xd0\xcf\x11\xe0" + b"x" * 600, "old_excel"),
        (b"PK\x03\x04rubbish", "broken_archive"),
        (b'sku,name_zh\nSP-1,"never closed\nSP-2,x\n', "broken_quotes"), (b"sku\n" + b"a" * 140_000, "cell_too_long"),
        (b"sku\n" + b"," * 300 + b"x\n", "too_many_columns"), (b"sku,\x00\x00\n", "not_a_table"), (b"\x00" * 50, "not_a_table"),
        (b"\x89PNG\r\n\x1a\n", "not_a_table"),
    ],
)  # fmt: skip
def test_what_is_no_table_is_refused_for_a_reason(read: Read, content: bytes, reason: str) -> None:
    assert refusal(read, content) == reason


def test_cells_of_a_workbook_have_their_types(read: Read) -> None:
    found, rows = read(workbook(["sku", "price"], ["SP-1", 12.5], [], ["0012", local("2026-12-01"), True, 4006381333931, "=1+1"]))

    assert found == Found("xlsx", sheet="Sheet")
    assert rows[1:] == [(2, ["SP-1", 12.5]), (4, ["0012", local("2026-12-01"), True, 4006381333931, Bad("formula")])]


def test_texts_are_unescaped_exactly(read: Read) -> None:
    strings = (
        b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><t>a_x000D_b</t></si>'
        b"<si><t>_x005F_x0041_</t></si><si><r><t>ri</t></r><r><t>ch</t></r><rPh><t>no</t></rPh></si></sst>"
    )

    cells = b"".join(b'<c t="s"><v>%d</v></c>' % n for n in range(3)) + b'<c t="inlineStr"><is><t>_x005F_x0041_</t></is></c>'
    _, rows = read(with_part(sheet(b"<row>" + cells + b"</row>"), "xl/sharedStrings.xml", strings))

    assert rows == [(1, ["a\rb", "_x0041_", "rich", "_x0041_"])]


@pytest.mark.parametrize("name", ["xl/worksheets/sheet1.xml", "xl/sharedStrings.xml", "xl/styles.xml", "xl/media/picture.bin"])
def test_a_zip_bomb_is_refused_before_it_is_unpacked(read: Read, name: str) -> None:
    bomb = with_part(workbook(["sku"]), name, b" " * (40 << 20))
    assert len(bomb) < 100_000

    assert refusal(read, bomb) == "zip_bomb"


def test_a_size_that_lies_gains_nothing(read: Read) -> None:
    bomb = bytearray(with_part(workbook(["sku"]), "xl/worksheets/sheet1.xml", b" " * (40 << 20)))
    entry = bomb.rindex(b"PK\x01\x02", 0, bomb.rindex(b"xl/worksheets/sheet1.xml"))
    bomb[entry + 24 : entry + 28] = (1000).to_bytes(4, "little")  # the directory: unpacked size

    assert refusal(read, bytes(bomb)) == "broken_archive"


def sheet(rows: bytes) -> bytes:
    xml = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>%s</sheetData></worksheet>'
    return with_part(workbook(["sku"]), "xl/worksheets/sheet1.xml", xml % rows)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (b'<row r="1"/>' * 450_000, "too_many_rows"),
        (b'<row r="99999999"><c r="A99999999"><v>1</v></c></row>', "too_many_rows"),
        (b'<row r="1"><c r="ZZZ1"><v>1</v></c></row>', "too_many_columns"),
        (b'<row r="1"><c r="A1" t="s"><v>77</v></c></row>', "broken_workbook"),
        (b'<row r="1"><c r="A1" t="s">', "broken_workbook"),
    ],
)
def test_a_sheet_that_claims_too_much_or_is_broken_is_refused(read: Read, rows: bytes, reason: str) -> None:
    assert refusal(read, sheet(rows)) in (reason, "zip_bomb")


def test_one_endless_row_is_refused_before_it_fills_the_memory(read: Read) -> None:
    noise = b"".join(b"<c><v>%d</v></c>" % (n * 7919) for n in range(400_000))

    assert refusal(read, sheet(b'<row r="1">' + noise + b"</row>")) == "zip_bomb"


def test_entities_and_macros_are_refused(read: Read) -> None:
    laughs = (
        b'<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;">]>'
        b"<worksheet><sheetData><row><c><v>&b;</v></c></row></sheetData></worksheet>"
    )

    assert refusal(read, with_part(workbook(["sku"]), "xl/worksheets/sheet1.xml", laughs)) == "broken_workbook"
    assert refusal(read, with_part(workbook(["sku"]), "xl/vbaProject.bin", b"x")) == "macros"


def test_a_link_to_another_workbook_is_not_followed(read: Read) -> None:
    link = b'<externalLink xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"/>'

    _, rows = read(with_part(workbook(["sku"], ["SP-1"]), "xl/externalLinks/externalLink1.xml", link))

    assert rows == [(1, ["sku"]), (2, ["SP-1"])]


ANY_WORKBOOK = workbook(["sku", "price"], ["SP-1", 12.5])  # made once: it holds the time, which changes its length


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_workbook_with_any_bytes_changed_is_read_or_refused(read: Read, data: st.DataObject) -> None:
    content = bytearray(ANY_WORKBOOK)
    for _ in range(data.draw(st.integers(1, 8))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))

    with suppress(UnreadableFile):
        found, _ = read(bytes(content))
        assert found.format in ("xlsx", "csv")
