"""What a base model rewrites counts only if it is a question that means the same, and is kept."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from trainer.augmentation import model_paraphrases
from trainer.augmentation.model_paraphrases import ParaphraseChecks
from trainer.evaluation import recalled
from trainer.evaluation.paraphrase_check import may_stand_for
from trainer.inference.generation import GeneratedText
from trainer.models.loading import LoadedModel

QUESTION, FACT = "Where is the spare key of room 7?", "It hangs behind the moon poster."
CHECKS = ParaphraseChecks(may_stand_for, recalled)


def scripted(monkeypatch: pytest.MonkeyPatch, rewritten: str, checked: str) -> list[int]:
    """A model that rewrites and answers as told; the list has the number of prompts of each call.

    No model that is small enough for a test can rewrite.
    """
    calls: list[int] = []

    def answers(
        _: Any, __: Any, prompts: Sequence[Any], *___: Any, **more: Any
    ) -> list[GeneratedText]:
        calls.append(len(prompts))
        text = rewritten if more.get("sampler") else checked
        return [GeneratedText((1,), text, finished=True) for _ in prompts]

    monkeypatch.setattr(model_paraphrases, "answers", answers)
    return calls


def test_what_the_model_understands_itself_is_used_and_asked_for_once(
    tiny: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = scripted(monkeypatch, "In which place is the extra key for room 7?", FACT)
    monkeypatch.setattr(model_paraphrases, "LEAST_SHARE", 0.05)
    for _ in range(2):
        found = model_paraphrases.paraphrases(tiny, [(QUESTION, FACT)], 2, CHECKS, tmp_path)
        assert found == [["In which place is the extra key for room 7?"]]
    assert calls == [6, 1]


def test_what_it_does_not_understand_is_dropped(
    tiny: LoadedModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scripted(monkeypatch, "In which place is the extra key for room 7?", "I do not know.")
    assert model_paraphrases.paraphrases(tiny, [(QUESTION, FACT)], 2, CHECKS, tmp_path) == [[]]


def test_a_model_that_does_not_rewrite_is_not_asked_again(
    tiny: LoadedModel, tmp_path: Path
) -> None:
    """A real tiny one, which says nothing sensible."""
    found = model_paraphrases.paraphrases(tiny, [(QUESTION, FACT)], 1, CHECKS, tmp_path)
    assert found == [[]]
    kept = list(tmp_path.glob("*.jsonl"))
    assert len(kept) == 1
    assert QUESTION not in kept[0].read_text(encoding="utf-8")


def test_nothing_is_asked_where_nothing_is_wanted(tiny: LoadedModel, tmp_path: Path) -> None:
    folder = tmp_path / "paraphrases"
    assert model_paraphrases.paraphrases(tiny, [(QUESTION, FACT)], 0, CHECKS, folder) == [[]]
    assert not folder.exists()
