"""Learning over the steps of a run, ours beside mlx_lm.lora, and what each run costs.

    python -m bench.curves curves.png            # the half of the facts that was not tuned on
    python -m bench.curves curves.png --half tune --points 6

Both train the same rows, each in a process of its own, one after the other. At some of their steps
the weights are kept; afterwards all of them are asked the facts, their paraphrases and the general
questions, and how unlikely they find the facts' answers after the paraphrases.
"""

import argparse
import json
import shutil
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import trainer.hardware.device

# isort: split
import mlx.core as mx
from matplotlib.figure import Figure
from mlx.utils import tree_flatten

from bench.learning import marks
from bench.sets import Fact, facts, of_facts
from bench.weights import PEER_ITERS, Marks, measured, peak_gb, peer_command, write_rows
from trainer.canaries import canaries
from trainer.evaluation.perplexity import mean_loss
from trainer.models.loading import STARTER, load
from trainer.models.tokenization import make_row
from trainer.pipeline.run import RunContext, run
from trainer.planning.hyperparameters import plan
from trainer.planning.settings import TrainingSettings
from trainer.tuning.checkpoint import Checkpoint, Checkpoints

COLOURS = {"ours": "#33658a", "mlx_lm.lora": "#f6ae2d"}


@dataclass(frozen=True)
class Point:
    """Marks and loss of a model after some steps; at step 0 it is the base."""

    step: int
    marks: Marks
    loss: float
    """Mean cross-entropy of the answers after the paraphrases, in nats a token."""


@dataclass(frozen=True)
class Cost:
    """Time and memory of a whole run."""

    seconds: float
    peak_gb: float
    """Peak resident memory of the process, in 10^9 bytes."""


@dataclass
class Kept(Checkpoints):
    """Writes the weights at some steps, as mlx_lm.lora does."""

    every: int = 1
    out: Path = Path()

    def due(self) -> bool:
        """Returns True: `write` decides by the step."""
        return True

    def write(self, key: str, saved: Checkpoint) -> None:  # noqa: ARG002  Checkpoints' own signature
        """Writes the low-rank layers, without the rest of the state."""
        if saved.step % self.every == 0:
            file = self.out / f"{saved.step:07d}_adapters.safetensors"
            mx.save_safetensors(str(file), dict(tree_flatten(saved.weights)))


def train_ours(data: Path, out: Path, points: int, count: int) -> None:
    """Runs a night's training and exam with defaults, and keeps its weights at some steps."""
    iters = plan(TrainingSettings(), count).iters
    kept = Kept(every=-(-iters // points), out=out)
    run(data, out, STARTER, TrainingSettings(), None, lambda _: None, RunContext(checkpoints=kept))
    shutil.copy(out / "adapters.safetensors", out / f"{iters:07d}_adapters.safetensors")


def points_of(some: list[Fact], out: Path) -> list[Point]:
    """Returns the points of all kept states of a run."""
    points = []
    for file in sorted(out.glob("*_adapters.safetensors")):
        with tempfile.TemporaryDirectory() as scratch:
            adapter = Path(scratch) / "adapter"
            adapter.mkdir()
            shutil.copy(out / "adapter_config.json", adapter)
            shutil.copy(file, adapter / "adapters.safetensors")
            points.append(_point(some, int(file.name.partition("_")[0]), adapter))
        _show(some, out.name, points[-1])
    return points


def draw(curves: dict[str, list[Point]], costs: dict[str, Cost], count: int, file: Path) -> None:
    """Writes a picture: loss, recall, other words and general questions over steps."""
    figure = Figure(figsize=(11, 7), layout="constrained")
    panels = figure.subplots(2, 2).flat
    titles: tuple[tuple[str, Callable[[Point], float]], ...] = (
        ("What was taught", lambda p: p.marks.taught / count),
        ("The same in other words", lambda p: p.marks.other / (2 * count)),
        ("What the base knew (canaries)", lambda p: p.marks.general / len(canaries())),
        ("Loss of the answers after other words, nats a token", lambda p: p.loss),
    )
    for axes, (title, value) in zip(panels, titles, strict=True):
        for who, points in curves.items():
            exam = ", its exam included" if who == "ours" else ""
            label = f"{who}: {costs[who].seconds:.0f} s{exam}, {costs[who].peak_gb:.2f} GB"
            axes.plot(
                [p.step for p in points],
                [value(p) for p in points],
                marker="o",
                color=COLOURS[who],
                label=label,
            )
        axes.set_title(title)
        axes.set_xlabel("steps of batch 4")
        if "Loss" not in title:
            axes.set_ylim(0, 1.02)
        axes.grid(alpha=0.3)
    figure.axes[0].legend(loc="lower right")
    figure.savefig(file, dpi=110)


def _point(some: list[Fact], step: int, adapter: Path | None) -> Point:
    loaded = load(STARTER, adapter)
    rows = [
        make_row(
            loaded.tokenizer,
            [
                {"role": "user", "content": words},
                {"role": "assistant", "content": fact.completion},
            ],
            512,
        )
        for fact in some
        for words in fact.paraphrases
    ]
    loss = mean_loss(loaded.model, rows)
    return Point(step, marks(some, adapter), loss)


def _show(some: list[Fact], who: str, point: Point) -> None:
    m = point.marks
    print(
        f"{who:12} step {point.step:4}  recall {m.taught:2} of {len(some)}, other words "
        f"{m.other:2} of {2 * len(some)}, general {m.general:2} of {len(canaries())}, "
        f"loss {point.loss:.2f}",
        flush=True,
    )


def main() -> None:
    """Prints a line for each state of each run, and draws them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("picture", type=Path, nargs="?", default=Path("curves.png"))
    parser.add_argument("--half", choices=["tune", "report", "all"], default="report")
    parser.add_argument("--first", type=int, help="only so many facts")
    parser.add_argument("--points", type=int, default=5)
    parser.add_argument("--one", nargs=2, metavar=("DATA", "OUT"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    some = facts(options.half)[: options.first]
    if options.one:
        train_ours(Path(options.one[0]), Path(options.one[1]), options.points, len(some))
        print(trainer.hardware.device.peak_memory_gb())
        return
    with tempfile.TemporaryDirectory() as scratch:
        data = Path(scratch) / "data"
        write_rows(of_facts("facts", some), data)
        outs = {who: Path(scratch) / who for who in COLOURS}
        for out in outs.values():
            out.mkdir()
        every = max(1, PEER_ITERS // options.points)
        commands = {
            "ours": [
                sys.executable, "-m", "bench.curves", *sys.argv[1:],
                "--one", str(data), str(outs["ours"]),
            ],
            "mlx_lm.lora": peer_command(data, outs["mlx_lm.lora"], "--save-every", str(every)),
        }  # fmt: skip
        costs = {}
        for who, command in commands.items():
            wrote, seconds = measured(command)
            costs[who] = Cost(seconds, peak_gb(wrote))
            print(f"{who:12} {json.dumps(costs[who].__dict__)}", flush=True)
        base = _point(some, 0, None)
        _show(some, "base", base)
        curves = {who: [base, *points_of(some, out)] for who, out in outs.items()}
    draw(curves, costs, len(some), options.picture)
    print(f"drawn in {options.picture}")


if __name__ == "__main__":
    trainer.hardware.device.settle()
    main()
