"""`bench.encoder` counts what becomes of each question."""

from collections import Counter
from collections.abc import Sequence

import numpy as np

from bench.encoder import Measured, document, outcomes
from bench.sets import Asked, QuestionSet, Taught
from trainer.retrieval.calibration import Calibration, Rows, shipped

SET = QuestionSet(
    "two",
    (Taught("Where is the key?", "On the hook.", "hook"), Taught("Who cooks?", "Ada.", "ada")),
    (Asked("the key, where", 0), Asked("the key and who cooks", 0)),
    ("What is a bat?",),
)
DIRECTIONS = {"key": (1.0, 0.0, 0.0), "cooks": (0.0, 1.0, 0.0), "bat": (0.0, 0.0, 1.0)}


def embed(texts: Sequence[str]) -> Rows:
    """Returns the direction of the last word that is known."""
    rows = []
    for text in texts:
        words = [word for word in DIRECTIONS if word in text]
        rows.append(DIRECTIONS[words[-1]] if words else (0.0, 0.0, -1.0))
    return np.array(rows, np.float32)


def _calibration() -> Calibration:
    return next(iter(shipped().values()))


def test_encoder_alone_says_the_nearest_lesson_from_its_threshold_on() -> None:
    """A question that is near no lesson has none; one that is near another is wrong."""
    counts = outcomes(SET, Measured(embed, None, _calibration(), alone=0.5), None)
    assert counts["taught"]["taught right"] == 2
    assert counts["other"] == Counter({"first right": 1, "taught right": 1, "taught wrong": 1})
    assert counts["untaught"]["none"] == 1


def test_document_has_the_form_of_the_deployed_bench() -> None:
    """The picture reads right answers and all of each source."""
    counts = {"other": Counter({"near right": 2, "near wrong": 1, "model": 3, "first right": 2})}
    assert document("services:500", 500, counts) == {
        "name": "services",
        "lessons": 500,
        "counts": {
            "other": {
                "taught": {"right": 0, "all": 0},
                "near": {"right": 2, "all": 3},
                "model": {"right": 0, "all": 3},
                "none": {"right": 0, "all": 0},
            }
        },
    }
