"""A training run on mlx-lm's loop: small sets, best weights, early stop, the same for a seed."""

import json
from pathlib import Path
from typing import Any

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
from mlx.optimizers import Adam, AdamW
from mlx.utils import tree_flatten

from tests.trainer.models.test_rows import LESSON, TALK
from trainer.augmentation.mixture import Curriculum
from trainer.errors import AdapterError, TrainingError
from trainer.models.loading import LoadedModel, load
from trainer.models.tokenization import TokenRow, make_row
from trainer.planning.hyperparameters import Plan, plan
from trainer.planning.settings import TrainingSettings
from trainer.tuning import lora
from trainer.tuning.callback import (
    TOLERATED_SHARE,
    Supervision,
    TrainingMonitor,
    TrainingResult,
    TrainingStep,
)
from trainer.tuning.checkpoint import Checkpoints
from trainer.tuning.distributed import ProcessGroup
from trainer.tuning.lora import (
    add_lora,
    load_adapter_weights,
    remove_lora,
    save,
    train,
    validation_loss,
)
from trainer.tuning.loss import answer_loss


def planned(lessons: int = 2, **settings: Any) -> Plan:
    values = {"iters": 12, "learning_rate": 1e-3, "replay": 0.0} | settings
    return plan(TrainingSettings.model_validate(values), lessons)


def rows(loaded: LoadedModel, *lessons: Any) -> list[TokenRow]:
    return [make_row(loaded.tokenizer, lesson, 512) for lesson in lessons or (LESSON, TALK)]


def weights(model: Any) -> dict[str, mx.array]:
    return dict(tree_flatten(model.trainable_parameters()))


def taught(
    loaded: LoadedModel, plans: Plan, valid: bool = True, steps: list[TrainingStep] | None = None
) -> TrainingResult:
    add_lora(loaded.model, plans)
    some = rows(loaded)
    heard = steps if steps is not None else []
    curriculum = Curriculum([[row] for row in some])
    return train(loaded.model, curriculum, some if valid else [], plans, heard.append)


def test_those_who_train_together_are_asked_for_no_stream(
    tiny: LoadedModel, monkeypatch: pytest.MonkeyPatch
) -> None:
    """mlx-lm's loop asks for the processor's, which not every way of talking has."""
    asked: list[dict[str, Any]] = []
    original = mx.distributed.all_sum

    def heard(x: mx.array, **options: Any) -> mx.array:
        asked.append(options)
        return original(x, **options)

    monkeypatch.setattr(mx.distributed, "all_sum", heard)
    group, plans = ProcessGroup(), planned(iters=2)
    group.size = 2
    add_lora(tiny.model, plans)
    some = rows(tiny)
    train(tiny.model, Curriculum([[row] for row in some]), some, plans, group=group)
    assert len(asked) > 2
    assert not any("stream" in options for options in asked)


def test_the_loss_falls_and_the_run_says_where_it_is(any_tiny: LoadedModel) -> None:
    steps: list[TrainingStep] = []
    done = taught(any_tiny, planned(), steps=steps)
    assert done.val_loss is not None
    assert done.val_loss_before is not None
    assert done.val_loss < 0.9 * done.val_loss_before
    assert done.steps == 12
    assert [s.step for s in steps] == sorted(s.step for s in steps)
    assert steps[-1].step == steps[-1].steps == 12
    assert {s.step for s in steps if s.loss is not None} == set(range(1, 13))
    assert all(s.peak_memory_gb > 0 for s in steps)


def test_all_linear_layers_of_all_blocks_learn(any_tiny: LoadedModel) -> None:
    add_lora(any_tiny.model, planned(rank=3))
    names = {name.rsplit(".", 1)[0] for name in weights(any_tiny.model)}
    for block in range(2):
        inside = {name.split(".")[-1] for name in names if f"layers.{block}." in name}
        assert inside >= {"q_proj", "k_proj", "v_proj", "o_proj", "up_proj", "down_proj"}
    assert all(3 in array.shape for array in weights(any_tiny.model).values())


@pytest.mark.parametrize(("layers", "blocks"), [(1, {"1"}), (-1, {"0", "1"}), (9, {"0", "1"})])
def test_only_the_chosen_blocks_learn(tiny: LoadedModel, layers: int, blocks: set[str]) -> None:
    add_lora(tiny.model, planned(layers=layers))
    assert {name.split(".")[2] for name in weights(tiny.model)} == blocks


def test_a_single_example_trains(tiny: LoadedModel) -> None:
    """mlx-lm's own batches raise when a set is smaller than a batch."""
    plans = planned(lessons=1, batch_size=8)
    add_lora(tiny.model, plans)
    done = train(tiny.model, Curriculum([rows(tiny, LESSON)]), rows(tiny, LESSON), plans)
    assert done.val_loss is not None
    assert done.val_loss_before is not None
    assert done.val_loss < done.val_loss_before


