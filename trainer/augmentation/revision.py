"""The rows of a round of revision: what is not mastered yet, and half of what is, in turn."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from trainer.augmentation.mixture import Curriculum
from trainer.models.tokenization import TokenRow
from trainer.planning.hyperparameters import REVISIONS, replayed

REHEARSED = 0.5
"""Share of the mastered lessons that an epoch has at least: with fewer, as many of those that are
like the missing ones are forgotten as are won (docs/log.md)."""
LEAST_REHEARSED = 12
"""Mastered lessons of an epoch at least, where there are so many."""


@dataclass(frozen=True)
class Revision:
    """A source of rows for a round, epoch by epoch, of which batches are made.

    Every epoch has each lesson that is not mastered once: as it was taught in every second epoch,
    and in its other wordings in turn. Of the mastered ones each epoch has others.
    """

    curriculum: Curriculum
    """Of the first round."""
    missing: Sequence[int]
    """The indexes of the lessons that are not mastered."""
    known: Sequence[int]
    """The indexes of the mastered ones."""
    number: int
    """The round's; later rounds take other wordings and rehearse other lessons."""

    def __len__(self) -> int:
        lessons = len(self.missing) + self._rehearsed()
        return lessons + self._replayed()

    def epoch(self, number: int, random: np.random.Generator) -> list[TokenRow]:
        """Returns the rows of an epoch in random order; the first epoch has the number 0."""
        turn = self.number * REVISIONS + number
        rows = [self._wording(place, turn) for place in self.missing]
        count = self._rehearsed()
        order = np.random.default_rng(self.number).permutation(max(len(self.known), 1))
        some = (order[(number * count + i) % len(order)] for i in range(count))
        rows += [self.curriculum.lessons[self.known[place]][0] for place in some]
        replay, count = self.curriculum.replay, self._replayed()
        rows += [replay[(turn * count + i) % len(replay)] for i in range(count)]
        return [rows[i] for i in random.permutation(len(rows))]

    def _wording(self, place: int, turn: int) -> TokenRow:
        taught, *others = self.curriculum.lessons[place]
        return others[turn // 2 % len(others)] if turn % 2 and others else taught

    def _rehearsed(self) -> int:
        share = math.ceil(REHEARSED * len(self.known))
        wanted = max(len(self.missing), share, LEAST_REHEARSED)
        return min(wanted, len(self.known))

    def _replayed(self) -> int:
        lessons = len(self.missing) + self._rehearsed()
        return replayed(lessons, self.curriculum.share) if self.curriculum.replay else 0
