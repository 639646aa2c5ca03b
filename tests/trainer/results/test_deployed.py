"""Each question of the bot as deployed counts once, and is right whatever its source."""

from trainer.results.deployed import DeployedMarks, DeployedScores


def test_every_way_to_end_is_counted_apart() -> None:
    marks = DeployedMarks.of(["taught_right", "taught_right", "near_wrong", "declined"], told=1)
    assert marks == DeployedMarks(taught_right=2, near_wrong=1, declined=1, told=1)


def test_asked_are_all_of_them_and_right_those_of_every_source() -> None:
    marks = DeployedMarks(1, 2, 4, 8, 16, 32, 64, told=128)
    assert (marks.asked, marks.right) == (127, 21)


def test_surely_wrong_is_what_was_shown_as_taught_in_either_wording() -> None:
    scores = DeployedScores(DeployedMarks(5, 1, near_wrong=3), DeployedMarks(5, 2, model_wrong=4))
    assert scores.surely_wrong == 3


def test_what_was_not_measured_is_none() -> None:
    assert DeployedScores.from_json(None) is None
    assert DeployedScores.from_json({}) is None
    assert DeployedScores.from_json({"taught": {"declined": 2, "new": 1}}) == DeployedScores(
        DeployedMarks(declined=2)
    )
