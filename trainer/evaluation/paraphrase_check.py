"""Checks whether a text may stand for a question that somebody taught. It is pure."""

from trainer.evaluation import key_words, words

SPARE_CHARACTERS = 40
"""A wording may have twice the characters of the question, and this many more."""


def may_stand_for(question: str, answer: str, wording: str) -> bool:
    """Returns whether a text is another question of the same meaning that gives nothing away.

    It has one line with one question mark at its end, is not much longer, keeps every number of
    the question and has none of the answer's key words that the question lacks.

    Args:
        question: as it was taught.
        answer: that was taught to it.
        wording: what is to stand for the question.
    """
    if "\n" in wording.strip() or not wording.strip().endswith("?") or wording.count("?") > 1:
        return False
    if len(wording) > 2 * len(question) + SPARE_CHARACTERS or words(wording) == words(question):
        return False
    said = set(words(wording))
    secret = key_words(answer, question) - set(words(question))
    numbers = {word for word in words(question) if any(c.isdigit() for c in word)}
    return not secret & said and numbers <= said
