"""Whether two questions are the same, exactly or nearly.

Exactly: after NFKC, case folding and white space. Nearly: the words that carry the meaning are
the same, up to order, endings and single typing errors, and the numbers, negations and question
words agree ("error 404" is not "error 500", "when" is not "where"). The threshold is measured on
the labelled pairs in tests/trainer/likeness.csv.
"""

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from rapidfuzz.distance import OSA

THRESHOLD = 0.8
"""Share of meaningful words in common (Jaccard) from which two questions are near-duplicates."""
_TYPING_ERROR_FROM = 5
"""Letters a word must have before one wrong letter is taken for a typing error."""

# Scripts written without spaces are cut into pairs of characters.
_UNSPACED = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff"
_WORD = re.compile(rf"[{_UNSPACED}]+|[^\W{_UNSPACED}]+(?:['\u2019.][^\W{_UNSPACED}]+)*")
_HYPHEN = re.compile(r"(?<=\w)[-\u2010\u2011](?=\w)")
_UNSPACED_RUN = re.compile(rf"[{_UNSPACED}]+")
_APOSTROPHE = re.compile(r"['\u2019](s|re|ve|ll|d|m)\Z")

_FILLER_TEXT = """
a about actually all also am an and any are as at be been being but can cannot could did do
does doing done for get getting give go got had has have hello help hey hi how i if im in is
it its just kindly know let lets like may me might mind must my need of on or our please pls
quick question shall should so some tell than thank thanks that the their them then there
these they thing this those to us want was way we were what whats which will wish with would
you your yours explain wonder wondering somebody someone anyone anybody
"""
_FILLER = frozenset(_FILLER_TEXT.split())
_NEGATION = frozenset(
    {"no", "not", "never", "none", "nothing", "without", "cannot", "neither", "nor"}
)
_DIRECTION = frozenset({"from", "into", "before", "after", "than", "by", "versus", "vs", "to"})
"""With one of these beside it, the order of the words carries the meaning."""
_ENDINGS = ("ing", "ed", "es", "s")


@dataclass(frozen=True)
class Form:
    """A question as it is compared.

    Attributes:
        text: normalised, for the exact comparison.
        words: what carries the meaning, without endings, in order.
        bag: the same words, each once.
        strict: numbers and negations, sorted: these must agree.
        directed: whether the order of the words matters.
    """

    text: str
    words: tuple[str, ...]
    bag: frozenset[str]
    strict: tuple[str, ...]
    directed: bool


def normalise(text: str) -> str:
    """NFKC, case folded, white space of any kind as one space; a second pass changes nothing."""
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def form(text: str) -> Form:
    """What of a question is compared."""
    normal = normalise(text)
    words = [part for found in _WORD.findall(_HYPHEN.sub("", normal)) for part in _parts(found)]
    sorts = [_sort(word) for word in words]
    stems = tuple(stem for sort, stem in sorts if sort == "meaning")
    # A question of fillers alone ("who are you?") is compared by its fillers.
    stems = stems or tuple(stem for sort, stem in sorts if sort == "filler")
    return Form(
        text=normal,
        words=stems,
        bag=frozenset(stems),
        strict=tuple(sorted(stem for sort, stem in sorts if sort == "strict")),
        directed=not _DIRECTION.isdisjoint(words),
    )


def carries_meaning(word: str) -> bool:
    """Returns whether a normalised word says what a question is about: no filler and no number."""
    return _sort(word)[0] == "meaning"


def near_duplicate(a: str, b: str, threshold: float = THRESHOLD) -> bool:
    """Whether two questions ask the same thing in nearly the same words."""
    return alike(form(a), form(b), threshold)


def alike(a: Form, b: Form, threshold: float = THRESHOLD) -> bool:
    """`near_duplicate` on forms made before."""
    if a.text == b.text:
        return True
    return a.strict == b.strict and likeness(a, b) >= threshold


def likeness(a: Form, b: Form) -> float:
    """Words in common over all words, 0 to 1; a typing error counts as the same word."""
    if not a.bag and not b.bag:
        return float(bool(a.strict) and a.strict == b.strict)
    shared = len(a.bag & b.bag)
    only_a, only_b = a.bag - b.bag, b.bag - a.bag
    # One typing error, and one more for every six words: beyond that, they are other words.
    if only_a and only_b and min(len(only_a), len(only_b)) <= 1 + shared // 6:
        shared += min(_mistyped(only_a, only_b), _mistyped(only_b, only_a))
    if not shared or ((a.directed or b.directed) and _reordered(a, b)):
        return 0.0
    return shared / (len(a.bag) + len(b.bag) - shared)


def _mistyped(words: frozenset[str], others: frozenset[str]) -> int:
    return sum(any(_typing_error(word, other) for other in others) for word in words)


def _reordered(a: Form, b: Form) -> bool:
    """Whether the words that both have stand in another order."""
    both = set(a.words) & set(b.words)
    return [w for w in a.words if w in both] != [w for w in b.words if w in both]


def _typing_error(a: str, b: str) -> bool:
    if min(len(a), len(b)) < _TYPING_ERROR_FROM:
        return False
    return OSA.distance(a, b, score_cutoff=1) <= 1


def _parts(word: str) -> list[str]:
    if word.isascii():
        return [word] if word.isalnum() else _apart(word)
    if _UNSPACED_RUN.fullmatch(word):
        return [word[i : i + 2] for i in range(len(word) - 1)] or [word]
    return _apart(word)


def _apart(word: str) -> list[str]:
    if word.endswith(("n't", "n\u2019t")):
        return [word[:-3], "not"]
    return [_APOSTROPHE.sub("", word)]


@lru_cache(maxsize=100_000)
def _sort(word: str) -> tuple[Literal["meaning", "filler", "strict"], str]:
    """What a word is for, and the form in which it is compared."""
    if word in _NEGATION:
        return "strict", "not"
    if any(character.isdigit() for character in word):
        return "strict", word
    if word in _FILLER:
        return "filler", word
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:  # noqa: PLR2004  a stem is left
            return "meaning", word.removesuffix(ending)
    return "meaning", word
