"""An evaluation is written with the same keys as ever, and read from whatever an older one had."""

import json
from dataclasses import asdict
from typing import Any

import pytest

from trainer.results.deployed import DeployedMarks, DeployedScores
from trainer.results.evaluation import Evaluation, ExamComparison, ExamScores, Marks, Match

SCORES = ExamScores(
    asked=12,
    recalled=11,
    similarity=0.91,
    pass_rate=1.0,
    reworded_asked=10,
    reworded_recalled=8,
    held_out_asked=2,
    held_out_recalled=1,
    canaries_asked=40,
    canaries_right=30,
    key_recall=0.95,
    loss=0.4,
    canary_loss=None,
    unfinished=0,
    refusals=1,
    mean_length=8.5,
    kl=0.25,
)
COMPARISON = ExamComparison(Match(11, 0), Match(8, 1), Match(2, 3))
STORED_SCORES = {
    "asked": 12, "recalled": 11, "similarity": 0.91, "pass_rate": 1.0, "reworded_asked": 10,
    "reworded_recalled": 8, "held_out_asked": 2, "held_out_recalled": 1, "canaries_asked": 40,
    "canaries_right": 30, "key_recall": 0.95, "loss": 0.4, "canary_loss": None, "unfinished": 0,
    "refusals": 1, "mean_length": 8.5, "kl": 0.25,
}  # fmt: skip
STORED_COMPARISON = {
    "recall": {"won": 11, "lost": 0},
    "reworded": {"won": 8, "lost": 1},
    "canaries": {"won": 2, "lost": 3},
}


def test_the_keys_of_a_whole_evaluation_are_a_contract() -> None:
    evaluation = Evaluation(SCORES, SCORES, SCORES, COMPARISON, ExamComparison())
    nothing = {"won": 0, "lost": 0}
    assert evaluation.to_json() == {
        "base": STORED_SCORES,
        "candidate": STORED_SCORES,
        "current": STORED_SCORES,
        "against": {
            "base": STORED_COMPARISON,
            "current": {"recall": nothing, "reworded": nothing, "canaries": nothing},
        },
    }


def test_who_was_not_examined_is_not_in_it() -> None:
    alone = Evaluation(SCORES)
    assert alone.to_json() == {"base": STORED_SCORES}
    first = Evaluation(SCORES, SCORES, against_base=COMPARISON)
    assert first.to_json() == {
        "base": STORED_SCORES,
        "candidate": STORED_SCORES,
        "against": {"base": STORED_COMPARISON},
    }


@pytest.mark.parametrize(
    "evaluation",
    [
        Evaluation(SCORES),
        Evaluation(SCORES, ExamScores(asked=1), against_base=COMPARISON),
        Evaluation(ExamScores(), SCORES, SCORES, COMPARISON, ExamComparison(Match(1, 2))),
    ],
)
def test_what_was_written_is_read_again(evaluation: Evaluation) -> None:
    assert Evaluation.from_json(json.loads(json.dumps(evaluation.to_json()))) == evaluation


def test_an_older_evaluation_is_read_without_what_it_lacks() -> None:
    """As versions wrote it that had fewer measures, and compared with the base alone."""
    old = {"asked": 4, "recalled": 1, "canaries_asked": 4, "canaries_right": 3}
    found = Evaluation.from_json({"base": old, "candidate": old | {"recalled": 4}})
    assert found is not None
    assert found.candidate is not None
    assert found.candidate.taught == Marks(4, 4)
    assert found.candidate.reworded == Marks(0, 0)
    assert found.candidate.loss is None
    assert found.candidate.mean_length is None
    assert found.current is None
    assert found.against_base == ExamComparison()


def test_a_newer_evaluation_is_read_without_what_is_not_known_here() -> None:
    newer: dict[str, Any] = {
        "base": STORED_SCORES | {"speed": 3},
        "judge": STORED_SCORES,
        "against": {"base": STORED_COMPARISON | {"style": {"won": 1, "lost": 1}}},
    }
    found = Evaluation.from_json(newer)
    assert found == Evaluation(SCORES, against_base=COMPARISON)


@pytest.mark.parametrize("stored", [None, {}, {"base": None}, {"base": {}}, [], "no exam"])
def test_where_no_exam_was_held_there_is_no_evaluation(stored: object) -> None:
    assert Evaluation.from_json(stored) is None


@pytest.mark.parametrize("against", [None, [], "nobody", {"base": None}, {"base": {"recall": 1}}])
def test_a_broken_comparison_costs_the_comparison_alone(against: object) -> None:
    found = Evaluation.from_json({"base": asdict(SCORES), "against": against})
    assert found == Evaluation(SCORES)


def test_marks_are_told_as_right_of_asked_and_have_a_share() -> None:
    assert str(Marks(3, 12)) == "3 of 12"
    assert (Marks(3, 12).share, Marks(1, 1).share) == (0.25, 1.0)
    assert Marks(0, 0).share == 0.0
    assert (SCORES.taught, SCORES.reworded, SCORES.general) == (
        Marks(11, 12),
        Marks(8, 10),
        Marks(30, 40),
    )


DEPLOYED = DeployedScores(DeployedMarks(20, 1, 2, told=15), DeployedMarks(10, 0, 3, 1, 1, 2, 4))


def test_the_bot_as_deployed_stands_beside_the_models() -> None:
    """Its keys are a contract too; what an older card lacks was not measured."""
    evaluation = Evaluation(
        SCORES, SCORES, deployed=DEPLOYED, deployed_current=DEPLOYED, against_deployed=COMPARISON
    )
    document = evaluation.to_json()
    assert list(document) == ["base", "candidate", "against", "deployed", "deployed_current"]
    assert document["deployed"]["taught"] == {
        "taught_right": 20, "taught_wrong": 1, "near_right": 2, "near_wrong": 0,
        "model_right": 0, "model_wrong": 0, "declined": 0, "told": 15,
    }  # fmt: skip
    assert document["against"]["deployed"] == STORED_COMPARISON
    assert Evaluation.from_json(json.loads(json.dumps(document))) == evaluation


def test_the_bot_without_an_adapter_is_examined_alone() -> None:
    alone = Evaluation(SCORES, deployed_current=DEPLOYED)
    assert list(alone.to_json()) == ["base", "deployed_current"]
    assert Evaluation.from_json(alone.to_json()) == alone
