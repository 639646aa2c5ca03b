"""Whether what a model says is still what was taught.

A small model tells a lesson nearly in the taught words, and now and then with another number or
name. Nothing new and nothing lost is what is asked of it here; where in doubt the taught words
are better.
"""

from trainer.evaluation import common, key_words, words
from trainer.similarity import form


def faithful(taught: str, said: str, question: str) -> bool:
    """Returns whether an answer keeps to a taught one.

    It has all names, numbers, addresses and code words of the taught answer (or, of an answer
    without any, all words that carry its meaning), the same numbers and negations, and no
    meaningful word that is neither in the taught answer nor in the question.

    Args:
        taught: the lesson's answer.
        said: the model's.
        question: the one that was asked.
    """
    told = set(words(said))
    known = set(words(taught)) | set(words(question))
    return (
        key_words(taught, question) <= told
        and set(form(taught).strict) == set(form(said).strict)
        and all(word in known or common(word) for word in told)
    )
