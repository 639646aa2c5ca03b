"""What a run learns: every lesson in many wordings, and the rows that say when it is enough.

Needs no mlx but through the batches that it makes.
"""

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

import numpy as np

from trainer.augmentation.rule_paraphrases import rewordings
from trainer.augmentation.surface_forms import unseen_wordings, wordings
from trainer.errors import DatasetError
from trainer.models.tokenization import Messages, TokenRow, make_row
from trainer.planning.hyperparameters import Plan, replayed
from trainer.similarity import form

SURE = 10
"""One in so many of a lesson's rows is surely a talk, and one a plain variant."""
LEAST_VALID_ROWS, MOST_VALID_ROWS, VALID_SHARE = 4, 12, 6
"""Validation rows out of what was taught, in wordings that are not trained: one for so many
lessons, which keeps a validation every half epoch at about a tenth of the time in sets of 24 and
more. As many are out of what was held out. Facts that nobody taught get less likely as a model
learns, styles do not: one kind alone would stop the one or the other at the wrong moment."""


@dataclass(frozen=True)
class Curriculum:
    """Lessons in several wordings, with answers of the base model in between.

    An epoch has every lesson once. The wording changes from epoch to epoch: first every lesson as
    it was taught, then all its wordings equally often, in an order of its own.
    """

    lessons: Sequence[Sequence[TokenRow]]
    """For each lesson its wordings, the original first."""
    replay: Sequence[TokenRow] = ()
    share: float = 0.0
    """How much of an epoch is replay, in [0, 1)."""

    def __len__(self) -> int:
        return len(self.lessons) + self._replayed()

    @property
    def longest(self) -> int:
        """Tokens of its longest row."""
        return max(len(row) for row in chain(*self.lessons, self.replay))

    def epoch(self, number: int, random: np.random.Generator) -> list[TokenRow]:
        """Every lesson once and its share of replay; replay goes round its whole list."""
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
    """Turns lessons into what is trained, and into the rows that decide which weights are kept.

    Args:
        tokenizer: of the model.
        lessons: whole conversations.
        held_out: others, which are not trained.
        replay: the base model's own answers.
        plans: how many wordings of each.
        written: wordings of each lesson's question that the base model wrote itself.

    Raises:
        DatasetError: a lesson has no room for its answer.
    """

    def row(messages: Messages) -> TokenRow:
        return make_row(tokenizer, messages, plans.max_seq_length)

    def fitting(messages: Messages) -> list[TokenRow]:
        """A wording that we added; long talks leave an answer no room, and are left out."""
        try:
            return [row(messages)]
        except DatasetError:
            return []

    epoch = len(lessons) + (replayed(len(lessons), plans.replay) if replay else 0)
    seen = math.ceil(plans.iters * plans.batch_size / max(epoch, 1))
    asked = _KnownQuestions(lessons)
    rows = []
    for place, taught in enumerate(lessons):
        others = _others(lessons, place, plans, written[place] if written else (), asked, seen)
        made = (r for said in others for r in fitting(said))
        rows.append([row(taught), *islice(made, max(seen - 1, 0))])
    count = min(max(len(lessons) // VALID_SHARE, LEAST_VALID_ROWS), MOST_VALID_ROWS)
    every = max(1, len(lessons) // count)
    unseen = [_unseen(messages, plans, asked) for messages in lessons[::every][:count]]
    checked = [r for said in (*unseen, *held_out[:count]) for r in fitting(said)]
    return Curriculum(rows, replay, plans.replay), checked


class _KnownQuestions:
    """What all lessons are asked as: no wording of one may be the question of another one.

    Synonyms make "parental leave" of "maternity leave", and somebody may have taught both.
    """

    def __init__(self, lessons: Sequence[Messages]) -> None:
        self._keys = {self._key(messages[-2]["content"]) for messages in lessons}

    def free(self, wording: str, prompt: str) -> bool:
        """Whether a wording of a prompt is nobody else's question."""
        key = self._key(wording)
        return key not in self._keys or key == self._key(prompt)

    @staticmethod
    def _key(question: str) -> tuple[frozenset[str], tuple[str, ...]]:
        found = form(question)
        return found.bag, found.strict


def _others(
    lessons: Sequence[Messages],
    place: int,
    plans: Plan,
    written: Sequence[str],
    asked: _KnownQuestions,
    seen: int,
) -> list[Messages]:
    """A lesson's other wordings and its talks, in a mixed order.

    Args:
        lessons: all of them.
        place: of this one.
        plans: how many of each kind.
        written: wordings that the base model wrote.
        asked: what the lessons are asked as.
        seen: how many will be trained; the few talks and plain variants are among them.
    """
    taught = lessons[place]
    prompt = taught[-2]["content"]
    plain = [_asked_as(taught, wording) for wording in wordings(prompt, plans.variants)[1:]]
    talks = within_talk(lessons, place, plans.talks)
    reworded = (*rewordings(prompt, plans.rewordings, plans.seed), *written)
    rest = [_asked_as(taught, wording) for wording in reworded if asked.free(wording, prompt)]
    chance = random.Random(f"{plans.seed} {place}")  # noqa: S311  an order, no secret
    sure = seen // SURE
    first, rest = [*plain[:sure], *talks[:sure]], [*rest, *plain[sure:], *talks[sure:]]
    chance.shuffle(rest)
    room = max(seen - 1 - len(first), 0)
    first += rest[:room]
    chance.shuffle(first)
    return [*first, *rest[room:]]


def _unseen(messages: Messages, plans: Plan, asked: _KnownQuestions) -> Messages:
    """A lesson in a wording that is not trained, in other words if it can be put so."""
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
"""Characters of the earlier turns at most: long ones cost time and teach nothing more."""


def within_talk(lessons: Sequence[Messages], place: int, count: int) -> list[Messages]:
    """The lesson at `place` after each of up to `count` others.

    Args:
        lessons: whole conversations; a system prompt stands first in those that have one.
        place: of the lesson.
        count: how many different talks.
    """
    lesson = lessons[place]
    found: list[Messages] = []
    for step in range(1, len(lessons) if count else 0):
        # Steps of a third of the list: neighbours were often taught together and are alike.
        other = lessons[(place + step * max(1, len(lessons) // 3) + step - 1) % len(lessons)]
        before = [turn for turn in other if turn["role"] != "system"]
        if other is lesson or sum(len(turn["content"]) for turn in before) > LENGTH:
            continue
        system = [turn for turn in lesson if turn["role"] == "system"]
        turns = [turn for turn in lesson if turn["role"] != "system"]
        found.append([*system, *before, *turns])
        if len(found) == count:
            break
    return found
