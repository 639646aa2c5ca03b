"""Whether weights still know what somebody taught, after a night without their lessons.

    python -m bench.forgetting                    # 48 invented facts, every sixth is the person's
    python -m bench.forgetting --facts 18 --set iters=80      # minutes on two cores

Two nights are trained: one on all lessons (before the erasure), one without the person's (after
it). Under the base model and both adapters a line tells how likely the person's answers are, the
other answers, and answers that nobody ever taught, and how many of each the model would give word
for word. The likelihood is the mean log-likelihood of an answer's tokens, in nats a token: 0 is
certainty. What was forgotten should be as unlikely after as what nobody ever taught: the manner of
the other answers is learned, which makes any answer in that manner somewhat likelier than under the
base model.
"""

import argparse
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import trainer.hardware.device

# isort: split
from bench.sets import Fact, facts, of_facts
from bench.weights import MAX_LENGTH, conversations, train, write_rows
from trainer.evaluation.mastery import mastered
from trainer.evaluation.perplexity import mean_loss
from trainer.models.loading import STARTER, load
from trainer.models.tokenization import make_row
from trainer.planning.settings import TrainingSettings


@dataclass(frozen=True)
class Lessons:
    """Facts by who taught them; the last group was taught by nobody in either night."""

    theirs: tuple[Fact, ...]
    others: tuple[Fact, ...]
    untaught: tuple[Fact, ...]


def divided(some: Sequence[Fact], every: int) -> Lessons:
    """Divides facts: of each `every` one is the person's, and one is taught by nobody."""
    theirs = tuple(some[::every])
    untaught = tuple(some[1::every])
    others = tuple(fact for place, fact in enumerate(some) if place % every > 1)
    return Lessons(theirs, others, untaught)


def show(name: str, lessons: Lessons, adapter: Path | None) -> None:
    """Prints one line of the table."""
    loaded = load(STARTER, adapter)
    cells = []
    for some in (lessons.theirs, lessons.others, lessons.untaught):
        asked = conversations(of_facts(name, some))
        rows = [make_row(loaded.tokenizer, turns, MAX_LENGTH) for turns in asked]
        known = sum(mastered(loaded.model, rows))
        cells.append(f"{-mean_loss(loaded.model, rows):7.2f} {known:3} of {len(rows):2}")
    print(f"{name:8} " + "   ".join(cells), flush=True)


def main() -> None:
    """Prints a line for the base model and for both nights."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--facts", type=int, help="only so many of the 48")
    parser.add_argument("--every", type=int, default=6, help="one lesson of so many is theirs")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE")
    options = parser.parse_args()
    settings = TrainingSettings.model_validate(dict(pair.split("=", 1) for pair in options.set))
    lessons = divided(facts("all")[: options.facts], options.every)
    print(f"{'':8} {'theirs':>18}   {'others':>18}   {'untaught':>18}")
    show("base", lessons, None)
    with tempfile.TemporaryDirectory() as scratch:
        for name, taught in (
            ("before", (*lessons.theirs, *lessons.others)),
            ("after", lessons.others),
        ):
            data, out = Path(scratch) / f"{name}-data", Path(scratch) / name
            write_rows(of_facts(name, taught), data)
            train(data, out, settings)
            show(name, lessons, out)


if __name__ == "__main__":
    trainer.hardware.device.settle()
    main()
