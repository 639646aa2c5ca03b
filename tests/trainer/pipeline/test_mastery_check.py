"""A given adapter is looked at for each lesson, as a night looks after its training."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.tiny_models import build_adapter
from trainer.dataset.reader import TrainingData
from trainer.models.loading import LoadedModel
from trainer.models.tokenization import TokenRow
from trainer.pipeline.mastery_check import check_mastery
from trainer.results.mastery import CONTRADICTION


def lesson(question: str, answer: str) -> list[dict[str, str]]:
    return [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]


LESSONS = TrainingData(
    train=(lesson("When is lunch?", "At noon."), lesson("When is lunch ?", "At one.")),
    held_out=(),
    system="",
    train_ids=(3, 8),
    held_out_ids=(),
)


def test_nothing_is_mastered_by_chance(tmp_path: Path, tiny: LoadedModel) -> None:
    mastery = check_mastery(tiny, build_adapter(tmp_path / "v0001", tiny.path), LESSONS)
    assert (mastery.asked, mastery.mastered, mastery.missing) == (2, 0, (3, 8))
    assert mastery.reasons == {3: CONTRADICTION, 8: CONTRADICTION}
    # The base stays bare.
    assert not [name for name, _ in tiny.model.named_modules() if name.endswith("q_proj.linear")]


def test_each_lesson_is_asked_of_the_model_with_the_adapter_and_named_by_its_number(
    tmp_path: Path, tiny: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def mastered(model: Any, rows: Sequence[TokenRow]) -> list[bool]:
        assert hasattr(model.model.layers[0].self_attn.q_proj, "lora_a")
        asked.extend(tiny.tokenizer.decode(list(row.tokens)) for row in rows)
        return [True, False]

    monkeypatch.setattr("trainer.pipeline.mastery_check.mastered", mastered)
    mastery = check_mastery(tiny, build_adapter(tmp_path / "v0001", tiny.path), LESSONS)
    assert (mastery.ids, mastery.missing) == ((3,), (8,))
    assert ["At noon." in asked[0], "At one." in asked[1]] == [True, True]
