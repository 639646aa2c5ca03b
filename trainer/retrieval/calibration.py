"""Measured weights: how likely a found lesson is right, and whether a question is the team's own.

Both are logistic regressions, fitted for one encoder (`bench/calibrate.py`) on questions that no
table of a reported half has. `lists/calibration.json` holds those of the bundled encoder.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from importlib.resources import files
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from scipy.optimize import minimize
from scipy.special import expit

Rows = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True)
class LogisticRegression:
    """A linear function whose logistic is a probability.

    Attributes:
        weights: one for each feature.
        bias: added to the weighted sum.
    """

    weights: tuple[float, ...]
    bias: float

    def probability(self, features: Sequence[float] | Rows) -> float:
        """Returns the probability of a row of features."""
        return float(expit(np.asarray(features) @ np.asarray(self.weights) + self.bias))

    @classmethod
    def fit(cls, rows: Rows, labels: Rows, shares: Rows, penalty: float) -> Self:
        """Fits it by maximum likelihood with an L2 penalty on the weights.

        Args:
            rows: (n, features).
            labels: (n,), 0 or 1.
            shares: (n,), how much each row counts; they are divided by their sum.
            penalty: times the sum of the squares of the weights of standardised features.
        """
        mean, spread = rows.mean(axis=0), rows.std(axis=0)
        spread = np.where(spread > 0, spread, 1.0)
        features = np.c_[(rows - mean) / spread, np.ones(len(rows))]
        shares = shares / shares.sum()

        def loss(weights: Rows) -> tuple[float, Rows]:
            sums = features @ weights
            value = shares @ (
                np.logaddexp(0, -sums) * labels + np.logaddexp(0, sums) * (1 - labels)
            )
            slope = features.T @ (shares * (expit(sums) - labels))
            slope[:-1] += 2 * penalty * weights[:-1]
            return float(value + penalty * (weights[:-1] ** 2).sum()), slope

        found = minimize(loss, np.zeros(features.shape[1]), jac=True, options={"maxiter": 500}).x
        weights = found[:-1] / spread
        return cls(tuple(map(float, weights)), float(found[-1] - weights @ mean))

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Reads what `dataclasses.asdict` wrote."""
        return cls(tuple(map(float, stored["weights"])), float(stored["bias"]))


@dataclass(frozen=True)
class Calibration:
    """The weights for one encoder.

    Attributes:
        encoder: the fingerprint of the encoder.
        reranker: the fingerprint of the reranker; empty where there is none.
        right: of the features of `trainer.retrieval.choice`.
        own: of a question's vector, whether it is about the team's own matters.
    """

    encoder: str
    reranker: str
    right: LogisticRegression
    own: LogisticRegression

    def to_json(self) -> dict[str, Any]:
        """As it lies in a file."""
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Self:
        """Reads what `to_json` wrote."""
        return cls(
            str(stored["encoder"]),
            str(stored["reranker"]),
            LogisticRegression.from_json(stored["right"]),
            LogisticRegression.from_json(stored["own"]),
        )


@cache
def shipped() -> dict[str, Calibration]:
    """Returns the calibrations that come with the program, by the fingerprint of the encoder."""
    text = files("trainer").joinpath("lists", "calibration.json").read_text(encoding="utf-8")
    return {one.encoder: one for one in map(Calibration.from_json, json.loads(text))}
