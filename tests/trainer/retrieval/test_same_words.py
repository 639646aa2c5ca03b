"""A question in nearly the taught words is told from one with another number."""

from trainer.retrieval.same_words import SAME_LIKENESS, TaughtQuestions, likest, same_likeness
from trainer.similarity import form


def test_the_same_text_is_the_same_whatever_its_words() -> None:
    assert same_likeness(form("And?"), form("and?")) == 1.0


def test_nearly_the_same_words_are_enough() -> None:
    asked, taught = form("Hey, where is the fire exit"), form("Where is the fire exit?")
    assert SAME_LIKENESS <= same_likeness(asked, taught) <= 1.0
    assert same_likeness(form("Where is the coffee?"), taught) < SAME_LIKENESS


def test_other_numbers_or_negations_are_other_questions() -> None:
    assert same_likeness(form("What is error 404?"), form("What is error 500?")) == 0.0
    assert same_likeness(form("Who may not enter?"), form("Who may enter?")) == 0.0


def test_the_likest_comes_first_and_of_equals_the_newest() -> None:
    taught = ["Which tea?", "Which green tea?", "Who bakes?", "Which tea?"]
    ranked = [(1.0, 3), (1.0, 0), (1 / 2, 1), (0.0, 2)]
    assert likest("which tea", taught) == ranked
    assert TaughtQuestions(taught).likest("which tea") == ranked[:3], "one shares no word with it"
    assert TaughtQuestions(taught).likest("Noor, please") == []
