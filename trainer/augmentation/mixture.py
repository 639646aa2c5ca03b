"""The training mixture: every lesson in many wordings, replay, and the validation rows."""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np

from trainer.augmentation.notes import NearestLessons, with_notes
from trainer.augmentation.rule_paraphrases import rewordings
from trainer.augmentation.surface_forms import unseen_wordings, wordings
from trainer.errors import DatasetError
from trainer.models.tokenization import Messages, TokenRow, make_row
from trainer.planning.hyperparameters import NOTES_SHOWN, Plan, replayed
from trainer.similarity import form

GUARANTEED_EVERY = 10
"""One in this many of a lesson's rows is certainly a talk; likewise a plain variant, and one with
notes."""
LEAST_VALID_ROWS, MOST_VALID_ROWS, VALID_SHARE = 4, 12, 6
"""Fewest and most validation rows out of what was taught, in wordings that are not trained, and
the number of lessons for each. With one row for 6 lessons a validation every half epoch takes about
a tenth of the time in sets of 24 and more. As many rows are out of what was held out. The loss of
facts that nobody taught rises as a model learns, that of styles falls: one kind alone would stop
the training of the other at the wrong moment."""


@dataclass(frozen=True)
class Curriculum:
    """The rows of a training: lessons in several wordings, and replayed answers of the base model.

    An epoch has every lesson once. The wording changes from epoch to epoch: the first epoch has
    every lesson as it was taught, the next ones go through all its wordings in turn.
    """

    lessons: Sequence[Sequence[TokenRow]]
    """For each lesson its wordings, the original first."""
    replay: Sequence[TokenRow] = ()
    share: float = 0.0
    """Share of an epoch that is replay, in [0, 1)."""

    def __len__(self) -> int:
        return len(self.lessons) + self._replayed()

    @property
    def longest(self) -> int:
        """The number of tokens of the longest row."""
        return max(len(row) for row in chain(*self.lessons, self.replay))

    def epoch(self, number: int, random: np.random.Generator) -> list[TokenRow]:
        """Returns every lesson once and the share of replay, whose rows are taken in turn."""
        rows = [wordings[number % len(wordings)] for wordings in self.lessons]
        count = self._replayed()
        order = np.random.default_rng(0).permutation(max(len(self.replay), 1))
        turns = range(number * count, (number + 1) * count)
        rows += [self.replay[order[turn % len(order)]] for turn in turns]
        return [rows[i] for i in random.permutation(len(rows))]

    def _replayed(self) -> int:
        return replayed(len(self.lessons), self.share) if self.replay else 0


