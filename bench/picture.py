"""Draws what becomes of questions in other words, over sets of 24 to 2,000 lessons.

    python -m bench.picture OUT.png --deployed A.json ... --encoder B.json --weights *.json

Takes what `bench.deployed --json` and `bench.weights` wrote; the weights alone have no notes and
decline nothing, so that what is not right is wrong. Prints the same as a table.
"""

import argparse
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl

mpl.use("Agg")
from matplotlib.figure import Figure

from bench.deployed import table

KINDS = (
    "right, as taught",
    "right, as the nearest",
    "not taught",
    "wrong, as the nearest",
    "wrong",
)
"""What becomes of a question; `not taught` is declined, or answered by the base model as such."""
COLOURS = ("#2c7a4b", "#9ccfae", "#d5d5d5", "#f0b99a", "#b8402a")
BOTS = ("as deployed", "encoder alone", "weights alone", "mlx_lm.lora")
WIDTH = 0.19
"""Of a bar; the bars of a set stand side by side."""


@dataclass(frozen=True)
class Bar:
    """One set asked of one bot.

    Attributes:
        bot: one of BOTS.
        name: the set's.
        lessons: how many it has.
        shares: of KINDS; they add up to 1.
    """

    bot: str
    name: str
    lessons: int
    shares: tuple[float, ...]


def of_deployed(document: dict[str, Any], bot: str) -> list[Bar]:
    """Returns the bars of a file of `bench.deployed`."""
    bars = []
    for one in document["sets"]:
        counts = one["counts"]["other"]
        total = sum(some["all"] for some in counts.values())
        untold = counts["model"]["all"] + counts["none"]["all"]
        numbers = (
            counts["taught"]["right"], counts["near"]["right"], untold,
            counts["near"]["wrong"], counts["taught"]["wrong"],
        )  # fmt: skip
        bars.append(Bar(bot, one["name"], one["lessons"], tuple(n / total for n in numbers)))
    return bars


def of_weights(document: dict[str, Any]) -> Bar:
    """Returns the bar of a line of `bench.weights`."""
    right = document["other"] / document["others"]
    bot = "mlx_lm.lora" if document["who"] == "mlx_lm.lora" else "weights alone"
    return Bar(bot, document["set"], document["lessons"], (right, 0.0, 0.0, 0.0, 1 - right))


def draw(bars: Sequence[Bar], file: Path) -> None:
    """Draws the bars of each set side by side, sets by their size."""
    sets = sorted({(bar.lessons, bar.name) for bar in bars})
    figure = Figure(figsize=(1.6 + 1.5 * len(sets), 4.6), layout="constrained")
    axes = figure.subplots()
    for bar in bars:
        place = sets.index((bar.lessons, bar.name)) + (BOTS.index(bar.bot) - 1.5) * WIDTH
        bottom = 0.0
        for kind, colour, share in zip(KINDS, COLOURS, bar.shares, strict=True):
            named = kind if bar is bars[0] else None
            axes.bar(place, share, WIDTH * 0.9, bottom, color=colour, label=named)
            bottom += share
        axes.text(
            place, 1.015, bar.bot, rotation=90, ha="center", va="bottom", fontsize=7
        )  # fmt: skip
    axes.set_xticks(range(len(sets)), [f"{lessons:,}\n{name}" for lessons, name in sets])
    axes.set_ylim(0, 1.28)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25%", "50%", "75%", "100%"])
    axes.set_title("Questions in other words, by the number of lessons")
    figure.legend(loc="outside lower center", ncols=len(KINDS), fontsize=8, frameon=False)
    figure.savefig(file, dpi=120)


def main() -> None:
    """Draws the picture and prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("picture", type=Path)
    for name in ("deployed", "encoder", "weights"):
        parser.add_argument(f"--{name}", type=Path, nargs="*", default=[])
    options = parser.parse_args()

    def read(files: Sequence[Path]) -> list[dict[str, Any]]:
        return [json.loads(file.read_text(encoding="utf-8")) for file in files]

    bars = [bar for one in read(options.deployed) for bar in of_deployed(one, "as deployed")]
    bars += [bar for one in read(options.encoder) for bar in of_deployed(one, "encoder alone")]
    bars += [of_weights(one) for one in read(options.weights)]
    bars.sort(key=lambda bar: (bar.lessons, bar.name, BOTS.index(bar.bot)))
    print(
        table(
            ["lessons", "set", "", *KINDS],
            [
                [bar.lessons, bar.name, bar.bot, *(f"{share:.0%}" for share in bar.shares)]
                for bar in bars
            ],
        )
    )
    draw(bars, options.picture)


if __name__ == "__main__":
    main()
