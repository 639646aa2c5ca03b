"""What travels between people, the store and the model."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True)
class Message:
    """One turn of a conversation; `role` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True)
class Completion:
    """A whole answer of a model server."""

    text: str
    model: str
    """What answered, as the server names it."""
    adapter: str | None
    """The version that answered, None for the base model."""
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    """From the request to the last token."""
    finish_reason: str
    """`stop` where the model ended the answer, `length` where the limit did."""


def as_dicts(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Returns messages as OpenAI's API and the files of lessons have them."""
    return [asdict(message) for message in messages]


def dump(messages: Sequence[Message]) -> str:
    """Returns messages as JSON, for a column of the store."""
    return json.dumps(as_dicts(messages), ensure_ascii=False)


def load(text: str) -> tuple[Message, ...]:
    """Returns the messages that `dump` wrote."""
    return tuple(Message(**message) for message in json.loads(text))


def is_talk(messages: Sequence[Message] | None) -> bool:
    """Returns whether there are turns before the last question.

    Args:
        messages: a conversation with its answer, or None for a single question.
    """
    turns = [message for message in messages or () if message.role != "system"]
    return len(turns) > 2  # noqa: PLR2004  more than a question and its answer


def asked_before(messages: Sequence[Message] | None) -> tuple[str, ...]:
    """Returns what was asked before the last question of a conversation, oldest first.

    Args:
        messages: a conversation, or None for a single question.
    """
    return tuple(message.content for message in messages or () if message.role == "user")[:-1]
