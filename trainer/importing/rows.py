"""Turns a row of any shape that is common elsewhere into one of ours.

A row becomes a lesson, a pair of a preferred and a disliked answer, or a rejection that says why.
"""

from collections.abc import Mapping
from typing import Any

from trainer.errors import DatasetError
from trainer.formats import Row, to_messages
from trainer.importing.lines import Found, FoundRow, Rejected


def row_at(number: int, row: Mapping[str, Any], columns: Mapping[str, str] | None = None) -> Found:
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


def turns_of(messages: Any) -> list[dict[str, str]]:
    """Returns the messages of a row of others, cleaned, as `role` and `content`.

    Raises:
        DatasetError: it is no list of messages, or has tools, pictures or an unknown role.
    """
    return _messages(list(messages))
