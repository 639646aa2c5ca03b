"""The exam runner: it marks every kind of question, and a batch gives what single runs give."""

import logging
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx.utils import tree_flatten

from tests.tiny_models import build_adapter, build_model
from tests.trainer.evaluation.test_exam import lesson
from trainer.adapters.registry import AdapterCard, write_card
from trainer.errors import AdapterError
from trainer.evaluation.exam import Exam, make_exam, with_own_answers
from trainer.evaluation.runner import run_exam, run_exams
from trainer.inference.multi_lora import RowLinear
from trainer.models.loading import LoadedModel, load, with_adapter
from trainer.planning.hyperparameters import plan
from trainer.planning.settings import TrainingSettings
from trainer.tuning.lora import add_lora

pytestmark = pytest.mark.usefixtures("steady", "cache")


@pytest.fixture
def exam(tiny: LoadedModel) -> Exam:
    exam = make_exam([lesson(1), lesson(2)], [lesson(3)], "", seed=0)
    return with_own_answers(exam, tiny)


def test_a_model_is_marked_on_everything(tiny: LoadedModel, exam: Exam) -> None:
    """The base's answers to the shipped questions come from the cache and count the same."""
    progress: list[tuple[int, int]] = []
    marks = run_exam(exam, tiny, on_answer=lambda done, of: progress.append((done, of)))
    assert progress[-1] == (45, 45)
    assert (len(marks.taught), len(marks.reworded), len(marks.held_out)) == (2, 2, 1)
    assert len(marks.canaries) == 40
    assert marks.unfinished == 5
    assert marks.mean_length > 8
    assert marks.loss is not None
    assert marks.canary_loss is not None
    assert 0 < marks.canary_loss < marks.loss, "its own answers are what it finds likely"
    assert run_exam(exam, tiny, base=True) == marks


def test_together_each_gets_the_marks_that_it_gets_alone(
    tiny: LoadedModel, tiny_folder: Path, exam: Exam, tmp_path: Path
) -> None:
    """The base, and adapters of other ranks and other blocks; the base is bare again afterwards."""
    adapters = {
        "candidate": build_adapter(tmp_path / "one", tiny_folder, seed=1),
        "current": build_adapter(tmp_path / "two", tiny_folder, seed=2, rank=3, layers=1),
    }
    progress: list[tuple[int, int]] = []
    sheets = run_exams(
        exam, tiny, {"base": None, **adapters}, lambda done, of: progress.append((done, of))
    )
    assert progress[-1] == (3 * 5 + 2 * 40,) * 2
    assert not any(isinstance(module, RowLinear) for _, module in tiny.model.named_modules())
    alone = {"base": run_exam(exam, tiny)}
    for name, folder in adapters.items():
        one = run_exams(exam, tiny, {name: folder})
        with_adapter(tiny.model, folder)
        alone[name] = run_exam(exam, tiny)
        assert (one[name].kl or 0.0) > 0
        alone[name] = replace(alone[name], kl=one[name].kl)
        assert one[name].scores() == alone[name].scores()
    for name, sheet in alone.items():
        assert sheets[name].scores() == sheet.scores(), name
    assert len({sheet.loss for sheet in sheets.values()}) == 3, "all are marked as one"


def test_what_is_no_low_rank_product_sits_by_itself(
    tiny: LoadedModel,
    tiny_folder: Path,
    exam: Exam,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.INFO)
    full = build_adapter(tmp_path / "full", tiny_folder, kind="dora")
    base = run_exam(exam, tiny).scores()
    sheets = run_exams(exam, tiny, {"candidate": full, "base": None, "current": full})
    assert "one after the other" in caplog.text
    assert sheets["current"] == sheets["candidate"]
    assert sheets["base"].scores() == base
    assert replace(sheets["candidate"], kl=None).scores() != base
    assert (sheets["candidate"].kl or 0.0) > 0
    assert sheets["base"].kl is None


def test_what_the_exam_calls_the_base_is_bare(tmp_path: Path) -> None:
    """Also of a mixture of experts, whose low-rank layers mlx-lm does not take off."""
    loaded = load(build_model(tmp_path / "moe", "qwen3_moe"))
    exam = with_own_answers(make_exam([lesson(1)], [], "", seed=0), loaded)
    before = run_exam(exam, loaded).scores()
    add_lora(loaded.model, plan(TrainingSettings(), 1))
    low_rank: Any = tree_flatten(loaded.model.trainable_parameters())
    weights = [(name, mx.random.normal(value.shape)) for name, value in low_rank]
    loaded.model.load_weights(weights, strict=False)
    assert run_exam(exam, loaded).scores() != before
    assert run_exams(exam, loaded, {"base": None})["base"].scores() == before


def test_an_adapter_of_another_base_is_refused(
    tiny: LoadedModel, tiny_folder: Path, exam: Exam, tmp_path: Path
) -> None:
    adapter = build_adapter(tmp_path / "v0001", tiny_folder)
    write_card(adapter, AdapterCard(version="v0001", base_model="other", base_revision="0" * 16))
    with pytest.raises(AdapterError, match="another model"):
        run_exams(exam, tiny, {"base": None, "current": adapter})


def test_an_adapter_of_another_model_is_refused_before_anything_is_asked(
    tiny: LoadedModel, exam: Exam, tmp_path: Path
) -> None:
    progress: list[int] = []
    with pytest.raises(AdapterError, match="cannot be read"):
        run_exams(
            exam, tiny, {"base": None, "candidate": tmp_path}, lambda done, _: progress.append(done)
        )
    assert not progress
