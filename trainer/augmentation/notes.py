"""Rows with notes: nearby lessons stand before a question, as the bot gives them to the model.

A model that reads notes has to pick the right one among similar ones, and to answer from memory
where it is not among them (RAFT, Zhang et al. 2024, arXiv 2403.10131). Each note is a turn of the
user and one of the assistant, as `bot.answers` puts recalled lessons before a question.
"""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Sequence

from trainer.models.tokenization import Messages
from trainer.planning.hyperparameters import NOTES_SHOWN
from trainer.similarity import form

MISSING_EVERY = 5
"""In one in this many rows the right lesson is not among the notes."""
MOST_CHARACTERS = 500
"""Most characters of a note: longer ones cost time and bring nothing."""
COMMON = 200
"""A word of more lessons than this says nothing about which of them are near."""


class NearestLessons:
    """For each lesson the others whose questions share its words, the nearest first.

    Shared words count by how rare they are: logarithm of the inverse document frequency.

    Args:
        lessons: whole conversations, ending with the answer.
    """

    def __init__(self, lessons: Sequence[Messages]) -> None:
        self._lessons = lessons
        self._words = [sorted(_words(lesson)) for lesson in lessons]
        self._having: dict[str, list[int]] = defaultdict(list)
        for place, words in enumerate(self._words):
            for word in words:
                self._having[word].append(place)

    def of(self, place: int, count: int) -> list[Messages]:
        """Returns up to `count` other lessons as notes, a question and its answer each.

        Lessons that share no word are taken where there are too few others. Talks of several turns
        are no notes, nor are very long lessons.
        """
        weights: Counter[int] = Counter()
        for word in self._words[place]:
            having = self._having[word]
            if len(having) <= COMMON:
                rarity = math.log(len(self._lessons) / len(having)) + 1
                weights.update(dict.fromkeys(having, rarity))
        near = [other for other, _ in weights.most_common()]
        around = (place + step for step in range(1, min(len(self._lessons), 4 * count)))
        near += [other % len(self._lessons) for other in around]
        notes = []
        for other in dict.fromkeys(near):
            if other != place and (note := as_note(self._lessons[other])):
                notes.append(note)
            if len(notes) == count:
                break
        return notes


def as_note(lesson: Messages) -> Messages | None:
    """Returns a lesson's question and answer; None of a talk of several turns or a long lesson."""
    turns = [turn for turn in lesson if turn["role"] != "system"]
    short = sum(len(turn["content"]) for turn in turns) <= MOST_CHARACTERS
    return turns if len(turns) == 2 and short else None  # noqa: PLR2004  question and answer


def with_notes(
    lesson: Messages, near: Sequence[Messages], questions: Sequence[str], seed: str
) -> list[Messages]:
    """Returns a lesson in other wordings with notes before the question, one for each wording.

    Args:
        lesson: a whole conversation.
        near: notes of other lessons, the nearest first, at least as many as are shown.
        questions: wordings of the lesson's last question.
        seed: of the order of notes, and of which rows lack the right one.
    """
    rng = random.Random(seed)  # noqa: S311  an order, no secret
    system = [turn for turn in lesson if turn["role"] == "system"]
    *earlier, question, answer = (turn for turn in lesson if turn["role"] != "system")
    own = as_note(lesson)
    rows: list[Messages] = []
    for wording in questions:
        right = [own] if own and rng.randrange(MISSING_EVERY) else []
        notes = [*right, *near[: NOTES_SHOWN - len(right)]]
        rng.shuffle(notes)
        said = [turn for note in notes for turn in note]
        asked = {"role": question["role"], "content": wording}
        rows.append([*system, *said, *earlier, asked, answer])
    return rows


def _words(lesson: Messages) -> frozenset[str]:
    asked = form(lesson[-2]["content"])
    return asked.bag | frozenset(asked.strict)
