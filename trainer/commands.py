"""The mlx-lm commands that train, ask and fuse by hand, as one would type them.

They do what `mlx_lm` offers: the same model, data, layers and learning rate as a night, without
its own batches, replay and choice of weights.
"""

import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from trainer.dataset.reader import check_for_mlx_lm
from trainer.errors import DatasetError, ModelError
from trainer.formats import kind_of
from trainer.jsonl import parse_line
from trainer.models.loading import STARTER, locate, resolve
from trainer.planning.hyperparameters import FINAL_RATE, STARTER_WIDTH, Plan, plan
from trainer.planning.memory import shape_of
from trainer.planning.settings import TrainingSettings

CONFIG = "lora.yaml"
GGUF_SCRIPT = "convert_lora_to_gguf.py"
MAX_TOKENS = 256
_ENOUGH = 200  # examples that are assumed where the data folder is not there yet
_END = "END_OF_LORA_YAML"


@dataclass(frozen=True)
class TrainingCommand:
    """The line for the shell, and the file that it reads what has no flag from."""

    line: str
    config: Path
    yaml: str

    def __str__(self) -> str:
        return self.line


def training_command(
    model: str,
    data: Path | str,
    adapter_path: Path | str,
    settings: TrainingSettings | None = None,
    config: Path | str | None = None,
) -> TrainingCommand:
    """The `mlx_lm.lora` line for a folder of JSONL files.

    Args:
        model: a folder or a hub name.
        data: holds train.jsonl and, for validation, valid.jsonl; where it is missing, the
            figures are those for a set of 200.
        adapter_path: where the adapter goes.
        settings: what is not set is chosen from the size of the set.
        config: where the YAML will be; by default lora.yaml in `adapter_path`.

    Raises:
        DatasetError: the files cannot be read, or hold no rows.
    """
    sizes = _sizes(Path(data))
    train = sizes.get("train", _ENOUGH)
    chosen = plan(settings or TrainingSettings(), train, _width(model))
    # mlx-lm refuses a set smaller than the batch.
    batch = min(chosen.batch_size, *sizes.values(), train)
    place = Path(config) if config is not None else Path(adapter_path) / CONFIG
    flags: dict[str, Any] = {
        "model": model,
        "train": True,
        "data": data,
        "adapter-path": adapter_path,
        "config": place,
        "fine-tune-type": "lora",
        "mask-prompt": _first_kind(Path(data)) != "text",
        "num-layers": chosen.layers,
        "batch-size": batch,
        "iters": chosen.iters,
        "learning-rate": chosen.learning_rate,
        "val-batches": -1,
        "steps-per-report": max(1, chosen.iters // 40),
        "steps-per-eval": chosen.steps_per_eval,
        "save-every": chosen.iters,
        "max-seq-length": chosen.max_seq_length,
        "grad-checkpoint": chosen.grad_checkpoint,
        "seed": chosen.seed,
    }
    return TrainingCommand(_line("mlx_lm.lora", flags), place, _yaml(chosen))


def generate_command(
    model: str,
    prompt: str,
    adapter_path: Path | str | None = None,
    max_tokens: int = MAX_TOKENS,
    temperature: float = 0.0,
) -> str:
    """The `mlx_lm.generate` line that asks the model, with an adapter or without.

    mlx-lm itself turns a backslash and an n inside the prompt into a line break.
    """
    flags = {
        "model": model,
        "adapter-path": adapter_path,
        "prompt": prompt,
        "max-tokens": max_tokens,
        "temp": temperature,
        "chat-template-config": '{"enable_thinking": false}',
    }
    return _line("mlx_lm.generate", flags)


def fuse_command(
    model: str, adapter_path: Path | str, save_path: Path | str, *, dequantize: bool = False
) -> str:
    """The `mlx_lm.fuse` line that makes one model of the base and an adapter.

    Args:
        model: a folder or a hub name.
        adapter_path: the adapter.
        save_path: where the new model goes.
        dequantize: for a quantised base, into which an adapter can get lost (mlx-lm #1172).
    """
    flags = {
        "model": model,
        "adapter-path": adapter_path,
        "save-path": save_path,
        "dequantize": dequantize,
    }
    return _line("mlx_lm.fuse", flags)


def gguf_command(
    model: str, peft: Path | str, out: Path | str, base_config: Path | str | None = None
) -> str:
    """The line that makes llama.cpp's GGUF file of an adapter in PEFT's layout.

    The script is in llama.cpp's own source folder, and in no package: it permutes the matrices
    as each architecture needs it. Of the base it needs the configuration alone.

    Args:
        model: the base, as for `trainer.models.loading.load`.
        peft: a folder of `trainer.adapters.peft.to_peft`.
        out: the file to write.
        base_config: a folder with `trainer.adapters.base_config.plain_config` of the base; None
            where the base is not on this disk, so that the script asks the hub for it.
    """
    base = {"base-model-id": model} if base_config is None else {"base": base_config}
    flags = {**base, "outtype": "f32", "outfile": out}
    return f"python {_line(GGUF_SCRIPT, flags)} {shlex.quote(_safe(peft))}"


def training_script(
    model: str,
    data: Path | str,
    adapter_path: Path | str,
    settings: TrainingSettings | None = None,
    *,
    prompt: str = "What did you learn?",
    dequantize: bool = False,
) -> str:
    """A shell script that trains on a folder, asks the result something, and fuses it.

    Args:
        model: `starter`, a folder or a hub name.
        data: as for `training_command`.
        adapter_path: where the adapter goes, and beside it, in `fused`, the new model.
        settings: as for `training_command`.
        prompt: what is asked.
        dequantize: as for `fuse_command`.

    Raises:
        DatasetError: as for `training_command`.
        ModelError: the starter model cannot be unpacked.
    """
    name = str(resolve(model)) if model == STARTER else model
    training = training_command(name, data, adapter_path, settings)
    adapter = _safe(adapter_path)
    return "\n".join(
        [
            "#!/bin/sh",
            "# Trains with mlx-lm's own commands, asks the result, and fuses it into one model.",
            "set -eu",
            shlex.join(["mkdir", "-p", adapter]),
            f"cat > {shlex.quote(_safe(training.config))} <<'{_END}'",
            training.yaml + _END,
            training.line,
            generate_command(name, prompt, adapter_path),
            fuse_command(name, adapter_path, Path(adapter) / "fused", dequantize=dequantize),
            "",
        ]
    )


def _yaml(chosen: Plan) -> str:
    """What mlx_lm.lora has no flag for."""
    optimizer = "adamw" if chosen.weight_decay else "adam"
    options: dict[str, Any] = {"bias_correction": True}
    if chosen.weight_decay:
        options["weight_decay"] = chosen.weight_decay
    fall = max(1, chosen.iters - chosen.warmup)
    highest = chosen.learning_rate
    return str(
        yaml.safe_dump(
            {
                "optimizer": optimizer,
                "optimizer_config": {optimizer: options},
                "lora_parameters": {
                    "rank": chosen.rank,
                    "scale": chosen.scale,
                    "dropout": chosen.dropout,
                },
                "lr_schedule": {
                    "name": "cosine_decay",
                    "warmup": chosen.warmup,
                    "warmup_init": highest / (chosen.warmup + 1),
                    "arguments": [highest, fall, highest * FINAL_RATE],
                },
            },
            sort_keys=False,
        )
    )


def _sizes(data: Path) -> dict[str, int]:
    """Rows of each file that is there.

    Raises:
        DatasetError: one cannot be read, is empty, or has a row that cannot be trained on.
    """
    sizes = {}
    for name in ("train", "valid"):
        file = data / f"{name}.jsonl"
        try:
            if file.exists():
                with file.open("rb") as lines:
                    sizes[name] = sum(1 for line in lines if line.strip())
        except OSError as error:
            raise DatasetError(f"{file} cannot be read: {error.strerror or error}") from error
        if sizes.get(name):
            check_for_mlx_lm(file)
        if sizes.get(name) == 0:
            raise DatasetError(f"{file} has no rows")
    return sizes


def _width(model: str) -> int:
    """Of a model's hidden states; the starter's where the model is not on this disk."""
    try:
        place = locate(model)
        return shape_of(place).hidden if place else STARTER_WIDTH
    except ModelError:
        return STARTER_WIDTH


def _first_kind(data: Path) -> str:
    """The kind of the rows, which mlx-lm too takes from the first."""
    file = data / "train.jsonl"
    if not file.exists():
        return "messages"
    with file.open(encoding="utf-8") as lines:
        first = next(line for line in lines if line.strip())
    return kind_of(parse_line(first, 1))


def _line(command: str, flags: Mapping[str, Any]) -> str:
    """A command line; flags that are False or None are left out."""
    parts = [command]
    for name, value in flags.items():
        if value is True:
            parts.append(f"--{name}")
        elif value is not False and value is not None:
            text = str(value)
            # argparse takes a value that begins with a dash, and is no number, for a flag.
            if text.startswith("-") and not isinstance(value, int | float):
                parts.append(f"--{name}={text}")
            else:
                parts += [f"--{name}", text]
    return shlex.join(parts)


def _safe(path: Path | str) -> str:
    """A path that no command takes for a flag."""
    text = str(path)
    return f"./{text}" if text.startswith("-") else text
