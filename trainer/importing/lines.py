"""Reads imported files line by line in bounded memory and turns lines into rows.

A line is a row that can be learned from or a rejection; nothing here knows a file's layout.
"""

import codecs
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, TypeAlias

from trainer.errors import DatasetError
from trainer.formats import Row, to_messages

MAX_LINE = 1_000_000
"""Bytes of one line, and characters of one CSV field."""


@dataclass(frozen=True)
class SourceWords:
    """One message of a chat that a row was made of: where it stands and who wrote it.

    Attributes:
        channel: the id of the channel.
        ts: Slack's time stamp of the message, which is its key in the channel.
        person: the id of who wrote it.
    """

    channel: str
    ts: str
    person: str


@dataclass(frozen=True)
class Origin:
    """Where a row comes from, as far as its file says so.

    Attributes:
        author: who answered, by user id or name.
        channel: the id of the channel where it was said.
        permalink: a link to the message.
        words: the messages that it was made of.
    """

    author: str | None = None
    channel: str | None = None
    permalink: str | None = None
    words: tuple[SourceWords, ...] = ()


@dataclass(frozen=True)
class FoundRow:
    """A row that can be learned from.

    Attributes:
        line: where it begins in its file, counted from 1: a line, a row of a sheet, or the number
            of an entry of a document that has no lines.
        row: `messages`, or `prompt` and `completion`, or `text`.
        origin: where it comes from, None where the file does not say.
        proposed: whether it is a proposal, which a person must approve before it is learned.
        notes: what was changed in it while it was read, each for people ("its reasoning is left
            out").
    """

    line: int
    row: Row
    origin: Origin | None = None
    proposed: bool = False
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class FoundPair:
    """A preferred and a disliked answer to one question: preference data, no lesson."""

    line: int
    prompt: str
    chosen: str
    rejected: str


@dataclass(frozen=True)
class Rejected:
    """A line that is not a row, and everything that is wrong with it."""

    line: int
    errors: tuple[str, ...]


Found: TypeAlias = FoundRow | FoundPair | Rejected
"""What a reader makes of one place of a file."""


def texts(stream: BinaryIO) -> Iterator[tuple[int, str | Rejected]]:
    """Yields numbered lines as text, or as rejections that say what is wrong."""
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
    """Yields numbered lines without their ends; None stands for a line that is too long."""
    number = 0
    while line := stream.readline(MAX_LINE + 1):
        number += 1
        if len(line) > MAX_LINE and not line.endswith(b"\n"):
            while line and not line.endswith(b"\n"):
                line = stream.readline(MAX_LINE)
            yield number, None
        else:
            yield number, line.removesuffix(b"\n").removesuffix(b"\r")


def row_at(number: int, row: Mapping[str, Any]) -> FoundRow | Rejected:
    """Converts a row to one of our three kinds, or rejects it if nothing can be learned from it."""
    try:
        ours = native(row)
        turns = to_messages(ours)
    except DatasetError as error:
        return Rejected(number, (str(error),))
    roles = [turn["role"] for turn in turns]
    if roles[-1:] == ["assistant"] and "user" in roles:
        return FoundRow(number, ours)
    if "text" in ours:
        return Rejected(number, ("its text has no question and answer in ChatML",))
    return Rejected(number, ("a conversation needs a user's question and ends with an answer",))


_ALIASES = {"developer": "system", "human": "user", "bot": "assistant", "model": "assistant"}


def native(row: Mapping[str, Any]) -> Row:
    """Converts a row to `messages`, `prompt` and `completion`, or `text`; keeps `id` and `source`.

    Raises:
        DatasetError: it is none that we know, or cannot be trained on.
    """
    kept = {key: row[key] for key in ("id", "source", "finish_reason") if key in row}
    return _shaped(row) | kept


def _shaped(row: Mapping[str, Any]) -> Row:
    match row:
        case {"prompt": prompt, "completion": completion}:
            system = {"system": row["system"]} if row.get("system") else {}
            return {"prompt": prompt, "completion": completion, **system}
        case {"messages": list(messages)}:
            return {"messages": _messages(messages)}
        case {"input": {"messages": list(asked)}, "preferred_output": list(preferred)}:
            return {"messages": _messages([*asked, *preferred])}
        case {"text": text}:
            return {"text": text}
        case {"question": question, "answer": answer}:
            return {"prompt": question, "completion": answer}
        case {"prompt": _}:
            raise DatasetError("it has a prompt but no completion")
        case {"completion": _}:
            raise DatasetError("it has a completion but no prompt")
    raise DatasetError("it has neither prompt and completion, nor messages, nor text")


def _messages(messages: list[Any]) -> list[dict[str, Any]]:
    turns = [_message(message) for message in messages]
    last = messages[-1] if messages else {}
    if isinstance(last, Mapping) and last.get("weight") == 0:
        raise DatasetError("its answer has weight 0: it is not meant to be learned")
    return turns


def _message(message: Any) -> dict[str, Any]:
    if not isinstance(message, Mapping):
        raise DatasetError("a message must be an object with role and content")
    role, content = message.get("role"), message.get("content")
    if message.get("tool_calls") or message.get("function_call") or role in ("tool", "function"):
        raise DatasetError("tool calls cannot be learned here")
    if isinstance(content, list):
        content = "".join(_part(part) for part in content)
    return {"role": _ALIASES.get(role, role) if isinstance(role, str) else role, "content": content}


def _part(part: Any) -> str:
    match part:
        case {"type": "text", "text": str(text)}:
            return text
    raise DatasetError("only text can be learned, no pictures, sounds or files")
