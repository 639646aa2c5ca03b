"""Rows of the tables of examples as values, and the keys by which equal ones are found."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.messages import Message, load
from bot.store.examples.scope import EVERYONE, Scope, ScopeKind
from trainer.similarity import normalise

STATUSES = ("pending", "approved", "rejected", "quarantined", "withdrawn", "superseded")
LIVE = ("approved", "pending", "quarantined")
"""The statuses of examples that are in use, or may still be."""

NO_TALK = (
    "(select count(*) from json_each(examples.messages)"
    " where json_extract(value, '$.role') != 'system') <= 2"
)
"""A condition in SQL: no turn stands before an example's question (as `bot.messages.is_talk`)."""


@dataclass(frozen=True)
class Example:
    """One row of `examples`.

    `messages` is set where a conversation has more than `prompt` and `completion`: it is then the
    whole of it.
    """

    id: int
    prompt: str
    completion: str
    messages: tuple[Message, ...] | None
    source: str
    author: str
    channel: str | None
    permalink: str | None
    reply_id: int | None
    status: str
    reason: str | None
    expires_on: str | None
    """The last day (ISO date, UTC) on which it is trained; None where it has no end."""
    created_at: str
    updated_at: str
    scope: ScopeKind = "everyone"
    scope_id: str | None = None
    """The channel or the person that it is for; None where it is for everyone."""
    owner: str | None = None
    """Who is asked whether it still holds; None while that is its author. See `owned_by`."""
    review_days: int | None = None
    """Days after which its owner is asked, 0 for never; None where the setting decides."""
    confirmed_at: str | None = None
    """When somebody last said that it holds; None where nobody has since `created_at`."""
    leaves_on: str | None = None
    """The day (ISO date, UTC) on which nights stop to train it, as nobody has confirmed it; None
    where it is not due."""

    @property
    def owned_by(self) -> str:
        """Who is asked whether it still holds: its author, until it is handed over."""
        return self.owner or self.author

    @property
    def for_whom(self) -> Scope:
        """The two columns of its scope as one value."""
        return Scope(self.scope, self.scope_id)


@dataclass(frozen=True)
class StatusChange:
    """One row of `changes`: who changed an example's status, when and why."""

    before: str | None
    after: str
    who: str
    why: str | None
    at: str


@dataclass(frozen=True)
class NewExample:
    """The columns of an example that is to be added; the others follow from them."""

    prompt: str
    completion: str
    source: str
    author: str
    status: str = "approved"
    messages: tuple[Message, ...] | None = None
    channel: str | None = None
    permalink: str | None = None
    reply_id: int | None = None
    reason: str | None = None
    expires_on: str | None = None
    scope: Scope = EVERYONE
    owner: str | None = None
    review_days: int | None = None


def keys(
    prompt: str, completion: str, messages: Sequence[Message] | None = None
) -> tuple[str, str]:
    """Returns hashes of the normalised question, and of question and answer together.

    As in `trainer.formats.question_and_answer`, a system message is no part of the question.
    """
    text = prompt
    if messages is not None:
        text = "\n".join(m.content for m in messages[:-1] if m.role != "system")
    question = normalise(text)
    return _hash(question), _hash(f"{question}\x00{normalise(completion)}")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def example_from_row(row: dict[str, Any]) -> Example:
    """Returns a row of `examples` as a value."""
    return Example(
        id=row["id"],
        prompt=row["prompt"],
        completion=row["completion"],
        messages=load(row["messages"]) if row["messages"] else None,
        source=row["source"],
        author=row["author"],
        channel=row["channel"],
        permalink=row["permalink"],
        reply_id=row["reply_id"],
        status=row["status"],
        reason=row["reason"],
        expires_on=row["expires_on"],
        created_at=row["created_at"],
        updated_at=row["updated_at"],
        scope=row["scope"],
        scope_id=row["scope_id"],
        owner=row["owner"],
        review_days=row["review_days"],
        confirmed_at=row["confirmed_at"],
        leaves_on=row["leaves_on"],
    )
