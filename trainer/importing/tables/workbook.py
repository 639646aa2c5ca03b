"""Reads the first sheet with a header out of an Excel or LibreOffice workbook (xlsx, ods).

calamine lays a sheet out as a full table in memory, and so a few bytes can ask for terabytes. The
archive is therefore measured first (`measure`), and calamine gets a copy of what was measured.
"""

import datetime
import io
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from python_calamine import CalamineError, CalamineWorkbook, SheetVisibleEnum

from trainer.errors import DatasetError
from trainer.importing.archives import ZipLimits, opened_zip
from trainer.importing.lines import Found
from trainer.importing.shapes.names import shown
from trainer.importing.tables.header import (
    MOST_TITLES,
    Header,
    header_of,
    names_columns,
    no_header,
)
from trainer.importing.tables.measure import OPEN_DOCUMENT, check_sheets

MOST_BYTES = 150_000_000
"""Bytes of a workbook's texts and numbers, unpacked."""
MOST_SHEETS = 100
_LIMITS = ZipLimits(entries=5_000, size=4 * MOST_BYTES, ratio=500)
_EXCEL = "xl/workbook.xml"
_READ = (".xml", ".rels")  # pictures and the like are passed over
_QUOTE = "move what is right of the table to another sheet"
_ZIP = b"PK\x03\x04"


def is_workbook(path: Path, head: bytes) -> bool:
    """Returns whether a file is a workbook, by its first bytes and its name."""
    return head.startswith(_ZIP) and path.suffix.lower() in (".xlsx", ".xlsm", ".ods")


def workbook_rows(path: Path, columns: Mapping[str, str], notes: list[str]) -> Iterator[Found]:
    """Yields the rows of the first visible sheet that has a header; `line` is the sheet's row.

    Args:
        path: the workbook.
        columns: the sheet's own names for `question`, `answer` and the others, as a person said.
        notes: sentences about the whole file are added here.

    Raises:
        DatasetError: it is damaged, too large, has a password, or no sheet has a header.
    """
    copy = _measured_copy(path)
    try:
        with CalamineWorkbook.from_filelike(copy) as book:
            yield from _rows(book, columns, notes)
    except (CalamineError, OSError, ValueError) as error:
        kind = type(error).__name__
        raise DatasetError(
            f"{path.name} cannot be read as a workbook ({kind}): save it again, or as CSV"
        ) from error


def _measured_copy(path: Path) -> io.BytesIO:
    """The parts of a workbook that are read, each with the size that its archive names."""
    copy = io.BytesIO()
    with opened_zip(path, _LIMITS) as archive:
        names = [name for name in archive.names if name.endswith(_READ) or name == "mimetype"]
        if sum(archive.size(name) for name in names) > MOST_BYTES:
            raise DatasetError(f"{path.name} is over {MOST_BYTES // 10**6} MB unpacked: split it")
        if not {_EXCEL, OPEN_DOCUMENT} & set(names):
            raise DatasetError(
                f"{path.name} is no workbook that is read here: save it as .xlsx or .csv"
            )
        check_sheets(archive, [name for name in names if name != "mimetype"])
        with zipfile.ZipFile(copy, "w") as plain:
            for name in names:
                plain.writestr(name, archive.read(name, MOST_BYTES))
    copy.seek(0)
    return copy


def _rows(book: CalamineWorkbook, columns: Mapping[str, str], notes: list[str]) -> Iterator[Found]:
    visible = [
        sheet.name
        for sheet in book.sheets_metadata[:MOST_SHEETS]
        if sheet.visible == SheetVisibleEnum.Visible
    ]
    first: list[Any] = []
    for name in visible:
        sheet = book.get_sheet_by_name(name)
        table = [
            [_cell(value) for value in row]
            for row in sheet.to_python(skip_empty_area=False, nrows=MOST_TITLES * 2)
        ]
        filled = [i for i, row in enumerate(table) if any(row)]
        place = next(
            (i for i in filled if names_columns(table[i], columns, below=i > filled[0])), None
        )
        if place is None:
            first = first or next((row for row in table if any(row)), [])
            continue
        header = header_of(table[place], columns)
        if above := sum(any(row) for row in table[:place]):
            notes.append(f"row {place + 1} is the header, {above} above it left out")
        if len(visible) > 1:
            notes.append(f"read from the sheet {shown(name)}, {len(visible) - 1} others left out")
        yield from _below(sheet, header, place + 1, columns)
        return
    raise no_header(first, columns)


def _below(sheet: Any, header: Header, place: int, columns: Mapping[str, str]) -> Iterator[Found]:
    """The rows of a sheet below its header."""
    start = sheet.start[0] if sheet.start else 0
    for number, row in enumerate(sheet.iter_rows(), start=start + 1):
        if number > place:
            found = header.row(number, [_cell(value) for value in row], columns, _QUOTE)
            if found is not None:
                yield found


def _cell(value: Any) -> Any:
    """What a cell holds: text, numbers as they are shown, dates as in ISO 8601."""
    match value:
        case float() if value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004  exact in a float
            return int(value)
        case datetime.datetime() if value.time() == datetime.time():
            return value.date().isoformat()
        case datetime.datetime():
            return value.isoformat(" ")
        case datetime.date() | datetime.time():
            return value.isoformat()
        case datetime.timedelta():
            return str(value)
    return value
