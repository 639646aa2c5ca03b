"""What a command prints with `--json`: dataclasses, paths and what says its own JSON."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.cli.context import plain
from bot.nights.runner import NightResult
from trainer.results.evaluation import Evaluation, ExamScores


@dataclass(frozen=True)
class Inner:
    """Says itself how it is written."""

    value: int

    def to_json(self) -> dict[str, Any]:
        return {"twice": 2 * self.value, "at": Path("/x")}


@dataclass(frozen=True)
class Outer:
    """Is written field by field."""

    inner: Inner
    places: tuple[Path, ...]


def test_fields_are_written_and_what_has_its_own_form_keeps_it() -> None:
    document = plain({1: Outer(Inner(3), (Path("/a"),))})
    assert document == {"1": {"inner": {"twice": 6, "at": "/x"}, "places": ["/a"]}}


def test_the_result_of_a_night_has_its_evaluation_as_cards_have_it() -> None:
    evaluation = Evaluation(ExamScores(asked=1), ExamScores(asked=1, recalled=1))
    night = NightResult(3, "promoted", "v0001", "Good.", 1, 2.5, evaluation, ("note",))
    assert plain(night) == {
        "run": 3,
        "status": "promoted",
        "version": "v0001",
        "reason": "Good.",
        "examples": 1,
        "seconds": 2.5,
        "evaluation": evaluation.to_json(),
        "notes": ["note"],
    }
