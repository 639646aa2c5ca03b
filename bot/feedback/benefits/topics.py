"""What the lessons are about: a topic is a word that many of their questions have.

The word that most lessons have makes the first topic; of the lessons that are left, the next. So
each lesson counts once, and whoever reads "vpn, 12 lessons" can look them up by that word.
"""

import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from trainer.similarity import carries_meaning, normalise

MOST = 6
"""Topics that are told at most."""
LEAST = 2
"""Lessons that a topic has at least."""
SHORTEST = 3
"""Letters of a word that can be a topic."""
LONGEST = 40
EVERYWHERE = 0.4
"""Share of many lessons above which a word says nothing of them."""
MANY = 20
_WORD = re.compile(r"[^\W\d_]+")
_PLAIN_WORD = re.compile("[a-z]+")
_OTHER_FILLERS = """
wie was wer wann wir uns ich ist sind hat der die das den dem ein eine einen und oder nicht für mit
auf von bei kann man muss les des une est que qui quoi quel quelle comment pour dans los las una
como para por cual donde esta che sono gli per dove come
"""
_OTHERS = frozenset(_OTHER_FILLERS.split())
"""Words that say nothing, of languages whose fillers `trainer.similarity` does not know."""


@dataclass(frozen=True)
class Topic:
    """A word, normalised, and how many lessons are about it."""

    name: str
    lessons: int


def topics(questions: Sequence[str]) -> tuple[Topic, ...]:
    """Returns the topics of lessons, most lessons first.

    Args:
        questions: of the lessons, one each.
    """
    words = [_words(question) for question in questions]
    lessons: dict[str, list[int]] = defaultdict(list)
    for place, each in enumerate(words):
        for word in each:
            lessons[word].append(place)
    most = EVERYWHERE * len(words) if len(words) >= MANY else len(words)
    counts = {
        word: len(places)
        for word, places in lessons.items()
        if LEAST <= len(places) <= most and _means(word)
    }
    told: list[Topic] = []
    while counts and len(told) < MOST:
        # The first of equals in the alphabet, so that the same lessons have the same topics.
        name, count = min(counts.items(), key=lambda one: (-one[1], one[0]))
        if count < LEAST:
            break
        told.append(Topic(name, count))
        for place in lessons[name]:
            for word in words[place] & counts.keys():
                counts[word] -= 1
            words[place] = frozenset()
    return tuple(told)


def _words(question: str) -> frozenset[str]:
    # Most questions need no more than this, and there are thousands of them.
    if question.isascii():
        return frozenset(_PLAIN_WORD.findall(question.lower()))
    return frozenset(_WORD.findall(normalise(question)))


def _means(word: str) -> bool:
    return SHORTEST <= len(word) <= LONGEST and word not in _OTHERS and carries_meaning(word)
