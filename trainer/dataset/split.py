"""This module decides which examples are trained on and which are kept for the exam.

`split_dataset` is the plain seeded split. The night uses `split_by_group`, under which
near-duplicates stay together and nothing ever moves from one side to the other as lessons are
added.
"""

import hashlib
import math
import random
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from trainer.dataset.deduplication import Clusters, clusters
from trainer.errors import DatasetError
from trainer.formats import question_and_answer
from trainer.similarity import normalise

Item = TypeVar("Item")


def split_dataset(
    items: Sequence[Item], train_ratio: float = 0.9, shuffle: bool = True, seed: int = 42
) -> tuple[list[Item], list[Item]]:
    """The plain split: the first `train_ratio` of the items, after a seeded shuffle.

    Args:
        items: anything; left as it is.
        train_ratio: share of the items to train on, 0 to 1, rounded down, but never to nothing.
        shuffle: whether to mix the items first.
        seed: the same seed gives the same split.

    Returns:
        Those to train on and those to validate with; together all items, each once.

    Raises:
        DatasetError: a ratio outside 0 to 1.
    """
    _check(train_ratio)
    order = list(items)
    if shuffle:
        random.Random(seed).shuffle(order)  # noqa: S311  nothing secret
    # The tiny addition undoes binary fractions: 0.29 * 100 is 28.999999999999996.
    size = math.floor(len(order) * train_ratio + 1e-9)
    if order and train_ratio > 0:
        size = max(size, 1)
    return order[:size], order[size:]


def split_by_group(
    items: Sequence[Item],
    train_ratio: float = 0.9,
    *,
    groups: Clusters | None = None,
    always_train: int = 1,
) -> tuple[list[Item], list[Item]]:
    """The split by groups of near-duplicates, stable as the set grows.

    A group's side comes from a hash of its oldest question, so no later item changes it. Two
    rules make tiny sets usable and do not move anything either: the oldest `always_train` groups
    are trained on, and the group after them is always kept for the exam. Hence two groups give
    two non-empty sides; a single group gives no exam (`trainer.dataset.export` then
    repeats it there).

    An item that nearly repeats groups of both sides would leak whichever way it went, and is on
    neither.

    Args:
        items: oldest first; rows of any kind, (question, answer) pairs or plain questions.
        train_ratio: share of the groups to train on, 0 to 1; 1 keeps none for the exam.
        groups: `clusters` of the items' questions, if they are known already.
        always_train: so many of the oldest groups are always trained on.

    Returns:
        Those to train on and those for the exam, each in the order given.

    Raises:
        DatasetError: a ratio outside 0 to 1, or an item that is no example.
    """
    sides = sides_by_group(items, train_ratio, groups=groups, always_train=always_train)
    train = [item for item, side in zip(items, sides, strict=True) if side == "train"]
    valid = [item for item, side in zip(items, sides, strict=True) if side == "valid"]
    return train, valid


def sides_by_group(
    items: Sequence[Any],
    train_ratio: float = 0.9,
    *,
    groups: Clusters | None = None,
    always_train: int = 1,
) -> list[str]:
    """`split_by_group` as a side for each item: `train`, `valid` or `neither`.

    Raises:
        DatasetError: as `split_by_group`.
    """
    _check(train_ratio)
    questions = [question_of(item) for item in items]
    if groups is None:
        groups = clusters(questions)
    side: dict[int, str] = {}
    for leader in groups.leaders:
        if leader not in side:
            side[leader] = _side(len(side), questions[leader], train_ratio, always_train)
    sides = [side[leader] for leader in groups.leaders]
    for index, others in groups.bridges.items():
        if any(side[other] != sides[index] for other in others):
            sides[index] = "neither"
    return sides


def question_of(item: Any) -> str:
    """Returns the question of an item, or its text where it has no question.

    Raises:
        DatasetError: it is no example.
    """
    if isinstance(item, str):
        return item
    if isinstance(item, Mapping):
        question, answer = question_and_answer(item)
        return question or answer
    if isinstance(item, Sequence) and item and isinstance(item[0], str):
        return item[0]
    raise DatasetError("an example is a row, a pair of question and answer, or a question")


def stable_share(text: str) -> float:
    """A number from 0 up to 1 that depends on the text alone, as it is compared."""
    digest = hashlib.blake2b(normalise(text).encode("utf-8", "surrogatepass"), digest_size=7)
    return int.from_bytes(digest.digest()) / (1 << 56)


def _side(number: int, question: str, train_ratio: float, always_train: int) -> str:
    if train_ratio >= 1 or number < always_train:
        return "train"
    if number == always_train:
        return "valid"
    return "train" if stable_share(question) < train_ratio else "valid"


def _check(train_ratio: float) -> None:
    if not 0 <= train_ratio <= 1:
        raise DatasetError(f"the share to train on must be between 0 and 1, not {train_ratio}")
