"""Reads JSON: Lines, a list on one line or many, or a document that holds a list of rows.

A long list is read entry by entry, in bounded memory. A document of another kind is parsed as a
whole, and is therefore bounded.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any

from trainer.errors import DatasetError
from trainer.importing.applications import JSON_READERS, JsonReader
from trainer.importing.lines import Found, Rejected, texts
from trainer.importing.parsing import MAX_DOCUMENT, BadEntry, TextFile, list_entries, parsed
from trainer.importing.rows import row_at
from trainer.importing.shapes.names import shown
from trainer.jsonl import JsonlError, Row, parse_line

_SAMPLE = 20
"""Entries of a list by which an application's export is recognised."""
_MOST_SHOWN = 6
_LISTS = (
    *("data", "examples", "rows", "items", "records", "entries", "samples", "train", "results"),
    *("conversations", "messages", "dialogues", "dialogs", "chats", "faq", "faqs", "questions"),
    *("lessons", "pairs", "qa", "qa_pairs"),
    *("training", "validation", "valid", "val", "dev", "eval", "test", "testing"),
)
"""Keys that lists of rows are looked for under."""


@dataclass(frozen=True)
class Source:
    """A reader of what a file was taken for.

    Attributes:
        format: what that is, for people.
        found: what is in it.
        entries: whether `line` counts the entries of a document and not lines.
        notes: sentences about the whole file.
    """

    format: str
    found: Iterator[Found]
    entries: bool = True
    notes: tuple[str, ...] = ()


def json_source(file: TextFile, columns: Mapping[str, str]) -> Source:
    """Finds out which sort of JSON a file is, and returns its reader.

    Args:
        file: the file.
        columns: as in `row_at`.

    Raises:
        DatasetError: it is one document that is broken or too large.
    """
    if file.begins_with("["):
        return _list_source(file, columns)
    lines = texts(file.open())
    first = list(islice(((n, t) for n, t in lines if isinstance(t, Rejected) or t.strip()), 2))
    if first and file.begins_with("{") and (len(first) == 1 or not _is_row(first[0][1])):
        document = _document(file, certain=_is_brace(first[0][1]))
        if document is not None and (source := _document_source(document, columns)):
            return source
    return _lines_source(chain(first, lines), columns, file)


def _lines_source(
    lines: Iterator[tuple[int, str | Rejected]], columns: Mapping[str, str], file: TextFile
) -> Source:
    """JSON Lines, of rows or of an application's entries."""
    entries = _parsed_lines(lines)
    head: list[tuple[int, Row | Rejected]] = list(islice(entries, _SAMPLE))
    reader = _reader_of([row for _, row in head if not isinstance(row, Rejected)], columns)
    entries = chain(head, entries)
    if reader is not None and file.size > MAX_DOCUMENT:
        raise DatasetError(
            f"{file.name} is {reader.name} of over {MAX_DOCUMENT // 10**6} MB: split it"
        )
    if reader is None:
        rows = (
            row if isinstance(row, Rejected) else row_at(number, row, columns)
            for number, row in entries
        )
        return Source("JSON Lines", rows, entries=False)
    return Source(reader.name, _read_lines(reader, entries), entries=False)


def _read_lines(
    reader: JsonReader, entries: Iterable[tuple[int, Row | Rejected]]
) -> Iterator[Found]:
    """An application's entries, one a line: what is found in one is told by its line."""
    rows: list[Row] = []
    numbers: list[int] = []
    for number, row in entries:
        if isinstance(row, Rejected):
            yield row
        else:
            rows.append(row)
            numbers.append(number)
    for found in reader.read(rows):
        place = min(found.line, len(numbers)) - 1
        yield replace(found, line=numbers[place])


def _parsed_lines(
    lines: Iterable[tuple[int, str | Rejected]],
) -> Iterator[tuple[int, Row | Rejected]]:
    for number, text in lines:
        if isinstance(text, Rejected):
            yield number, text
        elif text.strip():
            try:
                yield number, parse_line(text, number)
            except JsonlError as error:
                yield number, Rejected(number, (error.reason,))


