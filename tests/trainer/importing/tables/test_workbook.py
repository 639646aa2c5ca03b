"""Workbooks of Excel and LibreOffice: the first sheet with a header, within bounds."""

import datetime
import zipfile
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.errors import DatasetError
from trainer.importing.importer import Rows, read_rows
from trainer.importing.options import ReadOptions
from trainer.importing.tables import measure

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATED = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DATE_STYLE = 1


def excel(path: Path, sheets: dict[str, list[list[Any]]], *, hidden: str = "") -> Path:
    """Writes a workbook as Excel does, with one shared text for every cell of text."""
    shared: list[str] = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        names = "".join(
            f'<sheet name="{escape(name)}" sheetId="{number}" r:id="r{number}"'
            + (' state="hidden"/>' if name == hidden else "/>")
            for number, name in enumerate(sheets, 1)
        )
        archive.writestr(
            "_rels/.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="w"'
            f' Type="{_RELATED}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        )
        archive.writestr(
            "xl/workbook.xml",
            f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATED}"><sheets>{names}</sheets></workbook>',
        )
        links = "".join(
            f'<Relationship Id="r{number}" Type="{_RELATED}/worksheet"'
            f' Target="worksheets/sheet{number}.xml"/>'
            for number in range(1, len(sheets) + 1)
        )
        links += (
            f'<Relationship Id="s" Type="{_RELATED}/sharedStrings" Target="sharedStrings.xml"/>'
        )
        links += f'<Relationship Id="t" Type="{_RELATED}/styles" Target="styles.xml"/>'
        archive.writestr(
            "xl/_rels/workbook.xml.rels",
            f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>',
        )
        archive.writestr(
            "xl/styles.xml",
            f'<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
            '<xf numFmtId="14"/></cellXfs></styleSheet>',
        )
        for number, rows in enumerate(sheets.values(), 1):
            archive.writestr(f"xl/worksheets/sheet{number}.xml", _sheet(rows, shared))
        texts = "".join(f"<si><t>{escape(text)}</t></si>" for text in shared)
        archive.writestr("xl/sharedStrings.xml", f'<sst xmlns="{_MAIN}">{texts}</sst>')
    return path


def _sheet(rows: list[list[Any]], shared: list[str]) -> str:
    lines = []
    for line, row in enumerate(rows, 1):
        cells = []
        for column, value in enumerate(row):
            place = f"{chr(ord('A') + column)}{line}"
            if isinstance(value, bool):
                cells.append(f'<c r="{place}" t="b"><v>{int(value)}</v></c>')
            elif isinstance(value, datetime.date):
                days = (value - datetime.date(1899, 12, 30)).days
                cells.append(f'<c r="{place}" s="{_DATE_STYLE}"><v>{days}</v></c>')
            elif isinstance(value, tuple):  # a formula and the value that it had
                cells.append(f'<c r="{place}" t="str"><f>{value[0]}</f><v>{value[1]}</v></c>')
            elif isinstance(value, str):
                shared.append(value)
                cells.append(f'<c r="{place}" t="s"><v>{len(shared) - 1}</v></c>')
            elif value is not None:
                cells.append(f'<c r="{place}"><v>{value}</v></c>')
        lines.append(f'<row r="{line}">{"".join(cells)}</row>')
    return f'<worksheet xmlns="{_MAIN}"><sheetData>{"".join(lines)}</sheetData></worksheet>'


def libre(path: Path, rows: str) -> Path:
    """Writes a workbook of one sheet as LibreOffice does."""
    office = "urn:oasis:names:tc:opendocument:xmlns:office:1.0"
    table = "urn:oasis:names:tc:opendocument:xmlns:table:1.0"
    text = "urn:oasis:names:tc:opendocument:xmlns:text:1.0"
    manifest = "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr(
            "META-INF/manifest.xml",
            f'<m:manifest xmlns:m="{manifest}"/>',
        )
        archive.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{office}" xmlns:table="{table}"'
            f' xmlns:text="{text}"><office:body><office:spreadsheet><table:table table:name="FAQ">'
            f"{rows}</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return path


def text_cell(text: str) -> str:
    return (
        '<table:table-cell office:value-type="string">'
        f"<text:p>{escape(text)}</text:p></table:table-cell>"
    )


def told(found: Rows) -> list[tuple[int, str]]:
    return [(bad.line, bad.errors[0]) for bad in found.rejected]


def test_the_first_visible_sheet_with_a_header_is_read(tmp_path: Path) -> None:
    table: list[list[Any]] = [
        ["Our FAQ"],
        [],
        ["Id", "Frage", "Antwort"],
        [1, "Wo?", "Dort."],
        [None, None, None],
        [2, "Wie viel?", 12],
        [3, "Wie hoch?", 2.5],
        [4, "Wann?", datetime.date(2026, 5, 17)],
        [5, "Summe?", ("A1+A2", "drei")],
    ]
    sheets = {"Notes": [["x", "y"]], "Old": table, "FAQ": table}
    found = read_rows(excel(tmp_path / "faq.xlsx", sheets, hidden="Old"))
    answers = ["Dort.", "12", "2.5", "2026-05-17", "drei"]
    assert [one.row["completion"] for one in found.rows] == answers
    assert [one.line for one in found.rows] == [4, 6, 7, 8, 9]
    assert found.format == "a workbook"
    assert found.notes == (
        "row 3 is the header, 1 above it left out",
        "read from the sheet FAQ, 1 others left out",
    )


