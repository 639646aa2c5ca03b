"""Which corrections and votes may be learned as pairs of a better and a worse answer.

What is approved decides: a pair never says other than the lessons do, and no pair brings back what
was withdrawn or rejected.
"""

from datetime import date

from bot.store import Example, Store
from bot.store.example_rows import keys
from bot.store.ratings import StoredPreference
from trainer.dataset.export import ExportPair
from trainer.similarity import normalise


def trainable_pairs(store: Store, on: date) -> list[ExportPair]:
    """Returns the pairs that agree with what is taught, oldest first, none twice.

    Left out are pairs of which a part is empty or both answers are the same; those of later turns,
    whose question alone says too little; corrections whose lesson is not in force; votes for an
    answer that was withdrawn, rejected or is held back; and whatever a lesson contradicts.

    Args:
        store: where lessons and pairs are.
        on: the day on which lessons must be in force.
    """
    preferred = [one for one in store.ratings.preferred() if _usable(one)]
    if not preferred:
        return []  # without reading what may be a large school
    taught = _KnownLessons(store, on)
    pairs: dict[tuple[str, str, str], ExportPair] = {}
    for one in preferred:
        if taught.agrees(one):
            parts = (normalise(one.prompt), normalise(one.chosen), normalise(one.rejected))
            pair = ExportPair(one.id, one.prompt, one.chosen, one.rejected)
            pairs.setdefault(parts, pair)
    # People may disagree: of two who chose the opposite, neither is followed.
    return [pair for (q, a, b), pair in pairs.items() if (q, b, a) not in pairs]


def _usable(one: StoredPreference) -> bool:
    """Returns whether a pair has all its parts, two different answers, and nothing before it."""
    parts = (one.prompt, one.chosen, one.rejected)
    same = normalise(one.chosen) == normalise(one.rejected)
    return all(part.strip() for part in parts) and not same and not one.later_turn


class _KnownLessons:
    """What was ever taught, by its question, its answer and the reply that it came from."""

    def __init__(self, store: Store, on: date) -> None:
        self._in_force = store.examples.approved(on.isoformat())
        self._answers: dict[str, set[str]] = {}
        for example in self._in_force:
            question, pair = _keys(example)
            self._answers.setdefault(question, set()).add(pair)
        self._held_back = {_keys(e)[1] for e in store.examples.kept_out(on.isoformat())}
        self._from_replies = {
            (example.reply_id, normalise(example.completion))
            for example in self._in_force
            if example.reply_id is not None
        }

    def agrees(self, one: StoredPreference) -> bool:
        """Returns whether the lessons in force say the same as this pair, or nothing against it."""
        question, chosen = keys(one.prompt, one.chosen)
        _, rejected = keys(one.prompt, one.rejected)
        answers = self._answers.get(question, set())
        if rejected in answers:
            return False
        if chosen in answers or (one.reply_id, normalise(one.chosen)) in self._from_replies:
            return True
        return one.source == "vote" and not answers and chosen not in self._held_back


def _keys(example: Example) -> tuple[str, str]:
    return keys(example.prompt, example.completion, example.messages)
