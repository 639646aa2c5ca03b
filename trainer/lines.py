"""Files of others line by line, in bounded memory, and what becomes of a line.

A line is a row that can be learned from or a rejection; nothing here knows a file's layout.
"""

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from trainer.errors import DatasetError
from trainer.foreign import native
from trainer.formats import Row, to_messages

MAX_LINE = 1_000_000
"""Bytes of one line, and characters of one CSV field."""


@dataclass(frozen=True)
class Found:
    """A row as it stood in a file; `line` counts from 1 and is where the row begins."""

    line: int
    row: Row


@dataclass(frozen=True)
class Rejected:
    """A line that is not a row, and everything that is wrong with it."""

    line: int
    errors: tuple[str, ...]


def texts(stream: BinaryIO) -> Iterator[tuple[int, str | Rejected]]:
    """Numbered lines as text, or what is wrong with them."""
    for number, line in _lines(stream):
        if line is None:
            yield number, Rejected(number, (f"longer than {MAX_LINE} bytes",))
            continue
        content = line.removeprefix(codecs.BOM_UTF8) if number == 1 else line
        if b"\0" in content:
            yield number, Rejected(number, ("it has NUL bytes: not a text file?",))
            continue
        try:
            yield number, content.decode()
        except UnicodeDecodeError:
            yield number, Rejected(number, ("not UTF-8 text",))


def _lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Numbered lines without their ends; None stands for one that is too long."""
    number = 0
    while line := stream.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE)
            yield number, None
        else:
            yield number, line.removesuffix(b"\n").removesuffix(b"\r")


def row_at(number: int, row: Mapping[str, Any]) -> Found | Rejected:
    """A row in one of our three kinds, if it can be learned from."""
    try:
        ours = native(row)
        turns = to_messages(ours)
    except DatasetError as error:
        return Rejected(number, (str(error),))
    roles = [turn["role"] for turn in turns]
    if roles[-1:] == ["assistant"] and "user" in roles:
        return Found(number, ours)
    if "text" in ours:
        return Rejected(number, ("its text has no question and answer in ChatML",))
    return Rejected(number, ("a conversation needs a user's question and ends with an answer",))
