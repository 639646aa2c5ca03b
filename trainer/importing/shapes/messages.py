"""Cleans the messages of a conversation of others: roles, parts, tools, thanks."""

import json
import math
from collections.abc import Iterable, Mapping
from itertools import groupby
from typing import Any, cast

from trainer.errors import DatasetError
from trainer.importing.shapes.courtesies import is_thanks
from trainer.importing.shapes.judgement import judgements_of
from trainer.importing.shapes.names import shown, words

_ROLES = {
    "system": "system",
    "developer": "system",
    "user": "user",
    "human": "user",
    "prompter": "user",
    "assistant": "assistant",
    "gpt": "assistant",
    "chatgpt": "assistant",
    "bot": "assistant",
    "model": "assistant",
    "ai": "assistant",
    "bing": "assistant",
    "bard": "assistant",
}
_TOOL_ROLES = words(
    "tool function function_call tool_call tool_calls observation ipython function_response"
    " tool_response tool_result"
)
_TOOL_KEYS = ("tool_calls", "function_call", "tool_call_id", "tools", "functions")
_ROLE_KEYS = ("role", "from", "speaker", "author")
_CONTENT_KEYS = ("content", "value", "text", "message")
MOST_MESSAGES = 2000
"""Messages of one conversation."""


def turns_of(messages: Any, *, whole: bool = True) -> list[dict[str, str]]:
    """Returns the messages of a conversation as `role` and `content`, cleaned.

    Messages in a row by the same side are joined by a line end, an empty system message is
    dropped, and so are the user's thanks at the end.

    Args:
        messages: a list of `role` and `content`, or of `from` and `value`, under their many names.
        whole: whether the conversation ends with them; thanks before an answer are its question.

    Raises:
        DatasetError: it is no list of messages, or has tools, pictures or an unknown role.
    """
    if isinstance(messages, (str, Mapping)) or not isinstance(messages, Iterable):
        raise DatasetError("its messages must be a list")
    turns: list[dict[str, str]] = []
    if isinstance(messages, list):
        messages = without_disliked(messages)
    for number, message in enumerate(messages):
        if number == MOST_MESSAGES:
            raise DatasetError(f"it has over {MOST_MESSAGES} messages")
        role, content = _turn(message)
        if role == "system" and not content.strip():
            continue
        if turns and turns[-1]["role"] == role:
            turns[-1]["content"] += f"\n{content}"
        else:
            turns.append({"role": role, "content": content})
    last = turns[-1] if whole and len(turns) > 1 else None
    if last and last["role"] == "user" and is_thanks(last["content"]):
        turns.pop()
    return turns


def words_of(value: Any, what: str) -> str:
    """Returns a value as text; a number becomes its digits.

    Raises:
        DatasetError: it is a list, an object, true or false, nothing, or no finite number.
    """
    match value:
        case str():
            return value
        case bool():
            said = "true" if value else "false"
            raise DatasetError(f"its {what} is {said}: write the words that are to be said")
        case int():
            return str(value)
        case float() if math.isfinite(value):
            return json.dumps(value)
        case None:
            raise DatasetError(f"its {what} must be text, not nothing")
    raise DatasetError(f"its {what} must be text, not {type(value).__name__}")


def last_answer(messages: Any) -> Mapping[str, Any] | None:
    """Returns the last message of the assistant as it stands in the file, None if there is none."""
    if not isinstance(messages, list):
        return None
    for message in reversed(without_disliked(messages[-MOST_MESSAGES:])):
        if _answers(message):
            return cast("Mapping[str, Any]", message)
    return None


def without_disliked(messages: list[Any]) -> list[Any]:
    """Returns messages without the disliked one of several answers in a row.

    They would be joined, and a disliked answer would become a part of the lesson. Where each of
    them is disliked they stay: together they are the answer that is disliked.
    """
    if not any(isinstance(one, Mapping) and len(one) > 2 for one in messages):  # noqa: PLR2004  role, content
        return messages
    kept: list[Any] = []
    for answers, group in groupby(messages, _answers):
        run = list(group)
        if answers and len(run) > 1:
            run = [one for one in run if not _is_disliked(one)] or run
        kept += run
    return kept


def _answers(message: Any) -> bool:
    role = _first(message, _ROLE_KEYS) if isinstance(message, Mapping) else None
    return isinstance(role, str) and _ROLES.get(role.casefold().strip()) == "assistant"


def _is_disliked(message: Mapping[str, Any]) -> bool:
    said = judgements_of({}, message)
    return bool(said) and said[0].kind == "disliked"


def _turn(message: Any) -> tuple[str, str]:
    """The role and the text of one message."""
    if not isinstance(message, Mapping):
        raise DatasetError("a message must be an object with role and content")
    given = _first(message, _ROLE_KEYS)
    name = given.casefold().strip() if isinstance(given, str) else ""
    tool = next((key for key in _TOOL_KEYS if message.get(key)), None)
    if tool or name in _TOOL_ROLES:
        raise DatasetError(f"tool calls cannot be learned here ({tool or name})")
    role = _ROLES.get(name)
    if role is None:
        known = "a message's role is system, user or assistant, nothing else"
        raise DatasetError(f"{known}; it has {shown(name)}" if name else known)
    content = _first(message, _CONTENT_KEYS)
    if isinstance(content, list):
        content = "".join(_part(part) for part in content)
    return role, words_of(content, "message's content")


def _first(message: Mapping[str, Any], keys: tuple[str, ...]) -> Any:
    return next((message[key] for key in keys if key in message), None)


def _part(part: Any) -> str:
    match part:
        case {"type": "text" | "input_text" | "output_text", "text": str(text)}:
            return text
    raise DatasetError("only text can be learned, no pictures, sounds or files")
