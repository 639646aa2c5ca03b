"""How the figures read."""

from bot.feedback.benefits.figures import NightLift, OwnFigures, WeekFigures
from bot.feedback.benefits.wording import lift_line, own_line, rows, week_line
from trainer.results.evaluation import Marks

WEEK = WeekFigures("", "", questions=4, people=1, taught=1, seconds=75.0, gaps_closed=1)
EMPTY = WeekFigures("", "")


def test_a_week_without_questions_has_no_share_and_no_time() -> None:
    told = {row.name: row.values for row in rows((WEEK, EMPTY))}
    assert told["Answered from what was taught"] == ("25 %", "-")
    assert told["Median time to an answer"] == ("1 min", "-")
    assert "Median time to an expert's answer" not in told


def test_the_time_to_an_experts_answer_is_told_where_one_answered() -> None:
    told = {row.name: row.values for row in rows((WeekFigures("", "", expert_hours=2.5), EMPTY))}
    assert told["Median time to an expert's answer"] == ("2.5 h", "-")


def test_the_line_of_the_week() -> None:
    assert week_line(WEEK, EMPTY) == (
        "Last seven days (and the seven before): 4 questions of 1 person (0), "
        "25 % answered from what was taught (-), 1 gap closed (0)."
    )
    assert week_line(EMPTY, EMPTY) == "Nobody asked anything in the last two weeks."


def test_a_part_that_was_not_asked_is_left_out_of_a_nights_line() -> None:
    none = (Marks(0, 0), Marks(0, 0))
    lift = NightLift(
        3, "2026-03-16T02:00", "v3", promoted=False,
        taught=(Marks(1, 4), Marks(4, 4)), reworded=none, general=none,
    )  # fmt: skip
    assert lift_line(lift) == "2026-03-16, v3 (not used): right as deployed 1 of 4 → 4 of 4"


def test_ones_own_line() -> None:
    assert own_line(OwnFigures(3, 1)).startswith("You, in these seven days: 3 questions, 1 lesson.")
