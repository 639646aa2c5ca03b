"""A home with questions that were answered, and an encoder that stands in for the real one."""

from collections.abc import Sequence

import numpy as np

from bot.engine.client import EngineClient
from bot.engine.encodings import SentenceVectors
from bot.messages import Completion, Message
from bot.store import Store
from bot.store.examples.rows import NewExample
from bot.store.examples.scope import EVERYONE, Scope
from bot.store.replies import Origin
from trainer.retrieval.decision import Source

TOPICS = ("wifi wlan network internet", "key door lock", "vacation holiday leave days off")


class Topics(EngineClient):
    """An encoder that knows topics: words of one topic lie in one direction."""

    def __init__(self, revision: str = "topics") -> None:
        super().__init__("http://127.0.0.1:9", None)
        self.revision = revision
        self.asked: list[str] = []

    def embed(self, texts: Sequence[str]) -> SentenceVectors:
        """Encodes some texts."""
        self.asked += texts
        return SentenceVectors(np.stack([_direction(text) for text in texts]), self.revision)


def _direction(text: str) -> np.ndarray:  # type: ignore[type-arg]
    words = text.casefold().strip("?.!").split()
    row = np.full(len(TOPICS) + 1, 0.01, np.float32)
    for place, topic in enumerate(TOPICS):
        row[place] += sum(word in topic.split() for word in words)
    return row / np.linalg.norm(row)


def asked(
    store: Store,
    question: str,
    *,
    person: str = "UANNA",
    channel: str = "CPUBLIC",
    basis: Source | None = "none",
    source: str = "slack",
    lessons: Sequence[int] = (),
    ts: str | None = None,
) -> int:
    """Stores that somebody asked something, and returns the id of the reply."""
    return store.replies.add(
        Completion("So.", "base", None, 1, 1, 0.1, "stop"),
        [Message("user", question)],
        source=source,
        channel=channel,
        thread="1.0",
        person=person,
        question_ts=ts,
        origin=Origin(lessons, basis),
    ).id


def taught(store: Store, prompt: str, answer: str = "So.", scope: Scope = EVERYONE) -> int:
    """Stores a lesson of UBEN, and returns its id."""
    return store.examples.add(NewExample(prompt, answer, "teach", "UBEN", scope=scope)).id
