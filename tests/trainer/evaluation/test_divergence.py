"""The KL divergence from the base: its formula, and the tokens that it is the mean of."""

import math
from collections.abc import Callable

import pytest

import trainer.hardware.device  # noqa: F401  before mlx

# isort: split
import mlx.core as mx

from trainer.evaluation.divergence import ROWS, divergence
from trainer.models.tokenization import TokenRow

ROW = TokenRow((0, 1, 0, 1), 2)


def fixed(*probabilities: float, rows: list[int] | None = None) -> Callable[[mx.array], mx.array]:
    """Logits of a model that says the same of every token, and notes how often it was asked."""

    def logits(tokens: mx.array) -> mx.array:
        if rows is not None:
            rows.append(tokens.shape[1])
        one = mx.log(mx.array(probabilities)) + 3.0
        return mx.broadcast_to(one, (1, tokens.shape[1], len(probabilities)))

    return logits


def test_it_is_the_mean_over_answer_tokens_of_the_base_against_the_tuned_model() -> None:
    expected = 0.9 * math.log(0.9 / 0.5) + 0.1 * math.log(0.1 / 0.5)
    assert divergence(fixed(0.9, 0.1), fixed(0.5, 0.5), [ROW, ROW]) == pytest.approx(expected)


def test_of_the_base_from_itself_it_is_nothing() -> None:
    assert divergence(fixed(0.7, 0.3), fixed(0.7, 0.3), [ROW]) == pytest.approx(0.0, abs=1e-6)


def test_only_what_comes_before_answer_tokens_counts() -> None:
    """The models differ after the first token of the question alone."""

    def odd(tokens: mx.array) -> mx.array:
        logits = fixed(0.5, 0.5)(tokens)
        return mx.concatenate([logits[:, :1] + mx.array([4.0, 0.0]), logits[:, 1:]], axis=1)

    assert divergence(fixed(0.5, 0.5), odd, [ROW]) == pytest.approx(0.0, abs=1e-6)
    assert divergence(fixed(0.5, 0.5), odd, [TokenRow((0, 1), 1)]) > 1


def test_only_the_first_answers_are_looked_at() -> None:
    asked: list[int] = []
    divergence(fixed(0.5, 0.5), fixed(0.5, 0.5, rows=asked), [ROW] * (ROWS + 3))
    assert asked == [3] * ROWS
