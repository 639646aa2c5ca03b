"""The stages of a run that need no model: what they decide, count and report."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.trainer.evaluation.test_exam import sheet
from trainer.augmentation.mixture import Curriculum
from trainer.dataset.reader import TrainingData
from trainer.errors import DatasetError
from trainer.evaluation.exam import Exam
from trainer.models.loading import LoadedModel
from trainer.models.tokenization import TokenRow, make_row
from trainer.pipeline import stages
from trainer.pipeline.deployed_exam import Bot, Notes
from trainer.pipeline.rounds import Learned
from trainer.pipeline.stages import Opinions
from trainer.planning.hyperparameters import Plan, plan
from trainer.planning.settings import TrainingSettings
from trainer.results.evaluation import Evaluation, ExamComparison, ExamScores, Match
from trainer.results.long_rows import cut_sentence
from trainer.results.mastery import CONTRADICTION, Mastery, Round
from trainer.results.progress import Progress
from trainer.retrieval.deployed import DeployedSheet
from trainer.tuning.callback import TrainingResult
from trainer.tuning.distributed import ProcessGroup


def planned(**settings: Any) -> Plan:
    return plan(TrainingSettings.model_validate(settings), 4)


def lesson(number: int) -> list[dict[str, str]]:
    question = {"role": "user", "content": f"What is {number}?"}
    return [question, {"role": "assistant", "content": f"It is {number}."}]


def test_what_is_held_out_is_trained_too() -> None:
    lessons = TrainingData((lesson(1),), (lesson(2),), "Be brief.", (7,), (None,))
    assert stages.all_taught(lessons) == TrainingData(
        (lesson(1), lesson(2)), (), "Be brief.", (7, None), ()
    )


def test_every_process_gets_the_lessons_with_their_numbers(tmp_path: Path) -> None:
    rows = [{"id": 4, "messages": lesson(1)}, {"messages": lesson(2)}]
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    (tmp_path / "train.jsonl").write_text(lines, encoding="utf-8")
    group = ProcessGroup()
    group.share = lambda make: json.loads(json.dumps(make()))  # type: ignore[method-assign]  # as over the network
    assert stages.read_lessons(group, tmp_path) == TrainingData(
        (lesson(1), lesson(2)),
        (),
        "",
        (4, None),
        (),
        (("train.jsonl", 1), ("train.jsonl", 2)),
    )


def test_rows_that_are_cut_are_reported_before_anything_is_trained(tiny: LoadedModel) -> None:
    data = TrainingData((lesson(1), lesson(2 * 10**9)), (), "")
    whole = len(make_row(tiny.tokenizer, data.train[1], 2048))
    told: list[Progress] = []
    (row,) = stages.find_cut_rows(tiny, data, planned(max_seq_length=whole - 1), told.append)
    assert (row.line, row.tokens) == (2, whole)
    assert [line.warnings for line in told] == [(cut_sentence([row]),)]
    assert stages.find_cut_rows(tiny, data, planned(max_seq_length=whole), told.append) == ()
    assert len(told) == 1


def test_what_is_mastered_is_told_by_number_and_with_reasons() -> None:
    lessons = TrainingData((lesson(1), lesson(1)[:1] + lesson(2)[1:]), (), "", (7, 8))
    rows = [[TokenRow((1, 2, 9), 1)], [TokenRow((1, 3, 9), 1)]]
    trained = TrainingResult(9, 9, 0.1, None, None, 1.0, 1.0, ())
    learned = Learned(trained, (True, False), (Round(2, 9, 1, 1.0),))
    loaded: Any = SimpleNamespace(tokenizer=SimpleNamespace(eos_token_ids={9}))
    assert stages.sum_up_mastery(loaded, Curriculum(rows), lessons, learned) == Mastery(
        2, 1, (7,), (8,), {8: CONTRADICTION}, learned.rounds
    )


def test_preferences_are_read_only_where_the_plan_trains_them(tmp_path: Path) -> None:
    (tmp_path / "preferences.jsonl").write_text("{broken\n", encoding="utf-8")
    group = ProcessGroup()
    assert stages.read_opinions(group, tmp_path, planned(preferences="off")) == Opinions()
    for way in ("auto", "kto"):
        with pytest.raises(DatasetError, match=r"preferences\.jsonl"):
            stages.read_opinions(group, tmp_path, planned(preferences=way))
    group.rank = 1  # the files are on the first one's machine
    assert stages.read_opinions(group, tmp_path, planned(preferences="auto")) == Opinions()


def test_thumbs_are_read_only_where_the_plan_trains_them(tmp_path: Path) -> None:
    (tmp_path / "ratings.jsonl").write_text("{broken\n", encoding="utf-8")
    group = ProcessGroup()
    assert stages.read_opinions(group, tmp_path, planned(preferences="auto")).ratings == ()
    with pytest.raises(DatasetError, match=r"ratings\.jsonl"):
        stages.read_opinions(group, tmp_path, planned(preferences="kto"))


def test_every_process_gets_equally_many_rows_of_a_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stages, "width", lambda _: 4)
    group, loaded = ProcessGroup(), SimpleNamespace(model=None)
    group.size = 3
    settings = TrainingSettings(batch_size=4)
    assert stages.make_plan(group, settings, 9, loaded).batch_size == 6  # type: ignore[arg-type]  # only its size is asked


def test_as_many_own_answers_are_made_as_all_epochs_replay(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(stages, "replay_rows", lambda _, count, *__: asked.append(count))
    progress: list[Progress] = []
    loaded: Any = None
    plans = replace(planned(), iters=10, batch_size=3, replay=0.25)
    stages._own_answers(loaded, plans, "", progress.append)
    assert asked == [8]  # a quarter of 30 rows, rounded up
    assert progress == [Progress("sample")]
    assert stages._own_answers(loaded, replace(plans, replay=0.0), "", progress.append) == []
    assert asked == [8]


def test_a_resumed_training_is_noted() -> None:
    trained = TrainingResult(9, 9, 0.1, None, None, 1.0, 1.0, ())
    assert stages.resumed_note(trained) == []
    (note,) = stages.resumed_note(replace(trained, resumed_at=7))
    assert "from step 7" in note


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
        return {name: found for name, found in sheets.items() if name in given[4]}

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
