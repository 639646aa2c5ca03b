"""A grid search over learning rate, rank and number of layers: its points, trials and ranking.

Everything here is pure but `draw`, which writes a picture. The trials are ordinary trainings with
the same data and the same exam.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

from trainer.evaluation.gate import decide
from trainer.planning.hyperparameters import Plan
from trainer.results.evaluation import ExamScores, Marks
from trainer.results.run import RunResult

FIELDS = ("learning_rate", "rank", "layers")
UPPER_BLOCKS = 8


@dataclass(frozen=True)
class Point:
    """One combination of settings."""

    learning_rate: float
    rank: int
    layers: int
    """Number of blocks from the top that get low-rank layers; -1 is all."""

    def settings(self) -> dict[str, float]:
        """Returns the names and values of these training settings."""
        return {name: getattr(self, name) for name in FIELDS}

    def __str__(self) -> str:
        layers = "all layers" if self.layers < 0 else f"{self.layers} layers"
        return f"{self.learning_rate:g}, rank {self.rank}, {layers}"


@dataclass(frozen=True)
class Trial:
    """The result of one combination; numbers of questions as in the exam."""

    point: Point
    recalled: int
    asked: int
    reworded_recalled: int
    reworded_asked: int
    canaries_right: int
    canaries_asked: int
    val_loss: float | None
    promoted: bool
    """Whether the gate would let it pass against the base model."""
    reason: str
    seconds: float
    peak_memory_gb: float

    @property
    def score(self) -> float:
        """Mean share of lessons recalled, recalled in other words, and general questions right."""
        shares = [marks.share for marks in self.marks if marks.asked]
        return sum(shares) / len(shares) if shares else 0.0

    @property
    def marks(self) -> tuple[Marks, Marks, Marks]:
        """Marks for what was taught, for the same in other words, and for general questions."""
        return (
            Marks(self.recalled, self.asked),
            Marks(self.reworded_recalled, self.reworded_asked),
            Marks(self.canaries_right, self.canaries_asked),
        )


def grid(
    usual: Plan,
    rates: Sequence[float] = (),
    ranks: Sequence[int] = (),
    layers: Sequence[int] = (),
) -> list[Point]:
    """Returns all combinations, those nearest to the usual one first, as time may run out.

    Args:
        usual: the plan of an ordinary night.
        rates: learning rates; by default once, half and twice the usual one.
        ranks: ranks; by default the usual one and a quarter of it.
        layers: numbers of blocks; by default the usual one, all, and the upper eight.
    """
    rate = usual.learning_rate
    chosen = (
        list(rates) or [rate, rate / 2, rate * 2],
        list(ranks) or list(dict.fromkeys([usual.rank, max(1, usual.rank // 4)])),
        list(layers) or sorted({usual.layers, -1, UPPER_BLOCKS}, key=lambda n: n != usual.layers),
    )
    # Counted from the first of each list: how many of the three are something else.
    points = [Point(*values) for values in product(*chosen)]
    first = [values[0] for values in chosen]
    changed = [
        sum(a != b for a, b in zip(point.settings().values(), first, strict=True))
        for point in points
    ]
    return [points[i] for i in sorted(range(len(points)), key=changed.__getitem__)]


def trial(point: Point, result: RunResult) -> Trial:
    """Makes a trial of a finished training, judged by the gate."""
    ours = result.evaluation.candidate or ExamScores()
    verdict = decide(result.evaluation)
    return Trial(
        point=point,
        recalled=ours.recalled,
        asked=ours.asked,
        reworded_recalled=ours.reworded_recalled,
        reworded_asked=ours.reworded_asked,
        canaries_right=ours.canaries_right,
        canaries_asked=ours.canaries_asked,
        val_loss=result.losses.valid,
        promoted=verdict.promote,
        reason=verdict.reason,
        seconds=result.seconds,
        peak_memory_gb=result.peak_memory_gb,
    )


def broken(point: Point, reason: str, seconds: float) -> Trial:
    """Makes a trial of a training that failed after so many seconds: no question was asked."""
    return Trial(
        point=point,
        recalled=0,
        asked=0,
        reworded_recalled=0,
        reworded_asked=0,
        canaries_right=0,
        canaries_asked=0,
        val_loss=None,
        promoted=False,
        reason=reason,
        seconds=seconds,
        peak_memory_gb=0.0,
    )


def ranked(trials: Sequence[Trial]) -> list[Trial]:
    """Sorts trials, best first: those that pass the gate, then the score, then the seconds.

    A combination that broke down, so that no exam was held, comes last however quick it was.
    """
    return sorted(trials, key=lambda t: (not t.promoted, not t.asked, -t.score, t.seconds))


def fits(seconds_left: float, trials: Sequence[Trial]) -> bool:
    """Returns whether a trial of mean duration fits into the time left; the first always does."""
    if not trials:
        return True
    return seconds_left >= sum(t.seconds for t in trials) / len(trials)


BARS = (
    ("What was taught", "#33658a"),
    ("The same in other words", "#86bbd8"),
    ("What it knew before", "#f6ae2d"),
)
"""Name and colour of each part of the exam, in the order of `Trial.marks`."""
_HEIGHT = 0.26


def draw(trials: Sequence[Trial], file: Path) -> Path:
    """Writes a bar chart as a PNG, the first trial on top.

    Args:
        trials: the trials, best first.
        file: the file to write, in an existing folder.

    Returns:
        The file.
    """
    # Every command of the command line imports this module, and few draw.
    from matplotlib.figure import Figure  # noqa: PLC0415  takes a third of a command's start

    figure = Figure(figsize=(8, 1.2 + 0.7 * len(trials)), layout="constrained")
    axes = figure.add_subplot()
    places = range(len(trials))
    for turn, (label, colour) in enumerate(BARS):
        shares = [t.marks[turn].share for t in trials]
        heights = [place + (turn - 1) * _HEIGHT for place in places]
        axes.barh(heights, shares, _HEIGHT, color=colour, label=label)
    axes.set_yticks(list(places), [str(t.point) for t in trials])
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_xlabel("share right in the exam")
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.12 - 0.3 / len(trials)), ncols=3)
    figure.savefig(file, dpi=120)
    return file
