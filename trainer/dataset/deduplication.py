"""This module finds near-duplicates in a whole set without comparing every pair.

Texts go in oldest first. Each one joins the cluster of the oldest text that it nearly repeats,
so a text's cluster depends only on what came before it and never changes as the set grows.
Only texts that share a key are compared: MinHash bands over their words, and for short texts
also the words less any one of them, which survives a typing error.

MinHash: Broder 1997; bands of rows: Leskovec, Rajaraman and Ullman, Mining of Massive Datasets,
chapter 3.
"""

import zlib
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

from trainer.formats import question_and_answer
from trainer.similarity import Form, alike, form

BANDS = 25
ROWS = 5
"""Two texts with 0.8 of their words in common share a band in 9,999 of 10,000 cases."""
SHORT = 8
"""Up to so many words a text gets the keys for typing errors too."""
MOST = 48
"""Clusters compared under one key; the newest ones, so that templated sets stay linear."""

_Keys = NDArray[np.uint64]
_MASK = (1 << 64) - 1


@dataclass(frozen=True)
class Clusters:
    """The clusters of near-duplicates among some texts.

    Attributes:
        leaders: for every text the index of its cluster's oldest text.
        bridges: index -> the leaders of further clusters that the text nearly repeats too.
    """

    leaders: list[int]
    bridges: dict[int, list[int]]

    def members(self) -> list[list[int]]:
        """The clusters as lists of indexes, oldest first."""
        members: dict[int, list[int]] = {}
        for index, leader in enumerate(self.leaders):
            members.setdefault(leader, []).append(index)
        return list(members.values())


def clusters(texts: Sequence[str]) -> Clusters:
    """Puts texts that are near-duplicates of each other together.

    Args:
        texts: oldest first; questions rather than answers.
    """
    forms: list[Form] = []
    first: dict[str, int] = {}
    of_text = [_first(text, first, forms) for text in texts]
    leaders, bridges = _clustered(forms)
    # From distinct forms back to the texts that they came from.
    oldest: dict[int, int] = {}
    for index, number in enumerate(of_text):
        oldest.setdefault(number, index)
    return Clusters(
        leaders=[oldest[leaders[number]] for number in of_text],
        bridges={
            index: [oldest[other] for other in bridges[number]]
            for index, number in enumerate(of_text)
            if number in bridges
        },
    )


def _first(text: str, first: dict[str, int], forms: list[Form]) -> int:
    made = form(text)
    number = first.setdefault(made.text, len(forms))
    if number == len(forms):
        forms.append(made)
    return number


def _clustered(forms: Sequence[Form]) -> tuple[list[int], dict[int, list[int]]]:
    leaders = list(range(len(forms)))
    bridges: dict[int, list[int]] = {}
    buckets: dict[int, deque[int]] = {}
    for number, keys in _shared_keys(forms):
        mine = [buckets.setdefault(key, deque(maxlen=MOST)) for key in keys]
        candidates = sorted({other for bucket in mine for other in bucket})
        repeated: list[int] = []
        for other in candidates:
            if leaders[other] not in repeated and alike(forms[other], forms[number]):
                repeated.append(leaders[other])
        if repeated:
            leaders[number] = min(repeated)
            if len(repeated) > 1:
                bridges[number] = sorted(repeated)[1:]
        for bucket in mine:
            # A cluster needs few to stand for it: what is like the text is mostly like them.
            if sum(leaders[other] == leaders[number] for other in bucket) < 2:  # noqa: PLR2004  the first and a second
                bucket.append(number)
    return leaders, bridges


