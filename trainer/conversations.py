"""The rows of a training file as conversations that end with an answer. Needs no mlx."""

from collections.abc import Iterator
from pathlib import Path

from trainer.chat import Messages
from trainer.errors import DatasetError
from trainer.formats import Row, to_messages
from trainer.jsonl import JsonlError, numbered_rows


def conversations(file: Path) -> list[Messages]:
    """All rows of a JSONL file.

    Raises:
        DatasetError: it cannot be read, or a row cannot be trained on; says the file, line and why.
    """
    return [_taught(file, number, row) for number, row in _rows(file)]


def check_for_mlx_lm(file: Path) -> None:
    """Refuses what `conversations` does, except for plain text: mlx-lm trains on that too.

    Raises:
        DatasetError: as `conversations`.
    """
    for number, row in _rows(file):
        if not isinstance(row.get("text"), str):
            _taught(file, number, row)


def _rows(file: Path) -> Iterator[tuple[int, Row]]:
    try:
        yield from numbered_rows(file.read_bytes())
    except OSError as error:
        raise DatasetError(f"{file} cannot be read: {error.strerror}.") from error
    except JsonlError as error:
        raise DatasetError(f"{file.name}, {error}") from error


def _taught(file: Path, number: int, row: Row) -> Messages:
    try:
        turns = to_messages(row)
    except DatasetError as error:
        raise DatasetError(f"{file.name}, line {number}: {error}") from error
    if not turns or turns[-1]["role"] != "assistant" or not turns[-1]["content"].strip():
        raise DatasetError(f"{file.name}, line {number}: it has no answer to learn")
    if all(turn["role"] != "user" for turn in turns):
        raise DatasetError(f"{file.name}, line {number}: it has no question")
    return turns
