"""Votes between base and tuned, and when they say something."""

import pytest

from bot.feedback.votes import VoteTally


def test_below_six_decisive_votes_nothing_is_said_of_a_winner() -> None:
    unanimous = VoteTally(tuned=5, tie=9, bad=9)
    assert (unanimous.decisive, unanimous.missing, unanimous.winner) == (5, 1, None)


@pytest.mark.parametrize(
    ("tally", "winner"),
    [
        (VoteTally(tuned=6), "tuned"),
        (VoteTally(base=6), "base"),
        (VoteTally(base=3, tuned=3), None),
        (VoteTally(base=5, tuned=15), "tuned"),
        (VoteTally(base=8, tuned=12), None),
        (VoteTally(base=2, tuned=6), None),
        (VoteTally(base=6, tuned=2), None),
    ],
)
def test_a_winner_is_named_when_the_interval_is_all_on_one_side(
    tally: VoteTally, winner: str | None
) -> None:
    assert tally.winner == winner
    assert tally.missing == 0


def test_the_interval_is_wilsons() -> None:
    """15 of 20: [0.531, 0.888], as every textbook has it."""
    low, high = VoteTally(base=5, tuned=15).interval
    assert (round(low, 3), round(high, 3)) == (0.531, 0.888)
    assert VoteTally().interval == (0.0, 1.0)