def _shared_keys(forms: Sequence[Form]) -> Iterator[tuple[int, list[int]]]:
    """Yields each form's keys that another form has too; forms without any are left out."""
    texts, keys = (np.concatenate(parts) for parts in zip(*_all_keys(forms), strict=True))
    order = np.lexsort((texts, keys))
    texts, keys = texts[order], keys[order]
    keep = np.zeros(len(keys), dtype=bool)
    same = (keys[1:] == keys[:-1]) & (texts[1:] != texts[:-1])
    keep[1:] |= same
    keep[:-1] |= same
    texts, keys = texts[keep], keys[keep]
    order = np.argsort(texts, kind="stable")
    texts, keys = texts[order], keys[order]
    edges = [*np.flatnonzero(np.diff(texts, prepend=-1)).tolist(), len(texts)]
    for start, end in pairwise(edges):
        yield int(texts[start]), list(dict.fromkeys(keys[start:end].tolist()))


def _all_keys(forms: Sequence[Form]) -> Iterator[tuple[NDArray[np.int64], _Keys]]:
    """Yields pairs of arrays: the index of a form, and one of its keys."""
    hashed: dict[str, int] = {}
    sets = [sorted(_hash(word, hashed) for word in one.bag) for one in forms]
    strict = np.array([_hash(" ".join(one.strict), hashed) for one in forms], dtype=np.uint64)
    yield _short_keys(sets, strict)
    filled = np.array([i for i, words in enumerate(sets) if words], dtype=np.int64)
    if not len(filled):
        return
    words = np.array([word for i in filled for word in sets[i]], dtype=np.uint64)
    starts = np.cumsum([0] + [len(sets[i]) for i in filled[:-1]])
    random = np.random.Generator(np.random.PCG64(7))
    for _ in range(BANDS):
        key = strict[filled]
        for _ in range(ROWS):
            factor = np.uint64(int(random.integers(1, 1 << 63)) | 1)
            # Multiply-shift; the high bits are the well mixed ones.
            mixed = (words ^ np.uint64(random.integers(1 << 63))) * factor >> np.uint64(16)
            least = np.minimum.reduceat(mixed, starts)
            key = _mixed(key ^ least)
        yield filled, key


def _short_keys(sets: Sequence[Sequence[int]], strict: _Keys) -> tuple[NDArray[np.int64], _Keys]:
    texts: list[int] = []
    keys: list[int] = []
    for number, words in enumerate(sets):
        if not 1 < len(words) <= SHORT:
            continue
        total = sum(words)
        for left_out in (0, *words):
            texts.append(number)
            keys.append((total - left_out) & _MASK)
    indexes = np.array(texts, dtype=np.int64)
    return indexes, _mixed(np.array(keys, dtype=np.uint64) ^ strict[indexes])


def _hash(word: str, known: dict[str, int]) -> int:
    """Hashes a word to 64 bits, to the same ones in every process."""
    value = known.get(word)
    if value is None:
        raw = word.encode("utf-8", "surrogatepass")
        value = zlib.crc32(raw) << 32 | zlib.crc32(raw, 0x9E3779B9)
        known[word] = value = int(_mixed(np.array([value], dtype=np.uint64))[0])
    return value


def _mixed(values: _Keys) -> _Keys:
    """splitmix64's finaliser (Steele, Lea and Flood 2014)."""
    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def contradictions(
    rows: Sequence[Mapping[str, Any]], groups: Clusters | None = None
) -> list[tuple[int, int]]:
    """Pairs of indexes with (nearly) the same question and another answer.

    Args:
        rows: of any kind, oldest first.
        groups: `clusters` of the rows' questions, if they are known already.

    Returns:
        Each contradicting row with the oldest one of its group, in order.

    Raises:
        DatasetError: a row of no known kind.
    """
    pairs = [question_and_answer(row) for row in rows]
    if groups is None:
        groups = clusters([question for question, _ in pairs])
    contradicting = []
    for leader, index in zip(groups.leaders, range(len(pairs)), strict=True):
        # Rows without a question, plain text, contradict nothing.
        if leader == index or not pairs[index][0]:
            continue
        if not alike(form(pairs[leader][1]), form(pairs[index][1])):
            contradicting.append((leader, index))
    return contradicting
