"""One training run: a loaded model, rows and a plan become an adapter folder.

The loop is mlx-lm's own `train`; ours are the loss, the batches and the callback, which keeps
good weights and stops early. What mlx-lm writes on the way goes to a place that nobody takes
for an adapter: the folder has a configuration only when everything else is there.
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
from trainer.tuning.batches import Batches, Fixed, Source, padded
from trainer.tuning.callback import StopTrainingError, TrainingMonitor, TrainingResult, TrainingStep
from trainer.tuning.checkpoint import Checkpoints, ResumedBatches, key_of
from trainer.tuning.distributed import ProcessGroup
from trainer.tuning.gradient_checkpointing import NONE, longest_plain, sparing
from trainer.tuning.loss import Loss, answer_loss
from trainer.tuning.mixed_precision import narrow

REPORT_EVERY = 5
"""Steps between two reports of progress, at most."""
EPOCHS_LOOKED_AT = 4
"""Whose rows tell which ones are long: a lesson's wordings differ from epoch to epoch."""
_log = logging.getLogger(__name__)


def add_lora(model: Any, plan: Plan) -> None:
    """Puts fresh low-rank layers on all linear layers of the chosen blocks, in place."""
    mx.random.seed(plan.seed)
    model.freeze()
    count = len(model.layers) if plan.layers < 0 else min(plan.layers, len(model.layers))
    linear_to_lora_layers(model, count, _lora_parameters(plan))
    narrow(model)


def take_off(model: Any) -> None:
    """Takes low-rank layers of every kind off again: mlx-lm's own way leaves those of experts."""
    bare = [
        (name, module.linear if hasattr(module, "linear") else module.embedding)
        for name, module in model.named_modules()
        if hasattr(module, "lora_a")
    ]
    if bare:
        model.update_modules(tree_unflatten(bare))


def put(model: Any, weights: dict[str, mx.array], adapter: Path | None) -> None:
    """Puts an adapter's weights into layers from `add_lora`.

    Raises:
        AdapterError: its rank or its layers are others.
    """
    own: Any = dict(tree_flatten(model.trainable_parameters()))
    if {k: v.shape for k, v in own.items()} != {k: v.shape for k, v in weights.items()}:
        name = adapter.name if adapter else "The adapter"
        raise AdapterError(
            f"{name} has another rank or other layers than this run: train without --warm-start, "
            "or set rank and layers to what they were."
        )
    model.load_weights(list(weights.items()), strict=False)


def train(
    model: Any,
    source: Source,
    valid: Sequence[TokenRow],
    plan: Plan,
    on_step: Callable[[TrainingStep], None] = lambda _: None,
    checkpoints: Checkpoints | None = None,
    group: ProcessGroup | None = None,
) -> TrainingResult:
    """Trains the low-rank layers of a model, and leaves its newest good weights in it.

    Args:
        model: with layers from `add_lora`.
        source: what is learned, epoch by epoch.
        valid: what decides which weights are kept; empty takes the last ones.
        plan: from `trainer.planning.hyperparameters.plan`.
        on_step: called with the state of the loop after every few steps.
        checkpoints: where the run leaves its state, and may go on from.
        group: the processes that train together, each its part of every batch.

    Raises:
        TrainingError: there is nothing to train, or the loss is no longer a number.
    """
    if not len(source):
        raise TrainingError("There is nothing to train.")
    checkpoints, group = checkpoints or Checkpoints(), group or ProcessGroup()
    monitor = TrainingMonitor(model, _optimizer(plan), plan, on_step, checkpoints)
    monitor.key = key_of(source, valid, plan, checkpoints.salt)
    with (
        sparing(model, _longest_plain(source, plan)) as limit,
        answer_loss(model) as loss,
        group.summing(),
        _silence(),
        tempfile.TemporaryDirectory() as scratch,
    ):
        batches = Batches(plan.seed, longest=limit)
        # Only now: finding the loss calls the model, and its dropout draws random numbers.
        if saved := checkpoints.read(monitor.key):
            monitor.go_on_from(saved)

        def between(done: int) -> None:
            # mlx-lm would validate after steps of its own choice, and not at all after the last.
            if valid and done % plan.steps_per_eval == 0 and done != monitor.resumed_at:
                monitor.validated(done, validation_loss(model, valid, plan, loss))
                model.train()
            monitor.keep(done)

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
                iterate_batches=ResumedBatches(batches, monitor.start, between),
                training_callback=monitor,
            )
        except StopTrainingError:
            _log.info(
                "stopped at step %d: no better for %d validations", monitor.step, plan.patience
            )
        else:
            if valid:
                monitor.validated(plan.iters, validation_loss(model, valid, plan, loss))
    return monitor.result()


def validation_loss(model: Any, rows: Sequence[TokenRow], plan: Plan, loss: Loss) -> float:
    """Mean cross-entropy of the rows' answers, in nats a token, the same in all processes."""
    value = evaluate(
        model, Fixed(rows), plan.batch_size, -1, loss=loss, iterate_batches=Batches(plan.seed)
    )
    return float(value)


def save(model: Any, plan: Plan, folder: Path, base: str) -> None:
    """Writes the adapter; the configuration comes last, so that half a folder is no adapter.

    Args:
        model: with trained low-rank layers.
        plan: that they were made by.
        folder: exists.
        base: the model's name, for people.
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


def _longest_plain(source: Source, plan: Plan) -> int:
    """Tokens of the longest row that is computed without gradient checkpoints: all but its last."""
    if plan.grad_checkpoint:
        return 0
    if plan.dropout:
        return NONE
    random = np.random.default_rng(plan.seed)
    epochs = (source.epoch(number, random) for number in range(EPOCHS_LOOKED_AT))
    return padded(longest_plain([len(row) - 1 for rows in epochs for row in rows]))


def _optimizer(plan: Plan) -> Optimizer:
    """Adam with a rate that rises for a while and then falls along a cosine."""
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
def _silence() -> Any:
    """mlx-lm draws its progress on standard output, which is not its own here."""
    with (
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        contextlib.redirect_stdout(nowhere),
    ):
        yield
