"""A night as a picture: how the loss fell, and the exam before and after. PNG bytes.

Reads whatever an evaluation and a card's losses have; what is missing is left out.
"""

import io
from collections.abc import Mapping, Sequence
from typing import Any

INK, PALE, GRID = "#1f2a44", "#9aa7bd", "#e6e9ef"
WARM, GREEN = "#e0a100", "#2f8f5b"
SIZE, DPI = (10.0, 4.4), 160
BARS = (
    ("What was\ntaught", "recalled", "asked"),
    ("In other\nwords", "reworded_recalled", "reworded_asked"),
    ("Known\nbefore", "canaries_right", "canaries_asked"),
)


def draw(evaluation: Mapping[str, Any], losses: Mapping[str, Any], title: str) -> bytes | None:
    """Draws it.

    Args:
        evaluation: as the trainer reports it: `base` and `candidate` with their scores.
        losses: of a card: `history` with (step, training loss, validation loss), `best_step`.
        title: stands above it; no words of people.

    Returns:
        A PNG; None where there is nothing to show.
    """
    bars, points = _bars(evaluation), _points(losses)
    if not bars and not points:
        return None
    # Slow to import, and needed once a night.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  slow to import
    from matplotlib.figure import Figure  # noqa: PLC0415  as above
    from matplotlib.layout_engine import ConstrainedLayoutEngine  # noqa: PLC0415  as above

    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1)  # inches
    figure = Figure(figsize=SIZE, dpi=DPI, facecolor="white", layout=layout)
    FigureCanvasAgg(figure)
    figure.suptitle(title, color=INK, fontsize=14, fontweight="bold", x=0.01, ha="left")
    panels = figure.subplots(1, (bool(points) + bool(bars)), squeeze=False)[0]
    if points:
        _draw_losses(panels[0], points, losses.get("best_step"))
    if bars:
        _draw_bars(panels[-1], bars)
    image = io.BytesIO()
    figure.savefig(image, format="png")
    return image.getvalue()


def _bars(evaluation: Mapping[str, Any]) -> list[tuple[str, list[tuple[int, int]]]]:
    """The name of each part of the exam, with (right, asked) before and after."""
    found = []
    for name, right, asked in BARS:
        sides = [evaluation.get(side) or {} for side in ("base", "candidate")]
        if all(right in side and side.get(asked) for side in sides):
            found.append((name, [(int(side[right]), int(side[asked])) for side in sides]))
    return found


def _points(losses: Mapping[str, Any]) -> list[tuple[float, float | None, float | None]]:
    history = losses.get("history") or []
    found = [tuple(point) for point in history if len(point) == 3]  # noqa: PLR2004
    return [point for point in found if point[1] is not None or point[2] is not None]


def _draw_losses(
    panel: Any, points: Sequence[tuple[float, float | None, float | None]], best: Any
) -> None:
    _dress(panel, "Loss: lower is better")
    drawn: list[tuple[float, float]] = []
    for column, name, colour in ((1, "in training", PALE), (2, "on other wordings", INK)):
        line = [(p[0], float(p[column])) for p in points if p[column] is not None]  # type: ignore[arg-type]
        if not line:
            continue
        mark = "o" if len(line) < 15 else None  # noqa: PLR2004  many would be a smear
        panel.plot(*zip(*line, strict=True), color=colour, linewidth=2.4, label=name,
                   marker=mark, markersize=4)  # fmt: skip
        drawn = line
    if isinstance(best, int) and (kept := [p for p in drawn if p[0] == best]):
        panel.plot(*kept[0], marker="o", markersize=11, color=WARM, zorder=5, linestyle="none",
                   label=f"kept: step {best}")  # fmt: skip
    panel.set_ylim(bottom=0)
    panel.set_xlabel("step", color=INK)
    panel.legend(frameon=False, labelcolor=INK, loc="upper right")


def _draw_bars(panel: Any, bars: Sequence[tuple[str, Sequence[tuple[int, int]]]]) -> None:
    _dress(panel, "Exam: share of answers that were right")
    width = 0.36
    for side, (name, colour) in enumerate((("before", PALE), ("after", GREEN))):
        places = [number + (side - 0.5) * (width + 0.03) for number in range(len(bars))]
        shares = [results[side][0] / results[side][1] for _, results in bars]
        panel.bar(places, shares, width, color=colour, label=name)
        for place, share, (_, results) in zip(places, shares, bars, strict=True):
            right, asked = results[side]
            panel.text(place, share + 0.02, f"{right}/{asked}", ha="center", va="bottom",
                       color=INK, fontsize=9.5)  # fmt: skip
    panel.set_xticks(range(len(bars)), [name for name, _ in bars])
    panel.set_xlim(-0.6, len(bars) - 0.4)
    panel.set_ylim(0, 1.28)
    panel.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", "25%", "50%", "75%", "100%"])
    panel.legend(frameon=False, labelcolor=INK, loc="upper right", ncols=2)


def _dress(panel: Any, title: str) -> None:
    panel.set_title(title, color=INK, fontsize=11.5, loc="left")
    panel.grid(axis="y", color=GRID, linewidth=1)
    panel.set_axisbelow(True)
    panel.tick_params(colors=INK, length=0, labelsize=10)
    for side, spine in panel.spines.items():
        spine.set_visible(side == "bottom")
        spine.set_color(PALE)
