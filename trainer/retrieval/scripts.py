"""Which texts can be told apart at all: those of some words, in a language that models have read.

An encoder of English takes every sign that it does not know for the same one. Two questions in Thai
have one vector then, and a reranker that learned from English alone is sure that they are the same.
Of German questions and lessons it is sure in one of two, and wrong.
"""

import re
import unicodedata
from typing import Protocol

from trainer.similarity import form, normalise

SHARE = 0.5
"""A text with a smaller share of Latin letters is in another script."""


class Language(Protocol):
    """What an encoder's models have read of all that has Latin letters.

    See `trainer.models.vocabulary.Vocabulary`.
    """

    def reads(self, text: str) -> bool:
        """Returns whether a text is in their language."""


class _Latin:
    def reads(self, _text: str) -> bool:
        return True


LATIN: Language = _Latin()
"""Whatever has Latin letters."""


def readable(text: str, language: Language | None) -> bool:
    """Returns whether models that have read one language, or any, can read a text."""
    return language is None or (not foreign(text) and language.reads(text))


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


def comparable(question: str, taught: str, *, latin: bool) -> bool:
    """Returns whether the models can tell two questions apart where they differ.

    One word is too little for them: "ok" seems to answer "What?". Questions that have the word in
    them are compared.

    Args:
        question: what is asked.
        taught: a lesson's question.
        latin: whether the models have read Latin letters alone.
    """
    if normalise(question) == normalise(taught):
        return True
    if not (has_words(question) and has_words(taught)) or (latin and foreign(taught)):
        return False
    return not one_word(taught) or not form(taught).bag.isdisjoint(form(question).bag)
