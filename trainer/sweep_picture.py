"""A sweep as a picture: for each combination what was recalled, in other words, and kept."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from trainer.sweeps import Trial

BARS = (
    ("What was taught", "#33658a", "recalled", "asked"),
    ("The same in other words", "#86bbd8", "reworded_recalled", "reworded_asked"),
    ("What it knew before", "#f6ae2d", "canaries_right", "canaries_asked"),
)
_HEIGHT = 0.26


def draw(trials: Sequence[Trial], file: Path) -> Path:
    """Writes a PNG, the best combination on top.

    Args:
        trials: in their order.
        file: its folder exists.
    """
    figure = Figure(figsize=(8, 1.2 + 0.7 * len(trials)), layout="constrained")
    axes = figure.add_subplot()
    places = range(len(trials))
    for turn, (label, colour, right, asked) in enumerate(BARS):
        shares = [getattr(t, right) / max(getattr(t, asked), 1) for t in trials]
        heights = [place + (turn - 1) * _HEIGHT for place in places]
        axes.barh(heights, shares, _HEIGHT, color=colour, label=label)
    axes.set_yticks(list(places), [str(t.point) for t in trials])
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("share right in the exam")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12 - 0.3 / len(trials)), ncols=3)
    figure.savefig(file, dpi=120)
    return file