def test_disliked_rows_and_cells_beside_the_table_are_no_lessons(tmp_path: Path) -> None:
    table: list[list[Any]] = [
        ["question", "answer", "approved"],
        ["q", "a", True],
        ["r", "b", False],
        ["s", "c", True, "beside"],
    ]
    found = read_rows(excel(tmp_path / "faq.xlsx", {"A": table}))
    assert [one.row["completion"] for one in found.rows] == ["a"]
    assert told(found) == [
        (3, "its approved is false: a disliked answer is no lesson"),
        (
            4,
            "it has 4 fields and the header 3: move what is right of the table to another sheet",
        ),
    ]


def test_columns_are_named_by_a_person(tmp_path: Path) -> None:
    file = excel(tmp_path / "faq.xlsx", {"A": [["Ticket", "Lösung"], ["q", "a"]]})
    options = ReadOptions(columns={"question": "Ticket", "answer": "Lösung"})
    assert [one.row["prompt"] for one in read_rows(file, options).rows] == ["q"]
    with pytest.raises(DatasetError, match="it has Ticket, Lösung: say --columns"):
        read_rows(file)


def test_a_workbook_of_libreoffice_is_read(tmp_path: Path) -> None:
    rows = (
        f"<table:table-row>{text_cell('question')}{text_cell('answer')}</table:table-row>"
        f"<table:table-row>{text_cell('q')}{text_cell('a')}</table:table-row>"
        '<table:table-row table:number-rows-repeated="1048574">'
        '<table:table-cell table:number-columns-repeated="16384"/></table:table-row>'
    )
    found = read_rows(libre(tmp_path / "faq.ods", rows))
    assert [one.row for one in found.rows] == [{"prompt": "q", "completion": "a"}]


def _rows_of(tmp_path: Path, rows: str, shared: str = "") -> Path:
    sheet = f'<worksheet xmlns="{_MAIN}"><sheetData>{rows}</sheetData></worksheet>'
    file = excel(tmp_path / "whole.xlsx", {"A": []})
    hostile = tmp_path / "hostile.xlsx"
    with zipfile.ZipFile(file) as whole, zipfile.ZipFile(hostile, "w") as archive:
        for name in whole.namelist():
            content = sheet if "sheet1" in name else whole.read(name).decode()
            archive.writestr(name, shared if shared and "shared" in name else content)
    return hostile


def test_a_cell_at_the_end_of_the_world_is_refused(tmp_path: Path) -> None:
    """Laid out, the sheet would have seventeen thousand million cells."""
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"/></row>'
    with pytest.raises(DatasetError, match="over 5 million places"):
        read_rows(_rows_of(tmp_path, rows))
    rows = (
        f'<table:table-row table:number-rows-repeated="1000000">{text_cell("a")}'
        f'<table:table-cell table:number-columns-repeated="9"/>{text_cell("b")}</table:table-row>'
    )
    with pytest.raises(DatasetError, match="over 5 million places"):
        read_rows(libre(tmp_path / "faq.ods", rows))


def test_a_sheet_is_measured_wherever_the_workbook_says_that_it_is(tmp_path: Path) -> None:
    """Its name is the workbook's own choice: a sheet may lie where none is looked for."""
    rows = '<row r="1"><c r="A1"/></row><row r="1048576"><c r="XFD1048576"/></row>'
    whole = _rows_of(tmp_path, rows)
    moved = tmp_path / "moved.xlsx"
    with zipfile.ZipFile(whole) as archive, zipfile.ZipFile(moved, "w") as other:
        for name in archive.namelist():
            content = archive.read(name).replace(b"worksheets/sheet1.xml", b"../other/place.xml")
            other.writestr("other/place.xml" if "sheet1" in name else name, content)
    with pytest.raises(DatasetError, match="over 5 million places"):
        read_rows(moved)


def test_a_long_text_that_many_cells_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(measure, "MOST_TEXT", 5_000)
    rows = "".join(f'<row r="{n}"><c r="A{n}" t="s"><v>0</v></c></row>' for n in range(1, 101))
    shared = f'<sst xmlns="{_MAIN}"><si><t>{"x" * 100}</t></si></sst>'
    with pytest.raises(DatasetError, match="million characters: split it"):
        read_rows(_rows_of(tmp_path, rows, shared))
    rows = (
        '<table:table-row table:number-rows-repeated="100">'
        f"{text_cell('x' * 100)}</table:table-row>"
    )
    with pytest.raises(DatasetError, match="million characters: split it"):
        read_rows(libre(tmp_path / "faq.ods", rows))


def test_a_workbook_that_declares_entities_is_refused(tmp_path: Path) -> None:
    shared = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;">]><sst><si>&b;</si></sst>'
    with pytest.raises(DatasetError, match="declares entities"):
        read_rows(_rows_of(tmp_path, "", shared))


def test_what_is_no_workbook_is_one_line(tmp_path: Path) -> None:
    file = tmp_path / "faq.xlsx"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("a.txt", "hello")
    with pytest.raises(DatasetError, match=r"no workbook that is read here: save it as \.xlsx"):
        read_rows(file)
    with pytest.raises(DatasetError, match="a sheet of the workbook is damaged"):
        read_rows(_rows_of(tmp_path, "<row>"))


CELLS = st.one_of(
    st.none(), st.booleans(), st.integers(-5, 99), st.text("ab\n", max_size=4), st.dates()
)


@given(st.lists(st.lists(CELLS, max_size=4), max_size=6))
def test_any_cells_give_rows_or_one_line(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[Any]]
) -> None:
    file = tmp_path_factory.getbasetemp() / "any.xlsx"
    found = read_rows(excel(file, {"A": [["question", "answer"], *rows]}))
    filled = sum(any(str("" if cell is None else cell).strip() for cell in row) for row in rows)
    assert len(found.rows) + len(found.rejected) == filled
    assert [one.line for one in found.rows] == sorted({one.line for one in found.rows})