def test_lessons_are_looked_at_half_way(tiny: LoadedModel) -> None:
    plans, looks, steps = planned(iters=6), list[int](), list[TrainingStep]()

    def known() -> list[bool]:
        looks.append(max((step.step for step in steps), default=0))
        return [True]

    add_lora(tiny.model, plans)
    curriculum = Curriculum([[row] for row in rows(tiny)])
    train(tiny.model, curriculum, [], plans, steps.append, supervision=Supervision(known))
    assert looks == [3]


@pytest.mark.parametrize("validated", [True, False])
def test_a_run_whose_time_is_up_ends_with_the_newest_good_weights(
    tiny: LoadedModel, validated: bool
) -> None:
    """They are validated once more, as the last validation may be long ago."""
    plans, steps = planned(validations=1), list[TrainingStep]()
    add_lora(tiny.model, plans)
    some = rows(tiny)
    supervision = Supervision(time_is_up=lambda: bool(steps) and steps[-1].step >= 5)
    done = train(
        tiny.model,
        Curriculum([[row] for row in some]),
        some if validated else [],
        plans,
        steps.append,
        supervision=supervision,
    )
    assert done.out_of_time
    assert (done.steps, done.best_step) == (5, 5)
    assert (done.val_loss is not None) == validated
    assert not tiny.model.training


def test_without_validation_rows_the_last_weights_are_kept(tiny: LoadedModel) -> None:
    done = taught(tiny, planned(), valid=False)
    assert done.val_loss is None
    assert done.best_step == done.steps == 12


def test_nothing_to_train_is_an_error(tiny: LoadedModel) -> None:
    with pytest.raises(TrainingError, match="nothing to train"):
        train(tiny.model, Curriculum([]), [], planned())


def test_the_best_weights_win_over_the_last_and_a_run_that_gets_worse_stops(
    tiny: LoadedModel,
) -> None:
    """Trained on one answer and validated on another, the model gets worse at some point."""
    plans = planned(iters=80, learning_rate=1e-2, validations=20, patience=2)
    other = [LESSON[0], {"role": "assistant", "content": "12345678901234567890"}]
    add_lora(tiny.model, plans)
    valid = rows(tiny, other)
    done = train(tiny.model, Curriculum([rows(tiny, LESSON)]), valid, plans)
    validations = [value for _, _, value in done.history if value is not None]
    assert done.steps < 80
    assert done.best_step < done.steps
    gained = validations[0] - min(validations)
    assert done.val_loss is not None
    assert done.val_loss <= min(validations) + TOLERATED_SHARE * gained < validations[-1]
    with answer_loss(tiny.model) as loss:
        again = validation_loss(tiny.model, valid, plans, loss)
    assert again == pytest.approx(done.val_loss, rel=1e-5)


@pytest.mark.parametrize(
    ("values", "kept"),
    [
        ([4.0, 1.0, 0.2, 0.5, 0.4], 4),  # no more than a tenth of 3.8 lost since
        ([4.0, 1.0, 0.2, 0.7, 0.5, 2.0], 4),
        ([4.0, 1.0, 0.2, 0.7, 2.0], 2),
        ([4.0, 0.5, 0.8, 0.2, 0.6], 3),  # 0.6 is within reach of 0.5, not of 0.2
        ([1.0, 1.2, 3.0], 0),  # it never got better
        ([0.2, 0.24, 0.19, 0.23, 0.3], 3),  # a warm start: there was little to gain
        ([1.0, 1.0], 1),
    ],
)
def test_the_newest_weights_win_that_are_about_as_good_as_any(
    tiny: LoadedModel, values: list[float], kept: int
) -> None:
    """A few validation rows say little about small differences."""
    plans = planned()
    add_lora(tiny.model, plans)
    monitor = TrainingMonitor(tiny.model, Adam(1e-3), plans, lambda _: None, Checkpoints())
    for step, value in enumerate(values):
        monitor.validated(step, value)
    assert monitor.best is not None
    assert monitor.best[:2] == (kept, values[kept])


def test_a_loss_that_is_no_number_ends_the_run_with_advice(tiny: LoadedModel) -> None:
    plans = planned(learning_rate=1e30, warmup=0.0, patience=99)
    with pytest.raises(TrainingError, match="lower the learning rate"):
        taught(tiny, plans)


@pytest.mark.usefixtures("steady")
def test_the_same_seed_gives_the_same_adapter(tiny_folder: Path) -> None:
    """To rounding."""

    def run(seed: int) -> dict[str, mx.array]:
        loaded = load(tiny_folder)
        taught(loaded, planned(seed=seed, iters=4, dropout=0.1))
        return weights(loaded.model)

    first, again, other = run(1), run(1), run(2)
    assert all(mx.allclose(first[name], again[name], atol=1e-6) for name in first)
    assert any(not mx.allclose(first[name], other[name], atol=1e-6) for name in first)


