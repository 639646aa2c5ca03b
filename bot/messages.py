"""What travels between people, the store and the model."""

from collections.abc import Sequence
from dataclasses import dataclass


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


def is_talk(messages: Sequence[Message] | None) -> bool:
    """Returns whether there are turns before the last question.

    Args:
        messages: a conversation with its answer, or None for a single question.
    """
    turns = [message for message in messages or () if message.role != "system"]
    return len(turns) > 2  # noqa: PLR2004  more than a question and its answer
