"""An encoder of sentences on the sets: what the bot would do with each question.

    python -m bench.encoder --url http://127.0.0.1:8000/v1 --sets german facts
    python -m bench.encoder --sets german                      # the bundled one, without reranker
    python -m bench.encoder --shipped --half report --sets facts services:500 --most 120
    python -m bench.encoder --shipped --alone 0.5 --sets facts --json alone.json

The encoder answers at an address in OpenAI's form, as one that `engine.url` names. It is calibrated
as the bot calibrates it and has no reranker; --shipped takes the bundled one with its reranker and
calibration. No model is asked. `--alone` says the nearest lesson by the vectors wherever its cosine
reaches a threshold; no reranker and no calibration. Prints a table in
Markdown; --json writes what `bench.picture` draws.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, get_args

import trainer.hardware.device

# isort: split
import httpx
import numpy as np

from bench.deployed import table
from bench.sets import NAMES, Half, QuestionSet, question_set
from trainer.models.embedder import Embedder
from trainer.models.encoders import BUNDLED, encoder_folder
from trainer.models.reranker import Reranker
from trainer.retrieval.calibration import Calibration, Rows, shipped
from trainer.retrieval.decision import Source, source_of
from trainer.retrieval.finder import Embed, LessonFinder, Score
from trainer.retrieval.fitting import fit, questions_in_many_languages

Question = tuple[str, int | None]
"""What is asked, and the place of the lesson that answers it."""
TEXTS_AT_ONCE = 32
SECONDS = 120.0
COLUMNS = (
    "first right",
    "taught right",
    "taught wrong",
    "near right",
    "near wrong",
    "model",
    "none",
)


def served(url: str) -> Embed:
    """Returns the encoder at an address; its vectors are brought to length 1."""
    client = httpx.Client(base_url=url, timeout=SECONDS)

    def embed(texts: Sequence[str]) -> Rows:
        rows: list[list[float]] = []
        for start in range(0, len(texts), TEXTS_AT_ONCE):
            body = {"model": "embedder", "input": list(texts[start : start + TEXTS_AT_ONCE])}
            answer = client.post("/embeddings", json=body).raise_for_status().json()
            rows += [one["embedding"] for one in answer["data"]]
        vectors = np.array(rows, np.float32)
        unit: Rows = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        return unit

    return embed


@dataclass(frozen=True)
class Measured:
    """An encoder, the reranker that it may have, and what their numbers mean.

    Attributes:
        embed: the encoder.
        score: the reranker.
        calibration: what their numbers mean.
        alone: the cosine from which the nearest lesson is said without any of them.
    """

    embed: Embed
    score: Score | None
    calibration: Calibration
    alone: float | None = None

    def answers(
        self, lessons: list[tuple[str, str]]
    ) -> Callable[[Sequence[str]], list[tuple[str, int | None]]]:
        """Returns what tells the source of each answer and the place of its lesson, if any."""
        if self.alone is None:
            finder = LessonFinder(lessons, self.embed, self.score)

            def found(questions: Sequence[str]) -> list[tuple[str, int | None]]:
                return [
                    (
                        source_of(one.confidence, one.own, "decline"),
                        one.places[0] if one.places else None,
                    )
                    for one in finder.find(questions, self.calibration)
                ]

            return found
        threshold = self.alone
        alone = LessonFinder(lessons, self.embed, None)

        def nearest(questions: Sequence[str]) -> list[tuple[str, int | None]]:
            best = [max(hits, key=lambda hit: hit.cosine) for hits in alone.hits(questions)]
            return [("taught" if hit.cosine >= threshold else "none", hit.id) for hit in best]

        return nearest


def outcomes(asked: QuestionSet, measured: Measured, most: int | None) -> dict[str, Counter[str]]:
    """Returns for each part how many questions end in which of COLUMNS.

    Args:
        asked: the set.
        measured: what finds its lessons.
        most: only so many questions of each part, from all over it.
    """
    lessons = [(one.prompt, one.completion) for one in asked.lessons]
    answers = measured.answers(lessons)
    parts: dict[str, list[Question]] = {
        "taught": some_of([(one[0], place) for place, one in enumerate(lessons)], most),
        "other": some_of([(one.question, one.lesson) for one in asked.other], most),
        "untaught": some_of([(question, None) for question in asked.untaught], most),
    }
    counts: dict[str, Counter[str]] = {}
    for part, some in parts.items():
        counts[part] = Counter()
        found = answers([question for question, _ in some])
        for (_, place), (source, found_place) in zip(some, found, strict=True):
            best = None if found_place is None else lessons[found_place][1]
            right = place is not None and best == lessons[place][1]
            counts[part]["first right"] += right
            told = source in ("taught", "near")
            counts[part][f"{source} {'right' if right else 'wrong'}" if told else source] += 1
    return counts


def some_of(every: list[Question], most: int | None) -> list[Question]:
    """Returns at most so many of some questions, evenly from all over them."""
    count = len(every) if most is None else min(most, len(every))
    return [every[number * len(every) // count] for number in range(count)]


def document(given: str, lessons: int, counts: dict[str, Counter[str]]) -> dict[str, Any]:
    """Returns the counts of a set in the form of `bench.deployed`.

    Args:
        given: the name of the set, with its size where it has one.
        lessons: how many it has.
        counts: of each part.
    """
    parts = {
        part: {
            source: {
                "right": some[f"{source} right"],
                "all": some[source] + some[f"{source} right"] + some[f"{source} wrong"],
            }
            for source in get_args(Source)
        }
        for part, some in counts.items()
    }
    return {"name": given.partition(":")[0], "lessons": lessons, "counts": parts}


def bundled(*, shipped_calibration: bool) -> Measured:
    """Returns the encoder that comes with the program: as it is shipped, or as any other."""
    folder = encoder_folder(BUNDLED)
    encoder = Embedder(folder)

    def embed(texts: Sequence[str]) -> Rows:
        return np.array(encoder.embed(texts))

    if shipped_calibration:
        return Measured(embed, Reranker(folder).score, shipped()[encoder.revision])
    return calibrated(embed)


def calibrated(embed: Embed) -> Measured:
    """Returns an encoder as the bot calibrates it."""
    return Measured(embed, None, fit(questions_in_many_languages(), embed, None, ("measured", "")))


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--url", help="an address in OpenAI's form; without it the bundled one")
    which.add_argument("--shipped", action="store_true", help="with reranker and calibration")
    parser.add_argument("--sets", nargs="+", default=["german"], help=f"{', '.join(NAMES)}[:SIZE]")
    parser.add_argument("--half", choices=get_args(Half), default="tune")
    parser.add_argument("--clinc", type=Path, help="data_full.json of CLINC150")
    parser.add_argument("--most", type=int, help="only so many questions of each part")
    parser.add_argument("--alone", type=float, metavar="COSINE")
    parser.add_argument("--json", type=Path, help="the file for the counts")
    options = parser.parse_args()
    if options.url:
        measured = calibrated(served(options.url))
    else:
        measured = bundled(shipped_calibration=options.shipped)
    measured = replace(measured, alone=options.alone)
    print("calibrated", file=sys.stderr, flush=True)
    rows, documents = [], []
    for given in options.sets:
        name, _, size = given.partition(":")
        asked = question_set(name, options.half, int(size) if size else None, options.clinc)
        parts = outcomes(asked, measured, options.most)
        documents.append(document(given, len(asked.lessons), parts))
        for part, counts in parts.items():
            if total := counts.total() - counts["first right"]:
                rows.append([given, part, total, *(counts[column] for column in COLUMNS)])
        print(f"{given} is done", file=sys.stderr, flush=True)
    print(table(["set", "questions", "all", *COLUMNS], rows))
    if options.json:
        options.json.write_text(json.dumps({"sets": documents}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    trainer.hardware.device.settle()
    main()
