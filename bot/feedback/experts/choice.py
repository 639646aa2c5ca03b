"""Chooses who knows about a question: by meaning where there is an encoder, else by words.

The topics of an expert are separated by commas. The nearest of them counts, or all of them together
where that is nearer. A topic all of whose words stand in the question is taken for named, whatever
the encoder says.
"""

import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from bot.engine.client import EngineClient
from bot.errors import EngineError
from bot.feedback.experts.directory import ANYTHING
from bot.store.questions.experts import Expert
from trainer.similarity import form

FLOOR = 0.3
"""The least cosine of a question and a topic from which an expert is asked.

Of 33 questions to eight experts the bundled encoder brought 22 to the right one, 1 to a wrong one
and 10 to none; of 8 that were for none of them, none to any. The rest go to those for anything.
"""
TOPICS = 12
"""Topics of one expert that are read."""


def chosen(question: str, experts: Sequence[Expert], engine: EngineClient) -> list[Expert]:
    """Returns the experts for a question, best first; those for anything stand at the end.

    Args:
        question: its words.
        experts: all experts.
        engine: the model server, whose encoder compares; without it, words do.
    """
    specialists = [one for one in experts if one.about.strip() != ANYTHING]
    others = [one for one in experts if one.about.strip() == ANYTHING]
    topics = [(one, topic) for one in specialists for topic in _topics(one.about)]
    likenesses = _cosines(question, [topic for _, topic in topics], engine)
    best: dict[str, float] = {}
    for (expert, topic), cosine in zip(topics, likenesses, strict=True):
        score = 1.0 if _names(question, topic) else cosine
        best[expert.target] = max(best.get(expert.target, 0.0), score)
    near = [one for one in specialists if best.get(one.target, 0.0) >= FLOOR]
    return [*sorted(near, key=lambda one: -best[one.target]), *others]


def _topics(about: str) -> list[str]:
    topics = [" ".join(topic.split()) for topic in re.split(r"[,;\n]", about)]
    several = [topic for topic in topics if topic][:TOPICS]
    return list(dict.fromkeys([*several, about.strip()]))


def _names(question: str, topic: str) -> bool:
    """Returns whether all words of a topic that carry meaning stand in a question."""
    words = form(topic).bag
    return bool(words) and words <= form(question).bag


def _cosines(question: str, topics: Sequence[str], engine: EngineClient) -> list[float]:
    """Returns the cosine of the question and each topic; 0 where there is no encoder."""
    if not topics:
        return []
    try:
        rows: npt.NDArray[np.float32] = engine.embed([question, *topics]).rows
    except EngineError:
        return [0.0] * len(topics)
    return [float(cosine) for cosine in rows[1:] @ rows[0]]
