"""Logistic regressions: fitted, kept, and those that come with the program."""

import json

import numpy as np
import pytest

from trainer.models.embedder import Embedder
from trainer.models.encoders import BUNDLED, encoder_folder
from trainer.models.reranker import Reranker
from trainer.retrieval.calibration import Calibration, LogisticRegression, shipped
from trainer.retrieval.choice import FEATURES


def test_a_fit_finds_the_odds_that_made_the_labels() -> None:
    random = np.random.default_rng(0)
    rows = np.c_[random.normal(size=4000), random.normal(5.0, 3.0, size=4000), np.ones(4000)]
    chance = 1 / (1 + np.exp(-(2.0 * rows[:, 0] - 0.5 * rows[:, 1] + 1.0)))
    labels = (random.random(4000) < chance).astype(float)
    found = LogisticRegression.fit(rows, labels, np.ones(4000), 1e-6)
    assert found.weights[:2] == pytest.approx((2.0, -0.5), abs=0.2)
    assert found.bias + found.weights[2] == pytest.approx(1.0, abs=0.3)
    assert found.probability([0.0, 2.0, 1.0]) == pytest.approx(0.5, abs=0.05)


def test_rows_count_by_their_shares_and_a_penalty_keeps_weights_small() -> None:
    rows = np.array([[0.0], [0.0], [1.0], [1.0]])
    labels = np.array([0.0, 1.0, 0.0, 1.0])
    shares = np.array([9.0, 1.0, 1.0, 9.0])
    found = LogisticRegression.fit(rows, labels, shares, 0.0)
    assert found.probability([1.0]) == pytest.approx(0.9, abs=0.01)
    assert found.probability([0.0]) == pytest.approx(0.1, abs=0.01)
    small = LogisticRegression.fit(rows, labels, shares, 1.0)
    assert 0 < small.weights[0] < found.weights[0] / 2


def test_a_calibration_is_read_as_it_was_written() -> None:
    one = LogisticRegression((1.0, 2.5), -0.5)
    made = Calibration("e", "r", one, LogisticRegression((0.25,), 3.0))
    assert Calibration.from_json(json.loads(json.dumps(made.to_json()))) == made


def test_the_shipped_one_is_of_the_bundled_encoder_and_reranker() -> None:
    folder = encoder_folder(BUNDLED)
    encoder, reranker = Embedder(folder), Reranker(folder)
    ((name, made),) = shipped().items()
    assert (name, made.encoder, made.reranker) == (
        encoder.revision,
        encoder.revision,
        reranker.revision,
    )
    assert len(made.right.weights) == len(FEATURES)
    assert len(made.own.weights) == encoder.width
