"""Lessons are found in memory by the same keys as in the store; the real encoder reads them."""

from collections.abc import Sequence

import numpy as np
import pytest

from trainer.models.embedder import Embedder
from trainer.models.encoders import BUNDLED, encoder_folder
from trainer.models.reranker import Reranker
from trainer.retrieval.calibration import Calibration, LogisticRegression, Rows, shipped
from trainer.retrieval.choice import CONSIDERED, FEATURES
from trainer.retrieval.decision import TAUGHT, source_of
from trainer.retrieval.finder import LessonFinder

LESSONS = [
    ("Where is the spare key of the van?", "It hangs on hook 14 in the Juniper room."),
    ("Who waters the plants on the third floor?", "Noor waters them on Mondays."),
    ("What is the wifi for guests called?", "The guests' wifi is called moorhen-17."),
    ("When does the canteen close?", "The canteen closes at 14:20."),
    ("Who approves travel?", "Bertrand approves travel."),
    ("Which printer takes A3?", "The printer called Walrus takes A3."),
    ("Where do parcels go?", "Parcels go to the cage behind dock 2."),
]


@pytest.fixture(scope="module")
def real() -> tuple[LessonFinder, Embedder]:
    folder = encoder_folder(BUNDLED)
    encoder = Embedder(folder)
    return LessonFinder(
        LESSONS, lambda some: np.array(encoder.embed(some)), Reranker(folder).score
    ), encoder


def test_other_words_find_their_lesson_surely_and_what_nobody_taught_does_not(
    real: tuple[LessonFinder, Embedder],
) -> None:
    finder, encoder = real
    asked = [
        "My visitors need internet, which network should they join?",
        "Where can I find the second key for the van?",
        "Who repairs the roof of the north hall?",
        "What is the capital of France?",
    ]
    found = finder.find(asked, shipped()[encoder.revision])
    assert [LESSONS[one.places[0]][1] for one in found[:2]] == [LESSONS[2][1], LESSONS[0][1]]
    sources = [source_of(one.confidence, one.own, "decline") for one in found]
    assert sources == ["taught", "taught", sources[2], "model"]
    assert sources[2] in ("near", "none")
    assert found[1].confidence > TAUGHT > found[2].confidence


def counted(texts: Sequence[str]) -> Rows:
    """Vectors of the counts of four letters."""
    rows = np.array([[text.count(letter) for letter in "abcd"] for text in texts], np.float32)
    lengths: Rows = np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1)
    unit: Rows = rows / lengths
    return unit


def test_the_nearest_come_first_with_the_score_of_their_pair() -> None:
    lessons = [(f"{letter} {letter * 2}", f"{letter}!") for letter in "abcdabcd"]
    asked: list[tuple[str, str]] = []

    def score(pairs: Sequence[tuple[str, str]]) -> list[float]:
        asked.extend(pairs)
        return [float(len(asked))] * 99

    (hits,) = LessonFinder(lessons, counted, score).hits(["bbb c"])
    assert len(hits) == CONSIDERED == len(asked)
    assert [hit.id for hit in hits[:4]] == [1, 5, 2, 6]
    assert hits[0].answer == "b!"
    assert hits[0].cosine == pytest.approx(3 / np.sqrt(10), abs=1e-6)
    assert asked[0] == ("bbb c", "b bb b!")


def test_the_nearest_that_share_words_are_read_too_however_far_they_lie() -> None:
    """Two beside the nearest five, the newest of equals first."""
    lessons = [*[("aaa aa", "a!")] * CONSIDERED, *[("gnu dddddddd", f"{n}!") for n in range(3)]]
    (hits,) = LessonFinder(lessons, counted, None).hits(["gnu a a"])
    assert [hit.id for hit in hits] == [0, 1, 2, 3, 4, 7, 6]
    assert hits[-1].answer == "1!"


def test_each_question_is_encoded_once() -> None:
    encoded: list[str] = []

    def embed(texts: Sequence[str]) -> Rows:
        encoded.extend(texts)
        return counted(texts)

    finder = LessonFinder([("a bb", "c")], embed, None)
    encoded.clear()
    flat = LogisticRegression((0.0,) * len(FEATURES), 0.0)
    own = LogisticRegression((0.0,) * 4, 0.0)
    assert len(finder.find(["ab", "cd"], Calibration("e", "", flat, own))) == 2
    assert encoded == ["ab", "cd"]


def test_without_lessons_nothing_is_found() -> None:
    assert LessonFinder([], counted, None).hits(["b"]) == [[]]


def test_what_the_models_cannot_read_is_not_compared() -> None:
    """A lesson of one word, and scripts that they have not read; the bot does the same."""
    folder = encoder_folder(BUNDLED)
    encoder = Embedder(folder)
    finder = LessonFinder(
        [("ok", "ok"), *LESSONS], lambda some: np.array(encoder.embed(some)), Reranker(folder).score
    )
    found = finder.find(["What?", "ห้องประชุมอยู่ที่ไหน", "ok"], shipped()[encoder.revision])
    assert 0 not in found[0].places
    assert (found[1].places, found[1].own) == ((), None)
    assert found[2].places[0] == 0
