"""The stage that adds the bot as deployed to what the models alone have shown."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.trainer.evaluation.test_exam import sheet
from trainer.dataset.reader import TrainingData
from trainer.evaluation.exam import Exam
from trainer.models.loading import LoadedModel
from trainer.pipeline import stages
from trainer.pipeline.deployed_exam import Bot, Notes
from trainer.results.evaluation import Evaluation, ExamComparison, ExamScores, Match
from trainer.retrieval.deployed import DeployedSheet

BOT = Bot(None, frozenset(), sheet([True], [True]))
EVALUATION = Evaluation(ExamScores(asked=1), ExamScores(asked=1, recalled=1))
SHEETS = {
    "ours": DeployedSheet(("taught_right",), ("declined",), told=(1, 0)),
    "before": DeployedSheet(("taught_wrong",), ("near_right",)),
}


def deployed(
    monkeypatch: pytest.MonkeyPatch,
    tiny: LoadedModel,
    bots: tuple[Bot | None, Bot],
    sheets: Mapping[str, DeployedSheet],
) -> Evaluation:
    def examine(*given: Any) -> dict[str, DeployedSheet]:
        return {name: found for name, found in sheets.items() if name in given[-1]}

    monkeypatch.setattr(stages, "examine_deployed", examine)
    data = TrainingData((), (), "")
    return stages.with_deployed(EVALUATION, Exam((), (), ()), data, tiny, Notes(), bots)


def test_tonight_is_compared_with_this_evening(
    monkeypatch: pytest.MonkeyPatch, tiny: LoadedModel
) -> None:
    found = deployed(monkeypatch, tiny, (BOT, BOT), SHEETS)
    assert found.deployed == SHEETS["ours"].scores()
    assert found.deployed_current == SHEETS["before"].scores()
    assert found.against_deployed == ExamComparison(Match(2, 0), Match(0, 1))
    assert found.candidate == EVALUATION.candidate


def test_without_a_candidate_there_is_the_bot_as_it_was(
    monkeypatch: pytest.MonkeyPatch, tiny: LoadedModel
) -> None:
    found = deployed(monkeypatch, tiny, (None, BOT), SHEETS)
    assert (found.deployed, found.deployed_current) == (None, SHEETS["before"].scores())


def test_where_the_bot_was_not_examined_the_evaluation_stays(
    monkeypatch: pytest.MonkeyPatch, tiny: LoadedModel
) -> None:
    assert deployed(monkeypatch, tiny, (BOT, BOT), {}) == EVALUATION
