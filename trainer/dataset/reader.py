"""Reads training files as conversations that end with an answer. It needs no mlx."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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
    return [_taught(file, number, row) for number, row in _rows(file)]


def check_for_mlx_lm(file: Path) -> None:
    """Refuses every row that `conversations` refuses but plain text, on which mlx-lm trains too.

    Raises:
        DatasetError: as `conversations`.
    """
    for number, row in _rows(file):
        if not isinstance(row.get("text"), str):
            _taught(file, number, row)


def _rows(file: Path) -> Iterator[tuple[int, Row]]:
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


def read_training_data(data: Path) -> TrainingData:
    """Reads the two files of a data folder.

    Raises:
        DatasetError: one is missing or broken, or there is nothing to train.
    """
    train = _numbered(data / "train.jsonl")
    valid = _numbered(data / "valid.jsonl") if (data / "valid.jsonl").is_file() else []
    if not train:
        raise DatasetError(f"{data / 'train.jsonl'} has no lesson.")
    known = {json.dumps(messages) for messages, _ in train}
    held_out = [(m, number) for m, number in valid if json.dumps(m) not in known]
    systems = Counter(m[0]["content"] if m[0]["role"] == "system" else "" for m, _ in train)
    return TrainingData(
        train=tuple(messages for messages, _ in train),
        held_out=tuple(messages for messages, _ in held_out),
        system=systems.most_common(1)[0][0],
        train_ids=tuple(number for _, number in train),
        held_out_ids=tuple(number for _, number in held_out),
    )


def _numbered(file: Path) -> list[tuple[Messages, int | None]]:
    rows = ((_taught(file, line, row), row.get("id")) for line, row in _rows(file))
    return [(said, number if isinstance(number, int) else None) for said, number in rows]
