"""What is done with a question, by how surely a lesson answers it and whose matter it is."""

from typing import get_args

import pytest

from trainer.retrieval.decision import NEAR, OWN, TAUGHT, Source, Untaught, source_of

JUST_NOT = 1e-6


@pytest.mark.parametrize("untaught", get_args(Untaught))
@pytest.mark.parametrize("own", [None, 0.0, 1.0])
def test_a_lesson_that_surely_answers_is_the_answer(own: float | None, untaught: Untaught) -> None:
    assert source_of(TAUGHT, own, untaught) == "taught"
    assert source_of(TAUGHT - JUST_NOT, own, untaught) != "taught"


@pytest.mark.parametrize(
    ("confidence", "own", "source"),
    [
        (0.5, 1.0, "near"),
        (NEAR, 1.0, "near"),
        (NEAR - JUST_NOT, 1.0, "none"),
        (0.0, OWN, "none"),
        (0.0, OWN - JUST_NOT, "model"),
        (0.5, 0.06, "near"),
        (0.5, 0.04, "model"),
        (0.05, 0.4, "model"),
        (0.05, 0.55, "near"),
        (0.0, 0.0, "model"),
    ],
)
def test_what_no_lesson_answers_surely(confidence: float, own: float, source: Source) -> None:
    """A near lesson needs the likelier to be own matter the less it fits."""
    assert source_of(confidence, own, "decline") == source


@pytest.mark.parametrize("untaught", ["mark", "adapter"])
@pytest.mark.parametrize(("confidence", "own"), [(0.5, 1.0), (0.0, 1.0), (0.0, 0.0)])
def test_a_team_may_have_a_model_answer_all_of_that(
    confidence: float, own: float, untaught: Untaught
) -> None:
    assert source_of(confidence, own, untaught) == "model"


@pytest.mark.parametrize(("confidence", "own"), [(0.5, 1.0), (0.0, 1.0)])
def test_a_silent_bot_declines_where_it_would_show_the_nearest(
    confidence: float, own: float
) -> None:
    assert source_of(confidence, own, "silent") == "none"
    assert source_of(0.0, 0.0, "silent") == "model"


@pytest.mark.parametrize("untaught", get_args(Untaught))
def test_where_nothing_can_tell_a_model_answers(untaught: Untaught) -> None:
    assert source_of(0.3, None, untaught) == "model"
