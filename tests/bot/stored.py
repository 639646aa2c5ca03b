"""Replies in a store, and what a test asks of its examples."""

from collections.abc import Sequence

from bot.messages import Completion, Message
from bot.store import Store
from bot.store.replies import Origin
from trainer.retrieval.decision import Source


def reply(
    store: Store,
    *turns: str,
    thread: str = "1.0",
    basis: Source | None = None,
    lessons: Sequence[int] = (),
    with_context: bool = False,
) -> int:
    """A stored reply in a public channel; turns alternate between user and assistant."""
    store.places.learn("C1", "public")
    roles = ("user", "assistant")
    messages = [Message(roles[i % 2], text) for i, text in enumerate(turns[:-1])]
    completion = Completion(turns[-1], "base", None, 5, 3, 0.1, "stop")
    added = store.replies.add(
        completion,
        messages,
        source="slack",
        channel="C1",
        thread=thread,
        person="U1",
        origin=Origin(lessons, basis, 0.5 if basis else None, with_context),
    )
    return added.id


def statuses(store: Store) -> list[str]:
    return [example.status for example in reversed(store.examples.search())]
