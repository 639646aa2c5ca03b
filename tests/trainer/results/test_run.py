"""The last line of each command has the same keys as ever, and a partial one can be read."""

import json
from typing import Any

import pytest

from trainer.results.evaluation import Evaluation, ExamScores
from trainer.results.losses import Losses
from trainer.results.mastery import Mastery, Round
from trainer.results.run import ExamResult, ExportedAdapter, FusedModel, MachineSpeed, RunResult

MASTERY = Mastery(
    3, 2, ids=(4, 9), missing=(5,), reasons={5: "too long"}, rounds=(Round(3, 40, 2, 8.0),)
)
RESULT = RunResult(
    out="/adapters/x",
    evaluation=Evaluation(ExamScores(asked=2), ExamScores(asked=2, recalled=1)),
    losses=Losses(train=0.5, steps=40),
    seconds=12.5,
    training_seconds=8.0,
    tokens_per_second=140.0,
    peak_memory_gb=1.25,
    settings={"rank": 16},
    base_revision="abc",
    template_hash="def",
    tokenizer_hash="ghi",
    estimated_memory_gb=None,
    mastery=MASTERY,
    workers=2,
    notes=("It went on from step 3 of a run that was cut off.",),
)


def test_the_keys_of_a_run_are_a_contract() -> None:
    line = RESULT.to_json()
    assert " ".join(line) == (
        "phase out evaluation losses seconds training_seconds tokens_per_second peak_memory_gb "
        "exam_seconds settings base_revision template_hash tokenizer_hash estimated_memory_gb "
        "mastery workers long_rows notes"
    )
    assert line["phase"] == "done"
    assert line["evaluation"] == RESULT.evaluation.to_json()
    assert line["losses"] == RESULT.losses.to_json()
    assert line["estimated_memory_gb"] is None
    assert line["mastery"] == MASTERY.to_json()


@pytest.mark.parametrize(
    "result",
    [
        RESULT,
        ExamResult(Evaluation(ExamScores(asked=3)), 2.5),
        ExamResult(Evaluation(ExamScores(asked=3)), 2.5, MASTERY),
        FusedModel(6, 5),
        ExportedAdapter("/peft"),
        MachineSpeed(512.5, None),
    ],
)
def test_what_was_written_is_read_again(result: Any) -> None:
    line = json.loads(json.dumps(result.to_json()))
    assert line["phase"] == "done"
    assert type(result).from_json(line) == result


def test_a_line_that_lacks_everything_is_a_result_of_nothing() -> None:
    found = RunResult.from_json({"phase": "done", "unknown": 3})
    assert found.evaluation == Evaluation(ExamScores())
    assert found.mastery is None
    assert found.losses == Losses()
    assert (found.out, found.seconds, found.workers, found.notes) == ("", 0.0, 1, ())
    assert ExamResult.from_json({}) == ExamResult(Evaluation(ExamScores()), 0.0)
    assert MachineSpeed.from_json({"phase": "done"}) == MachineSpeed(None, None)


@pytest.mark.parametrize(
    ("result", "keys"),
    [
        (ExamResult(Evaluation(ExamScores()), 1.0), "phase evaluation seconds"),
        (FusedModel(), "phase compared agreed"),
        (ExportedAdapter(), "phase out"),
        (ExportedAdapter("/peft", "python script"), "phase out command"),
        (MachineSpeed(), "phase gflops memory_gb"),
    ],
)
def test_the_keys_of_the_other_commands_are_a_contract(result: Any, keys: str) -> None:
    assert " ".join(result.to_json()) == keys
