"""What travels between people, the store and the model. Knows none of them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Message:
    """One turn of a conversation; `role` is system, user or assistant."""

    role: str
    content: str


@dataclass(frozen=True)
class Completion:
    """A whole answer."""

    text: str
    model: str
    """What the server says that answered: `base`, or a version."""
    adapter: str | None
    """The version that answered, None for the base model."""
    prompt_tokens: int
    completion_tokens: int
    seconds: float
    finish_reason: str


def is_talk(messages: Sequence[Message] | None) -> bool:
    """Whether there are turns before the last question; a system message is none."""
    turns = [message for message in messages or () if message.role != "system"]
    return len(turns) > 2  # noqa: PLR2004  more than a question and its answer
