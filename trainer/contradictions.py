"""Examples that ask the same thing and are taught another answer.

Nothing is decided here: to keep both can be what the teacher wants.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from trainer.clusters import Clusters, clusters
from trainer.formats import question_and_answer
from trainer.likeness import alike, form


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
    found = []
    for leader, index in zip(groups.leaders, range(len(pairs)), strict=True):
        # Rows without a question, plain text, contradict nothing.
        if leader == index or not pairs[index][0]:
            continue
        if not alike(form(pairs[leader][1]), form(pairs[index][1])):
            found.append((leader, index))
    return found
