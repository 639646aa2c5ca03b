"""What was taught today counts at once: approved examples close to a question. Knows no Slack.

Candidates come from the store's full-text index (BM25); the likeness of the questions decides.
Both thresholds are measured; the table is in docs/log.md.
"""

from collections.abc import Iterator
from datetime import UTC, datetime

from bot.errors import AdapterError
from bot.messages import is_talk
from bot.settings import Settings
from bot.store import Example, Store
from trainer.adapters.registry import Registry
from trainer.similarity import Form, form, likeness

QUOTE_LIKENESS = 0.8
"""Likeness from which the taught words are the answer: 318 of 336 plain rewordings, none wrong."""
PROMPT_LIKENESS = 0.34
"""Likeness from which the model is told of it: one paraphrase in ten, and hardly a wrong one."""
PROMPT_EXAMPLES = 3
"""The model is told of at most so many examples."""
CANDIDATES = 20
"""The index is asked for so many examples."""


class Retrieval:
    """Finds what to quote, or what to tell the model beforehand."""

    def __init__(self, store: Store, settings: Settings, registry: Registry) -> None:
        self._store = store
        self._mode = settings.examples.recall
        self._registry = registry

    def quote(self, question: str, version: str | None) -> Example | None:
        """Returns the example that answers the question, unless `version` has learned it."""
        if self._mode != "quote":
            return None
        return next((e for _, e in self._near(question, version, QUOTE_LIKENESS)), None)

    def beforehand(self, question: str, version: str | None) -> tuple[Example, ...]:
        """Returns examples that `version` has not learned, the closest last."""
        if self._mode != "prompt":
            return ()
        near = [example for _, example in self._near(question, version, PROMPT_LIKENESS)]
        return tuple(reversed(near[:PROMPT_EXAMPLES]))

    def _near(
        self, question: str, version: str | None, threshold: float
    ) -> list[tuple[float, Example]]:
        asked = form(question)
        near = [
            (degree, example)
            for example in self._candidates(question, version)
            if (degree := _likeness(asked, form(example.prompt))) >= threshold
        ]
        # Of equals the newest comes first: it is what was said last.
        return sorted(near, key=lambda pair: (pair[0], pair[1].id), reverse=True)

    def _candidates(self, question: str, version: str | None) -> Iterator[Example]:
        learned = self._learned(version)
        today = datetime.now(UTC).date().isoformat()
        for example in self._store.examples.similar(question, CANDIDATES):
            current = example.expires_on is None or example.expires_on >= today
            whole = not is_talk(example.messages)
            if example.status == "approved" and whole and current and example.id not in learned:
                yield example

    def _learned(self, version: str | None) -> frozenset[int]:
        if version is None:
            return frozenset()
        try:
            return frozenset(self._registry.card(version).example_ids)
        except AdapterError:
            return frozenset()


def _likeness(a: Form, b: Form) -> float:
    if a.text == b.text:
        return 1.0
    return likeness(a, b) if a.strict == b.strict else 0.0
