"""Reads training files as conversations that end with an answer. It needs no mlx."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from trainer.errors import DatasetError
from trainer.formats import Row, to_messages
from trainer.jsonl import JsonlError, numbered_rows
from trainer.models.tokenization import Messages
from trainer.reasoning import without_reasoning


def conversations(file: Path) -> list[Messages]:
    """Reads all rows of a JSONL file as conversations.

    Raises:
        DatasetError: it cannot be read, or a row cannot be trained on; says the file, line and why.
    """
    return [_taught(file, number, row) for number, row in file_rows(file)]


def check_for_mlx_lm(file: Path) -> list[int]:
    """Refuses every row that `conversations` refuses but plain text, on which mlx-lm trains too.

    Returns:
        The lines of which `conversations` leaves out reasoning, on which mlx-lm trains.

    Raises:
        DatasetError: as `conversations`.
    """
    with_reasoning = []
    for number, row in file_rows(file):
        if not isinstance(row.get("text"), str):
            taught = _taught(file, number, row)
            if list(taught) != to_messages(row):
                with_reasoning.append(number)
    return with_reasoning


def file_rows(file: Path) -> Iterator[tuple[int, Row]]:
    """Yields the rows of a JSONL file as they stand there, each with the number of its line.

    Raises:
        DatasetError: it cannot be read; says the line.
    """
    if file.exists() and not (file.is_file() or file.is_dir()):
        raise DatasetError(f"{file} cannot be read: it is a pipe or a device.")
    try:
        yield from numbered_rows(file.read_bytes())
    except OSError as error:
        raise DatasetError(f"{file} cannot be read: {error.strerror}.") from error
    except JsonlError as error:
        raise DatasetError(f"{file.name}, {error}") from error


def _taught(file: Path, number: int, row: Row) -> Messages:
    try:
        turns = [_without_reasoning(turn) for turn in to_messages(row)]
    except DatasetError as error:
        raise DatasetError(f"{file.name}, line {number}: {error}") from error
    if not turns or turns[-1]["role"] != "assistant" or not turns[-1]["content"].strip():
        raise DatasetError(f"{file.name}, line {number}: it has no answer to learn")
    if all(turn["role"] != "user" for turn in turns):
        raise DatasetError(f"{file.name}, line {number}: it has no question")
    return turns


def _without_reasoning(turn: dict[str, str]) -> dict[str, str]:
    """Leaves out the reasoning before an answer: models answer without, so they learn without."""
    if turn["role"] != "assistant":
        return turn
    return {**turn, "content": without_reasoning(turn["content"])}


Place = tuple[str, int]
"""The name of a file in the data folder and a line, counted from 1."""


class _PlacedRow(NamedTuple):
    """A conversation with its number in the store, if it has one, and where it stands."""

    messages: Messages
    id: int | None
    place: Place


@dataclass(frozen=True)
class TrainingData:
    """The lessons and held-out rows of a data folder, as whole conversations."""

    train: tuple[Messages, ...]
    held_out: tuple[Messages, ...]
    """The conversations in valid.jsonl that are not in train.jsonl."""
    system: str
    """The most frequent system prompt of the training rows; empty if most have none."""
    train_ids: tuple[int | None, ...] = ()
    """The number in the store of each of `train`, where its row has one."""
    held_out_ids: tuple[int | None, ...] = ()
    places: tuple[Place, ...] = ()
    """Where each of `train` stands, and after them each of `held_out`."""


def read_training_data(data: Path) -> TrainingData:
    """Reads the two files of a data folder.

    Raises:
        DatasetError: one is missing or broken, or there is nothing to train.
    """
    train = _numbered(data / "train.jsonl")
    valid = _numbered(data / "valid.jsonl") if (data / "valid.jsonl").is_file() else []
    if not train:
        raise DatasetError(f"{data / 'train.jsonl'} has no lesson.")
    known = {json.dumps(row.messages) for row in train}
    held_out = [row for row in valid if json.dumps(row.messages) not in known]
    first_turns = (row.messages[0] for row in train)
    systems = Counter(m["content"] if m["role"] == "system" else "" for m in first_turns)
    return TrainingData(
        train=tuple(row.messages for row in train),
        held_out=tuple(row.messages for row in held_out),
        system=systems.most_common(1)[0][0],
        train_ids=tuple(row.id for row in train),
        held_out_ids=tuple(row.id for row in held_out),
        places=tuple(row.place for row in (*train, *held_out)),
    )


def _numbered(file: Path) -> list[_PlacedRow]:
    rows = []
    for line, row in file_rows(file):
        number = row.get("id")
        known = number if isinstance(number, int) else None
        rows.append(_PlacedRow(_taught(file, line, row), known, (file.name, line)))
    return rows
