"""Chooses the corrections, votes and pairs out of files that DPO may train on.

The lessons decide: no pair contradicts an approved one, and none brings back an answer that was
withdrawn or rejected. Weights keep no secret: a pair has nothing that was said where not everybody
reads.
"""

from collections.abc import Iterable
from datetime import date

from bot.store import Example, Store
from bot.store.examples.rows import keys
from bot.store.ratings import IMPORTED, StoredPreference
from trainer.dataset.export_lines import ExportPair
from trainer.similarity import normalise


def trainable_pairs(store: Store, on: date) -> list[ExportPair]:
    """Returns the pairs that agree with what is taught for everyone, oldest first, none twice.

    Left out are pairs of which a part is empty or both answers are the same; those of later turns,
    whose question alone says too little; corrections of what declined or named the nearest lesson;
    corrections whose lesson is not in force; votes for an answer that was withdrawn, rejected or is
    held back; and whatever a lesson contradicts. Pairs out of files are taken like votes. Left out
    are also pairs of what was asked where not everybody reads, or answered with what others said in
    a thread or with a lesson that is not for everyone.

    Args:
        store: where lessons and pairs are.
        on: the day (UTC) on which lessons must be in force.
    """
    preferred = [preference for preference in store.ratings.preferred() if _usable(preference)]
    if not preferred:
        return []  # without reading what may be a large school
    lessons = KnownLessons(store, on)
    pairs: dict[tuple[str, str, str], ExportPair] = {}
    for preference in preferred:
        if lessons.agree(preference):
            pair = ExportPair(
                preference.id, preference.prompt, preference.chosen, preference.rejected
            )
            parts = (normalise(pair.prompt), normalise(pair.chosen), normalise(pair.rejected))
            pairs.setdefault(parts, pair)
    # People may disagree: of two who chose the opposite, neither is followed.
    return [pair for (q, a, b), pair in pairs.items() if (q, b, a) not in pairs]


def _usable(preference: StoredPreference) -> bool:
    """Returns whether a pair is complete, has two different answers, and is of a first turn.

    What declined a question, or named the nearest lesson, is no model's answer to learn against.
    What was said outside of a public channel is not trained, nor what a thread's words went into.
    """
    if preference.basis in ("none", "near") or preference.with_context:
        return False
    from_file = preference.source == IMPORTED  # said in no channel of ours
    if not from_file and preference.asked_in in ("", "slack") and preference.place != "public":
        return False
    parts = (preference.prompt, preference.chosen, preference.rejected)
    same = normalise(preference.chosen) == normalise(preference.rejected)
    return all(part.strip() for part in parts) and not same and not preference.later_turn


class KnownLessons:
    """All examples of a store, found by question, by answer, and by the reply they came from."""

    def __init__(self, store: Store, on: date) -> None:
        self._store = store
        self._in_force = store.examples.trained(on.isoformat())
        self._answers: dict[str, set[str]] = {}
        for example in self._in_force:
            question, pair = _keys(example)
            self._answers.setdefault(question, set()).add(pair)
        kept_out = store.examples.kept_out(on.isoformat())
        self._held_back = {_keys(example)[1] for example in kept_out}
        private = [example for example in kept_out if example.for_whom.private]
        self._private = {example.id for example in private}
        self._private_answers = {normalise(e.completion) for e in private if e.completion}
        self._from_replies = {
            (example.reply_id, normalise(example.completion))
            for example in self._in_force
            if example.reply_id is not None
        }

    def agree(self, preference: StoredPreference) -> bool:
        """Returns whether a pair may be trained beside the lessons in force.

        No lesson that is not for everyone may be in it. One of the others must give the chosen
        answer, and none the rejected one. A vote, or a pair out of a file, may be trained also
        where no lesson answers its question, unless its chosen answer is held back.
        """
        said = (preference.chosen, preference.rejected)
        told: tuple[int, ...] = ()
        if self._private and preference.reply_id is not None:
            told = self._store.replies.get(preference.reply_id).recalled
        if self.tells_privately(said, told):
            return False
        question, chosen = keys(preference.prompt, preference.chosen)
        _, rejected = keys(preference.prompt, preference.rejected)
        answers = self._answers.get(question, set())
        if rejected in answers:
            return False
        corrected = (preference.reply_id, normalise(preference.chosen))
        if chosen in answers or corrected in self._from_replies:
            return True
        alone = preference.source in ("vote", IMPORTED)
        return alone and not answers and chosen not in self._held_back

    def agrees(self, question: str, answer: str, *, liked: bool) -> bool:
        """Returns whether a rated answer may be trained beside the lessons in force.

        Liked, it may be none that is held back, and where lessons answer its question it must be
        one of theirs; disliked, it may be none of theirs.

        Args:
            question: what was asked.
            answer: what was answered.
            liked: whether people liked it.
        """
        asked, pair = keys(question, answer)
        answers = self._answers.get(asked, set())
        if not liked:
            return pair not in answers
        return pair in answers if answers else pair not in self._held_back

    def tells_privately(self, said: Iterable[str], told: Iterable[int]) -> bool:
        """Returns whether answers repeat a lesson that is not for everyone, or were made with one.

        Args:
            said: the answers.
            told: ids of the lessons that their model was given.
        """
        said = (normalise(answer) for answer in said)
        return not self._private_answers.isdisjoint(said) or not self._private.isdisjoint(told)


def _keys(example: Example) -> tuple[str, str]:
    """Returns the keys of an example's question, and of its question and answer."""
    return keys(example.prompt, example.completion, example.messages)