def _list_source(file: TextFile, columns: Mapping[str, str]) -> Source:
    """A list of rows, entry by entry, or an application's list as a whole."""
    entries = list_entries(file)
    try:
        head = list(islice(entries, _SAMPLE))
    except DatasetError:
        # Entries of applications may be longer than any row.
        if (
            file.size > MAX_DOCUMENT
            or (reader := _reader_of(whole := parsed(file), columns)) is None
        ):
            raise
        return Source(reader.name, reader.read(whole))
    reader = _reader_of([entry for entry in head if not isinstance(entry, BadEntry)], columns)
    if reader is not None:
        return Source(reader.name, reader.read(parsed(file)))
    found = (_entry(number, entry, columns) for number, entry in enumerate(chain(head, entries), 1))
    return Source("a JSON list", found)


def _document(file: TextFile, *, certain: bool) -> Row | None:
    """The object that a whole file is, None of a file of another kind.

    Args:
        file: the file.
        certain: whether it can be nothing else.

    Raises:
        DatasetError: it is broken or too large and can be nothing else.
    """
    try:
        document = parsed(file)
    except DatasetError:
        if certain or file.size > MAX_DOCUMENT:
            raise
        return None
    return document if isinstance(document, dict) else None


def _document_source(document: Row, columns: Mapping[str, str]) -> Source | None:
    """An application's document, or the rows that a document holds under one key."""
    reader = _reader_of(document, columns)
    if reader is not None:
        return Source(reader.name, reader.read(document))
    alone = row_at(1, document, columns)
    if type(alone) is not Rejected:
        return Source("a JSON object", iter([alone]))
    rows = _rows_within(document)
    if rows is None:
        return Source("a JSON object", iter([alone]))
    keys, entries = rows
    found = (_entry(number, entry, columns) for number, entry in enumerate(entries, 1))
    lists = f"the list {keys[0]}" if len(keys) == 1 else f"the lists {', '.join(keys)}"
    what = f"a JSON document with {lists}" if keys else "a JSON document"
    return Source(what, found, notes=_other_lists(document, keys))


def _other_lists(document: Row, read: Sequence[str]) -> tuple[str, ...]:
    """Says which lists of objects a document has beside those that are read."""
    others = [
        f"{shown(key)} ({len(value)})"
        for key, value in document.items()
        if read and key.casefold() not in read and _is_list_of_rows(value)
    ]
    if not others:
        return ()
    more = f" and {len(others) - _MOST_SHOWN} more" if len(others) > _MOST_SHOWN else ""
    return (f"left out: the lists {', '.join(others[:_MOST_SHOWN])}{more}",)


def _is_list_of_rows(value: Any) -> bool:
    return isinstance(value, list) and any(isinstance(entry, dict) for entry in value[:_SAMPLE])


def _rows_within(document: Row) -> tuple[Sequence[str], Iterable[Any]] | None:
    """The lists of rows of a document with their keys; its own values where they are rows.

    Every list whose key is known is read, one after the other as they stand there.

    Raises:
        DatasetError: there are several lists, none of them known by its key.
    """
    lists = {key: value for key, value in document.items() if _is_list_of_rows(value)}
    known = [key for key in lists if key.casefold() in _LISTS]
    if known:
        named = [key.casefold() for key in known]
        return named, chain.from_iterable(lists[key] for key in known)
    if len(lists) > 1:
        raise DatasetError(
            f"it holds {len(lists)} lists and none is called data, examples or rows: "
            "save the one with the rows as a file of its own"
        )
    if lists:
        return (), next(iter(lists.values()))
    rows = [value for value in document.values() if isinstance(value, dict)]
    return ((), rows) if rows and len(rows) == len(document) else None


def _reader_of(document: Any, columns: Mapping[str, str]) -> JsonReader | None:
    """The reader of the application that a document is of; none where a person names columns."""
    if columns or not document:
        return None
    return next((one for one in JSON_READERS if one.recognises(document)), None)


def _entry(number: int, entry: Any, columns: Mapping[str, str]) -> Found:
    if isinstance(entry, BadEntry):
        return Rejected(number, (entry.reason,))
    if not isinstance(entry, dict):
        return Rejected(number, ("not a JSON object in braces",))
    return row_at(number, entry, columns)


def _is_brace(text: str | Rejected) -> bool:
    return isinstance(text, str) and text.strip() == "{"


def _is_row(text: str | Rejected) -> bool:
    if isinstance(text, Rejected):
        return False
    try:
        parse_line(text, 1)
    except JsonlError:
        return False
    return True
