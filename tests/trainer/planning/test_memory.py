"""What memory a run takes is known beforehand, and what can be given up to take less."""

import gc
import json
from dataclasses import replace
from pathlib import Path

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
import numpy as np

from tests.tiny_models import Architecture, build_model
from trainer.augmentation.mixture import Curriculum
from trainer.errors import ModelError, TrainingError
from trainer.models.loading import load
from trainer.models.tokenization import TokenRow
from trainer.planning.hyperparameters import Plan, plan
from trainer.planning.memory import (
    OVERHEAD_GB,
    Shape,
    StepLoad,
    answering_gb,
    climbed,
    memory_reductions,
    out_of_memory,
    shape_of,
    step_flops,
    stored_bytes,
    training_gb,
    width,
)
from trainer.planning.preflight import fit
from trainer.planning.settings import TrainingSettings
from trainer.tuning.lora import add_lora, train


def planned(**settings: object) -> Plan:
    values = {"iters": 1, "replay": 0.0, "talks": 0, "validations": 1} | settings
    return plan(TrainingSettings.model_validate(values), 99)


def measured_gb(folder: Path, plans: Plan, tokens: int, answer: int) -> float:
    """The peak of mlx's memory over one step, all rows of one length."""
    gc.collect()
    others = mx.get_active_memory()  # what other tests hold
    loaded = load(folder)
    # What all rows begin with is computed once: these have nothing in common.
    random = np.random.default_rng(0)
    drawn = random.integers(3, 200, (plans.batch_size, tokens + 1)).tolist()
    rows = [[TokenRow(tuple(row), tokens + 1 - answer)] for row in drawn]
    add_lora(loaded.model, plans)
    mx.eval(loaded.model.parameters())
    gc.collect()  # models of earlier tests are in circles of references, and would count
    mx.reset_peak_memory()
    train(loaded.model, Curriculum(rows), [], plans)
    return (mx.get_peak_memory() - others) / 1e9


@pytest.mark.parametrize("architecture", ["llama", "qwen3"])
@pytest.mark.parametrize(("batch", "tokens"), [(16, 320), (8, 640)])
def test_the_estimate_is_near_what_a_step_takes(
    tmp_path: Path, architecture: Architecture, batch: int, tokens: int
) -> None:
    folder = build_model(tmp_path / architecture, architecture)
    measured = measured_gb(folder, planned(batch_size=batch, rank=8), tokens, 8)
    estimate = training_gb(shape_of(folder), 4, StepLoad(batch, tokens, 8, rank=8)) - OVERHEAD_GB
    assert 0.75 < estimate / measured < 1.25


@pytest.mark.model
def test_the_estimate_is_near_what_the_starter_takes(starter_folder: Path) -> None:
    measured = measured_gb(starter_folder, planned(batch_size=4, rank=8), 63, 16)
    estimate = training_gb(shape_of(starter_folder), 4, StepLoad(4, 63, 16, rank=8)) - OVERHEAD_GB
    assert 0.9 < estimate / measured < 1.15


def test_less_is_needed_with_checkpoints_smaller_batches_and_shorter_rows(tmp_path: Path) -> None:
    shape = shape_of(build_model(tmp_path / "m"))
    whole = training_gb(shape, 4, StepLoad(8, 400, 50))
    assert training_gb(shape, 4, StepLoad(8, 400, 50, checkpointed=True)) < whole
    assert training_gb(shape, 4, StepLoad(4, 400, 50)) < whole
    assert training_gb(shape, 4, StepLoad(8, 200, 50)) < whole
    assert answering_gb(shape, 4) > answering_gb(shape, 2)


def test_packed_weights_count_as_what_they_unpack_to(tmp_path: Path) -> None:
    plain = shape_of(build_model(tmp_path / "plain"))
    packed = shape_of(build_model(tmp_path / "packed", bits=4))
    assert packed.parameters == pytest.approx(plain.parameters, rel=0.01)
    assert stored_bytes(tmp_path / "packed") < 0.4 * stored_bytes(tmp_path / "plain")


def test_a_folder_without_sizes_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "other"}))
    with pytest.raises(ModelError, match=r"cannot be told from its config\.json"):
        shape_of(tmp_path)


def test_first_the_batch_is_halved_then_checkpoints_then_shorter_rows() -> None:
    ladder = memory_reductions(planned(batch_size=8), longest=400, longest_question=100)
    assert [reduction.changes for reduction in ladder] == [
        {"batch_size": 4},
        {"grad_checkpoint": True},
        {"max_seq_length": 200},
        {"batch_size": 2},
        {"batch_size": 1},
    ]
    settings = climbed(TrainingSettings(rank=4), ladder[:3])
    assert settings == TrainingSettings(
        rank=4, batch_size=4, grad_checkpoint=True, max_seq_length=200
    )


def test_a_large_batch_is_made_small_before_anything_else_is_given_up() -> None:
    ladder = memory_reductions(planned(batch_size=16), longest=400, longest_question=100)
    assert [next(iter(reduction.changes.items())) for reduction in ladder[:3]] == [
        ("batch_size", 8),
        ("batch_size", 4),
        ("grad_checkpoint", True),
    ]


