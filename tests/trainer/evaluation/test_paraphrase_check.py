"""A wording counts only if it is one question that means the same and gives nothing away."""

import pytest

from trainer.evaluation.paraphrase_check import may_stand_for

QUESTION, FACT = "Where is the spare key of room 7?", "It hangs behind the moon poster."


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("In which place can I find the extra key for room 7?", True),
        ("Where is the spare key of room 7?", False),  # the same
        ("where is the spare key of room 7?", False),
        ("Is the spare key of room 7 behind the moon poster?", False),  # gives it away
        ("Where can I find the extra key?", False),  # another number would do as well
        ("The spare key of room 7 is lost.", False),
        ("Where is it, in room 7? And who has it?", False),
        ("Sure!\nWhere can I find the key of room 7?", False),
        ("Where is the key of room 7, " + "really " * 30 + "where?", False),
        ("", False),
    ],
)
def test_only_one_other_question_that_gives_nothing_away_may_stand_for_it(
    written: str, expected: bool
) -> None:
    assert may_stand_for(QUESTION, FACT, written) is expected
