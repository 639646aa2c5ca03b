"""Which texts can be told apart at all: those of some words, in a script that the models have read.

An encoder of English takes every sign that it does not know for the same one. Two questions in Thai
have one vector then, and a reranker that learned from English alone is sure that they are the same.
"""

import re
import unicodedata

SHARE = 0.5
"""A text with a smaller share of Latin letters is in another script."""


def has_words(text: str) -> bool:
    """Returns whether a text has a letter or a digit; emoji and question marks are none."""
    return any(sign.isalnum() for sign in text)


def one_word(text: str) -> bool:
    """Returns whether a text has no more than one run of letters and digits."""
    return len(re.findall(r"\w+", text)) <= 1


def foreign(text: str) -> bool:
    """Returns whether most letters of a text are not Latin; without a letter it is not."""
    letters = [sign for sign in text if sign.isalpha()]
    latin = sum(unicodedata.name(sign, "").startswith("LATIN") for sign in letters)
    return latin < SHARE * len(letters)
