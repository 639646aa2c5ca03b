"""The layouts in which examples leave: rows of mlx-lm, of other trainers, or a table.

Each can be read back by `trainer.importing`. What a layout cannot hold is refused with a reason, so
that an export leaves it out and says so.
"""

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from trainer.errors import DatasetError
from trainer.formats import KINDS, ChatTokenizer, Row, format_conversation
from trainer.jsonl import line

Turns: TypeAlias = Sequence[Mapping[str, str]]
"""Messages with `role` and `content`, the last one of the assistant."""

COLUMNS = ("prompt", "completion", "system", "source", "id")
"""The header of a table."""
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a cell begins with that a spreadsheet would take for a formula and carry out."""
_HUMAN = {"system": "system", "user": "human", "assistant": "gpt"}


@dataclass(frozen=True)
class Layout:
    """A layout of rows.

    Attributes:
        row: turns to a row; raises DatasetError with the reason where they do not fit.
        suffix: how the names of its files end.
        pairs: where preference pairs go: into a file `beside` it, as rows `within` it, or they are
            `all` that it holds.
    """

    row: Callable[[Turns], Row]
    suffix: Literal["jsonl", "csv"] = "jsonl"
    pairs: Literal["beside", "within", "all"] = "beside"


def layout_of(name: str, tokenizer: ChatTokenizer | None = None) -> Layout:
    """Returns the layout of a name that `examples export --format` takes.

    Args:
        name: one of `trainer.formats.KINDS`, or `sharegpt`, `alpaca`, `kto`, `dpo`, `csv`.
        tokenizer: renders `text` with its own template instead of ChatML.

    Raises:
        DatasetError: there is no such layout.
    """
    kind = KINDS.get(name)
    if kind == "completions":
        return Layout(_completions)
    if kind is not None:
        return Layout(lambda turns: format_conversation(turns, kind, tokenizer=tokenizer))
    if name in _OTHERS:
        return _OTHERS[name]
    known = ", ".join(("messages", "completions", "text", *_OTHERS))
    raise DatasetError(f"no format is called '{name}', use one of {known}")


def labelled(turns: Turns, *, liked: bool) -> Row:
    """Returns an answer and whether people like it, as trl reads it for KTO.

    Args:
        turns: the conversation with the answer.
        liked: whether the answer is liked.
    """
    return {
        "prompt": [dict(t) for t in turns[:-1]],
        "completion": [dict(turns[-1])],
        "label": liked,
    }


def table_line(row: Row) -> str:
    """Returns one line of a table, with its line end.

    A cell that a spreadsheet would take for a formula has a space in front: that makes it text
    everywhere, and the import takes white space off again. Line ends in a cell are line feeds.
    """
    return _csv_line([_cell(row.get(column, "")) for column in COLUMNS])


def table_head() -> str:
    """Returns the first line of a table; its mark tells spreadsheets that it is UTF-8."""
    return f"\ufeff{_csv_line(COLUMNS)}"


def row_line(layout: Layout, row: Row) -> str:
    """Returns a row as it stands in a file of its layout."""
    return table_line(row) if layout.suffix == "csv" else line(row)


def _csv_line(cells: Sequence[str]) -> str:
    text = io.StringIO()
    # A space at the start of a cell without quotes is read as one after the separator.
    spaced = any(cell[:1] == " " for cell in cells if isinstance(cell, str))
    if spaced:
        csv.writer(text, lineterminator="\n", quoting=csv.QUOTE_ALL).writerow(cells)
    else:
        csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue()


def _cell(value: object) -> str:
    text = str(value).replace("\r\n", "\n").replace("\r", "\n")
    return f" {text}" if text.startswith(FORMULA) else text


def _single(turns: Turns, layout: str) -> tuple[str, str, dict[str, str]]:
    """Returns question, answer, and the system message under its key where there is one.

    Raises:
        DatasetError: there are other turns before the question.
    """
    said = [turn["content"] for turn in turns if turn["role"] != "system"]
    if len(said) != 2:  # noqa: PLR2004  a question and its answer
        raise DatasetError(
            f"a conversation of several turns has no place in {layout}: export it as chat"
        )
    system = [turn["content"] for turn in turns if turn["role"] == "system"]
    return said[0], said[1], {"system": system[0]} if system else {}


def _completions(turns: Turns) -> Row:
    # With the turns before it in one text, it would come back as another question.
    prompt, completion, system = _single(turns, "completions")
    return {"prompt": prompt, "completion": completion, **system}


def _sharegpt(turns: Turns) -> Row:
    return {"conversations": [{"from": _HUMAN[t["role"]], "value": t["content"]} for t in turns]}


def _alpaca(turns: Turns) -> Row:
    spoken = [turn for turn in turns if turn["role"] != "system"]
    if [t["role"] for t in spoken] != ["user", "assistant"] * (len(spoken) // 2):
        raise DatasetError("alpaca holds questions and answers in turn, nothing else")
    system = [turn["content"] for turn in turns if turn["role"] == "system"]
    *before, question, answer = (turn["content"] for turn in spoken)
    history = [before[at : at + 2] for at in range(0, len(before), 2)]
    return {
        "instruction": question,
        "input": "",
        "output": answer,
        **({"system": system[0]} if system else {}),
        **({"history": history} if history else {}),
    }


def _table(turns: Turns) -> Row:
    prompt, completion, system = _single(turns, "a table")
    return {"prompt": prompt, "completion": completion, **system}


def _no_lesson(_turns: Turns) -> Row:
    raise DatasetError("dpo holds pairs alone, and it has no disliked answer")


_OTHERS = {
    "sharegpt": Layout(_sharegpt),
    "alpaca": Layout(_alpaca),
    "kto": Layout(lambda turns: labelled(turns, liked=True), pairs="within"),
    "dpo": Layout(_no_lesson, pairs="all"),
    "csv": Layout(_table, suffix="csv"),
}
FORMATS = ("chat", "completions", "text", *_OTHERS)
"""The names of all layouts, as the command line has them."""
