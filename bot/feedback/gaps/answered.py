"""Whether a question that was a gap is answered by now: some lesson has come that answers it."""

from bot.answers.retrieval import Retrieval, today, usable
from bot.store import Example, Store
from bot.store.examples.scope import audience_of
from bot.store.questions.gap_questions import GapQuestion
from bot.store.questions.gaps import covers
from trainer.retrieval.choice import WORDS_FOUND
from trainer.retrieval.decision import TAUGHT
from trainer.retrieval.same_words import SAME_LIKENESS, likest


class Answered:
    """Asks retrieval as an answer would be looked for, for whoever asked."""

    def __init__(self, store: Store, retrieval: Retrieval | None) -> None:
        """Without `retrieval` a lesson is found by the same words alone."""
        self._store = store
        self._retrieval = retrieval

    def by(self, question: GapQuestion) -> tuple[Example | None, Example | None]:
        """Returns the lesson that answers a question now, and the one that is nearest to it.

        Raises:
            EngineError: nobody could look.
        """
        nearest, confident = self._found(question)
        if nearest is None or not confident:
            return None, nearest
        fits = covers(nearest.for_whom, question.source, question.channel, question.person)
        # What was told and did not help is no answer, until it was changed.
        known = nearest.id == question.told and nearest.updated_at <= question.asked_at
        return (nearest if fits and not known else None), nearest

    def _found(self, question: GapQuestion) -> tuple[Example | None, bool]:
        audience = audience_of(question.source, question.channel, question.person)
        similar = self._store.examples.similar(question.text, WORDS_FOUND, today(), audience)
        found = [example for example in similar if usable(example)]
        ranked = likest(question.text, [example.prompt for example in found])
        same = [found[place] for degree, place in ranked if degree >= SAME_LIKENESS]
        if same:
            # Of lessons in the same words the newest: an older one may be what did not help.
            return max(same, key=lambda example: example.id), True
        if self._retrieval is None:
            return None, False
        finding = self._retrieval.find(question.text, None, audience)
        if not finding.lessons:
            return None, False
        return finding.lessons[0], finding.confidence >= TAUGHT