def test_gradient_checkpoints_change_nothing_but_memory(tiny_folder: Path) -> None:
    def run(checkpoint: bool) -> float | None:
        return taught(load(tiny_folder), planned(iters=3, grad_checkpoint=checkpoint)).train_loss

    assert run(True) == pytest.approx(run(False), rel=1e-4)


def test_the_folder_is_what_mlx_lm_loads(any_tiny: LoadedModel, tmp_path: Path) -> None:
    plans = planned(rank=3, scale=7.0, layers=1)
    taught(any_tiny, plans)
    folder = tmp_path / "adapter"
    folder.mkdir()
    save(any_tiny.model, plans, folder, "some/model")
    config = json.loads((folder / "adapter_config.json").read_text())
    assert config["lora_parameters"] == {"rank": 3, "scale": 7.0, "dropout": 0.0}
    tokens = mx.array([[3, 4, 5, 6]])
    again = load(any_tiny.path, adapter=folder)
    assert mx.allclose(again.model(tokens), any_tiny.model(tokens), atol=1e-5)
    assert not mx.allclose(load(any_tiny.path).model(tokens), any_tiny.model(tokens), atol=1e-3)
    assert sorted(p.name for p in folder.iterdir()) == [
        "adapter_config.json",
        "adapters.safetensors",
    ]


def test_the_configuration_is_written_last(tiny: LoadedModel, tmp_path: Path) -> None:
    """mlx-lm writes it first, so that a crash leaves a folder that looks finished."""
    plans = planned()
    add_lora(tiny.model, plans)
    (tmp_path / "adapters.safetensors").mkdir()
    with pytest.raises(OSError, match="directory"):
        save(tiny.model, plans, tmp_path, "x")
    assert not (tmp_path / "adapter_config.json").exists()


def test_nothing_is_printed_on_standard_output(
    tiny: LoadedModel, capfd: pytest.CaptureFixture[str]
) -> None:
    taught(tiny, planned(iters=3))
    assert capfd.readouterr().out == ""


def test_layers_that_are_removed_leave_the_base_model(any_tiny: LoadedModel) -> None:
    """Those of experts too."""
    tokens = mx.array([[3, 4, 5, 6]])
    before = any_tiny.model(tokens)
    add_lora(any_tiny.model, planned())
    any_tiny.model.load_weights(
        [(name, array + 0.1) for name, array in weights(any_tiny.model).items()], strict=False
    )
    assert not mx.allclose(any_tiny.model(tokens), before, atol=1e-3)
    remove_lora(any_tiny.model)
    assert mx.allclose(any_tiny.model(tokens), before, atol=1e-5)
    assert not any("lora" in name for name, _ in any_tiny.model.named_modules())


@pytest.mark.parametrize("other", [{"rank": 3}, {"layers": 1}])
def test_weights_of_other_layers_are_refused(tiny_folder: Path, other: dict[str, int]) -> None:
    first, second = load(tiny_folder), load(tiny_folder)
    add_lora(first.model, planned())
    add_lora(second.model, planned(**other))
    with pytest.raises(AdapterError, match="v0001 has another rank or other layers"):
        load_adapter_weights(second.model, weights(first.model), Path("v0001"))


def test_a_warm_start_from_an_adapter_in_16_bits_trains_in_the_precision_of_the_layers(
    tiny_folder: Path,
) -> None:
    first, second = load(tiny_folder), load(tiny_folder)
    add_lora(first.model, planned())
    add_lora(second.model, planned())
    precise = {name: weight.dtype for name, weight in weights(second.model).items()}
    stored = {name: weight.astype(mx.float16) for name, weight in weights(first.model).items()}
    load_adapter_weights(second.model, stored, Path("v0001"))
    assert {name: weight.dtype for name, weight in weights(second.model).items()} == precise


def test_the_rate_rises_to_the_highest_and_falls_to_nothing() -> None:
    optimizer = lora._optimizer(planned(iters=20, warmup=0.25))
    rates = [optimizer._schedulers["learning_rate"](mx.array(step)).item() for step in range(21)]
    assert rates[0] == pytest.approx(1e-3 / 6)
    assert rates[:6] == sorted(rates[:6])
    assert max(rates) == rates[5] == pytest.approx(1e-3)
    assert rates[5:] == sorted(rates[5:], reverse=True)
    assert rates[20] == pytest.approx(0, abs=1e-9)


def test_weights_decay_only_if_that_is_asked_for() -> None:
    decaying, plain = lora._optimizer(planned(weight_decay=0.1)), lora._optimizer(planned())
    assert isinstance(decaying, AdamW)
    assert decaying.weight_decay == 0.1
    assert not isinstance(plain, AdamW)
