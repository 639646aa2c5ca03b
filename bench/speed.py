"""Speed and memory of training, ours beside mlx-lm's own tuner on the same rows, in turns.

    python -m bench.speed                                # the starter model, 24 short lessons
    python -m bench.speed --shape qwen3-0.6b --steps 60  # random weights in that shape: for a GPU

Each turn is a process of its own; what is printed are medians over the turns. Both train the same
low-rank layers at the same rank, prompts masked, with the fast BLAS on a processor.
"""

import argparse
import importlib
import json
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import trainer.hardware.device

# isort: split
import mlx.core as mx
import numpy as np
from mlx.optimizers import Adam
from mlx_lm.tuner.callbacks import TrainingCallback
from mlx_lm.tuner.datasets import CacheDataset
from mlx_lm.tuner.trainer import TrainingArgs
from mlx_lm.tuner.trainer import train as train_with_mlx_lm

from trainer.augmentation.mixture import Curriculum
from trainer.models.loading import STARTER, load
from trainer.models.tokenization import TokenRow, make_row
from trainer.planning.hyperparameters import Plan, plan
from trainer.planning.settings import TrainingSettings
from trainer.tuning import lora
from trainer.tuning.callback import TrainingStep

SHAPES: dict[str, dict[str, Any]] = {
    "qwen3-0.6b": {
        "model_type": "qwen3", "hidden_size": 1024, "num_hidden_layers": 28, "rope_theta": 1e6,
        "intermediate_size": 3072, "num_attention_heads": 16, "num_key_value_heads": 8,
        "head_dim": 128, "vocab_size": 151936, "rms_norm_eps": 1e-6,
        "max_position_embeddings": 40960, "tie_word_embeddings": True,
    }
}  # fmt: skip
CHATS, MEAN_LENGTH, ANSWER_SHARE = 512, 417, 0.68
SKIPPED = 2
"""Reports at the start that are not counted: kernels are compiled then."""


def rows_of(shape: str) -> tuple[Any, list[TokenRow]]:
    """Returns a model and its rows: chats of random tokens, or the facts of `bench.learning`."""
    if shape == STARTER:
        loaded = load(STARTER)
        text = (Path(__file__).parent / "facts.jsonl").read_text(encoding="utf-8")
        facts = [json.loads(line) for line in text.splitlines()][:24]
        lessons = [
            [
                {"role": "user", "content": fact["prompt"]},
                {"role": "assistant", "content": fact["completion"]},
            ]
            for fact in facts
        ]
        return loaded.model, [make_row(loaded.tokenizer, lesson, 512) for lesson in lessons]
    config = SHAPES[shape]
    module = importlib.import_module(f"mlx_lm.models.{config['model_type']}")
    mx.random.seed(0)
    model = module.Model(module.ModelArgs.from_dict(config))
    model.set_dtype(trainer.hardware.device.weights_dtype())
    mx.eval(model.parameters())
    random = np.random.default_rng(0)
    lengths = np.clip(random.lognormal(np.log(MEAN_LENGTH) - 0.08, 0.4, CHATS), 32, 1500)
    rows = []
    for length in lengths.astype(int):
        tokens = random.integers(0, config["vocab_size"], length)
        rows.append(TokenRow(tuple(map(int, tokens)), int(length * (1 - ANSWER_SHARE))))
    return model, rows


class Chats:
    """Rows as mlx-lm's datasets give them: a dictionary, and processed tokens with an offset."""

    def __init__(self, rows: list[TokenRow]) -> None:
        self._rows = rows

    def __len__(self) -> int:
        """Returns the number of rows."""
        return len(self._rows)

    def __getitem__(self, place: int) -> dict[str, TokenRow]:
        """Returns a row that is not yet processed."""
        return {"messages": self._rows[place]}

    def process(self, row: dict[str, TokenRow]) -> tuple[list[int], int]:
        """Returns tokens and the offset of the answer, as with `--mask-prompt`."""
        return list(row["messages"].tokens), row["messages"].start


class Reports(TrainingCallback):
    """A callback that keeps the time of every report."""

    def __init__(self) -> None:
        self.points: list[tuple[int, float]] = []

    def on_train_loss_report(self, train_info: dict[str, Any]) -> None:
        """Notes the time of a training report."""
        self.note(int(train_info["iteration"]))

    def on_val_loss_report(self, val_info: dict[str, Any]) -> None:
        """Ignores validation reports."""

    def note(self, step: int) -> None:
        """Notes the time at which so many steps are done."""
        self.points.append((step, time.monotonic()))

    def rate(self) -> float:
        """Returns the median of the steps a second between two reports."""
        pairs = list(pairwise(self.points[SKIPPED:]))
        return statistics.median((b - a) / (t - s) for (a, s), (b, t) in pairs)


def one(who: str, shape: str, plans: Plan) -> dict[str, float]:
    """Runs one turn of one contender; returns its speed, and its peak memory in GB."""
    model, rows = rows_of(shape)
    lora.add_lora(model, plans)
    reports = Reports()
    if who == "ours":

        def on_step(step: TrainingStep) -> None:
            if step.loss is not None:
                reports.note(step.step)

        lora.train(model, Curriculum([[row] for row in rows]), [], plans, on_step)
    else:
        with tempfile.TemporaryDirectory() as scratch:
            arguments = TrainingArgs(
                batch_size=plans.batch_size,
                iters=plans.iters,
                steps_per_report=min(lora.REPORT_EVERY, max(1, plans.iters // 20)),
                steps_per_save=plans.iters + 1,
                adapter_file=str(Path(scratch) / "last.safetensors"),
            )
            train_with_mlx_lm(
                model,
                Adam(plans.learning_rate, bias_correction=True),
                CacheDataset(Chats(rows)),
                args=arguments,
                training_callback=reports,
            )
    rate = reports.rate()
    return {
        "steps_per_second": rate,
        "examples_per_second": rate * plans.batch_size,
        "peak_gb": trainer.hardware.device.peak_memory_gb(),
    }


def main() -> None:
    """Prints a line for each contender, and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shape", choices=[STARTER, *SHAPES], default=STARTER)
    parser.add_argument("--steps", type=int, default=40)
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--rank", type=int, default=8)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--one", choices=["ours", "mlx_lm"], help=argparse.SUPPRESS)
    options = parser.parse_args()
    settings = TrainingSettings(
        iters=options.steps, batch_size=options.batch, rank=options.rank, replay=0.0
    )
    if options.one:
        print(json.dumps(one(options.one, options.shape, plan(settings, CHATS))))
        return
    turns: dict[str, list[dict[str, float]]] = {"mlx_lm": [], "ours": []}
    for _ in range(options.turns):
        for who, results in turns.items():
            command = [sys.executable, "-m", "bench.speed", *sys.argv[1:], "--one", who]
            done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
            results.append(json.loads(done.stdout.splitlines()[-1]))
    medians = {
        who: {name: statistics.median(r[name] for r in results) for name in results[0]}
        for who, results in turns.items()
    }
    for who, median in medians.items():
        print(
            f"{who:7} {median['examples_per_second']:8.2f} examples/s "
            f"{median['steps_per_second']:7.3f} steps/s  peak {median['peak_gb']:6.2f} GB"
        )
    ours, theirs = medians["ours"], medians["mlx_lm"]
    faster = ours["examples_per_second"] / theirs["examples_per_second"]
    lighter = ours["peak_gb"] / theirs["peak_gb"]
    print(f"{faster:.2f} times the examples a second, {lighter:.2f} of the memory")


if __name__ == "__main__":
    main()
