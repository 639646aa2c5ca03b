"""The opinions that the measurement of preferences gives out, and the style that it counts."""

import pytest

from bench.preferences import first_sentence, in_liked_style, opinions
from trainer.pipeline.preference_pairs import Preference
from trainer.pipeline.rated_answers import RatedAnswer


@pytest.mark.parametrize(
    ("text", "liked"),
    [
        ("Ottawa.", True),
        ("It is Ottawa", True),
        ("Ottawa. It lies in Ontario.", False),
        ("word " * 21, False),
        ("", False),
    ],
)
def test_the_liked_style_is_one_short_sentence(text: str, liked: bool) -> None:
    assert in_liked_style(text) is liked


def test_a_sentence_ends_before_white_space() -> None:
    assert first_sentence(" It is 3.5 m. Or so. ") == "It is 3.5 m."


def test_short_answers_are_compared_or_liked_and_long_ones_disliked() -> None:
    """Each question is rated or compared, never both; what is one sentence has no other form."""
    asked = ["Zero?", "One?", "Two?", "Three?", "Four?"]
    said = ["Alone.", "One. Or so.", "Two. Or so.", "Three. Or so.", "Four. Or so."]
    found = opinions(asked, said, thumbs=2, pairs=1)
    assert found.pairs == [Preference("One?", "One.", "One. Or so.")]
    assert found.ratings == [
        RatedAnswer("Two?", "Two.", liked=True),
        RatedAnswer("Three?", "Three. Or so.", liked=False),
    ]