def test_rows_are_never_cut_into_their_question() -> None:
    ladder = memory_reductions(planned(batch_size=1), longest=400, longest_question=390)
    assert [reduction.changes for reduction in ladder] == [{"grad_checkpoint": True}]


def test_a_run_that_would_not_fit_is_made_smaller_before_it_starts(tmp_path: Path) -> None:
    shape = shape_of(build_model(tmp_path / "m"))
    rows = [TokenRow((5,) * 401, 390)] * 9
    settings = TrainingSettings(batch_size=8, replay=0.0, talks=0)
    whole = fit(settings, rows, shape, 4, available_gb=64)
    assert whole.taken == ()
    less = OVERHEAD_GB + 0.6 * (whole.estimate_gb - OVERHEAD_GB)
    small = fit(settings, rows, shape, 4, available_gb=less)
    assert [reduction.sentence for reduction in small.taken] == ["batches of 4, not 8"]
    assert small.settings.batch_size == 4
    # Cutting rows costs what was taught: only when memory really ran out.
    tight = fit(settings, rows, shape, 4, available_gb=0.1)
    assert tight.settings.grad_checkpoint
    assert tight.settings.max_seq_length is None


def test_where_nothing_is_left_to_give_up_it_is_refused_in_one_line(tmp_path: Path) -> None:
    shape = shape_of(build_model(tmp_path / "m"))
    rows = [TokenRow((5,) * 401, 10)] * 9
    with pytest.raises(TrainingError, match="choose a smaller model") as caught:
        fit(TrainingSettings(), rows, shape, 4, available_gb=64, lighter=9)
    assert "\n" not in str(caught.value)
    with pytest.raises(TrainingError, match="choose a smaller model"):
        fit(TrainingSettings(), rows, shape, 4, available_gb=0.0001)


@pytest.mark.parametrize(
    "words",
    [
        "[malloc] Unable to allocate 4000000000 bytes.",
        "[metal::malloc] Attempting to allocate 9 bytes which is greater than the maximum allowed",
        "[METAL] Command buffer execution failed: Insufficient Memory (00000008:kIOGPU...)",
        "cudaMallocAsync(&data, size) failed: out of memory",
        "std::bad_alloc",
    ],
)
def test_all_of_mlx_s_words_for_too_little_memory_are_known(words: str) -> None:
    assert out_of_memory(RuntimeError(words))
    assert not out_of_memory(RuntimeError("[matmul] shapes do not agree"))


SHAPE = Shape(
    parameters=1e9,
    layers=10,
    hidden=1000,
    intermediate=3000,
    query=1200,
    key_value=300,
    heads=12,
    vocabulary=50_000,
)


def test_answering_takes_the_weights_and_the_keys_and_values_of_a_long_talk() -> None:
    cache = 2 * 10 * 300 * 4096 * 2 / 1e9
    assert answering_gb(SHAPE, 2) == pytest.approx(2 + cache + OVERHEAD_GB)
    assert answering_gb(SHAPE, 2, 0.5) == pytest.approx(0.5 + cache + OVERHEAD_GB)


def test_training_takes_what_blocks_keep_the_logits_and_what_learns() -> None:
    """The formula of the docstring, by hand."""
    load = StepLoad(batch_size=2, tokens=100, answer_tokens=50, rank=4, layers=3)
    block = 200 * 2 * (5 * 1000 + 4 * 1200 + 3 * 300 + 4 * 3000 + 12 * 100)
    logits = 2 * 50 * 50_000 * 14.7
    sides = 2 * (1000 + 1200) + 2 * (1000 + 300) + 3 * (1000 + 3000)
    rest = 1e9 * 2 + logits + 3 * 4 * sides * 16
    assert training_gb(SHAPE, 2, load) == pytest.approx((rest + 11 * block) / 1e9 + OVERHEAD_GB)
    checkpointed = replace(load, checkpointed=True)
    kept = 200 * 1000 * 2 * 10 + 2 * block
    assert training_gb(SHAPE, 2, checkpointed) == pytest.approx((rest + kept) / 1e9 + OVERHEAD_GB)


def test_all_blocks_learn_unless_fewer_are_asked_for_and_logits_are_held_in_pieces() -> None:
    load = StepLoad(batch_size=2, tokens=100, answer_tokens=50)
    every = training_gb(SHAPE, 2, load)
    assert every == training_gb(SHAPE, 2, replace(load, layers=99))
    assert every > training_gb(SHAPE, 2, replace(load, layers=9))
    many, more = (replace(load, answer_tokens=count) for count in (400, 800))
    assert training_gb(SHAPE, 2, many) == training_gb(SHAPE, 2, more)


def test_a_number_takes_32_bits_on_a_processor_and_16_elsewhere() -> None:
    assert (width(on_cpu=True), width(on_cpu=False)) == (4, 2)


def test_a_step_takes_four_operations_per_weight_and_token() -> None:
    assert step_flops(SHAPE, 100) == 4e11
