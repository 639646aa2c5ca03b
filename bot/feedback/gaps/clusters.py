"""Which gap a question is nearest to: the centres of all gaps in the encoder's space, in memory."""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

CANDIDATES = 5
"""So many of the nearest gaps are looked at more closely."""
_WORD = re.compile(r"\w[\w'\u2019-]*")
_I = re.compile(r"I(?:['\u2019]\w+)?")
Vector = npt.NDArray[np.float32]


class Centres:
    """The mean directions of the questions of each gap (average linkage), by the gap's id."""

    def __init__(self, width: int) -> None:
        self._rows: Vector = np.zeros((64, width), np.float32)
        self._ids: list[int] = []
        self._places: dict[int, int] = {}

    @property
    def width(self) -> int:
        """Numbers of a vector."""
        return int(self._rows.shape[1])

    def __contains__(self, gap_id: int) -> bool:
        return gap_id in self._places

    def put(self, gap_id: int, centre: Vector) -> None:
        """Stores the centre of a gap, of length 1, in place of an earlier one."""
        place = self._places.get(gap_id)
        if place is None:
            place = self._places[gap_id] = len(self._ids)
            self._ids.append(gap_id)
            if place == len(self._rows):
                self._rows = np.concatenate([self._rows, np.zeros_like(self._rows)])
        self._rows[place] = centre

    def drop(self, gap_id: int) -> None:
        """Forgets a gap that has no questions any more; its place stays empty."""
        if (place := self._places.pop(gap_id, None)) is not None:
            self._rows[place] = 0.0

    def cosines(self, vectors: Vector) -> Vector:
        """Returns how near each vector (n, width) is to each gap: (n, gaps), 0 to what is gone."""
        return vectors @ self._rows[: len(self._ids)].T

    def nearest(self, vector: Vector, least: float) -> list[tuple[int, float]]:
        """Returns gaps whose centre has a cosine of `least` or more, nearest first, a few."""
        values = self.cosines(vector[None])[0]
        order = np.argsort(-values, kind="stable")[:CANDIDATES]
        return [(self._ids[row], float(values[row])) for row in order if values[row] >= least]

    def within(self, vectors: Vector, least: float) -> list[int]:
        """Returns the gaps that are so near to any of some vectors (n, width)."""
        if not len(vectors) or not self._ids:
            return []
        best = self.cosines(vectors).max(axis=0)
        return [self._ids[row] for row in np.flatnonzero(best >= least)]


def centre_of(vectors: Vector) -> Vector:
    """Returns the mean direction of some vectors (n, width), of length 1."""
    mean = vectors.mean(axis=0)
    length = float(np.linalg.norm(mean))
    return (mean / length if length else mean).astype(np.float32)


def named(text: str) -> frozenset[str]:
    """Returns the names and numbers of a question: words with a digit, or a capital letter within.

    The first word has its capital letter from the sentence.
    """
    return frozenset(
        word.casefold()
        for place, word in enumerate(_WORD.findall(text))
        if any(sign.isdigit() for sign in word)
        or (place and word[0].isupper() and not _I.fullmatch(word))
    )


def apart(one: str, others: Sequence[str]) -> bool:
    """Returns whether a question names something that any of some others names otherwise.

    "VPN in Berlin" is not "VPN in Paris", however near they are.
    """
    own = named(one)
    return any(own - theirs and theirs - own for theirs in map(named, others))
