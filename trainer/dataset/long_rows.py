"""Finds the rows of training files of which training would cut something off."""

from pathlib import Path
from typing import Any

from trainer.dataset.reader import TrainingData, file_rows
from trainer.dataset.token_counts import TokenCounter
from trainer.errors import DatasetError
from trainer.models.tokenization import make_row
from trainer.results.long_rows import LongRow

_MARGIN = 16
"""Tokens by which the counter may be wrong: what a template writes where a turn ends."""
_UNCUT = 10**9


def cut_rows(tokenizer: Any, data: TrainingData, limit: int) -> tuple[LongRow, ...]:
    """Returns the rows of which `trainer.models.tokenization.make_row` cuts something off.

    Args:
        tokenizer: mlx-lm's, of the model that is trained.
        data: the rows, all of them in `train`.
        limit: tokens of a row that are trained.

    Raises:
        DatasetError: the question of a row alone is as long as that; names file and line.
        ModelError: the model's chat template refuses a row.
    """
    rows = [{"messages": messages} for messages in data.train]
    found = []
    for index in sorted(TokenCounter(tokenizer).over(rows, limit - _MARGIN)):
        file, line = data.places[index] if data.places else ("train.jsonl", index + 1)
        row = make_row(tokenizer, data.train[index], _UNCUT)
        number = data.train_ids[index] if data.train_ids else None
        if row.start >= limit:
            name = "" if number is None else f" (example {number})"
            raise DatasetError(
                f"{file}, line {line}{name}: {row.start} tokens stand before its answer, and "
                f"rows of {limit} tokens are trained. Shorten its question or raise max_seq_length."
            )
        if len(row) > limit:
            found.append(LongRow(file, line, len(row), limit, number))
    return tuple(found)


def cut_by_mlx_lm(tokenizer: Any, data: Path, limit: int) -> tuple[LongRow, ...]:
    """Returns the rows of a data folder of which `mlx_lm.lora` cuts something off.

    Args:
        tokenizer: of the model that is trained, mlx-lm's or transformers'.
        data: the folder of train.jsonl and valid.jsonl.
        limit: tokens of a row that are trained.

    Raises:
        DatasetError: a file cannot be read, or a row is of no known kind.
        ModelError: the model's chat template refuses a row.
    """
    counter = TokenCounter(tokenizer)
    found = []
    for name in ("train.jsonl", "valid.jsonl"):
        if (data / name).is_file():
            rows = list(file_rows(data / name))
            over = counter.over([row for _, row in rows], limit)
            found += [LongRow(name, rows[index][0], over[index], limit) for index in sorted(over)]
    return tuple(found)
