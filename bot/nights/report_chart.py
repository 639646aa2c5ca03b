"""Draws a night as a PNG picture: the losses, and the exam before and after.

Panels, lines and bars without figures are left out.
"""

import io
from collections.abc import Callable, Sequence
from typing import Any

from trainer.results.evaluation import Evaluation, ExamScores, Marks
from trainer.results.losses import Losses, LossPoint

INK, PALE, GRID = "#1f2a44", "#9aa7bd", "#e6e9ef"
WARM, GREEN = "#e0a100", "#2f8f5b"
SIZE, DPI = (10.0, 4.4), 160
BARS: tuple[tuple[str, Callable[[ExamScores], Marks]], ...] = (
    ("What was\ntaught", lambda scores: scores.taught),
    ("In other\nwords", lambda scores: scores.reworded),
    ("Known\nbefore", lambda scores: scores.general),
)


def draw(evaluation: Evaluation | None, losses: Losses | None, title: str) -> bytes | None:
    """Draws the losses beside the exam's bars.

    Args:
        evaluation: the exam of the base model and the adapter.
        losses: the losses of the adapter's training, by step.
        title: the heading of the picture, without words of people.

    Returns:
        The bytes of a PNG; None where there is nothing to show.
    """
    bars, points = _bars(evaluation), _points(losses)
    if not bars and not points:
        return None
    # Matplotlib is slow to import, and needed once a night.
    from matplotlib.backends.backend_agg import FigureCanvasAgg  # noqa: PLC0415  slow to import
    from matplotlib.figure import Figure  # noqa: PLC0415  as above
    from matplotlib.layout_engine import ConstrainedLayoutEngine  # noqa: PLC0415  as above

    layout = ConstrainedLayoutEngine(w_pad=0.12, h_pad=0.1)  # inches
    figure = Figure(figsize=SIZE, dpi=DPI, facecolor="white", layout=layout)
    FigureCanvasAgg(figure)
    figure.suptitle(title, color=INK, fontsize=14, fontweight="bold", x=0.01, ha="left")
    panels = figure.subplots(1, (bool(points) + bool(bars)), squeeze=False)[0]
    if points:
        _draw_losses(panels[0], points, losses.best_step if losses else None)
    if bars:
        _draw_bars(panels[-1], bars)
    image = io.BytesIO()
    figure.savefig(image, format="png")
    return image.getvalue()


def _bars(evaluation: Evaluation | None) -> list[tuple[str, tuple[Marks, Marks]]]:
    """Returns the name of each part of the exam, with the marks before and after."""
    if evaluation is None or evaluation.candidate is None:
        return []
    both = [(name, (of(evaluation.base), of(evaluation.candidate))) for name, of in BARS]
    return [(name, marks) for name, marks in both if all(one.asked for one in marks)]


def _points(losses: Losses | None) -> list[LossPoint]:
    history = losses.history if losses else ()
    return [point for point in history if point.train is not None or point.valid is not None]


def _draw_losses(panel: Any, points: Sequence[LossPoint], best: int | None) -> None:
    _dress(panel, "Loss: lower is better")
    trained = [(p.step, p.train) for p in points if p.train is not None]
    validated = [(p.step, p.valid) for p in points if p.valid is not None]
    for line, name, colour in (
        (trained, "in training", PALE),
        (validated, "on other wordings", INK),
    ):
        if not line:
            continue
        mark = "o" if len(line) < 15 else None  # noqa: PLR2004  many would be a smear
        panel.plot(*zip(*line, strict=True), color=colour, linewidth=2.4, label=name,
                   marker=mark, markersize=4)  # fmt: skip
    if kept := [point for point in validated or trained if point[0] == best]:
        panel.plot(*kept[0], marker="o", markersize=11, color=WARM, zorder=5, linestyle="none",
                   label=f"kept: step {best}")  # fmt: skip
    panel.set_ylim(bottom=0)
    panel.set_xlabel("step", color=INK)
    panel.legend(frameon=False, labelcolor=INK, loc="upper right")


def _draw_bars(panel: Any, bars: Sequence[tuple[str, tuple[Marks, Marks]]]) -> None:
    _dress(panel, "Exam: share of answers that were right")
    width = 0.36
    for side, (name, colour) in enumerate((("before", PALE), ("after", GREEN))):
        places = [number + (side - 0.5) * (width + 0.03) for number in range(len(bars))]
        marks = [both[side] for _, both in bars]
        panel.bar(places, [one.share for one in marks], width, color=colour, label=name)
        for place, one in zip(places, marks, strict=True):
            panel.text(place, one.share + 0.02, f"{one.right}/{one.asked}", ha="center",
                       va="bottom", color=INK, fontsize=9.5)  # fmt: skip
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
