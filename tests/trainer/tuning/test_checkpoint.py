"""A run that was cut off goes on where it was, and ends as if nothing had happened."""

from pathlib import Path
from typing import Any

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from tests.trainer.models.test_rows import LESSON, TALK
from tests.trainer.tuning.test_lora import planned, rows, weights
from trainer.augmentation.mixture import Curriculum
from trainer.models.loading import LoadedModel, load
from trainer.planning.hyperparameters import Plan
from trainer.tuning.callback import TrainingResult, TrainingStep
from trainer.tuning.checkpoint import Checkpoints
from trainer.tuning.lora import add_lora, train

pytestmark = pytest.mark.usefixtures("steady")


class CutOffError(Exception):
    """What kills the run in these tests; that it is a process elsewhere makes no difference."""


def taught(
    loaded: LoadedModel, plans: Plan, checkpoints: Checkpoints | None, die_at: int | None = None
) -> TrainingResult:
    def on_step(step: TrainingStep) -> None:
        if step.step == die_at and step.loss is not None:
            raise CutOffError

    add_lora(loaded.model, plans)
    some = rows(loaded)
    curriculum = Curriculum([[row] for row in some], replay=some, share=0.25)
    return train(loaded.model, curriculum, some, plans, on_step, checkpoints)


@pytest.mark.parametrize(
    "settings",
    [{"dropout": 0.2}, {"layers": 1, "weight_decay": 0.01, "warmup": 0.5}, {"validations": 12}],
)
def test_a_run_that_was_cut_off_ends_as_one_that_was_not(
    tiny_folder: Path, tmp_path: Path, settings: dict[str, Any]
) -> None:
    """Weights, moments, learning rate, random numbers and batches all go on where they were."""
    plans = planned(batch_size=2, **settings)
    whole = load(tiny_folder)
    expected = taught(whole, plans, None)
    first = Checkpoints(tmp_path / "1" / "checkpoint.safetensors", seconds=0)
    with pytest.raises(CutOffError):
        taught(load(tiny_folder), plans, first, die_at=8)
    resumed = load(tiny_folder)
    second = Checkpoints(tmp_path / "2" / "checkpoint.safetensors", first.place, seconds=0)
    done = taught(resumed, plans, second)
    assert done.resumed_at == 7
    assert done.steps == expected.steps == 12
    assert done.best_step == expected.best_step
    assert done.val_loss == pytest.approx(expected.val_loss, rel=1e-5)
    assert [step for step, *_ in done.history] == [step for step, *_ in expected.history]
    ours, theirs = weights(resumed.model), weights(whole.model)
    assert all(mx.allclose(ours[name], theirs[name], rtol=1e-4, atol=1e-6) for name in theirs)


def test_other_lessons_or_settings_begin_anew(tiny_folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "checkpoint.safetensors"
    with pytest.raises(CutOffError):
        taught(load(tiny_folder), planned(), Checkpoints(place, seconds=0), die_at=8)
    again = Checkpoints(None, place)
    assert taught(load(tiny_folder), planned(rank=3), again).resumed_at is None
    loaded = load(tiny_folder)
    plans = planned()
    add_lora(loaded.model, plans)
    some = rows(loaded, LESSON, TALK, LESSON)
    other = train(loaded.model, Curriculum([[row] for row in some]), some, plans, checkpoints=again)
    assert other.resumed_at is None
    assert taught(load(tiny_folder), planned(), Checkpoints(None, place, salt="x")).resumed_at is (
        None
    )


def test_a_broken_checkpoint_is_no_obstacle(tiny: LoadedModel, tmp_path: Path) -> None:
    place = tmp_path / "checkpoint.safetensors"
    place.write_bytes(b"half a file")
    assert taught(tiny, planned(iters=3), Checkpoints(None, place)).resumed_at is None


def test_a_run_cut_off_while_it_wrote_has_the_checkpoint_of_before(
    tiny_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = tmp_path / "run" / "checkpoint.safetensors"
    with pytest.raises(CutOffError):
        taught(load(tiny_folder), planned(), Checkpoints(place, seconds=0), die_at=5)
    before = place.read_bytes()
    save = mx.save_safetensors

    def half(file: str, arrays: Any, metadata: Any) -> None:
        save(file, arrays, metadata=metadata)
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(mx, "save_safetensors", half)
    with pytest.raises(CutOffError):
        taught(load(tiny_folder), planned(), Checkpoints(place, seconds=0), die_at=8)
    assert place.read_bytes() == before
    assert [p.name for p in place.parent.iterdir()] == ["checkpoint.safetensors"]
