"""Fits the calibration of the bundled encoder and reranker, which comes with the program.

    python -m bench.calibrate --clinc data_full.json       # writes trainer/lists/calibration.json

It is fitted on lessons and questions that the reranker was not trained on (two files of
`bench/pairs` and the shipped one, and the validation questions of the CLINC150 intents that it has
not seen; no test question of CLINC150 is used), and on questions of teams beside general ones. Of
these it says at the end how many are taken for own matters, and of those in `own_held.jsonl` and
`general_held.jsonl`, which are not fitted on. `bench.deployed` measures it on others.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path

import trainer.hardware.device

# isort: split
import numpy as np

from bench.overlapping import HELD, overlapping, topics
from trainer.models.embedder import Embedder
from trainer.models.encoders import BUNDLED, encoder_folder
from trainer.models.reranker import Reranker
from trainer.retrieval.calibration import LogisticRegression, Rows
from trainer.retrieval.decision import OWN
from trainer.retrieval.fitting import LessonQuestions, Questions, fit, shipped_questions

HERE = Path(__file__).parent
FOLDER = HERE / "pairs"
TARGET = HERE.parent / "trainer" / "lists" / "calibration.json"
UNSEEN = ("service2", "situations2")
"""Files of `bench/pairs` that the reranker was not trained on, besides the shipped ones."""
WORDINGS = 3
"""Of a CLINC150 intent so many are lessons in one of the two sets; the others are asked."""
ASKED = 4, 10
"""The validation questions of an intent that are asked."""


def pairs(name: str) -> LessonQuestions:
    """Returns the lessons of a file, with the questions beside them."""
    text = (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    asked: list[tuple[str, int | None]] = []
    for place, row in enumerate(rows):
        asked += [(question, place) for question in row["same"]]
        asked += [(question, None) for question in row["near"]]
    return LessonQuestions([(row["prompt"], row["completion"]) for row in rows], asked)


def joined(sets: list[LessonQuestions]) -> LessonQuestions:
    """Returns some sets as one team's."""
    lessons: list[tuple[str, str]] = []
    asked: list[tuple[str, int | None]] = []
    for some in sets:
        start = len(lessons)
        lessons += some.lessons
        asked += [(q, None if place is None else start + place) for q, place in some.asked]
    return LessonQuestions(lessons, asked)


def intents(file: Path, wordings: int) -> LessonQuestions:
    """Returns the CLINC150 intents that the reranker has not seen, taught in some wordings."""
    data = json.loads(file.read_text(encoding="utf-8"))
    questions: dict[str, list[str]] = {}
    for question, intent in data["val"]:
        questions.setdefault(intent, []).append(question)
    names = sorted(questions)
    lessons: list[tuple[str, str]] = []
    asked: list[tuple[str, int | None]] = [(question, None) for question, _ in data["oos_val"]]
    for number, name in enumerate(names):
        if number % 2 == 0:  # seen, so that nobody has taught it here
            asked += [(question, None) for question in questions[name][1:3]]
            continue
        place = len(lessons)
        lessons += [(q, f"Use the form {number}.") for q in questions[name][:wordings]]
        asked += [(question, place) for question in questions[name][slice(*ASKED)]]
    return LessonQuestions(lessons, asked)


def own_questions() -> list[str]:
    """Returns questions about own matters: written ones, and five to each lesson of the pairs."""
    said = list(shipped_questions().own)
    for file in sorted(FOLDER.glob("*.jsonl")):
        for line in file.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            said += [row["prompt"], *row["same"][:2], *row["near"][:2]]
    return said


def held(name: str) -> list[str]:
    """Returns the questions about own or general matters that nothing is fitted on."""
    text = (HERE / f"{name}_held.jsonl").read_text(encoding="utf-8")
    return [json.loads(line)["prompt"] for line in text.splitlines()]


def taken_for_own(own: LogisticRegression, vectors: Rows) -> float:
    """Returns the share of some questions, by their vectors, that are taken for own matters."""
    return float(np.mean([own.probability(row) >= OWN for row in vectors]))


def main() -> None:
    """Writes the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clinc", type=Path, required=True, help="CLINC150's data_full.json")
    options = parser.parse_args()
    folder = encoder_folder(BUNDLED)
    encoder, reranker = Embedder(folder), Reranker(folder)
    shipped = shipped_questions()
    sets = [*shipped.sets, *(pairs(name) for name in UNSEEN)]
    sets += [joined(sets), intents(options.clinc, 1), intents(options.clinc, WORDINGS)]
    sets += [overlapping([topics()[name] for name in HELD])]
    questions = Questions(sets, own_questions(), shipped.general)

    def embed(texts: Sequence[str]) -> Rows:
        return np.array(encoder.embed(texts))

    made = fit(questions, embed, reranker.score, (encoder.revision, reranker.revision))
    TARGET.write_text(json.dumps([made.to_json()]) + "\n", encoding="utf-8")
    print(f"right {made.right}")
    asked = {"own": shipped.own, "general": shipped.general}
    asked |= {f"held {name}": held(name) for name in ("own", "general")}
    for name, some in asked.items():
        print(f"{name} matters taken for own: {taken_for_own(made.own, embed(some)):.3f}")


if __name__ == "__main__":
    trainer.hardware.device.settle()
    main()
