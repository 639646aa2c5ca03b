"""Chooses the answers with thumbs that KTO may train on, each by itself.

The lessons decide, as for pairs (`bot.lessons.preference_pairs`): no liked answer contradicts one,
and none that is taught is disliked. What no model put into words says nothing about a model. A
question enters as somebody asked it, and no curation has seen it: with a secret or personal data in
it, it is left out.
"""

from datetime import date

from bot.lessons.preference_pairs import KnownLessons
from bot.lessons.teaching import clean
from bot.permissions import Rights
from bot.privacy.consent import Privacy
from bot.settings import FeedbackSettings, Settings
from bot.store import Store
from bot.store.ratings import RatedReply
from trainer.dataset.export_lines import ExportRating
from trainer.reasoning import without_reasoning
from trainer.similarity import normalise

MAX_RATINGS = 2000
"""Most rated replies that are looked at, the newest; a night trains some hundred of them."""


def trainable_ratings(store: Store, settings: Settings, on: date) -> list[ExportRating]:
    """Returns the rated answers that agree with what is taught for everyone, oldest first.

    Left out is what `Ratings.rated` leaves out; what was quoted, shown as the nearest or declined;
    what people of whom nothing may be kept asked; answers that people disagree about, also where
    they were given twice; and whatever a lesson contradicts or that is not for everyone. Reasoning
    before an answer is cut off.

    Args:
        store: where lessons and thumbs are.
        settings: whose thumbs count, and what is sensitive.
        on: the day (UTC) on which lessons must be in force.
    """
    replies = store.ratings.rated(MAX_RATINGS)
    if not replies:
        return []  # without reading what may be a large school
    lessons = KnownLessons(store, on)
    opinions = _Opinions(store, settings)
    chosen: dict[tuple[str, str, bool], ExportRating] = {}
    for reply in replies:
        liked = opinions.liked(reply)
        answer = without_reasoning(reply.text).strip()
        if liked is None or not answer or not reply.question.strip() or not _by_a_model(reply):
            continue
        if lessons.tells_privately((answer,), reply.recalled):
            continue
        if not lessons.agrees(reply.question, answer, liked=liked):
            continue
        if any(clean(text, settings.examples)[1] for text in (reply.question, answer)):
            continue
        key = (normalise(reply.question), normalise(answer), liked)
        chosen.setdefault(key, ExportRating(reply.id, reply.question, answer, liked))
    return [one for (q, a, liked), one in chosen.items() if (q, a, not liked) not in chosen]


def thumb_counts(settings: FeedbackSettings, rights: Rights, asker: str, rater: str) -> bool:
    """Returns whether a person's thumb on a reply in Slack has an effect.

    Args:
        settings: says whose thumbs count.
        rights: says who is a teacher.
        asker: who asked what was replied to.
        rater: whose thumb it is.
    """
    if settings.thumbs == "asker":
        return rater == asker
    return settings.thumbs != "teachers" or rights.is_teacher(rater)


class _Opinions:
    """Sums up what people think of a reply."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self._feedback = settings.feedback
        self._rights = Rights(store, settings)
        self._privacy = Privacy(store, settings)

    def liked(self, reply: RatedReply) -> bool | None:
        """Returns whether people like a reply; None where they disagree, or too few say so."""
        if not self._privacy.keeps(reply.asker):
            return None
        margin = sum(
            value
            for person, value in reply.thumbs.items()
            if self._privacy.keeps(person) and self._counts(reply, person)
        )
        several = isinstance(self._feedback.thumbs, int) and reply.asked_in == "slack"
        needed = int(self._feedback.thumbs) if several else 1
        return None if abs(margin) < needed else margin > 0

    def _counts(self, reply: RatedReply, person: str) -> bool:
        """Outside of Slack there is one person at one machine, whose thumb always has an effect."""
        slack = reply.asked_in == "slack"
        return not slack or thumb_counts(self._feedback, self._rights, reply.asker, person)


def _by_a_model(reply: RatedReply) -> bool:
    """Returns whether a model put an answer into words, in replies of older versions as well.

    What was quoted, shown as the nearest or declined has no model behind it.
    """
    if reply.basis is None:
        return not reply.recalled
    return reply.basis == "model" or (reply.basis == "taught" and reply.adapter is not None)