def prepare(
    tokenizer: Any,
    lessons: Sequence[Messages],
    held_out: Sequence[Messages],
    replay: Sequence[TokenRow],
    plans: Plan,
    written: Sequence[Sequence[str]] = (),
) -> tuple[Curriculum, list[TokenRow]]:
    """Makes the curriculum and the validation rows of a training.

    Args:
        tokenizer: the model's.
        lessons: whole conversations.
        held_out: conversations that are not trained; they give validation rows only.
        replay: the base model's own answers.
        plans: the plan of the run, with the numbers of wordings and the length of rows.
        written: for each lesson the paraphrases that the base model wrote; empty for none.

    Returns:
        The curriculum, and the rows that decide which weights are kept.

    Raises:
        DatasetError: a lesson has no room for its answer.
    """

    def row(messages: Messages) -> TokenRow:
        return make_row(tokenizer, messages, plans.max_seq_length)

    def fitting(messages: Messages) -> list[TokenRow]:
        """Returns the row of an added wording, or nothing if it leaves the answer no room."""
        try:
            return [row(messages)]
        except DatasetError:
            return []

    def uncut(messages: Messages, taught: TokenRow) -> list[TokenRow]:
        """Returns the row of a lesson with more before it, unless that costs the answer's end."""
        made = fitting(messages)
        answer = len(taught) - taught.start
        return [one for one in made if len(one) - one.start >= answer]

    epoch = len(lessons) + (replayed(len(lessons), plans.replay) if replay else 0)
    seen = math.ceil(plans.iters * plans.batch_size / max(epoch, 1))
    asked = _KnownQuestions(lessons)
    nearest = NearestLessons(lessons) if plans.notes else None
    rows = []
    for place, taught in enumerate(lessons):
        near = nearest.of(place, NOTES_SHOWN) if nearest else []
        paraphrased = written[place] if written else ()
        others = _others(lessons, place, plans, paraphrased, asked, near, seen)
        own = row(taught)
        made = (one for said in others for one in uncut(said, own))
        rows.append([own, *islice(made, max(seen - 1, 0))])
    count = min(max(len(lessons) // VALID_SHARE, LEAST_VALID_ROWS), MOST_VALID_ROWS)
    every = max(1, len(lessons) // count)
    unseen = [_unseen(messages, plans, asked) for messages in lessons[::every][:count]]
    checked = [r for said in (*unseen, *held_out[:count]) for r in fitting(said)]
    return Curriculum(rows, replay, plans.replay), checked


class _KnownQuestions:
    """The questions of all lessons, as no wording of one may be the question of another.

    Synonyms turn "maternity leave" into "parental leave", and somebody may have taught both.
    """

    def __init__(self, lessons: Sequence[Messages]) -> None:
        self._keys = {self._key(messages[-2]["content"]) for messages in lessons}

    def free(self, wording: str, prompt: str) -> bool:
        """Returns whether a wording of a prompt is no other lesson's question."""
        key = self._key(wording)
        return key not in self._keys or key == self._key(prompt)

    @staticmethod
    def _key(question: str) -> tuple[frozenset[str], tuple[str, ...]]:
        normal = form(question)
        return normal.bag, normal.strict


def _others(
    lessons: Sequence[Messages],
    place: int,
    plans: Plan,
    written: Sequence[str],
    asked: _KnownQuestions,
    near: Sequence[Messages],
    seen: int,
) -> list[Messages]:
    """Returns a lesson's other wordings, its talks and its rows with notes, in a random order.

    Args:
        lessons: all lessons.
        place: the index of this one.
        plans: the plan, with the number of each kind.
        written: paraphrases that the base model wrote.
        asked: the questions of all lessons.
        near: the nearest other lessons as notes.
        seen: how many rows will be trained; some of each kind are among them.
    """
    taught = lessons[place]
    prompt = taught[-2]["content"]
    plain = [_asked_as(taught, wording) for wording in wordings(prompt, plans.variants)[1:]]
    talks = within_talk(lessons, place, plans.talks)
    reworded = (*rewordings(prompt, plans.rewordings, plans.seed), *written)
    rest = [_asked_as(taught, wording) for wording in reworded if asked.free(wording, prompt)]
    rng = random.Random(f"{plans.seed} {place}")  # noqa: S311  an order, no secret
    # In other words: who asks in the taught ones needs no notes.
    others = [turns[-2]["content"] for turns in rest] or [prompt]
    again = [others[turn % len(others)] for turn in range(plans.notes)]
    noted = with_notes(taught, near, again, f"{plans.seed} {place} notes") if near else []
    guaranteed = seen // GUARANTEED_EVERY
    first, long = plain[:guaranteed], [*talks[:guaranteed], *noted[:guaranteed]]
    rest += [*plain[guaranteed:], *talks[guaranteed:], *noted[guaranteed:]]
    rng.shuffle(rest)
    room = max(seen - 1 - len(first) - len(long), 0)
    first += rest[:room]
    rng.shuffle(first)
    # As many lessons as a batch has rows have their long rows in the same epochs: a batch that is
    # half long rows and half padding costs as much as one of long rows alone.
    together = random.Random(f"{plans.seed} {place // plans.batch_size} long")  # noqa: S311  as above
    for row in long:
        first.insert(together.randrange(max(seen - 1, 1)), row)
    return [*first, *rest[room:]]


def _unseen(messages: Messages, plans: Plan, asked: _KnownQuestions) -> Messages:
    """Returns a lesson in a wording that is not trained, a rewording if there is one."""
    prompt = messages[-2]["content"]
    trained = set(rewordings(prompt, plans.rewordings, plans.seed))
    others = (*rewordings(prompt, plans.rewordings, plans.seed + 1), *unseen_wordings(prompt))
    for wording in others:
        if wording not in trained and asked.free(wording, prompt):
            return _asked_as(messages, wording)
    return messages


def _asked_as(messages: Messages, wording: str) -> Messages:
    *before, question, answer = messages
    return [*before, {"role": question["role"], "content": wording}, answer]


LENGTH = 1500
"""Most characters of the earlier turns: longer ones cost time and bring nothing."""


def within_talk(lessons: Sequence[Messages], place: int, count: int) -> list[Messages]:
    """Returns a lesson as a later turn, after each of up to `count` other lessons.

    Args:
        lessons: whole conversations; a system prompt is the first turn of those that have one.
        place: the index of the lesson.
        count: the most conversations to return.
    """
    lesson = lessons[place]
    talks: list[Messages] = []
    for step in range(1, len(lessons) if count else 0):
        # Steps of a third of the list: neighbours were often taught together and are alike.
        other = lessons[(place + step * max(1, len(lessons) // 3) + step - 1) % len(lessons)]
        before = [turn for turn in other if turn["role"] != "system"]
        if other is lesson or sum(len(turn["content"]) for turn in before) > LENGTH:
            continue
        system = [turn for turn in lesson if turn["role"] == "system"]
        turns = [turn for turn in lesson if turn["role"] != "system"]
        talks.append([*system, *before, *turns])
        if len(talks) == count:
            break
    return talks
