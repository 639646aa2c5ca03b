"""How surely an answer is right is said where it says something."""

import pytest

from bot.answers.source_words import own_words, sureness
from trainer.retrieval.decision import Source


@pytest.mark.parametrize(
    ("source", "confidence", "words"),
    [
        ("taught", 0.99, ""),
        ("taught", 0.985, "98% sure"),
        ("near", 0.25, "25% sure"),
        ("near", 0.99, "99% sure"),
        ("model", 0.625, "62% sure"),
        ("model", 0.0, "0% sure"),
        ("none", 0.9, ""),
        ("taught", None, ""),
        (None, 0.5, ""),
    ],
)
def test_the_chance_is_said_unless_the_question_is_the_taught_one_or_is_declined(
    source: Source | None, confidence: float | None, words: str
) -> None:
    assert sureness(source, confidence) == words


def test_a_models_own_words_are_those_of_the_base_or_of_a_version() -> None:
    assert own_words(None, known=True) == "nobody taught this · base model's own words"
    assert own_words("v0007", known=True) == "nobody taught this · v0007's own words"


def test_where_nobody_could_know_nothing_is_said_of_what_was_taught() -> None:
    assert own_words("v0007", known=False) == "v0007's own words"
