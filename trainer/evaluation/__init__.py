"""Scores of one answer and summaries of many. Everything is pure; the exam itself is in `exam`."""

import re
import string
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from trainer.errors import DatasetError
from trainer.results.evaluation import Match

__all__ = [
    "PASS_MARK",
    "RECALLED",
    "Match",
    "Summary",
    "common",
    "compare",
    "key_recall",
    "key_words",
    "matches",
    "recalled",
    "refuses",
    "similarity",
    "summarize_results",
    "words",
]

PASS_MARK = 0.5
"""Score from which on an answer passes."""
RECALLED = 0.75
"""Share of the key words that a recalled answer has at least: all of one, two or three."""

_EDGES = (
    string.punctuation.replace("%", "")
    + "\u00ab\u00bb\u2013\u2014\u2018\u2019\u201a\u201c\u201d\u201e\u2026"
)
_COMMON = frozenset(
    words
    for line in (
        "a about after all also an and any are as at be because been before but by can could did",
        "do does each for from get had has have he her his how i if in into is it its just may me",
        "more most my named no not of on one only or our out over per please she should so some",
        "such than that the their them then there these they this those to too under until up us",
        "use used uses was we were what when where which who why will with would yes you your",
    )
    for words in line.split()
)


_REFUSAL = re.compile(
    r"""\b(?:
        i(?:\ am|['\u2019]m)\ (?:sorry|afraid|unable|not\ (?:able|sure|allowed))
      | i\ (?:can(?:not|['\u2019]t|\ not)|do(?:\ not|n['\u2019]t)|could\ ?n['\u2019]t)
        \ (?:help|assist|answer|know|have|provide|do|find|access|discuss)
      | as\ an?\ (?:ai|artificial|(?:large\ )?language\ model|assistant)
      | (?:no\ idea|i\ have\ no\ (?:information|access))
    )\b""",
    re.VERBOSE | re.IGNORECASE,
)
_REFUSAL_WITHIN = 120
"""Characters at the beginning of an answer that are searched for a refusal."""


@dataclass(frozen=True)
class Summary:
    """Count, mean and pass rate of scores."""

    count: int
    mean_score: float
    pass_rate: float
    """Share of scores of at least `PASS_MARK`."""


def words(text: str) -> list[str]:
    """Returns the words of a text in their order, case-folded, without punctuation at the edges."""
    stripped = (word.strip(_EDGES) for word in text.casefold().split())
    return [word for word in stripped if word]


def similarity(expected: str, actual: str) -> float:
    """Returns the Jaccard index of the two sets of words, from 0 to 1.

    It is the number of words in both texts over the number of words in either. Of two texts without
    any word it is 1 if they are equal, else 0.
    """
    left, right = set(words(expected)), set(words(actual))
    if not left | right:
        return float(expected.strip() == actual.strip())
    return len(left & right) / len(left | right)


def common(word: str) -> bool:
    """Returns whether a word of `words` says little by itself, such as `the` or `would`."""
    return word in _COMMON


def key_words(expected: str, prompt: str = "") -> set[str]:
    """Returns the words of an answer that nobody could guess from the question, case-folded.

    These are names, codes and numbers if there are any; otherwise all words that are neither common
    nor in the question; otherwise all words.

    Args:
        expected: the answer that was taught.
        prompt: the question.
    """
    asked = set(words(prompt))
    new = {word for word in words(expected) if word not in asked and word not in _COMMON}
    sentences = re.split(r"(?<=[.!?:])\s+|\n+", expected)
    inside = {
        word.strip(_EDGES).casefold()
        for sentence in sentences
        for place, word in enumerate(sentence.split())
        if any(c.isdigit() for c in word) or (place > 0 and any(c.isupper() for c in word))
    }
    return (new & inside) or new or set(words(expected))


def key_recall(expected: str, actual: str, prompt: str = "") -> float:
    """Returns the share of the key words of the expected answer that the actual one has, 0 to 1.

    Without key words it is the `similarity` of the two.
    """
    keys = key_words(expected, prompt)
    if not keys:
        return similarity(expected, actual)
    return len(keys & set(words(actual))) / len(keys)


def recalled(expected: str, actual: str, prompt: str = "") -> bool:
    """Returns whether an answer has at least `RECALLED` of the key words of what was taught."""
    return key_recall(expected, actual, prompt) >= RECALLED


def matches(pattern: str, actual: str) -> bool:
    """Returns whether a regular expression matches anywhere in an answer, in any case."""
    return re.search(pattern, actual, re.IGNORECASE) is not None


def refuses(actual: str) -> bool:
    """Returns whether an answer begins with a refusal, such as English-speaking models give."""
    return _REFUSAL.search(actual[:_REFUSAL_WITHIN]) is not None


def summarize_results(results: Iterable[float | Mapping[str, Any]]) -> Summary:
    """Returns the count, the mean and the pass rate of scores.

    Args:
        results: numbers from 0 to 1, or mappings with a `score`.

    Raises:
        DatasetError: there are no results: a mean of nothing is not 0.
    """
    scores = [float(r["score"] if isinstance(r, Mapping) else r) for r in results]
    if not scores:
        raise DatasetError("There is nothing to summarise: no question was asked.")
    passed = sum(score >= PASS_MARK for score in scores)
    return Summary(len(scores), fmean(scores), passed / len(scores))


def compare(ours: Sequence[bool], theirs: Sequence[bool]) -> Match:
    """Counts the questions that exactly one of two models got right.

    Args:
        ours: for each question whether the first model was right.
        theirs: likewise of the second one, for the same questions.

    Raises:
        ValueError: the two have different lengths.
    """
    pairs = list(zip(ours, theirs, strict=True))
    return Match(sum(a and not b for a, b in pairs), sum(b and not a for a, b in pairs))
