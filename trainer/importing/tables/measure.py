"""Measures the sheets of a workbook before they are laid out in memory.

A cell may stand at the last of a billion places, repeat itself a million times, or name one long
text that a hundred thousand others name as well: each is added up while the XML is read in pieces.
"""

import xml.parsers.expat
from collections.abc import Callable, Mapping, Sequence
from itertools import zip_longest
from typing import TypeAlias

from trainer.errors import DatasetError
from trainer.importing.archives import SafeZip

OPEN_DOCUMENT = "content.xml"
"""The file that holds the sheets of LibreOffice."""
MOST_CELLS = 5_000_000
"""Places of one sheet, empty ones included, up to its last filled row and column."""
MOST_TEXT = 300_000_000
"""Characters of all cells of a sheet, each text counted as often as it is named."""
_PIECE = 65_536
_LETTERS = 26
_MOST_COLUMNS = 16_384

_Attributes: TypeAlias = Mapping[str, str]


def check_sheets(archive: SafeZip, names: Sequence[str]) -> None:
    """Checks every sheet of a workbook of Excel or LibreOffice.

    Args:
        archive: the workbook.
        names: the files of it that are given to calamine. A workbook says itself which of them
            are its sheets and its texts, so every one of them is taken for both.

    Raises:
        DatasetError: one is too large, or damaged.
    """
    lengths: list[int] = []
    for name in names:
        texts = _SharedTexts().read(archive, name)
        lengths = [max(both) for both in zip_longest(lengths, texts, fillvalue=0)]
    for name in names:
        _ExcelSheet(lengths).read(archive, name)
        if name == OPEN_DOCUMENT:
            _OpenDocument().read(archive, name)


def _parse(
    archive: SafeZip,
    name: str,
    start: Callable[[str, _Attributes], None],
    end: Callable[[str], None],
    text: Callable[[str], None],
) -> None:
    """Reads one XML file in pieces; names come without their prefixes."""
    parser = xml.parsers.expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = lambda tag, attributes: start(tag.rpartition(":")[2], attributes)
    parser.EndElementHandler = lambda tag: end(tag.rpartition(":")[2])
    parser.CharacterDataHandler = text
    parser.EntityDeclHandler = _refuse_entity
    try:
        with archive.open(name) as stream:
            while piece := stream.read(_PIECE):
                parser.Parse(piece, False)
            parser.Parse(b"", True)
    except DatasetError:
        raise
    except Exception as error:
        # expat's, zlib's and zipfile's: whatever it is, the workbook is damaged.
        raise DatasetError("a sheet of the workbook is damaged: save it again") from error


def _refuse_entity(*_declaration: object) -> None:
    raise DatasetError("the workbook declares entities, which none of Excel or LibreOffice does")


class _SharedTexts:
    """The lengths of the texts that the cells of an Excel workbook name by their numbers."""

    def __init__(self) -> None:
        self._lengths: list[int] = []
        self._inside = False

    def read(self, archive: SafeZip, name: str) -> list[int]:
        """Returns the characters of each text."""
        _parse(archive, name, self._start, self._end, self._text)
        return self._lengths

    def _start(self, tag: str, _attributes: _Attributes) -> None:
        if tag == "si":
            self._inside = True
            self._lengths.append(0)

    def _end(self, tag: str) -> None:
        if tag == "si":
            self._inside = False

    def _text(self, text: str) -> None:
        if self._inside:
            self._lengths[-1] += len(text)


class _ExcelSheet:
    """Adds up the places and the texts of one sheet."""

    def __init__(self, lengths: list[int]) -> None:
        self._lengths = lengths
        self._row = self._column = self._last_row = self._last_column = self._cells = 0
        self._shared = self._value = False
        self._index = ""
        self._characters = 0

    def read(self, archive: SafeZip, name: str) -> None:
        """Checks the sheet."""
        _parse(archive, name, self._start, self._end, self._text)

    def _start(self, tag: str, attributes: _Attributes) -> None:
        if tag == "row":
            self._row = _number(attributes.get("r"), self._row + 1)
            self._column = 0
        elif tag == "c":
            place = attributes.get("r", "")
            letters = place.rstrip("0123456789")
            self._column = _column(letters) if letters else self._column + 1
            self._row = _number(place[len(letters) :], self._row)
            self._shared = attributes.get("t") == "s"
            self._cells += 1
            self._last_row = max(self._last_row, self._row)
            self._last_column = max(self._last_column, self._column)
            _check_places(max(self._cells, self._last_row * self._last_column))
        elif tag == "v":
            self._value = True
            self._index = ""

    def _end(self, tag: str) -> None:
        if tag == "v":
            self._value = False
            place = _number(self._index.strip(), -1)
            if self._shared and 0 <= place < len(self._lengths):
                self._characters += self._lengths[place]
                _check_text(self._characters)

    def _text(self, text: str) -> None:
        if self._value and self._shared:
            self._index = (self._index + text)[:20]
        else:
            self._characters += len(text)


class _OpenDocument:
    """Adds up the places and the texts of all sheets of a LibreOffice workbook."""

    def __init__(self) -> None:
        self._places = self._characters = self._times = 0
        self._rows = self._height = self._width = self._columns = self._filled = 0
        self._repeat = 1
        self._written = 0

    def read(self, archive: SafeZip, name: str) -> None:
        """Checks the sheets."""
        _parse(archive, name, self._start, self._end, self._text)

    def _start(self, tag: str, attributes: _Attributes) -> None:
        if tag == "table":
            self._rows = self._height = self._width = 0
        elif tag == "table-row":
            self._times = _number(attributes.get("table:number-rows-repeated"), 1)
            self._columns = self._filled = 0
        elif tag in ("table-cell", "covered-table-cell"):
            self._repeat = _number(attributes.get("table:number-columns-repeated"), 1)
            self._columns += self._repeat
            self._written = len(attributes.get("office:value", ""))
            if any(name.endswith((":value-type", ":formula")) for name in attributes):
                self._filled = self._columns

    def _end(self, tag: str) -> None:
        if tag in ("table-cell", "covered-table-cell") and self._written:
            self._filled = self._columns
            self._characters += self._written * self._repeat * self._times
            _check_text(self._characters)
        elif tag == "table-row":
            self._rows += self._times
            if self._filled:
                # Empty rows above a filled one are laid out as well.
                self._height = self._rows
                self._width = max(self._width, self._filled)
                _check_places(self._places + self._height * self._width)
        elif tag == "table":
            self._places += self._height * self._width

    def _text(self, text: str) -> None:
        self._written += len(text)


def _number(text: str | None, otherwise: int) -> int:
    """A number of an attribute; what is no number, or too large for one, counts as given."""
    if text and text.isascii() and text.isdecimal():
        return int(text[:12])
    return otherwise


def _column(letters: str) -> int:
    """The number of a column by its letters, A is 1."""
    number = 0
    for letter in letters.upper()[:4]:
        number = number * _LETTERS + ord(letter) - ord("A") + 1
    return max(1, min(number, _MOST_COLUMNS * _LETTERS))


def _check_places(places: int) -> None:
    if places > MOST_CELLS:
        raise DatasetError(
            f"a sheet has over {MOST_CELLS // 10**6} million places: delete what is far from the "
            "table, or save it as CSV"
        )


def _check_text(characters: int) -> None:
    if characters > MOST_TEXT:
        raise DatasetError(f"a sheet has over {MOST_TEXT // 10**6} million characters: split it")
