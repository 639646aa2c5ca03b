"""Examples as JSON Lines, in the three kinds of row that mlx-lm reads.

`messages` (the default: the tokenizer's own chat template is applied at training),
`completions` (`prompt` and `completion`) and `text` (ChatML, or the model's template already
rendered). Nothing here judges a row; `trainer.dataset.validation` does.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias

from trainer.errors import DatasetError
from trainer.jsonl import JsonlError, Row, line, parse_jsonl

__all__ = [
    "KINDS",
    "ROLES",
    "ChatTokenizer",
    "JsonlError",
    "Kind",
    "Row",
    "Turn",
    "chatml",
    "chatml_turns",
    "conversations_to_jsonl",
    "format_conversation",
    "format_example",
    "kind_of",
    "line",
    "parse_jsonl",
    "question_and_answer",
    "to_jsonl",
    "to_messages",
]

Turn: TypeAlias = Mapping[str, Any] | Sequence[str]
"""A message as `{"role": ..., "content": ...}` or as a pair of the two."""
Kind = Literal["messages", "completions", "text"]

ROLES = ("system", "user", "assistant")
KINDS: dict[str, Kind] = {
    "messages": "messages",
    "chat": "messages",
    "completions": "completions",
    "completion": "completions",
    "text": "text",
    "chatml": "text",
}
"""The names that `format=` takes; `chat` is what the command line calls `messages`."""

_CHATML_START = re.compile(r"<\|im_start\|>(\w+)\n")
_CHATML_END = "<|im_end|>"


class ChatTokenizer(Protocol):
    """What we ask of a tokenizer here: mlx-lm's and transformers' both have it."""

    def apply_chat_template(self, conversation: Any, **options: Any) -> Any:
        """Renders messages to text (`tokenize=False`) or token ids."""


def kind_of(row: Mapping[str, Any]) -> Kind:
    """Which kind a row is, by its keys and in mlx-lm's order.

    Raises:
        DatasetError: it is none of the three.
    """
    if "prompt" in row and "completion" in row:
        return "completions"
    if "messages" in row:
        return "messages"
    if "text" in row:
        return "text"
    raise DatasetError("a row needs prompt and completion, or messages, or text")


def format_example(
    prompt: str | Mapping[str, Any],
    completion: str | None = None,
    format: str = "messages",  # noqa: A002  what the command line calls it
    *,
    system: str | None = None,
    tokenizer: ChatTokenizer | None = None,
) -> Row:
    r"""One question and its answer as a row.

    Args:
        prompt: the question; or a whole row of any kind, to be turned into another kind.
        completion: the answer; not given with a whole row.
        format: `messages` (or `chat`), `completions`, or `text`.
        system: a system message to put first.
        tokenizer: for `text`: renders with the model's own template instead of ChatML.

    Returns:
        `{"messages": [...]}`, `{"prompt", "completion"}` or `{"text": "<|im_start|>user\n..."}`.

    Raises:
        DatasetError: an unknown format, a row of no known kind, or text that ChatML cannot hold.
    """
    if isinstance(prompt, Mapping):
        return format_conversation(to_messages(prompt), format, system=system, tokenizer=tokenizer)
    if completion is None:
        raise DatasetError("an example needs a completion as well as a prompt")
    turns = [("user", prompt), ("assistant", completion)]
    return format_conversation(turns, format, system=system, tokenizer=tokenizer)


def format_conversation(
    messages: Mapping[str, Any] | Iterable[Turn],
    format: str = "messages",  # noqa: A002  the contract's name
    *,
    system: str | None = None,
    tokenizer: ChatTokenizer | None = None,
) -> Row:
    """Several turns as a row; what is to be learned is the last assistant message.

    mlx-lm's `completions` rows know one prompt and one completion, so there the earlier turns
    become a plain transcript inside the prompt.

    Args:
        messages: turns as dictionaries or (role, content) pairs, or a row with `messages`.
        format: as in `format_example`.
        system: put first, unless the turns bring a system message of their own.
        tokenizer: as in `format_example`.

    Raises:
        DatasetError: an unknown format, turns that are not messages, or text that ChatML cannot
            hold.
    """
    turns = to_messages(messages) if isinstance(messages, Mapping) else _turns(messages)
    if system is not None and not any(turn["role"] == "system" for turn in turns):
        turns = [{"role": "system", "content": system}, *turns]
    kind = KINDS.get(format)
    if kind == "messages":
        return {"messages": turns}
    if kind == "completions":
        if not turns or turns[-1]["role"] != "assistant":
            raise DatasetError("a conversation must end with an assistant message")
        return {"prompt": _transcript(turns[:-1]), "completion": turns[-1]["content"]}
    if kind == "text":
        return {"text": chatml(turns) if tokenizer is None else _rendered(turns, tokenizer)}
    raise DatasetError(f"no format is called '{format}', use messages, completions or text")


def to_messages(row: Mapping[str, Any]) -> list[dict[str, str]]:
    """The turns of a row of any kind; text that is not ChatML is one assistant message.

    Raises:
        DatasetError: a row of no known kind, or with a field that is not text.
    """
    kind = kind_of(row)
    if kind == "messages":
        if isinstance(row["messages"], str) or not isinstance(row["messages"], Iterable):
            raise DatasetError("messages must be a list")
        return _turns(row["messages"])
    if kind == "completions":
        turns = [("user", row["prompt"]), ("assistant", row["completion"])]
        if row.get("system"):
            turns.insert(0, ("system", row["system"]))
        return _turns(turns)
    text = row["text"]
    if not isinstance(text, str):
        raise DatasetError("text must be a string")
    return chatml_turns(text) or _turns([("assistant", text)])


def chatml_turns(text: str) -> list[dict[str, str]]:
    """The turns of a text that is ChatML from end to end; none of any other text."""
    found: list[tuple[str, str]] = []
    at = 0
    # One step for each mark: a text of many beginnings without an end is no search for each.
    while start := _CHATML_START.match(text, at):
        end = text.find(_CHATML_END, start.end())
        if end < 0 or start[1] not in ROLES:
            return []
        found.append((start[1], text[start.end() : end]))
        at = end + len(_CHATML_END)
        at += text.startswith("\n", at)
    return _turns(found) if at == len(text) else []


def question_and_answer(row: Mapping[str, Any]) -> tuple[str, str]:
    """What a row asks and what it teaches to answer.

    The answer is the last message; the question is all turns before it, without the system
    message, one a line. Lengths, duplicates and contradictions are all measured on these.

    Raises:
        DatasetError: as `to_messages`.
    """
    turns = to_messages(row)
    if not turns or turns[-1]["role"] != "assistant":
        return "\n".join(turn["content"] for turn in turns if turn["role"] != "system"), ""
    asked = [turn["content"] for turn in turns[:-1] if turn["role"] != "system"]
    return "\n".join(asked), turns[-1]["content"]


def chatml(messages: Iterable[Mapping[str, str]]) -> str:
    """The turns as ChatML, without a line end after the last.

    Raises:
        DatasetError: a message has a marker of ChatML in it, and would be read as several.
    """
    messages = list(messages)
    for marker in ("<|im_start|>", "<|im_end|>"):
        if any(marker in message["content"] for message in messages):
            raise DatasetError(f"a message contains {marker}: it cannot be written as ChatML")
    return "\n".join(f"<|im_start|>{m['role']}\n{m['content']}<|im_end|>" for m in messages)


def to_jsonl(
    rows: Iterable[Mapping[str, Any] | Sequence[str]],
    format: str | None = None,  # noqa: A002  as above
    *,
    system: str | None = None,
    tokenizer: ChatTokenizer | None = None,
) -> str:
    """Rows as JSON Lines, each line ended; no rows give the empty string.

    Args:
        rows: dictionaries, written as they stand unless `format` is given, or
            (prompt, completion) pairs.
        format: turns every row into this kind; other keys of the row are kept.
        system: as in `format_example`; needs `format`, or pairs.
        tokenizer: as in `format_example`.

    Raises:
        DatasetError: as `format_example`.
    """
    return "".join(line(_as_row(row, format, system, tokenizer)) for row in rows)


def conversations_to_jsonl(
    conversations: Iterable[Mapping[str, Any] | Iterable[Turn]],
    format: str = "messages",  # noqa: A002  as above
    *,
    system: str | None = None,
    tokenizer: ChatTokenizer | None = None,
) -> str:
    """Conversations as JSON Lines: `to_jsonl` of `format_conversation` of each."""
    return "".join(
        line(format_conversation(turns, format, system=system, tokenizer=tokenizer))
        for turns in conversations
    )


def _as_row(
    row: Mapping[str, Any] | Sequence[str],
    format: str | None,  # noqa: A002  as above
    system: str | None,
    tokenizer: ChatTokenizer | None,
) -> Mapping[str, Any]:
    if not isinstance(row, Mapping):
        if isinstance(row, str) or len(row) != 2:  # noqa: PLR2004  a pair
            raise DatasetError("a row is a dictionary or a pair of prompt and completion")
        return format_example(
            row[0], row[1], format or "messages", system=system, tokenizer=tokenizer
        )
    if format is None:
        return row
    shaped = format_conversation(to_messages(row), format, system=system, tokenizer=tokenizer)
    shape = ("messages", "prompt", "completion", "text", "system")
    return shaped | {key: value for key, value in row.items() if key not in shape}


def _turns(messages: Iterable[Any]) -> list[dict[str, str]]:
    turns = []
    for message in messages:
        if isinstance(message, Mapping):
            role, content = message.get("role"), message.get("content")
        elif isinstance(message, Sequence) and len(message) == 2:  # noqa: PLR2004  role and text
            role, content = message
        else:
            raise DatasetError("a message needs a role and a content")
        if not isinstance(content, str):
            raise DatasetError(f"the content of a message must be text, not {_named(content)}")
        if role not in ROLES:
            raise DatasetError("a message's role is system, user or assistant, nothing else")
        turns.append({"role": str(role), "content": content})
    return turns


def _named(value: object) -> str:
    return "nothing" if value is None else type(value).__name__


def _transcript(turns: Sequence[Mapping[str, str]]) -> str:
    if len(turns) == 1:
        return turns[0]["content"]
    if [turn["role"] for turn in turns] == ["system", "user"]:
        return f"{turns[0]['content']}\n\n{turns[1]['content']}"
    return "\n\n".join(
        turn["content"]
        if turn["role"] == "system"
        else f"{turn['role'].title()}: {turn['content']}"
        for turn in turns
    )


def _rendered(turns: list[dict[str, str]], tokenizer: ChatTokenizer) -> str:
    text = str(tokenizer.apply_chat_template(turns, tokenize=False))
    # mlx-lm encodes text rows with the tokenizer's own begin token: a second one would be wrong.
    begin = getattr(tokenizer, "bos_token", None)
    encode = getattr(tokenizer, "encode", None)
    if begin and encode and encode("")[:1] == [getattr(tokenizer, "bos_token_id", None)]:
        return text.removeprefix(begin)
    return text
