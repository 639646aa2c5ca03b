"""LoRA training: a loaded model, rows and a plan become an adapter folder.

The loop is mlx-lm's own `train`; ours are the loss, the batches and the callback, which keeps
good weights and stops early. What mlx-lm writes on the way goes to a temporary folder. An adapter
folder gets its configuration last, so that an incomplete one cannot be loaded.
"""

import contextlib
import json
import logging
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx
import numpy as np
from mlx.optimizers import Adam, AdamW, Optimizer
from mlx.optimizers.schedulers import cosine_decay, join_schedules, linear_schedule
from mlx.utils import tree_flatten, tree_unflatten
from mlx_lm.tuner.trainer import TrainingArgs, evaluate
from mlx_lm.tuner.trainer import train as train_with_mlx_lm
from mlx_lm.tuner.utils import linear_to_lora_layers

from trainer.adapters.registry import CONFIG, WEIGHTS
from trainer.errors import AdapterError, TrainingError
from trainer.models.tokenization import TokenRow
from trainer.planning.hyperparameters import FINAL_RATE, Plan
from trainer.tuning.batches import Batches, FixedRows, Source, padded_length
from trainer.tuning.callback import (
    StopTrainingError,
    Supervision,
    TrainingMonitor,
    TrainingResult,
    TrainingStep,
)
from trainer.tuning.checkpoint import Checkpoints, ResumedBatches, key_of
from trainer.tuning.distributed import ProcessGroup
from trainer.tuning.gradient_checkpointing import (
    NO_LIMIT,
    checkpointing_limit,
    gradient_checkpointing,
)
from trainer.tuning.loss import Loss, answer_loss
from trainer.tuning.mixed_precision import use_mixed_precision

REPORT_EVERY = 5
"""Steps between two reports of progress, at most."""
SAMPLED_EPOCHS = 4
"""Epochs whose rows are measured to tell which are long: wordings differ from epoch to epoch."""
_log = logging.getLogger(__name__)


def add_lora(model: Any, plan: Plan) -> None:
    """Puts fresh low-rank layers on all linear layers of the chosen blocks, in place.

    Args:
        model: of mlx-lm; all its other weights are frozen.
        plan: with rank, scale, dropout, seed, and the number of blocks from the top (-1 is all).
    """
    mx.random.seed(plan.seed)
    model.freeze()
    count = len(model.layers) if plan.layers < 0 else min(plan.layers, len(model.layers))
    linear_to_lora_layers(model, count, _lora_parameters(plan))
    use_mixed_precision(model)


def remove_lora(model: Any) -> None:
    """Removes low-rank layers of every kind: mlx-lm's own function leaves those of experts."""
    bare = [
        (name, module.linear if hasattr(module, "linear") else module.embedding)
        for name, module in model.named_modules()
        if hasattr(module, "lora_a")
    ]
    if bare:
        model.update_modules(tree_unflatten(bare))


def load_adapter_weights(model: Any, weights: dict[str, mx.array], adapter: Path | None) -> None:
    """Loads an adapter's weights into layers from `add_lora`, in the precision of those layers.

    An adapter may be stored in 16 bits; optimiser steps in them end in no numbers.

    Args:
        model: with those layers.
        weights: arrays by their names in the model.
        adapter: the adapter's folder, for the error; None where this process has none.

    Raises:
        AdapterError: the weights have another rank or belong to other layers.
    """
    own: Any = dict(tree_flatten(model.trainable_parameters()))
    if {k: v.shape for k, v in own.items()} != {k: v.shape for k, v in weights.items()}:
        name = adapter.name if adapter else "The adapter"
        raise AdapterError(
            f"{name} has another rank or other layers than this run: train without --warm-start, "
            "or set rank and layers to what they were."
        )
    same = [(name, weight.astype(own[name].dtype)) for name, weight in weights.items()]
    model.load_weights(same, strict=False)


