"""Another encoder of sentences on the sets: what the bot would do with each question.

    python -m bench.encoder --url http://127.0.0.1:8000/v1 --sets german facts
    python -m bench.encoder --sets german                      # the bundled one, without reranker

The encoder answers at an address in OpenAI's form, as one that `engine.url` names. It is calibrated
as the bot calibrates it, has no reranker, and no model is asked. Prints a table in Markdown.
"""

import argparse
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import trainer.hardware.device

# isort: split
import httpx
import numpy as np

from bench.deployed import table
from bench.sets import NAMES, Half, QuestionSet, question_set
from trainer.models.embedder import Embedder
from trainer.models.encoders import BUNDLED, encoder_folder
from trainer.retrieval.calibration import Calibration, Rows
from trainer.retrieval.decision import source_of
from trainer.retrieval.finder import Embed, LessonFinder
from trainer.retrieval.fitting import fit, questions_in_many_languages

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


def outcomes(asked: QuestionSet, embed: Embed, calibration: Calibration) -> dict[str, Counter[str]]:
    """Returns for each part how many questions end in which of COLUMNS."""
    lessons = [(one.prompt, one.completion) for one in asked.lessons]
    finder = LessonFinder(lessons, embed, None)
    parts: dict[str, list[tuple[str, int | None]]] = {
        "other": [(one.question, one.lesson) for one in asked.other],
        "untaught": [(question, None) for question in asked.untaught],
    }
    counts: dict[str, Counter[str]] = {}
    for part, some in parts.items():
        found = finder.find([question for question, _ in some], calibration)
        counts[part] = Counter()
        for (_, place), one in zip(some, found, strict=True):
            source: str = source_of(one.confidence, one.own, "decline")
            best = lessons[one.places[0]][1] if one.places else None
            right = place is not None and best == lessons[place][1]
            counts[part]["first right"] += right
            if source in ("taught", "near"):
                source += " right" if right else " wrong"
            counts[part][source] += 1
    return counts


def main() -> None:
    """Prints the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", help="an address in OpenAI's form; without it the bundled one")
    parser.add_argument("--sets", nargs="+", default=["german"], choices=NAMES)
    parser.add_argument("--half", choices=get_args(Half), default="tune")
    parser.add_argument("--clinc", type=Path, help="data_full.json of CLINC150")
    options = parser.parse_args()
    bundled = None if options.url else Embedder(encoder_folder(BUNDLED))

    def embed_here(texts: Sequence[str]) -> Rows:
        if bundled is None:
            raise TypeError("no encoder was loaded")
        return np.array(bundled.embed(texts))

    embed = served(options.url) if options.url else embed_here
    calibration = fit(questions_in_many_languages(), embed, None, ("measured", ""))
    print("calibrated", file=sys.stderr, flush=True)
    rows = []
    for name in options.sets:
        asked = question_set(name, options.half, None, options.clinc)
        for part, counts in outcomes(asked, embed, calibration).items():
            if total := counts.total() - counts["first right"]:
                rows.append([name, part, total, *(counts[column] for column in COLUMNS)])
    print(table(["set", "questions", "all", *COLUMNS], rows))


if __name__ == "__main__":
    trainer.hardware.device.settle()
    main()
