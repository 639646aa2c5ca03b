"""Rows that the tests of several tables begin with."""

from collections.abc import Sequence

from bot.messages import Completion, Message
from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.replies import Origin


def reply(
    store: Store,
    question: str = "Why?",
    *,
    person: str = "U0ASKS",
    channel: str = "C1",
    thread: str = "1.0",
    ts: str | None = None,
    adapter: str | None = None,
    recalled: Sequence[int] = (),
) -> int:
    """A reply that says so."""
    return store.replies.add(
        Completion("So.", adapter or "base", adapter, 1, 1, 0.1, "stop"),
        [Message("user", question)],
        source="slack",
        channel=channel,
        thread=thread,
        person=person,
        question_ts=ts,
        origin=Origin(recalled),
    ).id


def example(store: Store, prompt: str = "Where?", status: str = "approved") -> int:
    """A lesson of U0BEN."""
    return store.examples.add(NewExample(prompt, "There.", "teach", "U0BEN", status)).id