def train(
    model: Any,
    source: Source,
    valid: Sequence[TokenRow],
    plan: Plan,
    on_step: Callable[[TrainingStep], None] = lambda _: None,
    checkpoints: Checkpoints | None = None,
    group: ProcessGroup | None = None,
    supervision: Supervision | None = None,
) -> TrainingResult:
    """Trains the low-rank layers of a model, and leaves the newest good weights in it.

    Args:
        model: with layers from `add_lora`.
        source: the rows to train, epoch by epoch.
        valid: the rows that decide which weights are kept; empty keeps the last weights.
        plan: from `trainer.planning.hyperparameters.plan`.
        on_step: called with the state of the loop after every few steps.
        checkpoints: where the run writes its state and may resume from; None writes none.
        group: the processes that train together, each with its part of every batch.
        supervision: the lessons that are mastered, and the time; None asks for neither.

    Returns:
        Losses (nats a token), pace and the step whose weights were kept.

    Raises:
        TrainingError: there is nothing to train, or the loss is no longer a number.
    """
    if not len(source):
        raise TrainingError("There is nothing to train.")
    checkpoints, group = checkpoints or Checkpoints(), group or ProcessGroup()
    supervision = supervision or Supervision()
    monitor = TrainingMonitor(model, _optimizer(plan), plan, on_step, checkpoints, supervision)
    monitor.key = key_of(source, valid, plan, checkpoints.salt)
    with (
        gradient_checkpointing(model, _row_limit(source, plan)) as limit,
        answer_loss(model) as loss,
        group.summing(),
        _silenced_stdout(),
        tempfile.TemporaryDirectory() as scratch,
    ):
        batches = Batches(plan.seed, longest=limit)
        # Only now: finding the loss calls the model, and its dropout draws random numbers.
        if saved := checkpoints.read(monitor.key):
            monitor.resume_from(saved)

        def between_steps(done: int) -> None:
            monitor.step, monitor.out_of_time = done, supervision.time_is_up()
            # mlx-lm would validate after steps of its own choice, and not at all after the last.
            due = done % plan.steps_per_eval == 0 or monitor.out_of_time
            if valid and due and done != monitor.resumed_at:
                monitor.validated(done, validation_loss(model, valid, plan, loss))
                model.train()
            if monitor.out_of_time:
                raise StopTrainingError
            if supervision.known is not None and done == plan.iters // 2 != 0:
                supervision.known()
            monitor.save_checkpoint(done)

        arguments = TrainingArgs(
            batch_size=plan.batch_size,
            iters=plan.iters - monitor.start,
            steps_per_report=min(REPORT_EVERY, max(1, plan.iters // 20)),
            steps_per_save=plan.iters + 1,
            max_seq_length=plan.max_seq_length,
            adapter_file=str(Path(scratch) / "last.safetensors"),
        )
        try:
            train_with_mlx_lm(
                model,
                monitor.optimizer,
                source,
                args=arguments,
                loss=group.averaged(loss),
                iterate_batches=ResumedBatches(batches, monitor.start, between_steps),
                training_callback=monitor,
            )
        except StopTrainingError:
            why = "the time is up" if monitor.out_of_time else "no better for long"
            _log.info("stopped at step %d: %s", monitor.step, why)
        else:
            if valid:
                monitor.validated(plan.iters, validation_loss(model, valid, plan, loss))
    return monitor.result()


def validation_loss(model: Any, rows: Sequence[TokenRow], plan: Plan, loss: Loss) -> float:
    """Returns the mean cross-entropy of the rows' answers, in nats a token, over all processes."""
    value = evaluate(
        model, FixedRows(rows), plan.batch_size, -1, loss=loss, iterate_batches=Batches(plan.seed)
    )
    return float(value)


def save(model: Any, plan: Plan, folder: Path, base: str) -> None:
    """Writes an adapter in mlx-lm's layout, its configuration last: half a folder is no adapter.

    Args:
        model: with trained low-rank layers.
        plan: the plan that the layers were made by.
        folder: an existing folder.
        base: the base model's name, for people.
    """
    weights: Any = dict(tree_flatten(model.trainable_parameters()))
    partial = folder / f".{WEIGHTS}"
    mx.save_safetensors(str(partial) + ".safetensors", weights, metadata={"format": "mlx"})
    Path(str(partial) + ".safetensors").replace(folder / WEIGHTS)
    count = len(model.layers) if plan.layers < 0 else min(plan.layers, len(model.layers))
    config = {
        "fine_tune_type": "lora",
        "num_layers": count,
        "lora_parameters": _lora_parameters(plan),
        "model": base,
    }
    partial = folder / f".{CONFIG}"
    with partial.open("w", encoding="utf-8") as file:
        json.dump(config, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(folder / CONFIG)


def _row_limit(source: Source, plan: Plan) -> int:
    """Returns the tokens of the longest row that is computed without gradient checkpoints.

    The last token of a row is not counted, as the model is not given it.
    """
    if plan.grad_checkpoint:
        return 0
    if plan.dropout:
        return NO_LIMIT
    random = np.random.default_rng(plan.seed)
    epochs = (source.epoch(number, random) for number in range(SAMPLED_EPOCHS))
    return padded_length(checkpointing_limit([len(row) - 1 for rows in epochs for row in rows]))


def _optimizer(plan: Plan) -> Optimizer:
    """Makes Adam, or AdamW with weight decay, with linear warm-up and cosine decay of the rate."""
    highest, lowest = plan.learning_rate, plan.learning_rate * FINAL_RATE
    fall = cosine_decay(highest, max(1, plan.iters - plan.warmup), lowest)
    rate = fall
    if plan.warmup:
        rise = linear_schedule(highest / (plan.warmup + 1), highest, plan.warmup)
        rate = join_schedules([rise, fall], [plan.warmup])
    if plan.weight_decay:
        return AdamW(rate, weight_decay=plan.weight_decay, bias_correction=True)
    return Adam(rate, bias_correction=True)


def _lora_parameters(plan: Plan) -> dict[str, Any]:
    return {"rank": plan.rank, "scale": plan.scale, "dropout": plan.dropout}


@contextlib.contextmanager
def _silenced_stdout() -> Any:
    """Discards standard output: mlx-lm draws its progress there, and ours has JSON lines."""
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        yield
